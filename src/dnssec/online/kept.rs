//! Signatures that are kept for questions which repeat, by each thread for itself: nothing is shared, nobody waits.
//!
//! A signature is kept when it is asked for again soon after it was made. So a flood of names that nobody asks for
//! twice costs a signature each, and drives out nothing.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};

use crate::record::{Rdata, Rrset};

/// Signatures of one thread at most, by place.
const PLACES: usize = 4096;
/// Octets that one thread keeps at most, with the names and records that are signed.
const MOST_OCTETS: usize = 1 << 20;
/// Names that were asked for lately, as far as none took another's place: more than a thread can sign for in a tenth of
/// a second.
const ASKED: usize = 1 << 14;

/// Whose signature, and of when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) signer: u64,
    /// After it another signature is made.
    pub(super) period: u64,
}

struct Entry {
    origin: Origin,
    rrset: Rrset,
    signatures: Vec<Rdata>,
}

/// What one thread keeps.
struct Kept {
    /// Its key is new for each, so that nobody knows what shares a place with what.
    hash: RandomState,
    entries: Box<[Option<Entry>]>,
    /// Of each name that was asked for, 32 bits of its hash.
    asked: Box<[u32]>,
    octets: usize,
    /// Where the next gives way, when there are too many octets.
    hand: usize,
}

thread_local! {
    static KEPT: RefCell<Kept> = RefCell::new(Kept::new());
}

/// The signatures of this RRset: kept ones, or what `make` makes.
pub(super) fn signatures(origin: Origin, rrset: &Rrset, make: impl FnOnce() -> Vec<Rdata>) -> Vec<Rdata> {
    KEPT.with_borrow_mut(|kept| kept.signatures(origin, rrset, make))
}

impl Entry {
    fn is_of(&self, signer: u64, rrset: &Rrset) -> bool {
        self.origin.signer == signer && self.rrset == *rrset
    }

    /// Octets that it fills, nearly.
    fn size(&self) -> usize {
        let data = self.rrset.rdatas.iter().chain(&self.signatures);
        size_of::<Self>()
            + self.rrset.owner.as_wire().len()
            + data.map(|data| size_of::<Rdata>() + data.len()).sum::<usize>()
    }
}

impl Kept {
    fn new() -> Self {
        Self {
            hash: RandomState::new(),
            entries: std::iter::repeat_with(|| None).take(PLACES).collect(),
            asked: vec![0; ASKED].into(),
            octets: 0,
            hand: 0,
        }
    }

    fn signatures(&mut self, origin: Origin, rrset: &Rrset, make: impl FnOnce() -> Vec<Rdata>) -> Vec<Rdata> {
        let hash = self.hash.hash_one((origin.signer, rrset.owner.as_wire(), &rrset.rdatas[0][..]));
        let [high, low] = [(hash >> 32) as u32, hash as u32];
        let place = low as usize % PLACES;
        let known = self.entries[place].as_ref().filter(|entry| entry.is_of(origin.signer, rrset));
        if let Some(entry) = known.filter(|entry| entry.origin == origin) {
            return entry.signatures.clone();
        }
        // What was kept for the last hour repeats.
        let repeats =
            known.is_some() | (std::mem::replace(&mut self.asked[low as usize % ASKED], high) == high);
        let signatures = make();
        if repeats {
            self.keep(place, Entry { origin, rrset: rrset.clone(), signatures: signatures.clone() });
        }
        signatures
    }

    fn keep(&mut self, place: usize, entry: Entry) {
        self.give_up(place);
        let size = entry.size();
        while self.octets + size > MOST_OCTETS && self.octets > 0 {
            self.give_up(self.hand);
            self.hand = (self.hand + 1) % PLACES;
        }
        self.octets += size;
        self.entries[place] = Some(entry);
    }

    fn give_up(&mut self, place: usize) {
        let size = self.entries[place].take().map_or(0, |entry| entry.size());
        self.octets -= size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Class, Rtype, Ttl};

    const ORIGIN: Origin = Origin { signer: 1, period: 3600 };

    fn rrset(number: usize) -> Rrset {
        Rrset {
            owner: format!("n{number}.example.").parse().unwrap(),
            class: Class::IN,
            ttl: Ttl::ZERO,
            rtype: Rtype::NSEC,
            rdatas: vec![vec![0; 64].into()],
        }
    }

    /// Whether a signature is made.
    fn is_made(kept: &mut Kept, origin: Origin, rrset: &Rrset) -> bool {
        let mut made = false;
        kept.signatures(origin, rrset, || {
            made = true;
            vec![vec![7; 100].into()]
        });
        made
    }

    fn ask_twice(kept: &mut Kept, rrset: &Rrset) {
        is_made(kept, ORIGIN, rrset);
        is_made(kept, ORIGIN, rrset);
    }

    #[test]
    fn what_is_asked_for_again_is_kept_until_its_time_is_over() {
        let mut kept = Kept::new();
        let made = [(); 3].map(|()| is_made(&mut kept, ORIGIN, &rrset(1)));
        assert_eq!(made, [true, true, false]);
        let next = Origin { period: 7200, ..ORIGIN };
        assert_eq!([(); 2].map(|()| is_made(&mut kept, next, &rrset(1))), [true, false]);
        assert!(is_made(&mut kept, Origin { signer: 2, ..next }, &rrset(1)), "another zone's");
        let other = Rrset { rdatas: vec![vec![1; 64].into()], ..rrset(1) };
        assert!(is_made(&mut kept, next, &other), "it tells of other types");
    }

    #[test]
    fn names_that_nobody_asks_for_twice_drive_out_nothing() {
        let mut kept = Kept::new();
        (0..200).for_each(|number| ask_twice(&mut kept, &rrset(number)));
        let made = |kept: &mut Kept| (0..200).filter(|&n| is_made(kept, ORIGIN, &rrset(n))).count();
        // Some share a place.
        let shared = made(&mut kept);
        assert!(shared < 30, "{shared}");
        let before = kept.octets;
        assert!((1000..100_000).all(|number| is_made(&mut kept, ORIGIN, &rrset(number))));
        assert_eq!(kept.octets, before);
    }

    #[test]
    fn octets_are_bounded() {
        let mut kept = Kept::new();
        let large = |number| Rrset { rdatas: vec![vec![0; 4000].into()], ..rrset(number) };
        (0..1000).for_each(|number| ask_twice(&mut kept, &large(number)));
        assert!((MOST_OCTETS / 2..=MOST_OCTETS).contains(&kept.octets), "{}", kept.octets);
        let sum: usize = kept.entries.iter().flatten().map(Entry::size).sum();
        assert_eq!(kept.octets, sum);
    }
}
