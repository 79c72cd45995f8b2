//! Many questions at once.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

/// Outstanding at most: what a socket's buffer holds of the largest replies.
const WINDOW: usize = 48;
const ATTEMPTS: usize = 4;

/// Asks over UDP. The queries' ids are their numbers; `None` where there was no reply.
pub(super) fn udp(addr: SocketAddr, queries: &[Vec<u8>]) -> Vec<Option<Vec<u8>>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.connect(addr).unwrap();
    let mut replies = vec![None; queries.len()];
    for attempt in 0..ATTEMPTS {
        // A busy machine gets more time, and what is lost is asked again.
        socket.set_read_timeout(Some(Duration::from_millis(200 << attempt))).unwrap();
        let mut waiting: VecDeque<usize> = (0..queries.len()).filter(|&at| replies[at].is_none()).collect();
        let (mut outstanding, mut buffer) = (0, vec![0; 65_535]);
        while !waiting.is_empty() || outstanding > 0 {
            while outstanding < WINDOW {
                let Some(at) = waiting.pop_front() else { break };
                socket.send(&queries[at]).unwrap();
                outstanding += 1;
            }
            match socket.recv(&mut buffer) {
                Ok(len) => {
                    let id = usize::from(u16::from_be_bytes([buffer[0], buffer[1]]));
                    if replies[id].is_none() {
                        replies[id] = Some(buffer[..len].to_vec());
                        outstanding = outstanding.saturating_sub(1);
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    outstanding = 0;
                }
                Err(error) => panic!("{addr}: {error}"),
            }
        }
        if replies.iter().all(Option::is_some) {
            break;
        }
    }
    replies
}

/// As [`udp`], over connections that carry a few dozen each.
pub(super) fn tcp(addr: SocketAddr, queries: &[Vec<u8>]) -> Vec<Option<Vec<u8>>> {
    let mut replies = vec![None; queries.len()];
    for queries in queries.chunks(WINDOW) {
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let framed = queries.iter().flat_map(|query| {
            u16::try_from(query.len()).unwrap().to_be_bytes().into_iter().chain(query.iter().copied())
        });
        stream.write_all(&framed.collect::<Vec<u8>>()).unwrap();
        for _ in queries {
            let mut len = [0; 2];
            if stream.read_exact(&mut len).is_err() {
                break;
            }
            let mut reply = vec![0; u16::from_be_bytes(len).into()];
            stream.read_exact(&mut reply).unwrap();
            let id = usize::from(u16::from_be_bytes([reply[0], reply[1]]));
            replies[id] = Some(reply);
        }
    }
    replies
}
