//! The names that own NSEC, in canonical order, so that the one in front of a name that is not there is
//! found.
//!
//! A name is known by its hash, 8 octets, and stands where it does anyway. Leaves hold some dozens of
//! hashes and the first of their names:
//!
//! ```text
//! leaf    length u8 | first name below the apex | hash u64 × count
//! ```

use std::cmp::Ordering;
use std::sync::Arc;

use super::super::canonical::Place;
use super::super::node::Node;
use super::super::query_name::NameHash;
use super::super::spine::Spine;

/// Names of a leaf, right after building.
const NAMES_A_LEAF: usize = 32;
/// More are divided.
const MOST_NAMES: usize = 64;
const HASH: usize = size_of::<u64>();

/// Names in canonical order. A copy shares all leaves; a change copies one leaf, its branch and the root.
#[derive(Clone)]
pub(in crate::zone) struct Order {
    branches: Arc<[Branch]>,
}

type Branch = Arc<[Leaf]>;

#[derive(Clone)]
struct Leaf(Arc<[u8]>);

/// Where the names of hashes stand. In a zone no two names have the same hash.
#[derive(Clone, Copy)]
pub(in crate::zone) struct Names<'z> {
    pub(in crate::zone) spine: &'z Spine,
    pub(in crate::zone) hash: NameHash,
}

impl<'z> Names<'z> {
    fn node(self, hash: u64) -> Option<Node<'z>> {
        self.spine.find_hash(hash, |below| self.hash.of_below(below))
    }
}

impl Leaf {
    fn write(first: &[u8], hashes: &[u64]) -> Self {
        let mut octets = Vec::with_capacity(1 + first.len() + HASH * hashes.len());
        octets.push(u8::try_from(first.len()).expect("a name is at most 255 octets"));
        octets.extend_from_slice(first);
        octets.extend(hashes.iter().flat_map(|hash| hash.to_le_bytes()));
        Self(octets.into())
    }

    fn first(&self) -> &[u8] {
        &self.0[1..=usize::from(self.0[0])]
    }

    fn hashes(&self) -> &[[u8; HASH]] {
        self.0[1 + usize::from(self.0[0])..].as_chunks().0
    }

    fn hash(&self, index: usize) -> u64 {
        u64::from_le_bytes(self.hashes()[index])
    }

    fn to_vec(&self) -> Vec<u64> {
        self.hashes().iter().map(|&hash| u64::from_le_bytes(hash)).collect()
    }

    /// The last name that is not after `place`, which is not before the first.
    fn search(&self, names: Names<'_>, place: &Place<'_>) -> usize {
        let (mut found, mut after) = (0, self.hashes().len());
        while found + 1 < after {
            let middle = found + (after - found) / 2;
            match names.node(self.hash(middle)).map(|node| place.order(node.below())) {
                Some(Ordering::Less) | None => after = middle,
                Some(_) => found = middle,
            }
        }
        found
    }
}

impl Order {
    /// Of names below the apex with their hashes, in canonical order, the apex first.
    pub(in crate::zone) fn of(names: &[(&[u8], u64)]) -> Self {
        let leaf = |names: &[(&[u8], u64)]| {
            let hashes: Vec<u64> = names.iter().map(|&(_, hash)| hash).collect();
            Leaf::write(names[0].0, &hashes)
        };
        Self::of_leaves(names.chunks(NAMES_A_LEAF).map(leaf).collect())
    }

    fn of_leaves(leaves: Vec<Leaf>) -> Self {
        Self { branches: leaves.chunks(leaves.len().isqrt().max(1)).map(Arc::from).collect() }
    }

    /// The name itself where it is among them, else the one in front of it.
    pub(super) fn at_or_before<'z>(&self, names: Names<'z>, below: &[u8]) -> Option<Node<'z>> {
        let place = Place::of(below);
        let (branch, leaf) = self.find(&place);
        let leaf = self.branches.get(branch)?.get(leaf)?;
        names.node(leaf.hash(leaf.search(names, &place)))
    }

    /// All names, in order.
    pub(super) fn nodes<'z>(&'z self, names: Names<'z>) -> impl Iterator<Item = Node<'z>> {
        let leaves = self.branches.iter().flat_map(|branch| branch.iter());
        leaves.flat_map(Leaf::to_vec).filter_map(move |hash| names.node(hash))
    }

    /// Takes a name in that is not there yet.
    pub(in crate::zone) fn insert(&mut self, names: Names<'_>, below: &[u8], hash: u64) {
        let place = Place::of(below);
        let (branch, at) = self.find(&place);
        let leaf = &self.branches[branch][at];
        let mut hashes = leaf.to_vec();
        hashes.insert(leaf.search(names, &place) + 1, hash);
        if hashes.len() <= MOST_NAMES {
            let leaf = Leaf::write(leaf.first(), &hashes);
            self.replace(branch, at, &[leaf]);
            return;
        }
        let (front, back) = hashes.split_at(hashes.len() / 2);
        let middle = if back[0] == hash { Some(below) } else { names.node(back[0]).map(|node| node.below()) };
        let leaves = match middle {
            Some(middle) => vec![Leaf::write(leaf.first(), front), Leaf::write(middle, back)],
            None => vec![Leaf::write(leaf.first(), &hashes)],
        };
        self.replace(branch, at, &leaves);
    }

    /// Leaves a name out that is there, which `names` still knows; never the apex.
    pub(in crate::zone) fn remove(&mut self, names: Names<'_>, below: &[u8], hash: u64) {
        let (branch, at) = self.find(&Place::of(below));
        let leaf = &self.branches[branch][at];
        let mut hashes = leaf.to_vec();
        let first = hashes.first() == Some(&hash);
        hashes.retain(|&other| other != hash);
        match hashes.first().map(|&next| names.node(next)) {
            Some(Some(next)) if first => {
                let leaf = Leaf::write(next.below(), &hashes);
                self.replace(branch, at, &[leaf]);
            }
            Some(_) => {
                let leaf = Leaf::write(leaf.first(), &hashes);
                self.replace(branch, at, &[leaf]);
            }
            None => self.replace(branch, at, &[]),
        }
    }

    /// Octets that it fills in memory.
    pub(super) fn octet_count(&self) -> usize {
        self.branches.iter().flat_map(|branch| branch.iter()).map(|leaf| leaf.0.len()).sum()
    }

    /// Branch and leaf in which a name stands, or would.
    fn find(&self, place: &Place<'_>) -> (usize, usize) {
        let is_not_after = |leaf: &Leaf| place.order(leaf.first()) != Ordering::Less;
        let branch = self.branches.partition_point(|branch| branch.first().is_some_and(is_not_after));
        let branch = branch.saturating_sub(1);
        let leaf = self.branches[branch].partition_point(is_not_after);
        (branch, leaf.saturating_sub(1))
    }

    /// Puts some leaves in the place of one.
    fn replace(&mut self, branch: usize, at: usize, leaves: &[Leaf]) {
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
