//! Where peers may differ from us about zones that are signed.

use mimi_dns::record::Rtype;

use super::super::compare::{Aspect, Case, Reply};
use super::super::names::Draft;
use super::super::signing::Signing;
use super::sight::{has_wild_servers, without};
use super::{BOTH, KNOT, NSD, REPLY, Rule};
use crate::wire::Record;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "wildcard-ns-in-a-signed-zone",
        peers: KNOT,
        aspects: &[Aspect::Authority],
        reason: "in a referral by a delegation at a wildcard's own name it proves too that there is no closer one; RFC \
                 4592 §4.2 leaves such delegations undefined",
        applies: |case| {
            let is_wild = |record: &Record| record.rtype == Rtype::NS && record.owner.starts_with(b"\x01*");
            case.theirs.authority().iter().any(is_wild) && is_more_proofs(case)
        },
    },
    Rule {
        name: "servfail-for-odd-asterisks",
        peers: KNOT,
        aspects: REPLY,
        reason: "SERVFAIL, or the RCODE and nothing else, with DO where a DNAME stands at a wildcard, or a label begins with \
                 an asterisk and NUL: RFC 4592 §4.4 and RFC 1034 §3.1 make such names odd, not wrong; NSD and we answer",
        applies: |case| {
            let is_odd = |name: &Draft| name.labels.iter().any(|label| label.starts_with(b"*\0"));
            let is_wild_dname =
                |record: &Record| record.rtype == Rtype::DNAME && record.owner.starts_with(b"\x01*");
            (case.theirs.rcode() == 2 || is_nothing(case.theirs))
                && (case.ours.answer().iter().any(is_wild_dname) || case.world.names().any(is_odd))
        },
    },
    Rule {
        name: "ds-from-above-the-signed-parent",
        peers: NSD,
        aspects: REPLY,
        reason: "for DS at an apex it may refer from the zone above the parent to the parent, which it serves itself; RFC \
                 4035 §3.1.4.1 has the parent answer",
        applies: |case| {
            let is_ns = |record: &Record| {
                record.rtype == Rtype::NS
                    && case.zone_of(&record.owner).is_some_and(|(apex, _)| apex == record.owner)
            };
            case.question.rtype == Rtype::DS
                && !case.theirs.is_authoritative()
                && case.theirs.authority().iter().any(is_ns)
        },
    },
    Rule {
        name: "some-signatures",
        peers: KNOT,
        aspects: &[Aspect::Answer, Aspect::Truncated],
        reason: "asked for RRSIG it sends those of one type, as RFC 8482 §7 allows; NSD and we send all",
        applies: |case| {
            let theirs = case.theirs.answer();
            case.question.rtype == Rtype::RRSIG
                && !theirs.is_empty()
                && without(theirs, case.whole.answer()).next().is_none()
        },
    },
    Rule {
        name: "any-gets-signatures",
        peers: KNOT,
        aspects: &[Aspect::Answer, Aspect::Truncated],
        reason: "to ANY it may send signatures and not what they sign, without DO too; RFC 8482 §4.1 leaves the choice",
        applies: |case| {
            let theirs = case.theirs.answer();
            case.question.rtype == Rtype::ANY
                && !theirs.is_empty()
                && without(theirs, case.whole.answer()).all(|record| record.rtype == Rtype::RRSIG)
        },
    },
    Rule {
        name: "empty-wildcards-not-proven",
        peers: KNOT,
        aspects: &[Aspect::Authority],
        reason: "where the wildcard is an empty non-terminal it does not prove by the NSEC in front of it that it lacks \
                 the type, which RFC 4035 §3.1.3.4 asks for; NSD and we do",
        applies: |case| {
            is_nsec(case)
                && case.ours.rcode() == 0
                && without(case.theirs.authority(), case.ours.authority()).next().is_none()
                && without(case.ours.authority(), case.theirs.authority()).all(is_proof)
        },
    },
    Rule {
        name: "asterisks-asked-for-themselves",
        peers: KNOT,
        aspects: &[Aspect::Authority],
        reason: "for a name that begins with an asterisk and that a wildcard covers it sends no proof that there is no closer \
                 one, which RFC 5155 §7.2.5 and §7.2.6 and RFC 4035 §3.1.3 have; NSD and we do",
        applies: |case| {
            let asked = case.question.name.wire(case.world.base);
            let aliases = case.ours.answer().iter().filter(|record| record.rtype == Rtype::CNAME);
            let names = std::iter::once(&asked).chain(aliases.map(|alias| &alias.rdata));
            names.into_iter().any(|name| name.starts_with(b"\x01*"))
                && without(case.theirs.authority(), case.ours.authority()).next().is_none()
                && without(case.ours.authority(), case.theirs.authority()).all(is_proof)
        },
    },
    Rule {
        name: "encloser-of-an-asterisk",
        peers: NSD,
        aspects: &[Aspect::Truncated, Aspect::Authority],
        reason: "about a wildcard's own name, which exists, it proves its closest encloser too; one NSEC3, that of the \
                 name, is what RFC 5155 §7.2.3 has; Knot and BIND too",
        applies: |case| {
            let last = case.ours.answer().iter().rfind(|record| record.rtype == Rtype::CNAME);
            let asked = case.question.name.wire(case.world.base);
            let name = last.map_or(&asked, |alias| &alias.rdata);
            let has_no_room = || {
                case.theirs.is_truncated()
                    && without(case.theirs.authority(), case.ours.authority()).all(is_proof)
            };
            !is_nsec(case) && name.starts_with(b"\x01*") && (is_more_proofs(case) || has_no_room())
        },
    },
    Rule {
        name: "encloser-of-a-wildcard-not-proven",
        peers: NSD,
        aspects: &[Aspect::Authority],
        reason: "where a wildcard lacks the type it may leave out the NSEC3 of the closest encloser, which RFC 5155 §7.2.5 \
                 has; Knot and BIND send it",
        applies: |case| {
            let mut missing = without(case.ours.authority(), case.theirs.authority());
            !is_nsec(case)
                && case.ours.rcode() == 0
                && case.theirs.authority().iter().any(|record| record.rtype == Rtype::NSEC3)
                && without(case.theirs.authority(), case.ours.authority()).next().is_none()
                && missing.all(is_proof)
        },
    },
    Rule {
        name: "nsec-behind-a-dname",
        peers: NSD,
        aspects: &[Aspect::Authority],
        reason: "behind a DNAME it may send the NSEC that covers the name that was asked, or the wildcard's, in the place of \
                 that of the name that the DNAME led to, which RFC 4035 §3.1.3.2 asks for; Knot and we send both",
        applies: |case| {
            is_nsec(case)
                && case.ours.answer().iter().any(|record| record.rtype == Rtype::DNAME)
                && without(case.ours.authority(), case.theirs.authority()).all(is_proof)
                && without(case.theirs.authority(), case.ours.authority()).all(is_proof)
        },
    },
    Rule {
        name: "wildcard-ns-not-proven",
        peers: NSD,
        aspects: &[Aspect::Authority],
        reason: "where a wildcard has NS records it does not prove by its NSEC3 that it lacks the type, or proves something \
                 else; RFC 4592 §4.2 leaves such wildcards undefined",
        applies: |case| {
            !is_nsec(case)
                && has_wild_servers(case.world)
                && without(case.theirs.authority(), case.ours.authority()).all(is_proof)
                && without(case.ours.authority(), case.theirs.authority()).all(is_proof)
        },
    },
    Rule {
        name: "proofs-of-one-peer",
        peers: BOTH,
        aspects: &[Aspect::Authority],
        reason: "a record of denial more or less than RFC 4035 §3.1.3 and RFC 5155 §7.2 have, where the other peer sends \
                 what we send, or nothing because it has stopped or does not know QTYPE 0",
        applies: |case| {
            case.other.is_none_or(|other| other.rcode() == 4 || other.authority() == case.ours.authority())
                && without(case.ours.authority(), case.theirs.authority()).all(is_proof)
                && without(case.theirs.authority(), case.ours.authority()).all(is_proof)
        },
    },
];

/// Whether it has an RCODE and neither AA nor a record.
fn is_nothing(reply: &Reply) -> bool {
    !reply.is_authoritative() && reply.rcode() != 0 && reply.sections.iter().all(Vec::is_empty)
}

fn is_nsec(case: &Case<'_>) -> bool {
    case.world.signing.is_some_and(Signing::is_nsec)
}

fn is_proof(record: &Record) -> bool {
    matches!(record.rtype, Rtype::NSEC | Rtype::NSEC3 | Rtype::RRSIG)
}

/// Whether theirs is ours and more records of denial.
fn is_more_proofs(case: &Case<'_>) -> bool {
    without(case.ours.authority(), case.theirs.authority()).next().is_none()
        && without(case.theirs.authority(), case.ours.authority()).all(is_proof)
}
