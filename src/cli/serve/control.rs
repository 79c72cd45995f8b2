//! The control socket: takes requests of the server's own user and of root, one a connection.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use crate::cli::control::message::{LONGEST_REQUEST, Reply, Request};

/// Connections at a time; one more waits.
const CONNECTIONS: usize = 16;
/// How long a request may take to come, and its reply to be taken.
const LONGEST: Duration = Duration::from_secs(10);
/// When the system has no more sockets or memory.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// A request, and where the reply goes.
pub(super) struct Order {
    pub(super) request: Request,
    pub(super) reply: oneshot::Sender<Reply>,
}

/// The socket; its file goes with it.
pub(super) struct ControlSocket {
    path: PathBuf,
    listener: UnixListener,
}

impl ControlSocket {
    /// Opens it in the place of one that a former server left behind.
    ///
    /// # Errors
    /// A server answers there, something else has that name, or the system refuses.
    pub(super) fn bind(path: &Path) -> io::Result<Self> {
        match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
            Ok(there) if !there.file_type().is_socket() => return Err(io::ErrorKind::AlreadyExists.into()),
            Ok(_) if StdStream::connect(path).is_ok() => {
                return Err(io::Error::new(io::ErrorKind::AddrInUse, "another server answers there"));
            }
            // Nobody listens any more.
            Ok(_) => {}
        }
        // Beside its place first: who finds it there finds it whole, and for its owner alone.
        let mut beside = path.as_os_str().to_owned();
        beside.push(".part");
        let beside = PathBuf::from(beside);
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&beside)?;
        std::fs::set_permissions(&beside, Permissions::from_mode(0o600))?;
        std::fs::rename(&beside, path)?;
        Ok(Self { path: path.to_owned(), listener })
    }

    /// Hands on what is asked until it is dropped.
    pub(super) async fn run(self, orders: mpsc::Sender<Order>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            // It is never closed.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match self.listener.accept().await {
                // Between the socket's birth and its mode somebody else may have come.
                Ok((stream, _)) if !is_ours(&stream) => drop(stream),
                Ok((stream, _)) => {
                    let orders = orders.clone();
                    tokio::spawn(async move {
                        if let Err(error) = serve(stream, orders).await {
                            tracing::debug!(%error, "a control connection failed");
                        }
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "accepting a control connection failed");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // That somebody has removed it already is no fault.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Whether the server's own user, or root, is at the other end.
fn is_ours(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == 0 || peer.uid() == own)
}

async fn serve(stream: UnixStream, orders: mpsc::Sender<Order>) -> io::Result<()> {
    let (from, mut to) = stream.into_split();
    let mut line = String::new();
    timeout(LONGEST, BufReader::new(from.take(LONGEST_REQUEST)).read_line(&mut line)).await??;
    let reply = match serde_json::from_str(&line) {
        Ok(request) => obeyed(request, &orders).await,
        Err(error) => Reply::Refused { message: format!("no request: {error}") },
    };
    let mut text = serde_json::to_string(&reply)?;
    text.push('\n');
    timeout(LONGEST, to.write_all(text.as_bytes())).await?
}

async fn obeyed(request: Request, orders: &mpsc::Sender<Order>) -> Reply {
    let ending = || Reply::Refused { message: "the server is ending".to_owned() };
    let (reply, replied) = oneshot::channel();
    if orders.send(Order { request, reply }).await.is_err() {
        return ending();
    }
    replied.await.unwrap_or_else(|_| ending())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_for_its_owner_and_replaces_what_was_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        let socket = ControlSocket::bind(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(ControlSocket::bind(&path).err().unwrap().kind(), io::ErrorKind::AddrInUse);
        // As after a crash: the file stays.
        let left = path.with_extension("left");
        std::fs::rename(&path, &left).unwrap();
        drop(socket);
        std::fs::rename(&left, &path).unwrap();
        drop(ControlSocket::bind(&path).unwrap());
        assert!(!path.exists());
        std::fs::write(&path, "somebody's").unwrap();
        assert_eq!(ControlSocket::bind(&path).err().unwrap().kind(), io::ErrorKind::AlreadyExists);
    }

    #[tokio::test]
    async fn what_is_no_request_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        let (orders, mut received) = mpsc::channel(1);
        tokio::spawn(ControlSocket::bind(&path).unwrap().run(orders));
        tokio::spawn(async move {
            while let Some(Order { reply, .. }) = received.recv().await {
                reply.send(Reply::Done { message: "obeyed".to_owned() }).unwrap();
            }
        });
        // It would be obeyed if all of it were read.
        let long = format!("{}{{\"command\":\"reload\"}}\n", " ".repeat(5000));
        for (line, expected) in [
            ("{\"command\":\"reload\"}\n", "obeyed"),
            ("{\"command\":\"reload\"}", "obeyed"),
            ("{\"command\":\"reload\",\"zone\":1}\n", "unknown field"),
            ("{\"command\":\"explode\"}\n", "unknown variant"),
            ("\n", "no request"),
            (&long, "no request"),
        ] {
            let mut stream = UnixStream::connect(&path).await.unwrap();
            // The server may have read enough and closed.
            let _ = stream.write_all(line.as_bytes()).await;
            stream.shutdown().await.ok();
            let mut reply = Vec::new();
            // Where more was sent than is read the system may cut the connection behind the reply.
            let _ = stream.read_to_end(&mut reply).await;
            let reply = String::from_utf8(reply).unwrap();
            let is_long = line.len() > 4096;
            assert!(
                if is_long { !reply.contains("obeyed") } else { reply.contains(expected) },
                "{line:.40}: {reply}"
            );
        }
    }
}
