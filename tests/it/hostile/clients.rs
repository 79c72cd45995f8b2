//! A client for each transport that sends any octets and says what it hears, silence too.

use mimi_dns::server::Transport;
use quinn::ConnectionError;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::build::www;
use crate::secured::clients::{Https, send_stream};
use crate::secured::{PATIENCE, Secured, framed, receive_framed};

/// The largest datagram over IPv4.
pub(crate) const LARGEST_DATAGRAM: usize = 65_507;

/// What comes back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Reply(Vec<u8>),
    /// Nothing, while what is sent next on the same connection is answered.
    Silence,
    /// A status of HTTP other than 200.
    Status(u16),
    /// The end of the connection of QUIC, with this code.
    Closed(u64),
    /// No datagram holds so much: not sent.
    TooLong,
}

/// Clients that keep their connections as long as the server does.
pub(crate) struct Clients<'s> {
    secured: &'s Secured,
    udp: UdpSocket,
    tcp: TcpStream,
    tls: TlsStream<TcpStream>,
    https: Https,
    quic: quinn::Connection,
}

impl<'s> Clients<'s> {
    pub(crate) async fn connect(secured: &'s Secured) -> Self {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        udp.connect(secured.addr(Transport::Udp)).await.unwrap();
        Self {
            secured,
            udp,
            tcp: TcpStream::connect(secured.addr(Transport::Tcp)).await.unwrap(),
            tls: secured.connect_tls().await,
            https: secured.connect_https().await,
            quic: secured.connect_quic().await,
        }
    }

    pub(crate) async fn send(&mut self, transport: Transport, message: &[u8]) -> Heard {
        match transport {
            Transport::Udp if message.len() > LARGEST_DATAGRAM => Heard::TooLong,
            Transport::Udp => self.send_datagram(message).await,
            Transport::Tcp => send_framed(&mut self.tcp, message).await,
            Transport::Tls => send_framed(&mut self.tls, message).await,
            Transport::Https => match self.https.post(message).await {
                (200, reply) => Heard::Reply(reply),
                (status, _) => Heard::Status(status),
            },
            Transport::Quic => self.send_on_stream(message).await,
        }
    }

    async fn send_datagram(&self, message: &[u8]) -> Heard {
        self.udp.send(message).await.unwrap();
        let after = after(message);
        self.udp.send(&after).await.unwrap();
        let first = self.receive_datagram().await;
        if first[..2] == after[..2] {
            return Heard::Silence;
        }
        self.receive_datagram().await;
        Heard::Reply(first)
    }

    async fn receive_datagram(&self) -> Vec<u8> {
        let mut reply = vec![0; 65_535];
        let len = timeout(PATIENCE, self.udp.recv(&mut reply)).await.expect("a reply in time").unwrap();
        reply.truncate(len);
        reply
    }

    /// With id 0, which RFC 9250 §4.2.1 wants; the reply has the message's own again.
    async fn send_on_stream(&mut self, message: &[u8]) -> Heard {
        let mut asked = message.to_vec();
        let id = asked.len().min(2);
        asked[..id].fill(0);
        match send_stream(&self.quic, &framed(&asked)).await {
            Ok(whole) => {
                let mut reply = whole[2..].to_vec();
                assert_eq!(framed(&reply), whole, "one message");
                reply[..id].copy_from_slice(&message[..id]);
                Heard::Reply(reply)
            }
            Err(error) => {
                let end = timeout(PATIENCE, self.quic.closed()).await;
                let end = end.unwrap_or_else(|_| panic!("{error}, and the connection is not closed"));
                self.quic = self.secured.connect_quic().await;
                match end {
                    ConnectionError::ApplicationClosed(close) => Heard::Closed(close.error_code.into_inner()),
                    other => panic!("{other}"),
                }
            }
        }
    }
}

async fn send_framed(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), message: &[u8]) -> Heard {
    let after = after(message);
    stream.write_all(&[framed(message), framed(&after)].concat()).await.unwrap();
    stream.flush().await.unwrap();
    let first = receive_framed(stream).await;
    if first[..2] == after[..2] {
        return Heard::Silence;
    }
    assert_eq!(receive_framed(stream).await[..2], after[..2], "one reply");
    Heard::Reply(first)
}

/// A query with another id, so that its reply shows that there was none before.
fn after(message: &[u8]) -> Vec<u8> {
    let mut after = www();
    after[0] = message.first().map_or(0, |first| first ^ 0xff);
    after
}
