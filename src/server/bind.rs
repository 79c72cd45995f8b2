//! Opening sockets.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::num::NonZeroUsize;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use super::transport::Transport;

/// Connections that wait to be accepted; the system may have a lower limit of its own.
const BACKLOG: i32 = 4096;
/// What the system keeps of a stream for a client that does not read, or for us, in octets; it takes
/// up to twice as much. Without it that is megabytes for each, of memory that no limit here counts.
const STREAM_BUFFER: usize = 64 * 1024;
/// Datagrams that wait to be read, in octets with what the system adds to each, as far as it allows:
/// enough for a burst, not so much that those who wait in a flood are answered too late.
const DATAGRAM_BUFFER: usize = 256 * 1024;
/// How often a port that is free for TCP is tried for UDP too.
const PORT_TRIES: usize = 16;

/// An address that can't be listened at.
#[derive(Debug, thiserror::Error)]
#[error("can't listen at {address} for {}", transport.label())]
pub struct BindError {
    /// What was to be listened for.
    pub transport: Transport,
    /// The address.
    pub address: SocketAddr,
    /// What the system says.
    pub source: io::Error,
}

/// One port for UDP, with so many sockets, and TCP.
pub(super) fn pair(
    address: SocketAddr,
    sockets: NonZeroUsize,
) -> Result<(Vec<UdpSocket>, TcpListener), BindError> {
    let failed = |transport| move |source| BindError { transport, address, source };
    let mut tries = if address.port() == 0 { PORT_TRIES } else { 1 };
    loop {
        let listener = listener(address).map_err(failed(Transport::Tcp))?;
        let mut same_port = address;
        same_port.set_port(listener.local_addr().map_err(failed(Transport::Tcp))?.port());
        tries -= 1;
        match several(same_port, sockets) {
            Ok(udp) => return Ok((udp, listener)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            Err(error) => return Err(failed(Transport::Udp)(error)),
        }
    }
}

/// For streams.
pub(super) fn listener(address: SocketAddr) -> io::Result<TcpListener> {
    let tcp = socket(address, Type::STREAM, Protocol::TCP)?;
    // Connections have their listener's.
    tcp.set_send_buffer_size(STREAM_BUFFER)?;
    tcp.set_recv_buffer_size(STREAM_BUFFER)?;
    tcp.listen(BACKLOG)?;
    TcpListener::from_std(tcp.into())
}

/// For datagrams.
#[cfg(feature = "encrypted")]
pub(super) fn datagrams(address: SocketAddr) -> io::Result<UdpSocket> {
    bound_datagrams(address, false)
}

/// For datagrams, several times: the system gives each of them those of some peers. Where it can't, all of them are
/// one and take datagrams in turn.
///
/// Nobody else is kept from the port by these sockets, as far as they run as the same user: the listener for TCP at
/// the same port does that.
fn several(address: SocketAddr, count: NonZeroUsize) -> io::Result<Vec<UdpSocket>> {
    let mut sockets = vec![bound_datagrams(address, count.get() > 1)?];
    while sockets.len() < count.get() {
        sockets.push(match bound_datagrams(address, true) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => sockets[0].try_clone()?,
            socket => socket?,
        });
    }
    Ok(sockets)
}

fn bound_datagrams(address: SocketAddr, one_of_several: bool) -> io::Result<UdpSocket> {
    let socket = unbound(address, Type::DGRAM, Protocol::UDP)?;
    if one_of_several {
        share_port(&socket);
    }
    socket.bind(&address.into())?;
    socket.set_recv_buffer_size(DATAGRAM_BUFFER)?;
    Ok(socket.into())
}

/// Lets several sockets have one port, where the system spreads what comes over them.
fn share_port(socket: &Socket) {
    #[cfg(target_os = "linux")]
    if let Err(error) = socket.set_reuse_port(true) {
        tracing::debug!(%error, "sockets can't share a port");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = socket;
}

fn socket(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = unbound(address, kind, protocol)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn unbound(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    if kind == Type::STREAM {
        // A restart must not wait for connections of the last run to time out.
        socket.set_reuse_address(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}
