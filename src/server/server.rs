//! The server: sockets around the engine.

use std::io;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::config::{ServerBuilder, TcpLimits};
use super::connections::Connections;
use super::outcome::Counts;
use super::respond::Responder;
use super::settings::Settings;
use super::{tcp, udp};
use crate::zone::Catalog;

const BACKLOG: i32 = 1024;
const DRAIN: Duration = Duration::from_secs(5);
/// How often a port that is free for TCP is tried for UDP too.
const PORT_TRIES: usize = 16;

/// Sockets that wait for requests. [`Server::run`] answers them.
pub struct Server {
    sockets: Vec<(UdpSocket, TcpListener)>,
    addresses: Vec<SocketAddr>,
    responder: Arc<Responder>,
    tcp: TcpLimits,
    drain: Duration,
    stop: watch::Sender<bool>,
}

/// An address that can't be listened at.
#[derive(Debug, thiserror::Error)]
#[error("can't listen at {address}")]
pub struct BindError {
    /// The address.
    pub address: SocketAddr,
    /// What the system says.
    pub source: io::Error,
}

/// A way to reach a [`Server`] while it runs. Clones reach the same one.
#[derive(Clone)]
pub struct Handle {
    responder: Arc<Responder>,
    stop: watch::Sender<bool>,
}

impl Server {
    /// Settings for a new server.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    pub(super) fn bind(settings: ServerBuilder) -> Result<Self, BindError> {
        let (mut sockets, mut addresses) = (Vec::new(), Vec::new());
        for address in settings.listen {
            let pair = bind_pair(address).map_err(|source| BindError { address, source })?;
            addresses.push(pair.0.local_addr().map_err(|source| BindError { address, source })?);
            sockets.push(pair);
        }
        Ok(Self {
            sockets,
            addresses,
            responder: Arc::new(Responder::new(settings.catalog, settings.settings, settings.tcp.idle)),
            tcp: settings.tcp,
            drain: settings.drain.unwrap_or(DRAIN),
            stop: watch::Sender::new(false),
        })
    }

    /// Where it listens, in the order in which addresses were given, ports filled in.
    #[must_use]
    pub fn local_addrs(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// A way to change, count and end what [`Server::run`] does.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle { responder: Arc::clone(&self.responder), stop: self.stop.clone() }
    }

    /// Answers until [`Handle::shutdown`]; then takes nothing new, answers what has been asked
    /// over TCP, and returns. Dropping the future ends it at once.
    pub async fn run(self) {
        let connections = Arc::new(Connections::new(self.tcp));
        let mut loops = JoinSet::new();
        for (udp, listener) in self.sockets {
            loops.spawn(udp::answer_all(udp, Arc::clone(&self.responder), self.stop.subscribe()));
            let (responder, connections) = (Arc::clone(&self.responder), Arc::clone(&connections));
            let drain = self.drain;
            loops.spawn(tcp::accept_all(listener, responder, connections, self.stop.subscribe(), drain));
        }
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
    /// the one they began with.
    pub fn replace(&self, catalog: Catalog) {
        self.responder.catalog.store(Arc::new(catalog));
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

    /// How often each outcome came up.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.responder.counts
    }

    /// Ends [`Server::run`].
    pub fn shutdown(&self) {
        self.stop.send_replace(true);
    }
}

/// One port for both transports.
fn bind_pair(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut tries = if address.port() == 0 { PORT_TRIES } else { 1 };
    loop {
        let tcp = socket(address, Type::STREAM, Protocol::TCP)?;
        tcp.listen(BACKLOG)?;
        let listener = TcpListener::from_std(tcp.into())?;
        let mut same_port = address;
        same_port.set_port(listener.local_addr()?.port());
        tries -= 1;
        match socket(same_port, Type::DGRAM, Protocol::UDP) {
            Ok(udp) => return Ok((UdpSocket::from_std(udp.into())?, listener)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            Err(error) => return Err(error),
        }
    }
}

fn socket(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    if kind == Type::STREAM {
        // A restart must not wait for connections of the last run to time out.
        socket.set_reuse_address(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Waits until the server is told to end.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error says that the server is gone, which is an end too.
    stop.wait_for(|&stop| stop).await.ok();
}

/// What a limit by peer counts as one: an IPv4 address, or the /64 of an IPv6 address.
pub(super) fn peer_prefix(peer: SocketAddr) -> std::net::IpAddr {
    match peer.ip().to_canonical() {
        v4 @ std::net::IpAddr::V4(_) => v4,
        std::net::IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}
