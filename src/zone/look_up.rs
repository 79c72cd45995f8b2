//! What a zone has for a name and a type. Source: RFC 1034 §4.3.2, with RFC 4592, 6672 and 8020.

use super::node::{Flags, Node, RrsetRef};
use super::query_name::{PathHashes, QueryName, WILDCARD};
use super::snapshot::{Zone, occludes};
use crate::record::Rtype;

/// What a zone has for a name and a type.
///
/// Owner names are told as a number of labels: an owner is always an ancestor of the name asked, or
/// that name itself (for a wildcard's records too, RFC 4592 §2.2).
pub enum LookUp<'z> {
    /// The name has this type; or, for the type ANY, whatever [`Match::node`] has.
    Found(Match<'z>, Option<RrsetRef<'z>>),
    /// The name is an alias and another type than CNAME was asked.
    Cname(Match<'z>, RrsetRef<'z>),
    /// A name above has a DNAME record.
    Dname {
        /// The DNAME record.
        rrset: RrsetRef<'z>,
        /// How many labels its owner has.
        owner_labels: usize,
    },
    /// The name exists, as an empty non-terminal at least, and has no such type.
    NoData(Match<'z>),
    /// There is no such name, nor anything below it.
    NxDomain {
        /// How many labels the longest existing ancestor has. Source: RFC 4592 §3.3.1.
        encloser_labels: usize,
    },
    /// The name is at or below a delegation.
    Delegation {
        /// Its NS records.
        servers: RrsetRef<'z>,
        /// The name that owns them.
        node: Node<'z>,
        /// How many labels that name has.
        owner_labels: usize,
    },
}

/// Which node stands for the name that was asked.
#[derive(Clone, Copy)]
pub struct Match<'z> {
    /// The node.
    pub node: Node<'z>,
    /// For a wildcard's node, how many labels the wildcard's parent has; `None` for the name itself.
    pub wildcard: Option<usize>,
}

/// A name's place in a zone: the node of the name or of its closest encloser.
struct Closest<'z> {
    node: Node<'z>,
    labels: usize,
}

impl Zone {
    /// Looks `name`, which is at or below the apex, and `rtype` up.
    #[must_use]
    pub fn look_up(&self, name: &QueryName<'_>, rtype: Rtype) -> LookUp<'_> {
        self.look_up_from(name, rtype, self.exact(name))
    }

    /// The same for who knows whether there is a node of exactly this name.
    pub(super) fn look_up_from<'z>(
        &'z self,
        name: &QueryName<'_>,
        rtype: Rtype,
        exact: Option<Node<'z>>,
    ) -> LookUp<'z> {
        let closest = self.closest(name, exact);
        let exact = closest.labels == name.label_count();
        let flags = closest.node.flags();
        if flags.has(Flags::OCCLUDED) {
            return self.occluder(name, closest.labels);
        }
        // The parent's side answers for DS. Source: RFC 4035 §3.1.4.1.
        if flags.has(Flags::CUT) && !(exact && rtype == Rtype::DS) {
            return delegation(closest.node, closest.labels);
        }
        if exact {
            return at_node(Match { node: closest.node, wildcard: None }, rtype);
        }
        if flags.has(Flags::DNAME) {
            return dname(closest.node, closest.labels);
        }
        if !flags.has(Flags::WILDCARD_CHILD) {
            return LookUp::NxDomain { encloser_labels: closest.labels };
        }
        self.at_wildcard(name, closest.labels, rtype)
    }

    fn exact(&self, name: &QueryName<'_>) -> Option<Node<'_>> {
        let labels = name.label_count();
        let hash = self.hash.of(name, self.apex_labels, labels);
        self.spine.find(hash, name.between(labels, self.apex_labels))
    }

    /// The name itself or its longest existing ancestor. Empty non-terminals are nodes, so a name's
    /// ancestors exist whenever it does, and the search can halve the path at each step.
    fn closest<'z>(&'z self, name: &QueryName<'_>, exact: Option<Node<'z>>) -> Closest<'z> {
        let labels = name.label_count();
        if let Some(node) = exact {
            return Closest { node, labels };
        }
        let mut best = Closest { node: self.apex_node(), labels: self.apex_labels };
        if best.labels + 1 == labels {
            return best;
        }
        let (hashes, mut missing) = (self.hash.path(name, self.apex_labels), labels);
        let hashes = &hashes;
        while best.labels + 1 < missing {
            let middle = best.labels + (missing - best.labels) / 2;
            match self.at(name, hashes, middle) {
                Some(node) => best = Closest { node, labels: middle },
                None => missing = middle,
            }
        }
        best
    }

    /// The topmost delegation or DNAME at or above the ancestor with `labels` labels, which is
    /// occluded.
    fn occluder(&self, name: &QueryName<'_>, labels: usize) -> LookUp<'_> {
        let hashes = self.hash.path(name, self.apex_labels);
        for above in self.apex_labels..=labels {
            let Some(node) = self.at(name, &hashes, above) else { continue };
            if node.flags().has(Flags::CUT) {
                return delegation(node, above);
            }
            if node.flags().has(Flags::DNAME) {
                return dname(node, above);
            }
        }
        LookUp::NxDomain { encloser_labels: labels }
    }

    /// Source: RFC 4592 §3.3.
    fn at_wildcard(&self, name: &QueryName<'_>, encloser_labels: usize, rtype: Rtype) -> LookUp<'_> {
        let Some(node) = self.wildcard_below(name, encloser_labels) else {
            return LookUp::NxDomain { encloser_labels };
        };
        // RFC 4592 §4.2 and §4.4 leave NS and DNAME at a wildcard undefined. As in NSD and PowerDNS they
        // are data like any other for the names that are covered (Knot refers, BIND loads no such zone).
        at_node(Match { node, wildcard: Some(encloser_labels) }, rtype)
    }

    fn wildcard_below(&self, name: &QueryName<'_>, encloser_labels: usize) -> Option<Node<'_>> {
        let above = name.between(encloser_labels, self.apex_labels);
        let mut below = [0; crate::record::MAX_NAME + WILDCARD.len()];
        below[..WILDCARD.len()].copy_from_slice(WILDCARD);
        below[WILDCARD.len()..WILDCARD.len() + above.len()].copy_from_slice(above);
        let encloser = self.hash.of(name, self.apex_labels, encloser_labels);
        let hash = self.hash.child(encloser, WILDCARD);
        self.spine.find(hash, &below[..WILDCARD.len() + above.len()])
    }

    fn at(&self, name: &QueryName<'_>, hashes: &PathHashes, labels: usize) -> Option<Node<'_>> {
        self.spine.find(hashes.of(labels), name.between(labels, self.apex_labels))
    }

    /// The node whose addresses a referral may carry for a server of this name: authoritative,
    /// a wildcard's, or glue. `None` for a name that is in none of these.
    pub fn addresses_for_delegation(&self, name: &QueryName<'_>) -> Option<Node<'_>> {
        let closest = self.find_closest(name)?;
        if closest.labels == name.label_count() {
            return Some(closest.node);
        }
        // Below a delegation too: NSD and Knot send what a wildcard there gives.
        let flags = closest.node.flags();
        if flags.has(Flags::DNAME) || !flags.has(Flags::WILDCARD_CHILD) {
            return None;
        }
        self.wildcard_below(name, closest.labels)
    }

    /// The node with this zone's own data for a name: not occluded, and not delegated.
    #[must_use]
    pub fn authoritative(&self, name: &QueryName<'_>) -> Option<Node<'_>> {
        let closest = self.find_closest(name)?;
        let flags = closest.node.flags();
        if flags.has(Flags::OCCLUDED.with(Flags::CUT)) {
            return None;
        }
        if closest.labels == name.label_count() {
            return Some(closest.node);
        }
        if flags.has(Flags::DNAME) || !flags.has(Flags::WILDCARD_CHILD) {
            return None;
        }
        self.wildcard_below(name, closest.labels)
    }

    /// Whether the name is below a delegation or a DNAME of this zone.
    pub(super) fn is_occluded(&self, name: &QueryName<'_>) -> bool {
        self.find_closest(name).is_some_and(|closest| {
            let flags = closest.node.flags();
            flags.has(Flags::OCCLUDED) || (closest.labels < name.label_count() && occludes(flags))
        })
    }

    fn find_closest(&self, name: &QueryName<'_>) -> Option<Closest<'_>> {
        self.contains(name).then(|| self.closest(name, self.exact(name)))
    }

    /// Whether the name is the apex or stands below it.
    #[must_use]
    pub fn contains(&self, name: &QueryName<'_>) -> bool {
        name.label_count() >= self.apex_labels
            && name.ancestor(self.apex_labels).eq_ignore_ascii_case(self.apex.as_wire())
    }
}

fn at_node(found: Match<'_>, rtype: Rtype) -> LookUp<'_> {
    if rtype == Rtype::ANY {
        return match found.node.entries().next() {
            Some(_) => LookUp::Found(found, None),
            None => LookUp::NoData(found),
        };
    }
    if rtype == Rtype::RRSIG {
        return match found.node.entries().any(|rrset| rrset.signature_count() > 0) {
            true => LookUp::Found(found, None),
            false => LookUp::NoData(found),
        };
    }
    match found.node.rrset(rtype) {
        Some(rrset) => LookUp::Found(found, Some(rrset)),
        // NSEC stands beside a CNAME and is asked of the alias itself. Source: RFC 4035 §2.5.
        None if found.node.flags().has(Flags::CNAME) && rtype != Rtype::NSEC => {
            match found.node.rrset(Rtype::CNAME) {
                Some(rrset) => LookUp::Cname(found, rrset),
                None => LookUp::NoData(found),
            }
        }
        None => LookUp::NoData(found),
    }
}

fn delegation(node: Node<'_>, owner_labels: usize) -> LookUp<'_> {
    match node.rrset(Rtype::NS) {
        Some(servers) => LookUp::Delegation { servers, node, owner_labels },
        None => LookUp::NxDomain { encloser_labels: owner_labels },
    }
}

fn dname(node: Node<'_>, owner_labels: usize) -> LookUp<'_> {
    match node.rrset(Rtype::DNAME) {
        Some(rrset) => LookUp::Dname { rrset, owner_labels },
        None => LookUp::NxDomain { encloser_labels: owner_labels },
    }
}
