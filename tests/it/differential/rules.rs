//! Differences that are not ours to mend, each with its reason.

use mimi_dns::record::Rtype;
use mimi_dns::server::Transport;

use super::compare::{self, Aspect, Case, Reply};
use super::names::Draft;
use super::records::DraftRecord;
use super::worlds::World;
use crate::peers::PeerKind;
use crate::wire::Record;

/// A difference that is tolerated.
pub(super) struct Rule {
    pub(super) name: &'static str,
    /// Who differs from us.
    pub(super) peers: &'static [PeerKind],
    /// In what.
    pub(super) aspects: &'static [Aspect],
    /// Why it is right, or left open.
    pub(super) reason: &'static str,
    pub(super) applies: fn(&Case<'_>) -> bool,
}

const NSD: &[PeerKind] = &[PeerKind::Nsd];
const KNOT: &[PeerKind] = &[PeerKind::Knot];
const BOTH: &[PeerKind] = &[PeerKind::Nsd, PeerKind::Knot];

/// Everything but the question, the other flags and EDNS.
const REPLY: &[Aspect] = &[
    Aspect::Rcode,
    Aspect::Authoritative,
    Aspect::Truncated,
    Aspect::Answer,
    Aspect::Authority,
    Aspect::Additional,
];

const MIXED_TTLS: &str = "where the records of a set differ in TTL, against RFC 2181 §5.2, we send the smallest, as it \
                          advises; NSD sends each, Knot the last";

/// Where it applies, the rest is compared with what we send where there is room.
pub(super) const NOT_COMPRESSED: Rule = Rule {
    name: "names-in-data-not-compressed",
    peers: BOTH,
    aspects: &[Aspect::Truncated],
    reason: "we write names in data whole and set TC sooner; compression is an option (RFC 1035 §4.1.4)",
    applies: |case| {
        case.ours.is_truncated() && !case.theirs.is_truncated() && case.whole.len > case.question.limit()
    },
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "both-truncated",
        peers: BOTH,
        aspects: &[Aspect::Rcode, Aspect::Answer, Aspect::Authority, Aspect::Additional],
        reason: "what a reply with TC holds is not to be used (RFC 2181 §9); we send whole RRsets only, and the RCODE is about the last name of a chain that is not whole",
        applies: |case| case.ours.is_truncated() && case.theirs.is_truncated(),
    },
    Rule {
        name: "they-compress-less",
        peers: BOTH,
        aspects: &[Aspect::Truncated, Aspect::Answer, Aspect::Authority, Aspect::Additional],
        reason: "what fits for us with names in data compressed does not for them",
        applies: |case| {
            case.theirs.is_truncated()
                && !case.ours.is_truncated()
                && case.whole.len > case.question.limit()
                && case.ours.answer() == case.whole.answer()
                && case.ours.authority() == case.whole.authority()
        },
    },
    Rule {
        name: "no-question-in-refusals",
        peers: NSD,
        aspects: &[Aspect::Question],
        reason: "where it serves no such zone it leaves the question out; RFC 1035 §4.1.1 has it copied",
        applies: |case| case.theirs.rcode() == 5 && case.theirs.parts.question.is_empty(),
    },
    Rule {
        name: "servers-of-the-zone-in-answers",
        peers: NSD,
        aspects: &[Aspect::Authority],
        reason: "it adds the zone's NS records to answers, which RFC 1034 §4.3.2 does not ask for",
        applies: |case| {
            let is_of_apex = |record: &Record| {
                record.rtype == Rtype::NS
                    && case.zone_of(&record.owner).is_some_and(|(apex, _)| apex == record.owner)
            };
            !case.ours.answer().is_empty()
                && case.ours.authority().is_empty()
                && case.theirs.authority().iter().all(is_of_apex)
        },
    },
    Rule {
        name: "addresses-of-those-servers",
        peers: NSD,
        aspects: &[Aspect::Additional],
        reason: "so it adds their addresses, which take others' room",
        applies: |case| {
            let servers = case.theirs.authority();
            let mut added = without(case.theirs.additional(), case.whole.additional());
            let mut missing = without(case.ours.additional(), case.theirs.additional());
            !case.ours.answer().is_empty()
                && case.ours.authority().is_empty()
                && !servers.is_empty()
                && added.all(|record| servers.iter().any(|server| server.rdata == record.owner))
                && (missing.all(|record| is_for_naptr(case, record)) || is_without_room_for_some(case))
        },
    },
    Rule {
        name: "wildcards-deep-below",
        peers: NSD,
        aspects: &[Aspect::Additional],
        reason: "addresses by a wildcard for a name several labels below it get an owner with one of these labels; \
                 RFC 4592 §3.3 has the name that was sought",
        applies: |case| {
            let is_cut = |record: &Record| {
                case.whole.additional().iter().any(|whole| {
                    let first = usize::from(record.owner[0]) + 1;
                    whole.rdata == record.rdata
                        && whole.owner.len() > record.owner.len()
                        && whole.owner.starts_with(&record.owner[..first])
                        && whole.owner.ends_with(&record.owner[first..])
                })
            };
            without(case.theirs.additional(), case.whole.additional()).any(is_cut)
        },
    },
    Rule {
        name: "no-additional-for-naptr",
        peers: BOTH,
        aspects: &[Aspect::Additional],
        reason: "they add nothing for the targets of NAPTR, which RFC 3403 §4.1 allows and we do",
        applies: |case| {
            let mut missing = without(case.ours.additional(), case.theirs.additional()).peekable();
            without(case.theirs.additional(), case.ours.additional()).next().is_none()
                && missing.peek().is_some()
                && missing.all(|record| is_for_naptr(case, record))
        },
    },
    Rule {
        name: "room-for-some-addresses",
        peers: BOTH,
        aspects: &[Aspect::Additional],
        reason: "where not all optional addresses fit, each sends others, and they none after the first that does \
                 not fit (RFC 9471 §3 asks for those that are needed, and TC tells of them)",
        applies: |case| {
            let (ours, theirs, whole) =
                (case.ours.additional(), case.theirs.additional(), case.whole.additional());
            case.question.transport == Transport::Udp
                && without(theirs, whole).next().is_none()
                && (theirs.len() == whole.len() || is_without_room_for_some(case))
                && without(theirs, ours).all(|record| is_without_room(case, case.ours, record))
        },
    },
    Rule {
        name: "any-gets-some",
        peers: BOTH,
        aspects: &[Aspect::Truncated, Aspect::Answer, Aspect::Additional],
        reason: "ANY gets one RRset of the responder's choice (RFC 8482 §4.1), from us all of them over TCP and no \
                 additional records",
        applies: |case| {
            case.question.rtype == Rtype::ANY
                && without(case.theirs.answer(), case.whole.answer()).next().is_none()
                && (case.theirs.is_truncated() || !case.theirs.answer().is_empty())
        },
    },
    Rule {
        name: "authoritative-for-all-classes",
        peers: KNOT,
        aspects: &[Aspect::Authoritative],
        reason: "it sets AA in replies to QCLASS ANY, which can never be authoritative (RFC 1035 §6.2)",
        applies: |case| case.question.class == 255 && case.theirs.is_authoritative(),
    },
    Rule {
        name: "no-soa-for-all-classes",
        peers: NSD,
        aspects: &[Aspect::Authority],
        reason: "it sends no SOA record in negative replies to QCLASS ANY; RFC 2308 §2 has one in each",
        applies: |case| {
            case.question.class == 255
                && case.theirs.authority().is_empty()
                && case.ours.authority().iter().all(|record| record.rtype == Rtype::SOA)
        },
    },
    Rule {
        name: "type-0",
        peers: KNOT,
        aspects: REPLY,
        reason: "NOTIMP for QTYPE 0, which is a type like any other unknown one (RFC 6895 §3.1 reserves it)",
        applies: |case| case.question.rtype == Rtype(0) && case.theirs.rcode() == 4,
    },
    Rule {
        name: "wildcard-ns",
        peers: KNOT,
        aspects: REPLY,
        reason: "a wildcard's NS makes it refer, from the wildcard's own name; RFC 4592 §4.2 leaves it undefined",
        applies: |case| {
            let is_wild = |record: &Record| record.rtype == Rtype::NS && record.owner.starts_with(b"\x01*");
            let has_wild = case.world.zones.iter().flat_map(|zone| &zone.records).any(|record| {
                record.rtype == Rtype::NS && record.owner.labels.first().is_some_and(|label| label == b"*")
            });
            let refers = case.theirs.authority().iter().any(is_wild);
            let is_cut_off = case.theirs.is_truncated() && case.theirs.authority().is_empty() && has_wild;
            (refers || (is_cut_off && !case.theirs.is_authoritative() && case.ours.is_authoritative()))
                && !case.ours.authority().iter().any(is_wild)
        },
    },
    Rule {
        name: "chains-stay-in-a-zone",
        peers: KNOT,
        aspects: REPLY,
        reason: "it does not go on in another zone that it serves, where RFC 1034 §4.3.2 step 3a goes back to step 1",
        applies: |case| {
            let theirs = case.theirs.answer();
            let Some(last) = theirs.iter().rposition(|record| record.rtype == Rtype::CNAME) else {
                return false;
            };
            let alias = &theirs[last];
            case.ours.answer().starts_with(&theirs[..=last])
                && case.answering(&alias.owner) != case.answering(&alias.rdata)
        },
    },
    Rule {
        name: "ttls-of-a-set-differ",
        peers: BOTH,
        aspects: &[Aspect::Answer],
        reason: MIXED_TTLS,
        applies: |case| {
            has_mixed_ttls(case.world) && are_same_but_ttls(case.ours.answer(), case.theirs.answer())
        },
    },
    Rule {
        name: "ttls-of-an-added-set-differ",
        peers: BOTH,
        aspects: &[Aspect::Authority, Aspect::Additional],
        reason: MIXED_TTLS,
        applies: |case| {
            has_mixed_ttls(case.world)
                && are_same_but_ttls(case.ours.authority(), case.theirs.authority())
                && are_same_but_ttls(case.ours.additional(), case.theirs.additional())
        },
    },
    Rule {
        name: "address-twice",
        peers: KNOT,
        aspects: &[Aspect::Additional],
        reason: "it adds the addresses of one host several times where several records name it; RFC 2181 §5 has no \
                 duplicates in a set",
        applies: |case| {
            let mut once = case.theirs.additional().to_vec();
            once.dedup();
            once.len() < case.theirs.additional().len()
                && (once == case.ours.additional() || case.whole.len > case.question.limit())
        },
    },
    Rule {
        name: "addresses-of-the-asterisk",
        peers: KNOT,
        aspects: &[Aspect::Additional],
        reason: "past some number of targets it gives what a wildcard has for them the wildcard's own name; RFC 4592 \
                 §3.3 has the name that was sought",
        applies: |case| {
            let theirs = case.theirs.additional();
            let mut missing = without(case.whole.additional(), theirs).peekable();
            missing.peek().is_some()
                && missing.all(|record| {
                    let is_wild =
                        |other: &Record| other.owner.starts_with(b"\x01*") && other.rdata == record.rdata;
                    theirs.iter().any(is_wild)
                })
        },
    },
    Rule {
        name: "glue-in-answers",
        peers: KNOT,
        aspects: &[Aspect::Additional],
        reason: "it adds addresses from below a delegation to answers, which are not authoritative; NSD and we do not",
        applies: |case| {
            let mut more = without(case.theirs.additional(), case.ours.additional()).peekable();
            more.peek().is_some()
                && !case.ours.answer().is_empty()
                && more.all(|record| case.is_occluded(&record.owner))
        },
    },
    Rule {
        name: "loops-twice",
        peers: BOTH,
        aspects: &[Aspect::Answer],
        reason: "aliases of a loop are sent once more; RFC 1034 §3.6.2 calls loops errors and leaves the reply open",
        applies: |case| {
            let (ours, theirs) = (case.ours.answer(), case.theirs.answer());
            theirs.len() > ours.len() && theirs.starts_with(ours) && without(theirs, ours).next().is_none()
        },
    },
    Rule {
        name: "many-targets",
        peers: BOTH,
        aspects: &[Aspect::Additional],
        reason: "we add addresses for the first 32 targets of a set at most, which bounds the work",
        applies: |case| {
            let count = targets(case.ours, &[Rtype::NS, Rtype::MX, Rtype::SRV, Rtype::NAPTR]).count();
            let is_target = |record: &Record| {
                targets(case.ours, &[Rtype::NS, Rtype::MX, Rtype::SRV]).any(|name| name == record.owner)
            };
            count > 32 && without(case.theirs.additional(), case.ours.additional()).all(is_target)
        },
    },
    Rule {
        name: "growing-loops",
        peers: KNOT,
        aspects: REPLY,
        reason: "a DNAME that leads below itself is applied over and over; we stop where a name has only grown, as NSD \
                 does (RFC 1034 §3.6.2 calls loops errors)",
        applies: |case| {
            let (ours, theirs) = (case.ours.answer(), case.theirs.answer());
            let is_alias = |record: &Record| matches!(record.rtype, Rtype::CNAME | Rtype::DNAME);
            (theirs.len() > ours.len() || case.theirs.rcode() == 6)
                && theirs.starts_with(ours)
                && theirs.iter().all(is_alias)
        },
    },
    Rule {
        name: "records-after-yxdomain",
        peers: KNOT,
        aspects: REPLY,
        reason: "where a DNAME leads to a name that would be too long it goes on with its target, or adds the SOA record; RFC 6672 §2.2 has \
                 the DNAME alone",
        applies: |case| case.ours.rcode() == 6 && case.theirs.answer().starts_with(case.ours.answer()),
    },
    Rule {
        name: "dname-at-an-asterisk",
        peers: KNOT,
        aspects: REPLY,
        reason: "a DNAME at a name that begins with an asterisk gets the name that was asked as its owner; RFC 4592 \
                 §4.4 advises against such records, RFC 6672 §3.2 sends them as they are",
        applies: |case| {
            let is_dname = |record: &&Record| record.rtype == Rtype::DNAME;
            let wild = case
                .ours
                .answer()
                .iter()
                .filter(is_dname)
                .filter(|record| record.owner.starts_with(b"\x01*"));
            let renamed = |record: &Record| {
                let others = case.theirs.answer().iter().filter(is_dname);
                others.into_iter().any(|other| other.rdata == record.rdata && other.owner != record.owner)
            };
            wild.into_iter().any(renamed)
        },
    },
    Rule {
        name: "signatures-of-an-alias",
        peers: NSD,
        aspects: REPLY,
        reason: "asked for RRSIG or NSEC it follows a CNAME, at which RFC 4035 §2.5 has these stand",
        applies: |case| {
            matches!(case.question.rtype, Rtype::RRSIG | Rtype::NSEC)
                && without(case.theirs.answer(), case.ours.answer())
                    .any(|record| record.rtype == Rtype::CNAME)
        },
    },
    Rule {
        name: "soa-without-room",
        peers: KNOT,
        aspects: &[Aspect::Truncated, Aspect::Authority],
        reason: "it leaves out an SOA record that does not fit; NSD and we set TC, since RFC 2308 §2 has it in each \
                 negative reply",
        applies: |case| {
            let mut missing = without(case.whole.authority(), case.theirs.authority()).peekable();
            missing.peek().is_some()
                && missing.all(|record| record.rtype == Rtype::SOA)
                && case.theirs.answer() == case.whole.answer()
                && case.whole.len > case.question.limit()
        },
    },
    Rule {
        name: "asterisk-and-nul",
        peers: KNOT,
        aspects: REPLY,
        reason: "a name below one that ends in a label `*` exists for it where a label begins with `*` and NUL; \
                 RFC 1034 §3.1 compares labels octet by octet",
        applies: |case| {
            let begins = |label: &Vec<u8>| label.starts_with(b"*\0");
            let asterisk = |name: &Draft| name.labels.iter().any(|label| label == b"*");
            (asterisk(&case.question.name) || case.world.names().any(asterisk))
                && case.theirs.rcode() == 0
                && case.world.names().any(|name| name.labels.iter().any(begins))
        },
    },
    Rule {
        name: "nsec3-of-an-alias",
        peers: NSD,
        aspects: &[Aspect::Rcode, Aspect::Answer, Aspect::Authority],
        reason: "asked for NSEC3 it does not follow a CNAME; RFC 4035 §2.5 excepts RRSIG and NSEC alone",
        applies: |case| {
            let is_alias = |record: &Record| record.rtype == Rtype::CNAME;
            case.question.rtype == Rtype::NSEC3
                && case.ours.answer().iter().any(is_alias)
                && case.ours.answer().starts_with(case.theirs.answer())
                && !case.theirs.answer().last().is_some_and(is_alias)
        },
    },
    Rule {
        name: "ds-at-an-apex",
        peers: NSD,
        aspects: &[Aspect::Answer, Aspect::Authority],
        reason: "it hides a DS record at an apex even where it does not serve the parent; RFC 4035 §3.1.4.1 has the \
                 child answer from what it has",
        applies: |case| {
            let is_hidden = |record: &Record| {
                record.rtype == Rtype::DS
                    && case.zone_of(&record.owner).is_some_and(|(apex, _)| apex == record.owner)
            };
            case.question.rtype == Rtype::DS
                && case.ours.answer().starts_with(case.theirs.answer())
                && without(case.ours.answer(), case.theirs.answer()).all(is_hidden)
        },
    },
    Rule {
        name: "ds-from-above-the-parent",
        peers: NSD,
        aspects: &[Aspect::Answer, Aspect::Authoritative, Aspect::Authority, Aspect::Additional],
        reason: "for DS at an apex it may refer to a zone that it serves itself, where the zone above that has data \
                 below its cut; RFC 4035 §3.1.4.1 has the parent answer",
        applies: |case| {
            let is_own =
                |record: &Record| case.zone_of(&record.owner).is_some_and(|(apex, _)| apex == record.owner);
            let (answer, authority) = (case.theirs.answer(), case.theirs.authority());
            case.question.rtype == Rtype::DS
                && if answer.is_empty() {
                    !authority.is_empty() && authority.iter().all(is_own)
                } else {
                    case.ours.answer().is_empty() && answer.iter().all(is_own)
                }
        },
    },
    Rule {
        name: "zones-share-one-tree",
        peers: NSD,
        aspects: &[Aspect::Rcode, Aspect::Answer, Aspect::Authority, Aspect::Additional],
        reason: "a name of another zone (glue of the parent, the apex of a child) exists for it in this zone too, \
                 which hides wildcards and makes NODATA of NXDOMAIN, against RFC 4592 §2.2.2",
        applies: |case| {
            let asked = case.question.name.wire(case.world.base).to_ascii_lowercase();
            let aliases = case.ours.answer().iter().filter(|record| record.rtype == Rtype::CNAME);
            let servers = case.theirs.authority().iter().filter(|record| record.rtype == Rtype::NS);
            let names = aliases.chain(servers).map(|record| record.rdata.clone());
            let targets = targets(case.ours, &[Rtype::NS, Rtype::MX, Rtype::SRV]);
            std::iter::once(asked).chain(names).chain(targets).any(|name| case.is_shared(&name))
        },
    },
];

impl Case<'_> {
    /// Apex, in small letters, and number of the zone that answers for a name.
    fn zone_of(&self, name: &[u8]) -> Option<(Vec<u8>, usize)> {
        let apexes = self.world.zones.iter().map(|zone| zone.apex.wire(self.world.base).to_ascii_lowercase());
        apexes.zip(0..).filter(|(apex, _)| is_at_or_below(name, apex)).max_by_key(|(apex, _)| apex.len())
    }

    /// Whether a name stands at or below a delegation of the zone that answers for the name asked.
    fn is_occluded(&self, name: &[u8]) -> bool {
        let asked = self.question.name.wire(self.world.base).to_ascii_lowercase();
        let Some((apex, number)) = self.answering(&asked) else { return false };
        let cuts = self.world.zones[number].records.iter().filter(|record| record.rtype == Rtype::NS);
        cuts.map(|record| record.owner.wire(self.world.base).to_ascii_lowercase())
            .any(|cut| cut != apex && is_at_or_below(name, &cut))
    }

    /// As [`Case::zone_of`], for the type that was asked: the parent answers for DS.
    fn answering(&self, name: &[u8]) -> Option<(Vec<u8>, usize)> {
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
    fn is_shared(&self, name: &[u8]) -> bool {
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
fn without<'a>(records: &'a [Record], others: &'a [Record]) -> impl Iterator<Item = &'a Record> {
    records.iter().filter(|record| !others.contains(record))
}

/// Names in the answer's data of these types, in small letters.
fn targets<'a>(reply: &'a Reply, types: &'a [Rtype]) -> impl Iterator<Item = Vec<u8>> + 'a {
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
fn is_for_naptr(case: &Case<'_>, record: &Record) -> bool {
    targets(case.ours, &[Rtype::NAPTR]).any(|name| name == record.owner)
}

/// Whether one of the additional RRsets that their reply lacks would not fit into it.
fn is_without_room_for_some(case: &Case<'_>) -> bool {
    let mut missing = without(case.whole.additional(), case.theirs.additional());
    missing.any(|record| is_without_room(case, case.theirs, record))
}

/// Whether the RRset of the additional record would not fit into the reply any more, its owner written
/// as a pointer.
fn is_without_room(case: &Case<'_>, reply: &Reply, record: &Record) -> bool {
    let set = case
        .whole
        .additional()
        .iter()
        .filter(|other| other.owner == record.owner && other.rtype == record.rtype);
    let len: usize = set.map(|record| 12 + record.rdata.len()).sum();
    reply.len + len > case.question.limit()
}

fn are_same_but_ttls(ours: &[Record], theirs: &[Record]) -> bool {
    let plain = |records: &[Record]| {
        let mut plain: Vec<_> = records.iter().map(|record| Record { ttl: 0, ..record.clone() }).collect();
        plain.sort_unstable();
        plain
    };
    plain(ours) == plain(theirs)
}

/// Whether the TTLs in some RRset differ.
fn has_mixed_ttls(world: &World) -> bool {
    world.zones.iter().flat_map(|zone| zone.records.iter().map(move |record| (record, zone))).any(
        |(record, zone)| {
            let is_mate =
                |other: &&DraftRecord| other.rtype == record.rtype && other.owner.is_same(&record.owner);
            zone.records.iter().filter(is_mate).any(|other| other.ttl != record.ttl)
        },
    )
}
