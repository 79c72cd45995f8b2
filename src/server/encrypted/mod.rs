//! DNS over TLS, HTTPS and QUIC: the same engine, rules and limits as over UDP and TCP, behind one
//! certificate.

mod certificates;
mod freshness;
mod https;
mod quic;
mod tls;
mod validity;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

pub use certificates::{CertificateError, Certificates};

use super::bind::{BindError, OpenSockets};
use super::server::{Context, stopped};
use super::transport::Transport;

/// How often the files of the certificate are looked at: renewals need no signal.
const LOOK_AT_FILES: Duration = Duration::from_secs(60);

/// What an operator wants of these transports.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    pub(super) listen: Vec<(Transport, SocketAddr)>,
    pub(super) certificates: Option<Arc<Certificates>>,
}

/// Sockets that wait for clients.
#[derive(Default)]
pub(super) struct Listeners {
    streams: Vec<(Transport, TcpListener)>,
    endpoints: Vec<quic::Endpoint>,
    certificates: Option<Arc<Certificates>>,
}

impl Wanted {
    /// Opens all sockets, for connections that may be `idle` so long; tells where each listens, in the order in which addresses were given.
    pub(super) fn bind(
        self,
        open: &mut OpenSockets,
        idle: Duration,
    ) -> Result<(Listeners, Vec<(Transport, SocketAddr)>), BindError> {
        let mut listeners = Listeners { certificates: self.certificates, ..Listeners::default() };
        let mut addresses = Vec::new();
        for (transport, address) in self.listen {
            let failed = |source| BindError { transport, address, source };
            let Some(certificates) = &listeners.certificates else {
                return Err(failed(std::io::Error::new(
                    std::io::ErrorKind::InvalidInput,
                    "there is no certificate",
                )));
            };
            let local = if transport == Transport::Quic {
                let endpoint =
                    quic::Endpoint::bind(open.datagrams(address).map_err(failed)?, idle, certificates)
                        .map_err(failed)?;
                let local = endpoint.local_addr();
                listeners.endpoints.push(endpoint);
                local
            } else {
                let listener = open.listener(address).map_err(failed)?;
                let local = listener.local_addr();
                listeners.streams.push((transport, listener));
                local
            };
            addresses.push((transport, local.map_err(failed)?));
        }
        Ok((listeners, addresses))
    }
}

impl Listeners {
    /// Starts a loop for each socket, and one that looks after the certificate.
    pub(super) fn start(self, loops: &mut JoinSet<()>, context: &Context) {
        let Some(certificates) = self.certificates else { return };
        for (transport, listener) in self.streams {
            let (context, certificates) = (context.clone(), Arc::clone(&certificates));
            if transport == Transport::Https {
                loops.spawn(https::serve_all(listener, context, certificates));
            } else {
                loops.spawn(tls::serve_all(listener, context, certificates));
            }
        }
        for endpoint in self.endpoints {
            loops.spawn(endpoint.serve_all(context.clone()));
        }
        loops.spawn(keep_fresh(certificates, context.clone()));
    }
}

async fn keep_fresh(certificates: Arc<Certificates>, mut context: Context) {
    let mut look = interval_at(Instant::now() + LOOK_AT_FILES, LOOK_AT_FILES);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopped(&mut context.stop) => return,
            _ = look.tick() => {}
        }
        let certificates = Arc::clone(&certificates);
        let looked = tokio::task::spawn_blocking(move || certificates.reload_if_changed()).await;
        match looked {
            Ok(Ok(false)) => {}
            Ok(Ok(true)) => tracing::info!("the certificate has changed and was loaded again"),
            Ok(Err(error)) => tracing::error!(%error, "still showing the certificate that was there before"),
            // The runtime is ending.
            Err(_) => return,
        }
    }
}
