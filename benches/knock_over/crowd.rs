//! Connections that are there to be in the way.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::served::Target;
use super::wire::{self, Numbers};

/// Connections that each address opens.
const PER_ADDRESS: usize = 50;
/// Who is sent away comes again after this time, at most.
const AGAIN: Duration = Duration::from_millis(500);
const CONNECT: Duration = Duration::from_secs(5);
/// Between the octets of one who sends slowly.
const DRIP: Duration = Duration::from_millis(500);
/// What one who never reads asks for.
const DEAF_QUERIES: usize = 64;
/// What one who never reads takes before the server has to wait.
const DEAF_BUFFER: u32 = 4096;

#[derive(Default)]
pub struct Counts {
    pub open: AtomicUsize,
    pub opened: AtomicU64,
    pub closed: AtomicU64,
    pub failed: AtomicU64,
}

/// What a member of the crowd does.
#[derive(Clone, Copy)]
enum Manner {
    /// Sends nothing.
    Idle,
    /// Sends half of a request.
    Half,
    /// Sends an octet now and then.
    Drip,
    /// Asks for much and reads nothing.
    Deaf,
    /// Begins a handshake of TLS and does not go on.
    Stalled,
}

impl Manner {
    fn of(member: usize) -> Self {
        match member % 8 {
            0..=3 => Self::Idle,
            4 => Self::Half,
            5 => Self::Drip,
            6 => Self::Deaf,
            _ => Self::Stalled,
        }
    }
}

/// Keeps `size` connections to `target` from many addresses, each opened again whenever it is closed.
/// Dropping the set ends them.
pub fn gather(target: &Target, size: usize, counts: &Arc<Counts>) -> JoinSet<()> {
    let mut crowd = JoinSet::new();
    for member in 0..size {
        let (counts, manner) = (Arc::clone(counts), Manner::of(member));
        let target = if matches!(manner, Manner::Stalled) { target.tls } else { target.plain };
        crowd.spawn(async move {
            let mut numbers = Numbers::new(member as u64);
            loop {
                match timeout(CONNECT, connect(target, member)).await {
                    Ok(Ok(stream)) => {
                        counts.opened.fetch_add(1, Ordering::Relaxed);
                        counts.open.fetch_add(1, Ordering::Relaxed);
                        let _open = Open(&counts.open);
                        be_in_the_way(stream, manner).await;
                        counts.closed.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(Err(_)) | Err(_) => {
                        counts.failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
                sleep(AGAIN.mul_f64((numbers.next() % 100) as f64 / 100.0)).await;
            }
        });
    }
    crowd
}

/// Also where the task is aborted.
struct Open<'a>(&'a AtomicUsize);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn connect(target: SocketAddr, member: usize) -> std::io::Result<TcpStream> {
    let [.., high, low] = u32::try_from(member / PER_ADDRESS).unwrap().to_be_bytes();
    let socket = TcpSocket::new_v4()?;
    if matches!(Manner::of(member), Manner::Deaf) {
        socket.set_recv_buffer_size(DEAF_BUFFER)?;
    }
    socket.bind((Ipv4Addr::new(127, 1, high, low), 0).into())?;
    socket.connect(target).await
}

/// Until the server closes.
async fn be_in_the_way(mut stream: TcpStream, manner: Manner) {
    let request = wire::framed(&wire::query(7, wire::BIG, wire::TXT));
    match manner {
        Manner::Idle => {}
        Manner::Half => {
            let _ = stream.write_all(&request[..request.len() / 2]).await;
        }
        Manner::Drip => {
            for octet in request.iter().cycle() {
                if stream.write_all(&[*octet]).await.is_err() {
                    return;
                }
                sleep(DRIP).await;
            }
        }
        Manner::Deaf => {
            if stream.write_all(&request.repeat(DEAF_QUERIES)).await.is_err() {
                return;
            }
            // It is closed, seen without reading, once writing fails.
            while stream.write_all(&request).await.is_ok() {
                sleep(DRIP).await;
            }
            return;
        }
        Manner::Stalled => {
            // A ClientHello of 512 octets, of which a few come.
            let _ = stream.write_all(&[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]).await;
        }
    }
    let _ = stream.read(&mut [0; 16]).await;
}
