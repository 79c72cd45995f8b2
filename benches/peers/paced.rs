//! Queries at a given rate, whether or not those before were answered, and how long each waited from when it
//! was due: a server that stops for a while is charged for all that came meanwhile.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use super::queries::Pool;
use super::sys::{self, Datagrams, Towards, Wait};

const SOCKETS: usize = 4;
/// Queries of one socket that can be under way.
const UNDER_WAY: usize = 1 << 14;
/// The most that are sent at once, after the generator itself was late.
const AT_ONCE: u64 = 32;
/// How long answers are waited for at the end.
const PATIENCE: Duration = Duration::from_millis(500);

/// What became of the queries.
#[derive(Debug, Default)]
pub struct Waits {
    /// Of each answer, in nanoseconds, in order of length.
    pub waits: Vec<u64>,
    pub sent: u64,
    pub lost: u64,
    pub wrong: u64,
}

#[derive(Clone, Copy)]
struct Asked {
    id: u16,
    /// When it was due, in nanoseconds from the start; none is waited for where it is `DONE`.
    due: u64,
    query: usize,
}

const DONE: u64 = u64::MAX;

struct Lane {
    socket: UdpSocket,
    next: u16,
    asked: Vec<Asked>,
}

/// Asks `rate` times a second for so long, or until it is told to stop.
///
/// Looks all the time for what has come; but where it runs before all else, it sleeps until something comes or is due.
/// A thread that never slept would be stopped for a twentieth of each second, so that others have their turn, and the
/// slowest answers of every server would be that.
pub fn paced(addr: SocketAddr, pool: &Pool, rate: f64, length: Duration, stop: &dyn Fn() -> bool) -> Waits {
    let mut lanes: Vec<Lane> = (0..SOCKETS).map(|_| Lane::new(addr)).collect();
    let (mut datagrams, mut waits, mut cursor) = (Datagrams::new(), Waits::default(), 0);
    let sleeps = sys::is_first();
    let start = Instant::now();
    let mut turn = 0;
    while start.elapsed() < length && !stop() {
        let due = (start.elapsed().as_secs_f64() * rate) as u64;
        let count = (due - waits.sent.min(due)).min(AT_ONCE);
        if count > 0 {
            datagrams.clear();
            for _ in 0..count {
                let due = (waits.sent as f64 / rate * 1e9) as u64;
                lanes[turn].push(pool, cursor, due, &mut datagrams);
                cursor = (cursor + 1) % pool.count();
                waits.sent += 1;
            }
            // What the system does not take is lost, and counted at the end.
            let _ = datagrams.send(&lanes[turn].socket, Towards::Connected);
            turn = (turn + 1) % SOCKETS;
        }
        if sleeps {
            let next = Duration::from_secs_f64((waits.sent + 1) as f64 / rate);
            sys::wait(lanes.iter().map(|lane| &lane.socket), next.saturating_sub(start.elapsed()));
        }
        lanes.iter_mut().for_each(|lane| lane.receive(pool, start, &mut datagrams, &mut waits));
    }
    let end = Instant::now();
    while end.elapsed() < PATIENCE && (waits.waits.len() as u64) < waits.sent {
        lanes.iter_mut().for_each(|lane| lane.receive(pool, start, &mut datagrams, &mut waits));
    }
    waits.lost = waits.sent - waits.waits.len() as u64;
    waits.waits.sort_unstable();
    waits
}

impl Lane {
    fn new(addr: SocketAddr) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.connect(addr).unwrap();
        Self { socket, next: 0, asked: vec![Asked { id: 0, due: DONE, query: 0 }; UNDER_WAY] }
    }

    fn push(&mut self, pool: &Pool, query: usize, due: u64, datagrams: &mut Datagrams) {
        let id = self.next;
        self.next = id.wrapping_add(1);
        self.asked[usize::from(id) % UNDER_WAY] = Asked { id, due, query };
        datagrams.push(pool.query(query))[..2].copy_from_slice(&id.to_be_bytes());
    }

    fn receive(&mut self, pool: &Pool, start: Instant, datagrams: &mut Datagrams, waits: &mut Waits) {
        let count = datagrams.receive(&self.socket, Wait::Never).unwrap();
        let now = start.elapsed().as_nanos() as u64;
        for at in 0..count {
            let answer = datagrams.get(at);
            let id = answer.first_chunk().map_or(0, |&id| u16::from_be_bytes(id));
            let asked = &mut self.asked[usize::from(id) % UNDER_WAY];
            if asked.id != id || asked.due == DONE {
                continue;
            }
            waits.waits.push(now.saturating_sub(asked.due));
            asked.due = DONE;
            waits.wrong += u64::from(pool.fault(asked.query, answer).is_some());
        }
    }
}

impl Waits {
    /// Microseconds that this share of the answers needed at most.
    pub fn micros(&self, share: f64) -> f64 {
        let at = (self.waits.len() as f64 * share) as usize;
        self.waits.get(at.min(self.waits.len().saturating_sub(1))).map_or(f64::NAN, |&wait| wait as f64 / 1e3)
    }
}
