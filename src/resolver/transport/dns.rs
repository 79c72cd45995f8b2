//! A stub resolver of our own: UDP, TCP where an answer is cut, EDNS, several servers, a cache.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::cache::Cache;
use super::chain::Chain;
use super::exchange::{Exchange, Wish};
use super::servers::Servers;
use super::{Answer, Asking, Transport, TransportError, system};
use crate::record::{Name, Rtype};

/// Asks recursive resolvers, or authoritative servers of the zones in question, over UDP and TCP.
///
/// Servers are asked in the order given. The next one is asked too when one fails, or has not
/// answered within the patience; the first to answer counts, so a dead server costs the patience and
/// no more, and for a while it is asked last. NXDOMAIN and NODATA are answers; SERVFAIL, REFUSED and
/// silence are not. Answers are kept in a cache for their time to live; an absence for that of its
/// SOA (RFC 2308 §5); errors never.
/// It does not validate: every answer is [`Proof::Insecure`](super::Proof::Insecure).
/// Clones share connections and cache. It works within a tokio runtime with network and time.
#[derive(Clone)]
pub struct DnsTransport {
    inner: Arc<Inner>,
}

struct Inner {
    servers: Servers,
    timeout: Duration,
    cache: Cache,
}

/// Puts a [`DnsTransport`] together.
#[derive(Debug, Clone)]
pub struct DnsTransportBuilder {
    servers: Vec<SocketAddr>,
    timeout: Duration,
    patience: Duration,
    cache_capacity: usize,
    cache_longest: Duration,
}

/// Why a transport can't be built: the configuration's fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportBuildError {
    /// No server was given.
    #[error("no server is given")]
    NoServer,
    /// The system's configuration can't be read, or names no server.
    #[error("the system's resolvers are not known: {0}")]
    System(#[source] std::io::Error),
}

impl DnsTransport {
    /// No server yet; 3 seconds for a question, 400 ms of patience, 4096 answers kept up to a day.
    #[must_use]
    pub fn builder() -> DnsTransportBuilder {
        DnsTransportBuilder {
            servers: Vec::new(),
            timeout: Duration::from_secs(3),
            patience: Duration::from_millis(400),
            cache_capacity: 4096,
            cache_longest: Duration::from_secs(86_400),
        }
    }
}

impl DnsTransportBuilder {
    /// One more server, asked after those before it.
    #[must_use]
    pub fn server(mut self, address: SocketAddr) -> Self {
        self.servers.push(address);
        self
    }

    /// The system's servers, as `/etc/resolv.conf` names them, after those before them.
    ///
    /// # Errors
    /// [`TransportBuildError::System`]
    pub fn system(mut self) -> Result<Self, TransportBuildError> {
        self.servers.extend(system::resolvers().map_err(TransportBuildError::System)?);
        Ok(self)
    }

    /// How long one question may take, all servers and aliases together.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long to wait for a server before the next one is asked as well.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How many answers to keep; 0 keeps none.
    #[must_use]
    pub fn cache_capacity(mut self, answers: usize) -> Self {
        self.cache_capacity = answers;
        self
    }

    /// The longest to keep an answer, whatever its time to live.
    #[must_use]
    pub fn cache_longest(mut self, longest: Duration) -> Self {
        self.cache_longest = longest;
        self
    }

    /// The transport.
    ///
    /// # Errors
    /// [`TransportBuildError::NoServer`]
    pub fn build(self) -> Result<DnsTransport, TransportBuildError> {
        if self.servers.is_empty() {
            return Err(TransportBuildError::NoServer);
        }
        Ok(DnsTransport {
            inner: Arc::new(Inner {
                servers: Servers::new(self.servers, self.patience, self.timeout),
                timeout: self.timeout,
                cache: Cache::new(self.cache_capacity, self.cache_longest),
            }),
        })
    }
}

impl Transport for DnsTransport {
    fn ask<'a>(&'a self, name: &'a Name, rtype: Rtype) -> Asking<'a> {
        Box::pin(async move {
            let inner = &self.inner;
            if let Some(answer) = inner.cache.look_up(name, rtype, Instant::now()) {
                return Ok(answer);
            }
            let resolving = resolve(&inner.servers, name, rtype);
            let answer = tokio::time::timeout(inner.timeout, resolving)
                .await
                .unwrap_or(Err(TransportError::Timeout))?;
            inner.cache.keep(name, rtype, &answer, Instant::now());
            Ok(answer)
        })
    }
}

impl fmt::Debug for DnsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DnsTransport")
            .field("servers", &self.inner.servers.len())
            .field("timeout", &self.inner.timeout)
            .finish_non_exhaustive()
    }
}

/// Follows aliases to their end, unproven.
async fn resolve(exchange: &dyn Exchange, name: &Name, rtype: Rtype) -> Result<Answer, TransportError> {
    let mut chain = Chain::new(name, rtype);
    loop {
        let reply = exchange.exchange(chain.name(), rtype, Wish::Records).await?;
        if let Some(answer) = chain.take(&reply)? {
            return Ok(answer);
        }
    }
}
