//! Parameters of zones that DNSSEC proved, kept no longer than their time to live.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::UnixTime;
use crate::record::parameters::Parameters;
use crate::record::{Name, Ttl};

/// Parameters are asked for again after a day, whatever their time to live says, in seconds.
const LONGEST: u64 = 86_400;

/// What a zone served.
#[derive(Debug)]
pub(super) struct Served {
    /// Those records that are parameters, of every epoch.
    pub(super) all: Vec<Parameters>,
    /// When they were asked for.
    pub(super) asked_at: UnixTime,
    pub(super) ttl: Ttl,
}

impl Served {
    /// Whether they are older than their time to live; a clock that went back makes them so too.
    pub(super) fn is_stale(&self, now: UnixTime) -> bool {
        now < self.asked_at || now > self.keep_until()
    }

    pub(super) fn keep_until(&self) -> UnixTime {
        self.asked_at.plus(LONGEST.min(self.ttl.as_secs().into()))
    }
}

/// The proven parameters of each apex; as many as the policy has providers.
#[derive(Debug, Default)]
pub(super) struct Epochs {
    served: Mutex<HashMap<Name, Arc<Served>>>,
}

impl Epochs {
    pub(super) fn fresh(&self, apex: &Name, now: UnixTime) -> Option<Arc<Served>> {
        let served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        served.get(apex).filter(|served| !served.is_stale(now)).cloned()
    }

    pub(super) fn keep(&self, apex: &Name, served: Arc<Served>) {
        self.served.lock().unwrap_or_else(PoisonError::into_inner).insert(apex.clone(), served);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_stale_after_a_day_and_where_the_clock_went_back() {
        let (all, asked_at) = (Vec::new(), UnixTime(1_000_000));
        let served = Served { all, asked_at, ttl: Ttl::MAX };
        assert!(!served.is_stale(asked_at) && !served.is_stale(asked_at.plus(LONGEST)));
        assert!(served.is_stale(asked_at.plus(LONGEST + 1)) && served.is_stale(asked_at.minus(1)));
    }
}
