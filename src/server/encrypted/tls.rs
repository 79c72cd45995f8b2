//! DNS over TLS: the framed messages of TCP in a TLS session. Source: RFC 7858.

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::version::{TLS12, TLS13};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Certificates;
use crate::server::accept::{self, Accepted};
use crate::server::framed::{self, Asking};
use crate::server::server::Context;
use crate::server::transport::Transport;

/// Source: RFC 7858 §3.2, the registry of ALPN identifiers.
const ALPN: &[u8] = b"dot";

/// Serves connections until told to stop.
pub(super) async fn serve_all(listener: TcpListener, context: Context, certificates: Arc<Certificates>) {
    let acceptor = acceptor(certificates, &[ALPN]);
    let responder = Arc::clone(&context.responder);
    let serve = |accepted: Accepted| {
        let (acceptor, responder) = (acceptor.clone(), Arc::clone(&responder));
        async move {
            let (peer, slot, stop) = (accepted.peer.ip(), Arc::clone(&accepted.slot), accepted.stop.clone());
            let stream = shake_hands(&acceptor, accepted).await?;
            let asking = Asking { responder: &responder, transport: Transport::Tls, peer, slot: &slot };
            framed::serve(stream, asking, stop).await
        }
    };
    accept::run(listener, Transport::Tls, context, serve).await;
}

/// For streams.
pub(super) fn acceptor(certificates: Arc<Certificates>, protocols: &[&[u8]]) -> TlsAcceptor {
    TlsAcceptor::from(Arc::new(config(certificates, protocols)))
}

/// For sessions of TLS 1.2 and 1.3 with one of these protocols, or with a client that names none.
/// Nothing is taken before the handshake is done: no early data, which could be replayed.
pub(super) fn config(certificates: Arc<Certificates>, protocols: &[&[u8]]) -> ServerConfig {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .expect("ring has cipher suites for both")
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    config.max_early_data_size = 0;
    // Sessions are resumed from what the client keeps; without it only new ones are made.
    if let Ok(ticketer) = ring::Ticketer::new() {
        config.ticketer = ticketer;
    }
    config
}

/// # Errors
/// What the client does wrong, or that it takes longer than a connection may be idle.
pub(super) async fn shake_hands(
    acceptor: &TlsAcceptor,
    accepted: Accepted,
) -> io::Result<TlsStream<TcpStream>> {
    accepted.stream.set_nodelay(true)?;
    timeout(accepted.slot.idle(), acceptor.accept(accepted.stream)).await?
}
