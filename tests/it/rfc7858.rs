//! RFC 7858: DNS over TLS.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use mimi_dns::record::Rtype;
use mimi_dns::server::{ConnectionLimits, Outcome, Transport};
use mimi_dns::zone::Catalog;
use rustls::version::TLS12;
use rustls::{ClientConfig, ProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::peers::installed;
use crate::secured::authority::SERVER_NAME;
use crate::secured::{PATIENCE, Secured, ask_framed, framed, is_closed, receive_framed};
use crate::served::example;
use crate::wire::{Message, query};

fn catalog() -> Catalog {
    let text = "x".repeat(250);
    let big: String = (0..200).map(|number| format!("big TXT {number:03}{text}\n")).collect();
    example(&format!("www A 192.0.2.1\n{big}"))
}

fn www() -> Vec<u8> {
    query("www.example.", Rtype::A)
}

fn idle(millis: u64) -> ConnectionLimits {
    let mut limits = ConnectionLimits::default();
    limits.idle = Duration::from_millis(millis);
    limits
}

#[tokio::test]
async fn answers_and_counts() {
    let secured = Secured::start(catalog());
    let reply = secured.ask(Transport::Tls, &www()).await;
    assert_eq!(reply, secured.ask(Transport::Tcp, &www()).await);
    let counts = secured.handle.counts();
    assert_eq!(counts.over(Transport::Tls, Outcome::Answered), 1);
    assert_eq!(counts.over(Transport::Tcp, Outcome::Answered), 1);
    assert_eq!(counts.total(), 2);
}

#[tokio::test]
async fn section_3_3_pipelined_requests_are_all_answered() {
    let secured = Secured::start(catalog());
    let mut stream = secured.connect_tls().await;
    let requests: Vec<u8> = (0..100_u16)
        .flat_map(|id| {
            let mut octets = query(if id % 10 == 0 { "big.example." } else { "www.example." }, Rtype::TXT);
            octets[..2].copy_from_slice(&id.to_be_bytes());
            framed(&octets)
        })
        .collect();
    stream.write_all(&requests).await.unwrap();
    // No more is asked: what was asked is answered all the same.
    stream.shutdown().await.unwrap();
    for id in 0..100 {
        let reply = receive_framed(&mut stream).await;
        assert_eq!(u16::from_be_bytes([reply[0], reply[1]]), id);
    }
    assert!(is_closed(&mut stream).await);
}

#[tokio::test]
async fn both_versions_of_tls_and_clients_that_name_no_protocol() {
    let secured = Secured::start(catalog());
    let stream = secured.connect_tls().await;
    let session = stream.get_ref().1;
    assert_eq!(session.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    assert_eq!(session.alpn_protocol(), Some(b"dot".as_slice()));

    let mut unnamed = secured.connect_tls_to(Transport::Tls, &[]).await;
    assert_eq!(Message::read(&ask_framed(&mut unnamed, &www()).await).answer.len(), 1);

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let old = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS12])
        .unwrap()
        .with_root_certificates(secured.authority.roots())
        .with_no_client_auth();
    let stream = TcpStream::connect(secured.addr(Transport::Tls)).await.unwrap();
    let mut stream =
        TlsConnector::from(Arc::new(old)).connect(SERVER_NAME.try_into().unwrap(), stream).await.unwrap();
    assert_eq!(Message::read(&ask_framed(&mut stream, &www()).await).answer.len(), 1);
}

#[tokio::test]
async fn another_protocol_is_refused() {
    let secured = Secured::start(catalog());
    let stream = TcpStream::connect(secured.addr(Transport::Tls)).await.unwrap();
    let connector = TlsConnector::from(Arc::new(secured.authority.client(&[b"h2"])));
    connector.connect(SERVER_NAME.try_into().unwrap(), stream).await.unwrap_err();
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_to_new_clients_and_old_ones_go_on() {
    let secured = Secured::start(catalog());
    let mut before = secured.connect_tls().await;
    let renewed = secured.authority.renew();
    assert!(secured.certificates.reload_if_changed().unwrap());
    let after = secured.connect_tls().await;
    assert_eq!(after.get_ref().1.peer_certificates().unwrap()[0], renewed);
    assert_ne!(before.get_ref().1.peer_certificates().unwrap()[0], renewed);
    assert_eq!(Message::read(&ask_framed(&mut before, &www()).await).answer.len(), 1);
}

#[tokio::test]
async fn whoever_stalls_is_cut_and_others_are_answered() {
    let secured = Secured::start_with(catalog(), |builder| builder.connection_limits(idle(500)));
    // Before, within and after the handshake, and within a request.
    let mut silent = TcpStream::connect(secured.addr(Transport::Tls)).await.unwrap();
    let mut cut = TcpStream::connect(secured.addr(Transport::Tls)).await.unwrap();
    cut.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();
    let mut idle = secured.connect_tls().await;
    let mut slow = secured.connect_tls().await;
    slow.write_all(&framed(&www())[..5]).await.unwrap();
    assert_eq!(Message::read(&secured.ask(Transport::Tls, &www()).await).answer.len(), 1);
    assert!(is_closed(&mut silent).await);
    assert!(is_closed(&mut cut).await);
    assert!(is_closed(&mut idle).await);
    assert!(is_closed(&mut slow).await);
}

#[tokio::test]
async fn what_is_not_tls_is_cut() {
    let secured = Secured::start(catalog());
    let mut plain = TcpStream::connect(secured.addr(Transport::Tls)).await.unwrap();
    plain.write_all(&framed(&www())).await.unwrap();
    // An alert, perhaps, and the end.
    let mut rest = Vec::new();
    timeout(PATIENCE, plain.read_to_end(&mut rest)).await.unwrap().ok();
    assert!(rest.len() < 16);
    assert_eq!(secured.handle.counts().total(), 0);
}

#[tokio::test]
async fn the_end_is_told_to_clients() {
    let mut secured = Secured::start(catalog());
    let mut stream = secured.connect_tls().await;
    ask_framed(&mut stream, &www()).await;
    secured.handle.shutdown();
    // With close_notify: an end without it would be an error.
    let mut rest = [0];
    assert_eq!(timeout(PATIENCE, stream.read(&mut rest)).await.unwrap().unwrap(), 0);
    timeout(PATIENCE, secured.running.take().unwrap()).await.unwrap().unwrap();
}

#[test]
fn kdig_asks_and_believes_the_certificate() {
    let Some(kdig) = installed(&["kdig"]) else { return };
    let secured = Secured::start(catalog());
    let output = Command::new(kdig)
        .args(secured.kdig_arguments(Transport::Tls))
        .args(["+tls", "+short", "www.example.", "A"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "192.0.2.1\n", "{output:?}");
}

#[test]
fn dig_asks() {
    let Some(dig) = installed(&["dig"]) else { return };
    let secured = Secured::start(catalog());
    let output = Command::new(dig)
        .args(secured.kdig_arguments(Transport::Tls))
        .args(["+tls", "+short", "www.example.", "A"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "192.0.2.1\n", "{output:?}");
}
