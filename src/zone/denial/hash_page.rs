//! A page of NSEC3 records, in the order of their hashes, as one run of octets.
//!
//! ```text
//! page    count u32 | hash 20 octets × count | end u32 × count | octets
//! octets  of each hash, its NSEC3 record and then the RRSIG records that cover it, as in a page of names
//! ```
//!
//! Numbers of the page are in little-endian order; `end` counts from the first of the octets.

#[cfg(feature = "server")]
mod check;

use super::super::fetch::fetch;
use super::super::octets::Octets;
use super::super::page::PageFull;
use super::super::spine::{Leaf, Run};
use crate::record::dnssec::Nsec3Hash;

/// Some hashes of a chain. A clone shares its octets.
#[derive(Clone)]
pub(in crate::zone) struct HashPage(Octets);

/// A hash and what stands there, about to be written.
#[derive(Clone)]
pub(in crate::zone) struct Hashed {
    pub(in crate::zone) hash: Nsec3Hash,
    pub(in crate::zone) octets: Vec<u8>,
}

const NUMBER: usize = 4;
const HASH: usize = size_of::<Nsec3Hash>();
/// Octets in which nearly every page's hashes end.
const HASHES: usize = 512;

impl Run for HashPage {
    fn of(octets: Octets) -> Self {
        Self(octets)
    }

    fn as_octets(&self) -> &Octets {
        &self.0
    }
}

impl Leaf for HashPage {
    type Draft = Hashed;

    fn write(drafts: &[Hashed], page: &mut Vec<u8>) -> Result<(), PageFull> {
        page.extend_from_slice(&u32::try_from(drafts.len()).map_err(|_| PageFull)?.to_le_bytes());
        for draft in drafts {
            page.extend_from_slice(&draft.hash);
        }
        let mut end = 0;
        for draft in drafts {
            end += draft.octets.len();
            page.extend_from_slice(&u32::try_from(end).map_err(|_| PageFull)?.to_le_bytes());
        }
        for draft in drafts {
            page.extend_from_slice(&draft.octets);
        }
        Ok(())
    }
}

impl HashPage {
    /// Asks memory for the hashes.
    pub(super) fn fetch_hashes(&self) {
        fetch(&self.0[..self.0.len().min(HASHES)]);
    }

    /// The hashes, ascending.
    pub(super) fn hashes(&self) -> &[Nsec3Hash] {
        self.0[NUMBER..NUMBER + HASH * self.count()].as_chunks().0
    }

    /// What stands at one of them.
    pub(super) fn octets(&self, index: usize) -> &[u8] {
        let octets = &self.0[NUMBER + (HASH + NUMBER) * self.count()..];
        let start = index.checked_sub(1).map_or(0, |before| self.end(before));
        &octets[start..self.end(index)]
    }

    /// Each hash and what stands there, to be changed.
    pub(in crate::zone) fn drafts(&self) -> Vec<Hashed> {
        let draft = |(index, &hash)| Hashed { hash, octets: self.octets(index).to_vec() };
        self.hashes().iter().enumerate().map(draft).collect()
    }

    /// Octets that this page fills.
    pub(super) fn size(&self) -> usize {
        self.0.len()
    }

    /// Whether both are the same octets in memory.
    #[cfg(test)]
    pub(in crate::zone) fn is_shared_with(&self, other: &Self) -> bool {
        std::ptr::eq(&*self.0, &*other.0)
    }

    fn count(&self) -> usize {
        self.number(0)
    }

    fn end(&self, index: usize) -> usize {
        self.number(NUMBER + HASH * self.count() + NUMBER * index)
    }

    fn number(&self, at: usize) -> usize {
        let octets: [u8; NUMBER] = self.0[at..at + NUMBER].try_into().expect("a slice of four octets");
        u32::from_le_bytes(octets) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::spine::leaf;
    use super::*;

    #[test]
    fn a_page_reads_back() {
        let drafts: Vec<Hashed> =
            (1..4).map(|number| Hashed { hash: [number; 20], octets: vec![number; number.into()] }).collect();
        let page: HashPage = leaf(&drafts).unwrap();
        assert_eq!(page.hashes(), [[1; 20], [2; 20], [3; 20]]);
        assert_eq!([0, 1, 2].map(|index| page.octets(index)), [&[1][..], &[2, 2], &[3, 3, 3]]);
        assert_eq!(page.drafts().len(), 3);
        assert_eq!(page.size(), 4 + 3 * 24 + 6);
        assert!(leaf::<HashPage>(&[]).unwrap().hashes().is_empty());
    }
}
