//! The spine: pages found by the top bits of a hash, two levels of shared pointers.

use std::sync::Arc;

use super::fetch::fetch;
use super::node::Node;
use super::octets::{Octets, SlabFull};
use super::page::{Page, PageFull};

/// Entries that a page holds on average, right after building.
const ENTRIES_A_PAGE: usize = 16;
/// Four thousand million pages are more than any zone has.
const MOST_BITS: u8 = 32;
/// Octets below the apex of a name that is a hash.
const USUAL_NAME: usize = 53;
/// Leaves of a branch that is never written anew.
const FEW: usize = 8;

/// Some entries as one run of octets. A clone shares them.
pub(super) trait Run: Clone {
    /// What was written.
    fn of(octets: Octets) -> Self;
    /// What was written.
    fn as_octets(&self) -> &Octets;
}

/// What a spine is made of.
pub(super) trait Leaf: Run {
    /// One entry, about to be written.
    type Draft;

    /// Writes the entries in the order given to the end of `out`.
    fn write(drafts: &[Self::Draft], out: &mut Vec<u8>) -> Result<(), PageFull>;
}

/// A leaf of its own.
pub(super) fn leaf<P: Leaf>(drafts: &[P::Draft]) -> Result<P, PageFull> {
    let mut octets = Vec::new();
    P::write(drafts, &mut octets)?;
    Ok(P::of(Octets::alone(&octets)?))
}

impl From<SlabFull> for PageFull {
    fn from(_: SlabFull) -> Self {
        Self
    }
}

/// Writes the leaves of one branch after the other into slabs.
pub(super) struct Slabs<P> {
    octets: Vec<u8>,
    ends: Vec<usize>,
    branches: Vec<Branch<P>>,
}

impl<P: Run> Slabs<P> {
    pub(super) fn new() -> Self {
        Self { octets: Vec::new(), ends: Vec::new(), branches: Vec::new() }
    }

    /// Takes a leaf, which `write` puts at the end; closes the branch that has `of_branch` leaves then.
    pub(super) fn push(
        &mut self,
        of_branch: usize,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), PageFull>,
    ) -> Result<(), PageFull> {
        write(&mut self.octets)?;
        self.ends.push(self.octets.len());
        if self.ends.len() == of_branch { self.close() } else { Ok(()) }
    }

    /// The branches.
    pub(super) fn finish(mut self) -> Result<Vec<Branch<P>>, PageFull> {
        if !self.ends.is_empty() {
            self.close()?;
        }
        Ok(self.branches)
    }

    fn close(&mut self) -> Result<(), PageFull> {
        let leaves = Octets::divide(&self.octets, &self.ends)?;
        self.branches.push(leaves.into_iter().map(P::of).collect());
        self.octets.clear();
        self.ends.clear();
        Ok(())
    }
}

/// All pages of a zone. A copy shares all of them; replacing one page copies its branch of the
/// spine and the root, each about as long as the square root of the number of pages.
#[derive(Clone)]
pub(super) struct Spine<P = Page> {
    /// How many top bits of the hash choose the page.
    bits: u32,
    branches: Arc<[Branch<P>]>,
}

pub(super) type Branch<P> = Arc<[P]>;

impl Spine {
    /// Asks memory for a part of what leads to the name with this hash, once what came before is there: its page's
    /// place, the page's index, the node; whether there is such a part.
    pub(super) fn fetch_part(&self, hash: u64, part: u8) -> bool {
        match part {
            0 => self.fetch_slot(hash),
            1 => self.page_of(hash).fetch_index(),
            2 => {
                let page = self.page_of(hash);
                if let Some(seat) = page.seat(tag(hash)) {
                    page.fetch_head(seat, USUAL_NAME);
                }
            }
            _ => return false,
        }
        true
    }

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

impl<P: Run> Spine<P> {
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

    /// What the pages are made of.
    #[cfg(feature = "cli")]
    pub(super) fn runs(&self) -> impl Iterator<Item = &[u8]> {
        self.pages().map(|page| &**page.as_octets())
    }

    /// How many top bits of a hash choose the page.
    #[cfg(feature = "server")]
    pub(super) fn bits(&self) -> u8 {
        u8::try_from(self.bits).expect("32 at most")
    }

    /// The branches.
    #[cfg(feature = "server")]
    pub(super) fn branches(&self) -> &[Branch<P>] {
        &self.branches
    }

    /// The spine with some pages replaced; all others are shared.
    pub(super) fn with_pages(&self, pages: Vec<(usize, P)>) -> Self {
        let mut branches = self.branches.to_vec();
        for (number, page) in pages {
            let (branch, leaf) = self.place(number);
            let leaves = Arc::make_mut(&mut branches[branch]);
            leaves[leaf] = page;
            let alone = leaves.iter().filter(|leaf| leaf.as_octets().is_alone()).count();
            if leaves.len() > FEW && alone > leaves.len() / 2 {
                branches[branch] = joined(leaves).unwrap_or_else(|_| Arc::clone(&branches[branch]));
            }
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

/// A slab lives as long as one of its leaves does. So that not much is kept that nobody reads, a branch is written
/// anew when more than half of its leaves have left its slab.
fn joined<P: Run>(leaves: &[P]) -> Result<Branch<P>, PageFull> {
    let mut slabs = Slabs::new();
    for leaf in leaves {
        slabs.push(usize::MAX, |out| {
            out.extend_from_slice(leaf.as_octets());
            Ok(())
        })?;
    }
    slabs.finish()?.pop().ok_or(PageFull)
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
    (entries / ENTRIES_A_PAGE).checked_ilog2().map_or(0, |bits| bits + 1).min(MOST_BITS.into())
}

/// How a spine of so many entries is divided.
#[derive(Clone, Copy)]
pub(super) struct Division {
    bits: u32,
}

impl Division {
    pub(super) fn of(entries: usize) -> Self {
        Self { bits: bits_for(entries) }
    }

    /// The one of this many bits.
    #[cfg(feature = "server")]
    pub(super) fn of_bits(bits: u8) -> Option<Self> {
        (bits <= MOST_BITS && u32::from(bits) < usize::BITS).then_some(Self { bits: bits.into() })
    }

    /// How many branches there are.
    #[cfg(feature = "server")]
    pub(super) fn branches(self) -> usize {
        self.pages() / self.pages_of_branch()
    }

    pub(super) fn pages(self) -> usize {
        1 << self.bits
    }

    pub(super) fn page_number(self, hash: u64) -> usize {
        page_number(hash, self.bits)
    }

    /// How many pages a branch has.
    pub(super) fn pages_of_branch(self) -> usize {
        1 << (self.bits / 2)
    }

    /// The spine of all branches.
    pub(super) fn spine<P: Run>(self, branches: Vec<Branch<P>>) -> Spine<P> {
        Spine { bits: self.bits, branches: branches.into() }
    }
}

/// Builds a spine from entries that come in the order of their hashes.
pub(super) struct SpineWriter<P: Leaf> {
    division: Division,
    /// How many pages are written.
    pages: usize,
    slabs: Slabs<P>,
    drafts: Vec<P::Draft>,
}

impl<P: Leaf> SpineWriter<P> {
    /// For this many entries.
    pub(super) fn new(entries: usize) -> Self {
        Self { division: Division::of(entries), pages: 0, slabs: Slabs::new(), drafts: Vec::new() }
    }

    /// Takes the next entry.
    pub(super) fn push(&mut self, hash: u64, draft: P::Draft) -> Result<(), PageFull> {
        self.close_pages_before(self.division.page_number(hash))?;
        self.drafts.push(draft);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Spine<P>, PageFull> {
        self.close_pages_before(self.division.pages())?;
        Ok(self.division.spine(self.slabs.finish()?))
    }

    fn close_pages_before(&mut self, number: usize) -> Result<(), PageFull> {
        debug_assert!(self.pages <= number, "entries come in the order of their hashes");
        while self.pages < number {
            self.slabs.push(self.division.pages_of_branch(), |out| P::write(&self.drafts, out))?;
            self.drafts.clear();
            self.pages += 1;
        }
        Ok(())
    }
}
