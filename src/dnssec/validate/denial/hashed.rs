//! Absence by NSEC3. Source: RFC 5155 §8, RFC 6840 §4.1 and RFC 9276.

use super::{
    Absence, DsAbsence, MAX_NSEC3_ITERATIONS, absent_of, ancestor, hides_what_is_below, no_ds_of, opted_out,
    wildcard_of,
};
use crate::dnssec::validate::{Fault, InsecureReason, Unproven, Work};
use crate::record::dnssec::{Nsec3, Nsec3Hash, Nsec3Params, nsec3_hash};
use crate::record::{Name, Rtype};

/// The NSEC3 records of a zone that are at hand: all of the chain of the first.
#[derive(Debug, Clone)]
pub(super) struct Hashed<'a> {
    zone: &'a Name,
    links: Vec<Link<'a>>,
}

#[derive(Debug, Clone)]
struct Link<'a> {
    hash: Nsec3Hash,
    nsec3: Nsec3<'a>,
}

/// Where a name is in the chain.
enum Place<'a, 'b> {
    /// It exists.
    At(&'b Link<'a>),
    /// It has no record: that of its closest encloser is at hand, and one whose span holds the name next
    /// closer, which is the one by which the name is absent.
    Below { encloser: Name, span: &'b Link<'a> },
}

impl<'a> Hashed<'a> {
    pub(super) fn new(zone: &'a Name) -> Self {
        Self { zone, links: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Takes the record unless it has an unknown hash or flag (RFC 5155 §8.1 and §8.2), or is of another chain
    /// than those before.
    pub(super) fn add(&mut self, owner: &Name, rdata: &'a [u8]) -> Result<(), Fault> {
        let nsec3 = Nsec3::parse(rdata).ok_or(Fault::Nsec3IllFormed)?;
        let hash = Nsec3::owner_hash(owner).ok_or(Fault::Nsec3IllFormed)?;
        let is_known = nsec3.params.hash_algorithm == Nsec3Params::SHA1
            && nsec3.params.flags & !Nsec3::OPT_OUT == 0
            && nsec3.next.len() == hash.len();
        let is_in_chain = self.links.first().is_none_or(|first| first.nsec3.params.hashes_as(&nsec3.params));
        if !is_known || !is_in_chain || owner.parent().as_ref() != Some(self.zone) {
            return Err(Fault::Nsec3IllFormed);
        }
        self.links.push(Link { hash, nsec3 });
        Ok(())
    }

    /// Source: RFC 5155 §8.4.
    pub(super) fn no_name(&self, name: &Name, work: &mut Work) -> Result<(), Unproven> {
        let Place::Below { encloser, span } = self.place(name, work)? else {
            return Err(Fault::DenialContradicts.into());
        };
        let wildcard = self.hash(&wildcard_of(&encloser)?, work)?;
        if self.at(&wildcard).is_some() || self.covering(&wildcard).is_none() {
            return Err(Fault::WildcardNotDenied.into());
        }
        if span.nsec3.is_opt_out() { opted_out() } else { Ok(()) }
    }

    /// Source: RFC 5155 §8.5 to §8.7.
    pub(super) fn no_data(&self, name: &Name, rtype: Rtype, work: &mut Work) -> Result<Absence, Unproven> {
        let (encloser, span) = match self.place(name, work)? {
            Place::At(link) => return Ok(absent_of(link.nsec3.types, name, rtype)?),
            Place::Below { encloser, span } => (encloser, span),
        };
        if rtype == Rtype::DS && span.nsec3.is_opt_out() {
            return opted_out();
        }
        let wildcard = wildcard_of(&encloser)?;
        let hash = self.hash(&wildcard, work)?;
        let absence = match self.at(&hash) {
            Some(link) => absent_of(link.nsec3.types, &wildcard, rtype)?,
            None => self.covering(&hash).map(|_| Absence::Name).ok_or(Fault::WildcardNotDenied)?,
        };
        if span.nsec3.is_opt_out() { opted_out() } else { Ok(absence) }
    }

    /// Source: RFC 5155 §8.6 and §8.9.
    pub(super) fn no_ds(&self, name: &Name, work: &mut Work) -> Result<DsAbsence, Unproven> {
        if name == self.zone {
            return Err(Fault::DenialAcrossCut.into());
        }
        match self.place(name, work)? {
            Place::At(link) => Ok(no_ds_of(link.nsec3.types)?),
            Place::Below { span, .. } if span.nsec3.is_opt_out() => Ok(DsAbsence::OptOut),
            Place::Below { .. } => Ok(DsAbsence::NotACut),
        }
    }

    /// Source: RFC 5155 §8.8.
    pub(super) fn expansion(&self, name: &Name, labels: u8, work: &mut Work) -> Result<(), Unproven> {
        self.are_few_iterations()?;
        let next_closer = ancestor(name, usize::from(labels) + 1).ok_or(Fault::ExpansionNotProven)?;
        let span = self.covering(&self.hash(&next_closer, work)?).ok_or(Fault::ExpansionNotProven)?;
        if span.nsec3.is_opt_out() { opted_out() } else { Ok(()) }
    }

    /// The closest encloser proof. Source: RFC 5155 §8.3.
    fn place(&self, name: &Name, work: &mut Work) -> Result<Place<'a, '_>, Unproven> {
        self.are_few_iterations()?;
        if !name.is_at_or_below(self.zone) {
            return Err(Fault::OutOfZone.into());
        }
        let (mut candidate, mut next_closer) = (name.clone(), None);
        loop {
            let hash = self.hash(&candidate, work)?;
            match (self.at(&hash), next_closer) {
                (Some(link), None) => return Ok(Place::At(link)),
                (Some(link), Some(_)) if hides_what_is_below(link.nsec3.types) => {
                    return Err(Fault::DenialAcrossCut.into());
                }
                (Some(_), Some(next_closer)) => {
                    let span = self.covering(&next_closer).ok_or(Fault::NameNotDenied)?;
                    return Ok(Place::Below { encloser: candidate, span });
                }
                (None, _) if candidate == *self.zone => return Err(Fault::EncloserNotProven.into()),
                (None, _) => next_closer = Some(hash),
            }
            candidate = candidate.parent().ok_or(Fault::EncloserNotProven)?;
        }
    }

    /// Source: RFC 9276 §3.2.
    fn are_few_iterations(&self) -> Result<(), Unproven> {
        let too_many = self.links.iter().any(|link| link.nsec3.params.iterations > MAX_NSEC3_ITERATIONS);
        if too_many { Err(Unproven::Insecure(InsecureReason::Nsec3Iterations)) } else { Ok(()) }
    }

    fn hash(&self, name: &Name, work: &mut Work) -> Result<Nsec3Hash, Fault> {
        let params = self.links.first().ok_or(Fault::DenialMissing)?.nsec3.params;
        work.hash(blocks(name.as_wire().len(), &params))?;
        Ok(nsec3_hash(name.as_wire(), params.iterations, params.salt))
    }

    fn at(&self, hash: &Nsec3Hash) -> Option<&Link<'a>> {
        self.links.iter().find(|link| link.hash == *hash)
    }

    fn covering(&self, hash: &Nsec3Hash) -> Option<&Link<'a>> {
        self.links.iter().find(|link| link.nsec3.covers(&link.hash, hash))
    }
}

/// How many blocks SHA-1 takes to hash a name of this length.
fn blocks(len: usize, params: &Nsec3Params<'_>) -> u32 {
    // A bit that is set and a length of eight octets follow what is hashed.
    let of = |len: usize| u32::try_from((len + params.salt.len() + 9).div_ceil(64)).unwrap_or(u32::MAX);
    of(len).saturating_add(of(20).saturating_mul(params.iterations.into()))
}
