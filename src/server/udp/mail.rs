//! What a loop needs of a socket, by whatever calls of the system.

use std::io;
#[cfg(any(test, not(target_os = "linux")))]
use std::net::SocketAddr;
use std::net::{IpAddr, UdpSocket};

use crate::server::answer::MAX_MESSAGE;

/// Datagrams that are taken at a time.
pub(super) const MOST: usize = 64;
/// What is read of a datagram: all of it. What a buffer does not need of this is never touched, so it is no memory.
pub(super) const LONGEST: usize = MAX_MESSAGE;

/// Takes datagrams from a socket that blocks, and sends replies to where they came from.
pub(super) trait Mail {
    /// Waits until there is something, and takes what is there; how many.
    ///
    /// # Errors
    /// What the system says, that nothing came for as long as the socket may block included.
    fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize>;

    /// One of those that were taken, and who sent it; `None` where that is no internet address.
    fn request(&self, at: usize) -> Option<(&[u8], IpAddr)>;

    /// Sends replies, each to who sent the request of this number. What can't be sent is lost; to port 0, which is
    /// nobody's, nothing is sent.
    fn send<'r>(&mut self, socket: &UdpSocket, replies: impl Iterator<Item = (usize, &'r [u8])>);
}

/// One datagram at a time, for systems that have no other calls.
#[cfg(any(test, not(target_os = "linux")))]
pub(super) struct OneByOne {
    buffer: Vec<u8>,
    len: usize,
    peer: Option<SocketAddr>,
}

#[cfg(any(test, not(target_os = "linux")))]
impl OneByOne {
    pub(super) fn new() -> Self {
        Self { buffer: vec![0; LONGEST], len: 0, peer: None }
    }
}

#[cfg(any(test, not(target_os = "linux")))]
impl Mail for OneByOne {
    fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        let (len, peer) = socket.recv_from(&mut self.buffer)?;
        (self.len, self.peer) = (len, Some(peer));
        Ok(1)
    }

    fn request(&self, _at: usize) -> Option<(&[u8], IpAddr)> {
        Some((&self.buffer[..self.len], self.peer?.ip()))
    }

    fn send<'r>(&mut self, socket: &UdpSocket, replies: impl Iterator<Item = (usize, &'r [u8])>) {
        let Some(peer) = self.peer.filter(|peer| peer.port() != 0) else { return };
        for (_, reply) in replies {
            if let Err(error) = socket.send_to(reply, peer) {
                tracing::debug!(%error, "sending over UDP failed");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;

    fn bound() -> UdpSocket {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        socket
    }

    /// Requests of several lengths from two clients, each answered with itself but every third.
    fn exchange<M: Mail>(mail: impl Fn(&UdpSocket) -> M) {
        let (server, clients) = (bound(), [bound(), bound()]);
        let mut mail = mail(&server);
        for client in &clients {
            client.connect(server.local_addr().unwrap()).unwrap();
        }
        // The longest that fits a packet.
        let lengths = [0, 1, 12, 512, 4096, 65_507, 9000, 3, 40];
        for (number, len) in (1..).zip(lengths) {
            clients[usize::from(number) % 2].send(&vec![number; len]).unwrap();
        }
        let mut seen = 0;
        while seen < lengths.len() {
            let count = mail.receive(&server).unwrap();
            let mut replies = Vec::new();
            for at in 0..count {
                let (octets, peer) = mail.request(at).unwrap();
                assert_eq!(octets.len(), lengths[seen]);
                assert!(octets.iter().all(|&octet| usize::from(octet) == seen + 1));
                assert_eq!(peer, Ipv4Addr::LOCALHOST);
                if seen % 3 != 2 {
                    replies.push((at, octets.to_vec()));
                }
                seen += 1;
            }
            mail.send(&server, replies.iter().map(|(at, reply)| (*at, reply.as_slice())));
        }
        let mut reply = [0; LONGEST];
        for (seen, len) in lengths.into_iter().enumerate().filter(|(seen, _)| seen % 3 != 2) {
            let received = clients[(seen + 1) % 2].recv(&mut reply).unwrap();
            assert_eq!(received, len);
            assert!(reply[..received].iter().all(|&octet| usize::from(octet) == seen + 1));
        }
        clients[0].set_nonblocking(true).unwrap();
        assert!(clients[0].recv(&mut reply).is_err(), "nothing was sent twice");
    }

    #[test]
    fn one_by_one() {
        exchange(|_| OneByOne::new());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn by_the_dozen() {
        exchange(super::super::batch::Batch::new);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_filter_of_calls_refuses_is_done_one_by_one() {
        for error in [libc::EPERM, libc::ENOSYS] {
            // The filter is of the thread.
            let alone = std::thread::spawn(move || {
                super::super::refuse::refuse(&[libc::SYS_recvmmsg, libc::SYS_sendmmsg], error);
                exchange(super::super::batch::Batch::new);
            });
            alone.join().unwrap();
        }
    }

    /// A client that is connected takes replies from the address that it asked alone.
    #[cfg(target_os = "linux")]
    #[test]
    fn replies_leave_from_the_address_that_was_asked() {
        for (all, asked) in
            [("0.0.0.0:0", &["127.0.0.1", "127.0.0.2", "127.9.9.9"][..]), ("[::]:0", &["::1"])]
        {
            let Ok(server) = UdpSocket::bind(all) else { continue };
            let mut mail = super::super::batch::Batch::new(&server);
            for address in asked {
                let address: IpAddr = address.parse().unwrap();
                let local = if address.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" };
                let client = UdpSocket::bind(local).unwrap();
                client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
                client.connect((address, server.local_addr().unwrap().port())).unwrap();
                client.send(b"asked").unwrap();
                assert_eq!(mail.receive(&server).unwrap(), 1);
                mail.send(&server, [(0, b"reply".as_slice())].into_iter());
                assert_eq!(client.recv(&mut [0; 9]).unwrap(), 5, "{address}");
            }
        }
    }
}
