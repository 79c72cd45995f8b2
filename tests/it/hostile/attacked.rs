//! A server that is attacked from some addresses, and asked from another meanwhile.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use mimi_dns::record::Rtype;
use mimi_dns::server::{ConnectionLimits, Transport};
use mimi_dns::zone::Catalog;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::secured::authority::SERVER_NAME;
use crate::secured::{Secured, ask_framed};
use crate::served::example;
use crate::wire::{Message, query};

/// Within this time whoever does nothing wrong is answered, on a slow machine too.
const IN_TIME: Duration = Duration::from_secs(5);
/// The last octet of the address of those who do nothing wrong.
const HONEST: u8 = 200;

pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A zone with a name that has few data and one that has much.
pub(crate) fn catalog() -> Catalog {
    let text = "x".repeat(250);
    let big: String = (0..200).map(|number| format!("big TXT {number:03}{text}\n")).collect();
    example(&format!("www A 192.0.2.1\n{big}"))
}

pub(crate) fn www() -> Vec<u8> {
    query("www.example.", Rtype::A)
}

/// Asks for 50,000 octets.
pub(crate) fn big() -> Vec<u8> {
    query("big.example.", Rtype::TXT)
}

pub(crate) struct Attacked {
    pub(crate) secured: Secured,
}

impl Attacked {
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut ConnectionLimits)) -> Self {
        let mut limits = ConnectionLimits::default();
        change(&mut limits);
        Self { secured: Secured::start_with(catalog(), |builder| builder.connection_limits(limits)) }
    }

    /// A TCP connection from `127.0.0.host`.
    pub(crate) async fn tcp(&self, transport: Transport, host: u8) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::new(127, 0, 0, host), 0).into()).unwrap();
        socket.connect(self.secured.addr(transport)).await.unwrap()
    }

    /// A connection that carries framed messages, over TCP or TLS.
    pub(crate) async fn stream(&self, transport: Transport, host: u8) -> Box<dyn Stream> {
        let tcp = self.tcp(transport, host).await;
        if transport == Transport::Tcp {
            return Box::new(tcp);
        }
        let connector = TlsConnector::from(Arc::new(self.secured.authority.client(&[b"dot"])));
        Box::new(connector.connect(SERVER_NAME.try_into().unwrap(), tcp).await.unwrap())
    }

    /// Fails where one who does nothing wrong is not answered in time.
    pub(crate) async fn others_are_answered(&self) {
        let all = async {
            let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, HONEST), 0)).await.unwrap();
            socket.connect(self.secured.addr(Transport::Udp)).await.unwrap();
            socket.send(&www()).await.unwrap();
            let mut reply = [0; 512];
            let len = socket.recv(&mut reply).await.unwrap();
            assert_eq!(Message::read(&reply[..len]).answer.len(), 1);
            for transport in [Transport::Tcp, Transport::Tls] {
                let mut stream = self.stream(transport, HONEST).await;
                assert_eq!(Message::read(&ask_framed(&mut stream, &www()).await).answer.len(), 1);
            }
        };
        timeout(IN_TIME, all).await.expect("others are answered in time");
    }
}
