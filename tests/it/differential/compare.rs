//! What two replies have in common, aspect by aspect.

use mimi_dns::record::Rtype;

use super::questions::Question;
use super::rules::{self, Rule};
use super::worlds::World;
use crate::peers::PeerKind;
use crate::wire::{Opt, Parts, Record};

/// Parts of a reply that are compared each by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Aspect {
    /// One replies, the other doesn't.
    Silence,
    Question,
    Rcode,
    /// AA.
    Authoritative,
    /// TC.
    Truncated,
    /// Opcode, RD, RA, Z, AD, CD.
    Flags,
    /// Whether there is an OPT record; its version and DO.
    Edns,
    /// In the order of the chain; the records of a set in any order.
    Answer,
    Authority,
    Additional,
    /// Upper and lower case of the name that was asked, as an owner, where all else is the same.
    Case,
}

const AA: u16 = 0x0400;
const TC: u16 = 0x0200;
const OTHER_FLAGS: u16 = 0xf9f0;

/// A reply, ready to be compared.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) parts: Parts,
    /// Octets of the message.
    pub(super) len: usize,
    /// What is compared: names in small letters, sets sorted.
    pub(super) sections: [Vec<Record>; 3],
}

impl Reply {
    pub(super) fn read(octets: &[u8]) -> Self {
        let parts = Parts::read(octets);
        let [answer, authority, additional] =
            parts.sections.each_ref().map(|records| records.iter().map(folded).collect::<Vec<_>>());
        Self { sections: [in_chain(answer), sorted(authority), sorted(additional)], parts, len: octets.len() }
    }

    pub(super) fn rcode(&self) -> u16 {
        self.parts.rcode()
    }

    pub(super) fn is_authoritative(&self) -> bool {
        self.parts.flags & AA != 0
    }

    pub(super) fn is_truncated(&self) -> bool {
        self.parts.flags & TC != 0
    }

    pub(super) fn answer(&self) -> &[Record] {
        &self.sections[0]
    }

    pub(super) fn authority(&self) -> &[Record] {
        &self.sections[1]
    }

    pub(super) fn additional(&self) -> &[Record] {
        &self.sections[2]
    }

    fn edns(&self) -> Option<(u8, bool)> {
        self.parts.opt.map(|Opt { version, dnssec_ok, .. }| (version, dnssec_ok))
    }

    /// How the answer spells the name that was asked. Other names are spelled as in the zone by
    /// us, as RFC 4343 §4.1 wants, and by peers that keep small letters only in those.
    fn spelling(&self) -> Option<&[u8]> {
        let [answer, ..] = &self.parts.sections;
        let name = self.parts.question.get(..self.parts.question.len().checked_sub(4)?)?;
        answer.iter().map(|record| record.owner.as_slice()).find(|owner| owner.eq_ignore_ascii_case(name))
    }
}

/// One peer's reply beside ours.
pub(super) struct Case<'a> {
    pub(super) world: &'a World,
    pub(super) question: &'a Question,
    pub(super) peer: PeerKind,
    pub(super) ours: &'a Reply,
    pub(super) theirs: &'a Reply,
    /// That of the other peer, where it has replied.
    pub(super) other: Option<&'a Reply>,
    /// What we send where there is room for all.
    pub(super) whole: &'a Reply,
}

/// How two replies differ.
pub(super) fn aspects(ours: &Reply, theirs: &Reply) -> Vec<Aspect> {
    let flags = |reply: &Reply, mask: u16| reply.parts.flags & mask;
    let mut aspects = Vec::new();
    let mut differ = |aspect, equal: bool| {
        if !equal {
            aspects.push(aspect);
        }
    };
    differ(Aspect::Question, ours.parts.question == theirs.parts.question);
    differ(Aspect::Rcode, ours.rcode() == theirs.rcode());
    differ(Aspect::Authoritative, flags(ours, AA) == flags(theirs, AA));
    differ(Aspect::Truncated, flags(ours, TC) == flags(theirs, TC));
    differ(Aspect::Flags, flags(ours, OTHER_FLAGS) == flags(theirs, OTHER_FLAGS));
    differ(Aspect::Edns, ours.edns() == theirs.edns());
    for (aspect, section) in [Aspect::Answer, Aspect::Authority, Aspect::Additional].into_iter().zip(0..) {
        differ(aspect, ours.sections[section] == theirs.sections[section]);
    }
    if aspects.is_empty() && ours.spelling() != theirs.spelling() {
        aspects.push(Aspect::Case);
    }
    aspects
}

/// The aspects that no rule explains, and the rules that were needed.
pub(super) fn unexplained(case: &Case<'_>) -> (Vec<Aspect>, Vec<&'static Rule>) {
    let mut used = Vec::new();
    let mut case = Case { ..*case };
    if (rules::NOT_COMPRESSED.applies)(&case) {
        used.push(&rules::NOT_COMPRESSED);
        case.ours = case.whole;
    }
    let theirs = rules::with_signed_ttls(&case);
    if let Some(theirs) = &theirs {
        used.push(&rules::SIGNATURE_TTLS);
        case.theirs = theirs;
    }
    let theirs = rules::without_servers(&case);
    if let Some(theirs) = &theirs {
        used.push(&rules::SIGNED_SERVERS);
        case.theirs = theirs;
    }
    let case = &case;
    let mut aspects = aspects(case.ours, case.theirs);
    let signed = rules::signed().filter(|_| case.world.signing.is_some());
    for rule in rules::all().chain(signed).filter(|rule| rule.peers.contains(&case.peer)) {
        if aspects.iter().any(|aspect| rule.aspects.contains(aspect)) && (rule.applies)(case) {
            aspects.retain(|aspect| !rule.aspects.contains(aspect));
            used.push(rule);
        }
    }
    (aspects, used)
}

/// With small letters in the names that compression may have replaced by others' spellings.
fn folded(record: &Record) -> Record {
    let mut folded = record.clone();
    folded.owner.make_ascii_lowercase();
    match record.rtype {
        Rtype::NS | Rtype::CNAME | Rtype::PTR | Rtype::DNAME => folded.rdata.make_ascii_lowercase(),
        Rtype::MX => folded.rdata[2..].make_ascii_lowercase(),
        Rtype::SRV => folded.rdata[6..].make_ascii_lowercase(),
        Rtype::NAPTR => {
            let name = naptr_name(&folded.rdata);
            folded.rdata[name..].make_ascii_lowercase();
        }
        Rtype::SOA => {
            let names = folded.rdata.len() - 20;
            folded.rdata[..names].make_ascii_lowercase();
        }
        _ => {}
    }
    folded
}

/// The records of each set sorted, the sets in the order in which they came, each with its signatures behind it.
fn in_chain(records: Vec<Record>) -> Vec<Record> {
    let set = |record: &Record| (record.owner.clone(), record.rtype);
    let (mut signatures, mut records): (Vec<Record>, Vec<Record>) =
        records.into_iter().partition(|record| record.rtype == Rtype::RRSIG);
    let mut chain = Vec::new();
    for records in records.chunk_by_mut(|one, other| set(one) == set(other)) {
        records.sort_unstable();
        chain.extend_from_slice(records);
        let (owner, covered) = (&records[0].owner, records[0].rtype.0.to_be_bytes());
        let is_its =
            |signature: &mut Record| signature.owner == *owner && signature.rdata.starts_with(&covered);
        chain.extend(sorted(signatures.extract_if(.., is_its).collect()));
    }
    chain.extend(sorted(signatures));
    chain
}

fn sorted(mut records: Vec<Record>) -> Vec<Record> {
    records.sort_unstable();
    records
}

/// Where the replacement starts in the data of a NAPTR record.
pub(super) fn naptr_name(rdata: &[u8]) -> usize {
    (0..3).fold(4, |at, _| at + 1 + usize::from(rdata[at]))
}
