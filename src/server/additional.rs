//! Additional data: addresses of servers in referrals, and of the targets of NS, MX, SRV and NAPTR.

use super::reply::{Full, Place, Reply, Section, Written};
use crate::record::Rtype;
use crate::zone::{Node, QueryName, RecordRef, RrsetRef, Zone};

/// No more targets of MX, SRV or NAPTR records than this get additional data.
const MOST_TARGETS: usize = 32;
const ADDRESSES: [Rtype; 2] = [Rtype::A, Rtype::AAAA];

/// Adds the addresses of the servers of a referral. The addresses of servers at or below the name
/// that is delegated are needed to go on: where they don't fit, TC is set (RFC 9471 §3); those
/// of others are left out.
pub(super) fn glue(
    reply: &mut Reply<'_>,
    zone: &Zone,
    servers: &RrsetRef<'_>,
    cut: &[u8],
    at: Written,
    signed: bool,
) {
    for needed in [true, false] {
        let mut place = at.first_data();
        for record in servers.records() {
            let target = QueryName::parse(record.rdata()).ok();
            if let Some(target) = target.filter(|target| is_at_or_below(target, cut) == needed) {
                let node = zone.addresses_for_delegation(&target);
                let added = node.map_or(Ok(()), |node| push(reply, node, &ADDRESSES, place, signed));
                match added {
                    Ok(()) => {}
                    Err(Full) if needed => return reply.set_truncated(),
                    Err(Full) => return,
                }
            }
            place = at.next_data(place, record.rdata().len());
        }
    }
}

/// Adds what a client will ask next, as far as it fits.
pub(super) fn targets(reply: &mut Reply<'_>, zone: &Zone, rrset: &RrsetRef<'_>, at: Written, signed: bool) {
    let (mut place, mut seen) = (at.first_data(), Seen::default());
    for record in rrset.records() {
        if let Some((offset, wanted)) = target(rrset.rtype(), record) {
            let name = record.rdata().get(offset..).and_then(|name| QueryName::parse(name).ok());
            let node = name.filter(|name| name.label_count() > 0).and_then(|name| match rrset.rtype() {
                Rtype::NS => zone.addresses_for_delegation(&name),
                _ => zone.authoritative(&name),
            });
            if let Some(node) = node {
                let added = match seen.insert(node) {
                    Ok(true) => push(reply, node, wanted, Place(place.0 + offset), signed),
                    Ok(false) => Ok(()),
                    Err(Full) => Err(Full),
                };
                if added.is_err() {
                    return;
                }
            }
        }
        place = at.next_data(place, record.rdata().len());
    }
}

/// Where in its data a record names a host, and what is wanted of that host.
fn target(rtype: Rtype, record: RecordRef<'_>) -> Option<(usize, &'static [Rtype])> {
    match rtype {
        Rtype::NS => Some((0, &ADDRESSES)),
        Rtype::MX => Some((2, &ADDRESSES)),
        Rtype::SRV => Some((6, &ADDRESSES)),
        Rtype::NAPTR => naptr_target(record.rdata()),
        _ => None,
    }
}

/// Source: RFC 3404 §4.3 and RFC 3403 §4.1.
fn naptr_target(rdata: &[u8]) -> Option<(usize, &'static [Rtype])> {
    let mut at = 4;
    let flags_len = usize::from(*rdata.get(at)?);
    let wanted: &[Rtype] = match rdata.get(at + 1..at + 1 + flags_len)? {
        b"s" | b"S" => &[Rtype::SRV],
        b"a" | b"A" => &ADDRESSES,
        _ => return None,
    };
    for _ in 0..3 {
        at += 1 + usize::from(*rdata.get(at)?);
    }
    Some((at, wanted))
}

fn push(
    reply: &mut Reply<'_>,
    node: Node<'_>,
    wanted: &[Rtype],
    place: Place,
    signed: bool,
) -> Result<(), Full> {
    for &rtype in wanted {
        if let Some(rrset) = node.rrset(rtype) {
            reply.push(Section::Additional, place, &rrset, signed)?;
        }
    }
    Ok(())
}

fn is_at_or_below(name: &QueryName<'_>, cut: &[u8]) -> bool {
    let Ok(cut) = QueryName::parse(cut) else { return false };
    name.ancestor(cut.label_count()).eq_ignore_ascii_case(cut.as_wire())
}

/// Nodes whose data was added: several records may name one host.
struct Seen {
    nodes: [*const u8; MOST_TARGETS],
    len: usize,
}

impl Default for Seen {
    fn default() -> Self {
        Self { nodes: [std::ptr::null(); MOST_TARGETS], len: 0 }
    }
}

impl Seen {
    /// Whether the node is new.
    fn insert(&mut self, node: Node<'_>) -> Result<bool, Full> {
        let node = node.identity();
        if self.nodes[..self.len].contains(&node) {
            return Ok(false);
        }
        *self.nodes.get_mut(self.len).ok_or(Full)? = node;
        self.len += 1;
        Ok(true)
    }
}
