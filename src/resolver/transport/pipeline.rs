//! Many questions on one stream, replies in any order. Source: RFC 7766 §6.2.1.1 and §7.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::select;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

/// How long a connection without questions is kept. Source: RFC 7766 §6.2.3 asks for seconds.
const IDLE: Duration = Duration::from_secs(10);
/// Replies that are waited for at once, at most.
pub(super) const MOST: usize = 64;
/// A server that sends nothing for so long, while questions wait, is taken for dead.
const STALLED: Duration = Duration::from_secs(4);

/// A question, whose id is replaced by one that is free on the stream, and who waits for the reply; who is told nothing where the stream ends.
pub(super) struct Question {
    pub(super) octets: Vec<u8>,
    pub(super) reply: oneshot::Sender<Vec<u8>>,
}

/// Questions that were sent, by their ids on the stream.
#[derive(Default)]
struct Sent(Mutex<HashMap<u16, Waiting>>);

struct Waiting {
    reply: oneshot::Sender<Vec<u8>>,
    /// The question's own.
    id: [u8; 2],
    since: Instant,
}

/// Carries questions and replies until either side ends, or nobody asks anything any more.
pub(super) async fn carry<S: AsyncRead + AsyncWrite>(stream: S, mut questions: mpsc::Receiver<Question>) {
    let (read, write) = tokio::io::split(stream);
    let sent = Sent::default();
    let reading = std::pin::pin!(receive(read, &sent));
    let writing = std::pin::pin!(send(write, &mut questions, &sent));
    // What ends the one ends the other; those who wait are told by their channels.
    let _ = select(reading, writing).await;
}

async fn send<S: AsyncWrite>(
    mut write: WriteHalf<S>,
    questions: &mut mpsc::Receiver<Question>,
    sent: &Sent,
) -> io::Result<()> {
    loop {
        match timeout(IDLE, questions.recv()).await {
            Ok(Some(question)) => {
                let Some(octets) = sent.put(question) else { continue };
                let length = u16::try_from(octets.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
                // One write, so one record.
                write.write_all(&[&length.to_be_bytes(), &octets[..]].concat()).await?;
                write.flush().await?;
            }
            Err(_) if !sent.is_empty() => {}
            // Nobody has a question, or nobody can have one.
            Ok(None) | Err(_) => return write.shutdown().await,
        }
    }
}

async fn receive<S: AsyncRead>(mut read: ReadHalf<S>, sent: &Sent) -> io::Result<()> {
    let mut length = [0; 2];
    loop {
        fill(&mut read, &mut length, sent).await?;
        let mut message = vec![0; u16::from_be_bytes(length).into()];
        fill(&mut read, &mut message, sent).await?;
        sent.take(message);
    }
}

/// Reads as much as the buffer holds.
async fn fill<S: AsyncRead>(read: &mut ReadHalf<S>, buffer: &mut [u8], sent: &Sent) -> io::Result<()> {
    let mut at = 0;
    while at < buffer.len() {
        match timeout(STALLED, read.read(&mut buffer[at..])).await {
            Ok(Ok(0)) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => at += count?,
            Err(_) if sent.is_stalled() => return Err(io::ErrorKind::TimedOut.into()),
            Err(_) => {}
        }
    }
    Ok(())
}

impl Sent {
    fn with<T>(&self, does: impl FnOnce(&mut HashMap<u16, Waiting>) -> T) -> T {
        does(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The octets to be sent; `None` where there is no room, which who asked is told by the channel.
    fn put(&self, Question { mut octets, reply }: Question) -> Option<Vec<u8>> {
        let id = *octets.first_chunk()?;
        self.with(|sent| {
            if sent.len() >= MOST {
                sent.retain(|_, waiting| !waiting.reply.is_closed());
            }
            if sent.len() >= MOST {
                return None;
            }
            let wanted = u16::from_be_bytes(id);
            let free =
                (0..=u16::MAX).map(|step| wanted.wrapping_add(step)).find(|id| !sent.contains_key(id))?;
            octets[..2].copy_from_slice(&free.to_be_bytes());
            sent.insert(free, Waiting { reply, id, since: Instant::now() });
            Some(octets)
        })
    }

    fn take(&self, mut message: Vec<u8>) {
        let Some(id) = message.first_chunk().map(|id| u16::from_be_bytes(*id)) else { return };
        if let Some(Waiting { reply, id, .. }) = self.with(|sent| sent.remove(&id)) {
            message[..2].copy_from_slice(&id);
            // Who asked may have given up.
            let _ = reply.send(message);
        }
    }

    fn is_empty(&self) -> bool {
        self.with(|sent| sent.is_empty())
    }

    /// Whether a question has waited for so long; those whose askers have given up count.
    fn is_stalled(&self) -> bool {
        self.with(|sent| sent.values().any(|waiting| waiting.since.elapsed() >= STALLED))
    }
}
