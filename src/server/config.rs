//! What a server is told: where to listen, and its limits.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::bind::{BindError, Need, OpenSockets};
#[cfg(feature = "encrypted")]
use super::encrypted::{Certificates, Wanted};
use super::limit::RateLimits;
use super::server::Server;
use super::settings::Settings;
use super::transport::Transport;
use crate::zone::Catalog;

/// Bounds on what clients with connections can take: over TCP, TLS, HTTPS and QUIC together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionLimits {
    /// Connections at a time, of all listeners together. An idle one holds about 40 KiB, one whose
    /// client does all it can 350 KiB over TCP, 500 KiB over TLS, 1 MiB over QUIC, 2 MiB over HTTPS.
    /// One more takes the place of the longest idle one of the peer that holds most.
    pub connections: usize,
    /// Connections at a time from one address (one /64 of IPv6). One more takes the place of the
    /// longest idle one.
    pub connections_per_peer: usize,
    /// How long a connection may go without a whole request, or without taking a whole reply.
    /// Source: RFC 7766 §6.2.3.
    pub idle: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { connections: 1024, connections_per_peer: 64, idle: Duration::from_secs(10) }
    }
}

/// Settings of a [`Server`]. Made by [`Server::builder`].
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ServerBuilder {
    pub(super) listen: Vec<SocketAddr>,
    pub(super) udp_threads: Option<NonZeroUsize>,
    pub(super) open: OpenSockets,
    pub(super) catalog: Catalog,
    pub(super) settings: Settings,
    pub(super) rate_limits: RateLimits,
    pub(super) limits: ConnectionLimits,
    #[cfg(feature = "encrypted")]
    pub(super) encrypted: Wanted,
    pub(super) drain: Option<Duration>,
}

impl ServerBuilder {
    /// Listens for UDP and TCP at this address too. Port 0 takes a port that is free for both.
    ///
    /// At an unspecified address (`0.0.0.0`, `::`) a UDP reply leaves from the address that was asked, on Linux.
    /// Elsewhere the system chooses from which: on machines with several addresses name each of them there.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen.push(address);
        self
    }

    /// How many threads answer over UDP at each address, each with a socket of its own. As many as there are
    /// cores for this process where this is not called.
    pub fn udp_threads(mut self, threads: NonZeroUsize) -> Self {
        self.udp_threads = Some(threads);
        self
    }

    /// Uses these sockets where it is to listen at their addresses, in place of opening some. Threads that answer over
    /// UDP at one address share what was handed over for it.
    pub fn sockets(mut self, open: OpenSockets) -> Self {
        self.open = open;
        self
    }

    /// Opens what will be needed at the addresses named so far, for a program that may do so only at first: give it to
    /// [`sockets`](Self::sockets). What is at a port that the system picks is left for later. `open` are those that
    /// there are already.
    ///
    /// # Errors
    /// An address that can't be listened at.
    pub fn open_early(&self, mut open: OpenSockets) -> Result<OpenSockets, BindError> {
        let threads = self.threads().get();
        let plain = self.listen.iter().map(|&address| Need {
            transport: Transport::Udp,
            address,
            datagrams: threads,
            streams: true,
        });
        open.open(plain)?;
        #[cfg(feature = "encrypted")]
        open.open(self.encrypted.listen.iter().map(|&(transport, address)| {
            let is_quic = transport == Transport::Quic;
            Need { transport, address, datagrams: is_quic.into(), streams: !is_quic }
        }))?;
        Ok(open)
    }

    /// How many threads answer over UDP at each address.
    pub(super) fn threads(&self) -> NonZeroUsize {
        let threads = self.udp_threads.or_else(|| std::thread::available_parallelism().ok());
        threads.unwrap_or(NonZeroUsize::MIN)
    }

    /// What is served at first. Nothing where this is not called.
    pub fn catalog(mut self, catalog: Catalog) -> Self {
        self.catalog = catalog;
        self
    }

    /// How requests are answered.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Limits on the rates of replies. [`RateLimits::default`] where this is not called.
    pub fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = limits;
        self
    }

    /// Bounds on connections.
    pub fn connection_limits(mut self, limits: ConnectionLimits) -> Self {
        self.limits = limits;
        self
    }

    /// How long connections may take to be answered what they have asked, once the server is
    /// told to end. Five seconds where this is not called.
    pub fn drain(mut self, time: Duration) -> Self {
        self.drain = Some(time);
        self
    }

    /// Opens all sockets; requests wait in them until [`Server::run`].
    ///
    /// # Errors
    /// An address that can't be listened at; then none is.
    #[expect(
        clippy::unused_async,
        reason = "sockets are registered with the runtime that this is awaited in"
    )]
    pub async fn bind(self) -> Result<Server, BindError> {
        Server::bind(self)
    }
}

#[cfg(feature = "encrypted")]
impl ServerBuilder {
    /// Listens for DNS over TLS at this address too; its port is 853.
    pub fn listen_tls(mut self, address: SocketAddr) -> Self {
        self.encrypted.listen.push((Transport::Tls, address));
        self
    }

    /// Listens for DNS over HTTPS at this address too, as HTTP/2 and HTTP/1.1; its port is 443. The
    /// path is `/dns-query`.
    pub fn listen_https(mut self, address: SocketAddr) -> Self {
        self.encrypted.listen.push((Transport::Https, address));
        self
    }

    /// Listens for DNS over QUIC at this address too; its port is 853.
    pub fn listen_quic(mut self, address: SocketAddr) -> Self {
        self.encrypted.listen.push((Transport::Quic, address));
        self
    }

    /// What clients of TLS, HTTPS and QUIC are shown. The server looks at the files every minute.
    pub fn certificates(mut self, certificates: std::sync::Arc<Certificates>) -> Self {
        self.encrypted.certificates = Some(certificates);
        self
    }
}
