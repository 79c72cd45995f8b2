//! A node: one name of a zone and what it owns, read from a page or about to be written to one.

#[cfg(feature = "server")]
mod check;
mod draft;

#[cfg(feature = "server")]
pub(super) use check::take_node;
#[cfg(feature = "server")]
pub(super) use draft::LARGEST_RRSET;
pub(super) use draft::{NodeDraft, RrsetDraft, sort, write_node};

use crate::record::{Rtype, Ttl};

/// Octets of a record in front of its RDATA, its owner being a pointer.
pub(crate) const RECORD_HEAD: usize = 12;

/// What is known of a name beyond its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags(u8);

impl Flags {
    /// Below a delegation or a DNAME: no data of this zone, glue at most.
    pub(super) const OCCLUDED: Self = Self(1);
    /// Owns NS and is not the apex. Source: RFC 1034 §4.2.1.
    pub(super) const CUT: Self = Self(2);
    /// Owns DNAME.
    pub(super) const DNAME: Self = Self(4);
    /// Owns CNAME.
    pub(super) const CNAME: Self = Self(8);
    /// Has a child `*`.
    pub(super) const WILDCARD_CHILD: Self = Self(16);

    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// One name of a zone, read where it stands.
#[derive(Clone, Copy)]
pub struct Node<'z> {
    below: &'z [u8],
    flags: Flags,
    children: u32,
    directory: &'z [u8],
    octets: &'z [u8],
}

impl<'z> Node<'z> {
    /// Reads the node at the front of `octets`, which only [`NodeDraft::write`] has written.
    pub(super) fn read(octets: &'z [u8]) -> Self {
        let (below, rest) = octets[1..].split_at(usize::from(octets[0]));
        let flags = Flags(rest[0]);
        let mut rest = &rest[1..];
        let children = take_number(&mut rest);
        let directory_len = take_number(&mut rest) as usize;
        let (directory, octets) = rest.split_at(directory_len);
        Self { below, flags, children, directory, octets }
    }

    /// The labels in front of the apex, in wire form; none at the apex.
    pub(super) fn below(&self) -> &'z [u8] {
        self.below
    }

    /// How many names stand one label below this one.
    #[cfg(test)]
    pub(super) fn children(&self) -> u32 {
        self.children
    }

    pub(super) fn flags(&self) -> Flags {
        self.flags
    }

    /// The records of one type. Signatures alone are no RRset.
    #[must_use]
    pub fn rrset(&self, rtype: Rtype) -> Option<RrsetRef<'z>> {
        self.entries().find(|rrset| rrset.rtype == rtype && rrset.count > 0)
    }

    /// Everything that the name owns but RRSIG records, by type, SOA first. RRSIG records stand
    /// with what they cover ([`RrsetRef::signatures`]).
    pub fn rrsets(&self) -> impl Iterator<Item = RrsetRef<'z>> + use<'z> {
        self.entries().filter(|rrset| rrset.count > 0)
    }

    /// As [`Node::rrsets`], and signatures that cover nothing that is here as sets of no records.
    #[must_use]
    pub fn entries(&self) -> Entries<'z> {
        Entries { directory: self.directory, octets: self.octets }
    }
}

/// What a node owns, one type after the other. Made by [`Node::entries`].
#[derive(Clone)]
pub struct Entries<'z> {
    directory: &'z [u8],
    octets: &'z [u8],
}

impl<'z> Iterator for Entries<'z> {
    type Item = RrsetRef<'z>;

    fn next(&mut self) -> Option<RrsetRef<'z>> {
        let (&head, rest) = self.directory.split_first()?;
        self.directory = rest;
        let rtype = match COMMON.get(usize::from(head & ENTRY_CODE).wrapping_sub(1)) {
            Some(&rtype) => rtype,
            None => {
                let (&[high, low], rest) = self.directory.split_first_chunk()?;
                self.directory = rest;
                Rtype(u16::from_be_bytes([high, low]))
            }
        };
        let count = if head & ENTRY_OF_ONE == 0 { take_number(&mut self.directory) } else { 1 };
        let records = take_number(&mut self.directory) as usize;
        let (mut signature_count, mut signatures) = (0, 0);
        if head & ENTRY_SIGNED != 0 {
            signature_count = take_number(&mut self.directory);
            signatures = take_number(&mut self.directory) as usize;
        }
        let (octets, rest) = self.octets.split_at(records + signatures);
        self.octets = rest;
        Some(RrsetRef { rtype, count, signature_count, records, octets })
    }
}

/// In the head of an entry: the place in [`COMMON`] of its type, from 1; or 0, and the type follows.
const ENTRY_CODE: u8 = 0x3f;
/// In the head of an entry: it has one record, and no number of them follows.
const ENTRY_OF_ONE: u8 = 0x40;
/// In the head of an entry: number and octets of its signatures follow.
const ENTRY_SIGNED: u8 = 0x80;

/// Types that are told in six bits.
const COMMON: [Rtype; 24] = [
    Rtype::A,
    Rtype::NS,
    Rtype::CNAME,
    Rtype::SOA,
    Rtype::PTR,
    Rtype::MX,
    Rtype::TXT,
    Rtype::AAAA,
    Rtype::SRV,
    Rtype::NAPTR,
    Rtype::DNAME,
    Rtype::DS,
    Rtype::SSHFP,
    Rtype::NSEC,
    Rtype::DNSKEY,
    Rtype::NSEC3PARAM,
    Rtype::TLSA,
    Rtype::CDS,
    Rtype::CDNSKEY,
    Rtype::SVCB,
    Rtype::HTTPS,
    Rtype::URI,
    Rtype::CAA,
    Rtype::MIMISIG,
];

/// The place of a type in [`COMMON`], from 1.
fn code_of(rtype: Rtype) -> Option<u8> {
    let index = COMMON.iter().position(|&common| common == rtype)?;
    u8::try_from(index + 1).ok()
}

/// An RRset of a zone in the form in which it leaves, and the RRSIG records that cover it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RrsetRef<'z> {
    rtype: Rtype,
    count: u32,
    signature_count: u32,
    /// How many of `octets` are records; the rest is signatures.
    records: usize,
    octets: &'z [u8],
}

impl<'z> RrsetRef<'z> {
    pub(super) fn from_draft(draft: &'z RrsetDraft) -> Self {
        Self {
            rtype: draft.rtype,
            count: draft.count,
            signature_count: draft.signature_count,
            records: draft.records,
            octets: &draft.octets,
        }
    }

    /// Records of one type, and behind them the RRSIG records that cover them.
    pub(super) fn from_octets(rtype: Rtype, octets: &'z [u8]) -> Self {
        let (mut count, mut signature_count, mut records) = (0, 0, 0);
        for record in Records(octets) {
            if record.rtype() == Rtype::RRSIG {
                signature_count += 1;
            } else {
                count += 1;
                records += record.0.len();
            }
        }
        Self { rtype, count, signature_count, records, octets }
    }

    /// The records' type.
    #[must_use]
    pub fn rtype(&self) -> Rtype {
        self.rtype
    }

    /// How many records.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// How many RRSIG records.
    #[must_use]
    pub fn signature_count(&self) -> u32 {
        self.signature_count
    }

    /// The time to live of the records.
    #[must_use]
    pub fn ttl(&self) -> Ttl {
        self.records().next().map_or(Ttl::ZERO, |record| record.ttl())
    }

    /// The records, ready to be sent.
    #[must_use]
    pub fn octets(&self) -> &'z [u8] {
        &self.octets[..self.records]
    }

    /// The records and their signatures, ready to be sent.
    #[must_use]
    pub fn signed_octets(&self) -> &'z [u8] {
        self.octets
    }

    /// The RRSIG records alone, ready to be sent.
    #[must_use]
    pub fn signature_octets(&self) -> &'z [u8] {
        &self.octets[self.records..]
    }

    /// Each record.
    #[must_use]
    pub fn records(&self) -> Records<'z> {
        Records(self.octets())
    }

    /// Each RRSIG record.
    #[must_use]
    pub fn signatures(&self) -> Records<'z> {
        Records(self.signature_octets())
    }
}

/// Records that stand one after the other, their owners pointers.
#[derive(Clone)]
pub struct Records<'z>(&'z [u8]);

impl<'z> Records<'z> {
    #[cfg(feature = "server")]
    pub(crate) fn of(octets: &'z [u8]) -> Self {
        Self(octets)
    }
}

impl<'z> Iterator for Records<'z> {
    type Item = RecordRef<'z>;

    fn next(&mut self) -> Option<RecordRef<'z>> {
        let head = self.0.get(..RECORD_HEAD)?;
        let len = usize::from(u16::from_be_bytes([head[10], head[11]]));
        let (record, rest) = self.0.split_at(RECORD_HEAD + len);
        self.0 = rest;
        Some(RecordRef(record))
    }
}

/// One record as it leaves.
#[derive(Clone, Copy)]
pub struct RecordRef<'z>(&'z [u8]);

impl<'z> RecordRef<'z> {
    /// From type to the end: what follows the owner.
    #[must_use]
    pub fn after_owner(&self) -> &'z [u8] {
        &self.0[2..]
    }

    fn rtype(&self) -> Rtype {
        Rtype(u16::from_be_bytes([self.0[2], self.0[3]]))
    }

    /// Time to live.
    #[must_use]
    pub fn ttl(&self) -> Ttl {
        Ttl::from_secs(u32::from_be_bytes([self.0[6], self.0[7], self.0[8], self.0[9]]))
    }

    /// Record data, uncompressed.
    #[must_use]
    pub fn rdata(&self) -> &'z [u8] {
        &self.0[RECORD_HEAD..]
    }
}

fn take_number(octets: &mut &[u8]) -> u32 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let octet = octets[0];
        *octets = &octets[1..];
        number |= u32::from(octet & 0x7f) << shift;
        if octet < 0x80 {
            return number;
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_reads_back() {
        let mut txt = RrsetDraft::new(Rtype::TXT);
        txt.push_record(1, Ttl::from_secs(300), b"\x02hi");
        txt.push_record(1, Ttl::from_secs(300), &[0; 300]);
        txt.push_signature(1, Ttl::from_secs(300), b"signature");
        let mut stray = RrsetDraft::new(Rtype::A);
        stray.push_signature(1, Ttl::ZERO, b"stray");
        let draft = NodeDraft::new(b"\x01a", Flags::CUT.with(Flags::CNAME), 1000, vec![txt, stray]);
        let mut octets = Vec::new();
        draft.write(&mut octets);

        let node = Node::read(&octets);
        assert_eq!(node.below(), b"\x01a");
        assert_eq!(node.children(), 1000);
        assert!(node.flags().has(Flags::CUT) && !node.flags().has(Flags::OCCLUDED));
        assert!(node.rrset(Rtype::A).is_none());
        let txt = node.rrset(Rtype::TXT).unwrap();
        assert_eq!((txt.count(), txt.signature_count(), txt.ttl().as_secs()), (2, 1, 300));
        assert_eq!(txt.records().map(|record| record.rdata().len()).collect::<Vec<_>>(), [3, 300]);
        assert_eq!(txt.signatures().next().unwrap().rdata(), b"signature");
        assert_eq!(node.rrsets().count(), 1);
        assert_eq!(node.entries().count(), 2);
    }
}
