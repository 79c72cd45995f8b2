//! Load on a server, full or paced, no query of which may be lost.
//!
//! Each socket has a few queries under way and sends the next when an answer comes, so that under full load the server is
//! always asked as much as it can answer, and what waits in sockets is always less than they hold: what is then not
//! answered was lost by the server. Nothing is asked twice. Paced, the next one waits until it is its time: as many a
//! second as a busy server gets, which leaves the machine something for other work.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Queries under way at each socket. Their answers fill at most 20 KiB.
const UNDER_WAY: u16 = 16;
const SOCKETS: u16 = 4;
/// Queries a second of all sockets together where they are paced.
const PACE: u32 = 30_000;
/// Who is ahead by less goes on: a shorter sleep costs more than it saves.
const AHEAD: Duration = Duration::from_millis(2);
/// An answer that has not come by then never will; a busy machine answers late.
const LAST_CALL: Duration = Duration::from_secs(30);

/// A query, and how many records its answer has at least; without any it is that there is no such name.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) query: Vec<u8>,
    pub(super) answers: u16,
}

#[derive(Default)]
struct Told {
    sent: AtomicU64,
    answered: AtomicU64,
    paced: AtomicBool,
    stop: AtomicBool,
    faults: Mutex<Vec<String>>,
}

/// Load that goes on until it is ended.
pub(super) struct Load {
    told: Arc<Told>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    pub(super) fn start(server: SocketAddr, asked: &Arc<Vec<Asked>>) -> Self {
        let told = Arc::new(Told::default());
        let thread = |number: u16| {
            let (told, asked) = (Arc::clone(&told), Arc::clone(asked));
            std::thread::spawn(move || ask(server, &asked, number, &told))
        };
        Self { threads: (0..SOCKETS).map(thread).collect(), told }
    }

    pub(super) fn answered(&self) -> u64 {
        self.told.answered.load(Relaxed)
    }

    /// From now on no more than so many a second.
    pub(super) fn pace(&self) {
        self.told.paced.store(true, Relaxed);
    }

    /// Sends no more, waits for what is under way, and returns how many queries there were.
    pub(super) fn end(self) -> u64 {
        self.told.stop.store(true, Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
        let faults = self.told.faults.lock().unwrap();
        assert!(faults.is_empty(), "{faults:#?}");
        let (sent, answered) = (self.told.sent.load(Relaxed), self.told.answered.load(Relaxed));
        assert_eq!(answered, sent, "queries were lost");
        sent
    }
}

fn ask(server: SocketAddr, asked: &[Asked], number: u16, told: &Told) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(server).unwrap();
    socket.set_read_timeout(Some(LAST_CALL)).unwrap();
    // Each id is of one place under way; what was asked there last is what its answer is to.
    let mut under_way = vec![0_usize; UNDER_WAY.into()];
    let mut next = usize::from(number) * asked.len() / usize::from(SOCKETS);
    let mut send = |id: u16, under_way: &mut [usize]| {
        next = (next + 1) % asked.len();
        under_way[usize::from(id)] = next;
        let mut query = asked[next].query.clone();
        query[..2].copy_from_slice(&id.to_be_bytes());
        socket.send(&query).unwrap();
        told.sent.fetch_add(1, Relaxed);
    };
    (0..UNDER_WAY).for_each(|id| send(id, &mut under_way));
    let (mut open, mut reply) = (UNDER_WAY, [0; 4096]);
    let mut time = Instant::now();
    while open > 0 {
        let Ok(len) = socket.recv(&mut reply) else {
            told.faults.lock().unwrap().push(format!("{open} queries were not answered"));
            return;
        };
        let id = u16::from_be_bytes([reply[0], reply[1]]);
        let expected = under_way.get(usize::from(id)).map(|&at| &asked[at]);
        if let Err(fault) = check(expected, &reply[..len]) {
            told.faults.lock().unwrap().push(fault);
            return;
        }
        told.answered.fetch_add(1, Relaxed);
        if told.paced.load(Relaxed) {
            time = in_time(time + Duration::from_secs(1) * u32::from(SOCKETS) / PACE);
        }
        if told.stop.load(Relaxed) {
            open -= 1;
        } else {
            send(id, &mut under_way);
        }
    }
}

/// Waits until it is time. Who is late does not make up for it: that would be full load again.
fn in_time(time: Instant) -> Instant {
    let now = Instant::now();
    let ahead = time.saturating_duration_since(now);
    if ahead > AHEAD {
        std::thread::sleep(ahead);
    }
    time.max(now)
}

fn check(asked: Option<&Asked>, reply: &[u8]) -> Result<(), String> {
    let asked = asked.ok_or("an id that nobody asked with")?;
    let question = asked.query[12..].split(|&octet| octet == 0).next().unwrap_or_default();
    let (flags, answers) = ([reply[2], reply[3]], u16::from_be_bytes([reply[6], reply[7]]));
    let rcode = if asked.answers > 0 { 0 } else { 3 };
    // QR and AA, neither TC nor RA.
    if flags[0] & 0xfe != 0x84 || flags[1] & 0x0f != rcode {
        return Err(format!("flags {flags:02x?}"));
    }
    if answers < asked.answers || !reply[12..].starts_with(question) {
        return Err(format!("{answers} answers, {} expected", asked.answers));
    }
    Ok(())
}
