//! Which statements are believed: the protocol's rules over octets and a time, without I/O.
//!
//! The order is possession, then the holder's wishes, then the mappings of the providers that the
//! wishes list. The same statements give the same judgement in whatever order they came.

mod domain_keys;
mod mappings;
mod memory;
mod newest;
mod pool;
mod possession;
#[cfg(test)]
mod tests;
mod together;
mod verdict;
mod wishes;

pub(super) use domain_keys::{DomainKeys, ServedKeys};
pub use memory::{Memory, RecentMemory, Subject};
pub(super) use pool::{Delivered, Pooled};
use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
pub use verdict::{Ignored, Rejected, Verdict};

use super::budget::Budget;
use super::policy::{KeyFinding, Policy};
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::record::Name;
use crate::record::mimisig::{At, KeyHash, KeyId, Mapping, Mimisig, Possession, Proof, RawKey};
use crate::statement::{PublicKey, TimeFault, Verdicts, in_time};
pub(super) use together::verify_together;

/// What a judgement rests on, beside the statements.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) identifier: &'a Identifier,
    pub(super) policy: &'a Policy,
    pub(super) now: UnixTime,
    /// Signatures and endpoints are paid from it.
    pub(super) budget: &'a Budget,
    pub(super) memory: Option<&'a dyn Memory>,
    /// Keys of domains that the policy pins none for.
    pub(super) served: &'a ServedKeys,
    /// Signatures that were verified together with others'.
    pub(super) verdicts: &'a Verdicts,
}

impl<'a> Case<'a> {
    /// What is known of a key of `domain`; `None` where the DNS was not asked yet.
    fn find_key(&self, domain: &Name, id: KeyId) -> Option<Result<KeyFinding<'a>, Rejected>> {
        let Policy { keys, dnssec, .. } = self.policy;
        if keys.pins(domain) || keys.is_revoked(id) || !dnssec.uses_served_keys() {
            return Some(Ok(keys.look_up(domain, id)));
        }
        Some(match self.served.get(domain)? {
            DomainKeys::Proven(keys) => Ok(domain_keys::find(keys, id)),
            DomainKeys::Unproven => Err(Rejected::KeyNotProven),
            DomainKeys::Unreached => Err(Rejected::KeyUnreached),
        })
    }
}

/// The outcome for one identifier.
#[derive(Debug)]
pub(super) struct Judged {
    /// Every statement in the pool, in the order of its octets.
    pub(super) statements: Vec<Judgement>,
    /// Who has the identifier.
    pub(super) holding: Holding,
    /// Whether believed wishes list nobody; only with a holder.
    pub(super) opted_out: bool,
    /// Believed mappings, in no order that means anything.
    pub(super) mappings: Vec<BelievedMapping>,
    /// The claims of possession, the winning one first, where they name different holders.
    pub(super) contradiction: Vec<Claim>,
    /// When the first statement expires on which holder, wishes or every mapping rest.
    pub(super) valid_until: Option<UnixTime>,
    /// What a memory ought to remember.
    pub(super) seen: Vec<(Subject, UnixTime)>,
    /// Domains whose keys would have been needed, and were not asked for yet: with them the judgement may be
    /// another one.
    pub(super) wanted: BTreeSet<Name>,
}

/// One statement and what became of it.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) pooled: Pooled,
    pub(super) verdict: Verdict,
}

/// Who has the identifier, as far as believed possession statements say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holding {
    /// No possession is believed.
    Unknown,
    /// The winning possession is a tombstone: nobody has it now.
    Nobody,
    /// The holder of this key.
    Holder(KeyHash),
}

/// A claim of possession that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) issuer: Name,
    pub(super) proof: Proof,
    pub(super) inception: UnixTime,
    /// `None`: a tombstone.
    pub(super) holder: Option<KeyHash>,
}

/// A mapping that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BelievedMapping {
    pub(super) mapping: Mapping,
    /// The holder's entry for this MSP; `None` for legacy mappings.
    pub(super) at: Option<At>,
    /// How possession was proven: by the AP's possession, or by the MSP itself.
    pub(super) proof: Proof,
    /// When the first of the statements behind it expires.
    pub(super) valid_until: UnixTime,
}

/// Judges everything that was delivered about one identifier.
pub(super) fn judge<'a>(case: Case<'_>, delivered: impl IntoIterator<Item = Delivered<'a>>) -> Judged {
    let pool = pool::pool(delivered);
    let mut bench = Bench::new(case, &pool);
    let possession = bench.possession();
    let wishes = bench.wishes(&possession);
    let mappings = bench.mappings(&possession, wishes.as_ref());
    let holding = possession.holding();
    let opted_out = wishes.as_ref().is_some_and(|wishes| wishes.at.is_empty());
    let mut until: Vec<UnixTime> = possession.valid_until().into_iter().collect();
    until.extend(wishes.as_ref().map(|wishes| wishes.expiration));
    until.extend(mappings.iter().map(|mapping| mapping.valid_until));
    let (contradiction, seen) = (possession.contradiction(), std::mem::take(&mut bench.seen));
    let wanted = std::mem::take(&mut bench.wanted);
    let verdicts = bench.into_verdicts();
    Judged {
        statements: pool
            .into_iter()
            .zip(verdicts)
            .map(|(pooled, verdict)| Judgement { pooled, verdict })
            .collect(),
        holding,
        opted_out,
        mappings,
        contradiction,
        valid_until: until.into_iter().min(),
        seen,
        wanted,
    }
}

/// The work in progress: a verdict for each statement of the pool as soon as it is known.
struct Bench<'a> {
    case: Case<'a>,
    pool: &'a [Pooled],
    verdicts: Vec<Option<Verdict>>,
    seen: Vec<(Subject, UnixTime)>,
    wanted: BTreeSet<Name>,
}

impl<'a> Bench<'a> {
    fn new(case: Case<'a>, pool: &'a [Pooled]) -> Self {
        let verdicts = pool.iter().map(Pooled::fault).collect();
        Self { case, pool, verdicts, seen: Vec::new(), wanted: BTreeSet::new() }
    }

    /// The well-formed statements of the pool, each with its place there.
    fn statements(&self) -> impl Iterator<Item = (usize, &'a Mimisig)> + use<'a> {
        let parsed = |(index, pooled): (usize, &'a Pooled)| Some((index, pooled.statement.as_ref().ok()?));
        self.pool.iter().enumerate().filter_map(parsed)
    }

    fn set(&mut self, index: usize, verdict: Verdict) {
        self.verdicts[index] = Some(verdict);
    }

    fn reject(&mut self, index: usize, reason: Rejected) {
        self.set(index, Verdict::Rejected(reason));
    }

    fn ignore(&mut self, index: usize, reason: Ignored) {
        self.set(index, Verdict::Ignored(reason));
    }

    fn check_time(&self, statement: &Mimisig) -> Result<(), Rejected> {
        in_time(statement, self.case.now, &self.case.policy.lifetimes).map_err(|fault| match fault {
            TimeFault::NotYetValid => Rejected::NotYetValid,
            TimeFault::Expired => Rejected::Expired,
            TimeFault::Inverted => Rejected::Inverted,
            TimeFault::TooLong { .. } => Rejected::LifetimeTooLong,
        })
    }

    /// The key of `domain` with this id: a pinned one, or of a domain without pinned keys one of the DNS.
    ///
    /// Called last of all checks that cost no signature, so that the DNS is not asked about domains which
    /// don't matter: whoever delivers a statement chooses what domain stands in it.
    fn domain_key(&mut self, domain: &Name, id: KeyId) -> Result<PublicKey, Rejected> {
        let finding = match self.case.find_key(domain, id) {
            Some(finding) => finding?,
            None => {
                self.wanted.insert(domain.clone());
                KeyFinding::Unknown
            }
        };
        match finding {
            KeyFinding::Known(key) => Ok(*key),
            KeyFinding::Unknown => Err(Rejected::KeyUnknown),
            KeyFinding::Revoked => Err(Rejected::KeyRevoked),
            KeyFinding::Collision => Err(Rejected::KeyCollision),
        }
    }

    fn into_verdicts(self) -> Vec<Verdict> {
        let judged = "possession, wishes and mappings judge every statement of their kind";
        self.verdicts.into_iter().map(|verdict| verdict.expect(judged)).collect()
    }
}

impl Claim {
    fn new(possession: &Possession, inception: UnixTime) -> Self {
        Self {
            issuer: possession.issuer.clone(),
            proof: possession.proof,
            inception,
            holder: possession.holder_key.as_ref().map(key_hash),
        }
    }
}

/// What wishes and mappings call the holder of this key, which need not be one that is understood.
fn key_hash(key: &RawKey) -> KeyHash {
    KeyHash(Sha256::new().chain_update([key.algorithm]).chain_update(&key.octets).finalize().into())
}
