//! DNS over HTTPS: one exchange of HTTP/2 or HTTP/1.1 for each message. Source: RFC 8484.
//!
//! What a client can make the server hold is bounded for each connection: so many exchanges that
//! are being answered at a time, the others wait with no more than their head.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::{Certificates, tls};
use crate::server::accept::{self, Accepted};
use crate::server::connections::Slot;
use crate::server::respond::{Responder, Verdict};
use crate::server::server::{Context, held_back, stopped};
use crate::server::transport::Transport;

mod exchange;

use exchange::Reply;

/// In order of preference.
const ALPN: [&[u8]; 2] = [HTTP_2, b"http/1.1"];
const HTTP_2: &[u8] = b"h2";
/// As many as clients may count on. Source: RFC 9113 §6.5.2.
const STREAMS: u32 = 100;
/// Request line and fields of one request, in octets; the least that hyper takes for HTTP/1.1.
const HEAD: usize = 8 * 1024;
/// Of one connection, read and answered at a time: each may hold two messages of the largest size.
const TURNS: usize = 4;
/// What a client may send before it is read, in octets: of one stream, and of the connection.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 128 * 1024;
/// What may wait in HTTP/2 to be sent, in octets of one stream.
const SEND_BUFFER: usize = 16 * 1024;
/// For a client that was idle to take the end of the connection.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Serves connections until told to stop.
pub(super) async fn serve_all(listener: TcpListener, context: Context, certificates: Arc<Certificates>) {
    let acceptor = tls::acceptor(certificates, &ALPN);
    let responder = Arc::clone(&context.responder);
    let serve = |accepted: Accepted| {
        let (acceptor, responder) = (acceptor.clone(), Arc::clone(&responder));
        async move {
            let (slot, mut stop) = (Arc::clone(&accepted.slot), accepted.stop.clone());
            let client = Arc::new(Client {
                responder,
                peer: accepted.peer.ip(),
                slot: Arc::clone(&slot),
                turns: Arc::new(Semaphore::new(TURNS)),
                stop: stop.clone(),
            });
            let stream = tls::shake_hands(&acceptor, accepted).await?;
            let is_http_2 = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
            let service = service_fn(move |request: Request<Incoming>| {
                let client = Arc::clone(&client);
                async move { Ok::<Response<Reply>, Infallible>(client.answer(request).await) }
            });
            let stream = TokioIo::new(stream);
            if is_http_2 {
                let connection = http_2().serve_connection(stream, service);
                drive(connection, http2::Connection::graceful_shutdown, &slot, &mut stop).await
            } else {
                let connection = http_1(slot.idle()).serve_connection(stream, service);
                drive(connection, http1::Connection::graceful_shutdown, &slot, &mut stop).await
            }
        }
    };
    accept::run(listener, Transport::Https, context, serve).await;
}

/// One connection's client.
struct Client {
    responder: Arc<Responder>,
    peer: IpAddr,
    slot: Arc<Slot>,
    turns: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
}

impl Client {
    /// The reply to a message; `None` where there is none.
    async fn ask(&self, octets: &[u8]) -> Option<Vec<u8>> {
        let mut reply = Vec::new();
        match self.responder.respond(octets, Transport::Https, self.peer, &mut reply) {
            Verdict::Send => {}
            Verdict::SendAfter(time) => held_back(time, &mut self.stop.clone()).await,
            Verdict::Silence => return None,
        }
        Some(reply)
    }
}

/// Bounds on resets are h2's own: streams that are reset before they are served count, and too
/// many of them close the connection.
fn http_2() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD as u32)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER);
    builder
}

fn http_1(idle: Duration) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(idle).max_buf_size(HEAD);
    builder
}

/// Runs a connection until the client ends it, is idle for too long, or the server ends.
async fn drive<C: Future<Output = hyper::Result<()>>>(
    connection: C,
    end: impl Fn(Pin<&mut C>),
    slot: &Slot,
    stop: &mut watch::Receiver<bool>,
) -> io::Result<()> {
    let mut connection = pin!(connection);
    let last = tokio::select! {
        biased;
        () = stopped(stop) => slot.idle(),
        () = slot.expired() => LAST_WORDS,
        ended = connection.as_mut() => return ended.map_err(io::Error::other),
    };
    // Takes no more, answers what was asked, tells the client.
    end(connection.as_mut());
    timeout(last, connection).await?.map_err(io::Error::other)
}
