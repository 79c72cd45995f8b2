//! Where Knot may differ from us.

use mimi_dns::record::Rtype;

use super::super::compare::Aspect;
use super::super::names::Draft;
use super::sight::{has_wild_servers, is_without_room_for_some, without};
use super::{KNOT, REPLY, Rule};
use crate::wire::Record;

pub(super) const RULES: &[Rule] = &[
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
            let refers = case.theirs.authority().iter().any(is_wild);
            let is_cut_off = case.theirs.is_truncated()
                && case.theirs.authority().is_empty()
                && has_wild_servers(case.world);
            // Behind an alias, the alias is what AA is about.
            let would_refer = (!case.theirs.is_authoritative() && case.ours.is_authoritative())
                || case.theirs.answer().last().is_some_and(|last| last.rtype == Rtype::CNAME);
            (refers || (is_cut_off && would_refer)) && !case.ours.authority().iter().any(is_wild)
        },
    },
    Rule {
        name: "chains-stay-in-a-zone",
        peers: KNOT,
        aspects: REPLY,
        reason: "it does not go on in another zone that it serves, where RFC 1034 §4.3.2 step 3a goes back to step 1",
        applies: |case| {
            let theirs = case.theirs.answer();
            let leaves = |(at, alias): (usize, &Record)| {
                alias.rtype == Rtype::CNAME
                    && case.ours.answer().starts_with(&theirs[..=at])
                    && case.answering(&alias.owner) != case.answering(&alias.rdata)
            };
            theirs.iter().enumerate().any(leaves)
        },
    },
    Rule {
        name: "chains-of-five",
        peers: KNOT,
        aspects: REPLY,
        reason: "it ends a chain after the fifth alias, with NOERROR and nothing about the last name; RFC 1034 §3.6.2 \
                 has chains followed, we follow as far as 16",
        applies: |case| {
            let theirs = case.theirs.answer();
            let is_alias = |record: &&Record| record.rtype == Rtype::CNAME;
            theirs.iter().filter(is_alias).count() == 5
                && theirs.last().is_some_and(|last| is_alias(&last))
                && case.ours.answer().starts_with(theirs)
                && case.theirs.rcode() == 0
                && case.theirs.authority().is_empty()
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
            let (theirs, whole) = (case.theirs.additional(), case.whole.additional());
            let is_wild =
                |record: &Record, of: &Record| record.owner.starts_with(b"\x01*") && record.rdata == of.rdata;
            let mut added = without(theirs, whole).peekable();
            let mut missing = without(whole, theirs).peekable();
            (added.peek().is_some() || missing.peek().is_some())
                && added.all(|record| whole.iter().any(|whole| is_wild(record, whole)))
                && missing.all(|record| theirs.iter().any(|theirs| is_wild(theirs, record)))
        },
    },
    Rule {
        name: "glue-in-answers",
        peers: KNOT,
        aspects: &[Aspect::Additional],
        reason: "it adds addresses from below a delegation to answers, which are not authoritative; NSD and we do not",
        applies: |case| {
            let mut more = without(case.theirs.additional(), case.whole.additional()).peekable();
            let missing = without(case.whole.additional(), case.theirs.additional()).next().is_some();
            more.peek().is_some()
                && !case.ours.answer().is_empty()
                && more.all(|record| case.is_occluded(&record.owner))
                && (!missing || is_without_room_for_some(case))
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
        reason: "a name below one that ends in a label `*` exists for it, or does not, where a label begins with `*` and NUL; \
                 RFC 1034 §3.1 compares labels octet by octet",
        applies: |case| {
            let begins = |label: &Vec<u8>| label.starts_with(b"*\0");
            let asterisk = |name: &Draft| name.labels.iter().any(|label| label == b"*");
            (asterisk(&case.question.name) || case.world.names().any(asterisk))
                && (case.theirs.rcode() == 0
                    || !case.theirs.answer().is_empty()
                    || case.world.signing.is_some())
                && case.world.names().chain([&case.question.name]).any(|name| name.labels.iter().any(begins))
        },
    },
];
