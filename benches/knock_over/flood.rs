//! Datagrams as fast as they can be sent, from many addresses and ports.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use super::wire::{self, Numbers};

/// Addresses in use at a time by one thread.
const SOCKETS: usize = 128;
/// A socket is bound anew, so with another port, after this many datagrams of the thread.
const RENEW: u64 = 512;

/// Threads that send until they are told to stop.
pub struct Flood {
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

impl Flood {
    pub fn start(target: SocketAddr, threads: usize) -> Self {
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let threads = (0..threads)
            .map(|number| {
                let (stop, sent) = (Arc::clone(&stop), Arc::clone(&sent));
                thread::spawn(move || send(target, number, &stop, &sent))
            })
            .collect();
        Self { stop, sent, threads }
    }

    /// How many datagrams were sent.
    pub fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
        self.sent.load(Ordering::Relaxed)
    }
}

fn send(target: SocketAddr, thread: usize, stop: &AtomicBool, sent: &AtomicU64) {
    let mut numbers = Numbers::new(thread as u64 + 1);
    let thread = u8::try_from(thread % 100).unwrap();
    let bind = |numbers: &mut Numbers| {
        let [high, low, ..] = numbers.next().to_be_bytes();
        UdpSocket::bind((Ipv4Addr::new(127, 100 + thread, high, low.max(1)), 0)).unwrap()
    };
    let mut sockets: Vec<UdpSocket> = (0..SOCKETS).map(|_| bind(&mut numbers)).collect();
    let mut count = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        let number = numbers.next();
        let socket = usize::try_from(number % SOCKETS as u64).unwrap();
        if count.is_multiple_of(RENEW) {
            sockets[socket] = bind(&mut numbers);
        }
        let message = message(number, &mut numbers);
        // A full buffer is no reason to stop.
        if sockets[socket].send_to(&message, target).is_ok() {
            sent.fetch_add(1, Ordering::Relaxed);
        }
        count += 1;
    }
}

/// Mostly names that do not exist; some that do, some of other zones, some that are no messages at all.
fn message(number: u64, numbers: &mut Numbers) -> Vec<u8> {
    let id = (number >> 48) as u16;
    let label = format!("{:016x}", numbers.next());
    match (number >> 32) % 16 {
        0 => number.to_be_bytes().repeat(8),
        1 | 2 => wire::query(id, wire::WWW, wire::A),
        3 => wire::query(id, format!("\x10{label}\x07invalid\0").as_bytes(), wire::A),
        _ => wire::query(id, format!("\x10{label}\x07example\0").as_bytes(), wire::A),
    }
}
