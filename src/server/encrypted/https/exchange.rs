//! One HTTP exchange: a request becomes a message, a reply a response.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use data_encoding::BASE64URL_NOPAD;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::super::freshness;
use super::Client;
use crate::server::answer::MAX_MESSAGE;
use crate::server::connections::Slot;

/// The only path. Source: RFC 8484 §4.1 leaves it to a template; this is what clients expect.
const PATH: &str = "/dns-query";
const MEDIA_TYPE: &str = "application/dns-message";
const METHODS: &str = "GET, HEAD, POST";
/// Handed to HTTP at a time, so that no more of a reply than this waits there for its client.
const CHUNK: usize = 4096;

/// The body of a response. Until the last of it is handed over it keeps a turn of its connection.
pub(super) struct Reply {
    octets: Bytes,
    turn: Option<(OwnedSemaphorePermit, Arc<Slot>)>,
}

impl Client {
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Reply> {
        match self.exchange(request).await {
            Ok(response) => response,
            Err(status) => refusal(status),
        }
    }

    async fn exchange(&self, request: Request<Incoming>) -> Result<Response<Reply>, StatusCode> {
        let (head, body) = request.into_parts();
        if head.uri.path() != PATH {
            return Err(StatusCode::NOT_FOUND);
        }
        let (turn, octets) = match head.method {
            Method::GET | Method::HEAD => {
                let octets = in_uri(&head.uri)?;
                (self.turn().await, octets)
            }
            Method::POST => {
                is_message(&head.headers)?;
                let turn = self.turn().await;
                let octets = timeout(self.slot.idle(), read(body)).await;
                (turn, octets.map_err(|_| StatusCode::REQUEST_TIMEOUT)??)
            }
            _ => return Err(StatusCode::METHOD_NOT_ALLOWED),
        };
        self.slot.stir();
        // What gets no reply is no request at all.
        let reply = self.ask(&octets).await.ok_or(StatusCode::BAD_REQUEST)?;
        let kept = freshness::max_age(&reply).map(|seconds| format!("max-age={seconds}"));
        let kept = HeaderValue::try_from(kept.unwrap_or_else(|| "no-store".to_owned()))
            .expect("letters and digits can stand in a field");
        let len = HeaderValue::from(reply.len());
        let mut body = Reply { octets: reply.into(), turn: turn.map(|turn| (turn, Arc::clone(&self.slot))) };
        if head.method == Method::HEAD {
            body.octets.clear();
        }
        let mut response = Response::new(body);
        let fields = response.headers_mut();
        fields.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        fields.insert(CONTENT_LENGTH, len);
        fields.insert(CACHE_CONTROL, kept);
        Ok(response)
    }

    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // Fails only where the semaphore is closed, which it never is.
        Arc::clone(&self.turns).acquire_owned().await.ok()
    }
}

/// The message in the variable `dns`. Source: RFC 8484 §4.1 and §6.
fn in_uri(uri: &Uri) -> Result<Vec<u8>, StatusCode> {
    let variables = uri.query().unwrap_or_default().split('&');
    let text = variables.filter_map(|variable| variable.strip_prefix("dns=")).next();
    let text = text.ok_or(StatusCode::BAD_REQUEST)?;
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| StatusCode::BAD_REQUEST)
}

fn is_message(fields: &HeaderMap) -> Result<(), StatusCode> {
    let value = fields.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case(MEDIA_TYPE) { Ok(()) } else { Err(StatusCode::UNSUPPORTED_MEDIA_TYPE) }
}

async fn read(mut body: Incoming) -> Result<Vec<u8>, StatusCode> {
    if body.size_hint().lower() > MAX_MESSAGE as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let mut octets = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| StatusCode::BAD_REQUEST)?;
        let Ok(data) = frame.into_data() else { continue };
        if octets.len() + data.len() > MAX_MESSAGE {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        octets.extend_from_slice(&data);
    }
    Ok(octets)
}

fn refusal(status: StatusCode) -> Response<Reply> {
    let mut response = Response::new(Reply { octets: Bytes::new(), turn: None });
    *response.status_mut() = status;
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(METHODS));
    }
    response
}

impl Body for Reply {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.octets.is_empty() {
            return Poll::Ready(None);
        }
        let len = self.octets.len().min(CHUNK);
        // A copy: a slice would keep the whole reply where HTTP waits for its client.
        let chunk = Bytes::copy_from_slice(&self.octets.split_to(len));
        if self.octets.is_empty()
            && let Some((_turn, slot)) = self.turn.take()
        {
            slot.stir();
        }
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.octets.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.octets.len() as u64)
    }
}
