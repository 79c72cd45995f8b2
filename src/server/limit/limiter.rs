//! Which replies are sent, which are not, and which later.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};

use super::count::{LimitCounts, LimitKind, Limited};
use super::prefix::Prefix;
use super::rates::RateLimits;
use super::table::{Bucket, MOST_NOTE, Table};
use super::watch::{LimitedPrefix, Watch};
use crate::server::answer::Answer;
use crate::server::outcome::Sought;
use crate::server::sheets::SheetNumber;

const SECOND: u64 = 1_000_000;
const MOST_RATE: u32 = 1_000_000;
const MOST_WINDOW: u32 = 60;
const MOST_DELAY: u64 = 30 * SECOND;
/// In how long the rate of [`EnumerationLimits`](super::EnumerationLimits) drains the largest burst.
const LONGEST_DRAIN: u64 = 24 * 60 * 60 * SECOND;
/// How much of the rate of those who walk may come at once over UDP, where nothing can be held back.
const WALKERS_WINDOW: u64 = SECOND;
const BUCKETS: std::ops::RangeInclusive<usize> = 1 << 10..=1 << 26;

/// A reply that is about to be sent.
#[derive(Clone, Copy)]
pub(in crate::server) struct Subject {
    pub(in crate::server) peer: IpAddr,
    /// Whether it is sent over UDP.
    pub(in crate::server) datagram: bool,
    pub(in crate::server) answer: Answer,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Ruling {
    Send,
    Drop,
    /// An empty reply with TC goes in its place.
    Slip,
    Delay(Duration),
    Refuse,
}

/// Limits, as they are now, and what came of them since the start.
pub(in crate::server) struct Limiter {
    rules: ArcSwap<Rules>,
    pub(in crate::server) counts: LimitCounts,
    watch: Watch,
}

impl Limiter {
    pub(in crate::server) fn new(limits: RateLimits) -> Self {
        Self {
            rules: ArcSwap::from_pointee(Rules::new(limits)),
            counts: LimitCounts::new(0),
            watch: Watch::new(0),
        }
    }

    /// Counts apart for so many threads.
    pub(in crate::server) fn with_sheets(self, own: usize) -> Self {
        Self { counts: LimitCounts::new(own), watch: Watch::new(own), ..self }
    }

    /// Limits by these from now on. Where they differ from those before, all buckets are empty.
    pub(in crate::server) fn set(&self, limits: RateLimits) {
        let rules = Rules::new(limits);
        if rules.limits != self.rules.load().limits {
            self.rules.store(Arc::new(rules));
        }
    }

    /// All buckets are empty from now on.
    pub(in crate::server) fn forget(&self) {
        let limits = self.rules.load().limits.clone();
        self.rules.store(Arc::new(Rules::new(limits)));
    }

    /// The limits as they are now, for [`Limiter::rule`].
    pub(in crate::server) fn rules(&self) -> Guard<Arc<Rules>> {
        self.rules.load()
    }

    /// Decides at `now`, in milliseconds of a clock that never goes back, and counts.
    pub(in crate::server) fn rule(
        &self,
        rules: &Rules,
        subject: &Subject,
        now: u64,
        sheet: SheetNumber,
    ) -> Ruling {
        let Some((prefix, kind, ruling)) = rules.rule(subject, now.saturating_mul(1000)) else {
            return Ruling::Send;
        };
        let limited = match ruling {
            Ruling::Send => return ruling,
            Ruling::Drop => Limited::Dropped,
            Ruling::Slip => Limited::Slipped,
            Ruling::Delay(_) => Limited::Delayed,
            Ruling::Refuse => Limited::Refused,
        };
        self.counts.count(sheet, kind, limited);
        self.watch.note(sheet, (prefix, kind), limited, now);
        ruling
    }

    /// Tells of those who are limited no longer. To be called every some seconds.
    pub(in crate::server) fn sweep(&self, now: u64) {
        self.watch.sweep(now);
    }

    pub(in crate::server) fn worst(&self, most: usize, now: u64) -> Vec<LimitedPrefix> {
        self.watch.worst(most, now)
    }
}

/// Limits and the buckets that they fill.
pub(in crate::server) struct Rules {
    limits: RateLimits,
    /// Whose key is new for each, so that nobody knows who shares a place with whom.
    hash: RandomState,
    replies: Table,
    evidence: Table,
    walking: Option<Walking>,
}

/// [`EnumerationLimits`](super::EnumerationLimits) in microseconds.
#[derive(Clone, Copy)]
struct Walking {
    /// What a name that is not there adds, and a reply to those who are slowed.
    cost: u64,
    /// What a name that was found takes away.
    credit: u64,
    full: u64,
    longest_delay: u64,
}

/// What of a sender a bucket is for.
#[derive(Hash)]
enum Role {
    Replies(LimitKind),
    Slowed { proved: bool },
    Evidence { proved: bool },
}

impl Rules {
    fn new(mut limits: RateLimits) -> Self {
        let rates = [
            &mut limits.answers,
            &mut limits.no_data,
            &mut limits.nxdomain,
            &mut limits.referrals,
            &mut limits.errors,
        ];
        rates.into_iter().for_each(|rate| *rate = (*rate).min(MOST_RATE));
        limits.window = limits.window.clamp(1, MOST_WINDOW);
        limits.slip = limits.slip.min(MOST_NOTE);
        limits.ipv4_prefix = limits.ipv4_prefix.clamp(8, 32);
        limits.ipv6_prefix = limits.ipv6_prefix.clamp(16, 128);
        limits.buckets = limits.buckets.clamp(*BUCKETS.start(), *BUCKETS.end());
        let walking = Walking::of(&limits);
        Self {
            hash: RandomState::new(),
            replies: Table::new(limits.buckets, u64::from(MOST_WINDOW + 1) * SECOND),
            // Threads that answer many at once are behind each other by a moment.
            evidence: Table::new(limits.buckets, LONGEST_DRAIN + SECOND),
            walking,
            limits,
        }
    }

    /// `None` where nothing limits the reply.
    fn rule(&self, subject: &Subject, now: u64) -> Option<(Prefix, LimitKind, Ruling)> {
        let kind = LimitKind::of(subject.answer.outcome)?;
        let (proved, rate) = (subject.answer.proved, self.limits.rate(kind));
        let walking = self.walking.zip(subject.answer.sought);
        let has_rate = !proved && rate != 0;
        if (walking.is_none() && !has_rate) || self.limits.exempt.contain(subject.peer) {
            return None;
        }
        let prefix = Prefix::of(subject.peer, self.limits.ipv4_prefix, self.limits.ipv6_prefix);
        if let Some((walking, sought)) = walking
            && self.walks(walking, prefix, proved, sought, now)
        {
            let hash = self.hash.hash_one((Role::Slowed { proved }, prefix));
            let ruling = if subject.datagram {
                self.pour(hash, now, walking.cost, walking.cost.max(WALKERS_WINDOW))
            } else {
                self.queue(hash, now, walking)
            };
            return Some((prefix, LimitKind::Enumeration, ruling));
        }
        if !has_rate {
            return None;
        }
        let hash = self.hash.hash_one((Role::Replies(kind), prefix));
        let ruling = self.pour(hash, now, SECOND / u64::from(rate), u64::from(self.limits.window) * SECOND);
        Some((prefix, kind, ruling))
    }

    /// Sends what the bucket has room for.
    fn pour(&self, hash: u64, now: u64, cost: u64, full: u64) -> Ruling {
        self.replies.change(hash, now, |bucket| {
            let level = bucket.level + cost;
            if level <= full {
                return (Bucket { level, ..bucket }, Ruling::Send);
            }
            let note = bucket.note + 1;
            if note == self.limits.slip {
                return (Bucket { note: 0, ..bucket }, Ruling::Slip);
            }
            (Bucket { note: note.min(MOST_NOTE - 1), ..bucket }, Ruling::Drop)
        })
    }

    /// Holds back what the bucket has no room for, one after the other.
    fn queue(&self, hash: u64, now: u64, walking: Walking) -> Ruling {
        self.replies.change(hash, now, |bucket| {
            if bucket.level > walking.longest_delay {
                return (bucket, Ruling::Refuse);
            }
            let ruling = match bucket.level {
                0 => Ruling::Send,
                wait => Ruling::Delay(Duration::from_micros(wait)),
            };
            (Bucket { level: bucket.level + walking.cost, ..bucket }, ruling)
        })
    }

    /// Takes what was sought as evidence, and tells whether the prefix walks.
    fn walks(&self, walking: Walking, prefix: Prefix, proved: bool, sought: Sought, now: u64) -> bool {
        let hash = self.hash.hash_one((Role::Evidence { proved }, prefix));
        self.evidence.change(hash, now, |bucket| {
            let walked = bucket.note != 0;
            let level = match sought {
                Sought::Absent => (bucket.level + walking.cost).min(walking.full),
                // Who is slowed already can't buy off what was seen.
                Sought::Present if !walked => bucket.level.saturating_sub(walking.credit),
                Sought::Present | Sought::Other => bucket.level,
            };
            let walks = level >= walking.full || (walked && level > walking.full / 2);
            (Bucket { level, note: walks.into() }, walks)
        })
    }
}

impl Walking {
    fn of(limits: &RateLimits) -> Option<Self> {
        let limits = limits.enumeration;
        let cost = SECOND.checked_div(limits.rate.min(MOST_RATE).into())?;
        let share = u64::from(limits.harmless_share.min(99));
        let longest_delay = u64::try_from(limits.longest_delay.as_micros()).unwrap_or(u64::MAX);
        Some(Self {
            cost,
            credit: cost * share / (100 - share),
            full: (cost * u64::from(limits.burst.max(1))).min(LONGEST_DRAIN),
            longest_delay: longest_delay.min(MOST_DELAY),
        })
    }
}

impl RateLimits {
    const fn rate(&self, kind: LimitKind) -> u32 {
        match kind {
            LimitKind::Answer => self.answers,
            LimitKind::NoData => self.no_data,
            LimitKind::NxDomain => self.nxdomain,
            LimitKind::Referral => self.referrals,
            LimitKind::Error => self.errors,
            LimitKind::Enumeration => self.enumeration.rate,
        }
    }
}
