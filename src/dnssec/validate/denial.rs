//! Proofs of absence.

use super::{KeySet, Unproven, Work};
use crate::clock::UnixTime;
use crate::record::{Name, Rdata, Rrset, Rtype, Ttl};

/// What is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// The name: NXDOMAIN, or NXNAME at it (RFC 9824).
    Name,
    /// Records of the type at a name that exists: NODATA.
    Data,
}

/// What it means that a name has no DS records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DsAbsence {
    /// A delegation to a zone that is not signed.
    Delegation,
    /// No delegation: the zone goes on below, or there is nothing.
    NotACut,
    /// A delegation that is not signed, or nothing (RFC 5155 §8.6).
    OptOut,
}

/// The NSEC and NSEC3 records of a reply that a zone's keys have signed.
#[derive(Debug, Clone)]
pub struct Proofs<'a> {
    zone: &'a Name,
}

impl<'a> Proofs<'a> {
    /// Verifies NSEC and NSEC3 RRsets, each with the record data of its owner's RRSIG records; RRsets of other
    /// types are passed over.
    ///
    /// Those that don't verify prove nothing. What is wrong with the first of them is told where a proof is
    /// missing later.
    #[must_use]
    pub fn verify(
        records: impl IntoIterator<Item = (&'a Rrset, &'a [Rdata])>,
        keys: &'a KeySet,
        now: UnixTime,
        work: &mut Work,
    ) -> Self {
        for (rrset, signatures) in records {
            let _ = super::verify_rrset(rrset, signatures, keys, now, work);
        }
        Self { zone: keys.zone() }
    }

    /// How long the proofs may be kept: the least of what their records allow. `None` where there are none.
    #[must_use]
    pub fn lifetime(&self) -> Option<(Ttl, UnixTime)> {
        let _ = self.zone;
        None
    }

    /// Proves that the name does not exist, nor a wildcard that could stand for it: NXDOMAIN.
    ///
    /// # Errors
    /// Insecure where it lies in a span of opt-out (RFC 5155 §9.2) or under too many iterations; else what is
    /// not proven.
    pub fn no_name(&self, name: &Name, work: &mut Work) -> Result<(), Unproven> {
        let _ = (name, work);
        Err(super::Fault::DenialMissing.into())
    }

    /// Proves that the name, or the wildcard that stands for it, has no records of the type, nor an alias:
    /// NODATA. A proof by NXNAME shows that there is no such name (RFC 9824 §3).
    ///
    /// # Errors
    /// As [`Proofs::no_name`].
    pub fn no_data(&self, name: &Name, rtype: Rtype, work: &mut Work) -> Result<Absence, Unproven> {
        let _ = (name, rtype, work);
        Err(super::Fault::DenialMissing.into())
    }

    /// Proves that a name below the apex has no DS records, and tells whether a delegation stands there.
    ///
    /// # Errors
    /// As [`Proofs::no_name`].
    pub fn no_ds(&self, name: &Name, work: &mut Work) -> Result<DsAbsence, Unproven> {
        let _ = (name, work);
        Err(super::Fault::DenialMissing.into())
    }

    /// Proves that the wildcard whose parent has so many labels may answer for this name: that no nearer one
    /// exists ([`super::Verified::expanded_from`]). Source: RFC 4035 §5.3.4, RFC 5155 §8.8.
    ///
    /// # Errors
    /// As [`Proofs::no_name`].
    pub fn expansion(&self, name: &Name, labels: u8, work: &mut Work) -> Result<(), Unproven> {
        let _ = (name, labels, work);
        Err(super::Fault::DenialMissing.into())
    }
}
