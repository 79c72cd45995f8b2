//! Our own server on all its transports, an authority of our own, and a client for each.

pub(crate) mod authority;
pub(crate) mod clients;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mimi_dns::server::{Certificates, Handle, Server, ServerBuilder, Transport};
use mimi_dns::zone::Catalog;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use self::authority::{Authority, SERVER_NAME};

pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A server that runs until this is dropped, on loopback and ports that the system picks.
pub(crate) struct Secured {
    /// Of its own, so that tests may block.
    runtime: Option<Runtime>,
    pub(crate) authority: Authority,
    pub(crate) certificates: Arc<Certificates>,
    pub(crate) handle: Handle,
    pub(crate) running: Option<JoinHandle<()>>,
    addrs: Vec<(Transport, SocketAddr)>,
}

impl Secured {
    pub(crate) fn start(catalog: Catalog) -> Self {
        Self::start_with(catalog, |builder| builder)
    }

    /// Starts with other settings and limits.
    pub(crate) fn start_with(catalog: Catalog, change: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        let authority = Authority::new();
        authority.renew();
        let certificates = Arc::new(Certificates::load(authority.chain(), authority.key()).unwrap());
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let builder = Server::builder()
            .listen(any)
            .listen_tls(any)
            .listen_https(any)
            .listen_quic(any)
            .certificates(Arc::clone(&certificates))
            .catalog(catalog);
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let entered = runtime.enter();
        // Binding waits for nothing.
        let server = now(change(builder).bind()).unwrap();
        let addrs = Transport::ALL
            .iter()
            .flat_map(|&transport| server.local_addrs_over(transport).map(move |addr| (transport, addr)))
            .collect();
        let handle = server.handle();
        let running = Some(runtime.spawn(server.run()));
        drop(entered);
        Self { runtime: Some(runtime), authority, certificates, handle, running, addrs }
    }

    /// Where it answers over this transport.
    pub(crate) fn addr(&self, transport: Transport) -> SocketAddr {
        self.addrs.iter().find(|(over, _)| *over == transport).unwrap().1
    }

    /// Sends one message over a connection of its own, and returns the reply. Over QUIC its id has
    /// to be 0.
    pub(crate) async fn ask(&self, transport: Transport, octets: &[u8]) -> Vec<u8> {
        let asked = async {
            match transport {
                Transport::Udp => self.ask_datagram(octets).await,
                Transport::Tcp => {
                    let mut stream = TcpStream::connect(self.addr(transport)).await.unwrap();
                    ask_framed(&mut stream, octets).await
                }
                Transport::Tls => ask_framed(&mut self.connect_tls().await, octets).await,
                Transport::Https => {
                    let (status, reply) = self.connect_https().await.post(octets).await;
                    assert_eq!(status, 200);
                    reply
                }
                Transport::Quic => {
                    let connection = self.connect_quic().await;
                    let reply = clients::ask_stream(&connection, octets).await;
                    connection.close(0_u32.into(), b"");
                    reply
                }
            }
        };
        timeout(PATIENCE, asked).await.expect("a reply in time")
    }

    /// A session of TLS with the DoT listener.
    pub(crate) async fn connect_tls(&self) -> TlsStream<TcpStream> {
        self.connect_tls_to(Transport::Tls, &[b"dot"]).await
    }

    /// A session of TLS that offers these protocols.
    pub(crate) async fn connect_tls_to(
        &self,
        transport: Transport,
        protocols: &[&[u8]],
    ) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(self.addr(transport)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let connector = TlsConnector::from(Arc::new(self.authority.client(protocols)));
        connector.connect(SERVER_NAME.try_into().unwrap(), stream).await.unwrap()
    }

    /// Arguments for kdig that make it believe this server.
    pub(crate) fn kdig_arguments(&self, transport: Transport) -> Vec<String> {
        let addr = self.addr(transport);
        let ca: PathBuf = self.authority.ca();
        vec![
            format!("@{}", addr.ip()),
            "-p".to_owned(),
            addr.port().to_string(),
            format!("+tls-ca={}", ca.display()),
            format!("+tls-hostname={SERVER_NAME}"),
        ]
    }

    async fn ask_datagram(&self, octets: &[u8]) -> Vec<u8> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        socket.connect(self.addr(Transport::Udp)).await.unwrap();
        socket.send(octets).await.unwrap();
        let mut reply = vec![0; 65_535];
        let len = socket.recv(&mut reply).await.unwrap();
        reply.truncate(len);
        reply
    }
}

impl Drop for Secured {
    fn drop(&mut self) {
        // Also where the test itself is asynchronous and may not wait.
        self.runtime.take().unwrap().shutdown_background();
    }
}

/// A message with its length in front.
pub(crate) fn framed(octets: &[u8]) -> Vec<u8> {
    [&u16::try_from(octets.len()).unwrap().to_be_bytes(), octets].concat()
}

/// Sends one message and reads one.
pub(crate) async fn ask_framed(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), octets: &[u8]) -> Vec<u8> {
    stream.write_all(&framed(octets)).await.unwrap();
    stream.flush().await.unwrap();
    receive_framed(stream).await
}

/// Reads one message.
pub(crate) async fn receive_framed(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let len = timeout(PATIENCE, stream.read_u16()).await.unwrap().unwrap();
    let mut reply = vec![0; len.into()];
    timeout(PATIENCE, stream.read_exact(&mut reply)).await.unwrap().unwrap();
    reply
}

/// Whether the server has closed, or does so soon.
pub(crate) async fn is_closed(stream: &mut (impl AsyncRead + Unpin)) -> bool {
    matches!(timeout(PATIENCE, stream.read(&mut [0; 16])).await, Ok(Ok(0) | Err(_)))
}

/// Polls once what is ready at once.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("not ready"),
    }
}
