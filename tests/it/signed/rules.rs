//! Where peers reply otherwise, and why we don't.

use std::fmt::Write as _;

use mimi_dns::record::{Name, Rtype};

use super::compare::Essence;
use super::signer::{Denial, Tool, Way};
use crate::conformance;
use crate::peers::PeerKind;
use crate::wire::Record;

/// One peer's reply beside ours.
pub(super) struct Case<'a> {
    pub(super) kind: PeerKind,
    pub(super) way: &'a Way,
    pub(super) name: &'a Name,
    pub(super) rtype: Rtype,
    pub(super) ours: &'a Essence,
    pub(super) theirs: &'a Essence,
}

/// A way in which peers differ.
struct Rule {
    peers: &'static [PeerKind],
    /// Why ours is right.
    reason: &'static str,
    applies: fn(&Case<'_>) -> bool,
}

const RULES: &[Rule] = &[
    Rule {
        peers: &[PeerKind::Knot, PeerKind::Bind],
        reason: "RFC 4035 §3.1.3.4: that the wildcard lacks the type is proven too where it is an empty \
                 non-terminal, by the NSEC in front of it",
        applies: |case| case.is_below("entwild") && case.ours_has_more(),
    },
    Rule {
        peers: &[PeerKind::Knot],
        reason: "RFC 4035 §3.1.3.3: a wildcard's NSEC that is the answer does not prove, expanded, that there \
                 is no closer name; the same record with its own owner does",
        applies: |case| case.rtype == Rtype::NSEC && case.ours_has_more(),
    },
    Rule {
        peers: &[PeerKind::Bind],
        reason: "a delegation's data is referred to, but for DS (RFC 4035 §3.1.4.1); NSD and Knot too",
        applies: |case| case.rtype == Rtype::NSEC && case.ours.is_referral(),
    },
    Rule {
        peers: &[PeerKind::Nsd],
        reason: "NSEC is asked of the alias itself (RFC 4035 §2.5), whether there is one or not; Knot and BIND too",
        applies: |case| {
            case.rtype == Rtype::NSEC
                && case.theirs.sections[0].iter().any(|record| record.rtype == Rtype::CNAME)
                && case.way.denial != Denial::Nsec
        },
    },
    Rule {
        peers: &[PeerKind::Nsd, PeerKind::PowerDns],
        reason: "an NSEC3 owner is no closest encloser: it does not exist (RFC 5155 §7.2.8); Knot and BIND too",
        applies: |case| case.name.labels().nth(1).is_some_and(|label| label.len() == 32),
    },
    Rule {
        peers: &[PeerKind::Nsd],
        reason: "who asks for the wildcard itself needs one NSEC3, that of the name (RFC 5155 §7.2.3)",
        applies: |case| case.name.is_wildcard() && case.theirs_has_more(),
    },
    Rule {
        peers: &[PeerKind::Nsd],
        reason: "the NSEC that it sends covers the wildcard's parent, not the name that a DNAME led to",
        applies: |case| case.is_below("dn") && case.way.denial == Denial::Nsec,
    },
    Rule {
        peers: &PeerKind::ALL,
        reason: "empty non-terminals above nothing but delegations that opt-out leaves out: the closest provable \
                 encloser is proven (RFC 5155 erratum 3441), as by Knot and BIND but where a wildcard stands there",
        applies: |case| {
            let below = |name: &str| case.is_below(name) || case.is_at(name);
            let others = matches!(case.kind, PeerKind::Nsd | PeerKind::PowerDns) && below("open");
            matches!(case.way.denial, Denial::Nsec3 { opt_out: true, .. }) && (others || below("a.bigwild"))
        },
    },
    Rule {
        peers: &[PeerKind::PowerDns],
        reason: "NSEC is data like any other where it is asked for (RFC 4035 §3.1); NSD, Knot and BIND too",
        applies: |case| case.rtype == Rtype::NSEC,
    },
    Rule {
        peers: &[PeerKind::PowerDns],
        reason: "no DS without DO (RFC 4035 §3.1); NSD, Knot and BIND too",
        applies: |case| {
            let is_ds = |record: &Record| record.rtype == Rtype::DS;
            case.theirs_has_more() && case.theirs.sections[1].iter().any(is_ds)
        },
    },
    Rule {
        peers: &[PeerKind::PowerDns],
        reason: "asked for CNAME, the first one answers: no more is followed nor proven (RFC 1034 §4.3.2); NSD, Knot \
                 and BIND too",
        applies: |case| case.rtype == Rtype::CNAME && !case.ours.sections[0].is_empty(),
    },
    Rule {
        peers: &[PeerKind::PowerDns],
        reason: "NSEC3PARAM as it stands in the zone, not as it is configured",
        applies: |case| case.rtype == Rtype::NSEC3PARAM,
    },
    Rule {
        peers: &[PeerKind::PowerDns],
        reason: "it makes the chain of a zone with opt-out anew, without the empty non-terminals that ldns keeps and `zone sign` \
                 where a wildcard stands beside them (RFC 5155 §7.1 lets them be left out or not); NSD, Knot and BIND agree",
        applies: |case| {
            let same =
                (case.ours.rcode, &case.ours.sections[0]) == (case.theirs.rcode, &case.theirs.sections[0]);
            matches!(case.way.label, "ldns-opt-out" | "our-opt-out") && same
        },
    },
    Rule {
        peers: &[PeerKind::PowerDns],
        reason: "where it signs NSEC itself it spells the next name now in this way, now in that, and signs what it spells; \
                 each is right (RFC 6840 §5.1)",
        applies: |case| {
            case.way.tool == Tool::Server(PeerKind::PowerDns)
                && without_spelling_of_next(case.ours) == without_spelling_of_next(case.theirs)
        },
    },
];

/// The rules, on the page.
#[test]
fn where_peers_reply_otherwise_is_on_the_page() {
    let mut text = format!("{ABOUT}\n\n| of | why ours is right |\n| --- | --- |\n");
    for rule in RULES {
        let peers: Vec<_> = rule.peers.iter().map(|peer| peer.label()).collect();
        writeln!(text, "| {} | {} |", peers.join(", "), rule.reason).unwrap();
    }
    conformance::section("signed", &text);
}

const ABOUT: &str = "\
A zone with all that makes denial hard (empty non-terminals, wildcards beside and below others, aliases of each kind,
DNAME, delegations that are secure, insecure or alone below a name) is signed by `dnssec-signzone`, `ldns-signzone` and
`zone sign`, and by Knot and PowerDNS, which hand over by AXFR what they have signed: NSEC, NSEC3 with and without salt,
opt-out. We and each peer serve the same file and are asked, with DO and without, for every name that is there and many
that are not (`tests/it/signed`); Knot and PowerDNS also as they sign. RCODE, AA, answer and authority section are the
same, record for record, signatures too; but:";

/// Whether a rule tells why the replies differ.
pub(super) fn explain(case: &Case<'_>) -> bool {
    RULES.iter().any(|rule| rule.peers.contains(&case.kind) && (rule.applies)(case))
}

impl Case<'_> {
    fn is_at(&self, name: &str) -> bool {
        *self.name == format!("{name}.signed.").parse().unwrap()
    }

    fn is_below(&self, name: &str) -> bool {
        self.name.is_at_or_below(&format!("{name}.signed.").parse().unwrap()) && !self.is_at(name)
    }

    /// The same reply, and more proofs.
    fn ours_has_more(&self) -> bool {
        has_more(self.ours, self.theirs)
    }

    fn theirs_has_more(&self) -> bool {
        has_more(self.theirs, self.ours)
    }
}

/// NSEC in small letters, and without its signatures.
fn without_spelling_of_next(essence: &Essence) -> Essence {
    let mut essence = essence.clone();
    for section in &mut essence.sections {
        section.retain(|record| {
            record.rtype != Rtype::RRSIG || !record.rdata.starts_with(&Rtype::NSEC.0.to_be_bytes())
        });
        let nsec = section.iter_mut().filter(|record| record.rtype == Rtype::NSEC);
        nsec.for_each(|record| record.rdata.make_ascii_lowercase());
        section.sort_unstable();
    }
    essence
}

fn has_more(one: &Essence, other: &Essence) -> bool {
    let holds = |record: &Record| one.sections[1].contains(record);
    (one.rcode, one.flags, &one.sections[0]) == (other.rcode, other.flags, &other.sections[0])
        && other.sections[1].iter().all(holds)
}
