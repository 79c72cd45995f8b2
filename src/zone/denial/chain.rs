//! An NSEC3 chain: records found by hash, apart from the names of the zone.
//!
//! Their owners are no names of it: who asks for one gets a name error (RFC 5155 §7.2.8).

use std::sync::{Arc, OnceLock};

use super::super::query_name::WILDCARD;
use super::super::spine::Spine;
use super::hash_page::HashPage;
use crate::record::MAX_NAME;
use crate::record::dnssec::{Nsec3Hash, Nsec3Params, nsec3_hash};

/// The NSEC3 records of one set of parameters.
#[derive(Clone)]
pub(in crate::zone) struct Chain {
    iterations: u16,
    salt: Arc<[u8]>,
    pub(in crate::zone) spine: Spine<HashPage>,
    /// How many hashes.
    pub(in crate::zone) len: usize,
    top: OnceLock<Top>,
}

/// Hashes that nearly every proof needs.
#[derive(Clone, Copy)]
pub(super) struct Top {
    pub(super) apex: Nsec3Hash,
    /// Of the wildcard right below the apex.
    pub(super) wildcard: Nsec3Hash,
}

/// A hash of a chain, and the records that stand there.
#[derive(Clone, Copy)]
pub(super) struct Link<'z> {
    pub(super) hash: &'z Nsec3Hash,
    pub(super) octets: &'z [u8],
}

impl Chain {
    pub(in crate::zone) fn new(params: &Nsec3Params<'_>, spine: Spine<HashPage>, len: usize) -> Self {
        Self { iterations: params.iterations, salt: params.salt.into(), spine, len, top: OnceLock::new() }
    }

    /// How its names are hashed.
    pub(in crate::zone) fn params(&self) -> Nsec3Params<'_> {
        Nsec3Params { iterations: self.iterations, salt: &self.salt, ..Nsec3Params::BEST }
    }

    /// The hash of a name in wire form.
    pub(super) fn hash(&self, name: &[u8]) -> Nsec3Hash {
        nsec3_hash(name, self.iterations, &self.salt)
    }

    /// The hashes at the top of the zone whose chain this is: made once.
    pub(super) fn top(&self, apex: &[u8]) -> &Top {
        self.top.get_or_init(|| {
            let mut wildcard = [0; WILDCARD.len() + MAX_NAME];
            wildcard[..WILDCARD.len()].copy_from_slice(WILDCARD);
            let len = WILDCARD.len() + apex.len();
            wildcard[WILDCARD.len()..len].copy_from_slice(apex);
            Top { apex: self.hash(apex), wildcard: self.hash(&wildcard[..len]) }
        })
    }

    /// What stands at exactly this hash.
    pub(super) fn matching(&self, hash: &Nsec3Hash) -> Option<Link<'_>> {
        let page = self.spine.page(self.spine.page_number(leading_bits(hash)));
        Some(link(page, page.hashes().binary_search(hash).ok()?))
    }

    /// What stands in front of a hash that is not there; in front of the first stands the last.
    ///
    /// Hashes are even, so the page before is hardly ever empty, and never many of them: but where
    /// somebody makes such a chain, which slows down only the answers from it.
    pub(super) fn covering(&self, hash: &Nsec3Hash) -> Option<Link<'_>> {
        let number = self.spine.page_number(leading_bits(hash));
        let page = self.spine.page(number);
        match page.hashes().binary_search(hash) {
            Ok(_) => None,
            Err(after @ 1..) => Some(link(page, after - 1)),
            Err(_) => {
                let pages = self.spine.page_count();
                let before = (1..=pages).map(|back| self.spine.page((number + pages - back) % pages));
                let page = before.into_iter().find(|page| !page.hashes().is_empty())?;
                Some(link(page, page.hashes().len() - 1))
            }
        }
    }

    /// All of it, in the order of the hashes.
    pub(super) fn links(&self) -> impl Iterator<Item = Link<'_>> + Clone {
        self.spine.pages().flat_map(|page| (0..page.hashes().len()).map(move |index| link(page, index)))
    }

    /// Octets that the chain fills in memory.
    pub(super) fn octet_count(&self) -> usize {
        self.spine.pages().map(HashPage::size).sum()
    }
}

fn link(page: &HashPage, index: usize) -> Link<'_> {
    Link { hash: &page.hashes()[index], octets: page.octets(index) }
}

/// The bits that choose a page.
pub(in crate::zone) fn leading_bits(hash: &Nsec3Hash) -> u64 {
    let octets = *hash.first_chunk().expect("a hash has twenty octets");
    u64::from_be_bytes(octets)
}
