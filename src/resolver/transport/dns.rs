//! A stub resolver of our own: UDP, TCP where an answer is cut, EDNS, several servers, a cache.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::cache::Cache;
use super::chain::follow;
use super::exchange::{Exchange, Wish};
use super::flights::Flights;
use super::servers::Servers;
use super::{Answer, Asking, Clock, Proof, Transport, TransportError, system};
use crate::record::{Name, Rtype};
use crate::resolver::policy::{Dnssec, Validation};
use crate::resolver::upstream::Upstream;
use crate::resolver::validator::Validator;

/// Asks recursive resolvers, or authoritative servers of the zones in question, over UDP and TCP, or over TLS.
///
/// Servers are asked in the order given. The next one is asked too when one fails, or has not
/// answered within the patience; the first to answer counts, so a dead server costs the patience and
/// no more, and for a while it is asked last. NXDOMAIN and NODATA are answers; SERVFAIL, REFUSED and
/// silence are not. Answers are kept in a cache for their time to live; an absence for that of its
/// SOA (RFC 2308 §5); errors never.
/// A [`Resolver`](crate::resolver::Resolver) lets it validate as its policy says; by itself it does not, and every
/// answer is [`Proof::Insecure`].
/// Clones share connections and cache. It works within a tokio runtime with network and time.
#[derive(Clone)]
pub struct DnsTransport {
    inner: Arc<Inner>,
}

struct Inner {
    exchange: Arc<dyn Exchange>,
    servers: usize,
    timeout: Duration,
    cache_capacity: usize,
    cache_longest: Duration,
    cache: Cache,
    mode: Mode,
}

/// How answers come by their DNSSEC state.
enum Mode {
    /// They don't.
    Plain,
    /// These servers say.
    Word(Vec<Upstream>),
    /// By their signatures.
    Chain(Box<Validator>),
}

/// Puts a [`DnsTransport`] together.
#[derive(Debug, Clone)]
pub struct DnsTransportBuilder {
    servers: Vec<Upstream>,
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
    /// The authorities whose certificates are to be believed can't be read.
    #[error("{}: {source}", path.display())]
    Authorities {
        /// Their file.
        path: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// TLS can't be set up.
    #[error("TLS can't be set up: {0}")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A server is to be asked over TLS, which this build can't do.
    #[error("built without TLS: the feature `resolver-tls`")]
    NoTls,
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
    /// One more server, asked after those before it, over UDP and TCP.
    #[must_use]
    pub fn server(self, address: SocketAddr) -> Self {
        self.upstream(Upstream::Plain(address))
    }

    /// One more server, asked after those before it, on the road that is named.
    #[must_use]
    pub fn upstream(mut self, server: Upstream) -> Self {
        self.servers.push(server);
        self
    }

    /// The system's servers, as `/etc/resolv.conf` names them, after those before them.
    ///
    /// # Errors
    /// [`TransportBuildError::System`]
    pub fn system(mut self) -> Result<Self, TransportBuildError> {
        let servers = system::resolvers().map_err(TransportBuildError::System)?;
        self.servers.extend(servers.into_iter().map(Upstream::Plain));
        Ok(self)
    }

    /// How long one question may take, all servers and aliases together; and then as long again what proves the
    /// answer.
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

    /// How many answers to keep, and 4 KiB for each: fewer where they take more on average. One that takes more than
    /// 16 KiB is not kept. 0 keeps none.
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
    /// [`TransportBuildError`]
    pub fn build(self) -> Result<DnsTransport, TransportBuildError> {
        if self.servers.is_empty() {
            return Err(TransportBuildError::NoServer);
        }
        let servers = Servers::new(&self.servers, self.patience, self.timeout)?;
        Ok(DnsTransport {
            inner: Arc::new(Inner {
                servers: servers.len(),
                exchange: Arc::new(Flights::new(servers)),
                timeout: self.timeout,
                cache_capacity: self.cache_capacity,
                cache_longest: self.cache_longest,
                cache: Cache::new(self.cache_capacity, self.cache_longest),
                mode: Mode::Plain,
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
            let answer = inner.resolve(name, rtype).await?;
            inner.cache.keep(name, rtype, &answer, Instant::now());
            Ok(answer)
        })
    }

    fn validating(&self, dnssec: &Dnssec, clock: &Clock) -> Option<Arc<dyn Transport>> {
        let mode = match dnssec.validation() {
            Validation::Off => Mode::Plain,
            Validation::TrustAd(servers) => Mode::Word(servers.clone()),
            Validation::Anchors(anchors) => Mode::Chain(Box::new(Validator::new(anchors, Arc::clone(clock)))),
        };
        let Inner { exchange, servers, timeout, cache_capacity, cache_longest, .. } = &*self.inner;
        let inner = Inner {
            exchange: Arc::clone(exchange),
            servers: *servers,
            timeout: *timeout,
            cache_capacity: *cache_capacity,
            cache_longest: *cache_longest,
            cache: Cache::new(*cache_capacity, *cache_longest),
            mode,
        };
        Some(Arc::new(Self { inner: Arc::new(inner) }))
    }
}

impl Inner {
    async fn resolve(&self, name: &Name, rtype: Rtype) -> Result<Answer, TransportError> {
        let exchange = &*self.exchange;
        let following = async |wish| {
            let following = follow(exchange, name, rtype, wish);
            tokio::time::timeout(self.timeout, following).await.unwrap_or(Err(TransportError::Timeout))
        };
        match &self.mode {
            Mode::Plain => Ok(following(Wish::Records).await?.answer),
            Mode::Word(servers) => {
                let followed = following(Wish::Validated).await?;
                let believed =
                    |from: &Option<Upstream>| from.as_ref().is_some_and(|from| servers.contains(from));
                let proof = match &followed.replies[..] {
                    // Of what others say nothing is known: whoever keeps the believed ones away must not gain.
                    replies if !replies.iter().all(|reply| believed(&reply.from)) => Proof::Indeterminate,
                    replies if replies.iter().all(|reply| reply.authentic) => Proof::Secure,
                    _ => Proof::Insecure,
                };
                Ok(Answer { proof, ..followed.answer })
            }
            Mode::Chain(validator) => {
                let followed = following(Wish::Proofs).await?;
                Ok(validator.prove(exchange, followed, name, rtype, self.timeout).await)
            }
        }
    }
}

impl fmt::Debug for DnsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DnsTransport")
            .field("servers", &self.inner.servers)
            .field("timeout", &self.inner.timeout)
            .finish_non_exhaustive()
    }
}
