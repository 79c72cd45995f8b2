//! Clients that want no more than an answer, and how long they wait for it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use socket2::{Domain, Protocol, Socket, Type};

use super::served::{NAME, Target};
use super::wire;

/// How long a client waits before it asks again.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often it asks, as resolvers do.
const TRIES: u32 = 4;

/// How a client asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Over UDP, with the cookie that it was given.
    Cookie,
    /// Over UDP, without EDNS.
    Plain,
    /// Over TCP, a connection for each question.
    Tcp,
    /// Over TCP, all questions over one connection as long as it is open.
    Kept,
    /// Over TLS, a connection for each question.
    Tls,
}

impl Manner {
    pub const ALL: [Self; 5] = [Self::Cookie, Self::Plain, Self::Tcp, Self::Kept, Self::Tls];

    pub fn words(self) -> &'static str {
        match self {
            Self::Cookie => "UDP, cookie",
            Self::Plain => "UDP, no cookie",
            Self::Tcp => "TCP, one connection each",
            Self::Kept => "TCP, one connection",
            Self::Tls => "TLS, one connection each",
        }
    }

    /// Whether it has a connection.
    #[allow(dead_code, reason = "the tests ask, which include this file")]
    pub fn is_stream(self) -> bool {
        !matches!(self, Self::Cookie | Self::Plain)
    }

    fn source(self) -> Ipv4Addr {
        Ipv4Addr::new(127, 9, 0, 1 + self as u8)
    }

    fn pause(self) -> Duration {
        match self {
            Self::Cookie | Self::Plain => Duration::from_millis(10),
            Self::Tcp | Self::Kept => Duration::from_millis(25),
            Self::Tls => Duration::from_millis(100),
        }
    }
}

/// What became of one client's questions.
pub struct Tally {
    pub manner: Manner,
    /// Of each question that was answered, from the first try to the answer; in order of length.
    pub waited: Vec<Duration>,
    /// Questions that were answered at a later try than the first.
    pub again: usize,
    /// Questions that were not answered.
    pub lost: usize,
}

/// Honest clients, one of each manner, that ask until they are told to stop.
pub struct Honest {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Tally>>,
}

impl Honest {
    pub fn start(target: &Target) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = |manner| {
            let (target, stop) = (target.clone(), Arc::clone(&stop));
            thread::spawn(move || ask_until(&target, manner, &stop))
        };
        let clients = Manner::ALL.map(client).into();
        Self { stop, clients }
    }

    pub fn stop(self) -> Vec<Tally> {
        self.stop.store(true, Ordering::Relaxed);
        self.clients.into_iter().map(|client| client.join().unwrap()).collect()
    }
}

fn ask_until(target: &Target, manner: Manner, stop: &AtomicBool) -> Tally {
    let tls = believing(&target.certificate);
    let mut client = Client { target, manner, tls, cookie: vec![0xc1; 8], kept: None, id: 0 };
    let mut tally = Tally { manner, waited: Vec::new(), again: 0, lost: 0 };
    while !stop.load(Ordering::Relaxed) {
        let start = Instant::now();
        match (0..TRIES).find(|&attempt| client.is_answered(attempt)) {
            Some(attempt) => {
                tally.waited.push(start.elapsed());
                tally.again += usize::from(attempt > 0);
            }
            None => tally.lost += 1,
        }
        thread::sleep(manner.pause());
    }
    tally.waited.sort();
    tally
}

struct Client<'t> {
    target: &'t Target,
    manner: Manner,
    tls: Arc<ClientConfig>,
    cookie: Vec<u8>,
    kept: Option<TcpStream>,
    id: u16,
}

impl Client<'_> {
    fn is_answered(&mut self, attempt: u32) -> bool {
        self.id = self.id.wrapping_add(1);
        let query = wire::query(self.id, wire::WWW, wire::A);
        let reply = match self.manner {
            Manner::Cookie => self.over_udp(&wire::with_cookie(query, &self.cookie)),
            Manner::Plain => self.over_udp(&query),
            Manner::Tcp | Manner::Kept => self.over_tcp(&query),
            Manner::Tls => self.over_tls(&query),
        };
        let Ok(reply) = reply else {
            // Closed at once: as good as lost, but not to be asked again at full rate.
            thread::sleep(Duration::from_millis(20) * attempt);
            return false;
        };
        if let Some(cookie) = wire::cookie(&reply) {
            self.cookie = cookie.to_vec();
        }
        let is_truncated = reply[2] & 0x02 != 0;
        if is_truncated {
            // What a limiter lets through instead of an answer: the client is asked to prove its address.
            return self
                .over_tcp(&wire::query(self.id, wire::WWW, wire::A))
                .is_ok_and(|reply| is_answer(&reply));
        }
        is_answer(&reply)
    }

    fn over_udp(&self, query: &[u8]) -> io::Result<Vec<u8>> {
        let socket = UdpSocket::bind((self.manner.source(), 0))?;
        socket.connect(self.target.plain)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.send(query)?;
        let mut reply = vec![0; 1232];
        let len = socket.recv(&mut reply)?;
        reply.truncate(len);
        Ok(reply)
    }

    fn over_tls(&self, query: &[u8]) -> io::Result<Vec<u8>> {
        let stream = connect(self.manner.source(), self.target.tls)?;
        let name = ServerName::try_from(NAME).map_err(io::Error::other)?;
        let session = ClientConnection::new(Arc::clone(&self.tls), name).map_err(io::Error::other)?;
        exchange(&mut StreamOwned::new(session, stream), query)
    }

    fn over_tcp(&mut self, query: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = match self.kept.take() {
            Some(stream) => stream,
            None => connect(self.manner.source(), self.target.plain)?,
        };
        let reply = exchange(&mut stream, query)?;
        if self.manner == Manner::Kept {
            self.kept = Some(stream);
        }
        Ok(reply)
    }
}

fn exchange(stream: &mut (impl Read + Write), query: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(&wire::framed(query))?;
    let mut len = [0; 2];
    stream.read_exact(&mut len)?;
    let mut reply = vec![0; u16::from_be_bytes(len).into()];
    stream.read_exact(&mut reply)?;
    Ok(reply)
}

/// A client of TLS that believes this certificate alone.
fn believing(certificate: &CertificateDer<'static>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

fn connect(source: Ipv4Addr, target: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    socket.connect_timeout(&target.into(), PATIENCE)?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// One record and no error.
fn is_answer(reply: &[u8]) -> bool {
    reply.len() > 12 && reply[3] & 0x0f == 0 && reply[7] == 1
}
