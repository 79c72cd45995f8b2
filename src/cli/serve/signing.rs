//! Zones that the server signs itself: when, with which keys, and what came of it.
//!
//! What the keys do is written down before a zone is served that way, and once it is served, that too: see
//! [`KeyRing`](crate::dnssec::lifecycle::KeyRing).

mod kept;
mod parents;
mod zone;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::cli::config::SigningPolicy;
use crate::clock::UnixTime;
use crate::dnssec::KeyStore;
use crate::dnssec::lifecycle::{KeyState, Role};
use crate::record::{Name, Rtype};
use crate::zone::Zone;
pub(super) use kept::KeptSigning;
pub(super) use parents::ask as ask_parents;
use zone::Signs;

/// When what failed is tried again.
const RETRY: u64 = 10 * 60;
/// How often the parent is asked for what a roll waits for, at most.
const ASK_PARENT: u64 = 60;
/// And whether it still has what it had, while nothing rolls.
const WATCH_PARENT: u64 = 60 * 60;

/// Every zone that is signed here.
#[derive(Default)]
pub(super) struct Signing {
    policies: Vec<SigningPolicy>,
    keys: Option<PathBuf>,
    zones: BTreeMap<Name, Signs>,
}

/// What came of a look at a zone.
pub(super) enum Verdict {
    /// No policy signs it.
    NotOurs,
    /// What is served is right.
    AsBefore,
    /// This is to be served.
    Signed(Box<Zone>),
    /// It can't be signed; that has been told.
    Failed,
}

/// What those who watch the server see of a zone that is signed.
#[derive(Debug, Clone)]
pub(super) struct SigningStatus {
    /// When the first signature of what is served ends.
    pub(super) expires: Option<UnixTime>,
    /// When the last one begins to count, which lies ahead only where the clock was set back.
    pub(super) begins: Option<UnixTime>,
    /// From when on that is a reason to worry.
    pub(super) worrying: Option<UnixTime>,
    /// How many keys there are of a role and in a state.
    pub(super) keys: Vec<(Role, KeyState, u64)>,
    /// Why it could not be signed last time.
    pub(super) fault: Option<String>,
    /// Whether the parent has lost a DS record that it had and should have.
    pub(super) ds_lost: bool,
}

/// A question for the parents of a zone.
pub(super) struct AskParents {
    pub(super) apex: Name,
    pub(super) store: KeyStore,
    pub(super) parents: Vec<SocketAddr>,
    /// Set where they have lost a DS record that they should have.
    pub(super) lost: Arc<AtomicBool>,
}

impl Signing {
    /// Signs by these policies from now on, with keys in this folder.
    pub(super) fn configure(&mut self, policies: Vec<SigningPolicy>, keys: Option<PathBuf>) {
        (self.policies, self.keys) = (policies, keys);
        let (policies, zones) = (&self.policies, &mut self.zones);
        for (apex, signs) in zones {
            match SigningPolicy::of(policies, apex, false) {
                Some(policy) => signs.follow(policy),
                None => tracing::error!(
                    zone = %apex,
                    "no policy signs it any more: it is signed by the former one until the server ends"
                ),
            }
        }
    }

    /// The zones that policies name.
    pub(super) fn named(&self) -> impl Iterator<Item = &Name> {
        self.policies.iter().flat_map(|policy| &policy.zones)
    }

    /// Whether a policy signs a zone that is served as its file has it: a policy that came after it.
    pub(super) fn starts_with(&self, served: &Zone) -> bool {
        self.keys.is_some()
            && !self.zones.contains_key(served.apex())
            && SigningPolicy::of(&self.policies, served.apex(), is_signed(served)).is_some()
    }

    /// Signs a zone as it comes from its file.
    pub(super) fn sign_source(&mut self, source: &Zone, former: Option<&Zone>, now: UnixTime) -> Verdict {
        let apex = source.apex();
        let policy = SigningPolicy::of(&self.policies, apex, is_signed(source));
        match (policy, &self.keys, self.zones.get_mut(apex)) {
            (Some(policy), _, Some(signs)) => {
                signs.follow(policy);
                signs.sign_source(source, former, now)
            }
            (Some(policy), Some(keys), None) => {
                let signs = Signs::new(policy, KeyStore::new(keys, apex));
                self.zones.entry(apex.clone()).or_insert(signs).sign_source(source, former, now)
            }
            // Its parent may point to its keys: without a policy it goes on as with the former one.
            (None, _, Some(signs)) => signs.sign_source(source, former, now),
            (_, keys, None) => {
                if keys.as_ref().is_some_and(|keys| KeyStore::new(keys, apex).exists()) {
                    tracing::error!(
                        zone = %apex,
                        "it has keys, and no policy signs it: it is served as its file has it"
                    );
                }
                Verdict::NotOurs
            }
        }
    }

    /// Looks at a zone that is served: its keys, and whether signatures are due.
    pub(super) fn sign_again(&mut self, served: &Zone, now: UnixTime) -> Verdict {
        match self.zones.get_mut(served.apex()) {
            Some(signs) => signs.sign_again(served, now),
            None => Verdict::NotOurs,
        }
    }

    /// The zones that [`Signing::sign_again`] is due for.
    pub(super) fn due_zones(&self, now: UnixTime) -> Vec<Name> {
        self.zones.iter().filter(|(_, signs)| signs.is_due(now)).map(|(apex, _)| apex.clone()).collect()
    }

    /// When something is due.
    pub(super) fn due(&self) -> Option<UnixTime> {
        self.zones.values().filter_map(Signs::due).min()
    }

    /// Whether something is due, or somebody has changed keys.
    pub(super) fn is_due(&self, now: UnixTime) -> bool {
        self.zones.values().any(|signs| signs.is_due(now))
    }

    /// Whether a zone is signed here.
    pub(super) fn signs(&self, apex: &Name) -> bool {
        self.zones.contains_key(apex)
    }

    /// How many zones are signed here.
    pub(super) fn len(&self) -> usize {
        self.zones.len()
    }

    /// What was signed is served.
    pub(super) fn published(&mut self, now: UnixTime) {
        self.zones.values_mut().for_each(|signs| signs.published(now));
    }

    /// Forgets zones that are not served from files any more.
    pub(super) fn retain(&mut self, served: impl Fn(&Name) -> bool) {
        self.zones.retain(|apex, _| served(apex));
    }

    pub(super) fn status(&self, apex: &Name) -> Option<SigningStatus> {
        self.zones.get(apex).map(Signs::status)
    }

    /// Whose parents are to be asked now.
    pub(super) fn parents_to_ask(&mut self, now: UnixTime) -> Vec<AskParents> {
        self.zones.iter_mut().filter_map(|(apex, signs)| signs.asks_parents(apex, now)).collect()
    }
}

fn is_signed(zone: &Zone) -> bool {
    zone.node(zone.apex()).is_some_and(|node| node.rrset(Rtype::DNSKEY).is_some())
}
