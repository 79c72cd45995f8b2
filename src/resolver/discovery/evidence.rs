//! What was asked and answered, and what became of it.

use serde::{Deserialize, Serialize};

use super::text::{display, hex, seconds};
use crate::clock::UnixTime;
use crate::record::mimisig::{KeyHash, KeyId};
use crate::record::{Name, Rtype};
use crate::resolver::budget::Resource;
use crate::resolver::judge::{Ignored, Verdict};
use crate::resolver::reason::reasons;
use crate::resolver::transport::{Outcome, Proof as Dnssec, RrsetState, TransportError, Why};

/// One statement and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StatementEvidence {
    /// `possession`, `mapping` or `wishes`; none where it could not be read.
    pub kind: Option<String>,
    /// Who is said to have signed it.
    pub signer: Option<StatementSigner>,
    /// Which key is said to have signed it.
    #[serde(with = "hex")]
    pub key_id: Option<KeyId>,
    /// From when it counts.
    #[serde(with = "seconds::option")]
    pub inception: Option<UnixTime>,
    /// From when it no longer counts.
    #[serde(with = "seconds::option")]
    pub expiration: Option<UnixTime>,
    /// Apexes of the providers that delivered it.
    pub providers: Vec<String>,
    /// Believed, ignored or rejected, with the reason's code.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The reason in words; none where it is believed.
    pub reason: Option<String>,
    /// The record data in the form of RFC 3597.
    pub record: String,
}

/// Who is said to have signed a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StatementSigner {
    /// An AP or MSP, by its domain.
    Domain(#[serde(with = "display")] Name),
    /// A holder, by the hash of the key.
    Holder(#[serde(with = "holder")] KeyHash),
}

/// What can be concluded from one provider or tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outlook", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outlook {
    /// It answered.
    Answered {
        /// Whether what it did not deliver is believed not to exist: DNSSEC proves it, or policy
        /// says that this apex needs no proof.
        absence_believed: bool,
    },
    /// It could not be asked, or not in time.
    Unreachable {
        /// Why.
        reason: String,
    },
    /// What it said is not to be believed.
    NotBelieved {
        /// Why.
        reason: String,
    },
}

/// What one discovery provider said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProviderEvidence {
    /// The zone's apex.
    #[serde(with = "display")]
    pub apex: Name,
    /// What can be concluded.
    #[serde(flatten)]
    pub outlook: Outlook,
    /// The parameters in force, if there are any.
    pub parameters: Option<ParametersEvidence>,
    /// The owner name that they lead to.
    #[serde(with = "display::option")]
    pub owner: Option<Name>,
    /// Every question, in the order in which they were asked.
    pub questions: Vec<QuestionEvidence>,
    /// NAPTR and URI records beside the statements that no believed statement holds: not believed.
    /// Asked for only where the request says so.
    pub unsigned_records: Vec<RecordEvidence>,
}

/// The parameters of a zone, and why they are believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ParametersEvidence {
    /// As in the TXT record; none where there are none in force.
    pub text: Option<String>,
    /// Why they are believed, or not.
    #[serde(flatten)]
    pub trust: ParametersTrust,
    /// How long ago they were asked for, in seconds; 0 where they are pinned.
    pub age: u64,
}

/// Why parameters are believed, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "trust", content = "code", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ParametersTrust {
    /// The policy pins them.
    Pinned,
    /// DNSSEC proves them.
    Secure,
    /// They are not.
    Refused(ParametersFault),
}

reasons! {
    /// Why parameters are not believed.
    ParametersFault {
        NotSecure = "not-secure":
            "the zone's parameters are neither proven by DNSSEC nor pinned in the policy",
        Bogus = "bogus":
            "the zone's parameters are bogus",
        NoneInForce = "none-in-force":
            "the zone has no parameters in force",
        UnknownHash = "unknown-hash":
            "the parameters in force name a hash that is not known here",
        BelowFloor = "below-floor":
            "the parameters in force name a hash below the policy's floor",
        AboveCeiling = "above-ceiling":
            "the parameters in force name a hash that costs more than the policy's ceiling",
        NotComputable = "not-computable":
            "the parameters in force give no owner name",
    }
}

/// The keys that a domain has in the DNS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeysEvidence {
    /// Whose keys they are.
    #[serde(with = "display")]
    pub domain: Name,
    /// The question for them.
    #[serde(flatten)]
    pub question: QuestionEvidence,
    /// How many keys may be believed.
    pub keys: usize,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QuestionEvidence {
    /// Owner name.
    #[serde(with = "display")]
    pub name: Name,
    /// Type.
    #[serde(rename = "type", with = "display")]
    pub rtype: Rtype,
    /// What came back.
    #[serde(flatten)]
    pub answer: AnswerEvidence,
    /// The answer's DNSSEC state, if there was one: of several RRsets the weakest.
    pub dnssec: Option<Dnssec>,
    /// The state of each RRset, aliases first, and of an absence; empty where nobody looked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rrsets: Vec<RrsetState>,
    /// How many seconds it may be kept.
    pub ttl: Option<u32>,
}

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AnswerEvidence {
    /// Records.
    Records {
        /// How many.
        count: usize,
    },
    /// The name exists, the type does not.
    NoData,
    /// The name does not exist.
    NxDomain,
    /// Nothing that says anything about the name.
    Failed {
        /// Why.
        error: TransportError,
    },
    /// Not asked or not looked at, because the budget was used up.
    OverLimit {
        /// Of what.
        resource: Resource,
    },
    /// No answer when the deadline passed.
    Late,
}

impl AnswerEvidence {
    pub(in crate::resolver) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Records(rrset) => Self::Records { count: rrset.rdatas.len() },
            Outcome::NoData => Self::NoData,
            Outcome::NxDomain => Self::NxDomain,
        }
    }
}

/// A record that no believed statement holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordEvidence {
    /// Type.
    #[serde(rename = "type", with = "display")]
    pub rtype: Rtype,
    /// Record data in presentation form.
    pub data: String,
}

/// What one digit tree said. Its owner names spell the number, so they are not told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EnumEvidence {
    /// The tree's suffix.
    #[serde(with = "display")]
    pub suffix: Name,
    /// What can be concluded.
    #[serde(flatten)]
    pub outlook: Outlook,
    /// The weakest DNSSEC state among its answers.
    pub dnssec: Option<Dnssec>,
    /// Every question, in the order in which they were asked.
    pub questions: Vec<EnumQuestionEvidence>,
    /// Every rule that was received, in the order in which they were considered.
    pub rules: Vec<EnumRuleEvidence>,
    /// Why its URIs do not count, where they don't.
    pub ignored: Option<Ignored>,
}

/// One question to a digit tree, without its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EnumQuestionEvidence {
    /// How many non-terminal rules led to it.
    pub depth: usize,
    /// What came back.
    #[serde(flatten)]
    pub answer: AnswerEvidence,
    /// The answer's DNSSEC state, if there was one.
    pub dnssec: Option<Dnssec>,
    /// Why it is not secure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// How many seconds it may be kept.
    pub ttl: Option<u32>,
}

/// One rule of a digit tree, without its data, which may spell the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EnumRuleEvidence {
    /// The place in the questions of the one that it answers.
    pub question: usize,
    /// Whether it gave a URI or the next name.
    pub used: bool,
    /// Why it was not used.
    pub reason: Option<String>,
}

mod holder {
    use serde::{Deserializer, Serializer, de};

    use super::super::text::hex;
    use crate::record::mimisig::KeyHash;

    pub(super) fn serialize<S: Serializer>(hash: &KeyHash, serializer: S) -> Result<S::Ok, S::Error> {
        hex::serialize(&Some(*hash), serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<KeyHash, D::Error> {
        hex::deserialize(deserializer)?.ok_or_else(|| de::Error::custom("no hash"))
    }
}
