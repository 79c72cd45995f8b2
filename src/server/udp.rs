//! UDP: a socket and a thread for each core, which shares nothing with the others that it writes.
//!
//! A thread waits in the system for datagrams, takes what is there, answers all of it and sends all replies, with two
//! calls for as many as come together.

#[cfg(target_os = "linux")]
mod batch;
mod mail;
#[cfg(all(test, target_os = "linux"))]
mod refuse;

use std::io::ErrorKind;
use std::net::{Shutdown, UdpSocket};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use socket2::SockRef;
use tokio::sync::{oneshot, watch};

#[cfg(target_os = "linux")]
use batch::Batch;
#[cfg(not(target_os = "linux"))]
use mail::OneByOne;
use mail::{MOST, Mail};

use super::bind::Datagrams;
use super::respond::{Reply, Responder, Verdict};
use super::server::stopped;
use super::sheets::SheetNumber;

/// A socket that fails again and again must not keep a core busy.
const AFTER_FAILURE: Duration = Duration::from_millis(10);
/// In how long a thread that nothing comes for sees that it shall end, where the system does not wake it.
const LOOKS_UP: Duration = Duration::from_secs(1);

/// Answers on a thread of its own until told to stop, or dropped: whatever connections have the others do, datagrams
/// have their turn. Counts on the sheet of this number.
pub(super) async fn serve(
    (socket, shared): Datagrams,
    responder: Arc<Responder>,
    sheet: SheetNumber,
    mut stop: watch::Receiver<bool>,
) {
    let socket = Arc::new(socket);
    // Who has it too goes on with it: it must not be shut down, and the thread looks up by itself.
    let wakes = (!shared).then(|| Arc::clone(&socket));
    let halt = Halt { wanted: Arc::default(), wakes };
    let wanted = Arc::clone(&halt.wanted);
    let (end, mut ended) = oneshot::channel::<()>();
    let answering = move || {
        answer_until(&wanted, &socket, &responder, sheet);
        // Nobody may wait for it.
        end.send(()).ok();
    };
    let thread = match thread::Builder::new().name("udp".to_owned()).spawn(answering) {
        Ok(thread) => thread,
        Err(error) => panic!("no thread for UDP: {error}"),
    };
    let ended = tokio::select! {
        ended = &mut ended => ended,
        () = stopped(&mut stop) => {
            drop(halt);
            ended.await
        }
    };
    // An error says that the thread has panicked.
    if ended.is_err()
        && let Err(panic) = thread.join()
    {
        resume_unwind(panic);
    }
}

/// Ends the thread when it is dropped.
struct Halt {
    wanted: Arc<AtomicBool>,
    wakes: Option<Arc<UdpSocket>>,
}

impl Drop for Halt {
    fn drop(&mut self) {
        self.wanted.store(true, Ordering::Release);
        // Wakes who waits for a datagram, on Linux, though it says that there is no connection.
        if let Some(socket) = &self.wakes {
            SockRef::from(&**socket).shutdown(Shutdown::Read).ok();
        }
    }
}

fn answer_until(halt: &AtomicBool, socket: &UdpSocket, responder: &Responder, sheet: SheetNumber) {
    let blocks = socket.set_nonblocking(false).and_then(|()| socket.set_read_timeout(Some(LOOKS_UP)));
    if let Err(error) = blocks {
        panic!("a UDP socket can't be waited for: {error}");
    }
    let mut replies: Vec<Reply> = std::iter::repeat_with(Reply::new).take(MOST).collect();
    #[cfg(target_os = "linux")]
    let mut mail = Batch::new(socket);
    #[cfg(not(target_os = "linux"))]
    let mut mail = OneByOne::new();
    answer_all(&mut mail, &mut replies, halt, socket, responder, sheet);
}

fn answer_all(
    mail: &mut impl Mail,
    replies: &mut [Reply],
    halt: &AtomicBool,
    socket: &UdpSocket,
    responder: &Responder,
    sheet: SheetNumber,
) {
    let mut fails = false;
    loop {
        let received = mail.receive(socket);
        let ends = halt.load(Ordering::Acquire);
        let count = match received {
            Ok(count) => {
                fails = false;
                count
            }
            Err(_) if ends => return,
            Err(error) => match error.kind() {
                // Nothing came.
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => continue,
                // Such as no memory.
                _ => {
                    // Told once, however long it lasts.
                    if !std::mem::replace(&mut fails, true) {
                        tracing::warn!(%error, "receiving over UDP failed");
                    }
                    thread::sleep(AFTER_FAILURE);
                    continue;
                }
            },
        };
        let replies = &mut replies[..count];
        responder.respond_to_all(|at| mail.request(at), replies, sheet);
        let sent = replies.iter().enumerate().filter(|(_, reply)| reply.verdict == Verdict::Send);
        mail.send(socket, sent.map(|(at, reply)| (at, reply.octets.as_slice())));
        // What was taken is answered first: nobody else can.
        if ends {
            return;
        }
    }
}
