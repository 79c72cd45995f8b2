//! What is wrong with the signatures of a zone, as far as the zone itself shows it.

use super::plan::plan;
use crate::clock::UnixTime;
use crate::dnssec::{is_supported, verify};
use crate::record::dnssec::{Dnskey, Rrsig, is_after, signed_data};
use crate::record::{Name, Rtype};
use crate::zone::{RrsetRef, Zone};

/// An RRset that validators refuse, or will soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFault {
    /// Its owner.
    pub owner: Name,
    /// Its type.
    pub rtype: Rtype,
    /// What is wrong with the best of its signatures.
    pub kind: SignatureFaultKind,
}

/// What is wrong with a signature; the better ones come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureFaultKind {
    /// None, although the zone has keys.
    #[error("it has no signature")]
    Missing,
    /// The zone has no such key, or none of an algorithm that is known.
    #[error("no key of the zone can have made its signature")]
    NoKey,
    /// The key did not make it over these records.
    #[error("its signature does not fit")]
    Wrong,
    /// It counts no more.
    #[error("its signature has expired")]
    Expired,
    /// It does not count yet.
    #[error("its signature does not count yet")]
    NotYet,
    /// It expires within the time that was asked for.
    #[error("its signature expires soon")]
    Expiring,
}

/// Checks the signatures of a zone that has keys at its apex: which are missing, expired or expire within
/// `soon` seconds, and, of the first `most` RRsets in canonical order, whether they fit.
///
/// Not whether a parent knows the keys, nor whether denials are complete.
#[must_use]
pub fn check_signatures(zone: &Zone, now: UnixTime, soon: u64, most: usize) -> Vec<SignatureFault> {
    let keys = zone.node(zone.apex()).and_then(|apex| apex.rrset(Rtype::DNSKEY));
    let Some(keys) = keys else { return Vec::new() };
    let keys: Vec<_> = keys.records().filter_map(|record| Dnskey::parse(record.rdata())).collect();
    if !keys.iter().any(|key| is_supported(key.algorithm)) {
        return Vec::new();
    }
    let mut faults = missing(zone);
    let mut left = most;
    for (owner, set) in zone.rrsets().filter(|(_, set)| set.count() > 0 && set.signature_count() > 0) {
        let verifies = left > 0;
        left = left.saturating_sub(1);
        let check = Check { zone, keys: &keys, now, soon, verifies };
        let rrsigs = set.signatures().filter_map(|record| Rrsig::parse(record.rdata()));
        // The set is as good as its best signature.
        let best =
            rrsigs.map(|rrsig| check.fault(&owner, set, &rrsig)).reduce(|one, other| match (one, other) {
                (Some(one), Some(other)) => Some(one.max(other)),
                _ => None,
            });
        if let Some(kind) = best.unwrap_or(Some(SignatureFaultKind::NoKey)) {
            faults.push(SignatureFault { owner, rtype: set.rtype(), kind });
        }
    }
    faults
}

fn missing(zone: &Zone) -> Vec<SignatureFault> {
    let names = plan(zone);
    let unsigned = names.iter().flat_map(|name| {
        let sets = name.node.rrsets().filter(|set| set.signature_count() == 0 && name.signs(set.rtype()));
        sets.map(|set| (name.owner.clone(), set.rtype()))
    });
    let kind = SignatureFaultKind::Missing;
    unsigned.map(|(owner, rtype)| SignatureFault { owner, rtype, kind }).collect()
}

struct Check<'a> {
    zone: &'a Zone,
    keys: &'a [Dnskey<'a>],
    now: UnixTime,
    soon: u64,
    verifies: bool,
}

impl Check<'_> {
    fn fault(&self, owner: &Name, set: RrsetRef<'_>, rrsig: &Rrsig<'_>) -> Option<SignatureFaultKind> {
        let head = &rrsig.head;
        let mut keys = self
            .keys
            .iter()
            .filter(|key| {
                (key.algorithm, key.key_tag()) == (head.algorithm, head.key_tag)
                    && key.is_zone_key()
                    && is_supported(key.algorithm)
            })
            .peekable();
        if keys.peek().is_none() || head.signer != *self.zone.apex() {
            return Some(SignatureFaultKind::NoKey);
        }
        let rdatas = set.records().map(|record| record.rdata());
        if self.verifies {
            let octets = signed_data(head, owner, self.zone.class(), rdatas);
            let fits = |octets: &Vec<u8>| {
                keys.any(|key| verify(key.algorithm, key.public_key, octets, rrsig.signature).is_ok())
            };
            if !octets.as_ref().is_some_and(fits) {
                return Some(SignatureFaultKind::Wrong);
            }
        }
        if !is_after(head.expiration, self.now) {
            Some(SignatureFaultKind::Expired)
        } else if is_after(head.inception, self.now) {
            Some(SignatureFaultKind::NotYet)
        } else {
            let expires_soon = !is_after(head.expiration, self.now.plus(self.soon));
            expires_soon.then_some(SignatureFaultKind::Expiring)
        }
    }
}
