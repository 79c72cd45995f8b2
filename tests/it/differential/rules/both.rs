//! Where both peers may differ from us.

use mimi_dns::record::Rtype;
use mimi_dns::server::Transport;

use super::super::compare::Aspect;
use super::sight::{
    are_same_but_ttls, has_mixed_ttls, is_for_naptr, is_part_longer, is_same_but_ttl, is_without_room,
    is_without_room_for_some, targets, without,
};
use super::{BOTH, REPLY, Rule};
use crate::wire::Record;

const MIXED_TTLS: &str = "where the records of a set differ in TTL, against RFC 2181 §5.2, we send the smallest, as it \
                          advises; NSD sends each, Knot the last";

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
                && (case.whole.len > case.question.limit() || is_part_longer(case))
                && case.ours.answer() == case.whole.answer()
                && case.ours.authority() == case.whole.authority()
        },
    },
    Rule {
        name: "aliases-counted-in-full",
        peers: BOTH,
        aspects: &[Aspect::Rcode, Aspect::Truncated, Aspect::Answer, Aspect::Authority, Aspect::Additional],
        reason: "they set TC where the alias that a DNAME makes would not fit with its names in full (RFC 1035 \
                 §4.1.4 has them compressed), and Knot's RCODE is about what it sends then",
        applies: |case| {
            let next = case.ours.answer().get(case.theirs.answer().len());
            case.theirs.is_truncated()
                && !case.ours.is_truncated()
                && case.ours.answer().starts_with(case.theirs.answer())
                && next.is_some_and(|alias| {
                    alias.rtype == Rtype::CNAME && alias.owner.len() + 10 + alias.rdata.len() > case.room()
                })
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
                && without(theirs, ours).all(|record| is_without_room(case, record))
        },
    },
    Rule {
        name: "any-gets-some",
        peers: BOTH,
        aspects: &[Aspect::Truncated, Aspect::Answer, Aspect::Additional],
        reason: "ANY gets one RRset of the responder's choice (RFC 8482 §4.1), from us all of them over TCP and no \
                 additional records",
        applies: |case| {
            let (theirs, whole) = (case.theirs.answer(), case.whole.answer());
            let is_ours = |record: &Record| {
                whole.contains(record)
                    || (has_mixed_ttls(case.world)
                        && whole.iter().any(|whole| is_same_but_ttl(whole, record)))
            };
            case.question.rtype == Rtype::ANY
                && theirs.iter().all(is_ours)
                && (case.theirs.is_truncated() || !theirs.is_empty())
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
        name: "ttls-of-servers-differ",
        peers: BOTH,
        aspects: &[Aspect::Authority],
        reason: MIXED_TTLS,
        applies: |case| {
            has_mixed_ttls(case.world) && are_same_but_ttls(case.ours.authority(), case.theirs.authority())
        },
    },
    Rule {
        name: "ttls-of-addresses-differ",
        peers: BOTH,
        aspects: &[Aspect::Additional],
        reason: MIXED_TTLS,
        applies: |case| {
            let theirs = case.theirs.additional();
            let is_ours =
                |record: &Record| case.whole.additional().iter().any(|whole| is_same_but_ttl(whole, record));
            has_mixed_ttls(case.world)
                && theirs.iter().all(is_ours)
                && (theirs.len() == case.ours.additional().len() || is_without_room_for_some(case))
        },
    },
    Rule {
        name: "the-root-is-no-host",
        peers: BOTH,
        aspects: &[Aspect::Additional],
        reason: "where the root zone has addresses they add them for the target `.` of MX and SRV, which stands for \
                 no host (RFC 7505 §3, RFC 2782)",
        applies: |case| {
            let mut added = without(case.theirs.additional(), case.whole.additional()).peekable();
            added.peek().is_some()
                && added.all(|record| {
                    let is_server = |server: &Record| server.rdata == record.owner;
                    record.owner == [0] || case.theirs.authority().iter().any(is_server)
                })
                && targets(case.ours, &[Rtype::MX, Rtype::SRV]).any(|name| name == [0])
        },
    },
    Rule {
        name: "loops-twice",
        peers: BOTH,
        aspects: &[Aspect::Answer],
        reason: "aliases of a loop are sent once more; RFC 1034 §3.6.2 calls loops errors and leaves the reply open",
        applies: |case| {
            let (ours, theirs) = (case.ours.answer(), case.theirs.answer());
            // A set that is sent once more may stand behind its signatures, or these behind both.
            let is_first = |&(at, record): &(usize, &Record)| !theirs[..at].contains(record);
            let once = || theirs.iter().enumerate().filter(is_first).map(|(_, record)| record);
            let goes_on = theirs.starts_with(ours) || once().eq(ours);
            theirs.len() > ours.len() && goes_on && without(theirs, ours).next().is_none()
        },
    },
    Rule {
        name: "growing-loops",
        peers: BOTH,
        aspects: REPLY,
        reason: "DNAMEs that lead below themselves are applied over and over by Knot, and by NSD where several take \
                 part; we stop where a name has only grown (RFC 1034 §3.6.2 calls loops errors)",
        applies: |case| {
            let (ours, theirs) = (case.ours.answer(), case.theirs.answer());
            let is_alias =
                |record: &Record| matches!(record.rtype, Rtype::CNAME | Rtype::DNAME | Rtype::RRSIG);
            (theirs.len() > ours.len() || case.theirs.rcode() == 6)
                && theirs.starts_with(ours)
                && theirs.iter().all(is_alias)
        },
    },
    Rule {
        name: "loops-without-room",
        peers: BOTH,
        aspects: &[Aspect::Truncated, Aspect::Answer],
        reason: "they set TC where the aliases of a loop do not fit that they would send once more; RFC 1034 §3.6.2 calls \
                 loops errors and leaves the reply open",
        applies: |case| {
            let is_alias = |record: &Record| matches!(record.rtype, Rtype::CNAME | Rtype::DNAME);
            case.theirs.is_truncated()
                && !case.ours.is_truncated()
                && case.ours.authority().is_empty()
                && case.ours.answer().iter().all(is_alias)
                && case.ours.answer().starts_with(case.theirs.answer())
        },
    },
    Rule {
        name: "authoritative-for-all-classes",
        peers: BOTH,
        aspects: &[Aspect::Authoritative],
        reason: "they set AA in replies, NSD behind an alias only, to QCLASS ANY, which can never be authoritative (RFC 1035 §6.2)",
        applies: |case| case.question.class == 255 && case.theirs.is_authoritative(),
    },
    Rule {
        name: "many-targets",
        peers: BOTH,
        aspects: &[Aspect::Additional],
        reason: "we add addresses for the first 32 targets of a set at most, which bounds the work",
        applies: |case| {
            let count = targets(case.ours, &[Rtype::NS, Rtype::MX, Rtype::SRV, Rtype::NAPTR]).count();
            let is_target = |record: &Record| {
                record.owner.starts_with(b"\x01*")
                    || case.theirs.authority().iter().any(|server| server.rdata == record.owner)
                    || targets(case.ours, &[Rtype::NS, Rtype::MX, Rtype::SRV])
                        .any(|name| name == record.owner)
            };
            count > 32 && without(case.theirs.additional(), case.ours.additional()).all(is_target)
        },
    },
];
