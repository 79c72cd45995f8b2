//! Our own server, running beside a test that is not asynchronous itself.

use std::io::{ErrorKind, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use mimi_dns::server::{BindError, Handle, Server, ServerBuilder};
use mimi_dns::zone::Catalog;
use tokio::runtime::{Builder, Runtime};

/// A server that runs until this is dropped, on loopback and a port that the system picks.
pub(crate) struct Running {
    _runtime: Runtime,
    addr: SocketAddr,
    handle: Handle,
}

impl Running {
    pub(crate) fn start(catalog: Catalog) -> Self {
        Self::start_with(|builder| builder.catalog(catalog))
    }

    /// At an address that is free, as in [`crate::namespace`].
    pub(crate) fn start_at(addr: SocketAddr, catalog: Catalog) -> Self {
        Self::listen(addr, |builder| builder.catalog(catalog)).unwrap()
    }

    /// As it is built.
    pub(crate) fn start_with(build: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        Self::listen((Ipv4Addr::LOCALHOST, 0).into(), build).unwrap()
    }

    /// `None`, and a line on standard error, where the machine has no IPv6.
    pub(crate) fn start_ipv6(catalog: Catalog) -> Option<Self> {
        match Self::listen((Ipv6Addr::LOCALHOST, 0).into(), |builder| builder.catalog(catalog)) {
            Ok(running) => Some(running),
            Err(error)
                if matches!(error.source.kind(), ErrorKind::AddrNotAvailable | ErrorKind::Unsupported) =>
            {
                // Not a peer: a machine without IPv6 is none that CI could mend.
                let _ = writeln!(std::io::stderr(), "LEFT OUT: the machine has no [::1]");
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Where it answers, over UDP and TCP.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it counts.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    fn listen(
        address: SocketAddr,
        build: impl FnOnce(ServerBuilder) -> ServerBuilder,
    ) -> Result<Self, BindError> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(build(Server::builder().listen(address)).bind())?;
        let addr = server.local_addrs()[0];
        let handle = server.handle();
        runtime.spawn(server.run());
        Ok(Self { _runtime: runtime, addr, handle })
    }
}
