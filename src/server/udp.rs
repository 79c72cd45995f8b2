//! UDP: one thread for each socket, two buffers for each thread.

use std::net::{SocketAddr, UdpSocket};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::{oneshot, watch};

use super::answer::MAX_MESSAGE;
use super::respond::{Responder, Verdict};
use super::server::stopped;
use super::settings::UdpPayload;
use super::transport::Transport;

/// Datagrams taken in a row before other tasks of the thread have their turn.
const BATCH: usize = 64;
/// A socket that fails again and again must not keep a core busy.
const AFTER_FAILURE: Duration = Duration::from_millis(10);

/// Answers until told to stop, or dropped.
///
/// On a thread of its own: whatever connections have the others do, datagrams have their turn.
pub(super) async fn serve(socket: UdpSocket, responder: Arc<Responder>, stop: watch::Receiver<bool>) {
    let (end, ended) = oneshot::channel();
    let answering = move || answer_on_this_thread(socket, &responder, stop, end);
    let thread = match thread::Builder::new().name("udp".to_owned()).spawn(answering) {
        Ok(thread) => thread,
        Err(error) => panic!("no thread for UDP: {error}"),
    };
    // An error says that the thread has panicked.
    if ended.await.is_err()
        && let Err(panic) = thread.join()
    {
        resume_unwind(panic);
    }
}

fn answer_on_this_thread(
    socket: UdpSocket,
    responder: &Responder,
    stop: watch::Receiver<bool>,
    mut end: oneshot::Sender<()>,
) {
    let runtime =
        Builder::new_current_thread().enable_all().build().expect("a runtime needs two descriptors");
    runtime.block_on(async {
        let socket = tokio::net::UdpSocket::from_std(socket).expect("a socket that does not block");
        tokio::select! {
            () = end.closed() => {}
            () = answer_all(&socket, responder, stop) => {}
        }
    });
    // Nobody may wait for it.
    end.send(()).ok();
}

async fn answer_all(socket: &tokio::net::UdpSocket, responder: &Responder, mut stop: watch::Receiver<bool>) {
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
                send(socket, &reply, peer).await;
            }
        }
        tokio::task::yield_now().await;
    }
}

async fn send(socket: &tokio::net::UdpSocket, reply: &[u8], peer: SocketAddr) {
    if let Err(error) = socket.send_to(reply, peer).await {
        tracing::debug!(%error, "sending over UDP failed");
    }
}
