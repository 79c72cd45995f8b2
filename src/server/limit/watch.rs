//! Which prefixes are being limited, for logs and metrics: the worst few, never all.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;

use super::count::{LimitKind, Limited};
use super::prefix::Prefix;
use crate::server::sheets::SheetNumber;

/// Prefixes that are listed at a time, and in each part.
const MOST: usize = 64;
/// A prefix of which nothing was limited for so long is limited no longer, in milliseconds.
const QUIET: u64 = 60_000;

/// A prefix that is being limited.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitedPrefix {
    /// The prefix.
    pub prefix: IpNet,
    /// What of it is limited.
    pub kind: LimitKind,
    /// Replies that were limited since then.
    pub limited: u64,
    /// How long it has been limited.
    pub since: Duration,
}

/// The list, in parts: each thread writes on its own, so that a flood which is limited on all of them makes none wait
/// for another. What comes while a part is read is missing in these figures, and in no other.
pub(super) struct Watch {
    parts: Box<[Part]>,
    /// What has been told of, so that it is told once.
    told: Mutex<HashSet<(Prefix, LimitKind)>>,
}

/// As far from the next as no cache fetches at a time.
#[derive(Default)]
#[repr(align(128))]
struct Part(Mutex<Vec<Watched>>);

#[derive(Clone)]
struct Watched {
    prefix: Prefix,
    kind: LimitKind,
    limited: u64,
    began: u64,
    last: u64,
}

impl Watched {
    fn is_of(&self, prefix: Prefix, kind: LimitKind) -> bool {
        self.prefix == prefix && self.kind == kind
    }

    fn is_quiet(&self, now: u64) -> bool {
        now.saturating_sub(self.last) >= QUIET
    }
}

impl Watch {
    /// The shared part and `own` others.
    pub(super) fn new(own: usize) -> Self {
        Self { parts: std::iter::repeat_with(Part::default).take(own + 1).collect(), told: Mutex::default() }
    }

    /// Notes that a reply was limited. A number that has no part writes on the shared one.
    pub(super) fn note(
        &self,
        sheet: SheetNumber,
        (prefix, kind): (Prefix, LimitKind),
        how: Limited,
        now: u64,
    ) {
        let part = self.parts.get(sheet.0).unwrap_or(&self.parts[0]);
        let Ok(mut list) = part.0.try_lock() else { return };
        if let Some(watched) = list.iter_mut().find(|watched| watched.is_of(prefix, kind)) {
            watched.limited += 1;
            watched.last = now;
            return;
        }
        if list.len() == MOST {
            return;
        }
        list.push(Watched { prefix, kind, limited: 1, began: now, last: now });
        drop(list);
        if lock(&self.told).insert((prefix, kind)) {
            tracing::warn!(
                prefix = %prefix.network(), kind = kind.label(), how = how.label(), "replies are limited"
            );
        }
    }

    /// Takes those off the list that are limited no longer.
    pub(super) fn sweep(&self, now: u64) {
        for ended in self.all().into_iter().filter(|watched| watched.is_quiet(now)) {
            let Watched { prefix, kind, limited, began, last } = ended;
            for part in &self.parts {
                lock(&part.0).retain(|watched| !watched.is_of(prefix, kind) || !watched.is_quiet(now));
            }
            lock(&self.told).remove(&(prefix, kind));
            tracing::info!(
                prefix = %prefix.network(),
                kind = kind.label(),
                limited,
                seconds = last.saturating_sub(began) / 1000,
                "replies are limited no longer"
            );
        }
    }

    /// The worst, at most so many, the worst first.
    pub(super) fn worst(&self, most: usize, now: u64) -> Vec<LimitedPrefix> {
        let listed = |watched: &Watched| LimitedPrefix {
            prefix: watched.prefix.network(),
            kind: watched.kind,
            limited: watched.limited,
            since: Duration::from_millis(now.saturating_sub(watched.began)),
        };
        let mut worst: Vec<_> = self.all().iter().map(listed).collect();
        worst.sort_by_key(|prefix| std::cmp::Reverse(prefix.limited));
        worst.truncate(most.min(MOST));
        worst
    }

    /// What stands in all parts, each prefix and kind once.
    fn all(&self) -> Vec<Watched> {
        let mut all: Vec<Watched> = Vec::new();
        for watched in self.parts.iter().flat_map(|part| lock(&part.0).clone()) {
            match all.iter_mut().find(|other| other.is_of(watched.prefix, watched.kind)) {
                Some(other) => {
                    other.limited += watched.limited;
                    (other.began, other.last) =
                        (other.began.min(watched.began), other.last.max(watched.last));
                }
                None => all.push(watched),
            }
        }
        all
    }
}

fn lock<T>(part: &Mutex<T>) -> MutexGuard<'_, T> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(number: u8) -> Prefix {
        Prefix::of([192, 0, number, 1].into(), 24, 56)
    }

    #[test]
    fn the_worst_first_until_they_are_quiet() {
        let watch = Watch::new(1);
        for (number, times) in [(1, 2), (2, 5), (3, 1)] {
            for at in 0..times {
                // By two threads in turn.
                let sheet = SheetNumber(usize::from(at % 2 == 0));
                watch.note(sheet, (prefix(number), LimitKind::NxDomain), Limited::Dropped, 1000 * at);
            }
        }
        watch.note(SheetNumber(7), (prefix(2), LimitKind::Answer), Limited::Slipped, 4000);
        let worst = watch.worst(2, 10_000);
        let shown: Vec<_> =
            worst.iter().map(|w| (w.prefix.to_string(), w.limited, w.since.as_secs())).collect();
        assert_eq!(shown, [("192.0.2.0/24".into(), 5, 10), ("192.0.1.0/24".into(), 2, 10)]);
        watch.sweep(61_000);
        assert_eq!(watch.worst(9, 61_000).len(), 2, "two of them were quiet for a minute");
        assert_eq!(lock(&watch.told).len(), 2);
    }

    #[test]
    fn the_list_is_bounded() {
        let watch = Watch::new(3);
        for number in 0..=255 {
            let sheet = SheetNumber(usize::from(number) % 4);
            watch.note(sheet, (prefix(number), LimitKind::Answer), Limited::Dropped, 0);
        }
        assert_eq!(watch.worst(1000, 0).len(), MOST);
        assert_eq!(lock(&watch.told).len(), 4 * MOST);
    }
}
