//! What the conditions of rules look at: which zone answers for a name, what is missing in a reply.

use std::collections::BTreeSet;

use mimi_dns::record::Rtype;

use super::super::compare::{self, Case, Reply};
use super::super::records::DraftRecord;
use super::super::worlds::World;
use crate::wire::Record;

impl Case<'_> {
    /// Apex, in small letters, and number of the zone that answers for a name.
    pub(super) fn zone_of(&self, name: &[u8]) -> Option<(Vec<u8>, usize)> {
        let apexes = self.world.zones.iter().map(|zone| zone.apex.wire(self.world.base).to_ascii_lowercase());
        apexes.zip(0..).filter(|(apex, _)| is_at_or_below(name, apex)).max_by_key(|(apex, _)| apex.len())
    }

    /// Whether a zone above the one with this apex is served too.
    pub(super) fn is_below_another(&self, apex: &[u8]) -> bool {
        ancestors(apex).nth(1).is_some_and(|above| self.zone_of(above).is_some())
    }

    /// Whether a name stands at or below a delegation of the zone that answers for the name asked.
    pub(super) fn is_occluded(&self, name: &[u8]) -> bool {
        let asked = self.question.name.wire(self.world.base).to_ascii_lowercase();
        let Some((apex, number)) = self.answering(&asked) else { return false };
        let cuts = self.world.zones[number].records.iter().filter(|record| record.rtype == Rtype::NS);
        cuts.map(|record| record.owner.wire(self.world.base).to_ascii_lowercase())
            .any(|cut| cut != apex && is_at_or_below(name, &cut))
    }

    /// Whether the addresses of the servers in their authority section would not fit into their reply, so that
    /// they may have come to an end there.
    pub(super) fn servers_need_more_room(&self) -> bool {
        let is_server = |owner: &[u8]| {
            let above = owner.strip_prefix(b"\x01*");
            let is_its =
                |server: &[u8]| server == owner || above.is_some_and(|above| is_at_or_below(server, above));
            self.theirs.authority().iter().any(|server| is_its(&server.rdata))
        };
        let octets = |record: &DraftRecord| match record.rtype {
            Rtype::A if is_server(&record.owner.wire(self.world.base).to_ascii_lowercase()) => 16,
            Rtype::AAAA if is_server(&record.owner.wire(self.world.base).to_ascii_lowercase()) => 28,
            _ => 0,
        };
        let records = self.world.zones.iter().flat_map(|zone| &zone.records);
        self.theirs.len + records.map(octets).sum::<usize>() > self.question.limit()
    }

    /// Octets that are left in their reply.
    pub(super) fn room(&self) -> usize {
        self.question.limit().saturating_sub(self.theirs.len)
    }

    /// Octets of the NS records of a zone's apex, all their names in full.
    pub(super) fn servers_len(&self, zone: usize) -> usize {
        let zone = &self.world.zones[zone];
        let is_of_apex =
            |record: &&DraftRecord| record.rtype == Rtype::NS && record.owner.is_same(&zone.apex);
        let hosts = zone.records.iter().filter(is_of_apex).flat_map(DraftRecord::targets);
        let hosts: BTreeSet<Vec<u8>> =
            hosts.map(|host| host.wire(self.world.base).to_ascii_lowercase()).collect();
        hosts.iter().map(|host| zone.apex.wire(self.world.base).len() + 10 + host.len()).sum()
    }

    /// As [`Case::zone_of`], for the type that was asked: the parent answers for DS.
    pub(super) fn answering(&self, name: &[u8]) -> Option<(Vec<u8>, usize)> {
        let own = self.zone_of(name);
        match &own {
            Some((apex, _)) if self.question.rtype == Rtype::DS && apex == name => {
                ancestors(name).nth(1).and_then(|above| self.zone_of(above)).or(own)
            }
            _ => own,
        }
    }

    /// Whether another zone makes an ancestor of the name, or the name itself, exist that does not
    /// exist in one of the zones whose apex is above it.
    pub(super) fn is_shared(&self, name: &[u8]) -> bool {
        let apexes = self.world.zones.iter().map(|zone| zone.apex.wire(self.world.base).to_ascii_lowercase());
        apexes
            .zip(0..)
            .any(|(apex, zone)| is_at_or_below(name, &apex) && self.is_shared_in(name, &apex, zone))
    }

    fn is_shared_in(&self, name: &[u8], apex: &[u8], zone: usize) -> bool {
        let owners = |own: bool| {
            let zones =
                self.world.zones.iter().enumerate().filter(move |(number, _)| (*number == zone) == own);
            zones
                .flat_map(|(_, zone)| &zone.records)
                .map(|record| record.owner.wire(self.world.base).to_ascii_lowercase())
        };
        let exists = |name: &[u8], own: bool| owners(own).any(|owner| is_at_or_below(&owner, name));
        let is_shared = |name: &[u8]| exists(name, false) && !exists(name, true);
        let wildcard = |above: &[u8]| [b"\x01*".as_slice(), above].concat();
        let above = ancestors(name).take_while(|above| above.len() >= apex.len());
        above
            .into_iter()
            .any(|above| (above.len() > apex.len() && is_shared(above)) || is_shared(&wildcard(above)))
    }
}

/// The name and all above it.
fn ancestors(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(name), |name| match name {
        [0, ..] | [] => None,
        [len, rest @ ..] => rest.get(usize::from(*len)..),
    })
}

/// Both in small letters.
fn is_at_or_below(name: &[u8], apex: &[u8]) -> bool {
    ancestors(name).any(|above| above == apex)
}

/// The records that are not among `others`.
pub(super) fn without<'a>(records: &'a [Record], others: &'a [Record]) -> impl Iterator<Item = &'a Record> {
    records.iter().filter(|record| !others.contains(record))
}

/// Names in the answer's data of these types, in small letters.
pub(super) fn targets<'a>(reply: &'a Reply, types: &'a [Rtype]) -> impl Iterator<Item = Vec<u8>> + 'a {
    reply.answer().iter().filter(|record| types.contains(&record.rtype)).filter_map(|record| {
        let start = match record.rtype {
            Rtype::NS => 0,
            Rtype::MX => 2,
            Rtype::SRV => 6,
            Rtype::NAPTR => compare::naptr_name(&record.rdata),
            _ => return None,
        };
        record.rdata.get(start..).map(<[u8]>::to_ascii_lowercase)
    })
}

/// Whether a NAPTR record of our answer names the owner.
pub(super) fn is_for_naptr(case: &Case<'_>, record: &Record) -> bool {
    targets(case.ours, &[Rtype::NAPTR]).any(|name| name == record.owner)
}

/// Whether one of the additional RRsets that their reply lacks would not fit into it, its first owner
/// written whole: not everything that we point at is compressed by them.
pub(super) fn is_without_room_for_some(case: &Case<'_>) -> bool {
    let mut missing = without(case.whole.additional(), case.theirs.additional());
    missing.any(|record| case.theirs.len + record.owner.len() + set_len(case, record) > case.question.limit())
}

/// Whether the RRset of the additional record would not fit into our reply any more.
pub(super) fn is_without_room(case: &Case<'_>, record: &Record) -> bool {
    case.ours.len + set_len(case, record) > case.question.limit()
}

/// Whether what they send takes more octets than it does with us, and the rest has no room with its names in full.
pub(super) fn is_part_longer(case: &Case<'_>) -> bool {
    let (ours, theirs) = (&case.ours.sections, &case.theirs.sections);
    let is_part = theirs.iter().zip(ours).all(|(theirs, ours)| without(theirs, ours).next().is_none());
    let missing = ours.iter().zip(theirs).flat_map(|(ours, theirs)| without(ours, theirs));
    let (least, most) = missing.fold((0, 0), |(least, most), record| {
        (least + 12 + least_data(record), most + record.owner.len() + 10 + record.rdata.len())
    });
    is_part && case.theirs.len + least > case.ours.len && case.theirs.len + most > case.question.limit()
}

/// Octets of a record's data with each name in it that may be compressed a pointer. Source: RFC 3597 §4.
fn least_data(record: &Record) -> usize {
    match record.rtype {
        Rtype::NS | Rtype::CNAME | Rtype::PTR => 2,
        Rtype::MX => 4,
        Rtype::SOA => 24,
        _ => record.rdata.len(),
    }
}

/// Whether a record is what a wildcard made of another one, but with the owner cut to one of its labels.
pub(super) fn is_cut(record: &Record, whole: &Record) -> bool {
    let first = usize::from(whole.owner[0]) + 1;
    (record.rtype, &record.rdata) == (whole.rtype, &whole.rdata)
        && record.owner.len() < whole.owner.len()
        && record.owner.starts_with(&whole.owner[..first])
        && whole.owner.ends_with(&record.owner[first..])
}

/// Octets of the RRset of an additional record, its owners pointers.
fn set_len(case: &Case<'_>, record: &Record) -> usize {
    let is_mate = |other: &&Record| other.owner == record.owner && other.rtype == record.rtype;
    case.whole.additional().iter().filter(is_mate).map(|record| 12 + record.rdata.len()).sum()
}

pub(super) fn is_same_but_ttl(one: &Record, other: &Record) -> bool {
    (&one.owner, one.rtype, &one.rdata) == (&other.owner, other.rtype, &other.rdata)
}

pub(super) fn are_same_but_ttls(ours: &[Record], theirs: &[Record]) -> bool {
    let plain = |records: &[Record]| {
        let mut plain: Vec<_> = records.iter().map(|record| Record { ttl: 0, ..record.clone() }).collect();
        plain.sort_unstable();
        plain
    };
    plain(ours) == plain(theirs)
}

/// Whether some wildcard has NS records, which RFC 4592 §4.2 leaves undefined.
pub(super) fn has_wild_servers(world: &World) -> bool {
    world.zones.iter().flat_map(|zone| &zone.records).any(|record| {
        record.rtype == Rtype::NS && record.owner.labels.first().is_some_and(|label| label == b"*")
    })
}

/// Whether the TTLs in some RRset differ.
pub(super) fn has_mixed_ttls(world: &World) -> bool {
    world.zones.iter().flat_map(|zone| zone.records.iter().map(move |record| (record, zone))).any(
        |(record, zone)| {
            let is_mate =
                |other: &&DraftRecord| other.rtype == record.rtype && other.owner.is_same(&record.owner);
            zone.records.iter().filter(is_mate).any(|other| other.ttl != record.ttl)
        },
    )
}
