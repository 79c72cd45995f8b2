//! Records on their way into a zone, held without an allocation for each.

use super::finding::Span;
use crate::record::{Class, Name, Record, Rtype, Ttl};

/// Owner names and record data, one after the other, and where each stands.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) octets: Vec<u8>,
    pub(super) owners: Vec<Owner>,
    pub(super) entries: Vec<Entry>,
}

/// Records that came one after the other for one name.
#[derive(Clone, Copy)]
pub(super) struct Owner {
    /// Where the name stands in `octets`, and its length.
    pub(super) at: usize,
    pub(super) len: usize,
    /// The first of its records; the last stands before the next owner's first.
    pub(super) first: usize,
}

/// One record: all but its owner.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) rtype: Rtype,
    pub(super) class: Class,
    pub(super) ttl: Ttl,
    at: usize,
    len: usize,
    pub(super) span: Span,
}

impl Pending {
    /// Takes one record.
    pub(super) fn push(&mut self, record: &Record, span: Span) {
        let Record { owner, class, ttl, rtype, rdata } = record;
        let wire = owner.as_wire();
        // Owners that differ in case only are one, spelled as it came first.
        let same = self.owners.last().is_some_and(|&last| self.wire(last).eq_ignore_ascii_case(wire));
        if !same {
            let at = self.octets.len();
            self.octets.extend_from_slice(wire);
            self.owners.push(Owner { at, len: wire.len(), first: self.entries.len() });
        }
        let at = self.octets.len();
        self.octets.extend_from_slice(rdata);
        let (rtype, class, ttl) = (*rtype, *class, *ttl);
        self.entries.push(Entry { rtype, class, ttl, at, len: rdata.len(), span });
    }

    /// The first SOA record and its owner.
    pub(super) fn soa(&self) -> Option<(Owner, Entry)> {
        let index = self.entries.iter().position(|record| record.rtype == Rtype::SOA)?;
        let owner = self.owners.partition_point(|owner| owner.first <= index).checked_sub(1)?;
        Some((self.owners[owner], self.entries[index]))
    }

    /// The records of the owner with this number.
    pub(super) fn of_owner(&self, number: usize) -> impl Iterator<Item = Entry> {
        let end = self.owners.get(number + 1).map_or(self.entries.len(), |next| next.first);
        self.entries[self.owners[number].first..end].iter().copied()
    }

    pub(super) fn wire(&self, owner: Owner) -> &[u8] {
        &self.octets[owner.at..owner.at + owner.len]
    }

    pub(super) fn name(&self, owner: Owner) -> Name {
        Name::from_wire(self.wire(owner)).expect("owners were names when they came")
    }

    /// The owner of the first of these records.
    pub(super) fn owner_of(&self, entries: &[Entry]) -> Option<Name> {
        let at = entries.first()?.at;
        let owner = self.owners.partition_point(|owner| owner.at < at).checked_sub(1)?;
        Some(self.name(self.owners[owner]))
    }

    pub(super) fn rdata(&self, record: Entry) -> &[u8] {
        &self.octets[record.at..record.at + record.len]
    }
}

/// As [`Name::is_at_or_below`], for a name in wire form.
pub(super) fn is_at_or_below(wire: &[u8], apex: &Name) -> bool {
    let Some(extra) = wire.len().checked_sub(apex.as_wire().len()) else { return false };
    let mut at = 0;
    while at < extra {
        at += 1 + usize::from(wire[at]);
    }
    at == extra && wire[extra..].eq_ignore_ascii_case(apex.as_wire())
}
