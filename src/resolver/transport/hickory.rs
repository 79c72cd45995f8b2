//! A stub resolver over hickory's name server pool: UDP, TCP where an answer is cut, EDNS.
//!
//! Of hickory only the connections are used. Its own resolver hides which kind of none an answer is,
//! keeps absences without a time, and takes a referral for an absence; so what replies mean, and how
//! long they are kept, is decided here.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hickory_proto::op::{DnsRequestOptions, DnsResponse, Query, ResponseCode};
use hickory_proto::rr::{self, RData};
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::DnsHandle;
use hickory_resolver::net::{DnsError, NetError, NoRecords};
use hickory_resolver::system_conf::read_system_conf;
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig};

use super::cache::Cache;
use super::chain::{Chain, Reply};
use super::{Answer, Asking, Transport, TransportError, Unreachable};
use crate::record::hickory::{from_name, from_record, to_name, to_rtype};
use crate::record::{Name, Rtype, Ttl};

/// The largest answer over UDP: what passes everywhere without fragments. Source: RFC 9715 §3.
const UDP_PAYLOAD: u16 = 1232;

/// Asks recursive resolvers, or authoritative servers of the zones in question, over UDP and TCP.
///
/// Servers are asked in the order given. The next one is asked too when one fails, or has not
/// answered within the patience; the first to answer counts, so a dead server costs the patience and
/// no more. NXDOMAIN and NODATA are answers; SERVFAIL, REFUSED and silence are not. Answers are kept
/// in a cache for their time to live; an absence for that of its SOA (RFC 2308 §5); errors never.
/// It does not validate: every answer is [`Proof::Insecure`](super::Proof::Insecure), and a server's extended error is not seen.
/// Clones share connections and cache. It works within a tokio runtime with time and network.
#[derive(Clone)]
pub struct HickoryTransport {
    inner: Arc<Inner>,
}

struct Inner {
    servers: Vec<NameServerPool<TokioRuntimeProvider>>,
    timeout: Duration,
    patience: Duration,
    cache: Cache,
}

/// Puts a [`HickoryTransport`] together.
#[derive(Debug, Clone)]
pub struct HickoryTransportBuilder {
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
    /// The system's configuration can't be read.
    #[error("the system's resolver configuration can't be read: {0}")]
    System(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl HickoryTransport {
    /// No server yet; 3 seconds for a question, 400 ms of patience, 4096 answers kept up to a day.
    #[must_use]
    pub fn builder() -> HickoryTransportBuilder {
        HickoryTransportBuilder {
            servers: Vec::new(),
            timeout: Duration::from_secs(3),
            patience: Duration::from_millis(400),
            cache_capacity: 4096,
            cache_longest: Duration::from_secs(86_400),
        }
    }
}

impl HickoryTransportBuilder {
    /// One more server, asked after those before it.
    #[must_use]
    pub fn server(mut self, address: SocketAddr) -> Self {
        self.servers.push(address);
        self
    }

    /// The system's servers, after those before them.
    ///
    /// # Errors
    /// [`TransportBuildError::System`]
    pub fn system(mut self) -> Result<Self, TransportBuildError> {
        let (config, _) = read_system_conf().map_err(|error| TransportBuildError::System(error.into()))?;
        for server in config.name_servers() {
            let ports = server.connections.iter().map(|connection| connection.port);
            let port = ports.min().unwrap_or(53);
            self = self.server(SocketAddr::new(server.ip, port));
        }
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
    pub fn build(self) -> Result<HickoryTransport, TransportBuildError> {
        if self.servers.is_empty() {
            return Err(TransportBuildError::NoServer);
        }
        let mut options = ResolverOpts::default();
        options.timeout = self.timeout;
        options.edns_payload_len = UDP_PAYLOAD;
        options.case_randomization = true;
        let tls = TlsConfig::new().map_err(|error| TransportBuildError::System(error.into()))?;
        let context = Arc::new(PoolContext::new(options, tls));
        // A pool for each server: hickory's own choice among several stops at the first SERVFAIL.
        let pool = |address| {
            NameServerPool::from_config(
                [server(address)],
                Arc::clone(&context),
                TokioRuntimeProvider::default(),
            )
        };
        Ok(HickoryTransport {
            inner: Arc::new(Inner {
                servers: self.servers.into_iter().map(pool).collect(),
                timeout: self.timeout,
                patience: self.patience,
                cache: Cache::new(self.cache_capacity, self.cache_longest),
            }),
        })
    }
}

impl Transport for HickoryTransport {
    fn ask<'a>(&'a self, name: &'a Name, rtype: Rtype) -> Asking<'a> {
        Box::pin(async move {
            let inner = &self.inner;
            if let Some(answer) = inner.cache.look_up(name, rtype, Instant::now()) {
                return Ok(answer);
            }
            let resolving = inner.resolve(name, rtype);
            let answer = tokio::time::timeout(inner.timeout, resolving)
                .await
                .unwrap_or(Err(TransportError::Timeout))?;
            inner.cache.keep(name, rtype, &answer, Instant::now());
            Ok(answer)
        })
    }
}

impl fmt::Debug for HickoryTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HickoryTransport")
            .field("servers", &self.inner.servers.len())
            .field("timeout", &self.inner.timeout)
            .field("patience", &self.inner.patience)
            .finish_non_exhaustive()
    }
}

impl Inner {
    async fn resolve(&self, name: &Name, rtype: Rtype) -> Result<Answer, TransportError> {
        let mut chain = Chain::new(name, rtype);
        loop {
            let reply = self.ask_servers(chain.name(), rtype).await?;
            if let Some(answer) = chain.take(&reply)? {
                return Ok(answer);
            }
        }
    }

    /// The first reply, from servers that are asked one after another without waiting for the slow.
    async fn ask_servers(&self, name: &Name, rtype: Rtype) -> Result<Reply, TransportError> {
        let name = to_name(name).map_err(|_| TransportError::Malformed)?;
        let mut servers = self.servers.iter();
        let mut asked = FuturesUnordered::new();
        let mut failure = None;
        loop {
            let added = servers.next().map(|server| asked.push(ask_server(server, &name, rtype))).is_some();
            let reply = if added && servers.len() > 0 {
                match tokio::time::timeout(self.patience, asked.next()).await {
                    Ok(reply) => reply,
                    Err(_) => continue,
                }
            } else {
                asked.next().await
            };
            match reply {
                Some(Ok(reply)) => return Ok(reply),
                Some(Err(error)) => failure = Some(more_telling(failure, error)),
                None => return Err(failure.unwrap_or(TransportError::Unreachable(Unreachable::NoServer))),
            }
        }
    }
}

/// What a server said tells more than that one was silent, and that more than a broken network.
fn more_telling(before: Option<TransportError>, now: TransportError) -> TransportError {
    let rank = |error: &TransportError| match error {
        TransportError::ServFail { .. } | TransportError::Refused { .. } => 0,
        TransportError::Rcode(_) | TransportError::Referral | TransportError::AliasLoop => 1,
        TransportError::Malformed => 2,
        TransportError::Timeout => 3,
        TransportError::Unreachable(_) => 4,
    };
    before.filter(|before| rank(before) <= rank(&now)).unwrap_or(now)
}

async fn ask_server(
    server: &NameServerPool<TokioRuntimeProvider>,
    name: &rr::Name,
    rtype: Rtype,
) -> Result<Reply, TransportError> {
    let mut options = DnsRequestOptions::default();
    options.use_edns = true;
    options.edns_payload_len = UDP_PAYLOAD;
    options.recursion_desired = true;
    let query = Query::query(name.clone(), to_rtype(rtype));
    match server.lookup(query, options).next().await {
        Some(Ok(response)) => positive(&response),
        Some(Err(NetError::Dns(DnsError::NoRecordsFound(absence)))) => negative(&absence),
        Some(Err(error)) => Err(failure(&error)),
        None => Err(TransportError::Malformed),
    }
}

/// Both transports at one address, UDP first.
fn server(address: SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    NameServerConfig::new(address.ip(), true, connections.into())
}

/// A response with something in its answer section, an alias perhaps that leads to nothing.
fn positive(response: &DnsResponse) -> Result<Reply, TransportError> {
    if response.truncation {
        return Err(TransportError::Malformed);
    }
    let records = response.answers.iter().map(from_record);
    let answers = records.collect::<Result<_, _>>().map_err(|_| TransportError::Malformed)?;
    let soa = response.authorities.iter().find_map(|record| match &record.data {
        RData::SOA(soa) => Some((&record.name, record.ttl.min(soa.minimum))),
        _ => None,
    });
    match response.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => Ok(Reply {
            nx_domain: response.response_code == ResponseCode::NXDomain,
            answers,
            soa: soa.map(negative_ttl).transpose()?,
            referral: false,
        }),
        code => Err(rcode(code)),
    }
}

fn negative(absence: &NoRecords) -> Result<Reply, TransportError> {
    let soa = absence.soa.as_ref().map(|soa| (&soa.name, soa.ttl.min(soa.data.minimum)));
    match absence.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => Ok(Reply {
            nx_domain: absence.response_code == ResponseCode::NXDomain,
            answers: Vec::new(),
            soa: soa.map(negative_ttl).transpose()?,
            referral: absence.ns.is_some(),
        }),
        code => Err(rcode(code)),
    }
}

fn negative_ttl((owner, seconds): (&rr::Name, u32)) -> Result<(Name, Ttl), TransportError> {
    Ok((from_name(owner).map_err(|_| TransportError::Malformed)?, Ttl::from_secs(seconds)))
}

fn rcode(code: ResponseCode) -> TransportError {
    match code {
        ResponseCode::ServFail => TransportError::ServFail { extended_error: None },
        ResponseCode::Refused => TransportError::Refused { extended_error: None },
        code => TransportError::Rcode(code.into()),
    }
}

fn failure(error: &NetError) -> TransportError {
    match error {
        NetError::Timeout | NetError::Busy => TransportError::Timeout,
        NetError::Io(error) => TransportError::Unreachable(unreachable(error.kind())),
        NetError::NoConnections => TransportError::Unreachable(Unreachable::ConnectionLost),
        NetError::Dns(DnsError::ResponseCode(code)) => rcode(*code),
        _ => TransportError::Malformed,
    }
}

fn unreachable(kind: io::ErrorKind) -> Unreachable {
    use io::ErrorKind::{
        AddrNotAvailable, BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable,
        NetworkDown, NetworkUnreachable, NotConnected, UnexpectedEof,
    };
    match kind {
        ConnectionRefused => Unreachable::ConnectionRefused,
        NetworkUnreachable | HostUnreachable | NetworkDown | AddrNotAvailable => Unreachable::NoRoute,
        ConnectionReset | ConnectionAborted | BrokenPipe | NotConnected | UnexpectedEof => {
            Unreachable::ConnectionLost
        }
        _ => Unreachable::Socket,
    }
}
