//! How the resolver asks the DNS: one question in, one answer or the reason for none out.

mod cache;
mod chain;
mod dns;
mod exchange;
mod flights;
mod memory;
mod message;
#[cfg(feature = "resolver-tls")]
mod pipeline;
mod proof;
mod sections;
mod servers;
mod socket;
mod system;
#[cfg(feature = "resolver-tls")]
mod tls;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(super) use chain::{Followed, follow};
pub use dns::{DnsTransport, DnsTransportBuilder, TransportBuildError};
pub(super) use exchange::{Exchange, Exchanging, Reply, Wish};
pub use memory::MemoryTransport;
pub use proof::{Proof, RrsetState, Why};
pub(super) use sections::{Signed, signers};

use super::budget::{Budget, Exhausted, Resource};
use super::policy::Dnssec;
use crate::clock::UnixTime;
use crate::record::{Name, Rrset, Rtype, Ttl};

/// An answer to come.
pub type Asking<'a> = Pin<Box<dyn Future<Output = Result<Answer, TransportError>> + Send + 'a>>;

/// Whatever can ask the DNS a question of class IN: a stub resolver, a test's table.
///
/// An implementation follows CNAME and DNAME, falls back from UDP to TCP, and ends each question
/// after a time of its own. Dropping the future drops the question.
pub trait Transport: Send + Sync {
    /// Asks for the records of `rtype` at `name`.
    fn ask<'a>(&'a self, name: &'a Name, rtype: Rtype) -> Asking<'a>;

    /// The same transport, which comes by the DNSSEC state of its answers as a policy says; `None` from one
    /// that has its own way.
    fn validating(&self, dnssec: &Dnssec, clock: &Clock) -> Option<Arc<dyn Transport>> {
        let _ = (dnssec, clock);
        None
    }
}

/// What time it is.
pub type Clock = Arc<dyn Fn() -> UnixTime + Send + Sync>;

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn ask<'a>(&'a self, name: &'a Name, rtype: Rtype) -> Asking<'a> {
        (**self).ask(name, rtype)
    }

    fn validating(&self, dnssec: &Dnssec, clock: &Clock) -> Option<Arc<dyn Transport>> {
        (**self).validating(dnssec, clock)
    }
}

/// How many aliases may follow one another.
const MAX_ALIASES: usize = 16;

/// What the DNS said about one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The records, or which kind of none.
    pub outcome: Outcome,
    /// The CNAME and DNAME RRsets on the way from the name that was asked, in that order.
    pub aliases: Vec<Rrset>,
    /// How long all of this may be kept: the smallest of the RRsets' remaining times, and for an
    /// absence that of RFC 2308 §5. Zero where an absence came without SOA.
    pub ttl: Ttl,
    /// What DNSSEC says of all of it: of several states the weakest.
    pub proof: Proof,
    /// What DNSSEC says of each RRset, aliases first, and of the absence; empty where nobody looked.
    pub states: Vec<RrsetState>,
}

impl Answer {
    /// An answer of which nothing is said RRset by RRset.
    #[must_use]
    pub fn new(outcome: Outcome, aliases: Vec<Rrset>, ttl: Ttl, proof: Proof) -> Self {
        Self { outcome, aliases, ttl, proof, states: Vec::new() }
    }

    /// Why it is not secure: the first reason for the state of the whole.
    #[must_use]
    pub fn why(&self) -> Option<&Why> {
        self.states.iter().find(|state| state.dnssec == self.proof)?.why.as_ref()
    }

    /// Of an indeterminate answer, why each of its RRsets is that is so.
    pub(super) fn unknown(&self) -> impl Iterator<Item = Option<&Why>> {
        let states = self.states.iter().filter(|_| self.proof == Proof::Indeterminate);
        states.filter(|state| state.dnssec == Proof::Indeterminate).map(|state| state.why.as_ref())
    }

    /// Whether it is indeterminate for lack of trust anchors alone: nobody failed or refused what would prove it.
    pub(super) fn lacks_only_anchors(&self) -> bool {
        let mut unknown = self.unknown().peekable();
        unknown.peek().is_some() && unknown.all(|why| why.is_some_and(Why::is_no_anchor))
    }

    /// How many octets of record data it holds.
    #[must_use]
    pub fn octets(&self) -> u64 {
        let found = match &self.outcome {
            Outcome::Records(rrset) => Some(rrset),
            Outcome::NoData | Outcome::NxDomain => None,
        };
        self.aliases.iter().chain(found).flat_map(|rrset| &rrset.rdatas).map(|rdata| rdata.len() as u64).sum()
    }
}

/// Records, or which kind of none. Source: RFC 2308 §2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The RRset of the type that was asked, never empty; its owner is the last alias' target.
    Records(Rrset),
    /// The name exists, perhaps as an empty non-terminal; it has no record of this type.
    NoData,
    /// Nothing exists at the name or below it (RFC 8020).
    NxDomain,
}

/// No answer: nothing is known about the name, neither records nor their absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TransportError {
    /// No server answered in time. Try again later.
    #[error("no server answered in time")]
    Timeout,
    /// No server could be reached at all.
    #[error("no server could be reached: {0}")]
    Unreachable(Unreachable),
    /// The server failed, as validating resolvers also do on what is bogus.
    #[error("the server answered SERVFAIL{}", extended(*extended_error))]
    ServFail {
        /// The server's own reason, as info-code of RFC 8914 §4.
        extended_error: Option<u16>,
    },
    /// The server does not serve the zone, or not this client.
    #[error("the server answered REFUSED{}", extended(*extended_error))]
    Refused {
        /// The server's own reason, as info-code of RFC 8914 §4.
        extended_error: Option<u16>,
    },
    /// Another RCODE that is neither NOERROR nor NXDOMAIN. Source: RFC 6895 §2.3.
    #[error("the server answered with RCODE {0}")]
    Rcode(u16),
    /// An answer that breaks the form of messages, or does not fit the question.
    #[error("the server's answer is malformed")]
    Malformed,
    /// The server only names others to ask: it is authoritative and does not follow delegations.
    #[error("the server refers to others and does not ask them itself")]
    Referral,
    /// A chain of CNAMEs that loops or is too long.
    #[error("the aliases loop, or are too many")]
    AliasLoop,
}

impl TransportError {
    /// Whether a resolver upstream says that it did not answer because of DNSSEC.
    /// Source: RFC 8914 §4, info-codes 6 to 12.
    #[must_use]
    pub fn is_bogus_upstream(&self) -> bool {
        matches!(self, Self::ServFail { extended_error: Some(6..=12) })
    }
}

/// Why no server could be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Unreachable {
    /// Nothing listens at the address.
    #[error("connection refused")]
    ConnectionRefused,
    /// The network has no way there.
    #[error("no route")]
    NoRoute,
    /// The connection broke before the answer came.
    #[error("connection lost")]
    ConnectionLost,
    /// The server's certificate does not show that it is the one that was meant. Nothing was asked.
    #[error("the server's certificate does not fit")]
    Certificate,
    /// The server and this side agree on no TLS. Nothing was asked.
    #[error("no TLS with the server")]
    NoTls,
    /// No server is configured.
    #[error("no server is known")]
    NoServer,
    /// This machine could not open a socket, or may not.
    #[error("no socket")]
    Socket,
}

fn extended(code: Option<u16>) -> String {
    code.map(|code| format!(" (extended error {code})")).unwrap_or_default()
}

/// Why a question within a budget has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The transport had none.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The budget did not cover the question, or not what came back.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
}

/// Asks one question and pays for it and for the octets of its answer.
///
/// # Errors
/// [`AskError`].
pub async fn ask_within(
    transport: &dyn Transport,
    budget: &Budget,
    name: &Name,
    rtype: Rtype,
) -> Result<Answer, AskError> {
    budget.spend(Resource::Queries, 1)?;
    let answer = transport.ask(name, rtype).await?;
    budget.spend(Resource::Octets, answer.octets())?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_happened() {
        let cases = [
            (TransportError::ServFail { extended_error: None }, "the server answered SERVFAIL"),
            (
                TransportError::ServFail { extended_error: Some(6) },
                "the server answered SERVFAIL (extended error 6)",
            ),
            (TransportError::Rcode(4), "the server answered with RCODE 4"),
            (TransportError::Unreachable(Unreachable::NoRoute), "no server could be reached: no route"),
        ];
        for (error, text) in cases {
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn only_dnssec_reasons_make_a_failure_bogus() {
        let bogus = |code| TransportError::ServFail { extended_error: Some(code) }.is_bogus_upstream();
        assert!(bogus(6) && bogus(9));
        assert!(!bogus(22) && !bogus(3));
        assert!(!TransportError::Refused { extended_error: Some(6) }.is_bogus_upstream());
    }
}
