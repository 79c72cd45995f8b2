//! RFC 8484: DNS over HTTPS.

use std::process::Command;
use std::time::Duration;

use data_encoding::BASE64URL;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Request};
use mimi_dns::record::Rtype;
use mimi_dns::server::{ConnectionLimits, Outcome, Transport};
use mimi_dns::zone::Catalog;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::peers::installed;
use crate::secured::clients::{Https, body, get, post};
use crate::secured::{PATIENCE, Secured, is_closed};
use crate::served::example;
use crate::wire::{Message, query, with_opt};

fn catalog() -> Catalog {
    let text = "x".repeat(250);
    let big: String = (0..200).map(|number| format!("big TXT {number:03}{text}\n")).collect();
    example(&format!("www A 192.0.2.1\n{big}sub NS ns.sub\nns.sub A 192.0.2.2\n"))
}

fn www() -> Vec<u8> {
    query("www.example.", Rtype::A)
}

async fn both(secured: &Secured) -> [Https; 2] {
    [secured.connect_https().await, secured.connect_https_1().await]
}

#[tokio::test]
async fn section_4_1_get_and_post_over_both_versions() {
    let secured = Secured::start(catalog());
    let over_tcp = secured.ask(Transport::Tcp, &www()).await;
    for mut client in both(&secured).await {
        for request in [post(&www()), get(&www())] {
            let response = client.send(request).await;
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()["content-type"], "application/dns-message");
            assert_eq!(response.headers()["cache-control"], "max-age=300");
            assert_eq!(body(response).await, over_tcp);
        }
    }
    assert_eq!(secured.handle.counts().over(Transport::Https, Outcome::Answered), 4);
}

#[tokio::test]
async fn section_5_1_freshness_follows_the_answer() {
    let secured = Secured::start(catalog());
    let mut client = secured.connect_https().await;
    for (name, expected) in [
        ("big.example.", "max-age=300"),
        // The SOA record's MINIMUM.
        ("absent.example.", "max-age=60"),
        ("a.sub.example.", "max-age=300"),
        ("elsewhere.", "no-store"),
    ] {
        let response = client.send(get(&query(name, Rtype::TXT))).await;
        assert_eq!(response.headers()["cache-control"], expected, "{name}");
    }
}

#[tokio::test]
async fn section_4_2_1_what_is_wrong_has_a_status_of_its_own() {
    let secured = Secured::start(catalog());
    let get_with = |variables: &str| {
        Request::get(format!("https://dns.example/dns-query{variables}")).body(Full::default()).unwrap()
    };
    let post_as = |media_type: &str, octets: Vec<u8>| {
        let request = Request::post("https://dns.example/dns-query").header("content-type", media_type);
        request.body(Full::from(Bytes::from(octets))).unwrap()
    };
    let other = |method, path: &str| {
        let uri = format!("https://dns.example{path}");
        Request::builder().method(method).uri(uri).body(Full::default()).unwrap()
    };
    let response = [&www()[..2], &[0x80], &www()[3..]].concat();
    let rows = || {
        [
            (other(Method::GET, "/"), 404),
            (other(Method::POST, "/dns-query/"), 404),
            (other(Method::PUT, "/dns-query"), 405),
            (other(Method::DELETE, "/dns-query"), 405),
            (get_with(""), 400),
            (get_with("?dns="), 400),
            (get_with("?name=www.example"), 400),
            (get_with("?dns=a"), 400),
            (get_with("?dns=AA%3D%3D"), 400),
            (get_with(&format!("?dns={}", BASE64URL.encode(&[www(), vec![0; 2]].concat()))), 400),
            (get_with("?dns=A+/A"), 400),
            // A response.
            (get(&response), 400),
            (post_as("application/json", www()), 415),
            (post_as("", www()), 415),
            (post_as("application/dns-message", vec![]), 400),
            (post_as("application/dns-message", vec![0; 11]), 400),
            (post_as("application/dns-message", vec![0; 65_536]), 413),
            (post_as("Application/DNS-Message; a=b", www()), 200),
            (get_with(&format!("?a=b&dns={}", data_encoding::BASE64URL_NOPAD.encode(&www()))), 200),
        ]
    };
    for client in 0..2 {
        // Over HTTP/1.1 a client that goes on sending what is refused may not see why it is cut.
        for (request, expected) in rows().into_iter().filter(|row| client == 0 || row.1 != 413) {
            // What is refused unread closes a connection of HTTP/1.1.
            let mut client = both(&secured).await.into_iter().nth(client).unwrap();
            let shown = format!("{} {}", request.method(), request.uri());
            let response = client.send(request).await;
            assert_eq!(response.status(), expected, "{shown}");
            if expected == 405 {
                assert_eq!(response.headers()["allow"], "GET, HEAD, POST");
            }
            if expected != 200 {
                assert!(body(response).await.is_empty());
            }
        }
    }
}

#[tokio::test]
async fn a_request_of_the_largest_size_is_answered() {
    let secured = Secured::start(catalog());
    let octets = [www(), vec![0; 65_535 - www().len()]].concat();
    let mut client = secured.connect_https().await;
    let (status, reply) = client.post(&octets).await;
    assert_eq!(status, 200);
    assert_eq!(reply, secured.ask(Transport::Tcp, &octets).await);
}

#[tokio::test]
async fn head_gets_the_fields_alone() {
    let secured = Secured::start(catalog());
    for mut client in both(&secured).await {
        let mut request = get(&www());
        *request.method_mut() = Method::HEAD;
        let response = client.send(request).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-length"], "45");
        assert!(body(response).await.is_empty());
        assert_eq!(client.post(&www()).await.1.len(), 45);
    }
}

#[tokio::test]
async fn a_hundred_exchanges_at_a_time() {
    let secured = Secured::start(catalog());
    let Https::Two(sender) = secured.connect_https().await else { unreachable!() };
    let mut exchanges = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let mut sender = sender.clone();
        exchanges.spawn(async move {
            let octets = with_opt(query("big.example.", Rtype::TXT), 1232, false);
            body(sender.send_request(post(&octets)).await.unwrap()).await
        });
    }
    let all = async {
        while let Some(reply) = exchanges.join_next().await {
            assert_eq!(Message::read(&reply.unwrap()).answer.len(), 200);
        }
    };
    timeout(PATIENCE, all).await.unwrap();
}

#[tokio::test]
async fn whoever_asks_nothing_is_cut() {
    let mut limits = ConnectionLimits::default();
    limits.idle = Duration::from_millis(500);
    let secured = Secured::start_with(catalog(), |builder| builder.connection_limits(limits));
    let mut before = secured.connect_tls_to(Transport::Https, &[b"h2"]).await;
    let mut within = secured.connect_tls_to(Transport::Https, &[b"http/1.1"]).await;
    within.write_all(b"GET /dns-query?dns=").await.unwrap();
    // The preface and settings of HTTP/2, and a frame that never ends.
    let mut frames = secured.connect_tls_to(Transport::Https, &[b"h2"]).await;
    frames
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x40\x01\x05\0\0\0\x01")
        .await
        .unwrap();
    let mut body_missing = secured.connect_tls_to(Transport::Https, &[b"http/1.1"]).await;
    let head = "POST /dns-query HTTP/1.1\r\nhost: dns.example\r\ncontent-type: application/dns-message\r\ncontent-length: 29\r\n\r\n";
    body_missing.write_all(head.as_bytes()).await.unwrap();
    for stream in [&mut before, &mut within, &mut frames, &mut body_missing] {
        let all = async { while !is_closed(stream).await {} };
        timeout(PATIENCE, all).await.unwrap();
    }
    assert_eq!(secured.connect_https().await.post(&www()).await.0, 200);
}

#[tokio::test]
async fn the_end_is_told_to_clients() {
    let mut secured = Secured::start(catalog());
    let mut clients = both(&secured).await;
    for client in &mut clients {
        assert_eq!(client.post(&www()).await.0, 200);
    }
    secured.handle.shutdown();
    timeout(PATIENCE, secured.running.take().unwrap()).await.unwrap().unwrap();
    let [Https::Two(mut two), Https::One(mut one)] = clients else { unreachable!() };
    timeout(PATIENCE, async {
        while two.ready().await.is_ok() {
            tokio::task::yield_now().await
        }
    })
    .await
    .unwrap();
    timeout(PATIENCE, async {
        while one.ready().await.is_ok() {
            tokio::task::yield_now().await
        }
    })
    .await
    .unwrap();
}

#[test]
fn kdig_asks_by_both_methods() {
    let Some(kdig) = installed(&["kdig"]) else { return };
    let secured = Secured::start(catalog());
    for method in ["+https", "+https-get"] {
        let output = Command::new(&kdig)
            .args(secured.kdig_arguments(Transport::Https))
            .args(["+https", method, "+short", "www.example.", "A"])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "192.0.2.1\n", "{output:?}");
    }
}

#[test]
fn dig_asks_by_both_methods() {
    let Some(dig) = installed(&["dig"]) else { return };
    let secured = Secured::start(catalog());
    for method in ["+https", "+https-get"] {
        let output = Command::new(&dig)
            .args(secured.kdig_arguments(Transport::Https))
            .args([method, "+short", "www.example.", "A"])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "192.0.2.1\n", "{output:?}");
    }
}
