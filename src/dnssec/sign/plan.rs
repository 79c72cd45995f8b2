//! Which names of a zone are signed, and what of them.

use crate::record::{Name, Rtype};
use crate::zone::{Node, RrsetRef, Zone};

/// A name that stays in the zone, with what it owns.
pub(super) struct Planned<'z> {
    pub(super) owner: Name,
    pub(super) node: Node<'z>,
    pub(super) kind: Kind,
}

/// What a name is to a signer. Source: RFC 4035 §2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// All of it is signed; more stands there than the zone's source has.
    Apex,
    /// All of it is signed.
    Authoritative,
    /// Of a delegation only the DS records are, where there are any.
    Cut { secure: bool },
    /// Below a delegation or a DNAME record: nothing.
    Occluded,
}

/// The names in canonical order. Those that own nothing but records that signing makes are left out, and so are
/// empty non-terminals.
pub(super) fn plan(zone: &Zone) -> Vec<Planned<'_>> {
    let mut occluder: Option<Name> = None;
    let mut names = Vec::with_capacity(zone.name_count());
    for (owner, node) in zone.nodes() {
        let at_apex = owner == *zone.apex();
        if !node.rrsets().any(|rrset| is_kept(rrset.rtype(), at_apex)) {
            continue;
        }
        let occluded = occluder.as_ref().is_some_and(|above| owner.is_at_or_below(above));
        let kind = if occluded {
            Kind::Occluded
        } else if at_apex {
            Kind::Apex
        } else if node.rrset(Rtype::NS).is_some() {
            Kind::Cut { secure: node.rrset(Rtype::DS).is_some() }
        } else {
            Kind::Authoritative
        };
        let occludes = matches!(kind, Kind::Cut { .. }) || node.rrset(Rtype::DNAME).is_some();
        if !occluded && occludes {
            occluder = Some(owner.clone());
        }
        names.push(Planned { owner, node, kind });
    }
    names
}

/// Whether records stay: signing makes the others anew.
fn is_kept(rtype: Rtype, at_apex: bool) -> bool {
    match rtype {
        Rtype::RRSIG | Rtype::NSEC | Rtype::NSEC3 => false,
        Rtype::NSEC3PARAM | Rtype::DNSKEY | Rtype::CDS | Rtype::CDNSKEY | Rtype::ZONEMD => !at_apex,
        _ => true,
    }
}

impl<'z> Planned<'z> {
    /// The RRsets that stay.
    pub(super) fn rrsets(&self) -> impl Iterator<Item = RrsetRef<'z>> + use<'z> {
        let at_apex = self.kind == Kind::Apex;
        self.node.rrsets().filter(move |rrset| is_kept(rrset.rtype(), at_apex))
    }

    /// Whether an RRset of this name is signed.
    pub(super) fn signs(&self, rtype: Rtype) -> bool {
        match self.kind {
            Kind::Apex | Kind::Authoritative => true,
            Kind::Cut { .. } => rtype == Rtype::DS,
            Kind::Occluded => false,
        }
    }

    /// The types that a denial shows: without RRSIG and NSEC, and at a delegation only the parent's.
    pub(super) fn shown(&self) -> impl Iterator<Item = Rtype> + use<'z> {
        let is_cut = matches!(self.kind, Kind::Cut { .. });
        let is_shown = move |rtype: &Rtype| !is_cut || matches!(*rtype, Rtype::NS | Rtype::DS);
        self.rrsets().map(|rrset| rrset.rtype()).filter(is_shown)
    }

    /// Whether the name has a place in a chain that leaves out unsigned delegations, or not.
    pub(super) fn is_linked(&self, opt_out: bool) -> bool {
        match self.kind {
            Kind::Apex | Kind::Authoritative => true,
            Kind::Cut { secure } => secure || !opt_out,
            Kind::Occluded => false,
        }
    }
}
