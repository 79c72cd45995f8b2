//! Answers kept for as long as their times to live, absences too, errors never.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Answer, Proof, Why};
use crate::record::{Name, Rtype, Ttl};

#[derive(Debug)]
pub(super) struct Cache {
    capacity: usize,
    longest: Duration,
    entries: Mutex<HashMap<(Name, Rtype), Entry>>,
}

#[derive(Debug)]
struct Entry {
    answer: Answer,
    /// When its time to live ends.
    ends: Instant,
    /// Until when it is kept, no longer than that.
    expires: Instant,
}

/// What is bogus, or could not be proven for now, is asked for again soon. Source: RFC 9520 §3.2.
const UNPROVEN: Duration = Duration::from_secs(5);

impl Cache {
    /// Holds `capacity` answers, none longer than `longest`. A capacity of 0 keeps nothing.
    pub(super) fn new(capacity: usize, longest: Duration) -> Self {
        Self { capacity, longest, entries: Mutex::default() }
    }

    /// The answer with what is left of its time to live, rounded up.
    pub(super) fn look_up(&self, name: &Name, rtype: Rtype, now: Instant) -> Option<Answer> {
        if self.capacity == 0 {
            return None;
        }
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(&(name.clone(), rtype))?;
        entry.expires.checked_duration_since(now).filter(|left| !left.is_zero())?;
        let left = entry.ends.saturating_duration_since(now);
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        let ttl = Ttl::from_secs(u32::try_from(seconds).unwrap_or(u32::MAX));
        Some(Answer { ttl, ..entry.answer.clone() })
    }

    pub(super) fn keep(&self, name: &Name, rtype: Rtype, answer: &Answer, now: Instant) {
        let life = Duration::from_secs(answer.ttl.as_secs().into()).min(self.longest);
        if self.capacity == 0 || life.is_zero() {
            return;
        }
        let unproven =
            matches!(answer.proof, Proof::Bogus(_)) || answer.why().is_some_and(Why::is_not_reached);
        let kept = if unproven { life.min(UNPROVEN) } else { life };
        let (Some(ends), Some(expires)) = (now.checked_add(life), now.checked_add(kept)) else { return };
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name.clone(), rtype);
        if entries.len() >= self.capacity && !entries.contains_key(&key) {
            make_room(&mut entries, now);
        }
        entries.insert(key, Entry { answer: answer.clone(), ends, expires });
    }
}

/// Drops what has expired and, if that is too little, the eighth that expires first: so the cost of
/// looking at all of them is shared by many insertions.
fn make_room(entries: &mut HashMap<(Name, Rtype), Entry>, now: Instant) {
    let full = entries.len();
    entries.retain(|_, entry| entry.expires > now);
    let spare = full.div_ceil(8);
    if full - entries.len() >= spare {
        return;
    }
    let mut times: Vec<_> = entries.values().map(|entry| entry.expires).collect();
    let (_, border, _) = times.select_nth_unstable(spare - 1);
    let border = *border;
    entries.retain(|_, entry| entry.expires > border);
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;

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
    fn a_full_cache_lets_go_of_what_expires_first() {
        let cache = Cache::new(8, Duration::from_secs(1000));
        let start = Instant::now();
        for index in 0..30u32 {
            cache.keep(&name(&format!("{index}.example")), Rtype::TXT, &absence(100 + index), start);
            assert!(cache.entries.lock().expect("not poisoned").len() <= 8);
        }
        assert!(cache.look_up(&name("29.example"), Rtype::TXT, start).is_some());
        assert!(cache.look_up(&name("0.example"), Rtype::TXT, start).is_none());
    }

    #[test]
    fn no_capacity_keeps_nothing() {
        let cache = Cache::new(0, Duration::from_secs(1000));
        cache.keep(&name("a.example"), Rtype::TXT, &absence(10), Instant::now());
        assert_eq!(cache.look_up(&name("a.example"), Rtype::TXT, Instant::now()), None);
    }
}
