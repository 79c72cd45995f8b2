//! Queries over TCP, many under way in each connection, by one thread.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::cpu::{Effort, median};
use super::queries::Pool;
use super::server::Server;
use super::sys;

/// Queries under way in all connections together.
const UNDER_WAY: usize = 128;
/// More than can be under way in one.
const SLOTS: usize = 256;
const SETTLE: Duration = Duration::from_millis(10);

/// What was seen of one server with so many connections.
pub struct Streamed {
    pub label: String,
    pub connections: usize,
    pub rates: Vec<f64>,
    pub micros: Vec<f64>,
    pub answers: u64,
    pub wrong: u64,
    /// Connections that were closed or refused.
    pub closed: u64,
}

struct Connection {
    stream: TcpStream,
    next: u16,
    queries: [usize; SLOTS],
    unsent: Vec<u8>,
    buffer: Vec<u8>,
    received: Vec<u8>,
    under_way: usize,
}

/// Each server in turn with one connection, and with many.
pub fn measure(servers: &[Server], pool: &Pool, effort: Effort) -> Vec<Streamed> {
    let mut all = Vec::new();
    for connections in [1, 64] {
        let mut some: Vec<_> =
            servers.iter().map(|server| Streamed::new(&server.label, connections)).collect();
        for _ in 0..effort.rounds {
            for (server, streamed) in servers.iter().zip(&mut some) {
                streamed.add(server, pool, effort.burst);
            }
        }
        all.extend(some);
    }
    all
}

impl Streamed {
    fn new(label: &str, connections: usize) -> Self {
        let label = label.to_owned();
        Self { label, connections, rates: Vec::new(), micros: Vec::new(), answers: 0, wrong: 0, closed: 0 }
    }

    fn add(&mut self, server: &Server, pool: &Pool, length: Duration) {
        let each = UNDER_WAY / self.connections;
        let mut cursor = 0;
        let mut open: Vec<_> = (0..self.connections).filter_map(|_| Connection::open(server.addr)).collect();
        self.closed += (self.connections - open.len()) as u64;
        let (before, start, mut answers) = (server.group.time(), Instant::now(), 0);
        while start.elapsed() < length {
            open.retain_mut(|connection| {
                connection.ask(pool, &mut cursor, each);
                match connection.turn(pool, &mut self.wrong) {
                    Some(more) => answers += more,
                    None => self.closed += 1,
                }
                connection.under_way < SLOTS
            });
        }
        let took = start.elapsed();
        std::thread::sleep(SETTLE);
        let cpu = server.group.time() - before;
        self.answers += answers;
        self.rates.push(answers as f64 / took.as_secs_f64());
        self.micros.push(cpu.as_secs_f64() * 1e6 / answers.max(1) as f64);
    }

    pub fn rate(&self) -> f64 {
        median(&self.rates)
    }
}

impl Connection {
    fn open(addr: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect(addr).ok()?;
        stream.set_nodelay(true).ok()?;
        stream.set_nonblocking(true).ok()?;
        let (unsent, buffer, received) = (Vec::new(), vec![0; 1 << 16], Vec::with_capacity(1 << 17));
        Some(Self { stream, next: 0, queries: [0; SLOTS], unsent, buffer, received, under_way: 0 })
    }

    /// Fills up what is under way, half of it at a time.
    fn ask(&mut self, pool: &Pool, cursor: &mut usize, most: usize) {
        if self.under_way > most / 2 {
            return;
        }
        for _ in self.under_way..most {
            let query = pool.query(*cursor);
            self.queries[usize::from(self.next) % SLOTS] = *cursor;
            self.unsent.extend((query.len() as u16).to_be_bytes());
            self.unsent.extend(self.next.to_be_bytes());
            self.unsent.extend(&query[2..]);
            self.next = self.next.wrapping_add(1);
            *cursor = (*cursor + 1) % pool.count();
        }
        self.under_way = most;
    }

    /// Sends and receives what there is; `None` and more under way than can be where it was closed.
    fn turn(&mut self, pool: &Pool, wrong: &mut u64) -> Option<u64> {
        let sent = if self.unsent.is_empty() { Ok(0) } else { self.stream.write(&self.unsent) };
        let got = self.stream.read(&mut self.buffer);
        for outcome in [&sent, &got] {
            if outcome.as_ref().is_err_and(|error| error.kind() != ErrorKind::WouldBlock) {
                self.under_way = SLOTS;
                return None;
            }
        }
        if matches!(got, Ok(0)) {
            self.under_way = SLOTS;
            return None;
        }
        self.unsent.drain(..sent.unwrap_or(0));
        let got = got.unwrap_or(0);
        if got > 0 {
            // A server that leaves Nagle's algorithm on sends its next small segment when the last is acknowledged. By
            // itself the system waits for 40 ms with that while no query leaves, and that would be what is measured.
            sys::acknowledge_at_once(&self.stream).ok()?;
        }
        self.received.extend(&self.buffer[..got]);
        let (mut at, mut answers) = (0, 0);
        while let Some((answer, next)) = framed(&self.received, at) {
            let id = u16::from_be_bytes([answer[0], answer[1]]);
            *wrong += u64::from(pool.fault(self.queries[usize::from(id) % SLOTS], answer).is_some());
            (at, answers) = (next, answers + 1);
        }
        self.received.drain(..at);
        self.under_way -= answers;
        Some(answers as u64)
    }
}

/// The whole message at this place, and where the next one begins.
fn framed(octets: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let len = usize::from(u16::from_be_bytes(*octets.get(at..)?.first_chunk()?));
    let message = octets.get(at + 2..at + 2 + len).filter(|message| message.len() >= 12)?;
    Some((message, at + 2 + len))
}
