//! From replies to an answer that nothing proves: aliases, absences, times to live. No I/O.

use super::exchange::{Exchange, Reply, Wish};
use super::sections::rrset_at;
use super::{Answer, MAX_ALIASES, Outcome, Proof, TransportError};
use crate::record::{Name, Record, Rrset, Rtype, Ttl};

/// An answer that nothing proves yet, and all that it was made of.
#[derive(Debug)]
pub(in crate::resolver) struct Followed {
    pub(in crate::resolver) answer: Answer,
    /// The last one is the outcome's.
    pub(in crate::resolver) replies: Vec<Reply>,
    /// For each alias the place of its reply.
    pub(in crate::resolver) places: Vec<usize>,
}

/// Asks, and follows aliases to their end.
pub(in crate::resolver) async fn follow(
    exchange: &dyn Exchange,
    name: &Name,
    rtype: Rtype,
    wish: Wish,
) -> Result<Followed, TransportError> {
    let mut chain = Chain::new(name, rtype);
    let (mut replies, mut places) = (Vec::new(), Vec::new());
    loop {
        let reply = exchange.exchange(chain.name(), rtype, wish).await?;
        let taken = chain.take(&reply)?;
        let aliases = taken.as_ref().map_or(chain.aliases.len(), |answer| answer.aliases.len());
        places.resize(aliases, replies.len());
        replies.push(reply);
        if let Some(answer) = taken {
            return Ok(Followed { answer, replies, places });
        }
    }
}

/// A question and how far its aliases have been followed.
#[derive(Debug)]
struct Chain {
    name: Name,
    rtype: Rtype,
    aliases: Vec<Rrset>,
    ttl: Ttl,
}

impl Chain {
    fn new(name: &Name, rtype: Rtype) -> Self {
        Self { name: name.clone(), rtype, aliases: Vec::new(), ttl: Ttl::MAX }
    }

    /// The name to ask now.
    fn name(&self) -> &Name {
        &self.name
    }

    /// Takes the reply for that name; `None` if it ends at an alias whose target is to be asked.
    fn take(&mut self, reply: &Reply) -> Result<Option<Answer>, TransportError> {
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
        Answer::new(outcome, aliases, self.ttl.min(ttl), Proof::Insecure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Class;

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
        Reply { answers: answers.into(), ..Reply::default() }
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
