//! One server at one address: UDP, and TCP where an answer is cut.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::exchange::{Reply, Wish};
use super::message::{Asked, NotTaken};
use super::{TransportError, Unreachable};
use crate::record::{Name, Rtype};

/// After so long a question is sent again, then after twice as long, and so on.
const RESEND: Duration = Duration::from_millis(700);
/// How long a connection waits for the next question. Source: RFC 7766 §6.2.3 asks for seconds.
const IDLE: Duration = Duration::from_secs(5);
/// Larger than any reply over UDP that was asked for.
const BUFFER: usize = 4096;

/// A server, and a connection to it that waits for the next question.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    idle: Mutex<Option<(TcpStream, Instant)>>,
}

impl Server {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, idle: Mutex::new(None) }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Asks until a reply comes; the caller sets the time limit.
    pub(super) async fn ask(&self, name: &Name, rtype: Rtype, wish: Wish) -> Result<Reply, TransportError> {
        match self.ask_with(name, rtype, wish, true).await {
            Err(NotTaken::NoEdns) => self.ask_with(name, rtype, wish, false).await,
            other => other,
        }
        .map_err(TransportError::from)
    }

    async fn ask_with(&self, name: &Name, rtype: Rtype, wish: Wish, edns: bool) -> Result<Reply, NotTaken> {
        let asked = Asked::new(name, rtype, wish, edns).map_err(NotTaken::Failed)?;
        match self.over_udp(&asked).await {
            // Over TCP nobody can answer who does not see the question.
            Err(NotTaken::Truncated | NotTaken::OtherCase) => self.over_tcp(&asked).await,
            other => other,
        }
    }

    async fn over_udp(&self, asked: &Asked) -> Result<Reply, NotTaken> {
        let any: SocketAddr = match self.address {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any).await.map_err(broken)?;
        // A connected socket takes from this address only, and hears at once that nobody listens there.
        socket.connect(self.address).await.map_err(broken)?;
        let mut buffer = vec![0; BUFFER];
        let mut wait = RESEND;
        loop {
            socket.send(asked.octets()).await.map_err(broken)?;
            if let Ok(reply) = timeout(wait, receive(&socket, asked, &mut buffer)).await {
                return reply;
            }
            wait *= 2;
        }
    }

    async fn over_tcp(&self, asked: &Asked) -> Result<Reply, NotTaken> {
        if let Some(mut stream) = self.take_idle() {
            // A server may close at any time; then it is asked anew.
            if let Ok(reply) = over_stream(&mut stream, asked).await {
                self.keep(stream);
                return reply;
            }
        }
        let mut stream = TcpStream::connect(self.address).await.map_err(broken)?;
        stream.set_nodelay(true).map_err(broken)?;
        let reply = over_stream(&mut stream, asked).await.map_err(broken)?;
        self.keep(stream);
        reply
    }

    fn take_idle(&self) -> Option<TcpStream> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        (kept.1.elapsed() < IDLE).then_some(kept.0)
    }

    /// Only a stream on which nothing is under way any more comes here.
    fn keep(&self, stream: TcpStream) {
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some((stream, Instant::now()));
    }
}

async fn receive(socket: &UdpSocket, asked: &Asked, buffer: &mut [u8]) -> Result<Reply, NotTaken> {
    loop {
        let length = socket.recv(buffer).await.map_err(broken)?;
        match asked.take(&buffer[..length], false) {
            Err(NotTaken::Foreign) => {}
            taken => return taken,
        }
    }
}

/// The outer error is the connection's. Source: RFC 1035 §4.2.2.
async fn over_stream(stream: &mut TcpStream, asked: &Asked) -> io::Result<Result<Reply, NotTaken>> {
    let octets = asked.octets();
    let length = u16::try_from(octets.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    // One write, so one packet.
    stream.write_all(&[&length.to_be_bytes(), octets].concat()).await?;
    let mut message = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut message).await?;
    Ok(asked.take(&message, true))
}

#[expect(clippy::needless_pass_by_value, reason = "an argument of map_err")]
fn broken(error: io::Error) -> NotTaken {
    NotTaken::Failed(lost(&error))
}

/// What an error of a socket tells.
pub(super) fn lost(error: &io::Error) -> TransportError {
    use io::ErrorKind::{
        AddrNotAvailable, BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable,
        NetworkDown, NetworkUnreachable, NotConnected, UnexpectedEof,
    };
    TransportError::Unreachable(match error.kind() {
        ConnectionRefused => Unreachable::ConnectionRefused,
        NetworkUnreachable | HostUnreachable | NetworkDown | AddrNotAvailable => Unreachable::NoRoute,
        ConnectionReset | ConnectionAborted | BrokenPipe | NotConnected | UnexpectedEof => {
            Unreachable::ConnectionLost
        }
        _ => Unreachable::Socket,
    })
}
