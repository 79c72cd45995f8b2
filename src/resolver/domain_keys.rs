//! The keys of APs and MSPs that stand in the DNS: one TXT RRset below each domain.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout_at};

use super::budget::Budget;
use super::discovery::{AnswerEvidence, KeysEvidence, QuestionEvidence};
use super::judge::{DomainKeys, ServedKeys};
use super::transport::{Answer, AskError, Outcome, Proof, Transport, ask_within};
use crate::clock::UnixTime;
use crate::record::{MAX_CHAR_STRING, Name, Rtype};
use crate::statement::PublicKey;

/// In front of the domain.
const LABEL: &[u8] = b"_mimikey";
/// The most records in an RRset of keys; of more none counts.
const MOST_RECORDS: usize = 8;
/// The most domains that one resolution asks about: as many as wishes can list, and some APs.
const MOST_DOMAINS: usize = 24;

/// What was asked, and what came of it.
#[derive(Debug, Default)]
pub(super) struct KeysAsked {
    pub(super) served: ServedKeys,
    pub(super) evidence: Vec<KeysEvidence>,
    /// Until when the answers may be kept.
    pub(super) keep_until: Option<UnixTime>,
}

impl KeysAsked {
    /// Asks for the keys of all these domains at once; afterwards something is known of each.
    pub(super) async fn ask(
        &mut self,
        domains: BTreeSet<Name>,
        transport: &dyn Transport,
        budget: &Budget,
        until: Instant,
        clock: &(dyn Fn() -> UnixTime + Send + Sync),
    ) {
        let room = MOST_DOMAINS.saturating_sub(self.served.len());
        let over = domains.iter().skip(room).map(|domain| (domain.clone(), DomainKeys::Unreached));
        let asking = domains.iter().take(room).map(|domain| async move {
            let mut evidence = not_answered(domain);
            let asked = ask_one(&mut evidence, transport, budget);
            let keys = timeout_at(until, asked).await.unwrap_or(DomainKeys::Unreached);
            (evidence, keys)
        });
        let found = join_all(asking).await;
        self.served.extend(over);
        for (mut evidence, keys) in found {
            if let Some(ttl) = evidence.question.ttl {
                let ends = clock().plus(ttl.into());
                self.keep_until = Some(self.keep_until.map_or(ends, |before| before.min(ends)));
            }
            if let DomainKeys::Proven(keys) = &keys {
                evidence.keys = keys.len();
            }
            self.served.insert(evidence.domain.clone(), keys);
            self.evidence.push(evidence);
        }
    }
}

fn not_answered(domain: &Name) -> KeysEvidence {
    let question = QuestionEvidence {
        // A domain so long that no name fits below it has no keys: it is not asked about.
        name: domain.with_label(LABEL).unwrap_or_else(|_| Name::root()),
        rtype: Rtype::TXT,
        answer: AnswerEvidence::Late,
        dnssec: None,
        rrsets: Vec::new(),
        ttl: None,
    };
    KeysEvidence { domain: domain.clone(), question, keys: 0 }
}

async fn ask_one(evidence: &mut KeysEvidence, transport: &dyn Transport, budget: &Budget) -> DomainKeys {
    let question = &mut evidence.question;
    if question.name.is_root() {
        return DomainKeys::Proven(Vec::new());
    }
    match ask_within(transport, budget, &question.name, question.rtype).await {
        Ok(answer) => {
            question.answer = AnswerEvidence::of(&answer.outcome);
            question.dnssec = Some(answer.proof);
            question.ttl = Some(answer.ttl.as_secs());
            question.rrsets.clone_from(&answer.states);
            keys(&answer)
        }
        Err(AskError::Transport(error)) => {
            question.answer = AnswerEvidence::Failed { error };
            if error.is_bogus_upstream() { DomainKeys::Unproven } else { DomainKeys::Unreached }
        }
        Err(AskError::Exhausted(exhausted)) => {
            question.answer = AnswerEvidence::OverLimit { resource: exhausted.0 };
            DomainKeys::Unreached
        }
    }
}

fn keys(answer: &Answer) -> DomainKeys {
    match answer.proof {
        Proof::Secure => {}
        Proof::Indeterminate if answer.why().is_some_and(|why| why.is_not_reached()) => {
            return DomainKeys::Unreached;
        }
        Proof::Insecure | Proof::Bogus(_) | Proof::Indeterminate => return DomainKeys::Unproven,
    }
    let rdatas = match &answer.outcome {
        Outcome::Records(rrset) if rrset.rdatas.len() <= MOST_RECORDS => &rrset.rdatas[..],
        Outcome::Records(_) | Outcome::NoData | Outcome::NxDomain => &[],
    };
    let mut keys: Vec<PublicKey> = Vec::new();
    for key in rdatas.iter().filter_map(|rdata| PublicKey::parse_txt(one_string(rdata)?).ok()) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    DomainKeys::Proven(keys)
}

/// The text of a TXT record that is one character-string.
fn one_string(rdata: &[u8]) -> Option<&[u8]> {
    let (&length, text) = rdata.split_first()?;
    (usize::from(length) == text.len() && text.len() <= MAX_CHAR_STRING).then_some(text)
}
