//! What names stand for in the chain of trust, kept as long as it holds.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Keys, Stop};
use crate::dnssec::validate::InsecureReason;
use crate::record::{Name, Ttl};

/// More names than one process walks through in a day of ordinary questions.
const CAPACITY: usize = 4096;
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

#[derive(Debug, Default)]
pub(super) struct Zones {
    known: Mutex<HashMap<Name, Kept>>,
}

/// What was found, and until when it is kept.
type Kept = (Result<Standing, Stop>, Instant);

impl Zones {
    pub(super) fn look_up(&self, name: &Name) -> Option<Result<Standing, Stop>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(name).filter(|(_, until)| *until > Instant::now()).map(|(kept, _)| kept.clone())
    }

    pub(super) fn keep(&self, name: &Name, found: Result<Standing, Stop>, ttl: Ttl) {
        self.keep_for(name, found, Duration::from_secs(ttl.as_secs().into()).min(LONGEST));
    }

    pub(super) fn keep_failure(&self, name: &Name, stop: Stop) {
        self.keep_for(name, Err(stop), FAILURE);
    }

    /// Forgets all that is known of a name and those above it.
    pub(super) fn forget(&self, name: &Name) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|above, _| !name.is_at_or_below(above));
    }

    fn keep_for(&self, name: &Name, found: Result<Standing, Stop>, life: Duration) {
        let now = Instant::now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CAPACITY && !known.contains_key(name) {
            known.retain(|_, (_, until)| *until > now);
            if known.len() >= CAPACITY {
                // Zones near the root are few and asked for again at once; of the rest any will do.
                known.retain(|name, _| name.label_count() <= 2);
            }
            if known.len() >= CAPACITY {
                known.clear();
            }
        }
        known.insert(name.clone(), (found, now + life));
    }
}
