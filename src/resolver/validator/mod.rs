//! DNSSEC, checked here: from the nearest trust anchor down to the name, link by link.
//!
//! What a link proves is decided in [`crate::dnssec::validate`]; this asks for what it takes, keeps what was
//! proven for as long as it holds, and bounds the work. A zone is found by its DS records, as resolvers do: at
//! each name between the anchor and the name in question they are there, or proven absent.
//! Source: RFC 4035 §5, RFC 6840 §5.

mod absence;
mod answer;
mod cache;
mod elsewhere;
mod keys;
#[cfg(test)]
mod tests;
mod together;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cache::Zones;
use together::Together;
use tokio::time::{Instant, timeout_at};

use super::transport::{Answer, Clock, Exchange, Followed, Proof, Reply, TransportError, Why, Wish};
use crate::clock::UnixTime;
use crate::dnssec::validate::{Fault, InsecureReason, TrustAnchor, Unproven, Work};
use crate::record::{Name, Rdata, Rtype};
use crate::resolver::upstream::Upstream;

/// How many messages the proof of one answer may take, beside the answer, and as many where it is asked for afresh: two for each of thirty zones, which is a digit
/// tree with one for each digit and more, or an unsigned name with as many labels.
const MESSAGES: u32 = 64;

/// Anchors, and what they have proven so far.
pub(super) struct Validator {
    anchors: BTreeMap<Name, Vec<Rdata>>,
    zones: Zones,
    together: Together,
    clock: Clock,
}

/// What one answer may cost, and has cost.
struct Run<'a> {
    validator: &'a Validator,
    exchange: &'a dyn Exchange,
    now: UnixTime,
    /// When what has not come is not waited for.
    until: Instant,
    work: Work,
    messages: u32,
    /// Something that was proven earlier was used.
    leaned: bool,
    /// Whether it met a failure that was found out a moment ago: asking again at once would find it again.
    known_to_fail: bool,
    /// Whose replies it used, the last one at the end.
    heard: Vec<Upstream>,
    /// Who was heard last when a name could not be proven.
    culprit: Option<Upstream>,
    /// Names of which others may say better; kept as failures where nobody does.
    failed: Vec<(Name, Stop)>,
}

/// Why something is not secure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Insecure(InsecureReason),
    Bogus(Fault),
    Unknown(Unknown),
}

/// Why nothing is known about the need of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Unknown {
    #[error("no trust anchor is above the name")]
    NoAnchor,
    #[error("the server gives no signatures")]
    NoSignatures,
    /// Not a fault that anybody has proven: what was found until then is kept, and who asks again comes further.
    /// Source: RFC 4035 §4.3.
    #[error("it would take more questions than one answer is worth")]
    TooManyQuestions,
    /// Source: RFC 4035 §3.1.4.1.
    #[error("of a delegation only the servers of the zone below it were there to ask")]
    ChildOnly,
    #[error("what would prove it could not be had: {0}")]
    Unreached(TransportError),
}

impl Validator {
    pub(super) fn new(anchors: &[TrustAnchor], clock: Clock) -> Self {
        let mut by_owner: BTreeMap<Name, Vec<Rdata>> = BTreeMap::new();
        for anchor in anchors {
            by_owner.entry(anchor.owner().clone()).or_default().extend_from_slice(anchor.ds());
        }
        Self { anchors: by_owner, zones: Zones::default(), together: Together::default(), clock }
    }

    /// Says of an answer what DNSSEC says of it, as far as can be found out in that time.
    pub(super) async fn prove(
        &self,
        exchange: &dyn Exchange,
        followed: Followed,
        name: &Name,
        rtype: Rtype,
        time: Duration,
    ) -> Answer {
        let mut run = self.run(exchange, Instant::now() + time);
        let answer = run.prove(&followed, name, rtype).await;
        // Once for each answer, and not where it was found out a moment ago. Source: RFC 9520 §3.1 and §3.2.
        if !run.known_to_fail
            && elsewhere::may_be_better(&answer)
            && let Some(better) = self.elsewhere(&run, &followed, name, rtype).await
        {
            return better;
        }
        let (run, answer) = self.afresh(run, MESSAGES, &followed, answer, name, rtype).await;
        self.keep_failures(run.failed);
        answer
    }

    /// Keys that were proven earlier may have been replaced in a hurry: where they were of no use they are asked for
    /// again.
    async fn afresh<'a>(
        &self,
        run: Run<'a>,
        messages: u32,
        followed: &Followed,
        answer: Answer,
        name: &Name,
        rtype: Rtype,
    ) -> (Run<'a>, Answer)
    where
        Self: 'a,
    {
        if !run.leaned || run.known_to_fail || !matches!(answer.proof, Proof::Bogus(_)) {
            return (run, answer);
        }
        answer.states.iter().for_each(|state| self.zones.forget(&state.owner));
        let mut again = Run { messages, ..run.validator.run(run.exchange, run.until) };
        let proven = again.prove(followed, name, rtype).await;
        // Who makes an answer bogus must not gain by refusing what is asked for then.
        let is_refused =
            proven.proof == Proof::Indeterminate && !proven.unknown().flatten().any(Why::is_not_reached);
        (again, if is_refused { answer } else { proven })
    }

    fn keep_failures(&self, failed: Vec<(Name, Stop)>) {
        for (name, stop) in failed {
            if !matches!(self.zones.look_up(&name), Some(Ok(_))) {
                self.zones.keep_failure(&name, stop);
            }
        }
    }

    fn run<'a>(&'a self, exchange: &'a dyn Exchange, until: Instant) -> Run<'a> {
        let (now, work) = ((self.clock)(), Work::default());
        Run {
            validator: self,
            exchange,
            now,
            until,
            work,
            messages: MESSAGES,
            leaned: false,
            known_to_fail: false,
            heard: Vec::new(),
            culprit: None,
            failed: Vec::new(),
        }
    }

    /// The nearest anchor at or above a name.
    fn anchor(&self, name: &Name) -> Option<(&Name, &[Rdata])> {
        let above = self.anchors.iter().filter(|(owner, _)| name.is_at_or_below(owner));
        above.max_by_key(|(owner, _)| owner.label_count()).map(|(owner, ds)| (owner, &ds[..]))
    }
}

impl Run<'_> {
    /// A question of our own.
    async fn exchange(&mut self, name: &Name, rtype: Rtype) -> Result<Reply, Stop> {
        self.exchange_beside(name, rtype, &[]).await
    }

    /// A question of our own to whom was not heard yet.
    async fn exchange_beside(
        &mut self,
        name: &Name,
        rtype: Rtype,
        heard: &[Upstream],
    ) -> Result<Reply, Stop> {
        let left = self.messages.checked_sub(1);
        self.messages = left.ok_or(Stop::Unknown(Unknown::TooManyQuestions))?;
        let asking = match heard {
            [] => self.exchange.exchange(name, rtype, Wish::Proofs),
            _ => self.exchange.elsewhere(name, rtype, Wish::Proofs, heard),
        };
        let reply = timeout_at(self.until, asking).await.unwrap_or(Err(TransportError::Timeout));
        let reply = reply?;
        if let Some(from) = &reply.from {
            self.heard.retain(|other| other != from);
            self.heard.push(from.clone());
        }
        Ok(reply)
    }

    /// Whether another server may say better than the one that was heard: nobody failed on the way.
    fn is_of_one_server(stop: Stop) -> bool {
        matches!(stop, Stop::Bogus(_) | Stop::Unknown(Unknown::NoSignatures))
    }

    /// Whether there is as much left of work and messages as an honest zone may need.
    fn is_roomy(&self) -> bool {
        self.messages >= MESSAGES / 2 && self.work.is_half_left()
    }

    /// Whether something that had room when it was begun, or not, stopped only because others took what there was
    /// of work, messages or time.
    fn is_spent(&self, stop: Stop, had_room: bool) -> bool {
        match stop {
            Stop::Bogus(fault) => fault == Fault::TooMuchWork && !had_room,
            Stop::Unknown(Unknown::TooManyQuestions) => !had_room,
            Stop::Unknown(Unknown::Unreached(_)) => Instant::now() >= self.until,
            Stop::Unknown(_) | Stop::Insecure(_) => false,
        }
    }
}

impl From<Unproven> for Stop {
    fn from(unproven: Unproven) -> Self {
        match unproven {
            Unproven::Insecure(reason) => Self::Insecure(reason),
            Unproven::Bogus(fault) => Self::Bogus(fault),
        }
    }
}

impl From<TransportError> for Stop {
    /// A server that validates may say so of a link as of the answer itself. Source: RFC 8914 §4.
    fn from(error: TransportError) -> Self {
        match error.is_bogus_upstream() {
            true => Self::Bogus(Fault::BogusUpstream),
            false => Self::Unknown(Unknown::Unreached(error)),
        }
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Bogus(fault)
    }
}

impl Stop {
    fn proof(self) -> Proof {
        match self {
            Self::Insecure(_) => Proof::Insecure,
            Self::Bogus(fault) => Proof::Bogus(fault),
            Self::Unknown(_) => Proof::Indeterminate,
        }
    }

    fn why(self) -> Why {
        match self {
            Self::Insecure(reason) => reason.into(),
            Self::Bogus(fault) => fault.into(),
            Self::Unknown(unknown) => Why::new(unknown.code(), unknown),
        }
    }
}

impl Unknown {
    fn code(self) -> &'static str {
        match self {
            Self::NoAnchor => Why::NO_ANCHOR,
            Self::NoSignatures => Why::NO_SIGNATURES,
            Self::TooManyQuestions => "too-many-questions",
            Self::Unreached(
                TransportError::Timeout | TransportError::Unreachable(_) | TransportError::ServFail { .. },
            ) => Why::NOT_REACHED,
            Self::ChildOnly | Self::Unreached(_) => "not-served",
        }
    }
}

/// The name's ancestors below `top`, the highest first, and the name itself.
fn names_below(top: &Name, name: &Name) -> Vec<Name> {
    let mut names: Vec<Name> =
        std::iter::successors(Some(name.clone()), Name::parent).take_while(|name| name != top).collect();
    names.reverse();
    names
}

/// The keys of a zone, shared by those that use them.
type Keys = Arc<crate::dnssec::validate::KeySet>;
