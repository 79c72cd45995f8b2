//! Messages with their length in front, answered in the order in which they come: what a TCP
//! connection carries, within TLS or not. Source: RFC 1035 §4.2.2, RFC 7766, RFC 7858 §3.3.
//!
//! What is read at a time is answered at a time, in order, and more is read only when those replies are taken, so a
//! client that does not read holds one buffer and no more.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::timeout;

use super::connections::Slot;
use super::respond::{Responder, Verdict};
use super::server::{held_back, stopped};
use super::transport::Transport;

/// The length in front of each message. Source: RFC 1035 §4.2.2.
const LENGTH: usize = 2;
/// Replies are sent together as long as they are no more than this.
const TOGETHER: usize = 16 * 1024;
/// Read at a time from a client that asks little; a buffer grows beyond for a request that is longer.
const READ: usize = 4096;
/// Read at a time from a client that asks much.
const MOST_READ: usize = 32 * 1024;

/// Serves one connection, until the client ends it, is idle for too long, or the server ends.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    asking: Asking<'_>,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let idle = asking.slot.idle();
    let mut connection = Connection::new();
    loop {
        let next = connection.answer_waiting(&asking);
        if !connection.output.is_empty() {
            let sent = async {
                stream.write_all(&connection.output).await?;
                stream.flush().await
            };
            timeout(idle, sent).await??;
            asking.slot.stir();
            connection.output.clear();
            connection.output.shrink_to(TOGETHER);
        }
        match next {
            Next::Read => {}
            Next::GoOn => {
                tokio::task::yield_now().await;
                continue;
            }
            Next::Hold(time) => {
                held_back(time, &mut stop).await;
                connection.release();
                continue;
            }
        }
        let whole = connection.read_request(&mut stream);
        tokio::select! {
            biased;
            read = timeout(idle, whole) => match read?? {
                true => asking.slot.stir(),
                false => return timeout(idle, stream.shutdown()).await?,
            },
            () = stopped(&mut stop) => return timeout(idle, stream.shutdown()).await?,
        }
    }
}

/// Who asks, by what, and who answers.
pub(super) struct Asking<'a> {
    pub(super) responder: &'a Responder,
    pub(super) transport: Transport,
    pub(super) peer: IpAddr,
    pub(super) slot: &'a Slot,
}

struct Connection {
    /// What was read and not answered yet.
    input: Vec<u8>,
    /// Octets to be read at a time.
    room: usize,
    /// Framed replies that were not sent yet.
    output: Vec<u8>,
    message: Vec<u8>,
}

/// What a connection does after its replies are sent.
enum Next {
    Read,
    /// Another request is whole.
    GoOn,
    /// The reply in `message` waits for this time, and everything else of the connection with it.
    Hold(Duration),
}

impl Connection {
    const fn new() -> Self {
        Self { input: Vec::new(), room: READ, output: Vec::new(), message: Vec::new() }
    }

    /// Answers whole requests until enough replies wait to be sent.
    fn answer_waiting(&mut self, asking: &Asking<'_>) -> Next {
        let Self { input, output, message, .. } = self;
        let (mut answered, mut hold) = (0, None);
        let next = loop {
            if whole_request(&input[answered..]).is_none() {
                break Next::Read;
            }
            if output.len() >= TOGETHER {
                break Next::GoOn;
            }
            let mut rest = &input[answered..];
            let requests = std::iter::from_fn(|| {
                let request = whole_request(rest)?;
                rest = &rest[LENGTH + request.len()..];
                Some(request)
            });
            let who = (asking.transport, asking.peer);
            asking.responder.respond_in_turn(requests, who, message, |verdict, reply| {
                answered += LENGTH + whole_request(&input[answered..]).map_or(0, <[u8]>::len);
                match verdict {
                    Verdict::Send => frame(reply, output),
                    Verdict::SendAfter(time) => hold = Some(time),
                    Verdict::Silence => {}
                }
                hold.is_none() && output.len() < TOGETHER
            });
            if let Some(time) = hold {
                break Next::Hold(time);
            }
        };
        self.input.drain(..answered);
        if self.input.is_empty() {
            // A connection that idles keeps no more than small buffers.
            self.input.shrink_to(READ);
        }
        if matches!(next, Next::Read) {
            self.message.shrink_to(READ);
        }
        next
    }

    /// Frames the reply in `message`.
    fn release(&mut self) {
        frame(&self.message, &mut self.output);
    }

    /// Reads until a request is whole; `false` where the client has ended.
    async fn read_request(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<bool> {
        while whole_request(&self.input).is_none() {
            self.input.reserve(self.room);
            let read = stream.read_buf(&mut self.input).await?;
            if read == 0 {
                return Ok(false);
            }
            self.room = (2 * read).clamp(READ, MOST_READ);
        }
        Ok(true)
    }
}

/// Puts a reply with its length behind those that wait to be sent.
fn frame(reply: &[u8], output: &mut Vec<u8>) {
    if let Ok(len) = u16::try_from(reply.len()) {
        output.extend_from_slice(&len.to_be_bytes());
        output.extend_from_slice(reply);
    }
}

/// The message at the front, without its length.
fn whole_request(input: &[u8]) -> Option<&[u8]> {
    let (&length, rest) = input.split_first_chunk::<LENGTH>()?;
    rest.get(..usize::from(u16::from_be_bytes(length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_whole_or_not() {
        assert_eq!(whole_request(b""), None);
        assert_eq!(whole_request(b"\x00"), None);
        assert_eq!(whole_request(b"\x00\x02a"), None);
        assert_eq!(whole_request(b"\x00\x02abc"), Some(b"ab".as_slice()));
    }
}
