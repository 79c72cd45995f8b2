//! The names that own NSEC, in canonical order, so that the one in front of a name that is not there is
//! found.
//!
//! A name is known by its hash, 8 octets, and stands where it does anyway; its key, 8 octets, tells nearly always which
//! of two comes first, so that none but the one that is found is looked at. Leaves hold some dozens of them and the
//! first of their names:
//!
//! ```text
//! leaf    length u8 | first name below the apex | (hash u64 | key u64) × count
//! ```

#[cfg(feature = "server")]
mod check;

use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

use super::super::canonical::{Place, key};
use super::super::fetch::fetch;
use super::super::node::Node;
use super::super::octets::Octets;
use super::super::page::PageFull;
use super::super::query_name::{NameHash, WILDCARD};
use super::super::spine::{Branch, Run, Slabs, Spine};

/// Names of a leaf, right after building.
const NAMES_A_LEAF: usize = 32;
/// More are divided.
const MOST_NAMES: usize = 64;
const NUMBER: usize = size_of::<u64>();

/// Names in canonical order. A copy shares all leaves; a change copies one leaf, its branch and the root.
#[derive(Clone)]
pub(in crate::zone) struct Order {
    branches: Arc<[Branch<Leaf>]>,
    /// The hash of the name in front of the wildcard right below the apex, or that wildcard's: what nearly every proof
    /// needs, found once.
    before_wildcard: OnceLock<Option<u64>>,
}

#[derive(Clone)]
pub(in crate::zone) struct Leaf {
    /// Of its first name.
    key: u64,
    octets: Octets,
}

/// One name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    hash: u64,
    key: u64,
}

/// Where the names of hashes stand. In a zone no two names have the same hash.
#[derive(Clone, Copy)]
pub(in crate::zone) struct Names<'z> {
    pub(in crate::zone) spine: &'z Spine,
    pub(in crate::zone) hash: NameHash,
}

impl<'z> Names<'z> {
    pub(super) fn node(self, hash: u64) -> Option<Node<'z>> {
        self.spine.find_hash(hash, |below| self.hash.of_below(below))
    }
}

impl Entry {
    fn of(below: &[u8], hash: u64) -> Self {
        Self { hash, key: key(below) }
    }
}

impl Run for Leaf {
    fn of(octets: Octets) -> Self {
        let leaf = Self { key: 0, octets };
        Self { key: key(leaf.first()), ..leaf }
    }

    fn as_octets(&self) -> &Octets {
        &self.octets
    }
}

impl Leaf {
    fn write(first: &[u8], entries: impl IntoIterator<Item = Entry>, out: &mut Vec<u8>) {
        out.push(u8::try_from(first.len()).expect("a name is at most 255 octets"));
        out.extend_from_slice(first);
        for Entry { hash, key } in entries {
            out.extend_from_slice(&hash.to_le_bytes());
            out.extend_from_slice(&key.to_le_bytes());
        }
    }

    /// One in memory of its own.
    fn alone(first: &[u8], entries: &[Entry]) -> Self {
        let mut octets = Vec::with_capacity(1 + first.len() + size_of_val(entries));
        Self::write(first, entries.iter().copied(), &mut octets);
        Self::of(Octets::alone(&octets).expect("a leaf is a few kilobytes"))
    }

    fn first(&self) -> &[u8] {
        &self.octets[1..=usize::from(self.octets[0])]
    }

    fn entries(&self) -> &[[[u8; NUMBER]; 2]] {
        self.octets[1 + usize::from(self.octets[0])..].as_chunks().0.as_chunks().0
    }

    fn entry(&self, index: usize) -> Entry {
        let [hash, key] = self.entries()[index].map(u64::from_le_bytes);
        Entry { hash, key }
    }

    fn to_vec(&self) -> Vec<Entry> {
        (0..self.entries().len()).map(|index| self.entry(index)).collect()
    }

    /// Asks memory for its names.
    pub(super) fn fetch(&self) {
        fetch(&self.octets);
    }

    /// The last name that is not after `place`, which is not before the first.
    fn search(&self, names: Names<'_>, place: &Place<'_>) -> usize {
        let (mut found, mut after) = (0, self.entries().len());
        while found + 1 < after {
            let middle = found + (after - found) / 2;
            let Entry { hash, key } = self.entry(middle);
            let by_name = || names.node(hash).map_or(Ordering::Less, |node| place.order(node.below()));
            match place.key().cmp(&key).then_with(by_name) {
                Ordering::Less => after = middle,
                Ordering::Equal | Ordering::Greater => found = middle,
            }
        }
        found
    }

    /// The hash of that name.
    pub(super) fn at_or_before(&self, names: Names<'_>, place: &Place<'_>) -> u64 {
        self.entry(self.search(names, place)).hash
    }
}

impl Order {
    /// Of names below the apex with their hashes, in canonical order, the apex first.
    pub(in crate::zone) fn of(names: &[(&[u8], u64)]) -> Result<Self, PageFull> {
        let of_branch = names.len().div_ceil(NAMES_A_LEAF).isqrt().max(1);
        let mut slabs = Slabs::new();
        for names in names.chunks(NAMES_A_LEAF) {
            slabs.push(of_branch, |out| {
                Leaf::write(names[0].0, names.iter().map(|&(below, hash)| Entry::of(below, hash)), out);
                Ok(())
            })?;
        }
        Ok(Self::of_branches(slabs.finish()?))
    }

    /// Of branches, none of them empty.
    pub(in crate::zone) fn of_branches(branches: Vec<Branch<Leaf>>) -> Self {
        Self { branches: branches.into(), before_wildcard: OnceLock::new() }
    }

    fn of_leaves(leaves: Vec<Leaf>) -> Self {
        Self::of_branches(leaves.chunks(leaves.len().isqrt().max(1)).map(Arc::from).collect())
    }

    /// The name itself where it is among them, else the one in front of it.
    pub(super) fn at_or_before<'z>(&self, names: Names<'z>, below: &[u8]) -> Option<Node<'z>> {
        let place = Place::of(below);
        names.node(self.leaf(&place)?.at_or_before(names, &place))
    }

    /// The same for the wildcard right below the apex.
    pub(super) fn at_or_before_wildcard<'z>(&self, names: Names<'z>) -> Option<Node<'z>> {
        let find = || {
            let place = Place::of(WILDCARD);
            Some(self.leaf(&place)?.at_or_before(names, &place))
        };
        names.node((*self.before_wildcard.get_or_init(find))?)
    }

    /// The leaf in which a name stands, or would.
    pub(super) fn leaf(&self, place: &Place<'_>) -> Option<&Leaf> {
        let (branch, leaf) = self.find(place);
        self.branches.get(branch)?.get(leaf)
    }

    /// All names, in order.
    pub(super) fn nodes<'z>(&'z self, names: Names<'z>) -> impl Iterator<Item = Node<'z>> {
        let leaves = self.branches.iter().flat_map(|branch| branch.iter());
        leaves.flat_map(Leaf::to_vec).filter_map(move |entry| names.node(entry.hash))
    }

    /// Takes a name in that is not there yet.
    pub(in crate::zone) fn insert(&mut self, names: Names<'_>, below: &[u8], hash: u64) {
        let place = Place::of(below);
        let (branch, at) = self.find(&place);
        let leaf = &self.branches[branch][at];
        let mut entries = leaf.to_vec();
        entries.insert(leaf.search(names, &place) + 1, Entry { hash, key: place.key() });
        if entries.len() <= MOST_NAMES {
            let leaf = Leaf::alone(leaf.first(), &entries);
            self.replace(branch, at, &[leaf]);
            return;
        }
        let (front, back) = entries.split_at(entries.len() / 2);
        let middle = back[0].hash;
        let middle = if middle == hash { Some(below) } else { names.node(middle).map(|node| node.below()) };
        let leaves = match middle {
            Some(middle) => vec![Leaf::alone(leaf.first(), front), Leaf::alone(middle, back)],
            None => vec![Leaf::alone(leaf.first(), &entries)],
        };
        self.replace(branch, at, &leaves);
    }

    /// Leaves a name out that is there, which `names` still knows; never the apex.
    pub(in crate::zone) fn remove(&mut self, names: Names<'_>, below: &[u8], hash: u64) {
        let (branch, at) = self.find(&Place::of(below));
        let leaf = &self.branches[branch][at];
        let mut entries = leaf.to_vec();
        let first = entries.first().is_some_and(|entry| entry.hash == hash);
        entries.retain(|entry| entry.hash != hash);
        match entries.first().map(|next| names.node(next.hash)) {
            Some(Some(next)) if first => {
                let leaf = Leaf::alone(next.below(), &entries);
                self.replace(branch, at, &[leaf]);
            }
            Some(_) => {
                let leaf = Leaf::alone(leaf.first(), &entries);
                self.replace(branch, at, &[leaf]);
            }
            None => self.replace(branch, at, &[]),
        }
    }

    /// What it is made of.
    #[cfg(feature = "cli")]
    pub(super) fn runs(&self) -> impl Iterator<Item = &[u8]> {
        self.branches.iter().flat_map(|branch| branch.iter()).map(|leaf| &*leaf.octets)
    }

    /// The branches.
    #[cfg(feature = "server")]
    pub(in crate::zone) fn branches(&self) -> &[Branch<Leaf>] {
        &self.branches
    }

    /// Octets that it fills in memory.
    pub(super) fn octet_count(&self) -> usize {
        let leaves = self.branches.iter().flat_map(|branch| branch.iter());
        leaves.map(|leaf| size_of::<Leaf>() + leaf.octets.len()).sum()
    }

    /// Branch and leaf in which a name stands, or would.
    fn find(&self, place: &Place<'_>) -> (usize, usize) {
        let is_not_after = |leaf: &Leaf| {
            place.key().cmp(&leaf.key).then_with(|| place.order(leaf.first())) != Ordering::Less
        };
        let branch = self.branches.partition_point(|branch| branch.first().is_some_and(is_not_after));
        let branch = branch.saturating_sub(1);
        let leaf = self.branches[branch].partition_point(is_not_after);
        (branch, leaf.saturating_sub(1))
    }

    /// Puts some leaves in the place of one.
    fn replace(&mut self, branch: usize, at: usize, leaves: &[Leaf]) {
        self.before_wildcard = OnceLock::new();
        let branches = Arc::make_mut(&mut self.branches);
        if let [leaf] = leaves {
            Arc::make_mut(&mut branches[branch])[at] = leaf.clone();
            return;
        }
        let (before, after) = (&branches[branch][..at], &branches[branch][at + 1..]);
        branches[branch] = [before, leaves, after].concat().into();
        let leaves = self.branches.iter().map(|branch| branch.len()).sum::<usize>();
        let longest = 4 * leaves.isqrt().max(4);
        if self.branches[branch].is_empty() || self.branches[branch].len() > longest {
            *self = Self::of_leaves(self.branches.iter().flat_map(|branch| branch.iter()).cloned().collect());
        }
    }
}
