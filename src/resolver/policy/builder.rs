//! A policy, call by call.

use std::collections::BTreeSet;
use std::time::Duration;

use super::fault::{PolicyFault, PolicyFaultKind, PolicyFaults};
use super::keys::Keys;
use super::{Dnssec, EnumTree, Grant, HashFloor, Limits, Policy, Provider};
use crate::record::mimisig::KeyId;
use crate::record::parameters::HashCeiling;
use crate::record::{MAX_NAME, Name};
use crate::statement::{Lifetimes, PublicKey};

/// Makes a [`Policy`].
#[derive(Debug, Clone)]
pub struct PolicyBuilder {
    grants: Vec<Grant>,
    providers: Vec<Provider>,
    enum_trees: Vec<EnumTree>,
    keys: Vec<(Name, PublicKey)>,
    revoked: BTreeSet<KeyId>,
    hash_floor: HashFloor,
    hash_ceiling: HashCeiling,
    lifetimes: Lifetimes,
    limits: Limits,
    deadline: Duration,
    dnssec: Dnssec,
}

impl PolicyBuilder {
    pub(super) fn new() -> Self {
        Self {
            grants: Vec::new(),
            providers: Vec::new(),
            enum_trees: Vec::new(),
            keys: Vec::new(),
            revoked: BTreeSet::new(),
            hash_floor: HashFloor::default(),
            hash_ceiling: HashCeiling::default(),
            lifetimes: Lifetimes::default(),
            limits: Limits::default(),
            deadline: Policy::DEFAULT_DEADLINE,
            dnssec: Dnssec::default(),
        }
    }

    /// Lets a domain vouch for identifiers.
    #[must_use]
    pub fn grant(mut self, grant: Grant) -> Self {
        self.grants.push(grant);
        self
    }

    /// Asks a discovery provider.
    #[must_use]
    pub fn provider(mut self, provider: Provider) -> Self {
        self.providers.push(provider);
        self
    }

    /// Asks an ENUM digit tree.
    #[must_use]
    pub fn enum_tree(mut self, tree: EnumTree) -> Self {
        self.enum_trees.push(tree);
        self
    }

    /// Knows a key of an AP or MSP.
    #[must_use]
    pub fn key(mut self, domain: Name, key: PublicKey) -> Self {
        self.keys.push((domain, key));
        self
    }

    /// Believes no signature of the key with this id any more, whoever's it is.
    #[must_use]
    pub fn revoke(mut self, key: KeyId) -> Self {
        self.revoked.insert(key);
        self
    }

    /// Believes no parameters with a weaker hash.
    #[must_use]
    pub fn hash_floor(mut self, floor: HashFloor) -> Self {
        self.hash_floor = floor;
        self
    }

    /// Computes no dearer hash.
    #[must_use]
    pub fn hash_ceiling(mut self, ceiling: HashCeiling) -> Self {
        self.hash_ceiling = ceiling;
        self
    }

    /// Believes no statement that is made to live longer.
    #[must_use]
    pub fn lifetimes(mut self, caps: Lifetimes) -> Self {
        self.lifetimes = caps;
        self
    }

    /// What one resolution may use.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long one resolution may take, at most [`Policy::MAX_DEADLINE`].
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// What is to be proven by DNSSEC, and how.
    #[must_use]
    pub fn dnssec(mut self, dnssec: Dnssec) -> Self {
        self.dnssec = dnssec;
        self
    }

    /// The policy.
    ///
    /// # Errors
    /// Every contradiction in what was asked for.
    pub fn build(self) -> Result<Policy, PolicyFaults> {
        let faults = self.contradictions();
        if !faults.is_empty() {
            return Err(PolicyFaults::new(faults));
        }
        Ok(Policy {
            grants: self.grants,
            providers: self.providers,
            enum_trees: self.enum_trees,
            keys: Keys::new(self.keys, self.revoked),
            hash_floor: self.hash_floor,
            hash_ceiling: self.hash_ceiling,
            lifetimes: self.lifetimes,
            limits: self.limits,
            deadline: self.deadline,
            dnssec: self.dnssec,
        })
    }

    pub(super) fn contradictions(&self) -> Vec<PolicyFault> {
        /// What stands in front of the apex: 52 characters in at most two labels.
        const HASHED: usize = 54;
        /// Fifteen digits, a label each.
        const DIGITS: usize = 30;
        let mut faults = Vec::new();
        let mut check = |ok: bool, kind: PolicyFaultKind| {
            if !ok {
                faults.push(PolicyFault::new(kind));
            }
        };
        let fits = |name: &Name, front: usize| name.as_wire().len() + front <= MAX_NAME;
        for grant in &self.grants {
            check(!grant.scope.is_empty(), PolicyFaultKind::NoScope(grant.domain.clone()));
        }
        for (index, provider) in self.providers.iter().enumerate() {
            let apex = &provider.apex;
            check(!provider.scope.is_empty(), PolicyFaultKind::NoScope(apex.clone()));
            check(fits(apex, HASHED), PolicyFaultKind::TooLong(apex.clone()));
            let first = self.providers[..index].iter().all(|other| other.apex != *apex);
            check(first, PolicyFaultKind::Twice(apex.clone()));
        }
        for (index, tree) in self.enum_trees.iter().enumerate() {
            let suffix = &tree.suffix;
            check(!tree.scope.is_empty(), PolicyFaultKind::NoScope(suffix.clone()));
            check(fits(suffix, DIGITS), PolicyFaultKind::TooLong(suffix.clone()));
            let first = self.enum_trees[..index].iter().all(|other| other.suffix != *suffix);
            check(first, PolicyFaultKind::Twice(suffix.clone()));
        }
        let possible = !self.deadline.is_zero() && self.deadline <= Policy::MAX_DEADLINE;
        check(possible, PolicyFaultKind::Deadline);
        faults
    }
}
