//! As many queries as a server takes: each of several source ports has a batch under way, and sends the next
//! when all of it is answered.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use super::queries::{Asked, Pool};
use super::sys::{self, Datagrams, Towards, Wait};

/// How queries come.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// Source ports.
    pub sockets: usize,
    /// Queries of each that are under way together.
    pub batch: usize,
    /// Whether a batch goes to the system as one piece, which it cuts.
    pub cut: bool,
}

/// Of the answers, one in so many is looked at as a whole.
const DEEP: u64 = 61;
/// After this a query is lost.
const PATIENCE: Duration = Duration::from_millis(200);

/// What came back.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub answers: u64,
    pub lost: u64,
    pub wrong: u64,
    pub fault: Option<String>,
    pub took: Duration,
    /// Answers and their octets, of each kind of query.
    pub sizes: [(u64, u64); Asked::ALL.len()],
}

/// Who is asked.
pub enum Target<'a> {
    Server(SocketAddr),
    /// An echo, and the octets that it is asked for in place of each kind of answer.
    Echo(SocketAddr, &'a [u16; Asked::ALL.len()]),
}

struct Lane {
    socket: UdpSocket,
    first: u16,
    waiting: u64,
    queries: [usize; sys::MOST],
    sent: Instant,
}

/// Asks until the time is over, from `cursor` in the pool on.
pub fn burst(
    target: &Target<'_>,
    pool: &Pool,
    cursor: &mut usize,
    manner: Manner,
    length: Duration,
) -> Tally {
    let mut generator =
        Generator { target, pool, manner, tally: Tally::default(), datagrams: Datagrams::new() };
    let mut lanes: Vec<Lane> = (0..manner.sockets).map(|_| generator.lane()).collect();
    let start = Instant::now();
    for lane in &mut lanes {
        generator.send(lane, cursor);
    }
    let mut now = Instant::now();
    while now - start < length {
        for lane in &mut lanes {
            generator.receive(lane);
            if lane.waiting == 0 {
                generator.send(lane, cursor);
            } else if now - lane.sent > PATIENCE {
                generator.tally.lost += u64::from(lane.waiting.count_ones());
                generator.send(lane, cursor);
            }
        }
        now = Instant::now();
    }
    // What is still under way counts for the server's time too.
    while lanes.iter().any(|lane| lane.waiting > 0) && start.elapsed() < length + PATIENCE {
        lanes.iter_mut().for_each(|lane| generator.receive(lane));
    }
    generator.tally.lost += lanes.iter().map(|lane| u64::from(lane.waiting.count_ones())).sum::<u64>();
    generator.tally.took = start.elapsed();
    generator.tally
}

struct Generator<'a> {
    target: &'a Target<'a>,
    pool: &'a Pool,
    manner: Manner,
    tally: Tally,
    datagrams: Datagrams,
}

impl Generator<'_> {
    fn lane(&self) -> Lane {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (Target::Server(addr) | Target::Echo(addr, _)) = self.target;
        socket.connect(addr).unwrap();
        if self.manner.cut {
            sys::cut_into(&socket, self.pool.query_len()).unwrap();
        }
        Lane { socket, first: 0, waiting: 0, queries: [0; sys::MOST], sent: Instant::now() }
    }

    /// The next batch; what of the last one has not come by now is too late.
    fn send(&mut self, lane: &mut Lane, cursor: &mut usize) {
        let batch = self.manner.batch;
        lane.first = lane.first.wrapping_add(sys::MOST as u16);
        self.datagrams.clear();
        let mut together = [0; sys::ROOM];
        let len = self.pool.query_len();
        for place in 0..batch {
            let at = *cursor;
            *cursor = (at + 1) % self.pool.count();
            lane.queries[place] = at;
            let octets = if self.manner.cut {
                together[place * len..][..len].copy_from_slice(self.pool.query(at));
                &mut together[place * len..][..len]
            } else {
                self.datagrams.push(self.pool.query(at))
            };
            octets[..2].copy_from_slice(&(lane.first + place as u16).to_be_bytes());
            if let Target::Echo(_, sizes) = self.target {
                let wanted = sizes[self.pool.asked(at) as usize];
                octets[len - 8..len - 6].copy_from_slice(&wanted.to_be_bytes());
            }
        }
        let sent = if self.manner.cut {
            lane.socket.send(&together[..len * batch]).map(|_| batch)
        } else {
            self.datagrams.send(&lane.socket, Towards::Connected)
        };
        // What the system did not take is lost and counted when its time is over.
        let _ = sent;
        lane.waiting = u64::MAX >> (u64::BITS as usize - batch);
        lane.sent = Instant::now();
    }

    fn receive(&mut self, lane: &mut Lane) {
        let count = self.datagrams.receive(&lane.socket, Wait::Never).unwrap();
        for at in 0..count {
            let answer = self.datagrams.get(at);
            let id = answer.first_chunk().map_or(0, |&id| u16::from_be_bytes(id));
            let place = usize::from(id.wrapping_sub(lane.first));
            if place >= self.manner.batch || lane.waiting & (1 << place) == 0 {
                continue;
            }
            lane.waiting &= !(1 << place);
            let query = lane.queries[place];
            let size = &mut self.tally.sizes[self.pool.asked(query) as usize];
            *size = (size.0 + 1, size.1 + answer.len() as u64);
            self.tally.answers += 1;
            if matches!(self.target, Target::Server(_)) {
                let deep = || {
                    self.tally.answers.is_multiple_of(DEEP).then(|| self.pool.deep_fault(query, answer))?
                };
                if let Some(fault) = self.pool.fault(query, answer).or_else(deep) {
                    self.tally.wrong += 1;
                    self.tally.fault.get_or_insert(fault);
                }
            }
        }
    }
}

impl Tally {
    /// Octets of an answer of each kind.
    pub fn mean_sizes(&self) -> [u16; Asked::ALL.len()] {
        self.sizes.map(|(count, octets)| (octets / count.max(1)) as u16)
    }

    /// Octets of an answer.
    pub fn mean_size(&self) -> f64 {
        self.sizes.iter().map(|size| size.1).sum::<u64>() as f64 / self.answers.max(1) as f64
    }
}
