//! Asking whoever is in scope.

use futures_util::future::{join, join_all};
use tokio::time::{Instant, timeout_at};

use super::Inner;
use crate::identifier::{Identifier, Telephone};
use crate::resolver::budget::{Budget, Limits};
use crate::resolver::digit_tree::TreeAsked;
use crate::resolver::error::ResolveError;
use crate::resolver::judge::Delivered;
use crate::resolver::order::Wanted;
use crate::resolver::policy::{EnumTree, Provider};
use crate::resolver::provider::{Asked, LookUp};

/// What came of asking about one identifier.
pub(super) struct Gathered {
    pub(super) providers: Vec<Asked>,
    pub(super) trees: Vec<TreeAsked>,
    /// What asking used.
    pub(super) spent: Limits,
    /// Until when keys may be asked for.
    pub(super) until: Instant,
}

impl Gathered {
    /// Statements, and who delivered them.
    pub(super) fn delivered(&self) -> impl Iterator<Item = Delivered<'_>> {
        self.providers.iter().enumerate().flat_map(|(provider, asked)| {
            asked.statements.iter().map(move |rdata| Delivered { provider, rdata })
        })
    }
}

impl Inner {
    /// Asks every provider and tree in scope, within the policy's deadline.
    pub(super) async fn gather(
        &self,
        identifier: &Identifier,
        wanted: &Wanted,
        records_beside: bool,
    ) -> Result<Gathered, ResolveError> {
        let until = Instant::now() + self.policy.deadline;
        let providers: Vec<&Provider> = self.policy.providers_for(identifier).collect();
        let trees: Vec<(&EnumTree, &Telephone)> = match identifier {
            Identifier::Telephone(number) => {
                self.policy.enum_trees_for(identifier).map(|tree| (tree, number)).collect()
            }
            Identifier::Email(_) | Identifier::Mimi(_) => Vec::new(),
        };
        if providers.is_empty() && trees.is_empty() {
            return Err(ResolveError::NobodyToAsk { kind: identifier.kind() });
        }
        // Each provider and tree has a share of its own: a hostile one, or a tree that leads on and on,
        // can't use up what another needs, and what is asked does not depend on who answers first.
        let parts = providers.len() + trees.len();
        let budgets: Vec<_> =
            (0..parts).map(|part| Budget::new(self.policy.limits.share(part, parts))).collect();
        let (of_providers, of_trees) = budgets.split_at(providers.len());
        let look_up = |budget| LookUp {
            identifier,
            policy: &self.policy,
            transport: &*self.transport,
            budget,
            clock: &*self.clock,
            epochs: &self.epochs,
            hashing: &self.hashing,
            services: &wanted.services,
            records_beside,
        };
        let asking = join_all(providers.iter().zip(of_providers).map(|(&provider, budget)| async move {
            let mut asked = Asked::new(provider);
            // What has not come by then stays as `Asked::new` says: could not be reached.
            let _ = timeout_at(until, look_up(budget).ask_provider(provider, &mut asked)).await;
            asked
        }));
        let walking = join_all(trees.iter().zip(of_trees).map(|(&(tree, number), budget)| async move {
            let mut asked = TreeAsked::new(tree);
            let _ = timeout_at(until, look_up(budget).ask_tree(tree, number, &mut asked)).await;
            asked
        }));
        let (providers, trees) = join(asking, walking).await;
        let spent = budgets.iter().map(Budget::spent).fold(Limits::NOTHING, Limits::plus);
        Ok(Gathered { providers, trees, spent, until })
    }
}
