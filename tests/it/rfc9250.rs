//! RFC 9250: DNS over QUIC.

use std::process::Command;
use std::time::Duration;

use mimi_dns::record::Rtype;
use mimi_dns::server::{ConnectionLimits, Outcome, Transport};
use mimi_dns::zone::Catalog;
use quinn::{Connection, ConnectionError, ReadError, ReadToEndError};
use tokio::time::timeout;

use crate::peers::{installed, leave_out};
use crate::secured::clients::{ask_stream, send_stream};
use crate::secured::{PATIENCE, Secured, framed};
use crate::served::example;
use crate::wire::{ARCOUNT, Message, query, with_record};

const NO_ERROR: u32 = 0;
const PROTOCOL_ERROR: u32 = 2;

fn catalog() -> Catalog {
    let text = "x".repeat(250);
    let big: String = (0..200).map(|number| format!("big TXT {number:03}{text}\n")).collect();
    example(&format!("www A 192.0.2.1\n{big}"))
}

/// With the id that §4.2.1 wants.
fn asked(name: &str, rtype: Rtype) -> Vec<u8> {
    let mut octets = query(name, rtype);
    octets[..2].fill(0);
    octets
}

fn www() -> Vec<u8> {
    asked("www.example.", Rtype::A)
}

/// The code with which the server closes, or has closed.
async fn closed_with(connection: &Connection) -> u32 {
    match timeout(PATIENCE, connection.closed()).await.expect("an end in time") {
        ConnectionError::ApplicationClosed(close) => u32::try_from(close.error_code.into_inner()).unwrap(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn section_4_2_a_stream_for_each_query() {
    let secured = Secured::start(catalog());
    let connection = secured.connect_quic().await;
    for _ in 0..3 {
        let reply = ask_stream(&connection, &www()).await;
        assert_eq!(reply, secured.ask(Transport::Tcp, &www()).await);
    }
    let big = asked("big.example.", Rtype::TXT);
    let reply = ask_stream(&connection, &big).await;
    assert_eq!(reply, secured.ask(Transport::Tcp, &big).await);
    assert_eq!(secured.handle.counts().over(Transport::Quic, Outcome::Answered), 4);
}

#[tokio::test]
async fn a_hundred_streams_at_a_time() {
    let secured = Secured::start(catalog());
    let connection = secured.connect_quic().await;
    let mut streams = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let connection = connection.clone();
        streams.spawn(async move { ask_stream(&connection, &asked("big.example.", Rtype::TXT)).await });
    }
    let all = async {
        while let Some(reply) = streams.join_next().await {
            assert_eq!(Message::read(&reply.unwrap()).answer.len(), 200);
        }
    };
    timeout(PATIENCE, all).await.unwrap();
}

#[tokio::test]
async fn section_4_3_3_what_breaks_the_protocol_ends_the_connection() {
    let secured = Secured::start(catalog());
    let keepalive = [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 4, 0, 11, 0, 0];
    for (fault, octets) in [
        ("an id other than 0", framed(&query("www.example.", Rtype::A))),
        ("FIN within the message", framed(&www())[..20].to_vec()),
        ("FIN within the length", vec![0]),
        ("nothing", vec![]),
        ("two queries", framed(&www()).repeat(2)),
        ("an octet too many", [framed(&www()), vec![0]].concat()),
        ("more than any message has", vec![0xff; 70_000]),
        ("edns-tcp-keepalive", framed(&with_record(www(), ARCOUNT, &keepalive))),
        ("a response", framed(&[&www()[..2], &[0x80], &www()[3..]].concat())),
        ("less than a header", framed(&[0; 11])),
    ] {
        let connection = secured.connect_quic().await;
        send_stream(&connection, &octets).await.expect_err(fault);
        assert_eq!(closed_with(&connection).await, PROTOCOL_ERROR, "{fault}");
    }
    let counts = secured.handle.counts();
    assert_eq!(counts.over(Transport::Quic, Outcome::DroppedKeepalive), 1);
    assert_eq!(counts.total(), 3, "only what can be read is counted");
}

#[tokio::test]
async fn a_stream_without_fin_is_not_answered_and_ends_the_connection() {
    let secured = Secured::start_with(catalog(), |builder| builder.connection_limits(idle(300)));
    let connection = secured.connect_quic().await;
    let (mut send, _receive) = connection.open_bi().await.unwrap();
    send.write_all(&framed(&www())).await.unwrap();
    // Others on the same connection are answered.
    assert_eq!(Message::read(&ask_stream(&connection, &www()).await).answer.len(), 1);
    assert!([NO_ERROR, PROTOCOL_ERROR].contains(&closed_with(&connection).await));
    assert_eq!(secured.handle.counts().total(), 1);
}

#[tokio::test]
async fn section_4_3_1_what_is_cancelled_is_reset() {
    let secured = Secured::start(catalog());
    let connection = secured.connect_quic().await;
    for _ in 0..300 {
        let (mut send, mut receive) = connection.open_bi().await.unwrap();
        send.write_all(&framed(&www())[..10]).await.unwrap();
        send.reset(3_u32.into()).unwrap();
        let ended = timeout(PATIENCE, receive.read_to_end(10)).await.unwrap();
        assert!(matches!(ended, Err(ReadToEndError::Read(ReadError::Reset(_)))), "{ended:?}");
    }
    for _ in 0..300 {
        let (mut send, mut receive) = connection.open_bi().await.unwrap();
        send.write_all(&framed(&asked("big.example.", Rtype::TXT))).await.unwrap();
        send.finish().unwrap();
        receive.stop(3_u32.into()).unwrap();
    }
    assert_eq!(Message::read(&ask_stream(&connection, &www()).await).answer.len(), 1);
}

#[tokio::test]
async fn section_4_1_another_protocol_is_refused() {
    let secured = Secured::start(catalog());
    secured.connect_quic_as(b"h3").await.unwrap_err();
}

#[tokio::test]
async fn no_streams_of_one_direction() {
    let secured = Secured::start(catalog());
    let connection = secured.connect_quic().await;
    ask_stream(&connection, &www()).await;
    timeout(Duration::from_millis(50), connection.open_uni()).await.expect_err("none is allowed");
}

#[tokio::test]
async fn whoever_asks_nothing_is_cut() {
    let secured = Secured::start_with(catalog(), |builder| builder.connection_limits(idle(300)));
    let connection = secured.connect_quic().await;
    // Streams without a whole query don't count.
    let mut streams = Vec::new();
    let asking = async {
        while let Ok((mut send, receive)) = connection.open_bi().await {
            send.write_all(&[0]).await.ok();
            streams.push((send, receive));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, asking).await.unwrap();
    assert_eq!(closed_with(&connection).await, NO_ERROR);
}

#[tokio::test]
async fn one_more_takes_the_place_of_the_longest_idle() {
    let mut limits = ConnectionLimits::default();
    limits.connections_per_peer = 2;
    let secured = Secured::start_with(catalog(), |builder| builder.connection_limits(limits));
    let mut first = secured.connect_tls().await;
    let second = secured.connect_quic().await;
    ask_stream(&second, &www()).await;
    // Its address is asked to be proven first: what may be forged takes no place.
    let third = secured.connect_quic().await;
    ask_stream(&third, &www()).await;
    assert!(crate::secured::is_closed(&mut first).await);
    assert_eq!(Message::read(&ask_stream(&second, &www()).await).answer.len(), 1);
}

#[tokio::test]
async fn the_end_is_told_to_clients() {
    let mut secured = Secured::start(catalog());
    let connection = secured.connect_quic().await;
    ask_stream(&connection, &www()).await;
    secured.handle.shutdown();
    assert_eq!(closed_with(&connection).await, NO_ERROR);
    timeout(PATIENCE, secured.running.take().unwrap()).await.unwrap().unwrap();
}

#[test]
fn kdig_asks() {
    let Some(kdig) = installed(&["kdig"]) else { return };
    let secured = Secured::start(catalog());
    let output = Command::new(kdig)
        .args(secured.kdig_arguments(Transport::Quic))
        .args(["+quic", "+short", "www.example.", "A"])
        .output()
        .unwrap();
    if String::from_utf8_lossy(&output.stderr).contains("QUIC support") {
        return leave_out("kdig was built without QUIC");
    }
    assert_eq!(String::from_utf8_lossy(&output.stdout), "192.0.2.1\n", "{output:?}");
    assert_eq!(secured.handle.counts().over(Transport::Quic, Outcome::Answered), 1);
}

fn idle(millis: u64) -> ConnectionLimits {
    let mut limits = ConnectionLimits::default();
    limits.idle = Duration::from_millis(millis);
    limits
}
