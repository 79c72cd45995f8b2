//! HTTP/2 and HTTP/1.1 as no library speaks them: heads and bodies that do not end, windows that do not open,
//! streams that are reset as they are opened. Source of frames: RFC 9113 §4 and §6.

use std::time::Duration;

use mimi_dns::server::{Outcome, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::client::TlsStream;

use super::attacked::{Attacked, big, www};
use crate::secured::PATIENCE;

const IDLE: Duration = Duration::from_millis(500);

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

const INITIAL_WINDOW_SIZE: u16 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A field that is in no table. Source: RFC 7541 §6.2.2.
fn field(name: &[u8], value: &[u8]) -> Vec<u8> {
    let sized = |octets: &[u8]| {
        let mut text = match octets.len() {
            len @ 0..127 => vec![len as u8],
            len => {
                let mut rest = len - 127;
                let mut integer = vec![127];
                while rest >= 128 {
                    integer.push((rest % 128) as u8 | 128);
                    rest /= 128;
                }
                integer.push(rest as u8);
                integer
            }
        };
        text.extend_from_slice(octets);
        text
    };
    [&[0], &sized(name)[..], &sized(value)].concat()
}

/// The fields of a POST, as RFC 8484 §4.1 wants it.
fn post() -> Vec<u8> {
    [
        // :method POST, :scheme https. Source: RFC 7541 appendix A.
        &[0x83, 0x87][..],
        &field(b":path", b"/dns-query"),
        &field(b":authority", b"dns.example"),
        &field(b"content-type", b"application/dns-message"),
    ]
    .concat()
}

/// One exchange on this stream.
fn exchange(stream: u32, message: &[u8]) -> Vec<u8> {
    [frame(HEADERS, END_HEADERS, stream, &post()), frame(DATA, END_STREAM, stream, message)].concat()
}

struct Http2 {
    stream: TlsStream<TcpStream>,
}

impl Http2 {
    /// With the preface sent, and these settings.
    async fn connect(attacked: &Attacked, settings: &[(u16, u32)]) -> Self {
        let stream = attacked.secured.connect_tls_to(Transport::Https, &[b"h2"]).await;
        let mut client = Self { stream };
        let settings: Vec<u8> = settings
            .iter()
            .flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat())
            .collect();
        let preface = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &frame(SETTINGS, 0, 0, &settings)[..]].concat();
        client.stream.write_all(&preface).await.unwrap();
        client
    }

    /// `false` where the server has closed, or takes nothing any more.
    async fn send(&mut self, frames: &[u8]) -> bool {
        let sent = async { self.stream.write_all(frames).await.is_ok() && self.stream.flush().await.is_ok() };
        timeout(PATIENCE, sent).await.unwrap_or(false)
    }

    /// The next frame: kind, flags, stream, payload; `None` where the server has closed.
    async fn next(&mut self) -> Option<(u8, u8, u32, Vec<u8>)> {
        let read = async {
            let mut head = [0; 9];
            self.stream.read_exact(&mut head).await.ok()?;
            let [a, b, c, kind, flags, stream @ ..] = head;
            let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
            self.stream.read_exact(&mut payload).await.ok()?;
            Some((kind, flags, u32::from_be_bytes(stream), payload))
        };
        timeout(PATIENCE, read).await.expect("a frame or the end in time")
    }

    /// Reads to the end. Returns the code of the GOAWAY frame before it.
    async fn end(&mut self) -> Option<u32> {
        let mut code = None;
        while let Some((kind, _, _, payload)) = self.next().await {
            if kind == GOAWAY {
                code = Some(u32::from_be_bytes(payload[4..8].try_into().unwrap()));
            }
        }
        code
    }
}

fn answered(attacked: &Attacked) -> u64 {
    attacked.secured.handle.counts().over(Transport::Https, Outcome::Answered)
}

#[tokio::test]
async fn frames_by_hand_are_answered() {
    let attacked = Attacked::start();
    let mut client = Http2::connect(&attacked, &[]).await;
    assert!(client.send(&exchange(1, &www())).await);
    loop {
        let (kind, _, stream, payload) = client.next().await.expect("a reply");
        if kind == DATA {
            assert_eq!((stream, &payload[..2]), (1, &www()[..2]));
            return;
        }
    }
}

/// CVE-2023-44487.
#[tokio::test]
async fn streams_that_are_reset_as_they_are_opened_end_the_connection() {
    let attacked = Attacked::start();
    let mut client = Http2::connect(&attacked, &[]).await;
    let mut opened = 0;
    let mut stream = 1;
    loop {
        let frames: Vec<u8> = (0..100)
            .flat_map(|turn| {
                let stream = stream + 2 * turn;
                let reset = frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes());
                [frame(HEADERS, END_HEADERS, stream, &post()), reset].concat()
            })
            .collect();
        if !client.send(&frames).await {
            break;
        }
        (stream, opened) = (stream + 200, opened + 100);
        if opened % 1_000 == 0 {
            attacked.others_are_answered().await;
        }
        assert!(opened < 20_000, "the connection goes on");
    }
    attacked.others_are_answered().await;
}

/// CVE-2024-27316 and others.
#[tokio::test]
async fn a_head_without_end_is_cut() {
    let attacked = Attacked::start();
    let mut client = Http2::connect(&attacked, &[]).await;
    assert!(client.send(&frame(HEADERS, END_STREAM, 1, &post())).await);
    let more = frame(CONTINUATION, 0, 1, &field(b"x", &[b'a'; 1_000])).repeat(10);
    let mut sent = 0;
    while client.send(&more).await {
        sent += more.len();
        assert!(sent < 4 << 20, "{sent} octets of a head are taken");
    }
    attacked.others_are_answered().await;
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused_and_others_of_the_connection_are_answered() {
    let attacked = Attacked::start();
    let mut client = Http2::connect(&attacked, &[]).await;
    let long = [post(), field(b"x", &[b'a'; 12_000])].concat();
    assert!(client.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &long)).await);
    assert!(client.send(&exchange(3, &www())).await);
    let mut refused = false;
    loop {
        let (kind, flags, stream, payload) = client.next().await.expect("the connection goes on");
        match (kind, stream) {
            (RST_STREAM, 1) => refused = true,
            // 431 is in no table of HPACK's: not 200, which is.
            (HEADERS, 1) => refused = payload[0] != 0x88 && flags & END_STREAM != 0,
            (DATA, 3) => break,
            _ => {}
        }
    }
    assert!(refused);
}

/// A client that opens no window can make the server compute no more than a few replies.
#[tokio::test]
async fn a_window_that_stays_shut_holds_a_few_replies_and_then_ends() {
    let attacked = Attacked::with(|limits| limits.idle = IDLE);
    let mut client = Http2::connect(&attacked, &[(INITIAL_WINDOW_SIZE, 0)]).await;
    let frames: Vec<u8> = (0..90).flat_map(|turn| exchange(1 + 2 * turn, &big())).collect();
    assert!(client.send(&frames).await);
    attacked.others_are_answered().await;
    let start = Instant::now();
    client.end().await;
    assert!(start.elapsed() < PATIENCE);
    assert!(answered(&attacked) < 10, "{} replies were made for nobody", answered(&attacked));
}

#[tokio::test]
async fn a_window_that_opens_octet_by_octet_does_not_hold_the_connection() {
    let attacked = Attacked::with(|limits| limits.idle = IDLE);
    let mut client = Http2::connect(&attacked, &[(INITIAL_WINDOW_SIZE, 0)]).await;
    assert!(client.send(&exchange(1, &big())).await);
    let opening = async {
        while client.send(&frame(WINDOW_UPDATE, 0, 1, &1_u32.to_be_bytes())).await {
            sleep(IDLE / 10).await;
        }
    };
    timeout(PATIENCE, opening).await.expect("it ends");
    attacked.others_are_answered().await;
}

#[tokio::test]
async fn bodies_that_do_not_end_hold_nobody_else() {
    let attacked = Attacked::with(|limits| limits.idle = IDLE);
    let mut client = Http2::connect(&attacked, &[]).await;
    // All the streams that are allowed, each with a part of a body.
    let frames: Vec<u8> = (0..100)
        .flat_map(|turn| {
            let stream = 1 + 2 * turn;
            [frame(HEADERS, END_HEADERS, stream, &post()), frame(DATA, 0, stream, &www()[..20])].concat()
        })
        .collect();
    assert!(client.send(&frames).await);
    attacked.others_are_answered().await;
    client.end().await;
    assert_eq!(answered(&attacked), 0);
}

#[tokio::test]
async fn a_body_of_more_than_a_message_is_refused() {
    let attacked = Attacked::start();
    let mut client = Http2::connect(&attacked, &[]).await;
    assert!(client.send(&frame(HEADERS, END_HEADERS, 1, &post())).await);
    // The server's windows are what it says, of streams once its settings are acknowledged: one octet more
    // than a message has.
    let (mut settings, mut window) = (false, false);
    while !(settings && window) {
        let (kind, flags, stream, _) = client.next().await.expect("settings and a window");
        settings |= kind == SETTINGS && flags & ACK == 0;
        window |= (kind, stream) == (WINDOW_UPDATE, 0);
    }
    assert!(client.send(&frame(SETTINGS, ACK, 0, &[])).await);
    assert!(client.send(&frame(DATA, 0, 1, &[0; 8_192]).repeat(8)).await);
    let status = loop {
        let (kind, _, stream, payload) = client.next().await.expect("the connection goes on");
        if (kind, stream) == (HEADERS, 1) {
            break payload;
        }
    };
    assert_ne!(status[0], 0x88, "not 200");
    attacked.others_are_answered().await;
}

/// Replies to PING and SETTINGS that nobody reads must not pile up.
#[tokio::test]
async fn control_frames_without_end_are_no_more_than_read() {
    for control in [frame(PING, 0, 0, &[7; 8]), frame(SETTINGS, 0, 0, &[])] {
        let attacked = Attacked::with(|limits| limits.idle = IDLE);
        let mut client = Http2::connect(&attacked, &[]).await;
        let many = control.repeat(10_000);
        let flood = async {
            let mut sent = 0_usize;
            // Until the server is tired of it: it takes no more, or closes. What it takes in the meantime it
            // does not keep.
            while client.send(&many).await {
                sent += many.len();
            }
            sent
        };
        let (_sent, ()) = tokio::join!(timeout(2 * PATIENCE, flood), attacked.others_are_answered());
        attacked.others_are_answered().await;
    }
}

#[tokio::test]
async fn what_is_no_http_2_ends_the_connection() {
    let attacked = Attacked::with(|limits| limits.idle = IDLE);
    for octets in [
        // A frame that is longer than allowed.
        [&[0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1][..], &[0; 100]].concat(),
        // Of a stream that was never opened.
        frame(DATA, END_STREAM, 7, b"x"),
        frame(CONTINUATION, END_HEADERS, 1, b""),
        // HPACK that refers to nothing.
        frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
        // A window of more than 2^31-1.
        frame(WINDOW_UPDATE, 0, 0, &u32::MAX.to_be_bytes()).repeat(2),
        // A stream of the server's.
        frame(HEADERS, END_HEADERS | END_STREAM, 2, &post()),
        frame(SETTINGS, 0, 0, &[0; 5]),
        frame(PING, 0, 0, &[0; 7]),
        vec![0; 10_000],
    ] {
        let mut client = Http2::connect(&attacked, &[]).await;
        client.send(&octets).await;
        client.end().await;
    }
    attacked.others_are_answered().await;
    assert_eq!(answered(&attacked), 0);
}

#[tokio::test]
async fn http_1_heads_and_bodies_that_do_not_end_are_cut() {
    let attacked = Attacked::with(|limits| limits.idle = IDLE);
    let post = "POST /dns-query HTTP/1.1\r\nhost: dns.example\r\ncontent-type: application/dns-message\r\n";
    for begun in [
        "G".to_owned(),
        format!("{post}x: "),
        format!("{post}content-length: 29\r\n\r\nabc"),
        format!("{post}transfer-encoding: chunked\r\n\r\n5\r\nab"),
        format!("GET /{} HTTP/1.1\r\n", "a".repeat(20_000)),
        format!("{post}{}\r\n", "x: y\r\n".repeat(5_000)),
        format!("{post}x: {}\r\n\r\n", "y".repeat(20_000)),
        format!("{post}content-length: 99999999999999999999\r\n\r\n"),
        format!(
            "{post}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n"
        ),
        format!("{post}transfer-encoding: chunked\r\n\r\n{}", "fffffffffffffffff\r\n"),
        "\r\n".repeat(20_000),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
    ] {
        let mut stream = attacked.secured.connect_tls_to(Transport::Https, &[b"http/1.1"]).await;
        stream.write_all(begun.as_bytes()).await.ok();
        stream.flush().await.ok();
        attacked.others_are_answered().await;
        let mut rest = Vec::new();
        let shown = begun[..begun.len().min(120)].escape_debug().to_string();
        timeout(PATIENCE, stream.read_to_end(&mut rest))
            .await
            .unwrap_or_else(|_| panic!("not cut: {shown}"))
            .ok();
        let refused = rest.is_empty() || rest.starts_with(b"HTTP/1.1 4");
        assert!(refused, "{shown}: {}", rest.escape_ascii());
    }
    assert_eq!(answered(&attacked), 0);
}

#[tokio::test]
async fn http_1_requests_in_a_row_that_nobody_reads_are_bounded() {
    let attacked = Attacked::with(|limits| limits.idle = IDLE);
    let mut stream = attacked.secured.connect_tls_to(Transport::Https, &[b"http/1.1"]).await;
    let head = format!(
        "POST /dns-query HTTP/1.1\r\nhost: dns.example\r\ncontent-type: application/dns-message\r\ncontent-length: {}\r\n\r\n",
        big().len()
    );
    let requests = [head.as_bytes(), &big()].concat().repeat(2_000);
    let writing = async { stream.write_all(&requests).await };
    let (_, ()) = tokio::join!(timeout(PATIENCE, writing), attacked.others_are_answered());
    // 100 MB were asked for.
    assert!(answered(&attacked) < 500, "{}", answered(&attacked));
}
