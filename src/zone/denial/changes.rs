//! The denial structures of a changed zone: only what is different is copied.

use std::collections::{BTreeMap, BTreeSet};

use super::super::node::RrsetDraft;
use super::super::page::PageFull;
use super::super::snapshot::Zone;
use super::super::spine::{Spine, leaf};
use super::chain::leading_bits;
use super::gather::params;
use super::hash_page::{HashPage, Hashed};
use super::{Denial, Names};
use crate::record::dnssec::Nsec3Hash;
use crate::record::{Rdata, Rtype};

/// What changes in the denial structures.
#[derive(Default)]
pub(in crate::zone) struct Changes {
    /// Pages that differ from the predecessor's, by chain and number.
    pages: BTreeMap<(usize, usize), Vec<Hashed>>,
    /// Names whose NSEC was put or removed, below the apex, with their hashes.
    names: BTreeSet<(Vec<u8>, u64)>,
}

impl Denial {
    /// Which chain a record set belongs to; `None` where there is none for it yet.
    pub(in crate::zone) fn chain_of(&self, rdatas: &[Rdata]) -> Option<usize> {
        let params = params(rdatas.first()?)?;
        self.chains.iter().position(|chain| chain.params().hashes_as(&params))
    }
}

impl Changes {
    /// The NSEC of this name is put or removed.
    pub(in crate::zone) fn touch(&mut self, below: &[u8], hash: u64) {
        self.names.insert((below.to_ascii_lowercase(), hash));
    }

    /// Puts a record set, of the chain with this number, in the place of what stands at the hash; or
    /// leaves the hash out.
    pub(in crate::zone) fn put(
        &mut self,
        denial: &Denial,
        hash: &Nsec3Hash,
        new: Option<(usize, &RrsetDraft)>,
    ) {
        for (number, chain) in denial.chains.iter().enumerate() {
            let page = chain.spine.page_number(leading_bits(hash));
            let put = new.filter(|(chain, _)| *chain == number).map(|(_, draft)| draft);
            if put.is_none() && !self.holds(denial, number, page, hash) {
                continue;
            }
            let links = self.pages.entry((number, page)).or_insert_with(|| chain.spine.page(page).drafts());
            let at = links.binary_search_by_key(hash, |link| link.hash);
            match (at, put) {
                (Ok(at), Some(draft)) => links[at].octets = draft.octets().to_vec(),
                (Err(at), Some(draft)) => {
                    links.insert(at, Hashed { hash: *hash, octets: draft.octets().to_vec() });
                }
                (Ok(at), None) => drop(links.remove(at)),
                (Err(_), None) => {}
            }
        }
    }

    fn holds(&self, denial: &Denial, chain: usize, page: usize, hash: &Nsec3Hash) -> bool {
        match self.pages.get(&(chain, page)) {
            Some(links) => links.iter().any(|link| link.hash == *hash),
            None => denial.chains[chain].matching(hash).is_some(),
        }
    }

    /// The structures after the changes; `spine`: the names as they are then.
    pub(in crate::zone) fn finish(self, former: &Zone, spine: &Spine) -> Result<Denial, PageFull> {
        let mut denial = former.denial.clone();
        if !self.pages.is_empty() {
            let mut chains = denial.chains.to_vec();
            let mut pages: BTreeMap<usize, Vec<(usize, HashPage)>> = BTreeMap::new();
            for ((number, page), links) in self.pages {
                let chain = &mut chains[number];
                chain.len = chain.len + links.len() - chain.spine.page(page).hashes().len();
                pages.entry(number).or_default().push((page, leaf(&links)?));
            }
            for (number, pages) in pages {
                chains[number].spine = chains[number].spine.with_pages(pages);
            }
            denial.chains = chains.into();
        }
        let Some(order) = denial.order.as_mut().filter(|_| !self.names.is_empty()) else { return Ok(denial) };
        let (before, after) = (former.names(), Names { spine, ..former.names() });
        let owns = |names: Names<'_>, (below, hash): &(Vec<u8>, u64)| {
            names.spine.find(*hash, below).is_some_and(|node| node.rrset(Rtype::NSEC).is_some())
        };
        let (gone, come): (Vec<_>, Vec<_>) = self
            .names
            .into_iter()
            .filter(|name| owns(before, name) != owns(after, name))
            .partition(|name| owns(before, name));
        // What goes is known to the names before, and all that is left to those after.
        for (below, hash) in gone {
            order.remove(before, &below, hash);
        }
        for (below, hash) in come {
            order.insert(after, &below, hash);
        }
        Ok(denial)
    }
}
