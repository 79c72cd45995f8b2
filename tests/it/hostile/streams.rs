//! Streams over TCP, plain or within TLS, that come in pieces, stand still, are flooded, cut or never read.

use std::time::Duration;

use mimi_dns::server::{Outcome, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout};

use super::attacked::{Attacked, Stream, big, www};
use crate::secured::{PATIENCE, ask_framed, framed, is_closed, receive_framed};
use crate::wire::Message;

const STREAMS: [Transport; 2] = [Transport::Tcp, Transport::Tls];
/// For tests in which somebody is idle for too long.
const IDLE: Duration = Duration::from_millis(250);

fn numbered(message: &[u8], id: u16) -> Vec<u8> {
    framed(&[&id.to_be_bytes(), &message[2..]].concat())
}

fn id(reply: &[u8]) -> u16 {
    u16::from_be_bytes([reply[0], reply[1]])
}

async fn is_answered(stream: &mut Box<dyn Stream>) -> bool {
    Message::read(&ask_framed(stream, &www()).await).answer.len() == 1
}

#[tokio::test]
async fn parts_of_a_message_hold_a_connection_no_longer_than_nothing() {
    let attacked = Attacked::with(|limits| limits.idle = IDLE);
    let whole = framed(&www());
    for transport in STREAMS {
        for len in [1, 2, 3, whole.len() - 1] {
            let mut stream = attacked.stream(transport, 1).await;
            stream.write_all(&whole[..len]).await.unwrap();
            stream.flush().await.unwrap();
            attacked.others_are_answered().await;
            assert!(is_closed(&mut stream).await, "{len} octets over {transport:?}");
        }
    }
}

#[tokio::test]
async fn an_octet_now_and_then_does_not_hold_a_connection() {
    let attacked = Attacked::with(|limits| limits.idle = IDLE);
    for transport in STREAMS {
        let stream = attacked.stream(transport, 1).await;
        let (mut read, mut write) = tokio::io::split(stream);
        let dripping = tokio::spawn(async move {
            while write.write_all(&[0xff]).await.is_ok() && write.flush().await.is_ok() {
                sleep(IDLE / 10).await;
            }
        });
        assert!(is_closed(&mut read).await, "{transport:?}");
        dripping.abort();
        attacked.others_are_answered().await;
    }
}

#[tokio::test]
async fn a_message_comes_octet_by_octet() {
    let attacked = Attacked::start();
    for transport in STREAMS {
        let mut stream = attacked.stream(transport, 1).await;
        for octet in framed(&www()) {
            stream.write_all(&[octet]).await.unwrap();
            stream.flush().await.unwrap();
            tokio::task::yield_now().await;
        }
        assert_eq!(Message::read(&receive_framed(&mut stream).await).answer.len(), 1);
    }
}

#[tokio::test]
async fn hundreds_of_requests_in_one_write_are_all_answered_in_their_order() {
    let attacked = Attacked::start();
    for transport in STREAMS {
        let stream = attacked.stream(transport, 1).await;
        let requests: Vec<u8> = (0..800).flat_map(|id| numbered(&www(), id)).collect();
        let (mut read, mut write) = tokio::io::split(stream);
        // Reads nothing before everything is written, as simple clients do.
        write.write_all(&requests).await.unwrap();
        // Half-closed: nothing more comes, and what was asked is still wanted.
        write.shutdown().await.unwrap();
        for wanted in 0..800 {
            assert_eq!(id(&receive_framed(&mut read).await), wanted, "{transport:?}");
        }
        assert!(is_closed(&mut read).await);
    }
}

#[tokio::test]
async fn a_half_closed_connection_with_half_a_request_is_closed_at_once() {
    let attacked = Attacked::start();
    for transport in STREAMS {
        let mut stream = attacked.stream(transport, 1).await;
        stream.write_all(&framed(&www())[..9]).await.unwrap();
        stream.shutdown().await.unwrap();
        assert!(is_closed(&mut stream).await, "{transport:?}");
    }
}

#[tokio::test]
async fn messages_without_octets_cost_their_sender_most() {
    let attacked = Attacked::start();
    for transport in STREAMS {
        let mut stream = attacked.stream(transport, 1).await;
        let writing = stream.write_all(&[0; 2 * 20_000]);
        timeout(PATIENCE, writing).await.unwrap().unwrap();
        attacked.others_are_answered().await;
        assert!(is_answered(&mut stream).await, "{transport:?}");
        assert_eq!(attacked.secured.handle.counts().over(transport, Outcome::DroppedShort), 20_000);
    }
}

#[tokio::test]
async fn the_largest_message_after_the_smallest() {
    let attacked = Attacked::start();
    for transport in STREAMS {
        let mut stream = attacked.stream(transport, 1).await;
        for _ in 0..20 {
            stream.write_all(&framed(&[0xff; 65_535])).await.unwrap();
            stream.write_all(&framed(&[0xff; 12])).await.unwrap();
        }
        assert!(is_answered(&mut stream).await, "{transport:?}");
        assert_eq!(attacked.secured.handle.counts().over(transport, Outcome::DroppedResponse), 40);
    }
}

/// What is asked and never read is bounded by buffers; then nothing more is read, and the connection ends.
#[tokio::test]
async fn who_never_reads_is_answered_little_and_cut() {
    for transport in STREAMS {
        let attacked = Attacked::with(|limits| limits.idle = 2 * IDLE);
        let mut stream = attacked.stream(transport, 1).await;
        let requests = framed(&big()).repeat(4_000);
        let sending = tokio::spawn(async move {
            // Ends with an error once the server gives up.
            let sent = timeout(PATIENCE, stream.write_all(&requests)).await;
            (sent, stream)
        });
        attacked.others_are_answered().await;
        let (sent, mut stream) = sending.await.unwrap();
        if matches!(sent, Ok(Ok(()))) {
            assert!(fails_to_write(&mut stream).await, "{transport:?}");
        }
        // 200 MB were asked for.
        let answered = attacked.secured.handle.counts().over(transport, Outcome::Answered);
        assert!(answered < 1_000, "{answered} over {transport:?}");
        attacked.others_are_answered().await;
    }
}

async fn fails_to_write(stream: &mut Box<dyn Stream>) -> bool {
    let writing = async {
        while stream.write_all(&framed(&www())).await.is_ok() && stream.flush().await.is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, writing).await.is_ok()
}

#[tokio::test]
async fn connections_that_are_reset_give_their_places_back() {
    let attacked = Attacked::with(|limits| (limits.connections, limits.connections_per_peer) = (40, 40));
    for transport in STREAMS {
        for round in 0..10 {
            let mut streams = Vec::new();
            for number in 0..20 {
                let mut stream = attacked.tcp(transport, 1).await;
                stream.set_zero_linger().unwrap();
                // Nothing, a part, or many requests, of whose replies none is read.
                let octets = framed(&big()).repeat(20);
                stream.write_all(&octets[..[0, 7, octets.len()][number % 3]]).await.unwrap();
                streams.push(stream);
            }
            if round % 2 == 0 {
                attacked.others_are_answered().await;
            }
        }
    }
    // As soon as the server has seen it, all places are free again: nobody's is taken.
    let end = Instant::now() + PATIENCE;
    while !all_are_answered(&attacked, 40).await {
        assert!(Instant::now() < end, "places are lost");
    }
}

/// Whether so many connections of one address stay open together.
async fn all_are_answered(attacked: &Attacked, count: usize) -> bool {
    let mut streams = Vec::new();
    for _ in 0..count {
        streams.push(attacked.tcp(Transport::Tcp, 2).await);
    }
    let mut reply = [0; 512];
    for stream in &mut streams {
        let asked = stream.write_all(&framed(&www())).await.is_ok();
        if !asked || !matches!(timeout(PATIENCE, stream.read(&mut reply)).await, Ok(Ok(1..))) {
            return false;
        }
    }
    true
}

#[tokio::test]
async fn a_crowd_takes_the_places_of_its_own() {
    let attacked = Attacked::with(|limits| (limits.connections, limits.connections_per_peer) = (100, 10));
    // One who was here before and stirs now and then.
    let mut faithful = attacked.stream(Transport::Tcp, 201).await;
    assert!(is_answered(&mut faithful).await);
    let mut crowd = Vec::new();
    for transport in STREAMS {
        for host in 1..=40 {
            for _ in 0..15 {
                crowd.push(attacked.tcp(transport, host).await);
            }
            if host % 10 == 0 {
                attacked.others_are_answered().await;
                assert!(is_answered(&mut faithful).await, "{} were there before it", crowd.len());
            }
        }
    }
    let mut open = 0;
    for stream in &mut crowd {
        let pending = timeout(Duration::from_millis(1), stream.read(&mut [0; 16])).await.is_err();
        open += usize::from(pending);
    }
    assert!(open <= 100, "{open} are open");
    drop(crowd);
    attacked.others_are_answered().await;
}

/// Records and handshakes that are none, that are too long, that never end.
#[tokio::test]
async fn what_no_handshake_begins_with_is_cut() {
    let attacked = Attacked::with(|limits| limits.idle = 2 * IDLE);
    let record = |len: u16, body: &[u8]| [&[22, 3, 1], &len.to_be_bytes()[..], body].concat();
    let hellos = [
        vec![0; 2_000],
        vec![0xff; 2_000],
        b"GET / HTTP/1.1\r\nHost: dns.example\r\n\r\n".to_vec(),
        framed(&www()).repeat(100),
        // A ClientHello of 16 MiB, of which the first 64 KiB come.
        record(16_384, &[&[1, 0xff, 0xff, 0xff][..], &[0; 16_380]].concat())
            .into_iter()
            .chain(record(16_384, &[0; 16_384]).repeat(3))
            .collect(),
        // Records without octets.
        record(0, &[]).repeat(1_000),
        // An alert, and a message for later.
        vec![21, 3, 1, 0, 2, 1, 0],
        vec![23, 3, 3, 0, 1, 0],
        // One octet of a ClientHello in each record.
        [1, 0, 1, 0].iter().flat_map(|&octet| record(1, &[octet])).collect(),
    ];
    for hello in hellos {
        let mut stream = attacked.tcp(Transport::Tls, 1).await;
        // It may be cut in the middle.
        stream.write_all(&hello).await.ok();
        attacked.others_are_answered().await;
        let mut rest = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("it is cut").ok();
        assert!(rest.len() < 100, "an alert at most, not {} octets", rest.len());
    }
    let counts = attacked.secured.handle.counts();
    assert_eq!(
        Outcome::ALL.iter().map(|&outcome| counts.over(Transport::Tls, outcome)).sum::<u64>(),
        9,
        "the others'"
    );
}
