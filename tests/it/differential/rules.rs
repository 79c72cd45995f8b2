//! Differences that are not ours to mend, each with its reason.

mod both;
mod knot;
mod meeting;
mod nsd;
mod sight;

use super::compare::{Aspect, Case};
use crate::peers::PeerKind;

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
