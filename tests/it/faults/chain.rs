//! Our verdict: the chain walked from the anchor with nothing but the functions of `dnssec::validate`.

use std::net::SocketAddr;

use mimi_dns::clock::UnixTime;
use mimi_dns::dnssec::validate::{
    Absence, DsAbsence, Fault, InsecureReason, KeySet, Proofs, TrustAnchor, Unproven, Work,
    authenticate_keys, usable_ds, verify_rrset,
};
use mimi_dns::record::{Class, Name, Rdata, Record, Rrset, Rtype, Ttl};

use super::draft::rrsets;
use super::world::World;
use crate::{peers, wire};

type Sets = Vec<(Rrset, Vec<Rdata>)>;

/// A reply's RRsets, each with its signatures.
struct Reply {
    is_name_error: bool,
    answer: Sets,
    authority: Sets,
}

/// What stands in the way, in words.
enum Stop {
    Unproven(Unproven),
    /// A referral where the zone says that there is no delegation.
    Referral,
    /// The server has not loaded the zone.
    NotServed,
}

impl<T: Into<Unproven>> From<T> for Stop {
    fn from(unproven: T) -> Self {
        Self::Unproven(unproven.into())
    }
}

/// Walks from the anchor to the zone of the question, and says what becomes of its answer.
pub(super) fn judge(anchor: &TrustAnchor, apex: &Name, (name, rtype): (Name, Rtype), leaf: &str) -> String {
    let mut walk = Walk { leaf, now: UnixTime::now(), work: Work::default() };
    match walk.to(anchor, apex).and_then(|keys| walk.answer(&keys, &name, rtype)) {
        Ok(said) => said.to_owned(),
        Err(Stop::Unproven(Unproven::Insecure(reason))) => format!("insecure: {}", reason.code()),
        Err(Stop::Unproven(Unproven::Bogus(fault))) => format!("bogus: {}", fault.code()),
        Err(Stop::NotServed) => NOT_SERVED.to_owned(),
        Err(Stop::Referral) => "bogus: referral-not-proven".to_owned(),
    }
}

/// What is said where a server has not loaded the zone.
pub(super) const NOT_SERVED: &str = "not served";

struct Walk<'a> {
    leaf: &'a str,
    now: UnixTime,
    work: Work,
}

impl Walk<'_> {
    fn to(&mut self, anchor: &TrustAnchor, apex: &Name) -> Result<KeySet, Stop> {
        let mut keys = self.keys(&Name::root(), anchor.ds())?;
        for zone in [apex.parent().unwrap(), apex.clone()] {
            let reply = ask(World::server_of(keys.zone(), self.leaf), &zone, Rtype::DS)?;
            let ds = reply.answer.iter().find(|(set, _)| set.rtype == Rtype::DS);
            let Some((ds, signatures)) = ds else {
                return Err(self.without_ds(&reply, &keys, &zone)?.into());
            };
            verify_rrset(ds, signatures, &keys, self.now, &mut self.work)?;
            usable_ds(&ds.rdatas)?;
            keys = self.keys(&zone, &ds.rdatas)?;
        }
        Ok(keys)
    }

    fn keys(&mut self, zone: &Name, ds: &[Rdata]) -> Result<KeySet, Stop> {
        let reply = ask(World::server_of(zone, self.leaf), zone, Rtype::DNSKEY)?;
        let none = Rrset {
            owner: zone.clone(),
            class: Class::IN,
            rtype: Rtype::DNSKEY,
            ttl: Ttl::ZERO,
            rdatas: Vec::new(),
        };
        let none = (none, Vec::new());
        let (dnskeys, signatures) =
            reply.answer.iter().find(|(set, _)| set.rtype == Rtype::DNSKEY).unwrap_or(&none);
        Ok(authenticate_keys(zone, dnskeys, signatures, ds, self.now, &mut self.work)?)
    }

    /// What the absence of DS records at a delegation means.
    fn without_ds(&mut self, reply: &Reply, keys: &KeySet, zone: &Name) -> Result<Unproven, Stop> {
        let proofs = self.proofs(&reply.authority, keys);
        match proofs.no_ds(zone, &mut self.work)? {
            DsAbsence::Delegation => Ok(Unproven::Insecure(InsecureReason::NoDs)),
            DsAbsence::OptOut => Ok(Unproven::Insecure(InsecureReason::OptOut)),
            DsAbsence::NotACut => Err(Stop::Referral),
        }
    }

    fn answer(&mut self, keys: &KeySet, name: &Name, rtype: Rtype) -> Result<&'static str, Stop> {
        let reply = ask(World::server_of(keys.zone(), self.leaf), name, rtype)?;
        let referral =
            reply.authority.iter().find(|(set, _)| set.rtype == Rtype::NS && set.owner != *keys.zone());
        if let Some((cut, _)) = referral {
            return Err(self.without_ds(&reply, keys, &cut.owner)?.into());
        }
        if let Some((set, signatures)) = reply.answer.iter().find(|(set, _)| set.rtype == rtype) {
            let verified = verify_rrset(set, signatures, keys, self.now, &mut self.work)?;
            if let Some(labels) = verified.expanded_from() {
                self.proofs(&reply.authority, keys).expansion(name, labels, &mut self.work)?;
            }
            return Ok("secure");
        }
        let proofs = self.proofs(&reply.authority, keys);
        if reply.is_name_error {
            proofs.no_name(name, &mut self.work)?;
            return Ok("secure");
        }
        match proofs.no_data(name, rtype, &mut self.work)? {
            Absence::Data => Ok("secure"),
            Absence::Name => Ok("secure: no such name"),
        }
    }

    fn proofs<'a>(&mut self, authority: &'a Sets, keys: &'a KeySet) -> Proofs<'a> {
        let records = authority.iter().map(|(set, signatures)| (set, signatures.as_slice()));
        Proofs::verify(records, keys, self.now, &mut self.work)
    }
}

fn ask(addr: SocketAddr, name: &Name, rtype: Rtype) -> Result<Reply, Stop> {
    let octets = wire::with_opt(wire::query(&name.to_string(), rtype), 1232, true);
    let reply = wire::Parts::read(&peers::tcp(addr, &octets));
    let is_name_error = match reply.rcode() {
        0 => false,
        3 => true,
        2 | 5 => return Err(Stop::NotServed),
        other => panic!("{addr} says {other} of {name} {rtype}"),
    };
    let [answer, authority, _] = reply.sections.map(|records| rrsets(records.into_iter().map(record)));
    Ok(Reply { is_name_error, answer, authority })
}

fn record(record: wire::Record) -> Record {
    Record {
        owner: Name::from_wire(&record.owner).unwrap(),
        class: Class(record.class),
        ttl: Ttl::from_secs(record.ttl),
        rtype: record.rtype,
        rdata: record.rdata.into(),
    }
}

/// The codes that the table tells of are ours.
pub(super) fn is_code(verdict: &str) -> bool {
    match verdict.split_once(": ") {
        Some(("bogus", code)) => {
            code == "referral-not-proven" || Fault::ALL.iter().any(|fault| fault.code() == code)
        }
        _ => true,
    }
}
