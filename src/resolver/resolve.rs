//! One resolution: every provider and digit tree in scope at once, then the judge.

mod all;
mod gather;
mod judging;

use std::borrow::Borrow;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;

pub use self::all::ResolvingAll;
use super::builder::ResolverBuilder;
use super::discovery::Discovery;
use super::epochs::Epochs;
use super::error::ResolveError;
use super::judge::Memory;
use super::order::Wanted;
use super::policy::Policy;
use super::transport::{Clock, Transport};
use crate::identifier::Identifier;

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

    /// Asks where all these identifiers are reached, as many times [`Resolver::resolve`]; the answers come in the
    /// same order. Await them one by one with [`ResolvingAll::next`].
    ///
    /// Many are asked about at the same time, what concerns several (parameters, keys, zones above) is asked for
    /// once, and signatures are verified together. The identifiers are taken as answers are, so that there may be any
    /// number.
    pub fn resolve_all<'a, I>(&'a self, identifiers: I) -> ResolvingAll<'a, I::IntoIter>
    where
        I: IntoIterator,
        I::Item: Borrow<Identifier> + Send + 'a,
    {
        ResolvingAll::new(self, identifiers.into_iter())
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
        let delivered = inner.gather(self.identifier, &self.wanted, self.records_beside).await?;
        let judged = inner.judge_together(vec![(self.identifier, delivered)], &self.wanted).await;
        Ok(judged.into_iter().next().expect("one judgement for each identifier"))
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
