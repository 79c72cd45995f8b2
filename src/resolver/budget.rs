//! What one resolution may cost, and the shares of those that work on it at the same time.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// The most that one resolution may use of each resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Limits {
    /// Questions handed to the transport; those that its cache answers count too.
    pub queries: u64,
    /// Signatures verified.
    pub signatures: u64,
    /// NAPTR rules of digit trees considered, and endpoints of believed mappings.
    pub rules: u64,
    /// Octets of record data received.
    pub octets: u64,
}

impl Limits {
    pub(super) const NOTHING: Self = Self { queries: 0, signatures: 0, rules: 0, octets: 0 };

    /// What is left when so much is spent.
    pub(super) fn minus(self, spent: Self) -> Self {
        Self {
            queries: self.queries.saturating_sub(spent.queries),
            signatures: self.signatures.saturating_sub(spent.signatures),
            rules: self.rules.saturating_sub(spent.rules),
            octets: self.octets.saturating_sub(spent.octets),
        }
    }

    /// The share of one of `parts` that must not take from each other; all shares together are these
    /// limits. Parts are counted from 0.
    pub(super) fn share(self, part: usize, parts: usize) -> Self {
        let (part, parts) = (part as u64, parts as u64);
        let of = |limit: u64| limit / parts + u64::from(part < limit % parts);
        Self {
            queries: of(self.queries),
            signatures: of(self.signatures),
            rules: of(self.rules),
            octets: of(self.octets),
        }
    }

    /// What both used.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            queries: self.queries.saturating_add(other.queries),
            signatures: self.signatures.saturating_add(other.signatures),
            rules: self.rules.saturating_add(other.rules),
            octets: self.octets.saturating_add(other.octets),
        }
    }
}

impl Default for Limits {
    /// 64 queries, 64 signatures, 256 rules, 256 KiB.
    fn default() -> Self {
        Self { queries: 64, signatures: 64, rules: 256, octets: 256 * 1024 }
    }
}

/// A resource that [`Limits`] bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Resource {
    /// Questions to the transport.
    Queries,
    /// Signatures verified.
    Signatures,
    /// NAPTR rules considered.
    Rules,
    /// Octets of record data received.
    Octets,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Queries => "queries",
            Self::Signatures => "signatures",
            Self::Rules => "rules",
            Self::Octets => "octets",
        })
    }
}

/// The budget does not cover what was about to be done: it was not done.
///
/// Whoever published the records asks for too much, or the limits are too low.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("the resolution's budget of {0} is used up")]
pub struct Exhausted(pub Resource);

/// What is left for one resolution, or for one provider's or digit tree's share of it.
///
/// Spending is atomic: of two that ask for the last unit at the same time one gets it. What does
/// not fit takes nothing.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    queries: AtomicU64,
    signatures: AtomicU64,
    rules: AtomicU64,
    octets: AtomicU64,
}

impl Budget {
    /// A budget of which nothing is spent.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            queries: AtomicU64::new(limits.queries),
            signatures: AtomicU64::new(limits.signatures),
            rules: AtomicU64::new(limits.rules),
            octets: AtomicU64::new(limits.octets),
        }
    }

    /// Pays for `amount` units of `resource`.
    ///
    /// # Errors
    /// [`Exhausted`] if fewer are left; then none is taken.
    pub fn spend(&self, resource: Resource, amount: u64) -> Result<(), Exhausted> {
        // Nothing else is published through these counters, so no ordering is needed.
        self.left(resource)
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(amount))
            .map(drop)
            .map_err(|_| Exhausted(resource))
    }

    /// What has been spent so far.
    #[must_use]
    pub fn spent(&self) -> Limits {
        let spent = |resource, limit: u64| limit - self.left(resource).load(Ordering::Relaxed);
        Limits {
            queries: spent(Resource::Queries, self.limits.queries),
            signatures: spent(Resource::Signatures, self.limits.signatures),
            rules: spent(Resource::Rules, self.limits.rules),
            octets: spent(Resource::Octets, self.limits.octets),
        }
    }

    fn left(&self, resource: Resource) -> &AtomicU64 {
        match resource {
            Resource::Queries => &self.queries,
            Resource::Signatures => &self.signatures,
            Resource::Rules => &self.rules,
            Resource::Octets => &self.octets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_takes_nothing() {
        let budget = Budget::new(Limits { octets: 10, ..Limits::default() });
        assert_eq!(budget.spend(Resource::Octets, 11), Err(Exhausted(Resource::Octets)));
        assert_eq!(budget.spend(Resource::Octets, 10), Ok(()));
        assert_eq!(budget.spend(Resource::Octets, 1), Err(Exhausted(Resource::Octets)));
        assert_eq!(budget.spent(), Limits { queries: 0, signatures: 0, rules: 0, octets: 10 });
    }

    #[test]
    fn units_spent_by_many_threads_add_up() {
        let budget = Budget::new(Limits { rules: 1000, ..Limits::default() });
        let granted: usize = std::thread::scope(|scope| {
            let spend = || (0..500).filter(|_| budget.spend(Resource::Rules, 1).is_ok()).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(spend)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no thread panics")).sum()
        });
        assert_eq!(granted, 1000);
    }

    #[test]
    fn shares_add_up_to_the_limits_and_differ_by_one_at_most() {
        for limits in [Limits::default(), Limits { queries: 2, signatures: 0, rules: u64::MAX, octets: 7 }] {
            for parts in 1..6 {
                let shares: Vec<_> = (0..parts).map(|part| limits.share(part, parts)).collect();
                assert_eq!(shares.iter().copied().reduce(Limits::plus), Some(limits));
                assert!(shares.iter().all(|share| shares[0].octets - share.octets <= 1));
            }
        }
    }

    #[test]
    fn the_error_names_the_resource() {
        assert_eq!(Exhausted(Resource::Queries).to_string(), "the resolution's budget of queries is used up");
    }
}
