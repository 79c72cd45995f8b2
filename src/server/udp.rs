//! UDP: one loop for each socket, two buffers for each loop.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::watch;

use super::answer::MAX_MESSAGE;
use super::respond::{Responder, Verdict};
use super::server::stopped;
use super::settings::UdpPayload;
use super::transport::Transport;

/// Datagrams taken in a row before other tasks of the thread have their turn.
const BATCH: usize = 64;
/// A socket that fails again and again must not keep a core busy.
const AFTER_FAILURE: Duration = Duration::from_millis(10);

/// Answers until told to stop.
pub(super) async fn answer_all(
    socket: UdpSocket,
    responder: Arc<Responder>,
    mut stop: watch::Receiver<bool>,
) {
    let mut request = vec![0; MAX_MESSAGE];
    let mut reply = Vec::with_capacity(UdpPayload::MOST.octets().into());
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            ready = socket.readable() => {
                if let Err(error) = ready {
                    tracing::warn!(%error, "a UDP socket is broken");
                    tokio::time::sleep(AFTER_FAILURE).await;
                    continue;
                }
            }
        }
        for _ in 0..BATCH {
            let (len, peer) = match socket.try_recv_from(&mut request) {
                Ok(received) => received,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                // Such as a port that a former reply found closed.
                Err(error) => {
                    tracing::debug!(%error, "receiving over UDP failed");
                    continue;
                }
            };
            let verdict = responder.respond(&request[..len], Transport::Udp, peer.ip(), &mut reply);
            if verdict == Verdict::Send && peer.port() != 0 {
                send(&socket, &reply, peer).await;
            }
        }
        tokio::task::yield_now().await;
    }
}

async fn send(socket: &UdpSocket, reply: &[u8], peer: std::net::SocketAddr) {
    if let Err(error) = socket.send_to(reply, peer).await {
        tracing::debug!(%error, "sending over UDP failed");
    }
}
