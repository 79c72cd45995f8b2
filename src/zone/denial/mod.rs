//! What a signed zone proves absences with: NSEC in the order of names, NSEC3 in chains of its own.
//!
//! An unsigned zone has none of it and pays for none of it.

mod chain;
mod changes;
pub(super) mod check;
mod foresee;
mod gather;
mod hash_page;
mod online;
mod order;
mod proof;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(super) use chain::Chain;
pub(super) use changes::Changes;
pub use foresee::Foreseen;
pub(super) use gather::{Gathered, chain_hash, is_of_chain};
pub use online::{OnlineProof, OnlineSigner};
pub(super) use order::{Names, Order};
use proof::Label;
pub use proof::{Absence, Proof, ProofOwner, Proofs};

use super::node::{Node, RrsetRef};
use super::snapshot::Zone;
use crate::record::dnssec::{Nsec3, Nsec3Hash, Nsec3Params};
use crate::record::{Name, Rtype};

/// The denial structures of a zone.
#[derive(Clone, Default)]
pub(super) struct Denial {
    /// The names that own NSEC, where the apex does.
    pub(super) order: Option<Order>,
    /// NSEC3 records by their parameters.
    pub(super) chains: Arc<[Chain]>,
    /// Which chain proves; else the order does, where there is one.
    ///
    /// Where a zone has both it changes from one to the other. NSEC3 is taken where NSEC3PARAM says that the
    /// chain is complete, as in NSD, Knot and BIND. Source: RFC 5155 §4.1 and §10.4.
    pub(super) chain: Option<usize>,
    /// Who proves when it is asked for, in the place of both.
    pub(super) signer: Option<Arc<dyn OnlineSigner>>,
}

impl Denial {
    /// Whether an absence can be proven.
    pub(super) fn proves(&self) -> bool {
        self.order.is_some() || self.chain.is_some() || self.signer.is_some()
    }

    /// The chain that proves.
    pub(super) fn served_chain(&self) -> Option<&Chain> {
        self.chains.get(self.chain?)
    }

    /// Which chain proves: the longest of those that NSEC3PARAM records at the apex say are complete, and
    /// that have the apex.
    pub(super) fn choose(chains: &[Chain], apex: &Name, apex_node: Node<'_>) -> Option<usize> {
        let announced = apex_node.rrset(Rtype::NSEC3PARAM)?;
        let is_announced = |chain: &Chain| {
            let mut params = announced.records().filter_map(|record| Nsec3Params::parse(record.rdata()));
            params.any(|params| params.flags == 0 && params.hashes_as(&chain.params()))
        };
        let has_apex = |chain: &Chain| chain.matching(&chain.hash(apex.as_wire())).is_some();
        let usable = chains.iter().enumerate().filter(|(_, chain)| is_announced(chain) && has_apex(chain));
        usable.max_by_key(|(index, chain)| (chain.len, usize::MAX - index)).map(|(index, _)| index)
    }

    /// Whether a chain wants more pages than it has, or is no more.
    pub(super) fn is_outgrown(&self) -> bool {
        self.chains.iter().any(|chain| chain.len == 0 || chain.spine.is_outgrown_by(chain.len))
    }

    /// Where in memory it stands.
    #[cfg(feature = "cli")]
    pub(super) fn runs(&self) -> impl Iterator<Item = &[u8]> {
        let order = self.order.iter().flat_map(Order::runs);
        order.chain(self.chains.iter().flat_map(|chain| chain.spine.runs()))
    }

    /// Octets that it fills in memory.
    pub(super) fn octet_count(&self) -> usize {
        let order = self.order.as_ref().map_or(0, Order::octet_count);
        order + self.chains.iter().map(Chain::octet_count).sum::<usize>()
    }
}

impl Zone {
    /// Whether the zone proves what it does not have, to those who ask for DNSSEC records.
    #[must_use]
    pub fn proves_absence(&self) -> bool {
        self.denial.proves()
    }

    /// How names are hashed in the NSEC3 chain that absences are proven with, where one is.
    #[must_use]
    pub fn nsec3_params(&self) -> Option<Nsec3Params<'_>> {
        self.denial.served_chain().map(Chain::params)
    }

    /// The records of exactly this name and type, NSEC3 among them: without wildcards, whether the name is
    /// occluded or not.
    #[must_use]
    pub fn rrset(&self, owner: &Name, rtype: Rtype) -> Option<RrsetRef<'_>> {
        if rtype == Rtype::NSEC3
            && let Some(hash) = Nsec3::owner_hash(owner)
            && owner.label_count() == self.apex_labels + 1
            && owner.is_at_or_below(&self.apex)
        {
            let found = self.denial.chains.iter().find_map(|chain| chain.matching(&hash));
            return found.map(|link| RrsetRef::from_octets(Rtype::NSEC3, link.octets));
        }
        self.node(owner)?.rrset(rtype)
    }

    /// Every NSEC3 RRset with its owner's label, in canonical order.
    pub(super) fn hashed_rrsets(&self) -> Vec<(Label, RrsetRef<'_>)> {
        let mut rrsets: Vec<_> = self.links().map(|(owner, rrset)| (proof::label(owner), rrset)).collect();
        // One chain is in order, several are not.
        rrsets.sort_by_key(|(label, _)| *label);
        rrsets
    }

    /// Every NSEC3 RRset, chain by chain.
    pub(super) fn links(&self) -> impl Iterator<Item = (&Nsec3Hash, RrsetRef<'_>)> {
        let links = self.denial.chains.iter().flat_map(Chain::links);
        links.map(|link| (link.hash, RrsetRef::from_octets(Rtype::NSEC3, link.octets)))
    }

    fn names(&self) -> Names<'_> {
        Names { spine: &self.spine, hash: self.hash }
    }
}
