//! Additional data: addresses of servers in referrals, and what the targets of records have.

use super::reply::{Full, Place, Reply, Section, Written};
use super::uri_host;
use crate::record::{MAX_NAME, Rtype};
use crate::zone::{Node, QueryName, RrsetRef, Zone};

/// No more targets of an RRset than this get additional data.
const MOST_TARGETS: usize = 32;
const ADDRESSES: [Rtype; 2] = [Rtype::A, Rtype::AAAA];

/// Adds the addresses of the servers of a referral. The addresses of servers at or below the name
/// that is delegated are needed to go on: where they don't fit, TC is set (RFC 9471 §3); those
/// of others are left out.
pub(super) fn glue(
    reply: &mut Reply<'_, '_>,
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
                    Err(Full) if needed => return reply.set_truncated(),
                    // What another has may be less.
                    Ok(()) | Err(Full) => {}
                }
            }
            place = reply.next_data(at, place);
        }
    }
}

/// Where a record says who is asked next.
enum Target {
    /// The name at this offset of its data.
    Data(usize),
    /// Its own owner.
    Owner,
    /// The host of the URI at this offset of its data.
    UriHost(usize),
}

/// Adds what a client will ask next, as far as it fits: what the targets of `rrset`, which was
/// written for the name `owner` at `at`, have in this zone. No alias is followed for that.
pub(super) fn targets(
    reply: &mut Reply<'_, '_>,
    zone: &Zone,
    rrset: &RrsetRef<'_>,
    owner: (&QueryName<'_>, Place),
    at: Written,
    signed: bool,
) {
    let rtype = rrset.rtype();
    if !has_targets(rtype) {
        return;
    }
    // Nearly always there is no target here, and making room for them would cost more than seeing that.
    let (mut place, mut seen) = (at.first_data(), None);
    for record in rrset.records() {
        let rdata = record.rdata();
        if let Some((target, wanted)) = target(rtype, rdata)
            && let Some(host) = target.host(rtype, rdata, place, owner)
        {
            match seen.get_or_insert_with(Seen::default).insert(host.octets()) {
                // Where it does not fit: what another has may be less.
                Ok(true) => push_of(reply, zone, rtype, &host, wanted, signed).unwrap_or(()),
                Ok(false) => {}
                Err(Full) => return,
            }
        }
        place = reply.next_data(at, place);
    }
}

impl Target {
    /// The host in this record, whose data stands at `place`.
    fn host<'a>(
        self,
        rtype: Rtype,
        rdata: &'a [u8],
        place: Place,
        owner: (&QueryName<'a>, Place),
    ) -> Option<Host<'a>> {
        match self {
            Self::Owner => Some(Host::Name(owner.0.clone(), owner.1)),
            Self::Data(offset) => {
                let name = QueryName::parse(rdata.get(offset..)?).ok()?;
                // The root is no host but where it serves itself (RFC 2782, RFC 7505).
                let is_host = name.label_count() > 0 || rtype == Rtype::NS;
                is_host.then_some(Host::Name(name, Place(place.0 + offset)))
            }
            Self::UriHost(offset) => uri_host::of(rdata.get(offset..)?).map(Host::Text),
        }
    }
}

/// Who is asked next.
enum Host<'a> {
    /// A name, and where it stands in the message.
    Name(QueryName<'a>, Place),
    /// As a URI writes it.
    Text(&'a [u8]),
}

impl<'a> Host<'a> {
    /// What tells it from others of the same RRset.
    fn octets(&self) -> &'a [u8] {
        match self {
            Self::Name(name, _) => name.as_wire(),
            Self::Text(text) => text,
        }
    }
}

fn has_targets(rtype: Rtype) -> bool {
    matches!(
        rtype,
        Rtype::NS
            | Rtype::MX
            | Rtype::AFSDB
            | Rtype::RT
            | Rtype::SRV
            | Rtype::NAPTR
            | Rtype::KX
            | Rtype::SVCB
            | Rtype::HTTPS
            | Rtype::URI
    )
}

/// Whom a record leads to, and what is wanted of it.
///
/// Source: RFC 1035 §3.3 for NS and MX, RFC 1183 for AFSDB and RT, RFC 2230 for KX, RFC 2782 for
/// SRV, RFC 9460 §4.1 for SVCB and HTTPS, RFC 3403 and RFC 3404 for NAPTR, RFC 7553 for URI.
fn target(rtype: Rtype, rdata: &[u8]) -> Option<(Target, &'static [Rtype])> {
    match rtype {
        Rtype::NS => Some((Target::Data(0), &ADDRESSES)),
        Rtype::MX | Rtype::AFSDB | Rtype::RT | Rtype::KX => Some((Target::Data(2), &ADDRESSES)),
        Rtype::SRV => Some((Target::Data(6), &ADDRESSES)),
        Rtype::NAPTR => naptr_target(rdata),
        Rtype::SVCB => service_target(rdata, &[Rtype::SVCB, Rtype::A, Rtype::AAAA]),
        Rtype::HTTPS => service_target(rdata, &[Rtype::HTTPS, Rtype::A, Rtype::AAAA]),
        Rtype::URI => Some((Target::UriHost(4), &ADDRESSES)),
        _ => None,
    }
}

/// A terminal rule's replacement, by its flag.
fn naptr_target(rdata: &[u8]) -> Option<(Target, &'static [Rtype])> {
    let mut at = 4;
    let flags_len = usize::from(*rdata.get(at)?);
    let wanted: &[Rtype] = match rdata.get(at + 1..at + 1 + flags_len)? {
        b"s" | b"S" => &[Rtype::SRV],
        b"a" | b"A" => &ADDRESSES,
        b"d" | b"D" => &[Rtype::URI],
        _ => return None,
    };
    for _ in 0..3 {
        at += 1 + usize::from(*rdata.get(at)?);
    }
    Some((Target::Data(at), wanted))
}

/// `of_alias`: what is wanted where the priority is 0, which makes the record an alias. Its target
/// `.` stands for no service then, else for the owner. Source: RFC 9460 §2.5.
fn service_target(rdata: &[u8], of_alias: &'static [Rtype]) -> Option<(Target, &'static [Rtype])> {
    match *rdata {
        [0, 0, 0, ..] => None,
        [0, 0, ..] => Some((Target::Data(2), of_alias)),
        [_, _, 0, ..] => Some((Target::Owner, &ADDRESSES)),
        _ => Some((Target::Data(2), &ADDRESSES)),
    }
}

fn push_of(
    reply: &mut Reply<'_, '_>,
    zone: &Zone,
    rtype: Rtype,
    host: &Host<'_>,
    wanted: &[Rtype],
    signed: bool,
) -> Result<(), Full> {
    let node = |name: &QueryName<'_>| match rtype {
        Rtype::NS => zone.addresses_for_delegation(name),
        _ => zone.authoritative(name),
    };
    match host {
        Host::Name(name, place) => {
            node(name).map_or(Ok(()), |node| push(reply, node, wanted, *place, signed))
        }
        Host::Text(text) => {
            let mut wire = [0; MAX_NAME];
            let name = uri_host::name(text, &mut wire).and_then(|name| QueryName::parse(name).ok());
            let Some(name) = name else { return Ok(()) };
            node(&name).map_or(Ok(()), |node| push_named(reply, node, wanted, &name, signed))
        }
    }
}

/// As [`push`], for a name that stands nowhere in the message, so that it is written once.
fn push_named(
    reply: &mut Reply<'_, '_>,
    node: Node<'_>,
    wanted: &[Rtype],
    name: &QueryName<'_>,
    signed: bool,
) -> Result<(), Full> {
    let (mut added, mut place) = (Ok(()), None);
    for rrset in wanted.iter().filter_map(|&rtype| node.rrset(rtype)) {
        let pushed = match place {
            Some(place) => reply.push(Section::Additional, place, &rrset, signed).map(drop),
            None => reply
                .push_named(Section::Additional, name.as_wire(), &rrset, signed)
                .map(|written| place = Some(written)),
        };
        added = added.and(pushed);
    }
    added
}

fn push(
    reply: &mut Reply<'_, '_>,
    node: Node<'_>,
    wanted: &[Rtype],
    place: Place,
    signed: bool,
) -> Result<(), Full> {
    let mut added = Ok(());
    for rrset in wanted.iter().filter_map(|&rtype| node.rrset(rtype)) {
        added = added.and(reply.push(Section::Additional, place, &rrset, signed).map(drop));
    }
    added
}

fn is_at_or_below(name: &QueryName<'_>, cut: &[u8]) -> bool {
    let Ok(cut) = QueryName::parse(cut) else { return false };
    name.ancestor(cut.label_count()).eq_ignore_ascii_case(cut.as_wire())
}

/// Hosts whose data was added: several records may name one.
#[derive(Default)]
struct Seen<'z> {
    names: [&'z [u8]; MOST_TARGETS],
    len: usize,
}

impl<'z> Seen<'z> {
    /// Whether the name is new.
    fn insert(&mut self, name: &'z [u8]) -> Result<bool, Full> {
        if self.names[..self.len].iter().any(|seen| seen.eq_ignore_ascii_case(name)) {
            return Ok(false);
        }
        *self.names.get_mut(self.len).ok_or(Full)? = name;
        self.len += 1;
        Ok(true)
    }
}
