//! Whom the resolver believes, whom it asks, and how far it goes.

mod builder;
mod dnssec;
mod fault;
mod file;
mod keys;
mod narrow;
mod scope;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use builder::PolicyBuilder;
pub use dnssec::{Dnssec, Validation};
pub use fault::{PolicyFault, PolicyFaultKind, PolicyFaults};
pub(super) use keys::KeyFinding;
use keys::Keys;
pub use scope::{Scope, ScopeError};

use super::budget::Limits;
use crate::identifier::Identifier;
use crate::record::Name;
use crate::record::mimisig::{KeyId, Proof, ProofMethod};
use crate::record::parameters::{HashCeiling, Parameters};
use crate::statement::{Lifetimes, PublicKey};

/// What one caller decided about trust: nobody is believed, and nobody asked, who is not in it.
///
/// Made from a TOML file by [`Policy::from_toml`] or in a program by [`Policy::builder`]. The file:
///
/// ```
/// # let text = r#"
/// version = 1
/// deadline_ms = 5000              # of one resolution
/// revoked_key_ids = ["c72a3876dd66fb48"]
///
/// [dnssec]
/// validation = "anchors"          # or "trust-ad", or "off"
/// anchors = ["iana-root"]         # or DS and DNSKEY records
///
/// [hash]
/// floor = "sha256"                # or "argon2id": the weakest hash of owner names
/// ceiling = { m_kib = 65536, t = 4, p = 4 }
///
/// [lifetimes]                     # the longest that a statement may claim to live
/// possession_days = 800
/// mapping_days = 10
/// wishes_days = 400
///
/// [limits]                        # of one resolution
/// queries = 64
/// signatures = 64
/// rules = 256
/// octets = 262144
///
/// [[provider]]                    # a discovery zone to ask
/// apex = "discover.example"
/// scope = ["+44", "@example.org", "mimi://names.example"]
/// parameters = ["v=mimi1; epoch=a; hash=sha256; salt=1f0e2d3c4b5a69788796a5b4c3d2e1f0; from=20260101000000"]
/// dangerous_insecure_absence = false
///
/// [[enum]]                        # a digit tree to ask
/// suffix = "e164.example"
/// scope = ["+"]                   # every number
/// dangerous_insecure = false
///
/// [[grant]]                       # who may say who has an identifier
/// domain = "ap.example"
/// kind = "possession"             # or "legacy-mapping"
/// scope = ["+44"]
/// strongest = "sms"               # legacy, sms, voice, email or carrier
///
/// [[key]]                         # a key of an AP or MSP
/// domain = "ap.example"
/// key = "v=mimikey1; k=ed25519; p=7nJaOzC7wBXCUPdCUlDLbismEOV3i6pxX5jCTn5wuME="
/// # "#;
/// # mimi_dns::resolver::Policy::from_toml(text).unwrap();
/// ```
///
/// All but `version` may be left out; a key that is not known is an error. Where a provider has no
/// `parameters`, those that the zone serves are believed if DNSSEC proves them.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(super) grants: Vec<Grant>,
    pub(super) providers: Vec<Provider>,
    pub(super) enum_trees: Vec<EnumTree>,
    pub(super) keys: Keys,
    pub(super) hash_floor: HashFloor,
    pub(super) hash_ceiling: HashCeiling,
    pub(super) lifetimes: Lifetimes,
    pub(super) limits: Limits,
    pub(super) deadline: Duration,
    pub(super) dnssec: Dnssec,
}

/// What a domain may say without a holder's consent: that somebody has an identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who: the `issuer` of its statements, compared exactly.
    pub domain: Name,
    /// Which statements.
    pub kind: GrantKind,
    /// About which identifiers: those that any of these covers.
    pub scope: Vec<Scope>,
    /// The strongest proof that it may claim; a statement that claims more is rejected.
    pub strongest: ProofMethod,
}

/// The statements that need a grant. A mapping with a holder needs none: the holder chose the MSP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GrantKind {
    /// Possession statements of an AP.
    Possession,
    /// Mappings for which the MSP itself vouches.
    LegacyMapping,
}

/// A discovery provider: a zone of hashed names.
#[derive(Debug, Clone)]
pub struct Provider {
    pub(super) apex: Name,
    pub(super) scope: Vec<Scope>,
    pub(super) pinned: Vec<Parameters>,
    pub(super) dangerous_insecure_absence: bool,
}

/// An ENUM digit tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumTree {
    pub(super) suffix: Name,
    pub(super) scope: Vec<Scope>,
    pub(super) dangerous_insecure: bool,
}

/// The weakest hash by which owner names may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum HashFloor {
    /// HMAC-SHA-256 with a published salt, and whatever is stronger.
    #[default]
    Sha256,
    /// Argon2id, and whatever is stronger.
    Argon2id,
}

/// Why a statement that needs a grant has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ungranted {
    NoGrant,
    OutOfScope,
    ClaimsTooMuch,
}

impl Policy {
    /// How long one resolution may take unless the policy says otherwise.
    pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(5);
    /// The longest that one resolution may be allowed to take.
    pub const MAX_DEADLINE: Duration = Duration::from_secs(600);

    /// A policy that grants nothing, asks nobody, and is filled call by call.
    #[must_use]
    pub fn builder() -> PolicyBuilder {
        PolicyBuilder::new()
    }

    /// Reads the text of a policy file. Its form is [above](Policy).
    ///
    /// # Errors
    /// Every fault of the file's values; of its syntax and keys the first.
    pub fn from_toml(text: &str) -> Result<Self, PolicyFaults> {
        file::read(text)
    }

    /// How long one resolution may take.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// What is to be proven by DNSSEC, and how.
    #[must_use]
    pub fn dnssec(&self) -> &Dnssec {
        &self.dnssec
    }

    /// The discovery providers that it names.
    #[must_use]
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// The digit trees that it names.
    #[must_use]
    pub fn enum_trees(&self) -> &[EnumTree] {
        &self.enum_trees
    }

    /// The pinned keys of `domain` that may be believed: neither revoked nor of an id that another
    /// of its keys has.
    pub fn keys_of(&self, domain: &Name) -> impl Iterator<Item = &PublicKey> {
        self.keys.of(domain)
    }

    /// Whether the policy revokes this key.
    #[must_use]
    pub fn revokes(&self, key: KeyId) -> bool {
        self.keys.is_revoked(key)
    }

    /// The same policy, believing every absence and every digit tree although DNSSEC proves
    /// neither; parameters and statements are judged as before.
    #[must_use]
    pub fn dangerous_insecure(mut self) -> Self {
        for provider in &mut self.providers {
            provider.dangerous_insecure_absence = true;
        }
        for tree in &mut self.enum_trees {
            tree.dangerous_insecure = true;
        }
        self
    }

    pub(super) fn providers_for(&self, identifier: &Identifier) -> impl Iterator<Item = &Provider> {
        self.providers.iter().filter(|provider| covers(&provider.scope, identifier))
    }

    pub(super) fn enum_trees_for(&self, identifier: &Identifier) -> impl Iterator<Item = &EnumTree> {
        self.enum_trees.iter().filter(|tree| covers(&tree.scope, identifier))
    }

    /// Whether some grant of `kind` lets `domain` make this claim. Of several reasons why none
    /// does, the one that came closest.
    pub(super) fn granted(
        &self,
        domain: &Name,
        kind: GrantKind,
        identifier: &Identifier,
        proof: Proof,
    ) -> Result<(), Ungranted> {
        let mut closest = Ungranted::NoGrant;
        for grant in self.grants.iter().filter(|grant| grant.kind == kind && grant.domain == *domain) {
            if !covers(&grant.scope, identifier) {
                if closest == Ungranted::NoGrant {
                    closest = Ungranted::OutOfScope;
                }
            } else if proof.method > grant.strongest {
                closest = Ungranted::ClaimsTooMuch;
            } else {
                return Ok(());
            }
        }
        Err(closest)
    }
}

fn covers(scope: &[Scope], identifier: &Identifier) -> bool {
    scope.iter().any(|scope| scope.covers(identifier))
}

impl Provider {
    /// The zone at `apex`, asked about what `scope` covers. Its parameters are believed only if
    /// DNSSEC proves them, an absence likewise.
    #[must_use]
    pub fn new(apex: Name, scope: impl Into<Vec<Scope>>) -> Self {
        Self { apex, scope: scope.into(), pinned: Vec::new(), dangerous_insecure_absence: false }
    }

    /// Uses these parameters, of one epoch each, and never those that the zone serves.
    #[must_use]
    pub fn pinned(mut self, parameters: impl IntoIterator<Item = Parameters>) -> Self {
        self.pinned.extend(parameters);
        self
    }

    /// The top of its zone.
    #[must_use]
    pub fn apex(&self) -> &Name {
        &self.apex
    }

    /// The parameters that the policy pins; empty where those that are served count.
    #[must_use]
    pub fn pinned_parameters(&self) -> &[Parameters] {
        &self.pinned
    }

    /// Believes that there is nothing although DNSSEC does not prove it: whoever can change an
    /// answer on its way can then hide an identifier.
    #[must_use]
    pub fn dangerous_insecure_absence(mut self) -> Self {
        self.dangerous_insecure_absence = true;
        self
    }
}

impl EnumTree {
    /// The digit tree below `suffix`, asked about what `scope` covers. Its rules, and their
    /// absence, are believed only if DNSSEC proves them.
    #[must_use]
    pub fn new(suffix: Name, scope: impl Into<Vec<Scope>>) -> Self {
        Self { suffix, scope: scope.into(), dangerous_insecure: false }
    }

    /// The top of the tree.
    #[must_use]
    pub fn suffix(&self) -> &Name {
        &self.suffix
    }

    /// Believes rules and their absence although DNSSEC does not prove them: whoever can change an
    /// answer on its way decides where messages go.
    #[must_use]
    pub fn dangerous_insecure(mut self) -> Self {
        self.dangerous_insecure = true;
        self
    }
}
