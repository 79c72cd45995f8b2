//! Proofs of absence.

mod hashed;
mod ordered;
#[cfg(test)]
mod tests;

use self::hashed::Hashed;
use self::ordered::Ordered;
use super::{Fault, InsecureReason, KeySet, Unproven, Work, verify_rrset};
use crate::clock::UnixTime;
use crate::record::dnssec::TypeBitmap;
use crate::record::{Name, Rdata, Rrset, Rtype, Ttl};

/// The most iterations of NSEC3 that are taken; a zone with more counts as not signed where it denies, as with
/// Unbound and BIND. Source: RFC 9276 §3.2.
pub const MAX_NSEC3_ITERATIONS: u16 = 150;

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
    /// A delegation that is not signed, or nothing that is signed (RFC 5155 §8.6).
    OptOut,
}

/// The NSEC and NSEC3 records of a reply that a zone's keys have signed.
#[derive(Debug, Clone)]
pub struct Proofs<'a> {
    ordered: Ordered<'a>,
    hashed: Hashed<'a>,
    lifetime: Option<(Ttl, UnixTime)>,
    /// What is wrong with the first record that proves nothing.
    flaw: Option<Fault>,
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
        let mut proofs = Self::none(keys.zone());
        let denies = |rrset: &Rrset| matches!(rrset.rtype, Rtype::NSEC | Rtype::NSEC3);
        for (rrset, signatures) in records.into_iter().filter(|(rrset, _)| denies(rrset)) {
            let taken = verify_rrset(rrset, signatures, keys, now, work).and_then(|verified| {
                // Source: RFC 4035 §5.4: what a wildcard gave says nothing of the name that it was given for.
                match verified.expanded_from() {
                    Some(_) => Err(Fault::DenialExpanded),
                    None => proofs.add(rrset).map(|()| proofs.shorten(verified.ttl(), verified.expires())),
                }
            });
            match taken {
                Err(Fault::TooMuchWork) => proofs.flaw = Some(Fault::TooMuchWork),
                Err(fault) => proofs.flaw = proofs.flaw.or(Some(fault)),
                Ok(()) => {}
            }
        }
        proofs
    }

    fn none(zone: &'a Name) -> Self {
        Self { ordered: Ordered::new(zone), hashed: Hashed::new(zone), lifetime: None, flaw: None }
    }

    /// Takes records that are verified.
    fn add(&mut self, rrset: &'a Rrset) -> Result<(), Fault> {
        rrset.rdatas.iter().try_for_each(|rdata| match rrset.rtype {
            Rtype::NSEC => self.ordered.add(&rrset.owner, rdata),
            _ => self.hashed.add(&rrset.owner, rdata),
        })
    }

    fn shorten(&mut self, ttl: Ttl, expires: UnixTime) {
        let (least, first) = self.lifetime.unwrap_or((ttl, expires));
        self.lifetime = Some((ttl.min(least), expires.min(first)));
    }

    /// How long the proofs may be kept: the least of what their records allow. `None` where there are none.
    #[must_use]
    pub fn lifetime(&self) -> Option<(Ttl, UnixTime)> {
        self.lifetime
    }

    /// Proves that the name does not exist, nor a wildcard that could stand for it: NXDOMAIN. NXNAME at the
    /// name proves it too (RFC 9824 §3).
    ///
    /// # Errors
    /// Insecure where it lies in a span of opt-out (RFC 5155 §9.2) or under too many iterations; else what is
    /// not proven.
    pub fn no_name(&self, name: &Name, work: &mut Work) -> Result<(), Unproven> {
        self.either(|ordered| ordered.no_name(name), |hashed| hashed.no_name(name, work))
    }

    /// Proves that the name, or the wildcard that stands for it, has no records of the type, nor an alias:
    /// NODATA. Where it is proven that there is no such name at all, by NXNAME (RFC 9824 §3) or else, that is
    /// told.
    ///
    /// # Errors
    /// As [`Proofs::no_name`].
    pub fn no_data(&self, name: &Name, rtype: Rtype, work: &mut Work) -> Result<Absence, Unproven> {
        self.either(|ordered| ordered.no_data(name, rtype), |hashed| hashed.no_data(name, rtype, work))
    }

    /// Proves that a name below the apex has no DS records, and tells whether a delegation stands there.
    ///
    /// # Errors
    /// As [`Proofs::no_name`].
    pub fn no_ds(&self, name: &Name, work: &mut Work) -> Result<DsAbsence, Unproven> {
        self.either(|ordered| ordered.no_ds(name), |hashed| hashed.no_ds(name, work))
    }

    /// Proves that the wildcard whose parent has so many labels may answer for this name: that no nearer one
    /// exists ([`super::Verified::expanded_from`]). Source: RFC 4035 §5.3.4, RFC 5155 §8.8.
    ///
    /// # Errors
    /// As [`Proofs::no_name`].
    pub fn expansion(&self, name: &Name, labels: u8, work: &mut Work) -> Result<(), Unproven> {
        self.either(|ordered| ordered.expansion(name, labels), |hashed| hashed.expansion(name, labels, work))
    }

    /// Proof by NSEC, or else by NSEC3.
    fn either<T>(
        &self,
        ordered: impl FnOnce(&Ordered<'a>) -> Result<T, Fault>,
        hashed: impl FnOnce(&Hashed<'a>) -> Result<T, Unproven>,
    ) -> Result<T, Unproven> {
        if self.flaw == Some(Fault::TooMuchWork) {
            return Err(Fault::TooMuchWork.into());
        }
        let proof = match (self.ordered.is_empty(), self.hashed.is_empty()) {
            (true, true) => Err(Fault::DenialMissing.into()),
            (false, true) => ordered(&self.ordered).map_err(Unproven::from),
            (true, false) => hashed(&self.hashed),
            (false, false) => ordered(&self.ordered).or_else(|fault| match fault {
                // A zone has both only while it goes from one to the other.
                Fault::DenialContradicts => Err(fault.into()),
                _ => hashed(&self.hashed),
            }),
        };
        proof.map_err(|unproven| match (unproven, self.flaw) {
            // What is missing may be what could not be used.
            (Unproven::Bogus(fault), Some(flaw)) if fault.is_want() => flaw.into(),
            (unproven, _) => unproven,
        })
    }
}

impl Fault {
    /// Whether a further record could mend it.
    const fn is_want(self) -> bool {
        matches!(
            self,
            Self::DenialMissing
                | Self::NameNotDenied
                | Self::WildcardNotDenied
                | Self::ExpansionNotProven
                | Self::EncloserNotProven
        )
    }
}

/// Whether a name with these types is the parent's side of a zone cut.
fn is_delegation(types: TypeBitmap<'_>) -> bool {
    types.contains(Rtype::NS) && !types.contains(Rtype::SOA)
}

/// Whether a record with these types tells nothing of names below its own: they are in another zone, or are
/// somewhere else. Source: RFC 6840 §4.1.
fn hides_what_is_below(types: TypeBitmap<'_>) -> bool {
    is_delegation(types) || types.contains(Rtype::DNAME)
}

/// What it means that a name with these types has no records of the type. Source: RFC 6840 §4.1 and §4.3.
fn absent_of(types: TypeBitmap<'_>, name: &Name, rtype: Rtype) -> Result<Absence, Fault> {
    if types.contains(Rtype::NXNAME) {
        return Ok(Absence::Name);
    }
    let is_mark = |rtype: &Rtype| matches!(*rtype, Rtype::RRSIG | Rtype::NSEC | Rtype::NSEC3);
    let is_there = match rtype {
        Rtype::ANY => types.iter().any(|rtype| !is_mark(&rtype)),
        _ => types.contains(rtype) || types.contains(Rtype::CNAME),
    };
    // DS records are the parent's, all others at a cut the child's.
    let of_the_other_side = match rtype {
        Rtype::DS => types.contains(Rtype::SOA) && !name.is_root(),
        _ => is_delegation(types),
    };
    match () {
        () if of_the_other_side => Err(Fault::DenialAcrossCut),
        () if is_there => Err(Fault::DenialContradicts),
        () => Ok(Absence::Data),
    }
}

/// What it means that a name with these types has no DS records. Source: RFC 6840 §4.4.
fn no_ds_of(types: TypeBitmap<'_>) -> Result<DsAbsence, Fault> {
    match () {
        () if types.contains(Rtype::DS) => Err(Fault::DenialContradicts),
        () if types.contains(Rtype::SOA) => Err(Fault::DenialAcrossCut),
        () if types.contains(Rtype::NS) => Ok(DsAbsence::Delegation),
        () => Ok(DsAbsence::NotACut),
    }
}

/// The ancestor of a name, or the name itself, that has so many labels.
fn ancestor(name: &Name, labels: usize) -> Option<Name> {
    let surplus = name.label_count().checked_sub(labels)?;
    (0..surplus).try_fold(name.clone(), |name, _| name.parent())
}

fn wildcard_of(encloser: &Name) -> Result<Name, Fault> {
    encloser.with_label(b"*").map_err(|_| Fault::WildcardNotDenied)
}

fn opted_out<T>() -> Result<T, Unproven> {
    Err(Unproven::Insecure(InsecureReason::OptOut))
}
