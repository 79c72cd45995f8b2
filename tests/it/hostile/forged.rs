//! Datagrams whose source is not who sent them.

use std::io::ErrorKind;
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

use mimi_dns::server::{Outcome, Transport};
use socket2::{Domain, Protocol, Socket, Type};

use super::attacked::{Attacked, catalog, www};
use crate::peers::leave_out;
use crate::secured::Secured;

/// A socket that writes UDP's header itself; `None`, and a line on standard error, where this is not allowed.
fn raw() -> Option<Socket> {
    match Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::UDP)) {
        Ok(socket) => Some(socket),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            leave_out("forging sources needs the capability CAP_NET_RAW");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Sends a datagram as if from `source`, on loopback. Source: RFC 768.
fn forge(raw: &Socket, source: SocketAddrV4, target: SocketAddr, message: &[u8]) {
    raw.bind(&SocketAddr::from((*source.ip(), 0)).into()).unwrap();
    let length = u16::try_from(8 + message.len()).unwrap();
    // Checksum 0: none.
    let header = [source.port(), target.port(), length, 0].map(u16::to_be_bytes).concat();
    raw.send_to(&[&header, message].concat(), &target.into()).unwrap();
}

fn v4(addr: SocketAddr) -> SocketAddrV4 {
    match addr {
        SocketAddr::V4(addr) => addr,
        SocketAddr::V6(_) => panic!("{addr}"),
    }
}

fn wait_for(server: &Secured, outcome: Outcome, count: u64) {
    let end = Instant::now() + Duration::from_secs(10);
    while server.handle.counts().over(Transport::Udp, outcome) < count {
        assert!(Instant::now() < end, "{} did not come up {count} times", outcome.label());
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn replies_to_port_0_are_not_sent() {
    let Some(raw) = raw() else { return };
    let attacked = Attacked::start();
    let target = attacked.secured.addr(Transport::Udp);
    for _ in 0..100 {
        forge(&raw, "127.0.0.3:0".parse().unwrap(), target, &www());
    }
    // The next one is answered: no reply to nowhere has broken the socket.
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket.send_to(&www(), target).unwrap();
    socket.recv(&mut [0; 512]).unwrap();
}

/// Two servers that answer each other's errors would never stop.
#[test]
fn servers_do_not_answer_each_other() {
    let Some(raw) = raw() else { return };
    let (one, other) = (Secured::start(catalog()), Secured::start(catalog()));
    let (here, there) = (one.addr(Transport::Udp), other.addr(Transport::Udp));
    // Whether the reply is an answer or an error.
    for message in [www(), vec![0; 12], [0x28; 12].to_vec()] {
        forge(&raw, v4(there), here, &message);
    }
    wait_for(&other, Outcome::DroppedResponse, 3);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!((one.handle.counts().total(), other.handle.counts().total()), (3, 3));
}

#[test]
fn a_server_does_not_answer_itself() {
    let Some(raw) = raw() else { return };
    let server = Secured::start(catalog());
    let addr = server.addr(Transport::Udp);
    forge(&raw, v4(addr), addr, &www());
    wait_for(&server, Outcome::DroppedResponse, 1);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(server.handle.counts().total(), 2);
}
