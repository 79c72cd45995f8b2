//! DNS over TCP. Source: RFC 7766.

use std::sync::Arc;

use tokio::net::TcpListener;

use super::accept::{self, Accepted};
use super::framed::{self, Asking};
use super::server::Context;
use super::transport::Transport;

/// Serves connections until told to stop.
pub(super) async fn serve_all(listener: TcpListener, context: Context) {
    let responder = Arc::clone(&context.responder);
    let serve = |accepted: Accepted| {
        let responder = Arc::clone(&responder);
        async move {
            let Accepted { stream, peer, slot, stop } = accepted;
            stream.set_nodelay(true)?;
            let asking =
                Asking { responder: &responder, transport: Transport::Tcp, peer: peer.ip(), slot: &slot };
            framed::serve(stream, asking, stop).await
        }
    };
    accept::run(listener, Transport::Tcp, context, serve).await;
}
