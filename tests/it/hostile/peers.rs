//! Peers asked many messages at once, of which some get no reply.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::build::www;

/// Larger ones are asked over TCP.
const LARGEST_DATAGRAM: usize = 8_192;
/// How often a message is sent until its silence is believed.
const TRIES: usize = 3;
/// How long a reply may take after another request, sent later, has got its own.
const GRACE: Duration = Duration::from_millis(400);
/// NSD sends no more than 200 errors in one second by the clock, to all together: so many messages are sent,
/// and then none for as long.
const AT_A_TIME: usize = 150;
const PAUSE: Duration = Duration::from_millis(1_100);
const PATIENCE: Duration = Duration::from_secs(10);

/// The reply to each message, `None` where none comes.
pub(crate) fn ask_all(addr: SocketAddr, messages: &[Vec<u8>]) -> Vec<Option<Vec<u8>>> {
    let mut replies: Vec<Option<Vec<u8>>> = vec![None; messages.len()];
    for _ in 0..TRIES {
        let silent: Vec<usize> = (0..messages.len())
            .filter(|&index| replies[index].is_none() && messages[index].len() <= LARGEST_DATAGRAM)
            .collect();
        for some in silent.chunks(AT_A_TIME) {
            let waiting: Vec<(usize, UdpSocket)> =
                some.iter().map(|&index| (index, send(addr, &messages[index]))).collect();
            wait_until_alive(addr);
            sleep(GRACE);
            for (index, socket) in waiting {
                replies[index] = received(&socket);
            }
            sleep(PAUSE - GRACE);
        }
    }
    for (reply, message) in replies.iter_mut().zip(messages) {
        if message.len() > LARGEST_DATAGRAM {
            *reply = over_tcp(addr, message);
        }
    }
    replies
}

fn send(addr: SocketAddr, message: &[u8]) -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.connect(addr).unwrap();
    socket.send(message).unwrap();
    socket
}

fn received(socket: &UdpSocket) -> Option<Vec<u8>> {
    socket.set_nonblocking(true).unwrap();
    let mut reply = vec![0; 65_535];
    match socket.recv(&mut reply) {
        Ok(len) => {
            reply.truncate(len);
            Some(reply)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => None,
        Err(error) => panic!("{error}"),
    }
}

/// Waits until a query that nothing is wrong with has its reply.
fn wait_until_alive(addr: SocketAddr) {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let socket = send(addr, &www());
        socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        if socket.recv(&mut [0; 512]).is_ok() {
            return;
        }
    }
    panic!("{addr} answers nobody any more");
}

/// `None` too where the connection is closed instead.
fn over_tcp(addr: SocketAddr, message: &[u8]) -> Option<Vec<u8>> {
    let framed = |message: &[u8]| [&u16::try_from(message.len()).unwrap().to_be_bytes(), message].concat();
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(&framed(message)).ok()?;
    let mut after = www();
    after[0] ^= 0xff;
    stream.write_all(&framed(&after)).ok()?;
    let mut length = [0; 2];
    stream.read_exact(&mut length).ok()?;
    let mut reply = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut reply).ok()?;
    (reply[..2] != after[..2]).then_some(reply)
}
