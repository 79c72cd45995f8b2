//! The spine: pages found by the top bits of a hash, two levels of shared pointers.

use std::sync::Arc;

use super::fetch::fetch;
use super::node::{Node, NodeDraft};
use super::page::{Page, PageFull};

/// Entries that a page holds on average, right after building.
const ENTRIES_A_PAGE: usize = 16;

/// What a spine is made of: some entries as one run of octets. A clone shares them.
pub(super) trait Leaf: Clone {
    /// One entry, about to be written.
    type Draft;

    /// Writes the entries in the order given.
    fn write(drafts: &[Self::Draft]) -> Result<Self, PageFull>;
}

/// All pages of a zone. A copy shares all of them; replacing one page copies its branch of the
/// spine and the root, each about as long as the square root of the number of pages.
#[derive(Clone)]
pub(super) struct Spine<P = Page> {
    /// How many top bits of the hash choose the page.
    bits: u32,
    branches: Arc<[Branch<P>]>,
}

type Branch<P> = Arc<[P]>;

impl Spine {
    /// Where a name with this hash stands.
    pub(super) fn find(&self, hash: u64, below: &[u8]) -> Option<Node<'_>> {
        self.page_of(hash).find(tag(hash), below)
    }

    /// The one node with this hash; `hash_of` computes that of a name, where several are candidates.
    pub(super) fn find_hash(&self, hash: u64, hash_of: impl Fn(&[u8]) -> u64) -> Option<Node<'_>> {
        let mut tagged = self.page_of(hash).tagged(tag(hash));
        let first = tagged.next()?;
        let Some(second) = tagged.next() else { return Some(first) };
        [first, second].into_iter().chain(tagged).find(|node| hash_of(node.below()) == hash)
    }
}

impl<P: Leaf> Spine<P> {
    /// The page on which an entry with this hash stands, or would.
    pub(super) fn page_number(&self, hash: u64) -> usize {
        page_number(hash, self.bits)
    }

    /// How many pages there are.
    pub(super) fn page_count(&self) -> usize {
        1 << self.bits
    }

    /// The page on which an entry with this hash stands, or would.
    pub(super) fn page_of(&self, hash: u64) -> &P {
        self.page(self.page_number(hash))
    }

    /// Asks memory for where that page is.
    pub(super) fn fetch_slot(&self, hash: u64) {
        let (branch, leaf) = self.place(self.page_number(hash));
        fetch(&self.branches[branch][leaf..=leaf]);
    }

    /// One page.
    pub(super) fn page(&self, number: usize) -> &P {
        let (branch, leaf) = self.place(number);
        &self.branches[branch][leaf]
    }

    /// All pages.
    pub(super) fn pages(&self) -> impl Iterator<Item = &P> + Clone {
        self.branches.iter().flat_map(|branch| branch.iter())
    }

    /// The spine with some pages replaced; all others are shared.
    pub(super) fn with_pages(&self, pages: Vec<(usize, P)>) -> Self {
        let mut branches = self.branches.to_vec();
        for (number, page) in pages {
            let (branch, leaf) = self.place(number);
            Arc::make_mut(&mut branches[branch])[leaf] = page;
        }
        Self { bits: self.bits, branches: branches.into() }
    }

    /// Whether so many entries want more pages than there are.
    pub(super) fn is_outgrown_by(&self, entries: usize) -> bool {
        bits_for(entries) > self.bits + 1
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

fn bits_for(entries: usize) -> u32 {
    (entries / ENTRIES_A_PAGE).checked_ilog2().map_or(0, |bits| bits + 1).min(32)
}

/// Builds a spine from entries that come in the order of their hashes.
pub(super) struct SpineWriter<P: Leaf> {
    bits: u32,
    pages: Vec<P>,
    drafts: Vec<P::Draft>,
}

impl SpineWriter<Page> {
    /// Takes the next name.
    pub(super) fn push_node(&mut self, hash: u64, node: NodeDraft) -> Result<(), PageFull> {
        self.push(hash, (tag(hash), node))
    }
}

impl<P: Leaf> SpineWriter<P> {
    /// For this many entries.
    pub(super) fn new(entries: usize) -> Self {
        Self { bits: bits_for(entries), pages: Vec::new(), drafts: Vec::new() }
    }

    /// Takes the next entry.
    pub(super) fn push(&mut self, hash: u64, draft: P::Draft) -> Result<(), PageFull> {
        self.close_pages_before(page_number(hash, self.bits))?;
        self.drafts.push(draft);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Spine<P>, PageFull> {
        self.close_pages_before(1 << self.bits)?;
        let branches = self.pages.chunks(1 << (self.bits / 2)).map(Arc::from).collect();
        Ok(Spine { bits: self.bits, branches })
    }

    fn close_pages_before(&mut self, number: usize) -> Result<(), PageFull> {
        debug_assert!(self.pages.len() <= number, "entries come in the order of their hashes");
        while self.pages.len() < number {
            self.pages.push(P::write(&self.drafts)?);
            self.drafts.clear();
        }
        Ok(())
    }
}
