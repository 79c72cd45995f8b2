//! One server over TLS: a connection that is kept, with many questions under way on it.
//!
//! The strict profile of RFC 8310 §5: nothing is asked before the certificate has shown the server's name, and never in
//! the clear. Replies come in any order (RFC 7766 §7); questions are padded (RFC 8467 §4.1).

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot};
use tokio_rustls::TlsConnector;

use super::exchange::{Reply, Wish};
use super::message::{Asked, NotTaken};
use super::pipeline::{self, Question};
use super::{TransportBuildError, TransportError, Unreachable};
use crate::record::{Name, Rtype};
use crate::resolver::upstream::{Authorities, TlsUpstream};

/// Connections that one question is tried on: a server may close one that waits at any time.
const ATTEMPTS: usize = 3;
/// What a file of authorities may have, in octets.
const MAX_FILE: u64 = 8 << 20;
/// Where systems keep the authorities that they believe.
const SYSTEM: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// A server, and a connection to it that waits for the next question.
pub(super) struct TlsServer {
    upstream: TlsUpstream,
    connector: TlsConnector,
    name: ServerName<'static>,
    live: Mutex<Option<mpsc::Sender<Question>>>,
    /// For those who ask at once.
    room: Semaphore,
}

impl TlsServer {
    pub(super) fn new(upstream: &TlsUpstream) -> Result<Self, TransportBuildError> {
        let roots = roots(upstream.authorities())?;
        let wrong = |source: Box<dyn std::error::Error + Send + Sync>| TransportBuildError::Tls(source);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().map_err(|error| wrong(error.into()))?;
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        // Source: RFC 7858 §3.1 as registered.
        config.alpn_protocols = vec![b"dot".to_vec()];
        let name = ServerName::try_from(upstream.name().to_owned()).map_err(|error| wrong(error.into()))?;
        let connector = TlsConnector::from(Arc::new(config));
        Ok(Self {
            upstream: upstream.clone(),
            connector,
            name,
            live: Mutex::new(None),
            room: Semaphore::new(pipeline::MOST),
        })
    }

    pub(super) fn upstream(&self) -> &TlsUpstream {
        &self.upstream
    }

    /// Asks until a reply comes; the caller sets the time limit.
    pub(super) async fn ask(&self, name: &Name, rtype: Rtype, wish: Wish) -> Result<Reply, TransportError> {
        let asked = Asked::padded(name, rtype, wish)?;
        let taken = match self.exchange(&asked).await? {
            Err(NotTaken::NoEdns) => {
                let asked = Asked::new(name, rtype, wish, false)?;
                self.exchange(&asked).await?
            }
            taken => taken,
        };
        taken.map_err(TransportError::from)
    }

    async fn exchange(&self, asked: &Asked) -> Result<Result<Reply, NotTaken>, TransportError> {
        let lost = TransportError::Unreachable(Unreachable::ConnectionLost);
        let _room = self.room.acquire().await.map_err(|_| lost)?;
        for _ in 0..ATTEMPTS {
            let (connection, is_new) = self.connection().await?;
            let (reply, replied) = oneshot::channel();
            let question = Question { octets: asked.octets().to_vec(), reply };
            if connection.send(question).await.is_ok()
                && let Ok(message) = replied.await
            {
                return Ok(asked.take(&message, true));
            }
            if is_new {
                break;
            }
        }
        Err(lost)
    }

    /// The connection that is there, or a new one, and whether it is new.
    async fn connection(&self) -> Result<(mpsc::Sender<Question>, bool), TransportError> {
        // Who comes while another connects waits for that connection.
        let mut live = self.live.lock().await;
        if let Some(connection) = live.as_ref().filter(|connection| !connection.is_closed()) {
            return Ok((connection.clone(), false));
        }
        let stream = connect(&self.connector, self.upstream.address(), self.name.clone()).await?;
        let (sender, receiver) = mpsc::channel(pipeline::MOST);
        tokio::spawn(pipeline::carry(stream, receiver));
        *live = Some(sender.clone());
        Ok((sender, true))
    }
}

impl std::fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsServer").field("upstream", &self.upstream).finish_non_exhaustive()
    }
}

async fn connect(
    connector: &TlsConnector,
    address: SocketAddr,
    name: ServerName<'static>,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, TransportError> {
    let stream = TcpStream::connect(address).await.map_err(|error| super::socket::lost(&error))?;
    stream.set_nodelay(true).map_err(|error| super::socket::lost(&error))?;
    connector.connect(name, stream).await.map_err(|error| match tls_fault(&error) {
        Some(rustls::Error::InvalidCertificate(_)) => TransportError::Unreachable(Unreachable::Certificate),
        Some(_) => TransportError::Unreachable(Unreachable::NoTls),
        None => super::socket::lost(&error),
    })
}

fn tls_fault(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

fn roots(authorities: &Authorities) -> Result<RootCertStore, TransportBuildError> {
    let path = match authorities {
        Authorities::File(path) => path.as_path(),
        Authorities::System => {
            let found = SYSTEM.iter().map(Path::new).find(|path| path.is_file());
            found.ok_or_else(|| unusable(SYSTEM[0].as_ref(), io::ErrorKind::NotFound.into()))?
        }
    };
    let octets = read(path).map_err(|error| unusable(path, error))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&octets) {
        let certificate = certificate.map_err(|error| unusable(path, io::Error::other(error.to_string())))?;
        match (roots.add(certificate), authorities) {
            // One that is odd among the system's hundred is no reason to believe none.
            (Ok(()), _) | (Err(_), Authorities::System) => {}
            (Err(error), _) => return Err(unusable(path, io::Error::other(error))),
        }
    }
    if roots.is_empty() {
        return Err(unusable(path, io::Error::new(io::ErrorKind::InvalidData, "no certificate")));
    }
    Ok(roots)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read as _;
    let mut octets = Vec::new();
    std::fs::File::open(path)?.take(MAX_FILE).read_to_end(&mut octets)?;
    Ok(octets)
}

fn unusable(path: &Path, source: io::Error) -> TransportBuildError {
    TransportBuildError::Authorities { path: path.to_owned(), source }
}
