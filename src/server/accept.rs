//! Accepting streams, for every transport that runs over TCP: each gets a place and a task of its
//! own at once, so that nobody waits for another's handshake.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::connections::Slot;
use super::server::{Context, stopped};
use super::transport::Transport;

/// When the system has no more sockets or memory.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// A connection that was accepted, in its place.
pub(super) struct Accepted {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) slot: Arc<Slot>,
    pub(super) stop: watch::Receiver<bool>,
}

/// Accepts until told to stop, then waits for the connections, no longer than the drain.
pub(super) async fn run<F>(
    listener: TcpListener,
    transport: Transport,
    mut context: Context,
    serve: impl Fn(Accepted) -> F,
) where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let label = transport.label();
    let mut open = JoinSet::new();
    let mut failing = false;
    loop {
        let accepted = tokio::select! {
            biased;
            () = stopped(&mut context.stop) => break,
            Some(_) = open.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                failing = false;
                let Some(slot) = context.connections.admit(peer).map(Arc::new) else { continue };
                let stop = context.stop.clone();
                let serving = serve(Accepted { stream, peer, slot: Arc::clone(&slot), stop });
                open.spawn(in_its_place(slot, label, serving));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                if !failing {
                    tracing::warn!(
                        transport = label,
                        %error,
                        "accepting failed; longest idle connections are closed until it works"
                    );
                }
                failing = true;
                context.connections.make_room();
                // What waits to be accepted is reported again at once.
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
    drop(listener);
    let all_done = async { while open.join_next().await.is_some() {} };
    if timeout(context.drain, all_done).await.is_err() {
        tracing::info!(transport = label, "connections were cut at the end");
    }
}

async fn in_its_place(slot: Arc<Slot>, transport: &str, serving: impl Future<Output = io::Result<()>>) {
    tokio::select! {
        biased;
        // Whatever it waits for: dropping it closes the connection.
        () = slot.taken() => {}
        ended = serving => if let Err(error) = ended {
            tracing::debug!(transport, %error, "a connection failed");
        }
    }
}

/// Whether only the connection that would have been accepted has failed.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted)
}
