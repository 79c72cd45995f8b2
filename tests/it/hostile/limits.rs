//! Limits on rates and connections, reached on each transport.

use std::time::Duration;

use ipnet::IpNet;
use mimi_dns::server::{ConnectionLimits, RateLimits, Transport};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::attacked::catalog;
use super::build::{ARCOUNT, asking, opt, with, www};
use super::clients::Clients;
use super::rules::tell;
use crate::secured::{PATIENCE, Secured, is_closed};
use crate::served::example;

/// A limit on rates, reached.
pub(super) struct Limited {
    pub(super) what: &'static str,
    pub(super) source: &'static str,
    change: fn(&mut RateLimits),
    message: Vec<u8>,
    /// What is heard over UDP, TCP, TLS, HTTPS, QUIC, sooner or later.
    pub(super) heard: [&'static str; 5],
}

/// Requests after which a limit of one a second is felt, however slow the machine.
const MANY: usize = 300;

pub(super) fn limited() -> [Limited; 2] {
    let asked = with(www(), ARCOUNT, &opt(&[]));
    let nobody = asking(b"\x06nobody\x07example\0\0\x01\0\x01");
    let answered = "NOERROR qao";
    let refused = "REFUSED qo, error 0";
    [
        Limited {
            what: "more replies a second than one network is sent, every one of them let through cut short",
            source: "docs/book/src/abuse.md",
            change: |limits| (limits.answers, limits.window, limits.slip) = (1, 1, 1),
            message: asked,
            heard: ["NOERROR qo, TC", answered, answered, answered, answered],
        },
        Limited {
            what: "more numbers that are not registered than one network may ask for",
            source: "docs/book/src/abuse.md",
            change: |limits| {
                limits.slip = 1;
                limits.enumeration.rate = 1;
                limits.enumeration.burst = 1;
                limits.enumeration.harmless_share = 0;
                limits.enumeration.longest_delay = Duration::ZERO;
            },
            message: with(nobody, ARCOUNT, &opt(&[])),
            heard: ["NOERROR qo, TC", refused, refused, refused, refused],
        },
    ]
}

impl Limited {
    pub(super) async fn hold(&self) {
        let mut limits = RateLimits::default();
        limits.exempt = std::iter::empty::<IpNet>().collect();
        (self.change)(&mut limits);
        // A zone that tells who is registered.
        let catalog = example("www A 192.0.2.1\n_mimi TXT \"v=mimi1\"\n");
        let secured = Secured::start_with(catalog, |builder| builder.rate_limits(limits));
        let mut clients = Clients::connect(&secured).await;
        for (&transport, wanted) in Transport::ALL.iter().zip(self.heard) {
            let mut felt = false;
            for _ in 0..MANY {
                felt |= tell(&clients.send(transport, &self.message).await) == wanted;
                // One that is answered is answered to the end.
                if felt && transport.is_datagram() {
                    break;
                }
                assert!(felt || wanted != "NOERROR qao", "{} over {transport:?}", self.what);
            }
            assert!(felt, "{} over {transport:?}", self.what);
        }
    }
}

fn with_limits(change: impl FnOnce(&mut ConnectionLimits)) -> Secured {
    let mut limits = ConnectionLimits::default();
    change(&mut limits);
    Secured::start_with(catalog(), |builder| builder.connection_limits(limits))
}

pub(super) async fn idle_ends(transport: Transport) {
    let secured = with_limits(|limits| limits.idle = Duration::from_millis(200));
    assert!(Held::open(&secured, transport).await.is_closed().await, "{transport:?}");
}

pub(super) async fn newcomers_come_in(transport: Transport) {
    let secured = with_limits(|limits| limits.connections_per_peer = 1);
    let mut first = Held::open(&secured, transport).await;
    let _second = Held::open(&secured, transport).await;
    assert!(first.is_closed().await, "{transport:?}");
}

/// A connection that does nothing.
enum Held {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Quic(quinn::Connection),
}

impl Held {
    async fn open(secured: &Secured, transport: Transport) -> Self {
        match transport {
            Transport::Udp | Transport::Tcp => {
                Self::Tcp(TcpStream::connect(secured.addr(Transport::Tcp)).await.unwrap())
            }
            Transport::Tls => Self::Tls(secured.connect_tls().await.into()),
            Transport::Https => Self::Tls(secured.connect_tls_to(transport, &[b"h2"]).await.into()),
            Transport::Quic => Self::Quic(secured.connect_quic().await),
        }
    }

    async fn is_closed(&mut self) -> bool {
        match self {
            Self::Tcp(stream) => is_closed(stream).await,
            // HTTP/2 says something before.
            Self::Tls(stream) => {
                let mut said = Vec::new();
                timeout(PATIENCE, stream.read_to_end(&mut said)).await.is_ok()
            }
            Self::Quic(connection) => timeout(PATIENCE, connection.closed()).await.is_ok(),
        }
    }
}
