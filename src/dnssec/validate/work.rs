//! How much work a stranger's records may cause.

use super::{Fault, Held};

/// The most work of one look-up.
///
/// KeyTrap (CVE-2023-50387) makes a validator check each of many signatures with each of many keys of one tag,
/// and a deep name in a zone with many iterations (CVE-2023-50868) makes it hash for minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkLimits {
    /// Signatures to check, whether they fit or not.
    pub signatures: u32,
    /// Blocks of 64 octets to hash for NSEC3: iterations, long salts and long names cost more.
    pub hash_blocks: u32,
    /// Keys to hash for DS records.
    pub digests: u32,
}

/// Work that has been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Signatures that were checked.
    pub signatures: u32,
    /// Blocks that were hashed for NSEC3.
    pub hash_blocks: u32,
    /// Keys that were hashed for DS records.
    pub digests: u32,
}

/// A budget, handed from link to link of a chain; work beyond it is [`Fault::TooMuchWork`].
#[derive(Debug, Clone)]
pub struct Work {
    limits: WorkLimits,
    spent: Spent,
    held: Option<Held>,
}

impl Default for WorkLimits {
    /// Enough for chains of a dozen zones, and for names of 32 labels with the most iterations that are
    /// taken; some 10 ms of one core.
    fn default() -> Self {
        Self { signatures: 96, hash_blocks: 12_000, digests: 48 }
    }
}

impl Default for Work {
    fn default() -> Self {
        Self::new(WorkLimits::default())
    }
}

impl Work {
    /// A budget of which nothing is spent.
    #[must_use]
    pub const fn new(limits: WorkLimits) -> Self {
        Self { limits, spent: Spent { signatures: 0, hash_blocks: 0, digests: 0 }, held: None }
    }

    /// What has been done.
    #[must_use]
    pub const fn spent(&self) -> Spent {
        self.spent
    }

    /// Whether at least half of it is left: more than any honest zone needs.
    #[must_use]
    pub const fn is_half_left(&self) -> bool {
        let (limits, spent) = (&self.limits, &self.spent);
        spent.signatures <= limits.signatures / 2
            && spent.hash_blocks <= limits.hash_blocks / 2
            && spent.digests <= limits.digests / 2
    }

    /// Remembers a signature that holds, the last one only: checking it costs as much of the budget as any other.
    pub fn remember(&mut self, held: Held) {
        self.held = Some(held);
    }

    pub(super) fn is_held(&self, key: &[u8], octets: &[u8], signature: &[u8]) -> bool {
        self.held.as_ref().is_some_and(|held| held.is(key, octets, signature))
    }

    pub(super) fn signature(&mut self) -> Result<(), Fault> {
        pay(&mut self.spent.signatures, 1, self.limits.signatures)
    }

    pub(super) fn digest(&mut self) -> Result<(), Fault> {
        pay(&mut self.spent.digests, 1, self.limits.digests)
    }

    pub(super) fn hash(&mut self, blocks: u32) -> Result<(), Fault> {
        pay(&mut self.spent.hash_blocks, blocks, self.limits.hash_blocks)
    }
}

fn pay(spent: &mut u32, cost: u32, limit: u32) -> Result<(), Fault> {
    let total = spent.saturating_add(cost);
    if total > limit {
        return Err(Fault::TooMuchWork);
    }
    *spent = total;
    Ok(())
}
