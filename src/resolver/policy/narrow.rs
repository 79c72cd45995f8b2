//! Looking into a policy, and narrowing it for one question.

use super::{EnumTree, Policy, Provider, Scope, Validation};
use crate::identifier::Identifier;
use crate::record::Name;
use crate::record::parameters::Parameters;
use crate::statement::{Lifetimes, PublicKey};

impl Policy {
    /// The parameters pinned for the zone at `apex`; none where it is not asked or nothing is pinned.
    #[must_use]
    pub fn pinned_parameters(&self, apex: &Name) -> &[Parameters] {
        self.providers.iter().find(|provider| provider.apex == *apex).map_or(&[], |provider| &provider.pinned)
    }

    /// How long statements may live.
    #[must_use]
    pub fn lifetimes(&self) -> Lifetimes {
        self.lifetimes
    }

    /// This policy with another way to validate.
    #[must_use]
    pub fn validating(mut self, validation: Validation) -> Self {
        self.dnssec.validation = validation;
        self
    }

    /// This policy with the keys that domains publish at `_mimikey`, for those of which it pins none. Only for
    /// whoever has them from the publisher: a resolver proves them.
    #[must_use]
    pub fn with_served_keys(mut self, keys: Vec<(Name, PublicKey)>) -> Self {
        self.keys.add_unpinned(keys);
        self
    }

    /// This policy with nobody asked about `identifier` but the zones at `apexes` and the digit trees
    /// under `suffixes`, also where the policy does not name them. Whom it believes stays the same.
    #[must_use]
    pub fn asking_only(mut self, identifier: &Identifier, apexes: &[Name], suffixes: &[Name]) -> Self {
        let scope = || vec![Scope::of(identifier)];
        let providers = apexes.iter().map(|apex| {
            let known = self.providers.iter().find(|provider| provider.apex == *apex);
            known.map_or_else(
                || Provider::new(apex.clone(), scope()),
                |provider| Provider { scope: scope(), ..provider.clone() },
            )
        });
        self.providers = providers.collect();
        let trees = suffixes.iter().map(|suffix| {
            let known = self.enum_trees.iter().find(|tree| tree.suffix == *suffix);
            known.map_or_else(
                || EnumTree::new(suffix.clone(), scope()),
                |tree| EnumTree { scope: scope(), ..tree.clone() },
            )
        });
        self.enum_trees = trees.collect();
        self
    }
}
