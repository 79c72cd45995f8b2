//! Several of the other rules about additional records at once, each record by one of them.

use mimi_dns::record::Rtype;

use super::super::compare::{Aspect, Case};
use super::sight::{has_mixed_ttls, is_for_naptr, is_same_but_ttl, is_without_room_for_some, targets};
use super::{BOTH, Rule};
use crate::peers::PeerKind;
use crate::wire::Record;

pub(super) const RULES: &[Rule] = &[Rule {
    name: "several-for-additional",
    peers: BOTH,
    aspects: &[Aspect::Additional],
    reason: "several of these rules about additional records meet: each record more or less is by one of them",
    applies: |case| {
        let (theirs, whole) = (case.theirs.additional(), case.whole.additional());
        let same = |one: &Record, other: &Record| {
            one == other || (has_mixed_ttls(case.world) && is_same_but_ttl(one, other))
        };
        let is_in = |records: &[Record], record: &Record| records.iter().any(|other| same(other, record));
        let renamed = |record: &Record, of: &[Record]| of.iter().any(|other| is_renamed(case, record, other));
        theirs.iter().all(|more| is_in(whole, more) || is_more(case, more) || renamed(more, whole))
            && whole.iter().all(|less| {
                is_in(theirs, less)
                    || is_for_naptr(case, less)
                    || is_without_room_for_some(case)
                    || case.servers_need_more_room()
                    || theirs.iter().any(|other| is_renamed(case, other, less))
            })
    },
}];

/// Whether a record that they add is by `addresses-of-those-servers`, `glue-in-answers` or `many-targets`.
fn is_more(case: &Case<'_>, record: &Record) -> bool {
    let is_server = || case.theirs.authority().iter().any(|server| server.rdata == record.owner);
    let kinds = [Rtype::NS, Rtype::MX, Rtype::SRV];
    let is_late = || {
        targets(case.ours, &kinds).count() > 32 && targets(case.ours, &kinds).any(|name| name == record.owner)
    };
    let by_peer = match case.peer {
        PeerKind::Knot => !case.ours.answer().is_empty() && case.is_occluded(&record.owner),
        _ => !case.ours.answer().is_empty() && case.ours.authority().is_empty() && is_server(),
    };
    by_peer || is_late()
}

/// Whether a record of theirs is one of ours with the owner that `addresses-of-the-asterisk` or
/// `wildcards-deep-below` gives it.
fn is_renamed(case: &Case<'_>, theirs: &Record, ours: &Record) -> bool {
    let first = usize::from(ours.owner[0]) + 1;
    theirs.rdata == ours.rdata
        && theirs.rtype == ours.rtype
        && match case.peer {
            PeerKind::Knot => theirs.owner.starts_with(b"\x01*"),
            _ => {
                theirs.owner.len() < ours.owner.len()
                    && theirs.owner.starts_with(&ours.owner[..first])
                    && ours.owner.ends_with(&theirs.owner[first..])
            }
        }
}
