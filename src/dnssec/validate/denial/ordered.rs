//! Absence by NSEC. Source: RFC 4035 §5.4, RFC 4592, RFC 6840 §4 and RFC 9824.

use super::{Absence, DsAbsence, absent_of, ancestor, hides_what_is_below, no_ds_of, wildcard_of};
use crate::dnssec::validate::Fault;
use crate::record::dnssec::Nsec;
use crate::record::{Name, Rtype};

/// The NSEC records of a zone that are at hand.
#[derive(Debug, Clone)]
pub(super) struct Ordered<'a> {
    zone: &'a Name,
    links: Vec<Link<'a>>,
}

#[derive(Debug, Clone)]
struct Link<'a> {
    owner: &'a Name,
    nsec: Nsec<'a>,
}

impl Link<'_> {
    /// Of the name that this record covers: its longest ancestor that exists. Both ends of the span exist, and
    /// so do the names above them.
    fn encloser_labels(&self, name: &Name) -> usize {
        common_labels(name, self.owner).max(common_labels(name, &self.nsec.next))
    }

    /// Whether the name that this record covers has names below it, and thus exists (RFC 4592 §2.2.2).
    fn is_empty_non_terminal(&self, name: &Name) -> bool {
        self.nsec.next.is_at_or_below(name)
    }
}

impl<'a> Ordered<'a> {
    pub(super) fn new(zone: &'a Name) -> Self {
        Self { zone, links: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Takes the record unless its span leaves the zone: only the last one's ends before it begins, at the
    /// apex.
    pub(super) fn add(&mut self, owner: &'a Name, rdata: &'a [u8]) -> Result<(), Fault> {
        let nsec = Nsec::parse(rdata).ok_or(Fault::NextOutOfZone)?;
        let is_in_zone = nsec.next.is_at_or_below(self.zone) && owner.is_at_or_below(self.zone);
        if !is_in_zone || (*owner >= nsec.next && nsec.next != *self.zone) {
            return Err(Fault::NextOutOfZone);
        }
        self.links.push(Link { owner, nsec });
        Ok(())
    }

    pub(super) fn no_name(&self, name: &Name) -> Result<(), Fault> {
        if let Some(link) = self.at(name) {
            let is_absence = link.nsec.types.contains(Rtype::NXNAME);
            return if is_absence { Ok(()) } else { Err(Fault::DenialContradicts) };
        }
        let link = self.covering(name)?;
        if link.is_empty_non_terminal(name) {
            return Err(Fault::DenialContradicts);
        }
        let wildcard = self.wildcard(link, name)?;
        if self.at(&wildcard).is_some() {
            return Err(Fault::WildcardNotDenied);
        }
        // A wildcard with names below it exists too, without records (RFC 4592 §2.2.2 and §4.2).
        match self.covering(&wildcard).map_err(as_wildcard)?.is_empty_non_terminal(&wildcard) {
            true => Err(Fault::WildcardNotDenied),
            false => Ok(()),
        }
    }

    pub(super) fn no_data(&self, name: &Name, rtype: Rtype) -> Result<Absence, Fault> {
        if let Some(link) = self.at(name) {
            return absent_of(link.nsec.types, name, rtype);
        }
        let link = self.covering(name)?;
        if link.is_empty_non_terminal(name) {
            return Ok(Absence::Data);
        }
        let wildcard = self.wildcard(link, name)?;
        match self.at(&wildcard) {
            Some(link) => absent_of(link.nsec.types, &wildcard, rtype),
            None => match self.covering(&wildcard).map_err(as_wildcard)?.is_empty_non_terminal(&wildcard) {
                true => Ok(Absence::Data),
                false => Ok(Absence::Name),
            },
        }
    }

    pub(super) fn no_ds(&self, name: &Name) -> Result<DsAbsence, Fault> {
        if name == self.zone {
            return Err(Fault::DenialAcrossCut);
        }
        match self.at(name) {
            Some(link) => no_ds_of(link.nsec.types),
            // It has names below it or doesn't exist: either way the zone goes on.
            None => self.covering(name).map(|_| DsAbsence::NotACut),
        }
    }

    pub(super) fn expansion(&self, name: &Name, labels: u8) -> Result<(), Fault> {
        let link = self.covering(name).map_err(|fault| match fault {
            Fault::NameNotDenied => Fault::ExpansionNotProven,
            other => other,
        })?;
        match link.encloser_labels(name) <= labels.into() {
            true => Ok(()),
            false => Err(Fault::ExpansionNotProven),
        }
    }

    fn at(&self, name: &Name) -> Option<&Link<'a>> {
        self.links.iter().find(|link| link.owner == name)
    }

    /// The record whose span holds the name.
    fn covering(&self, name: &Name) -> Result<&Link<'a>, Fault> {
        if !name.is_at_or_below(self.zone) {
            return Err(Fault::OutOfZone);
        }
        let mut fault = Fault::NameNotDenied;
        for link in self.links.iter().filter(|link| link.nsec.covers(link.owner, name)) {
            if name.is_at_or_below(link.owner) && hides_what_is_below(link.nsec.types) {
                fault = Fault::DenialAcrossCut;
            } else {
                return Ok(link);
            }
        }
        Err(fault)
    }

    /// The wildcard that would stand for the name that `link` covers.
    fn wildcard(&self, link: &Link<'_>, name: &Name) -> Result<Name, Fault> {
        let encloser = ancestor(name, link.encloser_labels(name)).ok_or(Fault::WildcardNotDenied)?;
        wildcard_of(&encloser)
    }
}

fn as_wildcard(fault: Fault) -> Fault {
    match fault {
        Fault::NameNotDenied => Fault::WildcardNotDenied,
        other => other,
    }
}

/// How many labels two names share from the right.
fn common_labels(one: &Name, other: &Name) -> usize {
    let [one, other] = [one, other].map(|name| name.labels().collect::<Vec<_>>());
    let pairs = one.iter().rev().zip(other.iter().rev());
    pairs.take_while(|(one, other)| one.eq_ignore_ascii_case(other)).count()
}
