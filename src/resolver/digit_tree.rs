//! Judges what one ENUM digit tree says by DNSSEC and policy: nobody signs in it.

use super::discovery::{
    AnswerEvidence, EnumEvidence, EnumQuestionEvidence, EnumRuleEvidence, Mapping, MappingBasis, Outlook,
    RecordRank,
};
use super::enum_tree::{Conclusion, Considered, EnumMatch, EnumOptions, EnumOutcome, walk_enum};
use super::policy::EnumTree;
use super::provider::LookUp;
use super::transport::Proof;
use crate::clock::UnixTime;
use crate::identifier::Telephone;

/// What came of it.
#[derive(Debug)]
pub(super) struct TreeAsked {
    pub(super) evidence: EnumEvidence,
    /// Believed, in the order in which to try them.
    pub(super) mappings: Vec<Mapping>,
    /// Until when the answers may be kept.
    pub(super) keep_until: Option<UnixTime>,
}

impl TreeAsked {
    pub(super) fn new(tree: &EnumTree) -> Self {
        Self {
            evidence: EnumEvidence {
                suffix: tree.suffix.clone(),
                outlook: Outlook::Unreachable { reason: "no answer when the deadline passed".into() },
                dnssec: None,
                questions: Vec::new(),
                rules: Vec::new(),
                ignored: None,
            },
            mappings: Vec::new(),
            keep_until: None,
        }
    }
}

impl LookUp<'_> {
    /// Walks `tree` and fills `asked`. May be dropped at any time.
    pub(super) async fn ask_tree(&self, tree: &EnumTree, number: &Telephone, asked: &mut TreeAsked) {
        let options = EnumOptions { services: self.services.to_vec(), ..EnumOptions::default() };
        let walked = walk_enum(self.transport, self.budget, number, &tree.suffix, &options).await;
        let now = (self.clock)();
        match walked {
            Ok(outcome) => asked.take(tree, &outcome, now),
            Err(error) => asked.evidence.outlook = Outlook::NotBelieved { reason: error.to_string() },
        }
    }
}

impl TreeAsked {
    fn take(&mut self, tree: &EnumTree, outcome: &EnumOutcome, now: UnixTime) {
        let until = |seconds: u32| now.plus(seconds.into());
        let believed = |found: &&EnumMatch| is_believed(tree, found.proof);
        self.mappings = outcome
            .matches
            .iter()
            .filter(believed)
            .map(|found| Mapping {
                uri: found.uri.clone(),
                service: found.service.to_string(),
                msp: None,
                rank: 0,
                tags: Vec::new(),
                connection_key: None,
                record: RecordRank::Naptr { order: found.order, preference: found.preference },
                basis: MappingBasis::Enum { suffix: tree.suffix.clone(), dnssec: found.proof },
                valid_until: until(found.ttl.as_secs()),
            })
            .collect();
        self.keep_until = Some(until(outcome.ttl().as_secs()));
        self.evidence.dnssec = outcome.proof();
        self.evidence.outlook = outlook(tree, outcome, !self.mappings.is_empty());
        self.evidence.questions = outcome
            .questions
            .iter()
            .map(|question| EnumQuestionEvidence {
                depth: question.depth,
                answer: match question.records {
                    Ok(0) if question.exists => AnswerEvidence::NoData,
                    Ok(0) => AnswerEvidence::NxDomain,
                    Ok(count) => AnswerEvidence::Records { count },
                    Err(error) => AnswerEvidence::Failed { error },
                },
                dnssec: question.records.is_ok().then_some(question.proof),
                why: question.why.clone(),
                ttl: question.records.is_ok().then(|| question.ttl.as_secs()),
            })
            .collect();
        self.evidence.rules = outcome
            .rules
            .iter()
            .map(|rule| EnumRuleEvidence {
                question: rule.question,
                used: !matches!(rule.considered, Considered::Unused(_)),
                reason: match &rule.considered {
                    Considered::Used | Considered::Followed => None,
                    Considered::Unused(why) => Some(why.to_string()),
                },
            })
            .collect();
    }
}

fn is_believed(tree: &EnumTree, proof: Proof) -> bool {
    match proof {
        Proof::Secure => true,
        Proof::Insecure | Proof::Indeterminate => tree.dangerous_insecure,
        Proof::Bogus(_) => false,
    }
}

fn outlook(tree: &EnumTree, outcome: &EnumOutcome, any_believed: bool) -> Outlook {
    let not_believed = |reason: &str| Outlook::NotBelieved { reason: reason.into() };
    let proof = outcome.proof();
    match (outcome.conclusion(), proof) {
        (Conclusion::Matched, _) if any_believed => return Outlook::Answered { absence_believed: true },
        (_, Some(Proof::Bogus(why))) => return not_believed(&format!("an answer is bogus: {why}")),
        _ => {}
    }
    match outcome.conclusion() {
        Conclusion::Matched => {
            unproven(outcome).unwrap_or_else(|| not_believed("its rules are not proven by DNSSEC"))
        }
        Conclusion::Broken => not_believed("its rules are broken"),
        Conclusion::Exhausted(exhausted) => Outlook::Unreachable { reason: exhausted.to_string() },
        Conclusion::Failed(error) if error.is_bogus_upstream() => not_believed("an answer is bogus"),
        Conclusion::Failed(error) => Outlook::Unreachable { reason: error.to_string() },
        Conclusion::Absent if proof.is_some_and(|proof| !is_believed(tree, proof)) => {
            unproven(outcome).unwrap_or(Outlook::Answered { absence_believed: false })
        }
        Conclusion::Absent => {
            Outlook::Answered { absence_believed: proof.is_some_and(|proof| is_believed(tree, proof)) }
        }
    }
}

/// Could not be reached, where that is why something is not proven.
fn unproven(outcome: &EnumOutcome) -> Option<Outlook> {
    let mut reasons = outcome.questions.iter().filter_map(|question| question.why.as_ref());
    let why = reasons.find(|why| why.is_not_reached())?;
    Some(Outlook::Unreachable { reason: why.words.clone() })
}
