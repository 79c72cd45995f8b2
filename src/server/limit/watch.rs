//! Which prefixes are being limited, for logs and metrics: the worst few, never all.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;

use super::count::{LimitKind, Limited};
use super::prefix::Prefix;

/// Prefixes that are listed at a time.
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

/// The list. Whoever limits a reply never waits for it: what comes while another thread writes is
/// missing in these figures, and in no other.
#[derive(Default)]
pub(super) struct Watch(Mutex<Vec<Watched>>);

struct Watched {
    prefix: Prefix,
    kind: LimitKind,
    limited: u64,
    began: u64,
    last: u64,
}

impl Watch {
    /// Notes that a reply was limited.
    pub(super) fn note(&self, prefix: Prefix, kind: LimitKind, how: Limited, now: u64) {
        let Ok(mut list) = self.0.try_lock() else { return };
        if let Some(watched) =
            list.iter_mut().find(|watched| watched.prefix == prefix && watched.kind == kind)
        {
            watched.limited += 1;
            watched.last = now;
            return;
        }
        if list.len() == MOST {
            return;
        }
        list.push(Watched { prefix, kind, limited: 1, began: now, last: now });
        drop(list);
        tracing::warn!(
            prefix = %prefix.network(), kind = kind.label(), how = how.label(), "replies are limited"
        );
    }

    /// Takes those off the list that are limited no longer.
    pub(super) fn sweep(&self, now: u64) {
        let ended: Vec<Watched> =
            self.lock().extract_if(.., |watched| now.saturating_sub(watched.last) >= QUIET).collect();
        for watched in ended {
            tracing::info!(
                prefix = %watched.prefix.network(),
                kind = watched.kind.label(),
                limited = watched.limited,
                seconds = watched.last.saturating_sub(watched.began) / 1000,
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
        let mut worst: Vec<_> = self.lock().iter().map(listed).collect();
        worst.sort_by_key(|prefix| std::cmp::Reverse(prefix.limited));
        worst.truncate(most);
        worst
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Watched>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(number: u8) -> Prefix {
        Prefix::of([192, 0, number, 1].into(), 24, 56)
    }

    #[test]
    fn the_worst_first_until_they_are_quiet() {
        let watch = Watch::default();
        for (number, times) in [(1, 2), (2, 5), (3, 1)] {
            for at in 0..times {
                watch.note(prefix(number), LimitKind::NxDomain, Limited::Dropped, 1000 * at);
            }
        }
        watch.note(prefix(2), LimitKind::Answer, Limited::Slipped, 4000);
        let worst = watch.worst(2, 10_000);
        let shown: Vec<_> =
            worst.iter().map(|w| (w.prefix.to_string(), w.limited, w.since.as_secs())).collect();
        assert_eq!(shown, [("192.0.2.0/24".into(), 5, 10), ("192.0.1.0/24".into(), 2, 10)]);
        watch.sweep(61_000);
        assert_eq!(watch.worst(9, 61_000).len(), 2, "two of them were quiet for a minute");
    }

    #[test]
    fn the_list_is_bounded() {
        let watch = Watch::default();
        for number in 0..=255 {
            watch.note(prefix(number), LimitKind::Answer, Limited::Dropped, 0);
        }
        assert_eq!(watch.worst(1000, 0).len(), MOST);
    }
}
