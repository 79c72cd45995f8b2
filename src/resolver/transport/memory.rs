//! A transport for tests of those who embed the resolver: no sockets, no time.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Answer, Asking, MAX_ALIASES, Outcome, Proof, Transport, TransportError, Unreachable};
use crate::record::{Class, Name, Rdata, Rrset, Rtype, Ttl};
use crate::zone::{Authority, Catalog, LookUp, QueryName, RrsetRef};

/// Answers from what it was given: explicit answers and errors first, then zones.
///
/// A name of which it knows nothing is [`Unreachable::NoServer`] and never an absence: an absence
/// must be given too.
///
/// ```
/// use mimi_dns::record::{Rtype, Ttl};
/// use mimi_dns::resolver::{MemoryTransport, TransportError};
///
/// let name = "_mimi.example.net".parse()?;
/// let transport = MemoryTransport::new()
///     .records("a.example.net".parse()?, Rtype::A, Ttl::from_secs(60), [[192, 0, 2, 1]])
///     .error(name, Rtype::TXT, TransportError::Timeout);
/// assert_eq!(transport.asked().len(), 0);
/// # Ok::<(), mimi_dns::record::NameError>(())
/// ```
#[derive(Default)]
pub struct MemoryTransport {
    replies: HashMap<(Name, Rtype), Result<Answer, TransportError>>,
    zones: Option<Catalog>,
    proof: Option<Proof>,
    delay: Option<Duration>,
    asked: Mutex<Vec<(Name, Rtype)>>,
}

impl MemoryTransport {
    /// Knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives records at a name; their DNSSEC state is that of [`MemoryTransport::proof`].
    #[must_use]
    pub fn records(
        self,
        owner: Name,
        rtype: Rtype,
        ttl: Ttl,
        rdatas: impl IntoIterator<Item = impl Into<Rdata>>,
    ) -> Self {
        let rdatas = rdatas.into_iter().map(Into::into).collect();
        let rrset = Rrset { owner: owner.clone(), class: Class::IN, rtype, ttl, rdatas };
        self.absence_or_records(owner, rtype, Outcome::Records(rrset), ttl)
    }

    /// Says that a name exists and has no record of the type.
    #[must_use]
    pub fn no_data(self, name: Name, rtype: Rtype, ttl: Ttl) -> Self {
        self.absence_or_records(name, rtype, Outcome::NoData, ttl)
    }

    /// Says that a name does not exist.
    #[must_use]
    pub fn nx_domain(self, name: Name, rtype: Rtype, ttl: Ttl) -> Self {
        self.absence_or_records(name, rtype, Outcome::NxDomain, ttl)
    }

    /// Gives a whole answer.
    #[must_use]
    pub fn answer(mut self, name: Name, rtype: Rtype, answer: Answer) -> Self {
        self.replies.insert((name, rtype), Ok(answer));
        self
    }

    /// Fails on one question.
    #[must_use]
    pub fn error(mut self, name: Name, rtype: Rtype, error: TransportError) -> Self {
        self.replies.insert((name, rtype), Err(error));
        self
    }

    /// Answers from these zones as a server would that has them all.
    #[must_use]
    pub fn zones(mut self, zones: Catalog) -> Self {
        self.zones = Some(zones);
        self
    }

    /// The DNSSEC state of everything but whole answers; insecure where nothing is said.
    #[must_use]
    pub fn proof(mut self, proof: Proof) -> Self {
        for answer in self.replies.values_mut().flatten() {
            answer.proof = proof;
        }
        self.proof = Some(proof);
        self
    }

    /// Lets each answer take this long.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// What was asked, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<(Name, Rtype)> {
        // A thread that panicked while it pushed left the list whole.
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn absence_or_records(self, name: Name, rtype: Rtype, outcome: Outcome, ttl: Ttl) -> Self {
        let proof = self.state();
        self.answer(name, rtype, Answer::new(outcome, Vec::new(), ttl, proof))
    }

    fn state(&self) -> Proof {
        self.proof.unwrap_or(Proof::Insecure)
    }

    fn reply(&self, name: &Name, rtype: Rtype) -> Result<Answer, TransportError> {
        match (self.replies.get(&(name.clone(), rtype)), &self.zones) {
            (Some(reply), _) => reply.clone(),
            (None, Some(zones)) => look_up(zones, name, rtype, self.state()),
            (None, None) => Err(TransportError::Unreachable(Unreachable::NoServer)),
        }
    }
}

impl Transport for MemoryTransport {
    fn ask<'a>(&'a self, name: &'a Name, rtype: Rtype) -> Asking<'a> {
        Box::pin(async move {
            self.asked.lock().unwrap_or_else(PoisonError::into_inner).push((name.clone(), rtype));
            if let Some(delay) = self.delay {
                tokio::time::sleep(delay).await;
            }
            self.reply(name, rtype)
        })
    }
}

impl fmt::Debug for MemoryTransport {
    /// How much it knows: the names may tell identifiers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryTransport")
            .field("replies", &self.replies.len())
            .field("zones", &self.zones.is_some())
            .finish_non_exhaustive()
    }
}

fn look_up(zones: &Catalog, name: &Name, rtype: Rtype, proof: Proof) -> Result<Answer, TransportError> {
    let mut aliases = Vec::new();
    let mut ttl = Ttl::MAX;
    let mut name = name.clone();
    for _ in 0..=MAX_ALIASES {
        let query = QueryName::from(&name);
        let zone = match zones.find(&query, rtype, Class::IN) {
            Some(Authority::Zone(zone)) => zone,
            Some(Authority::Awaited) => return Err(TransportError::ServFail { extended_error: None }),
            None => return Err(TransportError::Refused { extended_error: None }),
        };
        let (alias, target) = match zone.look_up(&query, rtype) {
            LookUp::Found(_, Some(rrset)) => {
                let rrset = copy(&name, zone.class(), rrset);
                let ttl = ttl.min(rrset.ttl);
                return Ok(Answer::new(Outcome::Records(rrset), aliases, ttl, proof));
            }
            LookUp::Found(_, None) | LookUp::NoData(_) => {
                let ttl = ttl.min(zone.negative_soa().ttl());
                return Ok(Answer::new(Outcome::NoData, aliases, ttl, proof));
            }
            LookUp::NxDomain { .. } => {
                let ttl = ttl.min(zone.negative_soa().ttl());
                return Ok(Answer::new(Outcome::NxDomain, aliases, ttl, proof));
            }
            LookUp::Delegation { .. } => return Err(TransportError::Referral),
            LookUp::Cname(_, rrset) => {
                let alias = copy(&name, zone.class(), rrset);
                let target = target(&alias)?;
                (alias, target)
            }
            LookUp::Dname { rrset, owner_labels } => {
                let above = name.label_count() - owner_labels;
                let owner = Name::from_wire(query.ancestor(owner_labels));
                let owner = owner.map_err(|_| TransportError::Malformed)?;
                let alias = copy(&owner, zone.class(), rrset);
                let front: Vec<_> = name.labels().take(above).collect();
                let grafted =
                    front.iter().rev().try_fold(target(&alias)?, |name, label| name.with_label(label));
                // RFC 6672 §2.2: YXDOMAIN.
                (alias, grafted.map_err(|_| TransportError::Rcode(6))?)
            }
        };
        ttl = ttl.min(alias.ttl);
        aliases.push(alias);
        name = target;
    }
    Err(TransportError::AliasLoop)
}

fn copy(owner: &Name, class: Class, rrset: RrsetRef<'_>) -> Rrset {
    let rdatas = rrset.records().map(|record| record.rdata().into()).collect();
    Rrset { owner: owner.clone(), class, rtype: rrset.rtype(), ttl: rrset.ttl(), rdatas }
}

fn target(alias: &Rrset) -> Result<Name, TransportError> {
    let rdata = alias.rdatas.first().ok_or(TransportError::Malformed)?;
    Name::from_wire(rdata).map_err(|_| TransportError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Record, rdata};
    use crate::zone::{Span, ZoneBuilder};

    fn name(text: &str) -> Name {
        text.parse().expect(text)
    }

    fn zone() -> MemoryTransport {
        let mut builder = ZoneBuilder::new();
        for (owner, rtype, text) in [
            ("example", Rtype::SOA, "ns.example. h.example. 1 2 3 4 30"),
            ("example", Rtype::NS, "ns.example."),
            ("ns.example", Rtype::A, "192.0.2.1"),
            ("a.example", Rtype::TXT, "a"),
            ("c.example", Rtype::CNAME, "a.example."),
            ("loop.example", Rtype::CNAME, "loop.example."),
            ("d.example", Rtype::DNAME, "example."),
            ("sub.example", Rtype::NS, "ns.example."),
            ("*.w.example", Rtype::TXT, "w"),
        ] {
            let rdata = rdata::from_text(rtype, text).expect(text).into();
            let ttl = Ttl::from_secs(60);
            let record = Record { owner: name(owner), class: Class::IN, ttl, rtype, rdata };
            builder.add(&record, Span::default());
        }
        let zone = builder.build().zone.expect("a sound zone");
        MemoryTransport::new().zones(Catalog::new().with(zone))
    }

    #[tokio::test]
    async fn zones_answer_as_a_server_would() {
        let transport = zone();
        let ask = async |owner: &str| transport.ask(&name(owner), Rtype::TXT).await;
        for (owner, found, aliases) in [
            ("a.example", "a.example", 0),
            ("c.example", "a.example", 1),
            ("a.d.example", "a.example", 1),
            ("x.y.w.example", "x.y.w.example", 0),
        ] {
            let answer = ask(owner).await.expect(owner);
            let Outcome::Records(rrset) = &answer.outcome else { panic!("{owner}: {answer:?}") };
            assert_eq!((&rrset.owner, answer.aliases.len()), (&name(found), aliases), "{owner}");
        }
        let outcome =
            async |owner: &str| ask(owner).await.map(|answer| (answer.outcome, answer.ttl.as_secs()));
        assert_eq!(outcome("w.example").await, Ok((Outcome::NoData, 30)));
        assert_eq!(outcome("none.example").await, Ok((Outcome::NxDomain, 30)));
        assert_eq!(outcome("none.d.example").await, Ok((Outcome::NxDomain, 30)));
        assert_eq!(outcome("x.sub.example").await, Err(TransportError::Referral));
        assert_eq!(outcome("loop.example").await, Err(TransportError::AliasLoop));
        assert_eq!(outcome("other.test").await, Err(TransportError::Refused { extended_error: None }));
    }

    /// Its parent zone must not answer in its place: that would be an absence that nobody has said.
    #[tokio::test]
    async fn a_zone_that_is_not_loaded_is_a_failure_and_no_absence() {
        let parent = [crate::zone::fixture::zone("example.", &[])].into_iter().collect::<Catalog>();
        let transport = MemoryTransport::new().zones(parent.awaiting([name("gone.example")]));
        let asked = transport.ask(&name("a.gone.example"), Rtype::TXT).await;
        assert_eq!(asked, Err(TransportError::ServFail { extended_error: None }));
        assert_eq!(transport.ask(&name("a.example"), Rtype::TXT).await.unwrap().outcome, Outcome::NxDomain);
    }

    #[tokio::test]
    async fn explicit_replies_come_before_zones_and_questions_are_counted() {
        let transport = zone().error(name("a.example"), Rtype::TXT, TransportError::Timeout);
        assert_eq!(transport.ask(&name("A.example"), Rtype::TXT).await, Err(TransportError::Timeout));
        assert_eq!(transport.asked(), [(name("a.example"), Rtype::TXT)]);
        let nothing = MemoryTransport::new();
        let unknown = nothing.ask(&name("a.example"), Rtype::TXT).await;
        assert_eq!(unknown, Err(TransportError::Unreachable(Unreachable::NoServer)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_may_take_its_time() {
        let transport = zone().delay(Duration::from_secs(9));
        let start = tokio::time::Instant::now();
        transport.ask(&name("a.example"), Rtype::TXT).await.expect("an answer");
        assert_eq!(start.elapsed(), Duration::from_secs(9));
    }
}
