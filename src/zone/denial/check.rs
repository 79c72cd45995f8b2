//! What is wrong with a zone's denial structures: what validators would take for forged.

use super::super::fault::{BuildFault, Kind};
use super::super::finding::Span;
use super::super::node::{Flags, Node, RrsetRef};
use super::super::snapshot::Zone;
use super::Chain;
use super::proof::label;
use crate::record::dnssec::{Nsec, Nsec3, Nsec3Params, TypeBitmap};
use crate::record::{Name, Rtype};

/// Names are hashed as long as that is quick: a second or so.
const MOST_HASHES: usize = 4_000_000;
/// Validators take zones with more iterations for insecure. Source: RFC 9276 §3.2.
const MOST_ITERATIONS: u16 = 100;

/// A kind of fault: where it was seen first, and how often.
struct Seen {
    kind: fn(usize) -> Kind,
    first: Name,
    count: usize,
}

/// Faults, each kind once.
#[derive(Default)]
struct Tally(Vec<Seen>);

impl Tally {
    fn add(&mut self, kind: fn(usize) -> Kind, owner: impl FnOnce() -> Name) {
        let code = |kind: fn(usize) -> Kind| std::mem::discriminant(&kind(0));
        match self.0.iter_mut().find(|seen| code(seen.kind) == code(kind)) {
            Some(seen) => seen.count += 1,
            None => self.0.push(Seen { kind, first: owner(), count: 1 }),
        }
    }
}

/// What is wrong with what proves absences in `zone`, and with what is not signed in it, as seen at `span`.
pub(in crate::zone) fn faults(zone: &Zone, span: Span) -> Vec<BuildFault> {
    let mut faults = Vec::new();
    let mut at_apex = |kind: Kind| faults.push(kind.at(span, Some(zone.apex().clone())));
    let apex = zone.apex_node();
    for record in apex.rrset(Rtype::NSEC3PARAM).iter().flat_map(RrsetRef::records) {
        match Nsec3Params::parse(record.rdata()) {
            Some(params) if params.hash_algorithm != Nsec3Params::SHA1 => {
                at_apex(Kind::Nsec3Hash(params.hash_algorithm));
            }
            Some(params) if params.iterations > MOST_ITERATIONS => {
                at_apex(Kind::Nsec3Iterations(params.iterations));
            }
            _ => {}
        }
    }
    match zone.denial.chains.len() {
        0 => {}
        1 if zone.denial.chain.is_none() => at_apex(Kind::Nsec3NotAnnounced),
        1 => {}
        several => at_apex(Kind::Nsec3Chains(several)),
    }
    let is_signed = apex.rrset(Rtype::DNSKEY).is_some();
    if is_signed && !zone.proves_absence() {
        at_apex(Kind::NoDenial);
    }
    let mut tally = Tally::default();
    if is_signed && zone.proves_absence() {
        for_each_own(zone, |node| unsigned(zone, node, &mut tally));
    }
    if let Some(chain) = zone.denial.served_chain() {
        check_chain(zone, chain, &mut tally);
    } else if zone.denial.order.is_some() {
        check_order(zone, &mut tally);
    }
    faults.extend(tally.0.into_iter().map(|seen| (seen.kind)(seen.count).at(span, Some(seen.first))));
    faults
}

/// Every name with data of the zone, delegations and empty non-terminals among them.
fn for_each_own(zone: &Zone, mut take: impl FnMut(Node<'_>)) {
    for (_, node) in zone.spine.pages().flat_map(|page| page.nodes()) {
        if !node.flags().has(Flags::OCCLUDED) {
            take(node);
        }
    }
}

/// What a name owns that is the zone's own and has no signature. Source: RFC 4035 §2.2.
fn unsigned(zone: &Zone, node: Node<'_>, tally: &mut Tally) {
    let is_cut = node.flags().has(Flags::CUT);
    let is_own = |rtype| !is_cut || matches!(rtype, Rtype::DS | Rtype::NSEC);
    if node.rrsets().any(|rrset| rrset.signature_count() == 0 && is_own(rrset.rtype())) {
        tally.add(Kind::Unsigned, || zone.owner_of(node));
    }
}

/// Source: RFC 4035 §2.3.
fn check_order(zone: &Zone, tally: &mut Tally) {
    for_each_own(zone, |node| {
        if node.rrsets().next().is_some() && node.rrset(Rtype::NSEC).is_none() {
            tally.add(Kind::NsecMissing, || zone.owner_of(node));
        }
    });
    let nodes = || zone.denial.order.iter().flat_map(|order| order.nodes(zone.names()));
    for (node, next) in nodes().zip(nodes().skip(1).chain([zone.apex_node()])) {
        let record = node.rrset(Rtype::NSEC).and_then(|rrset| rrset.records().next());
        let Some(nsec) = record.as_ref().and_then(|record| Nsec::parse(record.rdata())) else { continue };
        if nsec.next != zone.owner_of(next) {
            tally.add(Kind::NsecBroken, || zone.owner_of(node));
        }
        if !agrees(node, nsec.types, true) {
            tally.add(Kind::NsecTypes, || zone.owner_of(node));
        }
    }
}

/// Source: RFC 5155 §7.1.
fn check_chain(zone: &Zone, chain: &Chain, tally: &mut Tally) {
    let owner = |hash: &_| zone.name_below(&label(hash));
    let first = chain.links().next();
    for (link, next) in chain.links().zip(chain.links().skip(1).chain(first)) {
        let record = RrsetRef::from_octets(Rtype::NSEC3, link.octets).records().next();
        if record.and_then(|record| Nsec3::parse(record.rdata())).is_none_or(|nsec3| nsec3.next != next.hash)
        {
            tally.add(Kind::Nsec3Broken, || owner(link.hash));
        }
    }
    let mut left = MOST_HASHES / (usize::from(chain.params().iterations) + 1);
    for_each_own(zone, |node| {
        if left == 0 {
            return;
        }
        left -= 1;
        let name = zone.owner_of(node);
        let hash = chain.hash(name.as_wire());
        let nsec3 = |octets| {
            let record = RrsetRef::from_octets(Rtype::NSEC3, octets).records().next();
            record.and_then(|record| Nsec3::parse(record.rdata()))
        };
        match chain.matching(&hash).and_then(|link| nsec3(link.octets)) {
            Some(nsec3) if !agrees(node, nsec3.types, false) => tally.add(Kind::NsecTypes, || name),
            Some(_) => {}
            None => {
                // Delegations that are not signed, and empty non-terminals above them, may be left out.
                let is_bare = node.rrset(Rtype::DS).is_none() && node.flags().has(Flags::CUT);
                let may_be_out = is_bare || node.rrsets().next().is_none();
                let covering = chain.covering(&hash).and_then(|link| nsec3(link.octets));
                if !(may_be_out && covering.is_some_and(|nsec3| nsec3.is_opt_out())) {
                    tally.add(Kind::Nsec3Missing, || name);
                }
            }
        }
    });
}

/// Whether a bitmap tells the types that the name has. Source: RFC 4034 §4.1.2, RFC 5155 §3.2.1.
fn agrees(node: Node<'_>, types: TypeBitmap<'_>, is_nsec: bool) -> bool {
    let is_cut = node.flags().has(Flags::CUT);
    let is_own = |rtype: &Rtype| !is_cut || matches!(*rtype, Rtype::NS | Rtype::DS | Rtype::NSEC);
    let here = || node.rrsets().map(|rrset| rrset.rtype()).filter(is_own);
    let is_signed = node.entries().any(|rrset| rrset.signature_count() > 0 && is_own(&rrset.rtype()));
    let expected = here().count() + usize::from(is_signed);
    let told = types.iter().filter(|rtype| is_nsec || *rtype != Rtype::NSEC).count();
    here().filter(|rtype| is_nsec || *rtype != Rtype::NSEC).all(|rtype| types.contains(rtype))
        && types.contains(Rtype::RRSIG) == is_signed
        && told == expected - usize::from(!is_nsec && node.rrset(Rtype::NSEC).is_some())
}
