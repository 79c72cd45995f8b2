//! A page: some names of a zone with their records, as one run of octets.
//!
//! ```text
//! page    count u16 | tag u16 × count | offset u16 × count | node × count
//! node    length u8 | name below the apex | flags u8 | children | length of directory | directory | octets
//! entry   head u8 | type u16, where the head does not tell it | records, where there is not one | octets
//!         | signatures | octets of signatures, where there are any
//! octets  of each RRset, its records and then the RRSIG records that cover it:
//!         C0 0C | type u16 | class u16 | TTL u32 | RDLENGTH u16 | RDATA
//! ```
//!
//! Records are in the form in which they leave: their owner is a pointer to the question's name.
//! Fixed numbers of a record are in network order, those of a page in little-endian order, numbers
//! without a width are LEB128. The top bit of the count says that offsets have 32 bits. Names keep the case in
//! which they were written.

#[cfg(feature = "server")]
mod check;

use super::fetch::fetch;
use super::node::{Node, NodeDraft};
use super::octets::Octets;
use super::spine::{Leaf, Run};

/// Some names of a zone. A clone shares its octets.
#[derive(Clone)]
pub(super) struct Page(Octets);

const COUNT: usize = 2;
const TAG: usize = 2;
/// In the count: offsets have four octets.
const WIDE: u16 = 0x8000;

/// Octets in which nearly every page's index ends.
const INDEX: usize = 128;

/// Octets in which nearly every node's numbers and directory end.
const BESIDE_NAME: usize = 24;

/// Where on a page a node stands.
#[derive(Clone, Copy)]
pub(super) struct Seat(usize);

/// What a page is too small for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more names or octets than one page can hold")]
pub(super) struct PageFull;

/// Gathers the nodes of a page.
#[derive(Default)]
pub(super) struct PageWriter {
    tags: Vec<u16>,
    starts: Vec<usize>,
    nodes: Vec<u8>,
}

impl PageWriter {
    /// Takes a name, with any 16 bits of its hash, whose node `write` puts at the end.
    pub(super) fn push(&mut self, tag: u16, write: impl FnOnce(&mut Vec<u8>)) {
        self.tags.push(tag);
        self.starts.push(self.nodes.len());
        write(&mut self.nodes);
    }

    /// Writes the page to the end of `out` and begins another.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), PageFull> {
        let count = u16::try_from(self.tags.len()).map_err(|_| PageFull)?;
        if count & WIDE != 0 {
            return Err(PageFull);
        }
        let index = |offset: usize| COUNT + (TAG + offset) * self.tags.len();
        let is_wide = index(2) + self.nodes.len() > usize::from(u16::MAX);
        let first = index(if is_wide { 4 } else { 2 });
        u32::try_from(first + self.nodes.len()).map_err(|_| PageFull)?;
        out.extend_from_slice(&(if is_wide { count | WIDE } else { count }).to_le_bytes());
        out.extend(self.tags.iter().flat_map(|tag| tag.to_le_bytes()));
        for start in &self.starts {
            let offset = u32::try_from(first + start).map_err(|_| PageFull)?.to_le_bytes();
            out.extend_from_slice(if is_wide { &offset } else { &offset[..2] });
        }
        out.extend_from_slice(&self.nodes);
        self.tags.clear();
        self.starts.clear();
        self.nodes.clear();
        Ok(())
    }
}

impl Run for Page {
    fn of(octets: Octets) -> Self {
        Self(octets)
    }

    fn as_octets(&self) -> &Octets {
        &self.0
    }
}

impl Leaf for Page {
    /// A name, with any 16 bits of its hash.
    type Draft = (u16, NodeDraft);

    fn write(nodes: &[(u16, NodeDraft)], out: &mut Vec<u8>) -> Result<(), PageFull> {
        let mut page = PageWriter::default();
        for (tag, node) in nodes {
            page.push(*tag, |out| node.write(out));
        }
        page.finish(out)
    }
}

impl Page {
    /// The node of the name whose octets below the apex are `below`.
    pub(super) fn find(&self, tag: u16, below: &[u8]) -> Option<Node<'_>> {
        self.find_from(self.seat(tag)?, below)
    }

    /// As [`Page::find`], from the first node with the tag on.
    pub(super) fn find_from(&self, seat: Seat, below: &[u8]) -> Option<Node<'_>> {
        self.tagged_from(seat).find(|node| node.below().eq_ignore_ascii_case(below))
    }

    /// The nodes that have this tag: hardly ever more than one.
    pub(super) fn tagged(&self, tag: u16) -> impl Iterator<Item = Node<'_>> {
        self.seat(tag).into_iter().flat_map(|seat| self.tagged_from(seat))
    }

    fn tagged_from(&self, seat: Seat) -> impl Iterator<Item = Node<'_>> {
        let tags = self.tags();
        let tag = tags[seat.0];
        let tagged = (seat.0..tags.len()).filter(move |&index| tags[index] == tag);
        tagged.map(|index| self.node(index))
    }

    /// The first of the nodes that have this tag.
    pub(super) fn seat(&self, tag: u16) -> Option<Seat> {
        let tag = tag.to_le_bytes();
        self.tags().iter().position(|other| *other == tag).map(Seat)
    }

    /// Asks memory for what tells where the page's nodes are.
    pub(super) fn fetch_index(&self) {
        fetch(&self.0[..self.0.len().min(INDEX)]);
    }

    /// Asks memory for a node without its records, whose name has so many octets below the apex.
    pub(super) fn fetch_head(&self, seat: Seat, name: usize) {
        let node = &self.0[self.offset(seat.0)..];
        fetch(&node[..node.len().min(name + BESIDE_NAME)]);
    }

    /// All nodes, each with its tag, in no particular order.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (u16, Node<'_>)> {
        (0..self.count()).map(|index| {
            let at = COUNT + TAG * index;
            (u16::from_le_bytes([self.0[at], self.0[at + 1]]), self.node(index))
        })
    }

    /// Octets that this page fills.
    pub(super) fn size(&self) -> usize {
        self.0.len()
    }

    /// Whether both are the same octets in memory.
    #[cfg(test)]
    pub(super) fn is_shared_with(&self, other: &Self) -> bool {
        std::ptr::eq(&*self.0, &*other.0)
    }

    fn count(&self) -> usize {
        usize::from(self.number(0) & !WIDE)
    }

    fn tags(&self) -> &[[u8; TAG]] {
        self.0[COUNT..COUNT + TAG * self.count()].as_chunks().0
    }

    fn node(&self, index: usize) -> Node<'_> {
        Node::read(&self.0[self.offset(index)..])
    }

    fn offset(&self, index: usize) -> usize {
        let offsets = COUNT + TAG * self.count();
        if self.number(0) & WIDE == 0 {
            usize::from(self.number(offsets + 2 * index))
        } else {
            let at = offsets + 4 * index;
            usize::from(self.number(at)) | usize::from(self.number(at + 2)) << 16
        }
    }

    fn number(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.0[at], self.0[at + 1]])
    }
}
