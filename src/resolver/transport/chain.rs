//! From replies to an answer that nothing proves: aliases, absences, times to live. No I/O.

use std::collections::HashSet;

use super::exchange::Reply;
use super::{Answer, MAX_ALIASES, Outcome, Proof, TransportError};
use crate::record::{Class, Name, Record, Rrset, Rtype, Ttl};

/// A question and how far its aliases have been followed.
#[derive(Debug)]
pub(super) struct Chain {
    name: Name,
    rtype: Rtype,
    aliases: Vec<Rrset>,
    ttl: Ttl,
}

impl Chain {
    pub(super) fn new(name: &Name, rtype: Rtype) -> Self {
        Self { name: name.clone(), rtype, aliases: Vec::new(), ttl: Ttl::MAX }
    }

    /// The name to ask now.
    pub(super) fn name(&self) -> &Name {
        &self.name
    }

    /// Takes the reply for that name; `None` if it ends at an alias whose target is to be asked.
    pub(super) fn take(&mut self, reply: &Reply) -> Result<Option<Answer>, TransportError> {
        let start = self.name.clone();
        loop {
            if let Some(rrset) = rrset_at(&reply.answers, &self.name, self.rtype) {
                let ttl = rrset.ttl;
                return Ok(Some(self.answer(Outcome::Records(rrset), ttl)));
            }
            let Some(alias) = rrset_at(&reply.answers, &self.name, Rtype::CNAME) else { break };
            self.follow(alias, &reply.answers)?;
        }
        // The RCODE is about the last name of the chain. Source: RFC 6604 §3.
        if reply.nx_domain {
            return Ok(Some(self.absence(Outcome::NxDomain, reply)));
        }
        if reply.soa().is_some_and(|(apex, _)| self.name.is_at_or_below(apex)) {
            return Ok(Some(self.absence(Outcome::NoData, reply)));
        }
        match (self.name == start, reply.is_referral()) {
            (false, _) => Ok(None),
            (true, true) => Err(TransportError::Referral),
            (true, false) => Ok(Some(self.absence(Outcome::NoData, reply))),
        }
    }

    fn follow(&mut self, alias: Rrset, answers: &[Record]) -> Result<(), TransportError> {
        let [rdata] = &alias.rdatas[..] else { return Err(TransportError::Malformed) };
        let target = Name::from_wire(rdata).map_err(|_| TransportError::Malformed)?;
        // A DNAME comes with the CNAME that follows from it. Source: RFC 6672 §3.1.
        let above =
            |record: &&Record| record.rtype == Rtype::DNAME && self.name.is_at_or_below(&record.owner);
        let cause =
            answers.iter().find(above).and_then(|dname| rrset_at(answers, &dname.owner, Rtype::DNAME));
        for rrset in cause.into_iter().chain([alias]) {
            self.ttl = self.ttl.min(rrset.ttl);
            if !self.aliases.contains(&rrset) {
                self.aliases.push(rrset);
            }
        }
        let loops = self.aliases.iter().any(|alias| alias.rtype == Rtype::CNAME && alias.owner == target);
        if loops || self.aliases.len() > MAX_ALIASES {
            return Err(TransportError::AliasLoop);
        }
        self.name = target;
        Ok(())
    }

    fn absence(&mut self, outcome: Outcome, reply: &Reply) -> Answer {
        let soa = reply.soa().filter(|(apex, _)| self.name.is_at_or_below(apex));
        self.answer(outcome, soa.map_or(Ttl::ZERO, |(_, ttl)| ttl))
    }

    fn answer(&mut self, outcome: Outcome, ttl: Ttl) -> Answer {
        let aliases = std::mem::take(&mut self.aliases);
        Answer { outcome, aliases, ttl: self.ttl.min(ttl), proof: Proof::Insecure }
    }
}

/// The records of one name and type; the smallest of their times to live holds for all.
fn rrset_at(answers: &[Record], name: &Name, rtype: Rtype) -> Option<Rrset> {
    let mut found: Option<Rrset> = None;
    // A message holds thousands of records, so one is not compared with each before it.
    let mut seen = HashSet::new();
    let fits = |record: &&Record| record.rtype == rtype && record.class == Class::IN && record.owner == *name;
    for record in answers.iter().filter(fits) {
        let rrset = found.get_or_insert_with(|| Rrset {
            owner: record.owner.clone(),
            class: Class::IN,
            rtype,
            ttl: record.ttl,
            rdatas: Vec::new(),
        });
        rrset.ttl = rrset.ttl.min(record.ttl);
        if seen.insert(&record.rdata) {
            rrset.rdatas.push(record.rdata.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().expect(text)
    }

    fn record(owner: &str, rtype: Rtype, ttl: u32, rdata: &[u8]) -> Record {
        let ttl = Ttl::from_secs(ttl);
        Record { owner: name(owner), class: Class::IN, ttl, rtype, rdata: rdata.into() }
    }

    fn alias(owner: &str, ttl: u32, target: &str) -> Record {
        record(owner, Rtype::CNAME, ttl, name(target).as_wire())
    }

    fn reply(answers: &[Record]) -> Reply {
        Reply { nx_domain: false, authentic: false, answers: answers.into(), authority: Vec::new() }
    }

    /// An SOA record with that negative time to live.
    fn negative(apex: &str, ttl: u32) -> Vec<Record> {
        let numbers = [0, 0, 0, 0, ttl].map(u32::to_be_bytes).concat();
        vec![record(apex, Rtype::SOA, 9999, &[&[0, 0][..], &numbers].concat())]
    }

    fn ask(reply: &Reply) -> Result<Option<Answer>, TransportError> {
        Chain::new(&name("a.example"), Rtype::TXT).take(reply)
    }

    fn answer(reply: &Reply) -> Answer {
        ask(reply).expect("no error").expect("an answer")
    }

    #[test]
    fn records_of_other_names_and_types_do_not_count() {
        let got = answer(&reply(&[
            record("b.example", Rtype::TXT, 9, b"\x01x"),
            record("A.EXAMPLE", Rtype::TXT, 60, b"\x01a"),
            record("a.example", Rtype::TXT, 50, b"\x01a"),
            record("a.example", Rtype::TXT, 60, b"\x01b"),
            record("a.example", Rtype::A, 5, &[1, 2, 3, 4]),
        ]));
        let Outcome::Records(rrset) = got.outcome else { panic!("{got:?}") };
        assert_eq!(rrset.rdatas, [Box::from(*b"\x01a"), Box::from(*b"\x01b")]);
        assert_eq!(got.ttl, Ttl::from_secs(50));
    }

    #[test]
    fn aliases_are_followed_within_a_reply_and_across() {
        let whole = [alias("a.example", 30, "b.example"), record("b.example", Rtype::TXT, 60, b"\x01b")];
        let got = answer(&reply(&whole));
        assert_eq!((got.aliases.len(), got.ttl), (1, Ttl::from_secs(30)));

        let mut chain = Chain::new(&name("a.example"), Rtype::TXT);
        assert_eq!(chain.take(&reply(&whole[..1])), Ok(None));
        assert_eq!(chain.name(), &name("b.example"));
        let got = chain.take(&reply(&whole[1..])).expect("no error").expect("an answer");
        assert_eq!((got.aliases.len(), got.ttl), (1, Ttl::from_secs(30)));
    }

    #[test]
    fn the_dname_behind_an_alias_is_kept() {
        let got = answer(&reply(&[
            record("example", Rtype::DNAME, 40, name("example.net").as_wire()),
            alias("a.example", 40, "a.example.net"),
            record("a.example.net", Rtype::TXT, 60, b"\x01b"),
        ]));
        let types: Vec<_> = got.aliases.iter().map(|rrset| rrset.rtype).collect();
        assert_eq!(types, [Rtype::DNAME, Rtype::CNAME]);
    }

    #[test]
    fn aliases_that_loop_or_do_not_end_are_an_error() {
        let pair = [alias("a.example", 30, "b.example"), alias("b.example", 30, "a.example")];
        assert_eq!(ask(&reply(&pair)), Err(TransportError::AliasLoop));
        assert_eq!(ask(&reply(&[alias("a.example", 30, "A.example")])), Err(TransportError::AliasLoop));
        let mut long = vec![alias("a.example", 1, "0.example")];
        long.extend(
            (0..20).map(|index| alias(&format!("{index}.example"), 1, &format!("{}.example", index + 1))),
        );
        assert_eq!(ask(&reply(&long)), Err(TransportError::AliasLoop));
        let two = [alias("a.example", 30, "b.example"), alias("a.example", 30, "c.example")];
        assert_eq!(ask(&reply(&two)), Err(TransportError::Malformed));
    }

    #[test]
    fn absences_are_kept_apart_and_live_as_long_as_their_soa_says() {
        let no_data = answer(&Reply { authority: negative("example", 70), ..reply(&[]) });
        assert_eq!((no_data.outcome, no_data.ttl), (Outcome::NoData, Ttl::from_secs(70)));
        let nx = Reply { nx_domain: true, authority: negative("example", 70), ..reply(&[]) };
        assert_eq!(answer(&nx).outcome, Outcome::NxDomain);
        let behind = Reply {
            nx_domain: true,
            authority: negative("example", 70),
            ..reply(&[alias("a.example", 30, "b.example")])
        };
        let got = answer(&behind);
        assert_eq!((got.outcome, got.ttl, got.aliases.len()), (Outcome::NxDomain, Ttl::from_secs(30), 1));
    }

    #[test]
    fn an_absence_without_its_zones_soa_is_not_kept() {
        assert_eq!(answer(&reply(&[])).ttl, Ttl::ZERO);
        let foreign = Reply { nx_domain: true, authority: negative("other", 70), ..reply(&[]) };
        assert_eq!(answer(&foreign).ttl, Ttl::ZERO);
    }

    #[test]
    fn a_referral_is_no_absence() {
        let authority = vec![record("sub.example", Rtype::NS, 60, name("ns.example").as_wire())];
        assert_eq!(ask(&Reply { authority, ..reply(&[]) }), Err(TransportError::Referral));
    }
}
