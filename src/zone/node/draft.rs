//! Nodes and RRsets on their way into a page.

use super::{Flags, Node, RrsetRef};
use crate::record::{Rtype, Ttl};

/// What an RRset and its signatures may fill, so that they fit one message of 65,535 octets beside
/// header, question, OPT record and a CNAME or DNAME in front.
const LARGEST_RRSET: usize = 64_000;

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

    fn write_entry(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.rtype.0.to_be_bytes());
        push_number(out, self.count);
        push_length(out, self.records);
        push_number(out, self.signature_count);
        if self.signature_count > 0 {
            push_length(out, self.octets.len() - self.records);
        }
    }
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
    directory: Vec<u8>,
}

impl NodeDraft {
    /// `below`: the labels in front of the apex, in wire form.
    pub(in crate::zone) fn new(below: &[u8], flags: Flags, children: u32, rrsets: Vec<RrsetDraft>) -> Self {
        let mut draft =
            Self { below: below.into(), flags, children, rrsets: Vec::new(), directory: Vec::new() };
        draft.set_rrsets(rrsets);
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
    pub(in crate::zone) fn set_rrsets(&mut self, mut rrsets: Vec<RrsetDraft>) {
        rrsets.sort_by_key(|rrset| (rrset.rtype != Rtype::SOA, rrset.rtype));
        self.directory.clear();
        for rrset in &rrsets {
            rrset.write_entry(&mut self.directory);
        }
        self.rrsets = rrsets;
    }

    /// Octets that [`NodeDraft::write`] will write.
    pub(in crate::zone) fn size(&self) -> usize {
        let octets: usize = self.rrsets.iter().map(|rrset| rrset.octets.len()).sum();
        let numbers = number_len(self.children) + number_len(length(self.directory.len()));
        1 + self.below.len() + 1 + numbers + self.directory.len() + octets
    }

    pub(in crate::zone) fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::try_from(self.below.len()).expect("a name is at most 255 octets"));
        out.extend_from_slice(&self.below);
        out.push(self.flags.0);
        push_number(out, self.children);
        push_length(out, self.directory.len());
        out.extend_from_slice(&self.directory);
        for rrset in &self.rrsets {
            out.extend_from_slice(&rrset.octets);
        }
    }
}

fn length(len: usize) -> u32 {
    u32::try_from(len).expect("no RRset reaches 4 GiB")
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
