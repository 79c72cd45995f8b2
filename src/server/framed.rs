//! Messages with their length in front, answered in the order in which they come: what a TCP
//! connection carries, within TLS or not. Source: RFC 1035 §4.2.2, RFC 7766, RFC 7858 §3.3.
//!
//! A connection's requests are answered one after the other and the next is read only when the
//! last reply is taken, so a client that does not read holds one buffer and no more.

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
/// Read at a time; a buffer grows beyond only for a request that is longer.
const READ: usize = 4096;

/// Serves one connection, until the client ends it, is idle for too long, or the server ends.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    asking: Asking<'_>,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let idle = asking.slot.idle();
    let mut connection = Connection::default();
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

#[derive(Default)]
struct Connection {
    /// What was read and not answered yet.
    input: Vec<u8>,
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
    /// Answers whole requests until enough replies wait to be sent.
    fn answer_waiting(&mut self, asking: &Asking<'_>) -> Next {
        let mut answered = 0;
        let next = loop {
            let Some(octets) = whole_request(&self.input[answered..]) else { break Next::Read };
            if self.output.len() >= TOGETHER {
                break Next::GoOn;
            }
            let verdict = asking.responder.respond(octets, asking.transport, asking.peer, &mut self.message);
            answered += LENGTH + octets.len();
            match verdict {
                Verdict::Send => self.release(),
                Verdict::SendAfter(time) => break Next::Hold(time),
                Verdict::Silence => {}
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
        if let Ok(len) = u16::try_from(self.message.len()) {
            self.output.extend_from_slice(&len.to_be_bytes());
            self.output.extend_from_slice(&self.message);
        }
    }

    /// Reads until a request is whole; `false` where the client has ended.
    async fn read_request(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<bool> {
        while whole_request(&self.input).is_none() {
            self.input.reserve(READ);
            if stream.read_buf(&mut self.input).await? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
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
