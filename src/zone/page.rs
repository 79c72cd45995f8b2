//! A page: some names of a zone with their records, as one run of octets.
//!
//! ```text
//! page    count u16 | tag u16 × count | offset u32 × count | node × count
//! node    length u8 | name below the apex | flags u8 | children | RRsets | length of directory
//!         | directory | octets
//! entry   type u16 | records | octets | signatures | octets of signatures, where there are any
//! octets  of each RRset, its records and then the RRSIG records that cover it:
//!         C0 0C | type u16 | class u16 | TTL u32 | RDLENGTH u16 | RDATA
//! ```
//!
//! Records are in the form in which they leave: their owner is a pointer to the question's name.
//! Fixed numbers of a record are in network order, those of a page in little-endian order, numbers
//! without a width are LEB128. Names keep the case in which they were written.

use std::sync::Arc;

use super::fetch::fetch;
use super::node::{Node, NodeDraft};
use super::spine::Leaf;

/// Some names of a zone. A clone shares its octets.
#[derive(Clone)]
pub(super) struct Page(Arc<[u8]>);

const COUNT: usize = 2;
const TAG: usize = 2;
const OFFSET: usize = 4;

/// Octets in which nearly every page's index ends.
const INDEX: usize = 128;

/// Where on a page a node stands.
#[derive(Clone, Copy)]
pub(super) struct Seat(usize);

/// What a page is too small for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more names or octets than one page can hold")]
pub(super) struct PageFull;

impl Leaf for Page {
    /// A name, with any 16 bits of its hash.
    type Draft = (u16, NodeDraft);

    fn write(nodes: &[(u16, NodeDraft)]) -> Result<Self, PageFull> {
        let count = u16::try_from(nodes.len()).map_err(|_| PageFull)?;
        let index = COUNT + (TAG + OFFSET) * nodes.len();
        let size: usize = nodes.iter().map(|(_, node)| node.size()).sum();
        let mut octets = Vec::with_capacity(index + size);
        octets.extend_from_slice(&count.to_le_bytes());
        for (tag, _) in nodes {
            octets.extend_from_slice(&tag.to_le_bytes());
        }
        let mut at = index;
        for (_, node) in nodes {
            octets.extend_from_slice(&u32::try_from(at).map_err(|_| PageFull)?.to_le_bytes());
            at += node.size();
        }
        for (_, node) in nodes {
            node.write(&mut octets);
        }
        debug_assert_eq!(octets.len(), index + size);
        Ok(Self(octets.into()))
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

    /// Asks memory for a node.
    pub(super) fn fetch_node(&self, seat: Seat) {
        fetch(&self.0[self.offset(seat.0)..]);
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
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn count(&self) -> usize {
        usize::from(u16::from_le_bytes([self.0[0], self.0[1]]))
    }

    fn tags(&self) -> &[[u8; TAG]] {
        self.0[COUNT..COUNT + TAG * self.count()].as_chunks().0
    }

    fn node(&self, index: usize) -> Node<'_> {
        Node::read(&self.0[self.offset(index)..])
    }

    fn offset(&self, index: usize) -> usize {
        let at = COUNT + TAG * self.count() + OFFSET * index;
        let offset: [u8; OFFSET] = self.0[at..at + OFFSET].try_into().expect("a slice of four octets");
        u32::from_le_bytes(offset) as usize
    }
}
