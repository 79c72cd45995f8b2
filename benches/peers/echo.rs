//! The floor: a server that does nothing but receive and send. It returns as many octets as it is asked for.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::process::thread_time;
use super::sys::{self, Datagrams, Towards, Wait};

/// A thread that echoes until this is dropped.
pub struct Echo {
    pub addr: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    id: u32,
}

impl Echo {
    pub fn start(core: usize) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let addr = socket.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let (told, tell) = std::sync::mpsc::channel();
        let until = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            sys::pin(&[core]).unwrap();
            told.send(sys::thread_id()).unwrap();
            let mut datagrams = Datagrams::new();
            while !until.load(Ordering::Relaxed) {
                turn(&socket, &mut datagrams);
            }
        });
        Self { addr, stop, thread: Some(thread), id: tell.recv().unwrap() }
    }

    /// Time that it has had a core.
    pub fn time(&self) -> Duration {
        thread_time(std::process::id(), self.id)
    }
}

fn turn(socket: &UdpSocket, datagrams: &mut Datagrams) {
    let count = datagrams.receive(socket, Wait::ForOne).unwrap();
    if count == 0 {
        return;
    }
    for at in 0..count {
        let wanted = wanted(datagrams.get(at));
        datagrams.set_len(at, wanted);
    }
    // What is not taken is lost, as with any server.
    let _ = datagrams.send(socket, Towards::Senders);
}

/// The octets that are asked for: the payload size in the OPT record, with which a query ends.
fn wanted(query: &[u8]) -> usize {
    let Some(at) = query.len().checked_sub(8) else { return query.len() };
    usize::from(u16::from_be_bytes([query[at], query[at + 1]])).min(sys::ROOM)
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
