//! A signed zone that outlives the server in an image, and what must be as it was for it to be served.

use serde::{Deserialize, Serialize};

use super::zone::{Served, Signs, with_signer, zone_keys};
use crate::clock::UnixTime;
use crate::dnssec::KeyStoreError;
use crate::dnssec::lifecycle::Plan;
use crate::dnssec::sign::{SigningOptions, is_signed_with};
use crate::record::Name;
use crate::zone::Zone;

/// What is noted of a signed zone beside the zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cli::serve) struct KeptSigning {
    /// What it was signed by. Only the program that wrote it reads it.
    terms: String,
    /// When the first signature ends, in seconds since 1970.
    expires: u64,
    /// When the last one begins to count.
    begins: u64,
    /// The longest TTL of its source.
    zone_ttl: u64,
    /// Whether its source is signed, so that no policy for all other zones signs it.
    pub(super) held_signed: bool,
}

impl Signs {
    /// What to note of the zone that is served; `None` where it is not signed.
    pub(super) fn to_keep(&self) -> Option<KeptSigning> {
        let served = self.served.as_ref()?;
        let (expires, begins, held_signed) = (served.expires?.0, served.begins.0, self.held_signed);
        let terms = terms(&served.plan, &served.options);
        Some(KeptSigning { terms, expires, begins, zone_ttl: self.zone_ttl, held_signed })
    }

    /// The zone of an image, ready to be served, where it is what was published last, and keys, plan and policy are what
    /// it was signed with. What is due in it is signed again as of any zone that is served.
    pub(super) fn take_up(&mut self, zone: &Zone, kept: &KeptSigning, now: UnixTime) -> Option<Zone> {
        match self.try_to_take_up(zone, kept, now) {
            Ok(taken) => taken,
            Err(error) => {
                // Who signs it from its source says what it means.
                tracing::warn!(zone = %zone.apex(), "its keys can't be looked at: {error}");
                None
            }
        }
    }

    fn try_to_take_up(
        &mut self,
        zone: &Zone,
        kept: &KeptSigning,
        now: UnixTime,
    ) -> Result<Option<Zone>, KeyStoreError> {
        (self.zone_ttl, self.held_signed) = (kept.zone_ttl, kept.held_signed);
        let policy = self.key_policy();
        let (mut keys, changed) = self.look_at_keys(&policy, now)?;
        if changed {
            keys.save(now)?;
        }
        let plan = keys.ring.plan();
        let zone_keys = zone_keys(&keys, &plan);
        let is_last = keys.ring.serial() == Some(zone.serial());
        let is_same = kept.terms == terms(&plan, &self.policy.options) && !plan.is_unsigned();
        if !is_last || !is_same || !is_signed_with(zone, &zone_keys, now) {
            return Ok(None);
        }
        self.note(&keys, &policy, now);
        let taken = with_signer(zone.clone(), &zone_keys, &self.policy.options);
        let options = self.policy.options.clone();
        let (expires, begins) = (Some(UnixTime(kept.expires)), UnixTime(kept.begins));
        self.served = Some(Served { plan, expires, begins, options, told: false });
        Ok(Some(taken))
    }
}

/// A policy and a plan in words that are the same only where those are, whenever the plan was made.
fn terms(plan: &Plan, options: &SigningOptions) -> String {
    let Plan { revision: _, dnskeys, signers, cds, delete_ds } = plan;
    let ids = |ids: &[crate::dnssec::lifecycle::KeyId]| {
        ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let [dnskeys, signers, cds] = [dnskeys, signers, cds].map(|set| ids(set));
    format!("{dnskeys}; {signers}; {cds}; {delete_ds}; {options:?}")
}

impl super::Signing {
    /// See [`KeptSigning`]: the zone of an image as it is to be served, if it still is to be.
    pub(in crate::cli::serve) fn take_up(
        &mut self,
        zone: &Zone,
        kept: &KeptSigning,
        now: UnixTime,
    ) -> Option<Zone> {
        let apex = zone.apex();
        // Two files may hold it: who signs it for one goes on.
        if self.signs(apex) {
            return None;
        }
        let policy = super::SigningPolicy::of(&self.policies, apex, kept.held_signed)?;
        let mut signs = Signs::new(policy, super::KeyStore::new(self.keys.as_ref()?, apex));
        let taken = signs.take_up(zone, kept, now)?;
        self.zones.insert(apex.clone(), signs);
        Some(taken)
    }

    /// What is to be noted of the zone that is served.
    pub(in crate::cli::serve) fn to_keep(&self, apex: &Name) -> Option<KeptSigning> {
        self.zones.get(apex)?.to_keep()
    }
}
