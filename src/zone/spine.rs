//! The spine: pages found by the top bits of a name's hash, two levels of shared pointers.

use std::sync::Arc;

use super::node::{Node, NodeDraft};
use super::page::{Page, PageFull};

/// Names that a page holds on average, right after building.
const NAMES_A_PAGE: usize = 16;

/// All pages of a zone. A copy shares all of them; replacing one page copies its branch of the
/// spine and the root, each about as long as the square root of the number of pages.
#[derive(Clone)]
pub(super) struct Spine {
    /// How many top bits of the hash choose the page.
    bits: u32,
    branches: Arc<[Branch]>,
}

type Branch = Arc<[Page]>;

impl Spine {
    /// Where a name with this hash stands.
    pub(super) fn find(&self, hash: u64, below: &[u8]) -> Option<Node<'_>> {
        let (branch, leaf) = self.place(self.page_number(hash));
        self.branches[branch][leaf].find(tag(hash), below)
    }

    /// The page on which a name with this hash stands, or would.
    pub(super) fn page_number(&self, hash: u64) -> usize {
        page_number(hash, self.bits)
    }

    /// One page.
    pub(super) fn page(&self, number: usize) -> &Page {
        let (branch, leaf) = self.place(number);
        &self.branches[branch][leaf]
    }

    /// All pages.
    pub(super) fn pages(&self) -> impl Iterator<Item = &Page> {
        self.branches.iter().flat_map(|branch| branch.iter())
    }

    /// The spine with some pages replaced; all others are shared.
    pub(super) fn with_pages(&self, pages: Vec<(usize, Page)>) -> Self {
        let mut branches = self.branches.to_vec();
        for (number, page) in pages {
            let (branch, leaf) = self.place(number);
            Arc::make_mut(&mut branches[branch])[leaf] = page;
        }
        Self { bits: self.bits, branches: branches.into() }
    }

    /// Whether so many names want more pages than there are.
    pub(super) fn is_outgrown_by(&self, names: usize) -> bool {
        bits_for(names) > self.bits + 1
    }

    fn place(&self, number: usize) -> (usize, usize) {
        let leaf_bits = self.bits / 2;
        (number >> leaf_bits, number & ((1 << leaf_bits) - 1))
    }
}

/// What a page knows its names by.
#[expect(clippy::cast_possible_truncation, reason = "the lowest bits are wanted")]
pub(super) fn tag(hash: u64) -> u16 {
    hash as u16
}

#[expect(clippy::cast_possible_truncation, reason = "at most 32 bits are left")]
fn page_number(hash: u64, bits: u32) -> usize {
    hash.checked_shr(u64::BITS - bits).unwrap_or(0) as usize
}

fn bits_for(names: usize) -> u32 {
    (names / NAMES_A_PAGE).checked_ilog2().map_or(0, |bits| bits + 1).min(32)
}

/// Builds a spine from nodes that come in the order of their hashes.
pub(super) struct SpineWriter {
    bits: u32,
    pages: Vec<Page>,
    nodes: Vec<(u16, NodeDraft)>,
}

impl SpineWriter {
    /// For this many names.
    pub(super) fn new(names: usize) -> Self {
        Self { bits: bits_for(names), pages: Vec::new(), nodes: Vec::new() }
    }

    /// Takes the next node.
    pub(super) fn push(&mut self, hash: u64, node: NodeDraft) -> Result<(), PageFull> {
        self.close_pages_before(page_number(hash, self.bits))?;
        self.nodes.push((tag(hash), node));
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Spine, PageFull> {
        self.close_pages_before(1 << self.bits)?;
        let branches = self.pages.chunks(1 << (self.bits / 2)).map(Arc::from).collect();
        Ok(Spine { bits: self.bits, branches })
    }

    fn close_pages_before(&mut self, number: usize) -> Result<(), PageFull> {
        debug_assert!(self.pages.len() <= number, "nodes come in the order of their hashes");
        while self.pages.len() < number {
            self.pages.push(Page::write(&self.nodes)?);
            self.nodes.clear();
        }
        Ok(())
    }
}
