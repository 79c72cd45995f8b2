//! TCP: framed messages, answered in the order in which they come. Source: RFC 7766.
//!
//! A connection's requests are answered one after the other and the next is read only when the
//! last reply is taken, so a client that does not read holds one buffer and no more.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::connections::Connections;
use super::respond::{Responder, Verdict};
use super::server::stopped;
use super::transport::Transport;

/// The length in front of each message. Source: RFC 1035 §4.2.2.
const LENGTH: usize = 2;
/// Replies are sent together as long as they are no more than this.
const TOGETHER: usize = 16 * 1024;
/// Read at a time; a buffer grows beyond only for a request that is longer.
const READ: usize = 4096;
/// When the system has no more sockets or memory.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// Accepts until told to stop, then waits for its connections, no longer than `drain`.
pub(super) async fn accept_all(
    listener: TcpListener,
    responder: Arc<Responder>,
    connections: Arc<Connections>,
    mut stop: watch::Receiver<bool>,
    drain: Duration,
) {
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            Some(_) = open.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Over the limit: closed at once, which a client sees and tries again.
                let Some(slot) = connections.admit(peer) else { continue };
                let (responder, stop) = (Arc::clone(&responder), stop.clone());
                open.spawn(async move {
                    let idle = slot.idle();
                    if let Err(error) = serve(stream, peer, &responder, idle, stop).await {
                        tracing::debug!(%error, "a TCP connection failed");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "accepting over TCP failed");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
    drop(listener);
    let all_done = async { while open.join_next().await.is_some() {} };
    if timeout(drain, all_done).await.is_err() {
        tracing::info!("TCP connections were cut at the end");
    }
}

/// One connection, until the client ends it, is idle for too long, or the server ends.
async fn serve(
    mut stream: TcpStream,
    peer: SocketAddr,
    responder: &Responder,
    idle: Duration,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = Connection { input: Vec::new(), output: Vec::new(), message: Vec::new() };
    loop {
        let more = connection.answer_waiting(responder, peer.ip());
        if !connection.output.is_empty() {
            timeout(idle, stream.write_all(&connection.output)).await??;
            connection.output.clear();
            connection.output.shrink_to(TOGETHER);
        }
        if more {
            tokio::task::yield_now().await;
            continue;
        }
        let whole = connection.read_request(&mut stream);
        tokio::select! {
            biased;
            read = timeout(idle, whole) => if !read?? { return Ok(()) },
            () = stopped(&mut stop) => return stream.shutdown().await,
        }
    }
}

struct Connection {
    /// What was read and not answered yet.
    input: Vec<u8>,
    /// Framed replies that were not sent yet.
    output: Vec<u8>,
    message: Vec<u8>,
}

impl Connection {
    /// Answers whole requests until enough replies wait to be sent. Returns whether one more is
    /// whole.
    fn answer_waiting(&mut self, responder: &Responder, peer: IpAddr) -> bool {
        let mut answered = 0;
        let more = loop {
            let Some(octets) = whole_request(&self.input[answered..]) else { break false };
            if self.output.len() >= TOGETHER {
                break true;
            }
            let verdict = responder.respond(octets, Transport::Tcp, peer, &mut self.message);
            answered += LENGTH + octets.len();
            if let (Verdict::Send, Ok(len)) = (verdict, u16::try_from(self.message.len())) {
                self.output.extend_from_slice(&len.to_be_bytes());
                self.output.extend_from_slice(&self.message);
            }
        };
        self.input.drain(..answered);
        if self.input.is_empty() {
            // A connection that idles keeps no more than small buffers.
            self.input.shrink_to(READ);
            self.message.shrink_to(READ);
        }
        more
    }

    /// Reads until a request is whole; `false` where the client has ended.
    async fn read_request(&mut self, stream: &mut TcpStream) -> io::Result<bool> {
        while whole_request(&self.input).is_none() {
            self.input.reserve(READ);
            if stream.read_buf(&mut self.input).await? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The message at the front, without its length.
fn whole_request(input: &[u8]) -> Option<&[u8]> {
    let (&length, rest) = input.split_first_chunk::<LENGTH>()?;
    rest.get(..usize::from(u16::from_be_bytes(length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_whole_or_not() {
        assert_eq!(whole_request(b""), None);
        assert_eq!(whole_request(b"\x00"), None);
        assert_eq!(whole_request(b"\x00\x02a"), None);
        assert_eq!(whole_request(b"\x00\x02abc"), Some(b"ab".as_slice()));
    }
}
