//! The server: sockets around the engine.

use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::bind::{self, BindError, Datagrams};
use super::config::ServerBuilder;
use super::connections::Connections;
#[cfg(feature = "encrypted")]
use super::encrypted::Listeners;
use super::latency::Latencies;
use super::limit::{LimitCounts, LimitedPrefix, RateLimits};
use super::outcome::Counts;
use super::respond::Responder;
use super::settings::Settings;
use super::sheets::SheetNumber;
use super::transport::Transport;
use super::{tcp, udp};
use crate::zone::Catalog;

/// How often it is looked who is limited no longer.
const SWEEP: Duration = Duration::from_secs(10);
const DRAIN: Duration = Duration::from_secs(5);

/// Sockets that wait for requests. [`Server::run`] answers them.
pub struct Server {
    sockets: Vec<(Vec<Datagrams>, TcpListener)>,
    #[cfg(feature = "encrypted")]
    encrypted: Listeners,
    addresses: Vec<SocketAddr>,
    encrypted_addresses: Vec<(Transport, SocketAddr)>,
    responder: Arc<Responder>,
    connections: Arc<Connections>,
    drain: Duration,
    stop: watch::Sender<bool>,
}

/// What every loop is given.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) responder: Arc<Responder>,
    pub(super) connections: Arc<Connections>,
    pub(super) stop: watch::Receiver<bool>,
    /// How long connections have once the server is told to end.
    pub(super) drain: Duration,
}

/// A way to reach a [`Server`] while it runs. Clones reach the same one.
#[derive(Clone)]
pub struct Handle {
    responder: Arc<Responder>,
    connections: Arc<Connections>,
    stop: watch::Sender<bool>,
}

impl Server {
    /// Settings for a new server.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    pub(super) fn bind(settings: ServerBuilder) -> Result<Self, BindError> {
        let threads = settings.threads();
        let mut open = settings.open;
        let (mut sockets, mut addresses) = (Vec::new(), Vec::new());
        for address in settings.listen {
            let pair = bind::pair(&mut open, address, threads)?;
            let failed = |source| BindError { transport: Transport::Tcp, address, source };
            addresses.push(pair.1.local_addr().map_err(failed)?);
            sockets.push(pair);
        }
        let threads = sockets.iter().map(|(sockets, _)| sockets.len()).sum();
        #[cfg(feature = "encrypted")]
        let (encrypted, encrypted_addresses) = settings.encrypted.bind(&mut open, settings.limits.idle)?;
        #[cfg(not(feature = "encrypted"))]
        let encrypted_addresses = Vec::new();
        for address in open.addresses() {
            tracing::warn!(%address, "a socket was handed over, and nothing is to be served there");
        }
        Ok(Self {
            sockets,
            #[cfg(feature = "encrypted")]
            encrypted,
            addresses,
            encrypted_addresses,
            responder: Arc::new(Responder::new(
                settings.catalog,
                settings.settings,
                settings.rate_limits,
                settings.limits.idle,
                threads,
            )),
            connections: Arc::new(Connections::new(settings.limits)),
            drain: settings.drain.unwrap_or(DRAIN),
            stop: watch::Sender::new(false),
        })
    }

    /// Where it listens for UDP and TCP, in the order in which addresses were given, ports filled in.
    #[must_use]
    pub fn local_addrs(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where it listens for this transport, in the same order.
    pub fn local_addrs_over(&self, transport: Transport) -> impl Iterator<Item = SocketAddr> {
        let plain = if transport.is_encrypted() { &[] } else { self.addresses.as_slice() };
        let encrypted = self.encrypted_addresses.iter().filter(move |(over, _)| *over == transport);
        plain.iter().copied().chain(encrypted.map(|&(_, address)| address))
    }

    /// A way to change, count and end what [`Server::run`] does.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle {
            responder: Arc::clone(&self.responder),
            connections: Arc::clone(&self.connections),
            stop: self.stop.clone(),
        }
    }

    /// Answers until [`Handle::shutdown`]; then takes nothing new, answers what has been asked
    /// over connections, and returns. Dropping the future ends it at once.
    ///
    /// Datagrams are answered on threads of their own, several for each address
    /// ([`ServerBuilder::udp_threads`]), everything else where this is awaited.
    pub async fn run(self) {
        let context = Context {
            responder: self.responder,
            connections: self.connections,
            stop: self.stop.subscribe(),
            drain: self.drain,
        };
        let mut loops = JoinSet::new();
        // The first sheet is of those who have none of their own.
        let mut sheets = (1..).map(SheetNumber);
        for (sockets, listener) in self.sockets {
            for (socket, sheet) in sockets.into_iter().zip(&mut sheets) {
                let responder = Arc::clone(&context.responder);
                loops.spawn(udp::serve(socket, responder, sheet, context.stop.clone()));
            }
            loops.spawn(tcp::serve_all(listener, context.clone()));
        }
        #[cfg(feature = "encrypted")]
        self.encrypted.start(&mut loops, &context);
        loops.spawn(sweep(context.responder, context.stop));
        while let Some(ended) = loops.join_next().await {
            // Without one of its loops a server would go on deaf at one address.
            if let Err(error) = ended
                && error.is_panic()
            {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    }
}

impl Handle {
    /// Serves this catalog from the next request on; requests that are being answered finish with
    /// the one they began with. Returns that: who keeps it until nobody else has it frees its memory in the place of a
    /// thread that answers.
    pub fn replace(&self, catalog: Catalog) -> Arc<Catalog> {
        self.responder.catalog.swap(Arc::new(catalog))
    }

    /// What is served now.
    #[must_use]
    pub fn catalog(&self) -> Arc<Catalog> {
        self.responder.catalog.load_full()
    }

    /// Answers by these settings from the next request on.
    pub fn set_settings(&self, settings: Settings) {
        self.responder.set_settings(settings);
    }

    /// Limits rates by these from the next reply on. Where they differ from those before, whoever was
    /// limited begins anew.
    pub fn set_rate_limits(&self, limits: RateLimits) {
        self.responder.limiter.set(limits);
    }

    /// Whoever is limited begins anew.
    pub fn forget_limits(&self) {
        self.responder.limiter.forget();
    }

    /// How often replies were limited.
    #[must_use]
    pub fn limit_counts(&self) -> &LimitCounts {
        &self.responder.limiter.counts
    }

    /// The prefixes of which most replies were limited lately, at most so many and at most 64, the
    /// worst first.
    #[must_use]
    pub fn limited_prefixes(&self, most: usize) -> Vec<LimitedPrefix> {
        self.responder.limiter.worst(most, self.responder.uptime())
    }

    /// How often each outcome came up.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.responder.counts
    }

    /// How long replies took, of a sample of all requests.
    #[must_use]
    pub fn latencies(&self) -> &Latencies {
        &self.responder.latencies
    }

    /// How many connections are open, over all transports that have them.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// How many connections were closed since the start because a newcomer took their place.
    #[must_use]
    pub fn connections_replaced(&self) -> u64 {
        self.connections.replaced()
    }

    /// Ends [`Server::run`].
    pub fn shutdown(&self) {
        self.stop.send_replace(true);
    }
}

/// Tells of those who are limited no longer, until told to stop.
async fn sweep(responder: Arc<Responder>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            () = tokio::time::sleep(SWEEP) => responder.limiter.sweep(responder.uptime()),
        }
    }
}

/// Waits until the server is told to end.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error says that the server is gone, which is an end too.
    stop.wait_for(|&stop| stop).await.ok();
}

/// Waits for as long as a reply is held back, or until the server is told to end.
pub(super) async fn held_back(time: Duration, stop: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = stopped(stop) => {}
    }
}

/// What a limit by peer counts as one: an IPv4 address, or the /64 of an IPv6 address.
pub(super) fn peer_prefix(peer: SocketAddr) -> std::net::IpAddr {
    match peer.ip().to_canonical() {
        v4 @ std::net::IpAddr::V4(_) => v4,
        std::net::IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}
