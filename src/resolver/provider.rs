//! Asks one discovery provider: its parameters, then the statements at the owner name.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::budget::Budget;
use super::discovery::{
    AnswerEvidence, Outlook, ParametersEvidence, ParametersFault, ParametersTrust, ProviderEvidence,
    QuestionEvidence,
};
use super::epochs::{Epochs, Served};
use super::policy::{HashFloor, Policy, Provider};
use super::transport::{Answer, AskError, Outcome, Proof, Transport, ask_within};
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::record::parameters::{Hash, Parameters, in_force};
use crate::record::{Name, Rdata, Rtype};

/// What one resolution works with.
#[derive(Clone, Copy)]
pub(super) struct LookUp<'a> {
    pub(super) identifier: &'a Identifier,
    pub(super) policy: &'a Policy,
    pub(super) transport: &'a dyn Transport,
    pub(super) budget: &'a Budget,
    pub(super) clock: &'a (dyn Fn() -> UnixTime + Send + Sync),
    pub(super) epochs: &'a Epochs,
    /// Of those that hash, how many at a time.
    pub(super) hashing: &'a Arc<Semaphore>,
    /// Services of the digit tree that the sender can use; none: all.
    pub(super) services: &'a [String],
    /// Whether to ask for the NAPTR and URI records beside the statements too.
    pub(super) records_beside: bool,
}

/// What came of it; filled as answers come, so that a deadline leaves what is known.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) evidence: ProviderEvidence,
    pub(super) statements: Vec<Rdata>,
    /// NAPTR and URI records at the owner name.
    pub(super) beside: Vec<(Rtype, Rdata)>,
    /// Until when the answers may be kept.
    pub(super) keep_until: Option<UnixTime>,
}

/// Why there is nothing to judge.
enum Stop {
    Unreachable(String),
    NotBelieved(String),
}

/// Parameters in force that are believed.
struct InForce {
    parameters: Parameters,
    /// `None`: pinned.
    served: Option<Arc<Served>>,
}

impl Asked {
    pub(super) fn new(provider: &Provider) -> Self {
        Self {
            evidence: ProviderEvidence {
                apex: provider.apex.clone(),
                outlook: Outlook::Unreachable { reason: "no answer when the deadline passed".into() },
                parameters: None,
                owner: None,
                questions: Vec::new(),
                unsigned_records: Vec::new(),
            },
            statements: Vec::new(),
            beside: Vec::new(),
            keep_until: None,
        }
    }

    fn keep_no_longer_than(&mut self, until: UnixTime) {
        self.keep_until = Some(self.keep_until.map_or(until, |before| before.min(until)));
    }
}

impl LookUp<'_> {
    /// Asks `provider` and fills `asked`. May be dropped at any time.
    pub(super) async fn ask_provider(&self, provider: &Provider, asked: &mut Asked) {
        asked.evidence.outlook = match self.statements(provider, asked).await {
            Ok(absence_believed) => Outlook::Answered { absence_believed },
            Err(Stop::Unreachable(reason)) => Outlook::Unreachable { reason },
            Err(Stop::NotBelieved(reason)) => Outlook::NotBelieved { reason },
        };
        if self.records_beside && matches!(asked.evidence.outlook, Outlook::Answered { .. }) {
            self.records_beside(asked).await;
        }
    }

    /// Whether what did not come is believed not to exist.
    async fn statements(&self, provider: &Provider, asked: &mut Asked) -> Result<bool, Stop> {
        let mut used = self.parameters(provider, asked, true).await?;
        let mut answer = self.ask_statements(provider, asked, &used).await?;
        let stale =
            |used: &InForce| used.served.as_ref().is_some_and(|served| served.is_stale((self.clock)()));
        if !matches!(answer.outcome, Outcome::Records(_)) && stale(&used) {
            // Nothing at the name that an epoch gave which may be over: ask for the epoch again.
            let again = self.parameters(provider, asked, false).await?;
            let changed = again.parameters != used.parameters;
            used = again;
            if changed {
                answer = self.ask_statements(provider, asked, &used).await?;
            }
        }
        if let Some(served) = &used.served {
            asked.keep_no_longer_than(served.keep_until());
        }
        asked.keep_no_longer_than((self.clock)().plus(answer.ttl.as_secs().into()));
        let believed = answer.proof == Proof::Secure || provider.dangerous_insecure_absence;
        match answer.outcome {
            Outcome::Records(_) => all_there(&answer, used.served.is_some())?,
            Outcome::NoData | Outcome::NxDomain if believed => {}
            Outcome::NoData | Outcome::NxDomain => reached(&answer)?,
        }
        if let Outcome::Records(rrset) = answer.outcome {
            asked.statements = rrset.rdatas;
        }
        Ok(believed)
    }

    async fn ask_statements(
        &self,
        provider: &Provider,
        asked: &mut Asked,
        used: &InForce,
    ) -> Result<Answer, Stop> {
        let owner = match self.owner_name(provider, &used.parameters).await {
            Some(owner) => owner,
            None => return Err(refuse(asked, ParametersFault::NotComputable)),
        };
        asked.evidence.owner = Some(owner.clone());
        let answer = self.ask(asked, &owner, Rtype::MIMISIG).await?;
        match answer.proof {
            Proof::Bogus(fault) => Err(Stop::NotBelieved(format!("the answer is bogus: {fault}"))),
            Proof::Secure | Proof::Insecure | Proof::Indeterminate => Ok(answer),
        }
    }

    /// The parameters in force, chosen first and judged after.
    async fn parameters(
        &self,
        provider: &Provider,
        asked: &mut Asked,
        cached: bool,
    ) -> Result<InForce, Stop> {
        if !provider.pinned.is_empty() || !self.policy.dnssec.served_parameters {
            let chosen = in_force(&provider.pinned, (self.clock)()).cloned();
            let parameters = self.accept(asked, chosen, ParametersTrust::Pinned, 0)?;
            return Ok(InForce { parameters, served: None });
        }
        let kept = self.epochs.fresh(&provider.apex, (self.clock)()).filter(|_| cached);
        let (served, proof) = match kept {
            Some(served) => (served, Proof::Secure),
            None => self.ask_parameters(provider, asked).await?,
        };
        let now = (self.clock)();
        let chosen = in_force(&served.all, now).cloned();
        let trust = match proof {
            Proof::Secure => ParametersTrust::Secure,
            Proof::Bogus(_) => ParametersTrust::Refused(ParametersFault::Bogus),
            Proof::Insecure | Proof::Indeterminate => ParametersTrust::Refused(ParametersFault::NotSecure),
        };
        let age = now.0.saturating_sub(served.asked_at.0);
        let accepted = self.accept(asked, chosen, trust, age);
        let parameters = accepted.map_err(|stop| match (stop, proof) {
            (Stop::NotBelieved(reason), Proof::Bogus(why)) => Stop::NotBelieved(format!("{reason}: {why}")),
            (stop, _) => stop,
        })?;
        Ok(InForce { parameters, served: Some(served) })
    }

    async fn ask_parameters(
        &self,
        provider: &Provider,
        asked: &mut Asked,
    ) -> Result<(Arc<Served>, Proof), Stop> {
        let Ok(name) = Parameters::owner(&provider.apex) else {
            return Err(refuse(asked, ParametersFault::NotComputable));
        };
        let answer = self.ask(asked, &name, Rtype::TXT).await?;
        reached(&answer)?;
        let all = match &answer.outcome {
            Outcome::Records(rrset) => {
                rrset.rdatas.iter().filter_map(|rdata| Parameters::from_rdata(rdata).ok()).collect()
            }
            Outcome::NoData | Outcome::NxDomain => Vec::new(),
        };
        let served = Arc::new(Served { all, asked_at: (self.clock)(), ttl: answer.ttl });
        if answer.proof == Proof::Secure {
            self.epochs.keep(&provider.apex, Arc::clone(&served));
        }
        Ok((served, answer.proof))
    }

    /// Judges the parameters in force by trust, floor and ceiling, and notes them as evidence.
    fn accept(
        &self,
        asked: &mut Asked,
        chosen: Option<Parameters>,
        trust: ParametersTrust,
        age: u64,
    ) -> Result<Parameters, Stop> {
        let text = chosen.as_ref().map(ToString::to_string);
        asked.evidence.parameters = Some(ParametersEvidence { text, trust, age });
        if let ParametersTrust::Refused(fault) = trust {
            return Err(refuse(asked, fault));
        }
        let chosen = chosen.ok_or_else(|| refuse(asked, ParametersFault::NoneInForce))?;
        let fault = match chosen.hash() {
            Hash::Unknown { .. } => Some(ParametersFault::UnknownHash),
            Hash::Sha256 { .. } if self.policy.hash_floor > HashFloor::Sha256 => {
                Some(ParametersFault::BelowFloor)
            }
            hash if !hash.is_within(&self.policy.hash_ceiling) => Some(ParametersFault::AboveCeiling),
            Hash::Sha256 { .. } | Hash::Argon2id { .. } => None,
        };
        match fault {
            Some(fault) => Err(refuse(asked, fault)),
            None => Ok(chosen),
        }
    }

    /// Hashes; with Argon2id on a thread that may block, a few at a time.
    async fn owner_name(&self, provider: &Provider, parameters: &Parameters) -> Option<Name> {
        if !matches!(parameters.hash(), Hash::Argon2id { .. }) {
            return parameters.owner_name(self.identifier, &provider.apex).ok();
        }
        let hashing = Arc::clone(self.hashing);
        let (parameters, identifier, apex) =
            (parameters.clone(), self.identifier.clone(), provider.apex.clone());
        // Whose turn has come takes it, in a task that goes on where this is kept and not polled any more, and ends
        // with it.
        let mut task = JoinSet::new();
        task.spawn(async move {
            let permit = hashing.acquire_owned().await.ok()?;
            let hash = move || {
                let owner = parameters.owner_name(&identifier, &apex).ok();
                drop(permit);
                owner
            };
            tokio::task::spawn_blocking(hash).await.ok().flatten()
        });
        task.join_next().await?.ok().flatten()
    }

    async fn records_beside(&self, asked: &mut Asked) {
        let Some(owner) = asked.evidence.owner.clone() else { return };
        for rtype in [Rtype::NAPTR, Rtype::URI] {
            // They are shown, never believed, so no answer is as good as none.
            if let Ok(Answer { outcome: Outcome::Records(rrset), .. }) = self.ask(asked, &owner, rtype).await
            {
                asked.beside.extend(rrset.rdatas.into_iter().map(|rdata| (rtype, rdata)));
            }
        }
    }

    async fn ask(&self, asked: &mut Asked, name: &Name, rtype: Rtype) -> Result<Answer, Stop> {
        let index = asked.evidence.questions.len();
        asked.evidence.questions.push(QuestionEvidence {
            name: name.clone(),
            rtype,
            answer: AnswerEvidence::Late,
            dnssec: None,
            rrsets: Vec::new(),
            ttl: None,
        });
        let result = ask_within(self.transport, self.budget, name, rtype).await;
        let question = &mut asked.evidence.questions[index];
        match result {
            Ok(answer) => {
                question.answer = AnswerEvidence::of(&answer.outcome);
                question.dnssec = Some(answer.proof);
                question.rrsets.clone_from(&answer.states);
                question.ttl = Some(answer.ttl.as_secs());
                Ok(answer)
            }
            Err(AskError::Transport(error)) => {
                question.answer = AnswerEvidence::Failed { error };
                if error.is_bogus_upstream() {
                    Err(Stop::NotBelieved(format!("the answer is bogus: {error}")))
                } else {
                    Err(Stop::Unreachable(error.to_string()))
                }
            }
            Err(AskError::Exhausted(exhausted)) => {
                question.answer = AnswerEvidence::OverLimit { resource: exhausted.0 };
                Err(Stop::Unreachable(exhausted.to_string()))
            }
        }
    }
}

/// What would prove an answer could be had. Otherwise nobody lies, and later there may be more.
fn reached(answer: &Answer) -> Result<(), Stop> {
    match answer.unknown().flatten().find(|why| why.is_not_reached()) {
        Some(why) => Err(Stop::Unreachable(why.words.clone())),
        None => Ok(()),
    }
}

/// Nobody on the way can have left out some of an answer's records. Each statement proves itself, but not that there is
/// no other: what would show it must not be worth keeping back. Where the zone's parameters are proven it is signed, and
/// whether this answer ought to be could have been found out, unless an alias leads to where no anchor is.
/// Source: RFC 4035 §4.3 and §5.
fn all_there(answer: &Answer, zone_is_proven: bool) -> Result<(), Stop> {
    reached(answer)?;
    if !zone_is_proven || answer.proof != Proof::Indeterminate || answer.lacks_only_anchors() {
        return Ok(());
    }
    let why = answer.why().map(|why| format!(": {}", why.words)).unwrap_or_default();
    Err(Stop::NotBelieved(format!("the zone is signed, and nothing proves this answer{why}")))
}

fn refuse(asked: &mut Asked, fault: ParametersFault) -> Stop {
    let trust = ParametersTrust::Refused(fault);
    match &mut asked.evidence.parameters {
        Some(parameters) => parameters.trust = trust,
        None => asked.evidence.parameters = Some(ParametersEvidence { text: None, trust, age: 0 }),
    }
    Stop::NotBelieved(fault.to_string())
}
