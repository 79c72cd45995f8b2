//! Names that records lead to, as far as they are in the zone.

use super::fault::{BuildFault, Kind};
use super::node::{Flags, Node};
use super::pending::{Marks, Pending};
use super::query_name::QueryName;
use super::snapshot::Zone;
use crate::record::{Name, Rtype};

/// Aliases that are followed when a loop is looked for.
const MOST_ALIASES: usize = 16;

/// What is odd about the servers, mail exchanges, services' hosts and aliases that the records name.
pub(super) fn faults(records: &Pending, zone: &Zone) -> Vec<BuildFault> {
    let mut faults = Vec::new();
    for index in 0..records.owners.len() {
        let owner = records.owners[index];
        if !owner.marks.has(Marks::TARGET) || !owner.marks.has(Marks::INSIDE) {
            continue;
        }
        for record in records.of_owner(index) {
            let offset = match record.rtype {
                Rtype::NS | Rtype::CNAME => 0,
                Rtype::MX => 2,
                Rtype::SRV => 6,
                _ => continue,
            };
            let target = records.rdata(record).get(offset..).and_then(|target| Name::from_wire(target).ok());
            let Some(target) = target.filter(|target| target.is_at_or_below(zone.apex())) else { continue };
            let kind = match record.rtype {
                Rtype::NS => fault_of_server(zone, &records.name(owner), &target),
                Rtype::CNAME => is_loop(zone, &target).then_some(Kind::AliasLoop),
                rtype => fault_of_host(zone, rtype, &target),
            };
            faults.extend(kind.map(|kind| kind.at(record.span, Some(records.name(owner)))));
        }
    }
    faults
}

fn fault_of_server(zone: &Zone, owner: &Name, target: &Name) -> Option<Kind> {
    let query = QueryName::from(target);
    match zone.addresses_for_delegation(&query) {
        Some(node) if node.flags().has(Flags::CNAME) => Some(Kind::ServerIsAlias),
        Some(node) if has_address(node) => None,
        // A server below another delegation may have its addresses there only.
        None if zone.is_occluded(&query) && !target.is_at_or_below(owner) => None,
        _ => Some(Kind::MissingGlue),
    }
}

/// The root stands for no host. Source: RFC 7505 §3, RFC 2782.
fn fault_of_host(zone: &Zone, rtype: Rtype, target: &Name) -> Option<Kind> {
    let query = QueryName::from(target);
    match zone.authoritative(&query) {
        _ if target.is_root() => None,
        Some(node) if node.flags().has(Flags::CNAME) => Some(Kind::TargetIsAlias(rtype)),
        Some(node) if has_address(node) => None,
        None if zone.is_occluded(&query) || zone.node(target).is_some() => None,
        _ => Some(Kind::TargetWithoutAddress(rtype)),
    }
}

fn has_address(node: Node<'_>) -> bool {
    [Rtype::A, Rtype::AAAA].iter().any(|&rtype| node.rrset(rtype).is_some())
}

/// Whether aliases from this name on never end, as far as they are in the zone.
fn is_loop(zone: &Zone, first: &Name) -> bool {
    let mut passed = vec![first.clone()];
    while passed.len() <= MOST_ALIASES {
        let Some(last) = passed.last() else { return false };
        let node = zone.authoritative(&QueryName::from(last));
        let alias = node.and_then(|node| node.rrset(Rtype::CNAME)).and_then(|alias| alias.records().next());
        let Some(next) = alias.and_then(|alias| Name::from_wire(alias.rdata()).ok()) else { return false };
        if passed.contains(&next) {
            return true;
        }
        passed.push(next);
    }
    false
}

#[cfg(test)]
mod tests {
    use crate::zone::fixture::build;

    fn codes(lines: &[&str]) -> Vec<&'static str> {
        let lines = [&["example. SOA", "example. NS ns.other."], lines].concat();
        build(&lines).faults.iter().map(|fault| fault.code).collect()
    }

    #[test]
    fn mail_exchanges() {
        assert_eq!(codes(&["a.example. MX b.example.", "b.example. A 1"]), [""; 0]);
        assert_eq!(codes(&["a.example. MX b.example.", "*.example. A 1"]), [""; 0]);
        assert_eq!(codes(&["a.example. MX ."]), [""; 0]);
        assert_eq!(codes(&["a.example. MX b.other."]), [""; 0]);
        assert_eq!(codes(&["a.example. MX b.example."]), ["target-without-address"]);
        assert_eq!(codes(&["a.example. MX b.example.", "b.example. TXT x"]), ["target-without-address"]);
        assert_eq!(codes(&["a.example. MX b.example.", "b.example. CNAME c."]), ["target-is-alias"]);
        let below_a_cut = ["a.example. MX b.c.example.", "c.example. NS x.", "b.c.example. A 1"];
        assert_eq!(codes(&below_a_cut), [""; 0]);
    }

    #[test]
    fn loops() {
        assert_eq!(codes(&["a.example. CNAME a.example."]), ["alias-loop"]);
        assert_eq!(codes(&["a.example. CNAME b.example.", "b.example. CNAME a.example."]), ["alias-loop"; 2]);
        assert_eq!(codes(&["*.example. CNAME x.example."]), ["alias-loop"]);
        assert_eq!(codes(&["a.example. CNAME b.example.", "b.example. CNAME c."]), [""; 0]);
    }
}
