//! `/metrics`, `/health` and `/ready` over plain HTTP, for those who watch the server.

mod metrics;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::health::{health, readiness};
use super::status::Status;

/// Connections at a time; one more waits.
const CONNECTIONS: usize = 16;
/// What a request, its answer included, may take.
const LONGEST: Duration = Duration::from_secs(10);
/// The head of a request is no longer.
const LARGEST_HEAD: usize = 16 * 1024;
/// When the system has no more sockets or memory.
const AFTER_FAILURE: Duration = Duration::from_millis(50);
const TEXT: &str = "text/plain; charset=utf-8";

/// A socket for those who watch.
pub(super) struct Watch(TcpListener);

impl Watch {
    pub(super) async fn bind(address: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self)
    }

    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Answers until it is dropped. One request a connection: a watcher that holds one open holds no place.
    pub(super) async fn run(self, status: Arc<Status>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            // It is never closed.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match self.0.accept().await {
                Ok((stream, _)) => {
                    let status = Arc::clone(&status);
                    tokio::spawn(async move {
                        // A watcher that is too slow, or gone, asks again.
                        let _ = timeout(LONGEST, serve(stream, &status)).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "accepting a watcher failed");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
    }
}

async fn serve(stream: TcpStream, status: &Arc<Status>) -> hyper::Result<()> {
    let service = service_fn(|request: Request<Incoming>| async move {
        Ok::<_, Infallible>(answer(request.method(), request.uri().path(), status))
    });
    let mut http = http1::Builder::new();
    http.keep_alive(false).max_buf_size(LARGEST_HEAD);
    http.serve_connection(TokioIo::new(stream), service).await
}

fn answer(method: &Method, path: &str, status: &Arc<Status>) -> Response<Full<Bytes>> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut refused = response(StatusCode::METHOD_NOT_ALLOWED, TEXT, "GET or HEAD\n".to_owned());
        refused.headers_mut().insert(ALLOW, hyper::header::HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match path {
        "/metrics" => match metrics::write(status) {
            Ok(text) => response(StatusCode::OK, metrics::MEDIA_TYPE, text),
            Err(error) => response(StatusCode::INTERNAL_SERVER_ERROR, TEXT, format!("{error}\n")),
        },
        "/health" => judged(health(status)),
        "/ready" => judged(readiness(status)),
        _ => response(StatusCode::NOT_FOUND, TEXT, "/metrics, /health, /ready\n".to_owned()),
    }
}

fn judged((good, lines): (bool, Vec<String>)) -> Response<Full<Bytes>> {
    let code = if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    response(code, TEXT, lines.into_iter().map(|line| line + "\n").collect())
}

fn response(code: StatusCode, media_type: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, hyper::header::HeaderValue::from_static("no-store"));
    response
}
