//! Clients that take nothing, and what they can make the server do: no more is answered than the
//! connection may hold, and others don't notice.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use mimi_dns::record::Rtype;
use mimi_dns::server::{ConnectionLimits, Transport};
use mimi_dns::zone::Catalog;
use quinn::{TransportConfig, VarInt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::secured::clients::post;
use crate::secured::{PATIENCE, Secured, framed};
use crate::served::example;
use crate::wire::query;

/// What one connection of HTTPS or QUIC may have answered and not taken.
const TURNS: u64 = 4;

/// An answer of 51,000 octets for `big`.
fn catalog() -> Catalog {
    let text = "x".repeat(250);
    let big: String = (0..200).map(|number| format!("big TXT {number:03}{text}\n")).collect();
    example(&format!("www A 192.0.2.1\n{big}"))
}

fn big() -> Vec<u8> {
    let mut octets = query("big.example.", Rtype::TXT);
    octets[..2].fill(0);
    octets
}

fn start() -> Secured {
    let mut limits = ConnectionLimits::default();
    limits.idle = Duration::from_secs(1);
    Secured::start_with(catalog(), |builder| builder.connection_limits(limits))
}

async fn is_answered(secured: &Secured, transport: Transport) {
    let mut octets = query("www.example.", Rtype::A);
    octets[..2].fill(0);
    let before = secured.handle.counts().total();
    secured.ask(transport, &octets).await;
    assert!(secured.handle.counts().total() > before);
}

#[tokio::test]
async fn a_client_of_http_2_without_window() {
    let secured = start();
    let stream = TokioIo::new(secured.connect_tls_to(Transport::Https, &[b"h2"]).await);
    let (sender, connection) = http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(10)
        .handshake::<_, Full<Bytes>>(stream)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let mut responses = Vec::new();
    for _ in 0..50 {
        let mut sender = sender.clone();
        let response = tokio::spawn(async move { sender.send_request(post(&big())).await });
        responses.push(response);
    }
    // Responses begin, their bodies don't get through and nobody reads them.
    let first = responses.remove(0).await.unwrap().unwrap();
    is_answered(&secured, Transport::Https).await;
    timeout(PATIENCE, connection).await.unwrap().unwrap().ok();
    first.into_body().collect().await.unwrap_err();
    assert_eq!(
        secured.handle.counts().over(Transport::Https, mimi_dns::server::Outcome::Answered),
        TURNS + 1
    );
}

#[tokio::test]
async fn a_client_of_quic_without_window() {
    let secured = start();
    let mut transport = TransportConfig::default();
    transport.stream_receive_window(VarInt::from_u32(10));
    let connection = secured.connect_quic_with(Arc::new(transport)).await;
    let mut streams = Vec::new();
    for _ in 0..50 {
        let (mut send, receive) = connection.open_bi().await.unwrap();
        send.write_all(&framed(&big())).await.unwrap();
        send.finish().unwrap();
        streams.push((send, receive));
    }
    is_answered(&secured, Transport::Quic).await;
    timeout(PATIENCE, connection.closed()).await.unwrap();
    assert_eq!(secured.handle.counts().over(Transport::Quic, mimi_dns::server::Outcome::Answered), TURNS + 1);
}

#[tokio::test]
async fn a_client_of_tls_that_never_reads() {
    let secured = start();
    let mut deaf = secured.connect_tls().await;
    let requests = framed(&big()).repeat(1_000);
    let writing = async {
        // Until the server has cut it.
        while deaf.write_all(&requests).await.is_ok() {}
    };
    timeout(PATIENCE, writing).await.unwrap();
    is_answered(&secured, Transport::Tls).await;
    assert!(secured.handle.counts().total() < 1_000);
}

/// Frames of HTTP/2. Source: RFC 9113 §4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&len[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

#[tokio::test]
async fn streams_of_http_2_that_are_reset_at_once() {
    const HEADERS: u8 = 1;
    const RST_STREAM: u8 = 3;
    const SETTINGS: u8 = 4;
    const GOAWAY: u8 = 7;
    let secured = start();
    let mut stream = secured.connect_tls_to(Transport::Https, &[b"h2"]).await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    // POST, https, the authority and the path as literals. Source: RFC 7541 §6 and appendix A.
    let head = [b"\x83\x87\x01\x0bdns.example".as_slice(), b"\x04\x0a/dns-query"].concat();
    let flood: Vec<u8> = (0..10_000_u32)
        .flat_map(|number| {
            let id = 2 * number + 1;
            [frame(HEADERS, 0x04, id, &head), frame(RST_STREAM, 0, id, &8_u32.to_be_bytes())].concat()
        })
        .collect();
    let (mut read, mut write) = tokio::io::split(stream);
    let flooding = tokio::spawn(async move { write.write_all(&flood).await });
    let mut came = Vec::new();
    timeout(PATIENCE, read.read_to_end(&mut came)).await.unwrap().ok();
    timeout(PATIENCE, flooding).await.unwrap().unwrap().ok();
    let (mut rest, mut told) = (came.as_slice(), false);
    while let Some((head, behind)) = rest.split_first_chunk::<9>() {
        let len = usize::from(u16::from_be_bytes([head[1], head[2]]));
        // ENHANCE_YOUR_CALM. Source: RFC 9113 §7.
        told |= head[3] == GOAWAY && behind.get(4..8) == Some(&[0, 0, 0, 0x0b]);
        rest = behind.get(len..).unwrap_or_default();
    }
    assert!(told, "the client is sent away");
    is_answered(&secured, Transport::Https).await;
}

/// One that says nothing after its first packet keeps nobody waiting.
#[tokio::test]
async fn handshakes_of_quic_that_stall() {
    let secured = start();
    let addr = secured.addr(Transport::Quic);
    let mut stalled = Vec::new();
    for _ in 0..200 {
        // A first packet of a real client, whose further ones are lost.
        let relay = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let connecting = secured.start_quic(relay.local_addr().unwrap());
        let mut packet = [0; 2048];
        let len = timeout(PATIENCE, relay.recv(&mut packet)).await.unwrap().unwrap();
        relay.send_to(&packet[..len], addr).await.unwrap();
        stalled.push((relay, connecting));
    }
    let started = std::time::Instant::now();
    is_answered(&secured, Transport::Quic).await;
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}
