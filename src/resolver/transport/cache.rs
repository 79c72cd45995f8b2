//! Answers kept for as long as their times to live, absences too, errors never.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Answer, Outcome, Proof, RrsetState};
use crate::record::{Name, Rdata, Rrset, Rtype, Ttl};

/// The most that one answer may take to be kept, as [`memory`] counts.
const LARGEST: usize = 16 * 1024;
/// What one answer may take on average where as many are kept as may be: more than honest ones do.
const AVERAGE: usize = 4 * 1024;

#[derive(Debug)]
pub(super) struct Cache {
    capacity: usize,
    longest: Duration,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: HashMap<(Name, Rtype), Entry>,
    /// What their answers take.
    octets: usize,
}

#[derive(Debug)]
struct Entry {
    answer: Answer,
    octets: usize,
    /// When its time to live ends.
    ends: Instant,
    /// Until when it is kept, no longer than that.
    expires: Instant,
}

/// What is bogus, or could not be proven for now, is asked for again soon. Source: RFC 9520 §3.2.
const UNPROVEN: Duration = Duration::from_secs(5);

impl Cache {
    /// Holds `capacity` answers, of 4 KiB each on average, none of more than 16 KiB and none longer than `longest`. A
    /// capacity of 0 keeps nothing.
    pub(super) fn new(capacity: usize, longest: Duration) -> Self {
        Self { capacity, longest, kept: Mutex::default() }
    }

    /// The answer with what is left of its time to live, rounded up.
    pub(super) fn look_up(&self, name: &Name, rtype: Rtype, now: Instant) -> Option<Answer> {
        if self.capacity == 0 {
            return None;
        }
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = kept.entries.get(&(name.clone(), rtype))?;
        entry.expires.checked_duration_since(now).filter(|left| !left.is_zero())?;
        let left = entry.ends.saturating_duration_since(now);
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        let ttl = Ttl::from_secs(u32::try_from(seconds).unwrap_or(u32::MAX));
        Some(Answer { ttl, ..entry.answer.clone() })
    }

    pub(super) fn keep(&self, name: &Name, rtype: Rtype, answer: &Answer, now: Instant) {
        let life = Duration::from_secs(answer.ttl.as_secs().into()).min(self.longest);
        let octets = memory(answer);
        if self.capacity == 0 || life.is_zero() || octets > LARGEST {
            return;
        }
        // Whoever can refuse or spoil one answer must not spoil those after it.
        let unproven = match answer.proof {
            Proof::Secure | Proof::Insecure => false,
            Proof::Indeterminate => !answer.lacks_only_anchors(),
            Proof::Bogus(_) => true,
        };
        let lasts = if unproven { life.min(UNPROVEN) } else { life };
        let (Some(ends), Some(expires)) = (now.checked_add(life), now.checked_add(lasts)) else { return };
        let entry = Entry { answer: answer.clone(), octets, ends, expires };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name.clone(), rtype);
        kept.remove(&key);
        // One that is larger than the average may need the room of several.
        while !kept.entries.is_empty() && !kept.has_room(self.capacity, octets) {
            kept.make_room(now);
        }
        if kept.has_room(self.capacity, octets) {
            kept.octets += octets;
            kept.entries.insert(key, entry);
        }
    }
}

impl Kept {
    fn has_room(&self, capacity: usize, octets: usize) -> bool {
        self.entries.len() < capacity && self.octets + octets <= capacity.saturating_mul(AVERAGE)
    }

    fn remove(&mut self, key: &(Name, Rtype)) {
        if let Some(entry) = self.entries.remove(key) {
            self.octets -= entry.octets;
        }
    }

    /// Drops what has expired and, if that is too little, the eighth that expires first: so the cost of
    /// looking at all of them is shared by many insertions.
    fn make_room(&mut self, now: Instant) {
        let full = self.entries.len();
        self.entries.retain(|_, entry| entry.expires > now);
        let spare = full.div_ceil(8);
        if full - self.entries.len() < spare {
            let mut times: Vec<_> = self.entries.values().map(|entry| entry.expires).collect();
            let (_, border, _) = times.select_nth_unstable(spare - 1);
            let border = *border;
            self.entries.retain(|_, entry| entry.expires > border);
        }
        self.octets = self.entries.values().map(|entry| entry.octets).sum();
    }
}

/// What an answer takes in memory, as far as others decide about that.
fn memory(answer: &Answer) -> usize {
    let name = |name: &Name| name.as_wire().len();
    let rrset = |rrset: &Rrset| {
        let rdatas = rrset.rdatas.iter().map(|rdata| size_of::<Rdata>() + rdata.len());
        size_of::<Rrset>() + name(&rrset.owner) + rdatas.sum::<usize>()
    };
    let state = |state: &RrsetState| {
        let words = state.why.as_ref().map_or(0, |why| why.words.len());
        size_of::<RrsetState>() + name(&state.owner) + state.zone.as_ref().map_or(0, name) + words
    };
    let found = match &answer.outcome {
        Outcome::Records(found) => rrset(found),
        Outcome::NoData | Outcome::NxDomain => 0,
    };
    let aliases: usize = answer.aliases.iter().map(rrset).sum();
    let states: usize = answer.states.iter().map(state).sum();
    size_of::<Entry>() + found + aliases + states
}

#[cfg(test)]
mod tests {
    use super::super::Why;
    use super::*;
    use crate::record::Class;

    fn name(text: &str) -> Name {
        text.parse().expect(text)
    }

    fn absence(ttl: u32) -> Answer {
        Answer::new(Outcome::NxDomain, Vec::new(), Ttl::from_secs(ttl), Proof::Insecure)
    }

    #[test]
    fn an_answer_lives_as_long_as_it_may_and_gets_older() {
        let cache = Cache::new(10, Duration::from_secs(100));
        let start = Instant::now();
        let left = |name: &Name, after: u64| {
            let now = start + Duration::from_millis(after);
            cache.look_up(name, Rtype::TXT, now).map(|answer| answer.ttl.as_secs())
        };
        let (short, long, none) = (name("a.example"), name("b.example"), name("c.example"));
        cache.keep(&short, Rtype::TXT, &absence(10), start);
        cache.keep(&long, Rtype::TXT, &absence(1000), start);
        cache.keep(&none, Rtype::TXT, &absence(0), start);
        assert_eq!([left(&short, 0), left(&short, 500), left(&short, 9_500)], [Some(10), Some(10), Some(1)]);
        assert_eq!(left(&short, 10_000), None);
        assert_eq!([left(&long, 99_000), left(&long, 100_000)], [Some(1), None]);
        assert_eq!(left(&none, 0), None);
        assert_eq!(left(&name("A.EXAMPLE"), 0), Some(10));
        assert_eq!(cache.look_up(&short, Rtype::A, start), None);
    }

    #[test]
    fn what_somebody_refused_to_prove_is_asked_for_again_soon() {
        let (cache, start) = (Cache::new(10, Duration::from_secs(1000)), Instant::now());
        let unknown = |codes: &[&'static str]| {
            let mut answer =
                Answer::new(Outcome::NoData, Vec::new(), Ttl::from_secs(100), Proof::Indeterminate);
            answer.states.extend(codes.iter().map(|&code| RrsetState {
                owner: name("a.example"),
                rtype: Rtype::TXT,
                dnssec: Proof::Indeterminate,
                zone: None,
                why: Some(Why::new(code, "nothing is known")),
            }));
            answer
        };
        let cases: [(&[&'static str], bool); 5] = [
            (&["no-anchor"], true),
            (&["not-served"], false),
            (&["no-anchor", "no-signatures"], false),
            (&["not-reached"], false),
            (&[], false),
        ];
        for (codes, stays) in cases {
            cache.keep(&name("a.example"), Rtype::TXT, &unknown(codes), start);
            let left =
                |after| cache.look_up(&name("a.example"), Rtype::TXT, start + Duration::from_secs(after));
            assert_eq!((left(4).is_some(), left(6).is_some()), (true, stays), "{codes:?}");
        }
    }

    #[test]
    fn a_full_cache_lets_go_of_what_expires_first() {
        let cache = Cache::new(8, Duration::from_secs(1000));
        let start = Instant::now();
        for index in 0..30u32 {
            cache.keep(&name(&format!("{index}.example")), Rtype::TXT, &absence(100 + index), start);
            assert!(cache.kept.lock().expect("not poisoned").entries.len() <= 8);
        }
        assert!(cache.look_up(&name("29.example"), Rtype::TXT, start).is_some());
        assert!(cache.look_up(&name("0.example"), Rtype::TXT, start).is_none());
    }

    #[test]
    fn what_is_kept_is_bounded_in_octets_too() {
        let (cache, start) = (Cache::new(8, Duration::from_secs(1000)), Instant::now());
        let octets = || {
            let kept = cache.kept.lock().expect("not poisoned");
            assert_eq!(kept.octets, kept.entries.values().map(|entry| memory(&entry.answer)).sum::<usize>());
            kept.octets
        };
        let of = |rdata: usize| {
            let rdatas = vec![vec![0; rdata].into()];
            let (owner, ttl) = (name("a.example"), Ttl::from_secs(100));
            let rrset = Rrset { owner, class: Class::IN, rtype: Rtype::TXT, ttl, rdatas };
            Answer::new(Outcome::Records(rrset), Vec::new(), ttl, Proof::Insecure)
        };
        for index in 0..30u32 {
            cache.keep(&name(&format!("{index}.example")), Rtype::TXT, &of(12_000), start);
            assert!((12_000..=8 * AVERAGE).contains(&octets()));
        }
        assert!(cache.look_up(&name("29.example"), Rtype::TXT, start).is_some());
        // What is too large takes nobody's place, and what it replaces is dropped by its own time.
        cache.keep(&name("large.example"), Rtype::TXT, &of(17_000), start);
        assert!(cache.look_up(&name("large.example"), Rtype::TXT, start).is_none());
        assert!(cache.look_up(&name("29.example"), Rtype::TXT, start).is_some());
        // The same question again replaces.
        (0..9).for_each(|_| cache.keep(&name("29.example"), Rtype::TXT, &of(100), start));
        assert!(octets() < 16_000);
    }

    #[test]
    fn no_capacity_keeps_nothing() {
        let cache = Cache::new(0, Duration::from_secs(1000));
        cache.keep(&name("a.example"), Rtype::TXT, &absence(10), Instant::now());
        assert_eq!(cache.look_up(&name("a.example"), Rtype::TXT, Instant::now()), None);
    }
}
