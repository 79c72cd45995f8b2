//! One resolution: every provider and digit tree in scope at once, then the judge.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use futures_util::future::{join, join_all};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::assemble::{Gathered, assemble};
use super::budget::{Budget, Limits};
use super::builder::ResolverBuilder;
use super::digit_tree::TreeAsked;
use super::discovery::Discovery;
use super::domain_keys::KeysAsked;
use super::epochs::Epochs;
use super::error::ResolveError;
use super::judge::{Case, Delivered, Memory, judge};
use super::order::Wanted;
use super::policy::{EnumTree, Policy, Provider};
use super::provider::{Asked, LookUp};
use super::transport::{Clock, Transport};
use crate::identifier::{Identifier, Telephone};

/// Finds, verifies and orders the mappings of identifiers, as one policy says.
///
/// Cheap to clone; clones share what is remembered and cached. Runs on tokio, with time enabled.
#[derive(Clone)]
pub struct Resolver {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) policy: Policy,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) memory: Option<Arc<dyn Memory>>,
    pub(super) clock: Clock,
    pub(super) epochs: Epochs,
    pub(super) hashing: Arc<Semaphore>,
}

impl Resolver {
    /// Begins to put a resolver together.
    #[must_use]
    pub fn builder() -> ResolverBuilder {
        ResolverBuilder::default()
    }

    pub(super) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// Asks where `identifier` is reached. Await the result, after narrowing it if need be.
    ///
    /// The answer comes within the policy's deadline, whatever providers do.
    pub fn resolve<'a>(&'a self, identifier: &'a Identifier) -> Request<'a> {
        Request { resolver: self, identifier, wanted: Wanted::default(), records_beside: false }
    }

    /// The policy that it follows.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.inner.policy
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").field("policy", &self.inner.policy).finish_non_exhaustive()
    }
}

/// A question to a [`Resolver`], asked when it is awaited.
#[derive(Debug, Clone)]
#[must_use = "nothing is asked before the request is awaited"]
pub struct Request<'a> {
    resolver: &'a Resolver,
    identifier: &'a Identifier,
    wanted: Wanted,
    records_beside: bool,
}

/// The answer to a [`Request`] to come.
pub type Resolving<'a> = Pin<Box<dyn Future<Output = Result<Discovery, ResolveError>> + Send + 'a>>;

impl<'a> Request<'a> {
    /// Wants mappings of this service only: a protocol (`x-mimi`, `https`, `sip`), a scheme, or an
    /// Enumservice with or without its subtype. Called again: of any of them.
    pub fn service(mut self, service: impl Into<String>) -> Self {
        self.wanted.services.push(service.into());
        self
    }

    /// Wants mappings only that the holder gave this tag.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.wanted.tag = Some(tag.into());
        self
    }

    /// Asks also for the NAPTR and URI records beside the statements, two questions more for each
    /// provider, and lists as evidence those that no believed statement holds.
    pub fn records_beside(mut self) -> Self {
        self.records_beside = true;
        self
    }

    async fn run(self) -> Result<Discovery, ResolveError> {
        let inner = &*self.resolver.inner;
        let until = Instant::now() + inner.policy.deadline;
        let providers: Vec<&Provider> = inner.policy.providers_for(self.identifier).collect();
        let trees: Vec<(&EnumTree, &Telephone)> = match self.identifier {
            Identifier::Telephone(number) => {
                inner.policy.enum_trees_for(self.identifier).map(|tree| (tree, number)).collect()
            }
            Identifier::Email(_) | Identifier::Mimi(_) => Vec::new(),
        };
        if providers.is_empty() && trees.is_empty() {
            return Err(ResolveError::NobodyToAsk { kind: self.identifier.kind() });
        }
        // Each provider and tree has a share of its own: a hostile one, or a tree that leads on and on,
        // can't use up what another needs, and what is asked does not depend on who answers first.
        let limits = inner.policy.limits;
        let parts = providers.len() + trees.len();
        let budgets: Vec<_> = (0..parts).map(|part| Budget::new(limits.share(part, parts))).collect();
        let (of_providers, of_trees) = budgets.split_at(providers.len());
        let look_up = |budget| LookUp {
            identifier: self.identifier,
            policy: &inner.policy,
            transport: &*inner.transport,
            budget,
            clock: &*inner.clock,
            epochs: &inner.epochs,
            hashing: &inner.hashing,
            services: &self.wanted.services,
            records_beside: self.records_beside,
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
        let discovery = self.judge(providers, trees, &budgets, until).await;
        tracing::debug!(
            kind = %self.identifier.kind(),
            result = discovery.result.code(),
            statements = discovery.statements.len(),
            "resolved"
        );
        Ok(discovery)
    }

    /// Judges; where keys are missing that the DNS may have, asks for them and judges again.
    async fn judge(
        &self,
        providers: Vec<Asked>,
        trees: Vec<TreeAsked>,
        asking: &[Budget],
        until: Instant,
    ) -> Discovery {
        let inner = &*self.resolver.inner;
        let now = (inner.clock)();
        let delivered = || {
            providers.iter().enumerate().flat_map(|(provider, asked)| {
                asked.statements.iter().map(move |rdata| Delivered { provider, rdata })
            })
        };
        let memory = inner.memory.as_deref();
        // Signatures are the judge's alone, who shares them out by what matters most; so are the rules
        // that the providers had no use for. What providers and trees left of questions is for keys.
        let limits = inner.policy.limits;
        let rules = (0..providers.len()).map(|part| limits.share(part, asking.len()).rules).sum();
        let asked = asking.iter().map(Budget::spent).fold(Limits::NOTHING, Limits::plus);
        let for_keys = Budget::new(limits.minus(asked));
        let mut keys = KeysAsked::default();
        let mut judging = Limits::NOTHING;
        let judged = loop {
            let budget = &Budget::new(Limits { rules, ..limits });
            let (identifier, policy, served) = (self.identifier, &inner.policy, &keys.served);
            let case = Case { identifier, policy, now, budget, memory, served };
            let judged = judge(case, delivered());
            judging = judging.plus(budget.spent());
            if judged.wanted.is_empty() {
                break judged;
            }
            // First for those who say who has the identifier, then for those whom the holder lists.
            keys.ask(judged.wanted, &*inner.transport, &for_keys, until, &*inner.clock).await;
        };
        if let Some(memory) = memory {
            for (subject, inception) in &judged.seen {
                memory.remember(*subject, *inception);
            }
        }
        let spent = asked.plus(judging).plus(for_keys.spent());
        assemble(Gathered { now, judged, providers, trees, keys, spent }, &self.wanted)
    }
}

impl<'a> IntoFuture for Request<'a> {
    type Output = Result<Discovery, ResolveError>;
    type IntoFuture = Resolving<'a>;

    fn into_future(self) -> Resolving<'a> {
        Box::pin(self.run())
    }
}

#[cfg(test)]
mod tests;
