//! What names stand for in the chain of trust, kept as long as it holds.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Keys, Stop};
use crate::dnssec::validate::InsecureReason;
use crate::record::{Name, Ttl};

/// More names than one process walks through in a day of ordinary questions.
const CAPACITY: usize = 4096;
/// What their keys may take together: a KiB for each name, of which most are no zones. A message bounds
/// those of one zone to a 64th of it.
const OCTETS: usize = CAPACITY * 1024;
/// The longest that anything is kept.
const LONGEST: Duration = Duration::from_secs(86_400);
/// What failed is tried again after a moment only: whoever asks on and on costs nobody else much.
/// Source: RFC 9520 §3.2.
const FAILURE: Duration = Duration::from_secs(5);

/// What is proven about a name.
#[derive(Debug, Clone)]
pub(super) enum Standing {
    /// A zone begins there, and these are its keys.
    Zone(Keys),
    /// A zone begins there that is not signed.
    Unsigned(InsecureReason),
    /// No zone begins there.
    NoCut,
    /// There is no such name, nor any below it.
    Nothing,
}

#[derive(Debug)]
pub(super) struct Zones {
    known: Mutex<Known>,
    /// What their keys may take together.
    most: usize,
}

impl Default for Zones {
    fn default() -> Self {
        Self::new(OCTETS)
    }
}

#[derive(Debug, Default)]
struct Known {
    names: HashMap<Name, Kept>,
    /// What their keys take.
    octets: usize,
}

/// What was found, and until when it is kept.
type Kept = (Result<Standing, Stop>, Instant);

impl Zones {
    pub(super) fn new(octets: usize) -> Self {
        Self { known: Mutex::default(), most: octets }
    }

    pub(super) fn look_up(&self, name: &Name) -> Option<Result<Standing, Stop>> {
        let known = self.lock();
        known.names.get(name).filter(|(_, until)| *until > Instant::now()).map(|(kept, _)| kept.clone())
    }

    pub(super) fn keep(&self, name: &Name, found: Result<Standing, Stop>, ttl: Ttl) {
        self.keep_for(name, found, Duration::from_secs(ttl.as_secs().into()).min(LONGEST));
    }

    pub(super) fn keep_failure(&self, name: &Name, stop: Stop) {
        self.keep_for(name, Err(stop), FAILURE);
    }

    /// Forgets all that is known of a name and those above it.
    pub(super) fn forget(&self, name: &Name) {
        self.lock().retain(|above, _| !name.is_at_or_below(above));
    }

    fn keep_for(&self, name: &Name, found: Result<Standing, Stop>, life: Duration) {
        let now = Instant::now();
        let octets = octets(&found);
        let mut known = self.lock();
        let before = known.names.remove(name);
        known.octets -= before.map_or(0, |(before, _)| self::octets(&before));
        if !known.has_room(octets, self.most) {
            known.retain(|_, (_, until)| *until > now);
        }
        if !known.has_room(octets, self.most) {
            // Zones near the root are few and asked for again at once; of the rest any will do.
            known.retain(|name, _| name.label_count() <= 2);
        }
        if !known.has_room(octets, self.most) {
            *known = Known::default();
        }
        known.octets += octets;
        known.names.insert(name.clone(), (found, now + life));
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn has_room(&self, octets: usize, most: usize) -> bool {
        self.names.len() < CAPACITY && self.octets + octets <= most
    }

    fn retain(&mut self, keep: impl Fn(&Name, &Kept) -> bool) {
        self.names.retain(|name, kept| keep(name, kept));
        self.octets = self.names.values().map(|(found, _)| octets(found)).sum();
    }
}

/// What others decide about: a zone's keys. A message bounds them.
fn octets(found: &Result<Standing, Stop>) -> usize {
    match found {
        Ok(Standing::Zone(keys)) => keys.octets(),
        Ok(Standing::Unsigned(_) | Standing::NoCut | Standing::Nothing) | Err(_) => 0,
    }
}
