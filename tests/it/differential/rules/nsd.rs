//! Where NSD may differ from us.

use mimi_dns::record::Rtype;

use super::super::compare::Aspect;
use super::sight::{is_cut, is_for_naptr, is_without_room_for_some, targets, without};
use super::{NSD, REPLY, Rule};
use crate::wire::Record;

pub(super) const RULES: &[Rule] = &[
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
        name: "no-room-for-those-servers",
        peers: NSD,
        aspects: &[Aspect::Additional],
        reason: "where these NS records do not fit it adds no addresses either, which would",
        applies: |case| {
            let mut apexes = case.theirs.answer().iter().filter_map(|record| case.zone_of(&record.owner));
            !case.ours.answer().is_empty()
                && case.ours.authority().is_empty()
                && case.theirs.authority().is_empty()
                && case.theirs.additional().is_empty()
                && apexes.next_back().is_some_and(|(_, zone)| case.servers_len(zone) > case.room())
        },
    },
    Rule {
        name: "wildcards-deep-below",
        peers: NSD,
        aspects: &[Aspect::Additional],
        reason: "addresses by a wildcard for a name several labels below it get an owner with one of these labels; \
                 RFC 4592 §3.3 has the name that was sought",
        applies: |case| {
            let theirs = case.theirs.additional();
            let is_cut = |whole: &Record| theirs.iter().any(|record| is_cut(record, whole));
            without(case.whole.additional(), theirs).any(is_cut)
        },
    },
    Rule {
        name: "no-soa-for-all-classes",
        peers: NSD,
        aspects: &[Aspect::Authority],
        reason: "it sends no SOA record in negative replies to QCLASS ANY; RFC 2308 §2 has one in each",
        applies: |case| {
            let kinds = [Rtype::SOA, Rtype::NSEC, Rtype::NSEC3, Rtype::RRSIG];
            let differ = || {
                let missing = without(case.ours.authority(), case.theirs.authority());
                missing.chain(without(case.theirs.authority(), case.ours.authority()))
            };
            case.question.class == 255
                && case.theirs.authority().iter().all(|record| record.rtype != Rtype::SOA)
                && differ().all(|record| kinds.contains(&record.rtype))
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
        name: "nsec3-of-an-alias",
        peers: NSD,
        aspects: &[Aspect::Rcode, Aspect::Answer, Aspect::Authority, Aspect::Additional],
        reason: "asked for NSEC3 it does not follow a CNAME; RFC 4035 §2.5 excepts RRSIG and NSEC alone",
        applies: |case| {
            // It may have followed DNAMEs as far as that.
            let next = case.ours.answer().get(case.theirs.answer().len());
            case.question.rtype == Rtype::NSEC3
                && case.ours.answer().starts_with(case.theirs.answer())
                && next.is_some_and(|alias| alias.rtype == Rtype::CNAME)
        },
    },
    Rule {
        name: "ds-at-an-apex",
        peers: NSD,
        aspects: &[Aspect::Answer, Aspect::Authority],
        reason: "it hides a DS record at an apex even where it does not serve the parent; RFC 4035 §3.1.4.1 has the \
                 child answer from what it has",
        applies: |case| {
            let is_signature = |record: &Record| {
                record.rtype == Rtype::RRSIG && record.rdata.starts_with(&Rtype::DS.0.to_be_bytes())
            };
            let is_hidden = |record: &Record| {
                (record.rtype == Rtype::DS || is_signature(record))
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
            let is_data = |record: &&Record| !matches!(record.rtype, Rtype::CNAME | Rtype::DNAME);
            let mut answer = case.theirs.answer().iter().filter(is_data).peekable();
            let authority = case.theirs.authority();
            case.question.rtype == Rtype::DS
                && if answer.peek().is_none() {
                    !authority.is_empty() && authority.iter().all(is_own)
                } else {
                    let has_grandparent = |record: &Record| {
                        let parent = case.answering(&record.owner);
                        parent.is_some_and(|(parent, _)| case.is_below_another(&parent))
                    };
                    answer.all(|record| is_own(record) && has_grandparent(record))
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
