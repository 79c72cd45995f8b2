//! Nodes and RRsets on their way into a page.

use super::{ENTRY_OF_ONE, ENTRY_SIGNED, Flags, Node, RrsetRef, code_of};
use crate::record::{Rtype, Ttl};

/// What an RRset and its signatures may fill, so that they fit one message of 65,535 octets beside
/// header, question, OPT record and a CNAME or DNAME in front.
pub(in crate::zone) const LARGEST_RRSET: usize = 64_000;

/// An RRset that is about to be written.
#[derive(Clone)]
pub(in crate::zone) struct RrsetDraft {
    pub(in crate::zone) rtype: Rtype,
    pub(super) count: u32,
    pub(super) signature_count: u32,
    pub(super) records: usize,
    pub(super) octets: Vec<u8>,
}

impl RrsetDraft {
    pub(in crate::zone) fn new(rtype: Rtype) -> Self {
        Self { rtype, count: 0, signature_count: 0, records: 0, octets: Vec::new() }
    }

    /// Takes one more record. RDATA is at most 65,535 octets.
    pub(in crate::zone) fn push_record(&mut self, class: u16, ttl: Ttl, rdata: &[u8]) {
        debug_assert_eq!(self.signature_count, 0, "signatures come after all records");
        push_record(&mut self.octets, self.rtype, class, ttl, rdata);
        self.count += 1;
        self.records = self.octets.len();
    }

    /// Takes an RRSIG record that covers this set, after all of its records.
    pub(in crate::zone) fn push_signature(&mut self, class: u16, ttl: Ttl, rdata: &[u8]) {
        push_record(&mut self.octets, Rtype::RRSIG, class, ttl, rdata);
        self.signature_count += 1;
    }

    /// Whether records and signatures are more than one message can carry.
    pub(in crate::zone) fn is_too_large(&self) -> bool {
        self.octets.len() > LARGEST_RRSET
    }

    /// The records and their signatures, ready to be sent.
    pub(in crate::zone) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// How many records.
    pub(in crate::zone) fn count(&self) -> u32 {
        self.count
    }

    fn from_ref(rrset: RrsetRef<'_>) -> Self {
        Self {
            rtype: rrset.rtype,
            count: rrset.count,
            signature_count: rrset.signature_count,
            records: rrset.records,
            octets: rrset.octets.to_vec(),
        }
    }

    /// Begins another RRset with the memory of this one.
    pub(in crate::zone) fn restart(&mut self, rtype: Rtype) {
        self.octets.clear();
        let octets = std::mem::take(&mut self.octets);
        *self = Self { octets, ..Self::new(rtype) };
    }

    /// Octets of its entry in a directory.
    fn entry_len(&self) -> usize {
        let rtype = if code_of(self.rtype).is_some() { 0 } else { 2 };
        let count = if self.count == 1 { 0 } else { number_len(self.count) };
        let signatures = match self.signature_count {
            0 => 0,
            count => number_len(count) + number_len(length(self.octets.len() - self.records)),
        };
        1 + rtype + count + number_len(length(self.records)) + signatures
    }

    fn write_entry(&self, out: &mut Vec<u8>) {
        let code = code_of(self.rtype);
        let one = if self.count == 1 { ENTRY_OF_ONE } else { 0 };
        let signed = if self.signature_count > 0 { ENTRY_SIGNED } else { 0 };
        out.push(code.unwrap_or(0) | one | signed);
        if code.is_none() {
            out.extend_from_slice(&self.rtype.0.to_be_bytes());
        }
        if self.count != 1 {
            push_number(out, self.count);
        }
        push_length(out, self.records);
        if self.signature_count > 0 {
            push_number(out, self.signature_count);
            push_length(out, self.octets.len() - self.records);
        }
    }
}

/// Writes a node whose RRsets stand in the order of [`sort`].
pub(in crate::zone) fn write_node(
    below: &[u8],
    flags: Flags,
    children: u32,
    rrsets: &[RrsetDraft],
    out: &mut Vec<u8>,
) {
    out.push(u8::try_from(below.len()).expect("a name is at most 255 octets"));
    out.extend_from_slice(below);
    out.push(flags.0);
    push_number(out, children);
    push_length(out, rrsets.iter().map(RrsetDraft::entry_len).sum());
    for rrset in rrsets {
        rrset.write_entry(out);
    }
    for rrset in rrsets {
        out.extend_from_slice(&rrset.octets);
    }
}

/// Puts a node's RRsets in order: by type, SOA first.
pub(in crate::zone) fn sort(rrsets: &mut [RrsetDraft]) {
    rrsets.sort_by_key(|rrset| (rrset.rtype != Rtype::SOA, rrset.rtype));
}

fn push_record(out: &mut Vec<u8>, rtype: Rtype, class: u16, ttl: Ttl, rdata: &[u8]) {
    let len = u16::try_from(rdata.len()).expect("record data is at most 65,535 octets");
    out.extend_from_slice(&[0xc0, 0x0c]);
    out.extend_from_slice(&rtype.0.to_be_bytes());
    out.extend_from_slice(&class.to_be_bytes());
    out.extend_from_slice(&ttl.as_secs().to_be_bytes());
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(rdata);
}

/// A node that is about to be written.
#[derive(Clone)]
pub(in crate::zone) struct NodeDraft {
    below: Box<[u8]>,
    pub(in crate::zone) flags: Flags,
    pub(in crate::zone) children: u32,
    rrsets: Vec<RrsetDraft>,
}

impl NodeDraft {
    /// `below`: the labels in front of the apex, in wire form.
    pub(in crate::zone) fn new(below: &[u8], flags: Flags, children: u32, rrsets: Vec<RrsetDraft>) -> Self {
        let mut draft = Self { below: below.into(), flags, children, rrsets };
        sort(&mut draft.rrsets);
        draft
    }

    /// A copy of what is written, to be changed.
    pub(in crate::zone) fn copy(node: Node<'_>) -> Self {
        let rrsets = node.entries().map(RrsetDraft::from_ref).collect();
        Self::new(node.below, node.flags, node.children, rrsets)
    }

    pub(in crate::zone) fn below(&self) -> &[u8] {
        &self.below
    }

    pub(in crate::zone) fn rrsets(&self) -> &[RrsetDraft] {
        &self.rrsets
    }

    /// Replaces everything that the name owns.
    pub(in crate::zone) fn set_rrsets(&mut self, rrsets: Vec<RrsetDraft>) {
        self.rrsets = rrsets;
        sort(&mut self.rrsets);
    }

    pub(in crate::zone) fn write(&self, out: &mut Vec<u8>) {
        write_node(&self.below, self.flags, self.children, &self.rrsets, out);
    }
}

fn length(len: usize) -> u32 {
    // What reaches 4 GiB fits no page, and no zone comes of it.
    u32::try_from(len).unwrap_or(u32::MAX)
}

fn push_length(out: &mut Vec<u8>, len: usize) {
    push_number(out, length(len));
}

fn push_number(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn number_len(number: u32) -> usize {
    (32 - (number | 1).leading_zeros()).div_ceil(7) as usize
}

#[cfg(test)]
mod tests {
    use super::super::take_number;
    use super::*;

    #[test]
    fn numbers_read_back() {
        for number in [0, 1, 127, 128, 16_383, 16_384, 1 << 21, u32::MAX] {
            let mut octets = Vec::new();
            push_number(&mut octets, number);
            assert_eq!(octets.len(), number_len(number), "{number}");
            assert_eq!(take_number(&mut octets.as_slice()), number);
        }
    }
}
