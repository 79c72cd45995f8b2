//! The record that most proofs of absence need, sought in steps as names are, before the answer is begun.

use super::super::canonical::Place;
use super::super::fetch::fetch;
use super::super::node::Node;
use super::super::query_name::QueryName;
use super::super::snapshot::Zone;
use super::chain::{Chain, Link, leading_bits};
use super::order::Leaf;
use crate::record::Rtype;
use crate::record::dnssec::Nsec3Hash;

/// On the way to the record that covers a name which is not there. With NSEC3 only for names right below the apex: as
/// nearly all are that are asked for in a zone of hashed names.
#[derive(Clone, Copy)]
pub struct Foreseen<'z>(State<'z>);

/// What memory was asked for.
#[derive(Clone, Copy)]
enum State<'z> {
    /// The names among which the one in front stands, in canonical order.
    Leaf(&'z Leaf),
    /// The next part of the node of this hash, which is that name, after so many.
    Node(u64, u8),
    /// Its NSEC record.
    Owner(Option<Node<'z>>),
    /// Where the page of an NSEC3 record is.
    Slot(&'z Chain, Nsec3Hash),
    /// The hashes on the page.
    Hashes(&'z Chain, Nsec3Hash),
    /// The NSEC3 record.
    Link(Option<Link<'z>>),
}

impl<'z> Foreseen<'z> {
    /// `None` where no such record will prove the absence.
    pub(in crate::zone) fn begin(zone: &'z Zone, name: &QueryName<'_>) -> Option<Self> {
        let denial = &zone.denial;
        if denial.signer.is_some() {
            return None;
        }
        if let Some(chain) = denial.served_chain() {
            if name.label_count() != zone.apex_labels + 1 {
                return None;
            }
            let hash = chain.hash(name.as_wire());
            chain.spine.fetch_slot(leading_bits(&hash));
            return Some(Self(State::Slot(chain, hash)));
        }
        let leaf = denial.order.as_ref()?.leaf(&place(zone, name))?;
        leaf.fetch();
        Some(Self(State::Leaf(leaf)))
    }

    /// Goes a step on, for the zone and the name that it was begun with.
    pub(in crate::zone) fn fetch(self, zone: &'z Zone, name: &QueryName<'_>) -> Self {
        Self(match self.0 {
            State::Leaf(leaf) => {
                let hash = leaf.at_or_before(zone.names(), &place(zone, name));
                zone.spine.fetch_part(hash, 0);
                State::Node(hash, 1)
            }
            State::Node(hash, parts) if zone.spine.fetch_part(hash, parts) => State::Node(hash, parts + 1),
            State::Node(hash, _) => {
                let node = zone.names().node(hash);
                if let Some(rrset) = node.and_then(|node| node.rrset(Rtype::NSEC)) {
                    fetch(rrset.signed_octets());
                }
                State::Owner(node)
            }
            State::Slot(chain, hash) => {
                chain.spine.page_of(leading_bits(&hash)).fetch_hashes();
                State::Hashes(chain, hash)
            }
            State::Hashes(chain, hash) => {
                let link = chain.covering(&hash);
                if let Some(link) = link {
                    fetch(link.octets);
                }
                State::Link(link)
            }
            done @ (State::Owner(_) | State::Link(_)) => done,
        })
    }

    /// Whether nothing is left to be asked for.
    pub(in crate::zone) fn is_done(&self) -> bool {
        matches!(self.0, State::Owner(_) | State::Link(_))
    }

    /// The name that owns the NSEC record, or that there is none; `None` where that is not known.
    pub(super) fn owner(self) -> Option<Option<Node<'z>>> {
        if let State::Owner(node) = self.0 { Some(node) } else { None }
    }

    /// The NSEC3 record, or that there is none; `None` where that is not known.
    pub(super) fn link(self) -> Option<Option<Link<'z>>> {
        if let State::Link(link) = self.0 { Some(link) } else { None }
    }
}

fn place<'n>(zone: &Zone, name: &QueryName<'n>) -> Place<'n> {
    Place::of(name.between(name.label_count(), zone.apex_labels))
}
