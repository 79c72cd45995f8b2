//! Opening sockets.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::num::NonZeroUsize;
use std::sync::Arc;

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

/// Sockets that were opened before the server was: by whoever started the program, or by the program while it might.
/// Each is used where a server is to listen at its address.
#[derive(Debug, Clone, Default)]
pub struct OpenSockets {
    sockets: Vec<Arc<Socket>>,
    /// Whether others have them too, and go on with them when this server ends.
    shared: bool,
}

/// A socket for datagrams, and whether others have it too.
pub(super) type Datagrams = (UdpSocket, bool);

impl OpenSockets {
    /// Those that somebody has handed over, who may hand them to the next server too.
    #[must_use]
    pub fn handed_over(udp: Vec<UdpSocket>, tcp: Vec<std::net::TcpListener>) -> Self {
        let sockets = udp.into_iter().map(Socket::from).chain(tcp.into_iter().map(Socket::from));
        let sockets: Vec<_> = sockets.map(Arc::new).collect();
        Self { shared: !sockets.is_empty(), sockets }
    }

    /// Opens what a server will need, while the program may: it takes nothing yet, but datagrams wait from now on.
    ///
    /// # Errors
    /// An address that can't be listened at.
    pub(super) fn open(&mut self, needs: impl IntoIterator<Item = Need>) -> Result<(), BindError> {
        for Need { transport, address, datagrams, streams } in needs {
            let failed = |source| BindError { transport, address, source };
            // The system picks the port later: it picks none that only some may have.
            if address.port() == 0 {
                continue;
            }
            if streams && self.find(address, Type::STREAM).is_none() {
                let socket = socket(address, Type::STREAM, Protocol::TCP).map_err(failed)?;
                self.sockets.push(Arc::new(socket));
            }
            if datagrams > 0 && self.find(address, Type::DGRAM).is_none() {
                for opened in 0..datagrams {
                    match bound_datagrams(address, datagrams > 1) {
                        Ok(socket) => self.sockets.push(Arc::new(socket.into())),
                        // Where one port is for one socket the others will be its clones.
                        Err(error) if error.kind() == io::ErrorKind::AddrInUse && opened > 0 => break,
                        Err(error) => return Err(failed(error)),
                    }
                }
            }
        }
        Ok(())
    }

    /// Addresses of those that no server has taken.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let mut addresses: Vec<_> = self.sockets.iter().filter_map(|socket| address_of(socket)).collect();
        addresses.sort();
        addresses.dedup();
        addresses
    }

    /// Takes one that is bound to this address.
    fn take(&mut self, address: SocketAddr, kind: Type) -> Option<io::Result<Socket>> {
        let at = self.find(address, kind)?;
        let socket = self.sockets.swap_remove(at);
        // A clone of these may be somewhere.
        let socket = Arc::try_unwrap(socket).or_else(|shared| shared.try_clone());
        Some(socket.and_then(|socket| socket.set_nonblocking(true).map(|()| socket)))
    }

    /// The same where one is all that can be served: another would take what nobody answers.
    fn take_only(&mut self, address: SocketAddr, kind: Type) -> Option<io::Result<Socket>> {
        let taken = self.take(address, kind);
        if taken.is_some() && self.find(address, kind).is_some() {
            return Some(Err(io::Error::other(
                "several sockets were handed over for it, of which one is served",
            )));
        }
        taken
    }

    fn find(&self, address: SocketAddr, kind: Type) -> Option<usize> {
        self.sockets.iter().position(|socket| {
            address_of(socket) == Some(address) && socket.r#type().is_ok_and(|its| its == kind)
        })
    }

    /// For streams.
    pub(super) fn listener(&mut self, address: SocketAddr) -> io::Result<TcpListener> {
        let tcp = match self.take_only(address, Type::STREAM) {
            Some(open) => open?,
            None => socket(address, Type::STREAM, Protocol::TCP)?,
        };
        // Connections have their listener's.
        tcp.set_send_buffer_size(STREAM_BUFFER)?;
        tcp.set_recv_buffer_size(STREAM_BUFFER)?;
        tcp.listen(BACKLOG)?;
        TcpListener::from_std(tcp.into())
    }

    /// For datagrams.
    #[cfg(feature = "encrypted")]
    pub(super) fn datagrams(&mut self, address: SocketAddr) -> io::Result<UdpSocket> {
        match self.take_only(address, Type::DGRAM) {
            Some(open) => open.map(UdpSocket::from),
            None => bound_datagrams(address, false),
        }
    }

    /// For datagrams, several times: the system gives each of them those of some peers. Where it can't, or where one
    /// was handed over, all of them are one and take datagrams in turn.
    ///
    /// Nobody else is kept from the port by these sockets, as far as they run as the same user: the listener for TCP at
    /// the same port does that.
    fn several(&mut self, address: SocketAddr, count: NonZeroUsize) -> io::Result<Vec<Datagrams>> {
        let mut sockets = Vec::new();
        // All of them, however many: the system gives each its share.
        while let Some(open) = self.take(address, Type::DGRAM) {
            let socket: UdpSocket = open?.into();
            sockets.push((socket, self.shared));
        }
        let open = sockets.len();
        while sockets.len() < count.get() {
            let next = match open {
                0 => match bound_datagrams(address, count.get() > 1) {
                    Err(error) if error.kind() == io::ErrorKind::AddrInUse && !sockets.is_empty() => {
                        (sockets[0].0.try_clone()?, false)
                    }
                    socket => (socket?, false),
                },
                // Those that are lacking are clones of those that were open, in turn.
                open => (sockets[(sockets.len() - open) % open].0.try_clone()?, self.shared),
            };
            sockets.push(next);
        }
        Ok(sockets)
    }
}

/// What will be listened at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Need {
    pub(super) transport: Transport,
    pub(super) address: SocketAddr,
    /// How many sockets for datagrams.
    pub(super) datagrams: usize,
    pub(super) streams: bool,
}

fn address_of(socket: &Socket) -> Option<SocketAddr> {
    socket.local_addr().ok()?.as_socket()
}

/// One port for UDP, with so many sockets, and TCP.
pub(super) fn pair(
    open: &mut OpenSockets,
    address: SocketAddr,
    sockets: NonZeroUsize,
) -> Result<(Vec<Datagrams>, TcpListener), BindError> {
    let failed = |transport| move |source| BindError { transport, address, source };
    let mut tries = if address.port() == 0 { PORT_TRIES } else { 1 };
    loop {
        let listener = open.listener(address).map_err(failed(Transport::Tcp))?;
        let mut same_port = address;
        same_port.set_port(listener.local_addr().map_err(failed(Transport::Tcp))?.port());
        tries -= 1;
        match open.several(same_port, sockets) {
            Ok(udp) => return Ok((udp, listener)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            Err(error) => return Err(failed(Transport::Udp)(error)),
        }
    }
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

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener as Blocking};

    use super::*;

    #[tokio::test]
    async fn of_two_sockets_for_one_listener_none_is_left_unanswered() {
        let (one, other) = [(); 2].map(|()| Blocking::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()).into();
        let [first, second] = [&one, &other].map(|socket| socket.local_addr().unwrap());
        let twice = one.try_clone().unwrap();
        let mut open = OpenSockets::handed_over(Vec::new(), vec![one, twice, other]);
        open.listener(first).unwrap_err();
        assert_eq!(open.listener(second).unwrap().local_addr().unwrap(), second);
    }
}
