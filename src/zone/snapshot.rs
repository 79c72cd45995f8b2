//! A zone: an immutable snapshot that shares its pages with those that it was derived from.

use super::canonical::canonical_order;
use super::denial::Denial;
use super::node::{Flags, Node, RrsetDraft, RrsetRef};
use super::query_name::{NameHash, QueryName};
use super::spine::Spine;
use crate::record::{Class, Name, Rtype, Ttl};

/// One zone, immutable, complete and free of contradictions. Made by [`super::ZoneBuilder`]; a
/// changed one by [`Zone::derive`].
///
/// A clone costs a few pointers.
#[derive(Clone)]
pub struct Zone {
    pub(super) apex: Name,
    pub(super) apex_labels: usize,
    pub(super) class: Class,
    pub(super) serial: u32,
    /// The SOA record as negative answers carry it.
    pub(super) negative_soa: RrsetDraft,
    pub(super) hash: NameHash,
    pub(super) spine: Spine,
    /// Empty non-terminals included.
    pub(super) names: usize,
    /// Whether queries may tell who is registered.
    pub(super) discovery: bool,
    /// What proves absences.
    pub(super) denial: Denial,
}

impl Zone {
    /// The name at the top of the zone.
    #[must_use]
    pub fn apex(&self) -> &Name {
        &self.apex
    }

    /// The class of all records.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    /// The SOA record's serial number.
    #[must_use]
    pub fn serial(&self) -> u32 {
        self.serial
    }

    /// The SOA record.
    #[must_use]
    pub fn soa(&self) -> RrsetRef<'_> {
        self.apex_node().rrset(Rtype::SOA).expect("a zone has exactly one SOA record")
    }

    /// The SOA record with the TTL that it has in a negative answer: its own or its MINIMUM,
    /// whichever is less. Source: RFC 2308 §3.
    #[must_use]
    pub fn negative_soa(&self) -> RrsetRef<'_> {
        RrsetRef::from_draft(&self.negative_soa)
    }

    /// The longest time for which any record may be kept. Looks at all of them.
    #[must_use]
    pub fn longest_ttl(&self) -> Ttl {
        let nodes = self.spine.pages().flat_map(|page| page.nodes().map(|(_, node)| node));
        nodes.flat_map(|node| node.entries()).map(|rrset| rrset.ttl()).max().unwrap_or(Ttl::ZERO)
    }

    /// How many names there are, empty non-terminals included.
    #[must_use]
    pub fn name_count(&self) -> usize {
        self.names
    }

    /// Octets that the zone's names and records fill in memory.
    #[must_use]
    pub fn octet_count(&self) -> usize {
        self.spine.pages().map(super::page::Page::size).sum::<usize>() + self.denial.octet_count()
    }

    /// Whether both have the same names with the same records and signatures; NSEC3 and records of type `but` count for
    /// nothing. Looks at all of them, up to the first that differs: cost O(n).
    #[cfg(feature = "cli")]
    pub(crate) fn has_same_records(&self, other: &Self, but: Option<Rtype>) -> bool {
        fn sets<'z>(node: Node<'z>, but: Option<Rtype>) -> impl Iterator<Item = RrsetRef<'z>> {
            node.entries().filter(move |set| Some(set.rtype()) != but)
        }
        let mut nodes = self.spine.pages().flat_map(|page| page.nodes());
        self.apex == other.apex
            && self.names == other.names
            && nodes.all(|(_, node)| {
                let found = other.spine.find(other.hash.of_below(node.below()), node.below());
                found.is_some_and(|found| sets(found, but).eq(sets(node, but)))
            })
    }

    /// Where in memory names and records stand, in no particular order.
    #[cfg(feature = "cli")]
    pub(crate) fn runs(&self) -> impl Iterator<Item = &[u8]> {
        self.spine.runs().chain(self.denial.runs())
    }

    /// The node of exactly this name: without wildcards, whether it is occluded or not.
    #[must_use]
    pub fn node(&self, name: &Name) -> Option<Node<'_>> {
        if !name.is_at_or_below(&self.apex) {
            return None;
        }
        let name = QueryName::from(name);
        let hashes = self.hash.path(&name, self.apex_labels);
        let labels = name.label_count();
        self.spine.find(hashes.of(labels), name.between(labels, self.apex_labels))
    }

    /// Every name in canonical order (RFC 4034 §6.1), the apex first, empty non-terminals
    /// included. Sorts them: cost O(n log n).
    #[must_use]
    pub fn nodes(&self) -> Vec<(Name, Node<'_>)> {
        self.sorted_nodes().map(|node| (self.owner_of(node), node)).collect()
    }

    /// Every RRset with its owner name, NSEC3 among them, in canonical order of owner names, then by type,
    /// SOA first. The records of a set stand in the order in which they came. RRSIG records stand with the
    /// set that they cover.
    pub fn rrsets(&self) -> impl Iterator<Item = (Name, RrsetRef<'_>)> {
        let mut nodes = self.sorted_nodes().peekable();
        let mut hashed = self.hashed_rrsets().into_iter().peekable();
        let runs = std::iter::from_fn(move || {
            let is_hash_next = match (nodes.peek(), hashed.peek()) {
                (Some(node), Some((label, _))) => canonical_order(node.below(), label).is_gt(),
                (None, hashed) => hashed.is_some(),
                (Some(_), None) => false,
            };
            if is_hash_next {
                hashed.next().map(|(label, rrset)| (self.name_below(&label), vec![rrset]))
            } else {
                nodes.next().map(|node| (self.owner_of(node), node.entries().collect()))
            }
        });
        runs.flat_map(|(owner, rrsets)| rrsets.into_iter().map(move |rrset| (owner.clone(), rrset)))
    }

    pub(super) fn apex_node(&self) -> Node<'_> {
        self.spine.find(self.hash.start(), b"").expect("a zone has a node for its apex")
    }

    pub(super) fn owner_of(&self, node: Node<'_>) -> Name {
        self.name_below(node.below())
    }

    pub(super) fn name_below(&self, labels: &[u8]) -> Name {
        Name::from_wire(&[labels, self.apex.as_wire()].concat())
            .expect("names are checked before they enter a zone")
    }

    fn sorted_nodes(&self) -> impl Iterator<Item = Node<'_>> {
        let mut nodes: Vec<_> =
            self.spine.pages().flat_map(|page| page.nodes().map(|(_, node)| node)).collect();
        nodes.sort_by(|one, other| canonical_order(one.below(), other.below()));
        nodes.into_iter()
    }
}

impl std::fmt::Debug for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Zone({} serial {}, {} names)", self.apex, self.serial, self.names)
    }
}

/// Whether data of this kind at a name makes the names below it no data of the zone.
pub(super) fn occludes(flags: Flags) -> bool {
    flags.has(Flags::CUT.with(Flags::DNAME).with(Flags::OCCLUDED))
}

/// The SOA record as negative answers carry it.
pub(super) fn negative_soa(soa: RrsetRef<'_>, class: Class) -> RrsetDraft {
    let mut draft = RrsetDraft::new(Rtype::SOA);
    for record in soa.records() {
        let ttl = record.ttl().min(soa_minimum(record.rdata()));
        draft.push_record(class.0, ttl, record.rdata());
    }
    for record in soa.signatures() {
        draft.push_signature(class.0, record.ttl().min(draft_ttl(&draft)), record.rdata());
    }
    draft
}

fn draft_ttl(draft: &RrsetDraft) -> Ttl {
    RrsetRef::from_draft(draft).ttl()
}

/// SERIAL of an SOA record's data. Source: RFC 1035 §3.3.13.
pub(super) fn soa_serial(rdata: &[u8]) -> u32 {
    soa_number(rdata, 0)
}

fn soa_minimum(rdata: &[u8]) -> Ttl {
    Ttl::from_secs(soa_number(rdata, 4))
}

fn soa_number(rdata: &[u8], index: usize) -> u32 {
    let at = rdata.len() - 20 + 4 * index;
    u32::from_be_bytes(rdata[at..at + 4].try_into().expect("a slice of four octets"))
}
