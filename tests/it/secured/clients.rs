//! Clients of HTTPS and QUIC.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use mimi_dns::server::Transport;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connecting, TransportConfig};
use tokio::time::timeout;

use super::authority::SERVER_NAME;
use super::{PATIENCE, Secured, framed};

/// A client of HTTP/2 or HTTP/1.1.
pub(crate) enum Https {
    Two(http2::SendRequest<Full<Bytes>>),
    One(http1::SendRequest<Full<Bytes>>),
}

impl Secured {
    /// A connection of HTTP/2.
    pub(crate) async fn connect_https(&self) -> Https {
        let stream = TokioIo::new(self.connect_tls_to(Transport::Https, &[b"h2"]).await);
        let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
        tokio::spawn(connection);
        Https::Two(sender)
    }

    /// A connection of HTTP/1.1.
    pub(crate) async fn connect_https_1(&self) -> Https {
        let stream = TokioIo::new(self.connect_tls_to(Transport::Https, &[b"http/1.1"]).await);
        let (sender, connection) = http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        Https::One(sender)
    }

    pub(crate) async fn connect_quic(&self) -> quinn::Connection {
        self.connect_quic_as(b"doq").await.unwrap()
    }

    /// A connection of QUIC that offers this protocol.
    pub(crate) async fn connect_quic_as(
        &self,
        protocol: &[u8],
    ) -> Result<quinn::Connection, quinn::ConnectionError> {
        let connecting = connect(self.quic_client(protocol), self.addr(Transport::Quic));
        timeout(PATIENCE, connecting).await.unwrap()
    }

    /// A connection of QUIC with other settings of its own.
    pub(crate) async fn connect_quic_with(&self, transport: Arc<TransportConfig>) -> quinn::Connection {
        let mut config = self.quic_client(b"doq");
        config.transport_config(transport);
        timeout(PATIENCE, connect(config, self.addr(Transport::Quic))).await.unwrap().unwrap()
    }

    /// The beginning of a handshake with whoever is there.
    pub(crate) fn start_quic(&self, addr: SocketAddr) -> Connecting {
        connect(self.quic_client(b"doq"), addr)
    }

    fn quic_client(&self, protocol: &[u8]) -> ClientConfig {
        ClientConfig::new(Arc::new(QuicClientConfig::try_from(self.authority.client(&[protocol])).unwrap()))
    }
}

fn connect(config: ClientConfig, addr: SocketAddr) -> Connecting {
    let endpoint = quinn::Endpoint::client(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    endpoint.connect_with(config, addr, SERVER_NAME).unwrap()
}

impl Https {
    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        let response = async {
            match self {
                Self::Two(sender) => sender.send_request(request).await,
                Self::One(sender) => sender.send_request(request).await,
            }
        };
        timeout(PATIENCE, response).await.unwrap().unwrap()
    }

    /// Sends one message. Returns the status and what came.
    pub(crate) async fn post(&mut self, octets: &[u8]) -> (u16, Vec<u8>) {
        let request = post(octets);
        let response = self.send(request).await;
        (response.status().as_u16(), body(response).await)
    }
}

/// A request with a message in it, as RFC 8484 §4.1 wants it.
pub(crate) fn post(octets: &[u8]) -> Request<Full<Bytes>> {
    Request::post(format!("https://{SERVER_NAME}/dns-query"))
        .header("content-type", "application/dns-message")
        .body(Bytes::copy_from_slice(octets).into())
        .unwrap()
}

/// A request with a message in its URI.
pub(crate) fn get(octets: &[u8]) -> Request<Full<Bytes>> {
    let text = data_encoding::BASE64URL_NOPAD.encode(octets);
    Request::get(format!("https://{SERVER_NAME}/dns-query?dns={text}")).body(Full::default()).unwrap()
}

pub(crate) async fn body(response: Response<Incoming>) -> Vec<u8> {
    timeout(PATIENCE, response.into_body().collect()).await.unwrap().unwrap().to_bytes().to_vec()
}

/// Sends one message on a stream of its own, and reads one.
pub(crate) async fn ask_stream(connection: &quinn::Connection, octets: &[u8]) -> Vec<u8> {
    let whole = send_stream(connection, &framed(octets)).await.unwrap();
    let (len, reply) = whole.split_first_chunk().unwrap();
    assert_eq!(usize::from(u16::from_be_bytes(*len)), reply.len());
    reply.to_vec()
}

/// Sends octets and FIN on a stream of its own, and reads all that comes.
pub(crate) async fn send_stream(
    connection: &quinn::Connection,
    octets: &[u8],
) -> Result<Vec<u8>, quinn::ReadToEndError> {
    let (mut send, mut receive) = connection.open_bi().await.unwrap();
    // Fails where the connection is closed, which reading tells too.
    send.write_all(octets).await.ok();
    send.finish().ok();
    timeout(PATIENCE, receive.read_to_end(1 << 17)).await.expect("an end in time")
}
