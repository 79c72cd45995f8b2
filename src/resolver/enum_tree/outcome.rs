//! What a walk through the digit tree found, and each record on the way.

use std::fmt;

use super::evaluate::Unused;
use super::service::Enumservice;
use crate::record::{Name, Rdata, Ttl};
use crate::resolver::budget::Exhausted;
use crate::resolver::transport::{Proof, TransportError, Why};

/// One URI for one Enumservice.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnumMatch {
    /// The URI, of the form of RFC 3986; nothing more is known of it.
    pub uri: String,
    /// What it is for.
    pub service: Enumservice,
    /// Of the terminal rule.
    pub order: u16,
    /// Of the terminal rule.
    pub preference: u16,
    /// The rule's place in [`EnumOutcome::rules`].
    pub rule: usize,
    /// The weakest DNSSEC state of all answers that led here.
    pub proof: Proof,
    /// The smallest time to live of all answers that led here.
    pub ttl: Ttl,
}

/// A question on the way.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnumQuestion {
    /// The name that was asked. It tells the number: for a terminal, not for a log.
    pub name: Name,
    /// How many non-terminal rules led to it.
    pub depth: usize,
    /// How many NAPTR records there are, or why nothing is known.
    pub records: Result<usize, TransportError>,
    /// Whether the name exists; true where nothing is known.
    pub exists: bool,
    /// What DNSSEC says of the answer.
    pub proof: Proof,
    /// Why it is not secure, where that is known.
    pub why: Option<Why>,
    /// How long the answer may be kept.
    pub ttl: Ttl,
}

/// A NAPTR record on the way, and what became of it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleEvidence {
    /// The place in [`EnumOutcome::questions`] of the question that it answers.
    pub question: usize,
    /// The record's data.
    pub rdata: Rdata,
    /// What became of it.
    pub considered: Considered,
}

/// What became of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Considered {
    /// Terminal: its matches are in [`EnumOutcome::matches`].
    Used,
    /// Non-terminal: the name that it leads to was asked.
    Followed,
    /// Not used.
    Unused(Unused),
}

/// What a walk found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnumOutcome {
    /// In the order in which they are to be tried: by order, preference and record data, from left
    /// to right within compound services; those behind a non-terminal rule in that rule's place.
    pub matches: Vec<EnumMatch>,
    /// Every record that was received, in the order of consideration.
    pub rules: Vec<RuleEvidence>,
    /// Every question that was asked, in order.
    pub questions: Vec<EnumQuestion>,
    /// Set where the walk ended early.
    pub exhausted: Option<Exhausted>,
}

/// What can be concluded from a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Conclusion {
    /// There are matches. Other branches may have failed.
    Matched,
    /// The budget ended first.
    Exhausted(Exhausted),
    /// A question had no answer, so nothing is known.
    Failed(TransportError),
    /// Rules are published, and broken, and no sound one leads anywhere.
    Broken,
    /// Nothing is published for this number that the client can use.
    Absent,
}

impl EnumOutcome {
    /// What can be concluded.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        if !self.matches.is_empty() {
            return Conclusion::Matched;
        }
        if let Some(exhausted) = self.exhausted {
            return Conclusion::Exhausted(exhausted);
        }
        if let Some(error) = self.questions.iter().find_map(|question| question.records.err()) {
            return Conclusion::Failed(error);
        }
        let broken =
            |rule: &RuleEvidence| matches!(&rule.considered, Considered::Unused(why) if why.is_fault());
        if self.rules.iter().any(broken) { Conclusion::Broken } else { Conclusion::Absent }
    }

    /// The weakest DNSSEC state of all answers; `None` where none came.
    #[must_use]
    pub fn proof(&self) -> Option<Proof> {
        let answered = self.questions.iter().filter(|question| question.records.is_ok());
        answered.map(|question| question.proof).reduce(Proof::weaker)
    }

    /// How long the whole outcome may be kept; zero where a question had no answer.
    #[must_use]
    pub fn ttl(&self) -> Ttl {
        self.questions.iter().map(|question| question.ttl).min().unwrap_or(Ttl::ZERO)
    }
}

// Names, URIs and record data tell the number, and what is printed for debugging ends in logs.

impl fmt::Debug for EnumMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { uri: _, service, order, preference, rule, proof, ttl } = self;
        f.debug_struct("EnumMatch")
            .field("service", service)
            .field("order", order)
            .field("preference", preference)
            .field("rule", rule)
            .field("proof", proof)
            .field("ttl", ttl)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for EnumQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name: _, depth, records, exists, proof, why, ttl } = self;
        f.debug_struct("EnumQuestion")
            .field("depth", depth)
            .field("records", records)
            .field("exists", exists)
            .field("proof", proof)
            .field("why", why)
            .field("ttl", ttl)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RuleEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { question, rdata: _, considered } = self;
        f.debug_struct("RuleEvidence")
            .field("question", question)
            .field("considered", considered)
            .finish_non_exhaustive()
    }
}
