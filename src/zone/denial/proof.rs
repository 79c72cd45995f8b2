//! The records that prove an absence. Source: RFC 4035 §3.1.3 and RFC 5155 §7.2.

use data_encoding::BASE32HEX_NOPAD;

use super::super::look_up::Match;
use super::super::node::{Node, RrsetRef};
use super::super::query_name::{QueryName, WILDCARD};
use super::super::snapshot::Zone;
use super::chain::{Chain, Link, Top};
use super::foresee::Foreseen;
use super::order::Order;
use crate::record::dnssec::Nsec3Hash;
use crate::record::{MAX_NAME, Rtype};

/// What [`super::super::LookUp`] did not find.
#[derive(Clone, Copy)]
pub enum Absence<'z> {
    /// The name, and a wildcard that would stand for it.
    Name {
        /// How many labels the longest existing ancestor has.
        encloser_labels: usize,
    },
    /// The type, at the name or at the wildcard that stands for it.
    Type(Match<'z>),
    /// The name, for which a wildcard stands.
    Expanded {
        /// How many labels the wildcard's parent has.
        encloser_labels: usize,
    },
    /// DS at a delegation, which is an ancestor of the name or the name.
    Ds {
        /// The delegation.
        node: Node<'z>,
        /// How many labels it has.
        owner_labels: usize,
    },
}

/// One NSEC or NSEC3 record set with its signatures.
#[derive(Clone, Copy)]
pub struct Proof<'z> {
    /// Whose it is.
    pub owner: ProofOwner<'z>,
    /// The records.
    pub rrset: RrsetRef<'z>,
}

/// The owner of a proof.
#[derive(Clone, Copy)]
pub enum ProofOwner<'z> {
    /// A name: its labels below the apex in wire form.
    Name(&'z [u8]),
    /// A hash: one label below the apex.
    Hash(&'z Nsec3Hash),
}

impl ProofOwner<'_> {
    /// Hands the labels below the apex, in wire form, to `take`.
    pub fn with_labels<T>(&self, take: impl FnOnce(&[u8]) -> T) -> T {
        match self {
            Self::Name(below) => take(below),
            Self::Hash(hash) => take(&label(hash)),
        }
    }
}

/// NSEC3 for a closest encloser, for the name below it and for a wildcard. Source: RFC 5155 §7.2.
const MOST: usize = 3;

/// What proves one absence, no record twice.
#[derive(Clone, Copy, Default)]
pub struct Proofs<'z> {
    proofs: [Option<Proof<'z>>; MOST],
}

impl<'z> Proofs<'z> {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = Proof<'z>> + use<'z> {
        let proofs = self.proofs;
        IntoIterator::into_iter(proofs).flatten()
    }

    fn push(&mut self, proof: Option<Proof<'z>>) {
        let is_same = |one: &Proof<'_>, other: &Proof<'_>| {
            std::ptr::eq(one.rrset.signed_octets(), other.rrset.signed_octets())
        };
        let Some(proof) = proof.filter(|proof| !self.iter().any(|other| is_same(proof, &other))) else {
            return;
        };
        if let Some(free) = self.proofs.iter_mut().find(|place| place.is_none()) {
            *free = Some(proof);
        }
    }
}

impl Zone {
    /// What proves to a validator that `absence` is true for `name`, which was looked up in this zone;
    /// nothing in a zone without NSEC and NSEC3. Where the zone's chain is broken, as much as there is.
    ///
    /// `foreseen` is what was found for that name before.
    #[must_use]
    pub fn proofs<'z>(
        &'z self,
        absence: &Absence<'_>,
        name: &QueryName<'_>,
        foreseen: Option<Foreseen<'z>>,
    ) -> Proofs<'z> {
        let mut proofs = Proofs::default();
        if let Some(chain) = self.denial.served_chain() {
            let foreseen = foreseen.and_then(Foreseen::link);
            ByHash { zone: self, chain, name, foreseen, proofs: &mut proofs }.prove(absence);
        } else if let Some(order) = &self.denial.order {
            let foreseen = foreseen.and_then(Foreseen::owner);
            ByName { zone: self, order, name, foreseen, proofs: &mut proofs }.prove(absence);
        }
        proofs
    }

    /// The labels of the wildcard below the ancestor with `labels` labels, handed to `take`: those below
    /// the apex, and the root with all.
    fn with_wildcard<T>(
        &self,
        name: &QueryName<'_>,
        labels: usize,
        take: impl FnOnce(&[u8], &[u8]) -> T,
    ) -> T {
        let (above, below) = (name.ancestor(labels), name.between(labels, self.apex_labels).len());
        let mut wire = [0; MAX_NAME + WILDCARD.len()];
        wire[..WILDCARD.len()].copy_from_slice(WILDCARD);
        wire[WILDCARD.len()..WILDCARD.len() + above.len()].copy_from_slice(above);
        take(&wire[..WILDCARD.len() + below], &wire[..WILDCARD.len() + above.len()])
    }
}

/// Source: RFC 4035 §3.1.3.
struct ByName<'z, 'p> {
    zone: &'z Zone,
    order: &'z Order,
    name: &'p QueryName<'p>,
    /// The name itself or the one in front of it.
    foreseen: Option<Option<Node<'z>>>,
    proofs: &'p mut Proofs<'z>,
}

impl<'z> ByName<'z, '_> {
    fn prove(&mut self, absence: &Absence<'_>) {
        let apex = self.zone.apex_labels;
        match *absence {
            Absence::Name { encloser_labels } => {
                self.cover_name();
                let zone = self.zone;
                if encloser_labels == apex {
                    self.push(self.order.at_or_before_wildcard(zone.names()));
                } else {
                    zone.with_wildcard(self.name, encloser_labels, |below, _| self.cover(below));
                }
            }
            // An empty non-terminal owns no NSEC: that of the name in front shows that there is one.
            Absence::Type(Match { node, wildcard }) => {
                self.cover(node.below());
                if wildcard.is_some() {
                    self.cover_name();
                }
            }
            Absence::Expanded { .. } => self.cover_name(),
            Absence::Ds { node, .. } => self.cover(node.below()),
        }
    }

    /// As [`ByName::cover`], for the name that was asked.
    fn cover_name(&mut self) {
        match self.foreseen {
            Some(node) => self.push(node),
            None => self.cover(self.name.between(self.name.label_count(), self.zone.apex_labels)),
        }
    }

    /// The NSEC of this name, or of the one in front of it.
    fn cover(&mut self, below: &[u8]) {
        self.push(self.order.at_or_before(self.zone.names(), below));
    }

    fn push(&mut self, node: Option<Node<'z>>) {
        let proof = node.and_then(|node| {
            Some(Proof { owner: ProofOwner::Name(node.below()), rrset: node.rrset(Rtype::NSEC)? })
        });
        self.proofs.push(proof);
    }
}

/// Source: RFC 5155 §7.2.
struct ByHash<'z, 'p> {
    zone: &'z Zone,
    chain: &'z Chain,
    name: &'p QueryName<'p>,
    /// What covers the name, where it stands right below the apex.
    foreseen: Option<Option<Link<'z>>>,
    proofs: &'p mut Proofs<'z>,
}

impl<'z> ByHash<'z, '_> {
    fn prove(&mut self, absence: &Absence<'_>) {
        match *absence {
            // §7.2.2
            Absence::Name { encloser_labels } => {
                let provable = self.prove_encloser(encloser_labels);
                let wildcard = self.wildcard(provable);
                self.proofs.push(self.chain.covering(&wildcard).map(proof));
            }
            // §7.2.3 and §7.2.4
            Absence::Type(Match { wildcard: None, .. }) => self.match_or_opt_out(self.name.label_count()),
            // §7.2.5
            Absence::Type(Match { wildcard: Some(encloser_labels), .. }) => {
                self.prove_encloser(encloser_labels);
                let wildcard = self.wildcard(encloser_labels);
                self.proofs.push(self.chain.matching(&wildcard).map(proof));
            }
            // §7.2.6
            Absence::Expanded { encloser_labels } => self.cover(encloser_labels + 1),
            // §7.2.7
            Absence::Ds { owner_labels, .. } => self.match_or_opt_out(owner_labels),
        }
    }

    /// The record of an existing name; where it has none, being left out by opt-out (a delegation that is
    /// not signed, or an empty non-terminal above such ones: erratum 3441), that of its closest provable
    /// encloser.
    fn match_or_opt_out(&mut self, labels: usize) {
        match self.matching(labels) {
            Some(link) => self.proofs.push(Some(proof(link))),
            None if labels > self.zone.apex_labels => drop(self.prove_encloser(labels - 1)),
            None => {}
        }
    }

    /// The closest encloser proof, for the closest encloser that has a record; how many labels that has.
    /// Source: §7.2.1.
    fn prove_encloser(&mut self, encloser_labels: usize) -> usize {
        let above = (self.zone.apex_labels..=encloser_labels).rev();
        let found = above.into_iter().find_map(|labels| Some((labels, self.matching(labels)?)));
        let Some((labels, link)) = found else { return encloser_labels };
        self.proofs.push(Some(proof(link)));
        self.cover(labels + 1);
        labels
    }

    fn matching(&self, labels: usize) -> Option<Link<'z>> {
        if labels == self.zone.apex_labels {
            return self.chain.matching(&self.top().apex);
        }
        self.chain.matching(&self.chain.hash(self.name.ancestor(labels)))
    }

    fn cover(&mut self, labels: usize) {
        let is_foreseen = labels == self.name.label_count() && labels == self.zone.apex_labels + 1;
        let link = match self.foreseen.filter(|_| is_foreseen) {
            Some(link) => link,
            None => self.chain.covering(&self.chain.hash(self.name.ancestor(labels))),
        };
        self.proofs.push(link.map(proof));
    }

    /// The hash of the wildcard right below an ancestor.
    fn wildcard(&self, labels: usize) -> Nsec3Hash {
        if labels == self.zone.apex_labels {
            return self.top().wildcard;
        }
        self.zone.with_wildcard(self.name, labels, |_, wire| self.chain.hash(wire))
    }

    fn top(&self) -> &'z Top {
        self.chain.top(self.zone.apex.as_wire())
    }
}

fn proof(link: Link<'_>) -> Proof<'_> {
    Proof { owner: ProofOwner::Hash(link.hash), rrset: RrsetRef::from_octets(Rtype::NSEC3, link.octets) }
}

/// A hash as a label, with its length octet.
pub(super) type Label = [u8; 33];

/// The label of a hash. Source: RFC 5155 §3.
pub(super) fn label(hash: &Nsec3Hash) -> Label {
    let mut label: Label = [0; 33];
    label[0] = 32;
    BASE32HEX_NOPAD.encode_mut(hash, &mut label[1..]);
    label.make_ascii_lowercase();
    label
}
