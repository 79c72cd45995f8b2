//! How long replies take to make: a histogram for each transport and kind of reply, of a sample of all requests.
//!
//! One round of requests in [`ONE_IN`] is timed, on the clock and the counters of the thread that answers it: the
//! others cost one addition to a number that nobody else has.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::limit::LimitKind;
use super::outcome::Outcome;
use super::sheets::{SheetNumber, Sheets};
use super::transport::Transport;

/// Of so many rounds one is timed.
const ONE_IN: u32 = 64;

/// What replies are told apart by: all kinds but the one of walkers, whose replies are of the others too.
const KINDS: usize = LimitKind::ALL.len() - 1;
/// The bounds, and beyond the last.
const BUCKETS: usize = Latencies::BOUNDS.len() + 1;
/// And the sum of all times, in nanoseconds.
const EACH: usize = BUCKETS + 1;
const COUNTERS: usize = Transport::ALL.len() * KINDS * EACH;

thread_local! {
    static ROUND: Cell<u32> = const { Cell::new(0) };
}

/// How long replies took, from when their request was read until they were ready to be sent.
#[derive(Debug)]
pub struct Latencies(Sheets<COUNTERS>);

/// How long those of one transport and kind took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    /// How many took no longer than each of [`Latencies::BOUNDS`] and longer than the one before it; then those that
    /// took longer than all.
    pub counts: [u64; BUCKETS],
    /// All times together.
    pub sum: Duration,
}

impl Latencies {
    /// Where one bucket ends and the next begins.
    pub const BOUNDS: [Duration; 12] = [
        Duration::from_micros(1),
        Duration::from_micros(2),
        Duration::from_micros(5),
        Duration::from_micros(10),
        Duration::from_micros(20),
        Duration::from_micros(50),
        Duration::from_micros(100),
        Duration::from_micros(200),
        Duration::from_micros(500),
        Duration::from_millis(1),
        Duration::from_millis(10),
        Duration::from_millis(100),
    ];

    /// The kinds of replies that are told apart.
    pub const KINDS: [LimitKind; KINDS] =
        [LimitKind::Answer, LimitKind::NoData, LimitKind::NxDomain, LimitKind::Referral, LimitKind::Error];

    /// For so many threads with a sheet of their own.
    pub(super) fn new(own_sheets: usize) -> Self {
        Self(Sheets::new(own_sheets))
    }

    /// Begins a round of requests that were read; tells when, where it is one that is timed.
    pub(super) fn begin() -> Option<Instant> {
        let round = ROUND.get();
        ROUND.set(round.wrapping_add(1));
        round.is_multiple_of(ONE_IN).then(Instant::now)
    }

    /// Counts a reply that is ready, of a round that began then.
    pub(super) fn count(&self, sheet: SheetNumber, transport: Transport, outcome: Outcome, begun: Instant) {
        let kind = LimitKind::of(outcome).and_then(|kind| Self::KINDS.iter().position(|&one| one == kind));
        let Some(kind) = kind else { return };
        let took = begun.elapsed();
        let bucket = Self::BOUNDS.iter().position(|&bound| took <= bound).unwrap_or(BUCKETS - 1);
        let first = first(transport, kind);
        self.0.count(sheet, first + bucket);
        self.0.add(sheet, first + BUCKETS, u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    /// How long replies of this kind took over this transport; `None` of a kind that is not told apart.
    #[must_use]
    pub fn of(&self, transport: Transport, kind: LimitKind) -> Option<Latency> {
        let first = first(transport, Self::KINDS.iter().position(|&one| one == kind)?);
        let counts = std::array::from_fn(|bucket| self.0.sum(first + bucket));
        Some(Latency { counts, sum: Duration::from_nanos(self.0.sum(first + BUCKETS)) })
    }
}

const fn first(transport: Transport, kind: usize) -> usize {
    (transport as usize * KINDS + kind) * EACH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_transport_and_kind_has_a_histogram_of_its_own() {
        let latencies = Latencies::new(1);
        let begun = Instant::now();
        latencies.count(SheetNumber(1), Transport::Tcp, Outcome::NxName, begun);
        let mut counted = 1;
        // As if a minute had passed, where the clock allows it.
        if let Some(before) = begun.checked_sub(Duration::from_secs(60)) {
            latencies.count(SheetNumber(0), Transport::Tcp, Outcome::NxDomain, before);
            counted += 1;
            let latency = latencies.of(Transport::Tcp, LimitKind::NxDomain).unwrap();
            assert_eq!(latency.counts[BUCKETS - 1], 1);
            assert!(latency.sum >= Duration::from_secs(60));
        }
        latencies.count(SheetNumber(1), Transport::Tcp, Outcome::DroppedShort, begun);
        let count = |transport, kind| latencies.of(transport, kind).map(|one| one.counts.iter().sum::<u64>());
        assert_eq!(count(Transport::Tcp, LimitKind::NxDomain), Some(counted));
        assert_eq!(count(Transport::Udp, LimitKind::NxDomain), Some(0));
        assert_eq!(count(Transport::Tcp, LimitKind::Answer), Some(0));
        assert_eq!(count(Transport::Tcp, LimitKind::Enumeration), None);
    }

    #[test]
    fn one_round_in_so_many_is_timed() {
        let timed = (0..10 * ONE_IN).filter(|_| Latencies::begin().is_some()).count();
        assert_eq!(timed, 10);
    }
}
