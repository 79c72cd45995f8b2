//! One connection of QUIC and its streams.

use std::sync::Arc;

use quinn::{Connection, ReadError, RecvStream, SendStream, VarInt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::server::answer::MAX_MESSAGE;
use crate::server::connections::Slot;
use crate::server::respond::{Responder, Verdict};
use crate::server::server::{Context, held_back, stopped};
use crate::server::transport::Transport;

/// Source of the codes: RFC 9250 §4.3.
pub(super) const NO_ERROR: VarInt = VarInt::from_u32(0x0);
const PROTOCOL_ERROR: VarInt = VarInt::from_u32(0x2);
const REQUEST_CANCELLED: VarInt = VarInt::from_u32(0x3);
const EXCESSIVE_LOAD: VarInt = VarInt::from_u32(0x4);

/// The length in front of each message.
const LENGTH: usize = 2;
/// Of one connection, answered at a time: each may hold two messages of the largest size.
const TURNS: usize = 4;
/// A request that is longer is read on when there is a turn for it, in octets.
const SHORT: usize = 1024;

/// Serves one connection, until the client ends it, breaks the protocol, is idle for too long, or
/// the server ends.
pub(super) async fn serve(connection: Connection, slot: Slot, mut context: Context) {
    let client = Arc::new(Client {
        responder: Arc::clone(&context.responder),
        connection: connection.clone(),
        slot,
        turns: Arc::new(Semaphore::new(TURNS)),
        stop: context.stop.clone(),
    });
    let mut streams = JoinSet::new();
    let code = loop {
        tokio::select! {
            biased;
            () = client.slot.taken() => break EXCESSIVE_LOAD,
            () = client.slot.expired() => break NO_ERROR,
            () = stopped(&mut context.stop) => break finish(&client, &mut streams).await,
            Some(ended) = streams.join_next() => if let Ok(Err(code)) = ended { break code },
            accepted = connection.accept_bi() => match accepted {
                Ok((send, receive)) => {
                    streams.spawn(Arc::clone(&client).answer(send, receive));
                }
                // The client has ended it.
                Err(_) => return,
            },
        }
    };
    connection.close(code, b"");
}

/// Waits for what was asked to be answered, and taken by the client.
async fn finish(client: &Client, streams: &mut JoinSet<Result<(), VarInt>>) -> VarInt {
    let all_done = async { while streams.join_next().await.is_some() {} };
    tokio::select! {
        () = client.slot.taken() => EXCESSIVE_LOAD,
        () = client.slot.expired() => NO_ERROR,
        _ = client.connection.closed() => NO_ERROR,
        () = all_done => NO_ERROR,
    }
}

struct Client {
    responder: Arc<Responder>,
    connection: Connection,
    slot: Slot,
    turns: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
}

impl Client {
    /// Serves one stream.
    ///
    /// # Errors
    /// The code with which the connection has to be closed.
    async fn answer(self: Arc<Self>, mut send: SendStream, mut receive: RecvStream) -> Result<(), VarInt> {
        match self.exchange(&mut send, &mut receive).await {
            Ok(()) => {
                send.finish().ok();
                // What it has acknowledged is not lost when the server ends.
                if let Ok(Ok(None)) = timeout(self.slot.idle(), send.stopped()).await {
                    self.slot.stir();
                }
                Ok(())
            }
            // Otherwise the stream would end as if all were well.
            Err(fault) => {
                send.reset(fault.code()).ok();
                if matches!(fault, Fault::Cancelled) { Ok(()) } else { Err(fault.code()) }
            }
        }
    }

    async fn exchange(&self, send: &mut SendStream, receive: &mut RecvStream) -> Result<(), Fault> {
        let mut turn = None;
        let read = timeout(self.slot.idle(), self.read(receive, &mut turn)).await;
        // A stream without FIN breaks the protocol too.
        let octets = read.map_err(|_| Fault::Broken)??;
        let message = whole(&octets).ok_or(Fault::Broken)?;
        if message.get(..2).is_some_and(|id| id != [0, 0]) {
            return Err(Fault::Broken);
        }
        if turn.is_none() {
            turn = self.turn().await;
        }
        // Not before: a client that takes no replies does not stay by asking more.
        self.slot.stir();
        let reply = self.ask(message, send).await?;
        let written = timeout(self.slot.idle(), write(send, &reply)).await;
        drop(turn);
        written.map_err(|_| Fault::Stuck)?.map_err(|_| Fault::Cancelled)
    }

    /// All of a stream, up to its FIN.
    async fn read(
        &self,
        receive: &mut RecvStream,
        turn: &mut Option<OwnedSemaphorePermit>,
    ) -> Result<Vec<u8>, Fault> {
        let mut octets = Vec::new();
        while let Some(chunk) = receive.read_chunk(MAX_MESSAGE, true).await? {
            if octets.len() + chunk.bytes.len() > LENGTH + MAX_MESSAGE {
                return Err(Fault::Broken);
            }
            octets.extend_from_slice(&chunk.bytes);
            if octets.len() > SHORT && turn.is_none() {
                *turn = self.turn().await;
            }
        }
        Ok(octets)
    }

    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // Fails only where the semaphore is closed, which it never is.
        Arc::clone(&self.turns).acquire_owned().await.ok()
    }

    /// The reply to a message, when it is time for it.
    async fn ask(&self, message: &[u8], send: &mut SendStream) -> Result<Vec<u8>, Fault> {
        let mut reply = Vec::new();
        let peer = self.connection.remote_address().ip();
        match self.responder.respond(message, Transport::Quic, peer, &mut reply) {
            Verdict::Send => {}
            Verdict::SendAfter(time) => {
                let mut stop = self.stop.clone();
                tokio::select! {
                    () = held_back(time, &mut stop) => {}
                    _ = send.stopped() => return Err(Fault::Cancelled),
                }
            }
            Verdict::Silence => return Err(Fault::Broken),
        }
        Ok(reply)
    }
}

/// Why a stream is reset, and unless it was cancelled its connection closed.
enum Fault {
    /// The client breaks the protocol. Source: RFC 9250 §4.3.3.
    Broken,
    /// The client has cancelled its request, or is gone. Source: RFC 9250 §4.3.1.
    Cancelled,
    /// The client takes no reply.
    Stuck,
}

impl Fault {
    fn code(&self) -> VarInt {
        match self {
            Self::Broken => PROTOCOL_ERROR,
            Self::Cancelled => REQUEST_CANCELLED,
            Self::Stuck => EXCESSIVE_LOAD,
        }
    }
}

impl From<ReadError> for Fault {
    fn from(_: ReadError) -> Self {
        Self::Cancelled
    }
}

/// In one piece, so that the length travels with the message.
async fn write(send: &mut SendStream, reply: &[u8]) -> Result<(), quinn::WriteError> {
    let len = u16::try_from(reply.len()).unwrap_or(u16::MAX).to_be_bytes();
    send.write_all(&[&len, reply].concat()).await
}

/// The one message of a stream. Source: RFC 9250 §4.2.
fn whole(octets: &[u8]) -> Option<&[u8]> {
    let (&length, message) = octets.split_first_chunk::<LENGTH>()?;
    (message.len() == usize::from(u16::from_be_bytes(length))).then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_and_nothing_else() {
        assert_eq!(whole(b"\0\x02ab"), Some(b"ab".as_slice()));
        for octets in [b"".as_slice(), b"\0", b"\0\x02a", b"\0\x02abc", b"\0\x01a\0\x01b"] {
            assert_eq!(whole(octets), None);
        }
        assert_eq!(whole(b"\0\0"), Some(b"".as_slice()));
    }
}
