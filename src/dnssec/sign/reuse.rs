//! Signatures that a former signed zone has already.

use super::batch::{Signer, Times};
use super::keys::ZoneKeys;
use super::run::signers;
use crate::clock::UnixTime;
use crate::dnssec::verify;
use crate::record::dnssec::{Dnskey, Rrsig, canonical_rdata, is_after, signed_data};
use crate::record::{Name, Rdata, Rtype, Ttl};
use crate::zone::{RrsetRef, Zone};

/// A zone as it was signed before.
pub(super) struct Former<'a> {
    zone: &'a Zone,
    /// What a signature must outlast, to be kept.
    until: UnixTime,
    now: UnixTime,
}

/// Whether the DNSKEY RRset of a zone is that of these keys, and each that signs has signed: of its signatures one or two
/// at the apex are checked. For a zone that is known to be as it was signed once; [`check_signatures`](super::check_signatures)
/// looks at all of any other.
#[must_use]
pub fn is_signed_with(zone: &Zone, keys: &ZoneKeys, now: UnixTime) -> bool {
    let Some(former) = Former::new(zone, zone, now, 0) else { return false };
    let mut wanted = keys.dnskeys();
    let mut held: Vec<Rdata> = zone
        .rrset(zone.apex(), Rtype::DNSKEY)
        .into_iter()
        .flat_map(|set| set.records())
        .map(|record| record.rdata().into())
        .collect();
    wanted.sort_unstable();
    held.sort_unstable();
    wanted == held && signers(keys, Some(&former)).iter().all(|signer| signer.reuses)
}

/// An RRset that is to be signed.
#[derive(Clone, Copy)]
pub(super) struct Set<'a> {
    pub(super) owner: &'a Name,
    pub(super) rtype: Rtype,
    pub(super) ttl: Ttl,
    pub(super) rdatas: &'a [&'a [u8]],
}

impl<'a> Former<'a> {
    /// `None` where it is another zone.
    pub(super) fn new(former: &'a Zone, zone: &Zone, now: UnixTime, refresh: u64) -> Option<Self> {
        let same = former.apex() == zone.apex() && former.class() == zone.class();
        same.then(|| Self { zone: former, until: now.plus(refresh), now })
    }

    /// Whether signatures with this key's algorithm and tag are this key's: of all that a zone has, one is
    /// checked; no other key of the zone may have the same tag.
    pub(super) fn is_signed_by(&self, signer: &Signer<'_>) -> bool {
        let Some(apex) = self.zone.node(self.zone.apex()) else { return false };
        let keys = apex.rrset(Rtype::DNSKEY).into_iter().flat_map(|keys| keys.records());
        let same_tag = keys.filter(|record| {
            Dnskey::parse(record.rdata())
                .is_some_and(|key| (key.algorithm, key.key_tag()) == (signer.algorithm, signer.tag))
        });
        if same_tag.count() > 1 {
            return false;
        }
        let sets = [Rtype::SOA, Rtype::DNSKEY].into_iter().filter_map(|rtype| apex.rrset(rtype));
        let mut verified = sets.filter_map(|set| self.verifies(set, signer));
        verified.next() == Some(true) && verified.all(|verifies| verifies)
    }

    /// `None` where the set has no signature of such a key.
    fn verifies(&self, set: RrsetRef<'_>, signer: &Signer<'_>) -> Option<bool> {
        let mut signatures = set.signatures().filter_map(|record| Rrsig::parse(record.rdata()));
        let rrsig = signatures
            .find(|rrsig| (rrsig.head.algorithm, rrsig.head.key_tag) == (signer.algorithm, signer.tag))?;
        let rdatas = set.records().map(|record| record.rdata());
        let octets = signed_data(&rrsig.head, self.zone.apex(), self.zone.class(), rdatas)?;
        Some(verify(signer.algorithm, signer.key.public_key(), &octets, rrsig.signature).is_ok())
    }

    /// The set as it was, where it is the same.
    pub(super) fn same(&self, set: &Set<'_>) -> Option<RrsetRef<'a>> {
        let former = self.zone.rrset(set.owner, set.rtype)?;
        let mut before: Vec<_> =
            former.records().map(|record| canonical_rdata(set.rtype, record.rdata())).collect();
        let mut now: Vec<_> = set.rdatas.iter().map(|rdata| canonical_rdata(set.rtype, rdata)).collect();
        before.sort_unstable();
        now.sort_unstable();
        now.dedup();
        (former.ttl() == set.ttl && before == now).then_some(former)
    }

    /// The signer's signature of a set that is the same, with its times; `None` where there is none, or it is
    /// due.
    pub(super) fn signature(
        &self,
        former: RrsetRef<'a>,
        set: &Set<'_>,
        signer: &Signer<'_>,
    ) -> Option<(&'a [u8], Times)> {
        former.signatures().find_map(|record| {
            let head = Rrsig::parse(record.rdata())?.head;
            let same = head.algorithm == signer.algorithm
                && head.key_tag == signer.tag
                && head.original_ttl == set.ttl.as_secs()
                && head.labels == crate::record::dnssec::RrsigHead::labels_of(set.owner)
                && head.signer == *self.zone.apex();
            let in_time = is_after(head.expiration, self.until) && !is_after(head.inception, self.now);
            let times = Times { inception: head.inception, expiration: head.expiration };
            (same && in_time).then_some((record.rdata(), times))
        })
    }
}
