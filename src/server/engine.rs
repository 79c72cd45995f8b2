//! The answer engine: what the zones have for a question, written to the reply.
//!
//! No I/O, no clock, no state between requests. Source: RFC 1034 §4.3.2.

mod proving;

use proving::Proving;

use super::additional;
use super::identity;
use super::outcome::{Outcome, Sought};
use super::reply::{Full, Place, Reply, Section, Written};
use super::request::{HEADER, Query};
use super::settings::Settings;
use crate::clock::UnixTime;
use crate::record::{Class, MAX_NAME, Rtype};
use crate::zone::{Absence, Approach, Authority, Catalog, LookUp, Match, Node, QueryName, RrsetRef, Zone};

/// Aliases that are followed for one request.
const MOST_ALIASES: usize = 16;

/// Writes what the zones of `catalog` have for a query, and tells what was sought in a discovery zone.
/// Where it does not fit, TC is set.
pub(super) fn fill<'a>(
    (catalog, approach): (&'a Catalog, &'a Approach<'a>),
    settings: &'a Settings,
    query: &'a Query<'a>,
    (datagram, now): (bool, UnixTime),
    reply: &mut Reply<'_, '_>,
) -> (Outcome, Option<Sought>) {
    let signed = query.wants_signatures();
    let mut answering = Answering {
        catalog,
        approach,
        settings,
        query,
        datagram,
        now,
        signed,
        proving: None,
        sought: None,
        reply,
    };
    let mut outcome = answering.run();
    if datagram && answering.reply.may_fit_compressed() {
        answering.reply.begin_again(query.head);
        outcome = answering.run();
    }
    (outcome, answering.sought)
}

/// One request while it is being answered.
struct Answering<'a, 'r, 'o, 's> {
    catalog: &'a Catalog,
    /// Of the name that was asked.
    approach: &'a Approach<'a>,
    settings: &'a Settings,
    query: &'a Query<'a>,
    datagram: bool,
    now: UnixTime,
    signed: bool,
    /// Where DNSSEC records are wanted.
    proving: Option<Proving<'a>>,
    sought: Option<Sought>,
    reply: &'r mut Reply<'o, 's>,
}

/// What follows one look-up.
enum Step {
    Done(Outcome),
    /// The name that stands there is asked next.
    Follow(Place),
}

/// Names and DNAME records that were passed, so that a loop is seen and nothing is written twice.
#[derive(Default)]
struct Passed {
    names: [Place; MOST_ALIASES],
    aliases: usize,
    dnames: [PassedDname; MOST_ALIASES],
    dname_count: usize,
}

#[derive(Clone, Copy, Default)]
struct PassedDname {
    /// Record data does not move while it is served, so its address tells which record it is.
    identity: usize,
    /// The name that it was applied to first, and how many octets stood in front of its owner.
    name: Place,
    prefix: usize,
}

impl Passed {
    fn dname(&self, identity: usize) -> Option<PassedDname> {
        self.dnames[..self.dname_count].iter().find(|passed| passed.identity == identity).copied()
    }
}

impl<'a> Answering<'a, '_, '_, '_> {
    fn run(&mut self) -> Outcome {
        self.proving = self.signed.then(Proving::default);
        let outcome = self.follow_aliases();
        // Where an alias leads away nothing else is in the authority section.
        if !self.reply.is_truncated() && self.prove_expanded().is_err() {
            self.reply.set_truncated();
        }
        outcome
    }

    fn follow_aliases(&mut self) -> Outcome {
        // Made by the first that is passed: for most questions there is none.
        let mut passed = None;
        let mut step = self.step(&self.query.name, Place(HEADER), &mut passed);
        loop {
            let place = match step {
                Step::Done(outcome) => return outcome,
                Step::Follow(place) => place,
            };
            let mut wire = [0; MAX_NAME];
            let Some(name) = self.reply.name_at(place) else { return Outcome::Alias };
            let len = name.len();
            wire[..len].copy_from_slice(name);
            let Ok(name) = QueryName::parse(&wire[..len]) else { return Outcome::Alias };
            let so_far = passed.get_or_insert_default();
            if so_far.aliases == MOST_ALIASES || self.was_passed(&name, so_far) {
                return Outcome::Alias;
            }
            so_far.names[so_far.aliases] = place;
            so_far.aliases += 1;
            step = self.step(&name, place, &mut passed);
        }
    }

    fn was_passed(&self, name: &QueryName<'_>, passed: &Passed) -> bool {
        let is_name = |place: &Place| {
            self.reply.name_at(*place).is_some_and(|other| other.eq_ignore_ascii_case(name.as_wire()))
        };
        is_name(&Place(HEADER)) || passed.names[..passed.aliases].iter().any(is_name)
    }

    fn step(&mut self, name: &QueryName<'_>, place: Place, passed: &mut Option<Passed>) -> Step {
        let first = place == Place(HEADER);
        let rtype = self.query.rtype;
        let authority = match first {
            true => self.approach.authority(),
            false => self.catalog.find(name, rtype, self.query.class),
        };
        let zone = match authority {
            Some(Authority::Zone(zone)) => zone,
            // Who follows an alias asks there for itself.
            _ if !first => return Step::Done(Outcome::Alias),
            Some(Authority::Awaited) => return Step::Done(Outcome::NotLoaded),
            None => return Step::Done(self.unserved()),
        };
        let found = match first {
            true => self.approach.look_up(zone, name, rtype),
            false => zone.look_up(name, rtype),
        };
        if zone.is_discovery() {
            self.sought = Some(sought(rtype, &found));
        }
        // AA is about the first name (RFC 1035 §4.1.1), and never about all classes (§6.2).
        let authoritative = self.query.class != Class::ANY && !matches!(found, LookUp::Delegation { .. });
        if first && authoritative {
            self.reply.set_authoritative();
        }
        let step = match found {
            LookUp::Found(found, Some(rrset)) => {
                // Asked for DNAME, what led here may be the answer; nothing is written twice (RFC 2181 §5).
                let identity = rrset.octets().as_ptr().addr();
                match passed.as_ref().and_then(|passed| passed.dname(identity)) {
                    Some(_) if found.wildcard.is_none() => Ok(Step::Done(Outcome::Answered)),
                    _ => self.found(zone, name, place, &found, &rrset),
                }
            }
            LookUp::Found(found, None) => self.several(zone, name, place, &found),
            LookUp::Cname(found, rrset) => {
                self.note(zone, place, &found);
                self.reply.push(Section::Answer, place, &rrset, self.signed).map(follow)
            }
            LookUp::Dname { rrset, owner_labels } => {
                let passed = passed.get_or_insert_default();
                self.dname(zone, name, place, &rrset, owner_labels, passed)
            }
            LookUp::NoData(found) if rtype == Rtype::NSEC && zone.signs_online() => {
                self.asked_for_proof(zone, name, place, &Absence::Type(found))
            }
            LookUp::NoData(found) => self.negative(zone, name, place, &Absence::Type(found)),
            LookUp::NxDomain { encloser_labels } => {
                self.negative(zone, name, place, &Absence::Name { encloser_labels })
            }
            LookUp::Delegation { servers, node, owner_labels } => {
                self.delegation(zone, name, place, &servers, node, owner_labels)
            }
        };
        step.unwrap_or_else(|Full| {
            self.reply.set_truncated();
            Step::Done(Outcome::Answered)
        })
    }

    /// No zone has the name: but this server may.
    fn unserved(&mut self) -> Outcome {
        match &self.settings.nsid {
            Some(nsid) if identity::is_asked(self.query) => {
                match self.reply.push_text(Class::CH, nsid.as_octets()) {
                    Ok(()) => Outcome::Answered,
                    Err(Full) => Outcome::NotServed,
                }
            }
            _ => Outcome::NotServed,
        }
    }

    fn found(
        &mut self,
        zone: &'a Zone,
        name: &QueryName<'_>,
        place: Place,
        found: &Match<'_>,
        rrset: &RrsetRef<'_>,
    ) -> Result<Step, Full> {
        let written = self.reply.push(Section::Answer, place, rrset, self.signed)?;
        self.note(zone, place, found);
        self.prove_expanded()?;
        if self.settings.additional {
            additional::targets(self.reply, zone, rrset, (name, place), written, self.signed);
        }
        Ok(Step::Done(Outcome::Answered))
    }

    /// ANY and RRSIG. ANY gets one RRset over UDP (RFC 8482 §4.1), everything over TCP.
    fn several(
        &mut self,
        zone: &'a Zone,
        name: &QueryName<'_>,
        place: Place,
        found: &Match<'_>,
    ) -> Result<Step, Full> {
        let node = found.node;
        self.note(zone, place, found);
        if self.query.rtype == Rtype::RRSIG {
            for rrset in node.entries().filter(|rrset| rrset.signature_count() > 0) {
                self.reply.push_signatures(Section::Answer, place, &rrset)?;
            }
            return Ok(Step::Done(Outcome::Answered));
        }
        let mut written = false;
        for rrset in node.rrsets().filter(|rrset| self.signed || rrset.rtype() != Rtype::NSEC) {
            self.reply.push(Section::Answer, place, &rrset, self.signed)?;
            written = true;
            if self.datagram {
                break;
            }
        }
        if written {
            Ok(Step::Done(Outcome::Answered))
        } else {
            self.negative(zone, name, place, &Absence::Type(*found))
        }
    }

    /// Source: RFC 6672 §3.1 and §3.2.
    fn dname(
        &mut self,
        zone: &Zone,
        name: &QueryName<'_>,
        place: Place,
        rrset: &RrsetRef<'_>,
        owner_labels: usize,
        passed: &mut Passed,
    ) -> Result<Step, Full> {
        let Some(record) = rrset.records().next() else { return Ok(Step::Done(Outcome::Alias)) };
        let prefix = name.as_wire().get(..name.offset_of(owner_labels)).unwrap_or_default();
        let identity = rrset.octets().as_ptr().addr();
        match passed.dname(identity) {
            // What led from the first name to this one, which has only more labels, leads on from here.
            Some(first) if self.grew(first, prefix) => return Ok(Step::Done(Outcome::Alias)),
            Some(_) => {}
            None => {
                let owner = place.ancestor(name, owner_labels);
                self.reply.push(Section::Answer, owner, rrset, self.signed)?;
                let here = PassedDname { identity, name: place, prefix: prefix.len() };
                passed.dnames[passed.dname_count.min(MOST_ALIASES - 1)] = here;
                passed.dname_count = (passed.dname_count + 1).min(MOST_ALIASES);
            }
        }
        if prefix.len() + record.rdata().len() > MAX_NAME {
            return Ok(Step::Done(Outcome::NameTooLong));
        }
        let written = self.reply.push_cname(place, zone.class(), record.ttl(), prefix, record.rdata())?;
        // Asked for ANY, the new name is: RFC 6672 §3.2 goes on whatever is asked for. Asked for CNAME, the
        // synthesised record is the answer, as in NSD, Knot and BIND.
        Ok(match self.query.rtype {
            Rtype::CNAME => Step::Done(Outcome::Answered),
            _ => follow(written),
        })
    }

    /// Whether `prefix` is that of the first name and more.
    fn grew(&self, first: PassedDname, prefix: &[u8]) -> bool {
        let former = self.reply.name_at(first.name).and_then(|name| name.get(..first.prefix));
        former.is_some_and(|former| {
            prefix.len() > former.len() && prefix[..former.len()].eq_ignore_ascii_case(former)
        })
    }

    /// Source: RFC 2308 §2.
    fn negative(
        &mut self,
        zone: &Zone,
        name: &QueryName<'_>,
        place: Place,
        absence: &Absence<'_>,
    ) -> Result<Step, Full> {
        let apex = place.ancestor(name, zone.apex().label_count());
        let written = self.reply.push(Section::Authority, apex, &zone.negative_soa(), self.signed);
        let proven = written.and_then(|_| self.prove_expanded());
        if proven.and_then(|()| self.prove(zone, name, place, absence)).is_err() {
            self.reply.set_truncated();
        }
        Ok(Step::Done(match absence {
            Absence::Name { .. } if self.is_compact(zone) => Outcome::NxName,
            Absence::Name { .. } => Outcome::NxDomain,
            _ => Outcome::NoData,
        }))
    }

    /// Source: RFC 1034 §4.3.2 step 3b; DS beside NS: RFC 4035 §3.1.4.
    fn delegation(
        &mut self,
        zone: &Zone,
        name: &QueryName<'_>,
        place: Place,
        servers: &RrsetRef<'_>,
        node: Node<'_>,
        owner_labels: usize,
    ) -> Result<Step, Full> {
        let owner = place.ancestor(name, owner_labels);
        let written = self.reply.push(Section::Authority, owner, servers, false)?;
        // Without a signature it proves nothing: NSD, Knot, BIND and PowerDNS leave it out too.
        let proven = |ds: &RrsetRef<'_>| self.signed && ds.signature_count() > 0;
        if let Some(ds) = node.rrset(Rtype::DS).filter(proven) {
            self.reply.push(Section::Authority, owner, &ds, true)?;
        } else {
            self.prove(zone, name, place, &Absence::Ds { node, owner_labels })?;
        }
        self.prove_expanded()?;
        additional::glue(self.reply, zone, servers, name.ancestor(owner_labels), written, self.signed);
        Ok(Step::Done(Outcome::Delegation))
    }
}

/// Only what names somebody's endpoints is a mapping: who asks again and again for what every zone has
/// must not look like who finds whom it asks for.
fn sought(rtype: Rtype, found: &LookUp<'_>) -> Sought {
    match (found, rtype) {
        (LookUp::NxDomain { .. }, _) => Sought::Absent,
        (LookUp::Found(_, Some(_)), Rtype::MIMISIG | Rtype::NAPTR | Rtype::URI) => Sought::Present,
        _ => Sought::Other,
    }
}

fn follow(written: Written) -> Step {
    Step::Follow(written.first_data())
}
