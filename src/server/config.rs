//! What a server is told: where to listen, and its limits.

use std::net::SocketAddr;
use std::time::Duration;

use super::server::{BindError, Server};
use super::settings::Settings;
use crate::zone::Catalog;

/// Bounds on what TCP clients can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TcpLimits {
    /// Connections at a time, of all listeners together. An idle one holds up to 24 KiB,
    /// a busy one up to 350 KiB.
    pub connections: usize,
    /// Connections at a time from one address (one /64 of IPv6).
    pub connections_per_peer: usize,
    /// How long a connection may go without a whole request, or without taking a whole reply.
    /// Source: RFC 7766 §6.2.3.
    pub idle: Duration,
}

impl Default for TcpLimits {
    fn default() -> Self {
        Self { connections: 1024, connections_per_peer: 64, idle: Duration::from_secs(10) }
    }
}

/// Settings of a [`Server`]. Made by [`Server::builder`].
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ServerBuilder {
    pub(super) listen: Vec<SocketAddr>,
    pub(super) catalog: Catalog,
    pub(super) settings: Settings,
    pub(super) tcp: TcpLimits,
    pub(super) drain: Option<Duration>,
}

impl ServerBuilder {
    /// Listens for UDP and TCP at this address too. Port 0 takes a port that is free for both.
    ///
    /// An unspecified address (`0.0.0.0`, `::`) leaves it to the system from which of its addresses
    /// a UDP reply leaves, which may not be the one that was asked: on machines with several
    /// addresses name each of them.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen.push(address);
        self
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

    /// Bounds on TCP.
    pub fn tcp_limits(mut self, limits: TcpLimits) -> Self {
        self.tcp = limits;
        self
    }

    /// How long TCP connections may take to be answered what they have asked, once the server is
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
