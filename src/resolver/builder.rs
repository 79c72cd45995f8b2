//! How a resolver is put together.

use std::fmt;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::epochs::Epochs;
use super::error::BuildError;
use super::judge::Memory;
use super::policy::Policy;
use super::resolve::{Inner, Resolver};
use super::transport::{Clock, Transport};
use crate::clock::UnixTime;

/// Puts a [`Resolver`] together: a policy and a transport are needed.
#[derive(Default)]
pub struct ResolverBuilder {
    policy: Option<Policy>,
    transport: Option<Arc<dyn Transport>>,
    memory: Option<Arc<dyn Memory>>,
    clock: Option<Clock>,
}

impl ResolverBuilder {
    /// Whom to ask and whom to believe.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// How to ask. A [`DnsTransport`](super::DnsTransport) validates as the policy says.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// What remembers the newest statements that were seen, so that a provider can't bring back an
    /// older one. Without it nothing is remembered.
    #[must_use]
    pub fn memory(mut self, memory: impl Memory + 'static) -> Self {
        self.memory = Some(Arc::new(memory));
        self
    }

    /// Another clock than the system's, for tests and replays.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// The resolver.
    ///
    /// # Errors
    /// What is missing: the caller's fault.
    pub fn build(self) -> Result<Resolver, BuildError> {
        let policy = self.policy.ok_or(BuildError::NoPolicy)?;
        let transport = self.transport.ok_or(BuildError::NoTransport)?;
        let clock = self.clock.unwrap_or_else(|| Arc::new(UnixTime::now));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Resolver::new(Inner {
            transport: transport.validating(policy.dnssec(), &clock).unwrap_or(transport),
            policy,
            memory: self.memory,
            clock,
            epochs: Epochs::default(),
            hashing: Arc::new(Semaphore::new(cores)),
        }))
    }
}

impl fmt::Debug for ResolverBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResolverBuilder").field("policy", &self.policy).finish_non_exhaustive()
    }
}
