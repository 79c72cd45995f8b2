//! DNS over QUIC: one stream for each message. Source: RFC 9250.

mod connection;

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::QuicServerConfig;
use quinn::{EndpointConfig, Incoming, ServerConfig, TokioRuntime, TransportConfig, VarInt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Certificates, tls};
use crate::server::connections::Slot;
use crate::server::server::{Context, stopped};
use crate::server::transport::Transport;

/// Source: RFC 9250 §4.1.
const ALPN: &[u8] = b"doq";
/// At a time on one connection.
const STREAMS: u32 = 100;
/// What a client may send before it is read, in octets: of one stream, and of the connection.
const STREAM_WINDOW: u32 = 66 * 1024;
const CONNECTION_WINDOW: u32 = 128 * 1024;
/// What may wait for a client's acknowledgement, in octets of one connection.
const SEND_WINDOW: u64 = 128 * 1024;
/// Handshakes at a time of clients that have not shown that their address is theirs. More of them
/// are asked for a token first, which costs nothing that has to be kept. Source: RFC 9000 §8.1.2.
const UNPROVEN: usize = 128;
/// First packets that wait to be looked at: how many, and octets of one and of all.
const INCOMING: usize = 1024;
const INCOMING_OCTETS: u64 = 16 * 1024;
const ALL_INCOMING_OCTETS: u64 = 4 * 1024 * 1024;
/// For the end of connections to reach clients.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A socket that waits for clients.
pub(super) struct Endpoint(quinn::Endpoint);

impl Endpoint {
    pub(super) fn bind(
        socket: UdpSocket,
        idle: Duration,
        certificates: &Arc<Certificates>,
    ) -> io::Result<Self> {
        let config = config(idle, certificates).map_err(io::Error::other)?;
        quinn::Endpoint::new(EndpointConfig::default(), Some(config), socket, Arc::new(TokioRuntime))
            .map(Self)
    }

    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Serves connections until told to stop, then waits for them, no longer than the drain.
    pub(super) async fn serve_all(self, mut context: Context) {
        let label = Transport::Quic.label();
        let unproven = Arc::new(Semaphore::new(UNPROVEN));
        let mut open = JoinSet::new();
        loop {
            let incoming = tokio::select! {
                biased;
                () = stopped(&mut context.stop) => break,
                Some(_) = open.join_next() => continue,
                incoming = self.0.accept() => match incoming {
                    Some(incoming) => incoming,
                    None => break,
                },
            };
            if let Some(admitted) = Admitted::from(incoming, &context, &unproven) {
                let context = context.clone();
                open.spawn(async move {
                    if let Err(error) = admitted.serve(context).await {
                        tracing::debug!(transport = label, %error, "a connection failed");
                    }
                });
            }
        }
        self.0.set_server_config(None);
        let all_done = async { while open.join_next().await.is_some() {} };
        if timeout(context.drain, all_done).await.is_err() {
            tracing::info!(transport = label, "connections were cut at the end");
        }
        self.0.close(connection::NO_ERROR, b"");
        timeout(LAST_WORDS, self.0.wait_idle()).await.ok();
    }
}

/// A client in its place, before the handshake.
struct Admitted {
    incoming: Incoming,
    slot: Slot,
    /// Until the handshake shows that the address is the client's own.
    unproven: Option<OwnedSemaphorePermit>,
}

impl Admitted {
    /// A place of its own where one is free; another's for nobody whose address may be forged.
    fn from(incoming: Incoming, context: &Context, unproven: &Arc<Semaphore>) -> Option<Self> {
        let peer = incoming.remote_address();
        if incoming.remote_address_validated() {
            return match context.connections.admit(peer) {
                Some(slot) => Some(Self { incoming, slot, unproven: None }),
                None => {
                    incoming.refuse();
                    None
                }
            };
        }
        let free = Arc::clone(unproven).try_acquire_owned().ok();
        match free.and_then(|permit| Some((permit, context.connections.admit_if_free(peer)?))) {
            Some((permit, slot)) => Some(Self { incoming, slot, unproven: Some(permit) }),
            None => {
                // Can't fail: the address is not validated yet.
                incoming.retry().ok();
                None
            }
        }
    }

    async fn serve(self, context: Context) -> io::Result<()> {
        let connecting = self.incoming.accept()?;
        let connection = tokio::select! {
            // Dropped, and so closed.
            () = self.slot.taken() => return Ok(()),
            connected = timeout(self.slot.idle(), connecting) => connected??,
        };
        drop(self.unproven);
        connection::serve(connection, self.slot, context).await;
        Ok(())
    }
}

fn config(idle: Duration, certificates: &Arc<Certificates>) -> Result<ServerConfig, Error> {
    let tls = tls::config(Arc::clone(certificates), &[ALPN]);
    let mut config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(STREAMS))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(CONNECTION_WINDOW))
        .send_window(SEND_WINDOW)
        .datagram_receive_buffer_size(None)
        // Sizes tell nothing of what was asked. Source: RFC 9250 §5.4.
        .pad_to_mtu(true)
        .max_idle_timeout(Some(idle.try_into()?));
    config
        .transport_config(Arc::new(transport))
        // Places and rules are by address: a client whose address changes connects again.
        .migration(false)
        .max_incoming(INCOMING)
        .incoming_buffer_size(INCOMING_OCTETS)
        .incoming_buffer_size_total(ALL_INCOMING_OCTETS);
    Ok(config)
}

/// A configuration that QUIC can't use.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("TLS lacks what QUIC needs")]
    Tls(#[from] quinn::crypto::rustls::NoInitialCipherSuite),
    #[error("connections may be idle for too long a time")]
    Idle(#[from] quinn::VarIntBoundsExceeded),
}
