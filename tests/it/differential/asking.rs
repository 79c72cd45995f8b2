//! Many questions at once.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

/// Outstanding at most: what a socket's buffer holds of the largest replies.
const WINDOW: usize = 48;
const ATTEMPTS: usize = 4;
/// A peer that sends nothing for so long answers no more.
const MOST_QUIET: Duration = Duration::from_secs(4);

/// Asks over UDP. The queries' ids are their numbers; `None` where there was no reply. Where nothing at
/// all comes for seconds, the rest is not asked.
pub(crate) fn udp(addr: SocketAddr, queries: &[Vec<u8>]) -> Vec<Option<Vec<u8>>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.connect(addr).unwrap();
    let mut replies = vec![None; queries.len()];
    for attempt in 0..ATTEMPTS {
        // A busy machine gets more time, and what is lost is asked again.
        let patience = Duration::from_millis(200 << attempt);
        socket.set_read_timeout(Some(patience)).unwrap();
        let mut waiting: VecDeque<usize> = (0..queries.len()).filter(|&at| replies[at].is_none()).collect();
        let (mut outstanding, mut buffer, mut quiet) = (0, vec![0; 65_535], Duration::ZERO);
        while !waiting.is_empty() || outstanding > 0 {
            while outstanding < WINDOW {
                let Some(at) = waiting.pop_front() else { break };
                socket.send(&queries[at]).unwrap();
                outstanding += 1;
            }
            match socket.recv(&mut buffer) {
                Ok(len) => {
                    quiet = Duration::ZERO;
                    let id = usize::from(u16::from_be_bytes([buffer[0], buffer[1]]));
                    if replies[id].is_none() {
                        replies[id] = Some(buffer[..len].to_vec());
                        outstanding = outstanding.saturating_sub(1);
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    outstanding = 0;
                    quiet += patience;
                    if quiet > MOST_QUIET {
                        return replies;
                    }
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

/// As [`udp`], over connections that carry a few dozen each; what a busy peer has cut off is asked
/// again, with more time.
pub(crate) fn tcp(addr: SocketAddr, queries: &[Vec<u8>]) -> Vec<Option<Vec<u8>>> {
    let mut replies = vec![None; queries.len()];
    for attempt in 0..ATTEMPTS {
        let waiting: Vec<&Vec<u8>> = queries
            .iter()
            .zip(&replies)
            .filter(|(_, reply)| reply.is_none())
            .map(|(query, _)| query)
            .collect();
        for queries in waiting.chunks(WINDOW >> attempt) {
            for reply in over_one(addr, queries, Duration::from_secs(2 << attempt)) {
                let id = usize::from(u16::from_be_bytes([reply[0], reply[1]]));
                replies[id] = Some(reply);
            }
        }
    }
    replies
}

/// The replies that came before the connection ended or nothing came for this long.
fn over_one(addr: SocketAddr, queries: &[&Vec<u8>], patience: Duration) -> Vec<Vec<u8>> {
    let mut replies = Vec::new();
    let Ok(mut stream) = TcpStream::connect(addr) else { return replies };
    stream.set_read_timeout(Some(patience)).unwrap();
    let framed = queries.iter().flat_map(|query| {
        u16::try_from(query.len()).unwrap().to_be_bytes().into_iter().chain(query.iter().copied())
    });
    if stream.write_all(&framed.collect::<Vec<u8>>()).is_err() {
        return replies;
    }
    for _ in queries {
        let mut len = [0; 2];
        if stream.read_exact(&mut len).is_err() {
            break;
        }
        let mut reply = vec![0; u16::from_be_bytes(len).into()];
        if stream.read_exact(&mut reply).is_err() {
            break;
        }
        replies.push(reply);
    }
    replies
}
