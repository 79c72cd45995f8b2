//! Buckets of many senders in memory of fixed size, shared by all threads without locks.
//!
//! A bucket that leaks is one number: the moment at which it will have run dry. It is kept with a part
//! of its sender's hash in one word, so each change is one exchange. Senders share places by their
//! hashes, which nobody can aim without the key; a place of eight words is one cache line.

use std::sync::atomic::{AtomicU64, Ordering};

/// Buckets in one place.
const WAYS: usize = 8;
/// How often a change is tried against others' at the same moment.
const TRIES: usize = 4;

/// Bits of a word: the moment in microseconds, which comes round every 12 days; a note; the tag.
const MOMENT_BITS: u32 = 40;
const NOTE_BITS: u32 = 4;
const TAG_BITS: u32 = 20;
const MOMENTS: u64 = 1 << MOMENT_BITS;
/// The largest note.
pub(super) const MOST_NOTE: u8 = (1 << NOTE_BITS) - 1;

/// A bucket as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Bucket {
    /// Microseconds until it has run dry.
    pub(super) level: u64,
    /// What its user remembers, up to [`MOST_NOTE`]. Forgotten with the level.
    pub(super) note: u8,
}

/// Buckets by the hash of their sender.
pub(super) struct Table {
    places: Box<[Place]>,
    /// No bucket is ever fuller. A word that says so is 12 days old, and its bucket dry.
    fullest: u64,
}

#[repr(align(64))]
#[derive(Default)]
struct Place([AtomicU64; WAYS]);

impl Table {
    /// About `buckets`, none fuller than `fullest` microseconds.
    pub(super) fn new(buckets: usize, fullest: u64) -> Self {
        let places = buckets.div_ceil(WAYS).next_power_of_two();
        let places = std::iter::repeat_with(Place::default).take(places).collect();
        Self { places, fullest: fullest.min(MOMENTS / 4) }
    }

    /// Changes the bucket of the sender with this hash, which is empty where it is not known, at `now`
    /// in microseconds. `change` may be called several times, and what it returned last counts.
    ///
    /// Where no word is free that of the emptiest bucket is taken: a flood of new senders, each with
    /// little, drives out its own and no one who came near to a limit.
    pub(super) fn change<R>(&self, hash: u64, now: u64, change: impl Fn(Bucket) -> (Bucket, R)) -> R {
        let tag = hash & ((1 << TAG_BITS) - 1);
        // As many as the mask keeps; places are a power of two.
        let at = (hash >> TAG_BITS) as usize & (self.places.len() - 1);
        let words = &self.places[at].0;
        let mut tries = TRIES;
        loop {
            let (word, old, known) = self.find(words, tag, now);
            let (next, result) = change(if known { self.bucket(old, now) } else { Bucket::default() });
            let level = next.level.min(self.fullest);
            let moment = now.wrapping_add(level) % MOMENTS;
            let note = u64::from(next.note.min(MOST_NOTE));
            let new = moment | note << MOMENT_BITS | tag << (MOMENT_BITS + NOTE_BITS);
            // A sender whose bucket is full changes nothing: a flood does not take the line from other threads.
            if known && new == old {
                return result;
            }
            tries -= 1;
            let changed = word.compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed);
            // After so many others at once one more reply makes no difference.
            if changed.is_ok() || tries == 0 {
                return result;
            }
        }
    }

    /// The word with this tag, or else that of the emptiest bucket.
    fn find<'p>(&self, words: &'p [AtomicU64; WAYS], tag: u64, now: u64) -> (&'p AtomicU64, u64, bool) {
        let (mut emptiest, mut old, mut least) = (&words[0], 0, u64::MAX);
        for word in words {
            let value = word.load(Ordering::Relaxed);
            // Zeros are a word that nobody had, or an empty bucket, which comes to the same.
            if value >> (MOMENT_BITS + NOTE_BITS) == tag {
                return (word, value, true);
            }
            let level = self.bucket(value, now).level;
            if level < least {
                (emptiest, old, least) = (word, value, level);
            }
        }
        (emptiest, old, false)
    }

    fn bucket(&self, word: u64, now: u64) -> Bucket {
        let level = word.wrapping_sub(now) % MOMENTS;
        if level == 0 || level > self.fullest {
            return Bucket::default();
        }
        let note = (word >> MOMENT_BITS) & u64::from(MOST_NOTE);
        Bucket { level, note: note as u8 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A place and a tag.
    fn hash(place: u64, tag: u64) -> u64 {
        place << TAG_BITS | tag
    }

    fn add(table: &Table, hash: u64, now: u64, level: u64) -> Bucket {
        table.change(hash, now, |bucket| {
            let next = Bucket { level: bucket.level + level, note: bucket.note + 1 };
            (next, next)
        })
    }

    #[test]
    fn buckets_leak_and_forget() {
        let table = Table::new(64, 1000);
        assert_eq!(add(&table, hash(3, 7), 50, 100), Bucket { level: 100, note: 1 });
        assert_eq!(add(&table, hash(3, 7), 80, 100), Bucket { level: 170, note: 2 });
        assert_eq!(add(&table, hash(3, 8), 80, 1), Bucket { level: 1, note: 1 }, "another sender");
        assert_eq!(add(&table, hash(3, 7), 250, 5), Bucket { level: 5, note: 1 }, "dry");
    }

    #[test]
    fn no_bucket_is_fuller_than_full() {
        let table = Table::new(64, 1000);
        add(&table, 1, 0, 5000);
        assert_eq!(add(&table, 1, 0, 0).level, 1000);
    }

    #[test]
    fn time_comes_round() {
        let table = Table::new(64, 1000);
        let late = MOMENTS - 10;
        add(&table, 1, late, 100);
        assert_eq!(add(&table, 1, late + 20, 0).level, 80);
        // Far later, and much later still, when the word's moment seems to lie ahead.
        for later in [late + MOMENTS / 4, late + MOMENTS / 2, late + MOMENTS - 5000] {
            assert_eq!(add(&table, 1, later, 0).level, 0, "{later}");
        }
    }

    #[test]
    fn the_emptiest_gives_way() {
        let table = Table::new(1, 10_000);
        for tag in 1..=WAYS as u64 {
            add(&table, tag, 0, 1000 * tag);
        }
        for flood in 100..1000 {
            add(&table, flood, 0, 1);
        }
        assert_eq!(add(&table, 1, 0, 0).level, 0, "driven out");
        for tag in 2..=WAYS as u64 {
            assert_eq!(add(&table, tag, 0, 0).level, 1000 * tag);
        }
    }

    #[test]
    fn sizes_are_bounded() {
        assert_eq!(Table::new(0, 1).places.len(), 1);
        assert_eq!(Table::new(1 << 18, 1).places.len(), 1 << 15);
        assert_eq!(size_of::<Place>(), 64);
    }

    #[test]
    fn threads_lose_little_of_one_bucket() {
        let table = Table::new(64, 1_000_000_000);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| add_level(&table)));
            }
        });
        let level = table.change(9, 0, |bucket| (bucket, bucket.level));
        assert!((20_000..=40_000).contains(&level), "{level}");
    }

    fn add_level(table: &Table) {
        table.change(9, 0, |bucket| (Bucket { level: bucket.level + 1, ..bucket }, ()));
    }
}
