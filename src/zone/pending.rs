//! Records on their way into a zone, held without an allocation for each.
//!
//! Everything of one owner stands together in one run of octets, so that a builder that goes through names in
//! another order than they came looks at one place for each:
//!
//! ```text
//! owner   name | record × n
//! record  file u32 | offset u32 | sound u8 | C0 0C | type u16 | class u16 | TTL u32 | RDLENGTH u16 | RDATA
//! ```
//!
//! File, offset and what is known of the record come first; the rest is as it will leave.

use super::fetch::fetch;
use super::finding::Span;
use super::node::RECORD_HEAD;
use super::odd;
use super::query_name::WILDCARD;
use crate::record::{Class, Name, Record, Rtype, Ttl};

/// Octets in front of a record as it leaves.
const PLACE: usize = 9;
/// Octets after which another part is begun, whose places must fit 32 bits.
const FULL: usize = 1 << 31;
/// What is less is copied rather than kept as a part of its own.
const SMALL: usize = 64 << 10;

/// Owner names and record data, one after the other, and where each stands.
#[derive(Default)]
pub(super) struct Pending {
    parts: Vec<Vec<u8>>,
    pub(super) owners: Vec<Owner>,
    records: usize,
    /// The first SOA record and the number of its owner.
    soa: Option<(usize, Entry)>,
}

/// Records that came one after the other for one name.
#[derive(Clone, Copy)]
pub(super) struct Owner {
    part: u32,
    at: u32,
    end: u32,
    pub(super) len: u8,
    pub(super) marks: Marks,
}

/// What is known of all records of an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Marks(u16);

/// One record: all but its owner.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) rtype: Rtype,
    pub(super) class: Class,
    pub(super) ttl: Ttl,
    pub(super) span: Span,
    /// Known to be well formed, of no meta type, and with nothing odd about it.
    pub(super) is_sound: bool,
    part: u32,
    at: u32,
    len: u16,
}

impl Marks {
    /// Has a record that was not checked yet, or of another class than IN.
    pub(super) const UNCHECKED: Self = Self(1);
    pub(super) const NS: Self = Self(2);
    pub(super) const DNAME: Self = Self(4);
    pub(super) const CNAME: Self = Self(8);
    /// Of another type that has its place among names: SOA, DS.
    pub(super) const PLACED: Self = Self(16);
    /// Of a type whose data leads to a name that may be in the zone.
    pub(super) const TARGET: Self = Self(32);
    /// NSEC3, or RRSIG, which may cover such.
    pub(super) const CHAIN: Self = Self(64);
    /// Stands at or below the apex: found out by the builder.
    pub(super) const INSIDE: Self = Self(128);
    /// The name begins with `*`.
    pub(super) const WILDCARD: Self = Self(256);

    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    const fn of(rtype: Rtype) -> Self {
        match rtype {
            Rtype::NS => Self::NS.with(Self::TARGET),
            Rtype::CNAME => Self::CNAME.with(Self::TARGET),
            Rtype::MX | Rtype::SRV => Self::TARGET,
            Rtype::DNAME => Self::DNAME,
            Rtype::SOA | Rtype::DS => Self::PLACED,
            Rtype::NSEC3 | Rtype::RRSIG => Self::CHAIN,
            _ => Self(0),
        }
    }
}

impl Pending {
    /// With room for what so many octets of text mostly say. Room that is not used costs no memory.
    pub(super) fn for_text(octets: usize) -> Self {
        let mut part = Vec::new();
        // Where there is none, it grows with what comes.
        let _ = part.try_reserve_exact(octets.min(FULL));
        Self { parts: vec![part], ..Self::default() }
    }

    /// Takes one record, of which nothing is known yet.
    ///
    /// # Errors
    /// More than 65,535 octets of data.
    pub(super) fn push(&mut self, record: &Record, span: Span) -> Result<(), TooLong> {
        let Record { owner, class, ttl, rtype, rdata } = record;
        let new = self.begin(owner.as_wire(), Head { rtype: *rtype, class: *class, ttl: *ttl, span });
        self.octets().extend_from_slice(rdata);
        self.end(new, false)
    }

    /// Takes one record whose well-formed data `write` puts at the end of the octets.
    ///
    /// # Errors
    /// Those of `write`, after which nothing was taken.
    pub(super) fn push_with<E>(
        &mut self,
        owner: &[u8],
        head: Head,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), Option<E>> {
        let new = self.begin(owner, head);
        if let Err(error) = write(self.octets()) {
            self.cancel(new);
            return Err(Some(error));
        }
        self.end(new, true).map_err(|_| None)
    }

    /// Takes what was read apart, in order; there is no SOA record among it.
    pub(super) fn append(&mut self, mut other: Self) {
        debug_assert!(other.soa.is_none(), "an SOA record is never read apart");
        self.records += other.records;
        if let ([octets], true) = (&other.parts[..], !self.parts.is_empty())
            && octets.len() < SMALL
            && self.octets().len() < FULL
        {
            let (part, at) = (self.parts.len() - 1, self.octets().len());
            let (part, at) = (number(part), number(at));
            self.octets().extend_from_slice(octets);
            for owner in &mut other.owners {
                (owner.part, owner.at, owner.end) = (part, owner.at + at, owner.end + at);
            }
            self.owners.append(&mut other.owners);
            return;
        }
        let first = number(self.parts.len());
        other.owners.iter_mut().for_each(|owner| owner.part += first);
        self.owners.append(&mut other.owners);
        self.parts.append(&mut other.parts);
    }

    /// The first SOA record and its owner.
    pub(super) fn soa(&self) -> Option<(Owner, Entry)> {
        let (owner, entry) = self.soa?;
        Some((self.owners[owner], entry))
    }

    /// How many records were taken.
    pub(super) fn record_count(&self) -> usize {
        self.records
    }

    /// Asks memory for an owner's name and records, as far as they are looked at together.
    pub(super) fn fetch(&self, number: usize) {
        if let Some(owner) = self.owners.get(number) {
            fetch(&self.parts[owner.part as usize][owner.at as usize..owner.end as usize]);
        }
    }

    /// Asks memory for an owner's name.
    pub(super) fn fetch_wire(&self, number: usize) {
        if let Some(owner) = self.owners.get(number) {
            fetch(self.wire(*owner));
        }
    }

    /// Asks memory for what tells where an owner stands.
    pub(super) fn fetch_owner(&self, number: usize) {
        fetch(self.owners.get(number..=number).unwrap_or_default());
    }

    /// The records of the owner with this number.
    pub(super) fn of_owner(&self, number: usize) -> EntriesOfOwner<'_> {
        let Owner { part, at, end, len, .. } = self.owners[number];
        EntriesOfOwner { octets: &self.parts[part as usize], part, at: at + u32::from(len), end }
    }

    pub(super) fn wire(&self, owner: Owner) -> &[u8] {
        &self.parts[owner.part as usize][owner.at as usize..owner.at as usize + usize::from(owner.len)]
    }

    pub(super) fn name(&self, owner: Owner) -> Name {
        Name::from_wire(self.wire(owner)).expect("owners were names when they came")
    }

    /// The owner of the first of these records.
    pub(super) fn owner_of(&self, entries: &[Entry]) -> Option<Name> {
        let first = entries.first()?;
        let is_before = |owner: &Owner| (owner.part, owner.at) < (first.part, first.at);
        let owner = self.owners.partition_point(is_before).checked_sub(1)?;
        Some(self.name(self.owners[owner]))
    }

    pub(super) fn rdata(&self, record: Entry) -> &[u8] {
        &self.parts[record.part as usize][record.at as usize..record.at as usize + usize::from(record.len)]
    }

    /// Begins a record; says whether its owner is another than that of the one before.
    fn begin(&mut self, owner: &[u8], head: Head) -> bool {
        if self.parts.last().is_none_or(|octets| octets.len() >= FULL) {
            self.parts.push(Vec::new());
        }
        let part = self.parts.len() - 1;
        // Owners that differ in case only are one, spelled as it came first.
        let last = self.owners.last().filter(|last| last.part as usize == part);
        // Mostly they are spelled alike, which is seen sooner.
        let is_same = |last: &[u8]| last == owner || last.eq_ignore_ascii_case(owner);
        let is_new = !last.is_some_and(|&last| is_same(self.wire(last)));
        let octets = &mut self.parts[part];
        if is_new {
            let at = number(octets.len());
            octets.extend_from_slice(owner);
            let marks = if owner.starts_with(WILDCARD) { Marks::WILDCARD } else { Marks::default() };
            let len = u8::try_from(owner.len()).expect("a name is at most 255 octets");
            self.owners.push(Owner { part: number(part), at, end: 0, len, marks });
        }
        let Head { rtype, class, ttl, span } = head;
        let mut octets_of_head = [0; PLACE + RECORD_HEAD];
        octets_of_head[0..4].copy_from_slice(&span.file.to_le_bytes());
        octets_of_head[4..8].copy_from_slice(&span.offset.to_le_bytes());
        octets_of_head[9..11].copy_from_slice(&[0xc0, 0x0c]);
        octets_of_head[11..13].copy_from_slice(&rtype.0.to_be_bytes());
        octets_of_head[13..15].copy_from_slice(&class.0.to_be_bytes());
        octets_of_head[15..19].copy_from_slice(&ttl.as_secs().to_be_bytes());
        octets.extend_from_slice(&octets_of_head);
        is_new
    }

    /// Ends the record that was begun, whose data is there; judges it where it is well formed.
    fn end(&mut self, is_new: bool, is_well_formed: bool) -> Result<(), TooLong> {
        let index = self.owners.len() - 1;
        let Owner { part, at, end, len, marks } = self.owners[index];
        let start = if is_new { at as usize + usize::from(len) } else { end as usize };
        let octets = &mut self.parts[part as usize];
        let data = start + PLACE + RECORD_HEAD;
        let Ok(data_len) = u16::try_from(octets.len() - data) else {
            self.cancel(is_new);
            return Err(TooLong);
        };
        octets[data - 2..data].copy_from_slice(&data_len.to_be_bytes());
        let mut entry = entry(octets, part, number(start));
        let (name, data) = (&octets[at as usize..at as usize + usize::from(len)], &octets[data..]);
        let is_sound = is_well_formed
            && !entry.rtype.is_meta()
            && entry.class == Class::IN
            && odd::fault(name, entry.rtype, data).is_none();
        entry.is_sound = is_sound;
        octets[start + PLACE - 1] = u8::from(is_sound);
        let unchecked = if is_sound { Marks::default() } else { Marks::UNCHECKED };
        let owner = &mut self.owners[index];
        owner.end = number(octets.len());
        owner.marks = marks.with(Marks::of(entry.rtype)).with(unchecked);
        self.records += 1;
        if entry.rtype == Rtype::SOA {
            self.soa.get_or_insert((index, entry));
        }
        Ok(())
    }

    /// Takes the record back that was begun.
    fn cancel(&mut self, is_new: bool) {
        let Some(&owner) = self.owners.last() else { return };
        let end = if is_new { owner.at } else { owner.end };
        self.parts[owner.part as usize].truncate(end as usize);
        if is_new {
            self.owners.pop();
        }
    }

    /// The octets that are being written.
    fn octets(&mut self) -> &mut Vec<u8> {
        self.parts.last_mut().expect("a record was begun")
    }
}

/// Type, class and time to live of a record, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) rtype: Rtype,
    pub(super) class: Class,
    pub(super) ttl: Ttl,
    pub(super) span: Span,
}

/// Record data of more than 65,535 octets.
#[derive(Debug)]
pub(super) struct TooLong;

/// Records that came one after the other for one name. Made by [`Pending::of_owner`].
#[derive(Clone)]
pub(super) struct EntriesOfOwner<'r> {
    octets: &'r [u8],
    part: u32,
    at: u32,
    end: u32,
}

impl Iterator for EntriesOfOwner<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        if self.at >= self.end {
            return None;
        }
        let entry = entry(self.octets, self.part, self.at);
        self.at = entry.at + u32::from(entry.len);
        Some(entry)
    }
}

/// The record whose place begins at `start`.
fn entry(octets: &[u8], part: u32, start: u32) -> Entry {
    let at = start as usize;
    let head: &[u8; PLACE + RECORD_HEAD] =
        octets[at..].first_chunk().expect("a record stands where one was written");
    let u32_of = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let u16_of = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
    Entry {
        rtype: Rtype(u16_of(11)),
        class: Class(u16_of(13)),
        ttl: Ttl::from_secs(u32_of(15).swap_bytes()),
        span: Span { file: u32_of(0), offset: u32_of(4) },
        is_sound: head[8] != 0,
        part,
        at: number(at + PLACE + RECORD_HEAD),
        len: u16_of(19),
    }
}

fn number(number: usize) -> u32 {
    u32::try_from(number).expect("a part ends long before 4 GiB")
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
