//! TCP: framed messages, answered in the order in which they come. Source: RFC 7766.
//!
//! A connection's requests are answered one after the other and the next is read only when the
//! last reply is taken, so a client that does not read holds one buffer and no more.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::config::TcpLimits;
use super::engine::{Request, Transport, answer};
use super::server::{Shared, peer_prefix, stopped};
use crate::clock::UnixTime;

/// The length in front of each message. Source: RFC 1035 §4.2.2.
const LENGTH: usize = 2;
/// Replies are sent together as long as they are no more than this.
const TOGETHER: usize = 16 * 1024;
/// Read at a time; a buffer grows beyond only for a request that is longer.
const READ: usize = 4096;
/// When the system has no more sockets or memory.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// Connections that are open, for the limits on them.
pub(super) struct Connections {
    limits: TcpLimits,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    total: usize,
    by_peer: HashMap<IpAddr, usize>,
}

/// One connection's place among the others; given back on drop.
struct Slot {
    connections: Arc<Connections>,
    peer: IpAddr,
}

impl Connections {
    pub(super) fn new(limits: TcpLimits) -> Self {
        Self { limits, open: Mutex::default() }
    }

    fn admit(self: &Arc<Self>, peer: SocketAddr) -> Option<Slot> {
        let peer = peer_prefix(peer);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_peer = open.by_peer.get(&peer).copied().unwrap_or(0);
        if open.total >= self.limits.connections || of_peer >= self.limits.connections_per_peer {
            return None;
        }
        open.total += 1;
        open.by_peer.insert(peer, of_peer + 1);
        Some(Slot { connections: Arc::clone(self), peer })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total -= 1;
        if let Some(count) = open.by_peer.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                open.by_peer.remove(&self.peer);
            }
        }
    }
}

/// Accepts until told to stop, then waits for its connections, no longer than `drain`.
pub(super) async fn accept_all(
    listener: TcpListener,
    shared: Arc<Shared>,
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
                let (shared, stop) = (Arc::clone(&shared), stop.clone());
                open.spawn(async move {
                    let idle = slot.connections.limits.idle;
                    if let Err(error) = serve(stream, peer, &shared, idle, stop).await {
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
    shared: &Shared,
    idle: Duration,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = Connection { input: Vec::new(), output: Vec::new(), message: Vec::new() };
    loop {
        let more = connection.answer_waiting(shared, peer.ip());
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
    fn answer_waiting(&mut self, shared: &Shared, peer: IpAddr) -> bool {
        let mut answered = 0;
        let catalog = shared.catalog.load();
        let more = loop {
            let Some(octets) = whole_request(&self.input[answered..]) else { break false };
            if self.output.len() >= TOGETHER {
                break true;
            }
            let request = Request { octets, transport: Transport::Tcp, peer, now: UnixTime::now() };
            let outcome = answer(&catalog, &request, &mut self.message);
            shared.counts.count(outcome);
            answered += LENGTH + octets.len();
            if let (true, Ok(len)) = (outcome.is_replied(), u16::try_from(self.message.len())) {
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
    fn places_are_given_back() {
        let limits = TcpLimits { connections: 3, connections_per_peer: 2, ..TcpLimits::default() };
        let connections = Arc::new(Connections::new(limits));
        let peer = |text: &str| text.parse::<SocketAddr>().unwrap();
        let first = connections.admit(peer("192.0.2.1:1")).unwrap();
        let _second = connections.admit(peer("[::ffff:192.0.2.1]:2")).unwrap();
        assert!(connections.admit(peer("192.0.2.1:3")).is_none(), "two from one address");
        let _third = connections.admit(peer("[2001:db8::1]:1")).unwrap();
        assert!(connections.admit(peer("[2001:db8::2]:1")).is_none(), "three in all");
        drop(first);
        assert!(connections.admit(peer("192.0.2.1:4")).is_some());
        assert_eq!(connections.open.lock().unwrap().by_peer.len(), 2);
    }

    #[test]
    fn requests_are_whole_or_not() {
        assert_eq!(whole_request(b""), None);
        assert_eq!(whole_request(b"\x00"), None);
        assert_eq!(whole_request(b"\x00\x02a"), None);
        assert_eq!(whole_request(b"\x00\x02abc"), Some(b"ab".as_slice()));
    }
}
