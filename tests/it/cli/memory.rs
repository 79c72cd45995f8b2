//! What a server holds of memory: after a reload no more than before.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use mimi_dns::record::Rtype;

use super::operating::{Operated, zone};
use super::run;
use super::serve::eventually;
use crate::wire;

const NAMES: usize = 100_000;
const RELOADS: u32 = 6;

/// KiB of memory that is the process's own, program and files aside.
fn held(operated: &Operated) -> u64 {
    let path = format!("/proc/{}/smaps_rollup", operated.serving.child.id());
    let text = std::fs::read_to_string(path).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("Anonymous:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse().unwrap()
}

/// Asks for one name after the other until it is dropped.
struct Asking {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Asking {
    fn start(operated: &Operated) -> Self {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(&operated.serving.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&answered));
        let thread = std::thread::spawn(move || {
            let mut reply = [0; 512];
            for number in (0..NAMES).cycle().take_while(|_| !stopped.load(Relaxed)) {
                socket.send(&wire::query(&format!("n{number}.a.example."), Rtype::A)).unwrap();
                assert!(socket.recv(&mut reply).unwrap() > 12);
                count.fetch_add(1, Relaxed);
            }
        });
        Self { stop, answered, thread: Some(thread) }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        let ended = self.thread.take().unwrap().join();
        assert!(std::thread::panicking() || ended.is_ok(), "a query was not answered");
    }
}

#[test]
fn memory_returns_after_reloads() {
    let small = zone("a.example", 1, "");
    let operated = Operated::start(&[("a.zone", &small)], "[\"a.zone\"]");
    let config = operated.folder.path().join("mimi-dns.toml");
    let reload = |serial: u32, names: &str| {
        operated.write("a.zone", &zone("a.example", serial, names));
        let told = run(&["control", "--config", config.to_str().unwrap(), "reload"]);
        assert_eq!(told.out, "1 loaded, 0 unchanged, 0 removed, 0 errors\n", "{}", told.err);
    };
    let names: String =
        (0..NAMES).map(|number| format!("n{number} A 192.0.2.1\n TXT {number:0100}\n")).collect();
    let asking = Asking::start(&operated);
    let empty = held(&operated);
    reload(2, &names);
    // One more, so that what is held once for all, and not for each zone, is there.
    reload(3, &names);
    let once = held(&operated);
    let copy = once.saturating_sub(empty);
    assert!(copy > NAMES as u64 / 10, "{copy} KiB are hardly {NAMES} names");
    for serial in 4..4 + RELOADS {
        let before = asking.answered.load(Relaxed);
        reload(serial, &names);
        assert!(eventually(|| asking.answered.load(Relaxed) > before), "nobody is answered");
    }
    // The threads that answer let go of the former zone with their next question.
    let bound = once + copy / 2;
    assert!(eventually(|| held(&operated) < bound), "{} KiB, {once} before, {copy} a copy", held(&operated));
    reload(100, "");
    let bound = empty + copy / 2;
    assert!(
        eventually(|| held(&operated) < bound),
        "{} KiB, {empty} at first, {copy} a copy",
        held(&operated)
    );
}
