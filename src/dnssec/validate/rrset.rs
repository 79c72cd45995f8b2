//! One RRset and its signatures.

use super::keys::ZoneKey;
use super::{Fault, KeySet, Work};
use crate::clock::UnixTime;
use crate::dnssec::{is_supported, verify};
use crate::record::dnssec::{Algorithm, Rrsig, RrsigHead, is_after, signed_data};
use crate::record::{Name, Rdata, Rrset, Rtype, Ttl};

/// How many signatures of one RRset are checked. Honest ones fit at once, but for keys that share a tag.
const MAX_CHECKS: u32 = 8;

/// That a key of the zone has signed an RRset, and for how long: [`verify_rrset`] alone makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    expanded_from: Option<u8>,
    ttl: Ttl,
    expires: UnixTime,
}

impl Verified {
    /// Where a wildcard gave the records: how many labels its parent has, the closest encloser.
    ///
    /// Then they are an answer only with a proof that no nearer name exists: [`super::Proofs::expansion`].
    #[must_use]
    pub fn expanded_from(&self) -> Option<u8> {
        self.expanded_from
    }

    /// How long the records may be kept: no longer than their TTL, the signature's original TTL and its end
    /// (RFC 4035 §5.3.3).
    #[must_use]
    pub fn ttl(&self) -> Ttl {
        self.ttl
    }

    /// When the signature ends.
    #[must_use]
    pub fn expires(&self) -> UnixTime {
        self.expires
    }
}

/// Verifies an RRset with the keys of its zone; one signature that fits is enough. Source: RFC 4035 §5.3.
///
/// `signatures` is the record data of RRSIG records of the same owner; those that cover other types are passed
/// over. DS records are verified with the parent's keys. Times are taken to the second: no skew is allowed
/// for.
///
/// # Errors
/// What is wrong with the signature that came nearest.
pub fn verify_rrset(
    rrset: &Rrset,
    signatures: &[Rdata],
    keys: &KeySet,
    now: UnixTime,
    work: &mut Work,
) -> Result<Verified, Fault> {
    check(rrset, signatures, keys.zone(), keys.keys(), now, work)
}

/// The same with keys of which it is not said yet whose they are.
pub(super) fn check(
    rrset: &Rrset,
    signatures: &[Rdata],
    zone: &Name,
    keys: &[ZoneKey],
    now: UnixTime,
    work: &mut Work,
) -> Result<Verified, Fault> {
    let of_the_parent = rrset.rtype == Rtype::DS && rrset.owner == *zone;
    if of_the_parent || !rrset.owner.is_at_or_below(zone) {
        return Err(Fault::OutOfZone);
    }
    let (mut checking, mut nearest) =
        (Checking { rrset, zone, keys, now, left: MAX_CHECKS }, Fault::SignatureMissing);
    for rdata in signatures {
        let tried = match Rrsig::parse(rdata) {
            Some(rrsig) if rrsig.head.type_covered != rrset.rtype => continue,
            Some(rrsig) => checking.one(&rrsig, work),
            None => Err(Fault::SignatureIllFormed),
        };
        match tried {
            Ok(verified) => return Ok(verified),
            Err(Fault::TooMuchWork) => return Err(Fault::TooMuchWork),
            Err(fault) if fault.nearness() > nearest.nearness() => nearest = fault,
            Err(_) => {}
        }
    }
    Err(nearest)
}

/// What is checked, and how many checks it may still take.
struct Checking<'a> {
    rrset: &'a Rrset,
    zone: &'a Name,
    keys: &'a [ZoneKey],
    now: UnixTime,
    left: u32,
}

impl Checking<'_> {
    /// One signature, with each key of its tag and algorithm. What is cheap comes first: a signature is checked
    /// only where everything else fits.
    fn one(&mut self, rrsig: &Rrsig<'_>, work: &mut Work) -> Result<Verified, Fault> {
        let head = &rrsig.head;
        if head.signer != *self.zone {
            return Err(Fault::SignerNotZone);
        }
        let expanded_from = self.expansion(head)?;
        if !is_supported(head.algorithm) {
            return Err(Fault::SignatureAlgorithm);
        }
        let mut nearest = Fault::SignatureKey;
        let keys = self.keys;
        let named = |key: &&ZoneKey| key.tag == head.key_tag && key.dnskey().algorithm == head.algorithm;
        for key in keys.iter().filter(named) {
            let tried = key.is_fit().and_then(|()| self.with(key, rrsig, work));
            match tried {
                Ok(()) => return Ok(self.verified(head, expanded_from)),
                Err(Fault::TooMuchWork) => return Err(Fault::TooMuchWork),
                Err(fault) if fault.nearness() > nearest.nearness() => nearest = fault,
                Err(_) => {}
            }
        }
        Err(nearest)
    }

    /// From where a wildcard has been expanded. Source: RFC 4035 §5.3.1 and §5.3.2.
    fn expansion(&self, head: &RrsigHead) -> Result<Option<u8>, Fault> {
        let labels = RrsigHead::labels_of(&self.rrset.owner);
        if head.labels > labels {
            return Err(Fault::LabelsTooMany);
        }
        let expanded = head.labels < labels;
        // No wildcard stands above the apex, and none gives DS records: a delegation has a name.
        let none_is_there =
            usize::from(head.labels) < self.zone.label_count() || self.rrset.rtype == Rtype::DS;
        match expanded {
            true if none_is_there => Err(Fault::NotExpandable),
            true => Ok(Some(head.labels)),
            false => Ok(None),
        }
    }

    fn with(&mut self, key: &ZoneKey, rrsig: &Rrsig<'_>, work: &mut Work) -> Result<(), Fault> {
        let head = &rrsig.head;
        in_time(head, self.now)?;
        self.left = self.left.checked_sub(1).ok_or(Fault::TooMuchWork)?;
        work.signature()?;
        let rdatas = self.rrset.rdatas.iter().map(|rdata| &**rdata);
        let octets =
            signed_data(head, &self.rrset.owner, self.rrset.class, rdatas).ok_or(Fault::LabelsTooMany)?;
        if head.algorithm == Algorithm::ED25519
            && work.is_held(key.dnskey().public_key, &octets, rrsig.signature)
        {
            return Ok(());
        }
        verify(head.algorithm, key.dnskey().public_key, &octets, rrsig.signature)
            .map_err(|_| Fault::SignatureWrong)
    }

    fn verified(&self, head: &RrsigHead, expanded_from: Option<u8>) -> Verified {
        #[expect(clippy::cast_possible_truncation, reason = "times are compared modulo 2^32")]
        let left = head.expiration.wrapping_sub(self.now.0 as u32);
        let ttl = self.rrset.ttl.min(Ttl::from_secs(head.original_ttl)).min(Ttl::from_secs(left));
        Verified { expanded_from, ttl, expires: self.now.plus(left.into()) }
    }
}

/// Source: RFC 4035 §5.3.1, RFC 4034 §3.1.5.
pub(super) fn in_time(head: &RrsigHead, now: UnixTime) -> Result<(), Fault> {
    #[expect(clippy::cast_possible_truncation, reason = "times are compared modulo 2^32")]
    let ends_now = head.expiration == now.0 as u32;
    match () {
        () if is_after(head.inception, UnixTime(head.expiration.into())) => Err(Fault::SignatureTimes),
        () if !ends_now && !is_after(head.expiration, now) => Err(Fault::SignatureExpired),
        () if is_after(head.inception, now) => Err(Fault::SignatureNotYetValid),
        () => Ok(()),
    }
}
