//! What a resolution found, in which order, and on what evidence.
//!
//! No identifier is in here: owner names are hashed, digit trees appear by their suffix only. URIs
//! may of course name whom they reach.

mod evidence;
mod must_act;
pub(super) mod text;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use evidence::{
    AnswerEvidence, EnumEvidence, EnumQuestionEvidence, EnumRuleEvidence, KeysEvidence, Outlook,
    ParametersEvidence, ParametersFault, ParametersTrust, ProviderEvidence, QuestionEvidence, RecordEvidence,
    StatementEvidence, StatementSigner,
};
pub use must_act::MustAct;
use text::{display, hex, method, seconds};

use super::budget::Limits;
use super::transport::Proof as Dnssec;
use crate::clock::UnixTime;
use crate::record::Name;
use crate::record::mimisig::{KeyHash, ProofMethod};

/// The outcome of one resolution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Discovery {
    /// What was found.
    #[serde(flatten)]
    pub result: DiscoveryResult,
    /// When it was judged.
    #[serde(with = "seconds")]
    pub judged_at: UnixTime,
    /// Until when it may be kept: no longer than any record or statement behind it, or its absence.
    #[serde(with = "seconds")]
    pub valid_until: UnixTime,
    /// Mappings that are believed but were not asked for: of another service, or without the tag.
    pub set_aside: Vec<Mapping>,
    /// Where believed APs name different holders: their claims, the winning one first.
    pub contradiction: Vec<PossessionClaim>,
    /// Every statement that was delivered, with what became of it.
    pub statements: Vec<StatementEvidence>,
    /// The discovery providers in scope.
    pub providers: Vec<ProviderEvidence>,
    /// The ENUM digit trees in scope.
    pub enum_trees: Vec<EnumEvidence>,
    /// Keys of APs and MSPs that the DNS was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeysEvidence>,
    /// What the resolution used of its limits.
    pub spent: Limits,
}

/// Mapped, or which kind of none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", content = "mappings", rename_all = "kebab-case")]
pub enum DiscoveryResult {
    /// Where to reach the identifier, best first; never empty.
    Mapped(Vec<Mapping>),
    /// It is certain that there is nothing, or nothing that was asked for.
    NoMapping,
    /// The holder wants to be reached nowhere.
    OptedOut,
    /// A provider could not be asked; nothing is known. Try again later.
    Unreachable,
    /// Something came that is not to be believed, or an absence that nothing proves.
    NotBelieved,
}

/// One place to reach the identifier at.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Mapping {
    /// Where.
    pub uri: String,
    /// What a sender must speak: the protocol of a NAPTR (`x-mimi`, `https`, `sip`, …), the scheme
    /// of a URI record's target, or the Enumservice with its subtype (`sip`, `x-mimi:mimi`).
    pub service: String,
    /// The provider whose signed mapping it is; none in ENUM.
    #[serde(with = "display::option")]
    pub msp: Option<Name>,
    /// The holder's rank for that provider, lower first; 0 where no holder ranks.
    pub rank: u16,
    /// The holder's tags for that provider.
    pub tags: Vec<String>,
    /// The key to establish a connection with.
    pub connection_key: Option<ConnectionKey>,
    /// How the record ranks among its like.
    pub record: RecordRank,
    /// Why it is believed.
    pub basis: MappingBasis,
    /// When the first of the statements behind it expires, or its records do.
    #[serde(with = "seconds")]
    pub valid_until: UnixTime,
}

/// How a record ranks among its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum RecordRank {
    /// A NAPTR record.
    Naptr {
        /// Lower first.
        order: u16,
        /// Lower first within one order.
        preference: u16,
    },
    /// A URI record.
    Uri {
        /// Lower first.
        priority: u16,
        /// Larger first among equal priorities.
        weight: u16,
    },
}

/// Why a mapping is believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MappingBasis {
    /// A holder, whom an AP vouches for, wishes it.
    Wishes {
        /// How the AP checked possession.
        #[serde(with = "method")]
        proof: ProofMethod,
        /// When it did.
        #[serde(with = "seconds")]
        proof_time: UnixTime,
    },
    /// The provider vouches for possession itself, and policy grants it that.
    Legacy {
        /// How it checked.
        #[serde(with = "method")]
        proof: ProofMethod,
        /// When it did.
        #[serde(with = "seconds")]
        proof_time: UnixTime,
    },
    /// The digit tree says so; nobody signed it but, where secure, DNSSEC.
    Enum {
        /// Which tree.
        #[serde(with = "display")]
        suffix: Name,
        /// The weakest DNSSEC state on the way.
        dnssec: Dnssec,
    },
}

/// A public key to establish a connection with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionKey {
    /// Number among the DNS security algorithms; 15 is Ed25519.
    pub algorithm: u8,
    /// The key in base64.
    pub key: String,
}

/// One AP's claim about who has the identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PossessionClaim {
    /// The AP.
    #[serde(with = "display")]
    pub issuer: Name,
    /// Hash of the holder's key; none for a tombstone.
    #[serde(with = "hex")]
    pub holder: Option<KeyHash>,
    /// How it checked.
    #[serde(with = "method")]
    pub proof: ProofMethod,
    /// When it did.
    #[serde(with = "seconds")]
    pub proof_time: UnixTime,
    /// When it signed.
    #[serde(with = "seconds")]
    pub inception: UnixTime,
}

impl DiscoveryResult {
    /// The stable code, as in JSON.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Mapped(_) => "mapped",
            Self::NoMapping => "no-mapping",
            Self::OptedOut => "opted-out",
            Self::Unreachable => "unreachable",
            Self::NotBelieved => "not-believed",
        }
    }
}

impl Discovery {
    /// The mappings, best first; empty for every kind of none.
    #[must_use]
    pub fn mappings(&self) -> &[Mapping] {
        match &self.result {
            DiscoveryResult::Mapped(mappings) => mappings,
            DiscoveryResult::NoMapping
            | DiscoveryResult::OptedOut
            | DiscoveryResult::Unreachable
            | DiscoveryResult::NotBelieved => &[],
        }
    }
}

impl fmt::Debug for Mapping {
    /// Without the URI where it comes from a digit tree, whose rules put the number into it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { uri, service, msp, rank, tags, connection_key, record, basis, valid_until } = self;
        let mut fields = f.debug_struct("Mapping");
        if !matches!(basis, MappingBasis::Enum { .. }) {
            fields.field("uri", uri);
        }
        fields
            .field("service", service)
            .field("msp", msp)
            .field("rank", rank)
            .field("tags", tags)
            .field("connection_key", connection_key)
            .field("record", record)
            .field("basis", basis)
            .field("valid_until", valid_until)
            .finish_non_exhaustive()
    }
}
