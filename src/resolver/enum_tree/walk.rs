//! The algorithm without I/O: says which name to ask, takes the answer.

use super::evaluate::{Lead, Unused, evaluate};
use super::outcome::{Considered, EnumMatch, EnumOutcome, EnumQuestion, RuleEvidence};
use super::{EnumOptions, MAX_NON_TERMINALS};
use crate::record::{Name, Naptr, Rdata, Ttl};
use crate::resolver::budget::{Budget, Exhausted, Resource};
use crate::resolver::transport::{Answer, Outcome, Proof, TransportError};

/// A walk, depth first: a rule that leads to another name is followed before the rules behind it.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    number: String,
    options: &'a EnumOptions,
    first: Option<Name>,
    /// The chain of names whose rules are being considered.
    levels: Vec<Level>,
    outcome: EnumOutcome,
}

/// The rules at one name.
#[derive(Debug)]
struct Level {
    question: usize,
    rules: std::vec::IntoIter<(Option<Naptr>, Rdata)>,
    /// Of all answers that led here.
    proof: Proof,
    ttl: Ttl,
    /// The order of the rule that is followed.
    order: u16,
    /// The order of a rule that led to a match: larger ones no longer count.
    matched: Option<u16>,
}

/// What is to be done next.
pub(super) enum Step {
    /// Ask for the rules at this name.
    Ask(Name),
    /// Nothing but another step.
    More,
    /// Nothing: the walk is over.
    End,
}

impl<'a> Walk<'a> {
    /// `number` is the application's unique string: `+` and digits.
    pub(super) fn new(number: String, first: Name, options: &'a EnumOptions) -> Self {
        Self { number, options, first: Some(first), levels: Vec::new(), outcome: EnumOutcome::default() }
    }

    /// Considers one rule at most: an expression can take a millisecond, and a name hold hundreds.
    pub(super) fn step(&mut self, budget: &Budget) -> Step {
        if let Some(first) = self.first.take() {
            return Step::Ask(first);
        }
        let Some(level) = self.levels.last_mut() else { return Step::End };
        let Some((naptr, rdata)) = level.rules.next() else {
            self.close_level();
            return Step::More;
        };
        if let Err(exhausted) = budget.spend(Resource::Rules, 1) {
            self.stop(exhausted);
            return Step::End;
        }
        let question = level.question;
        let (considered, next) = match self.consider(naptr.as_ref()) {
            Ok(None) => (Considered::Used, None),
            Ok(Some(name)) => (Considered::Followed, Some(name)),
            Err(why) => (Considered::Unused(why), None),
        };
        self.outcome.rules.push(RuleEvidence { question, rdata, considered });
        next.map_or(Step::More, Step::Ask)
    }

    /// Takes the answer for the name of [`Step::Ask`].
    pub(super) fn answer(&mut self, name: Name, answer: Result<Answer, TransportError>) {
        let depth = self.levels.len();
        let why = answer.as_ref().ok().and_then(Answer::why).cloned();
        let (records, exists, proof, ttl, rdatas) = match answer {
            Err(error) => (Err(error), true, Proof::Indeterminate, Ttl::ZERO, Vec::new()),
            Ok(Answer { outcome, ttl, proof, .. }) => match outcome {
                Outcome::Records(rrset) => (Ok(rrset.rdatas.len()), true, proof, ttl, rrset.rdatas),
                Outcome::NoData => (Ok(0), true, proof, ttl, Vec::new()),
                Outcome::NxDomain => (Ok(0), false, proof, ttl, Vec::new()),
            },
        };
        let question = self.outcome.questions.len();
        self.outcome.questions.push(EnumQuestion { name, depth, records, exists, proof, why, ttl });
        let (proof, ttl) =
            self.levels.last().map_or((proof, ttl), |level| (level.proof.weaker(proof), level.ttl.min(ttl)));
        let rules = in_order(rdatas).into_iter();
        self.levels.push(Level { question, rules, proof, ttl, order: 0, matched: None });
    }

    /// Ends the walk: the budget does not cover the rest.
    pub(super) fn stop(&mut self, exhausted: Exhausted) {
        self.levels.clear();
        self.outcome.exhausted = Some(exhausted);
    }

    pub(super) fn finish(self) -> EnumOutcome {
        self.outcome
    }

    /// The name to ask next, or none where the rule is terminal.
    fn consider(&mut self, naptr: Option<&Naptr>) -> Result<Option<Name>, Unused> {
        let naptr = naptr.ok_or(Unused::Malformed)?;
        let depth = self.levels.len();
        let rule = self.outcome.rules.len();
        // `step` has just taken a rule of the last level.
        let Some(level) = self.levels.last_mut() else { return Ok(None) };
        if level.matched.is_some_and(|order| naptr.order > order) {
            return Err(Unused::LargerOrder);
        }
        level.order = naptr.order;
        match evaluate(naptr, &self.number, self.options)? {
            Lead::Terminal(uri, services) => {
                level.matched = Some(naptr.order);
                let (Naptr { order, preference, .. }, Level { proof, ttl, .. }) = (naptr, &*level);
                self.outcome.matches.extend(services.into_iter().map(|service| EnumMatch {
                    uri: uri.clone(),
                    service,
                    order: *order,
                    preference: *preference,
                    rule,
                    proof: *proof,
                    ttl: *ttl,
                }));
                Ok(None)
            }
            Lead::NonTerminal(name) => {
                // Besides loops this ends chains that meet again: the rules there were considered.
                if self.outcome.questions.iter().any(|question| question.name == name) {
                    Err(Unused::Repeated)
                } else if depth > MAX_NON_TERMINALS {
                    Err(Unused::TooDeep)
                } else {
                    Ok(Some(name))
                }
            }
        }
    }

    /// A rule that was followed counts as matched in its level if a match was found behind it.
    fn close_level(&mut self) {
        let matched = self.levels.pop().is_some_and(|level| level.matched.is_some());
        if let Some(level) = self.levels.last_mut().filter(|_| matched) {
            level.matched = Some(level.order);
        }
    }
}

/// By order and preference, then by record data so that the order is total. Source: RFC 3403 §4.1.
fn in_order(rdatas: Vec<Rdata>) -> Vec<(Option<Naptr>, Rdata)> {
    let parsed = rdatas.into_iter().map(|rdata| (Naptr::from_wire(&rdata).ok(), rdata));
    let mut rules: Vec<_> = parsed.collect();
    rules.sort_by(|(one, one_rdata), (other, other_rdata)| {
        let rank = |naptr: &Option<Naptr>| naptr.as_ref().map(|naptr| (naptr.order, naptr.preference));
        rank(one).cmp(&rank(other)).then_with(|| one_rdata.cmp(other_rdata))
    });
    rules
}
