//! Differences that are not ours to mend, each with its reason.

mod both;
mod knot;
mod meeting;
mod nsd;
mod sight;
mod signed;

use mimi_dns::record::Rtype;

use super::compare::{Aspect, Case, Reply};
use super::signing::Tool;
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

/// Where it applies, the rest is compared with what we send where there is room.
pub(super) const NOT_COMPRESSED: Rule = Rule {
    name: "we-compress-less",
    peers: BOTH,
    aspects: &[Aspect::Truncated],
    reason: "we find fewer names to compress and set TC sooner; compression is an option (RFC 1035 §4.1.4)",
    applies: |case| {
        case.ours.is_truncated() && !case.theirs.is_truncated() && case.whole.len > case.question.limit()
    },
};

/// Where it applies, what is left of theirs is compared.
pub(super) const SIGNED_SERVERS: Rule = Rule {
    name: "signed-servers-in-answers",
    peers: NSD,
    aspects: &[Aspect::Authority, Aspect::Additional],
    reason: "in signed zones too it adds the zone's NS records to answers, and their addresses, now with signatures",
    applies: |case| case.world.signing.is_some() && !case.theirs.answer().is_empty(),
};

/// Where it applies, theirs is compared with the TTLs that ours has.
pub(super) const SIGNATURE_TTLS: Rule = Rule {
    name: "ttls-of-signatures",
    peers: BOTH,
    aspects: &[Aspect::Answer, Aspect::Authority, Aspect::Additional],
    reason: "dnssec-signzone 9.18 gives no signature a TTL past its validity; Knot 3.2 raises it to that of its RRset, which \
             RFC 4034 §3 has signers do, NSD 4.6 that of the SOA record's; we send what was signed",
    applies: |case| case.world.signing.is_some_and(|signing| signing.tool == Tool::Bind),
};

/// Their reply with the TTLs of signatures lowered to those of ours, where they differ in nothing else.
pub(super) fn with_signed_ttls(case: &Case<'_>) -> Option<Reply> {
    if !(SIGNATURE_TTLS.applies)(case) {
        return None;
    }
    let mut theirs = case.theirs.clone();
    for record in theirs.sections.iter_mut().flatten().filter(|record| record.rtype == Rtype::RRSIG) {
        let mut signed = case.whole.sections.iter().flatten();
        let own = signed.find(|own| own.ttl < record.ttl && sight::is_same_but_ttl(own, record));
        record.ttl = own.map_or(record.ttl, |own| own.ttl);
    }
    (theirs.sections != case.theirs.sections).then_some(theirs)
}

/// Their reply without the apex' NS records beside an answer, where there are any.
pub(super) fn without_servers(case: &Case<'_>) -> Option<Reply> {
    if case.peer != PeerKind::Nsd || !(SIGNED_SERVERS.applies)(case) {
        return None;
    }
    let is_server = |record: &Record| {
        let is_ns = record.rtype == Rtype::NS
            || (record.rtype == Rtype::RRSIG && record.rdata.starts_with(&Rtype::NS.0.to_be_bytes()));
        is_ns && case.zone_of(&record.owner).is_some_and(|(apex, _)| apex == record.owner)
    };
    let mut theirs = case.theirs.clone();
    let hosts: Vec<Vec<u8>> = case
        .theirs
        .authority()
        .iter()
        .filter(|record| is_server(record))
        .map(|record| record.rdata.clone())
        .collect();
    theirs.sections[1].retain(|record| !is_server(record));
    // Addresses that an answer wants too are in ours, perhaps with another name (`wildcards-deep-below`).
    let is_wanted = |record: &Record| {
        let is_same = |other: &Record| {
            (other.rtype, &other.rdata) == (record.rtype, &record.rdata)
                && !case.theirs.additional().contains(other)
        };
        let is_cut =
            |whole: &Record| sight::is_cut(record, whole) && !case.theirs.additional().contains(whole);
        case.whole.additional().contains(record)
            || case.whole.additional().iter().any(is_cut)
            || (record.owner.starts_with(b"\x01*") && case.whole.additional().iter().any(is_same))
    };
    theirs.sections[2].retain(|record| is_wanted(record) || !hosts.contains(&record.owner));
    (theirs.sections != case.theirs.sections).then_some(theirs)
}

/// Of replies that can't be read, with which nothing can be compared.
pub(super) const POINTS_AT_ITSELF: Rule = Rule {
    name: "points-at-itself",
    peers: KNOT,
    aspects: &[Aspect::Silence],
    reason: "past some number of targets the owner of an address may be a pointer at itself, so that the reply can't be \
             read; RFC 1035 §4.1.4 has pointers at a prior occurrence",
    applies: |_| false,
};

/// The other rules.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    // Several at once come last: one that explains all by itself is told by its own name.
    [both::RULES, nsd::RULES, knot::RULES, meeting::RULES].into_iter().flatten()
}

/// Those for worlds that are signed.
pub(super) fn signed() -> impl Iterator<Item = &'static Rule> {
    signed::RULES.iter()
}
