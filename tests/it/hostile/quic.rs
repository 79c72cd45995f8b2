//! QUIC: handshakes that stand still, streams that do, replies that nobody takes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use mimi_dns::server::{Outcome, Transport};
use quinn::TransportConfig;
use quinn::crypto::rustls::QuicClientConfig;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::attacked::{Attacked, big, www};
use crate::secured::authority::SERVER_NAME;
use crate::secured::clients::ask_stream;
use crate::secured::{PATIENCE, framed};
use crate::wire::Message;

const IDLE: Duration = Duration::from_millis(500);
/// Which the server allows on one connection.
const STREAMS: usize = 100;

/// With the id that RFC 9250 §4.2.1 wants.
fn asked(mut message: Vec<u8>) -> Vec<u8> {
    message[..2].fill(0);
    message
}

async fn others_are_answered_over_quic(attacked: &Attacked) {
    let asking = async {
        let connection = attacked.secured.connect_quic().await;
        let reply = ask_stream(&connection, &asked(www())).await;
        assert_eq!(Message::read(&reply).answer.len(), 1);
        connection.close(0_u32.into(), b"");
    };
    timeout(Duration::from_secs(5), asking).await.expect("others are answered in time");
    attacked.others_are_answered().await;
}

/// A client with these windows.
fn connecting(attacked: &Attacked, window: u32, to: SocketAddr) -> quinn::Connecting {
    let config = QuicClientConfig::try_from(attacked.secured.authority.client(&[b"doq"])).unwrap();
    let mut config = quinn::ClientConfig::new(Arc::new(config));
    let mut transport = TransportConfig::default();
    transport.stream_receive_window(window.into()).receive_window(window.into());
    config.transport_config(Arc::new(transport));
    let endpoint = quinn::Endpoint::client((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    endpoint.connect_with(config, to, SERVER_NAME).unwrap()
}

/// The first datagram of a client, which then hears nothing.
async fn first_datagram(attacked: &Attacked) -> Vec<u8> {
    let nobody = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let _connecting = connecting(attacked, 1_000, nobody.local_addr().unwrap());
    let mut datagram = vec![0; 65_535];
    let len = timeout(PATIENCE, nobody.recv(&mut datagram)).await.unwrap().unwrap();
    datagram.truncate(len);
    datagram
}

#[tokio::test]
async fn handshakes_that_stand_still_keep_nobody_out() {
    let attacked = Attacked::with(|limits| limits.connections = 200);
    let mut sockets = Vec::new();
    for number in 0..400_u16 {
        let [_, host] = (1 + number % 150).to_be_bytes();
        let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, host), 0)).await.unwrap();
        socket
            .send_to(&first_datagram(&attacked).await, attacked.secured.addr(Transport::Quic))
            .await
            .unwrap();
        sockets.push(socket);
        if number % 100 == 99 {
            others_are_answered_over_quic(&attacked).await;
        }
    }
    // Some were asked first whether their address is theirs: a Retry packet is of type 3. RFC 9000 §17.2.5.
    let mut retries = 0;
    for socket in &sockets {
        let mut datagram = [0; 1_500];
        if let Ok(len) = socket.try_recv(&mut datagram) {
            retries += usize::from(len > 0 && datagram[0] & 0xb0 == 0xb0);
        }
    }
    assert!(retries > 100, "{retries} of {} were asked", sockets.len());
}

#[tokio::test]
async fn datagrams_that_are_no_quic_are_dropped() {
    let attacked = Attacked::start();
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    socket.connect(attacked.secured.addr(Transport::Quic)).await.unwrap();
    let first = first_datagram(&attacked).await;
    for number in 0..2_000_usize {
        let octets = match number % 5 {
            0 => vec![],
            1 => www(),
            2 => vec![0xff; 1_200],
            3 => first[..number % first.len()].to_vec(),
            _ => {
                let mut damaged = first.clone();
                damaged[number * 7 % first.len()] ^= 0x55;
                damaged
            }
        };
        // A reply may have been refused by a port that is closed.
        socket.send(&octets).await.ok();
    }
    others_are_answered_over_quic(&attacked).await;
}

#[tokio::test]
async fn streams_that_stand_still_hold_their_own_connection_alone() {
    let attacked = Attacked::with(|limits| limits.idle = IDLE);
    let connection = attacked.secured.connect_quic().await;
    let mut streams = Vec::new();
    for number in 0..STREAMS {
        let (mut send, receive) = connection.open_bi().await.unwrap();
        let parts =
            [framed(&asked(www()))[..1 + number % 20].to_vec(), framed(&[0; 2_000])[..1_500].to_vec()];
        timeout(PATIENCE, send.write_all(&parts[number % 2])).await.unwrap().unwrap();
        streams.push((send, receive));
    }
    others_are_answered_over_quic(&attacked).await;
    timeout(PATIENCE, connection.closed()).await.expect("it is closed");
}

#[tokio::test]
async fn replies_that_nobody_takes_are_few() {
    let attacked = Attacked::with(|limits| limits.idle = IDLE);
    // Of 50,000 octets there is room for 1,000.
    let connection = connecting(&attacked, 1_000, attacked.secured.addr(Transport::Quic)).await.unwrap();
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        let (mut send, receive) = connection.open_bi().await.unwrap();
        send.write_all(&framed(&asked(big()))).await.unwrap();
        send.finish().unwrap();
        streams.push((send, receive));
    }
    others_are_answered_over_quic(&attacked).await;
    timeout(PATIENCE, connection.closed()).await.expect("it is closed");
    // And one of the others'.
    let answered = attacked.secured.handle.counts().over(Transport::Quic, Outcome::Answered);
    assert!(answered < 12, "{answered} replies were made for nobody");
}

#[tokio::test]
async fn a_crowd_of_connections_takes_the_places_of_its_own() {
    let attacked = Attacked::with(|limits| (limits.connections, limits.connections_per_peer) = (60, 20));
    let mut faithful = attacked.stream(Transport::Tls, 201).await;
    let mut crowd = Vec::new();
    for number in 0..80 {
        crowd.push(attacked.secured.connect_quic().await);
        if number % 20 == 19 {
            others_are_answered_over_quic(&attacked).await;
            let reply = crate::secured::ask_framed(&mut faithful, &www()).await;
            assert_eq!(Message::read(&reply).answer.len(), 1);
        }
    }
    let open = crowd.iter().filter(|connection| connection.close_reason().is_none()).count();
    assert!(open <= 20, "{open} connections of one address are open");
}
