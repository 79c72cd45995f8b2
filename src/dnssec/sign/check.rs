//! Whether the signatures of a zone fit, as far as the zone itself shows it.

use crate::dnssec::{is_supported, verify};
use crate::record::dnssec::{Dnskey, Rrsig, signed_data};
use crate::record::{Name, Rtype};
use crate::zone::{RrsetRef, Zone};

/// An RRset whose signatures validators refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFault {
    /// Its owner.
    pub owner: Name,
    /// Its type.
    pub rtype: Rtype,
    /// What is wrong with the best of its signatures.
    pub kind: SignatureFaultKind,
}

/// What is wrong with a signature; the better comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureFaultKind {
    /// The zone has no such key, or none of an algorithm that is known.
    #[error("no key of the zone can have made its signature")]
    NoKey,
    /// The key did not make it over these records.
    #[error("its signature does not fit")]
    Wrong,
}

/// Verifies the signatures of a zone that has keys at its apex: of the first `most` RRsets in canonical order
/// that have any. Cost: one verification for each, but where several signatures or keys have one tag.
///
/// What is not signed, and times, the zone tells by itself ([`Zone::signature_times`]); whether a parent knows
/// the keys it can't tell.
#[must_use]
pub fn check_signatures(zone: &Zone, most: usize) -> Vec<SignatureFault> {
    let keys = zone.node(zone.apex()).and_then(|apex| apex.rrset(Rtype::DNSKEY));
    let Some(keys) = keys else { return Vec::new() };
    let keys: Vec<_> = keys.records().filter_map(|record| Dnskey::parse(record.rdata())).collect();
    if !keys.iter().any(|key| is_supported(key.algorithm)) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for (owner, set) in
        zone.rrsets().filter(|(_, set)| set.count() > 0 && set.signature_count() > 0).take(most)
    {
        let rrsigs = set.signatures().filter_map(|record| Rrsig::parse(record.rdata()));
        // The set is as good as its best signature.
        let best = rrsigs
            .map(|rrsig| fault(zone, &keys, &owner, set, &rrsig))
            .reduce(|one, other| one.zip(other).map(|(one, other)| one.max(other)));
        if let Some(kind) = best.unwrap_or(Some(SignatureFaultKind::NoKey)) {
            faults.push(SignatureFault { owner, rtype: set.rtype(), kind });
        }
    }
    faults
}

fn fault(
    zone: &Zone,
    keys: &[Dnskey<'_>],
    owner: &Name,
    set: RrsetRef<'_>,
    rrsig: &Rrsig<'_>,
) -> Option<SignatureFaultKind> {
    let head = &rrsig.head;
    let may_be_by = |key: &&Dnskey<'_>| {
        (key.algorithm, key.key_tag()) == (head.algorithm, head.key_tag)
            && key.is_zone_key()
            && is_supported(key.algorithm)
    };
    let mut keys = keys.iter().filter(may_be_by).peekable();
    if keys.peek().is_none() || head.signer != *zone.apex() {
        return Some(SignatureFaultKind::NoKey);
    }
    let octets = signed_data(head, owner, zone.class(), set.records().map(|record| record.rdata()));
    let fits = octets.is_some_and(|octets| {
        keys.any(|key| verify(key.algorithm, key.public_key, &octets, rrsig.signature).is_ok())
    });
    (!fits).then_some(SignatureFaultKind::Wrong)
}
