//! The control socket: takes requests of the server's own user and of root, one a connection.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::orders::Desk;
use crate::cli::control::message::{LONGEST_REQUEST, Reply, Request};

/// Connections at a time; one more waits.
const CONNECTIONS: usize = 16;
/// How long a request may take to come, and its reply to be taken.
const LONGEST: Duration = Duration::from_secs(10);
/// When the system has no more sockets or memory.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// The socket.
pub(super) struct ControlSocket(UnixListener);

/// The socket's file, which goes with this: however the server ends, and only while it is this server's own.
pub(super) struct SocketFile {
    path: PathBuf,
    /// Device and number, by which it is known.
    place: (u64, u64),
}

impl ControlSocket {
    /// Opens it in the place of one that a former server left behind.
    ///
    /// # Errors
    /// A server answers there, something else has that name, or the system refuses.
    pub(super) fn bind(path: &Path) -> io::Result<(Self, SocketFile)> {
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
        let place = place_of(&beside)?;
        std::fs::rename(&beside, path)?;
        Ok((Self(listener), SocketFile { path: path.to_owned(), place }))
    }

    /// Hands on what is asked until it is dropped.
    pub(super) async fn run(self, desk: Arc<Desk>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            // It is never closed.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match self.0.accept().await {
                // Between the socket's birth and its mode somebody else may have come.
                Ok((stream, _)) if !is_ours(&stream) => drop(stream),
                Ok((stream, _)) => {
                    let desk = Arc::clone(&desk);
                    tokio::spawn(async move {
                        if let Err(error) = serve(stream, &desk).await {
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

impl Drop for SocketFile {
    fn drop(&mut self) {
        if place_of(&self.path).is_ok_and(|place| place == self.place) {
            // That somebody has removed it already is no fault.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn place_of(path: &Path) -> io::Result<(u64, u64)> {
    path.symlink_metadata().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Whether the server's own user, or root, is at the other end.
fn is_ours(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == 0 || peer.uid() == own)
}

async fn serve(stream: UnixStream, desk: &Desk) -> io::Result<()> {
    let (from, mut to) = stream.into_split();
    let mut line = String::new();
    timeout(LONGEST, BufReader::new(from.take(LONGEST_REQUEST)).read_line(&mut line)).await??;
    let request = serde_json::from_str::<Request>(&line);
    let ends = matches!(request, Ok(Request::Stop {}));
    let reply = match request {
        Ok(request) => desk.obey(request).await,
        Err(error) => Reply::Refused { message: format!("no request: {error}") },
    };
    let mut text = serde_json::to_string(&reply)?;
    text.push('\n');
    let sent = timeout(LONGEST, to.write_all(text.as_bytes())).await;
    if ends {
        desk.end();
    }
    sent?
}

#[cfg(test)]
mod tests {
    use super::super::log::Log;
    use super::super::status::Status;
    use super::*;
    use crate::cli::config::{LogFormat, LogLevel};
    use crate::cli::control::message::ReloadReport;

    fn desk() -> (Arc<Desk>, tokio::sync::mpsc::Receiver<super::super::orders::Order>) {
        let log = Log::start(LogLevel::Error, LogFormat::Text);
        let (desk, orders, _) = Desk::new(Arc::new(Status::new(LogLevel::Error)), log);
        (Arc::new(desk), orders)
    }

    /// What comes of a line.
    async fn said(path: &Path, line: &str) -> String {
        let mut stream = UnixStream::connect(path).await.unwrap();
        // The server may have read enough and closed.
        let _ = stream.write_all(line.as_bytes()).await;
        stream.shutdown().await.ok();
        let mut reply = Vec::new();
        // Where more was sent than is read the system may cut the connection behind the reply.
        let _ = stream.read_to_end(&mut reply).await;
        String::from_utf8(reply).unwrap()
    }

    #[tokio::test]
    async fn it_is_for_its_owner_and_replaces_what_was_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        let (socket, file) = ControlSocket::bind(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(ControlSocket::bind(&path).err().unwrap().kind(), io::ErrorKind::AddrInUse);
        // As after a crash: the file stays.
        let left = path.with_extension("left");
        std::fs::rename(&path, &left).unwrap();
        drop((socket, file));
        std::fs::rename(&left, &path).unwrap();
        let (_, one) = ControlSocket::bind(&path).unwrap();
        drop(one);
        assert!(!path.exists());
        // Another server's is left alone, though it took this one's place.
        let (gone, one) = ControlSocket::bind(&path).unwrap();
        drop(gone);
        let (_, other) = ControlSocket::bind(&path).unwrap();
        drop(one);
        assert!(path.exists());
        drop(other);
        std::fs::write(&path, "somebody's").unwrap();
        assert_eq!(ControlSocket::bind(&path).err().unwrap().kind(), io::ErrorKind::AlreadyExists);
    }

    #[tokio::test]
    async fn what_is_no_request_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        let (desk, _orders) = desk();
        let (socket, _file) = ControlSocket::bind(&path).unwrap();
        tokio::spawn(socket.run(desk));
        // It would be obeyed if all of it were read.
        let long = format!("{}{{\"command\":\"drain\"}}\n", " ".repeat(5000));
        for (line, expected) in [
            ("{\"command\":\"drain\"}\n", "draining"),
            ("{\"command\":\"drain\"}", "draining"),
            ("{\"command\":\"drain\",\"zone\":1}\n", "unknown field"),
            ("{\"command\":\"explode\"}\n", "unknown variant"),
            ("\n", "no request"),
            (&long, "no request"),
        ] {
            let reply = said(&path, line).await;
            let is_long = line.len() > 4096;
            assert!(
                if is_long { !reply.contains("draining") } else { reply.contains(expected) },
                "{line:.40}: {reply}"
            );
        }
    }

    #[tokio::test]
    async fn what_is_asked_waits_for_no_reload() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        let (desk, mut orders) = desk();
        let (socket, _file) = ControlSocket::bind(&path).unwrap();
        tokio::spawn(socket.run(desk));
        let reloading: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let path = path.clone();
                tokio::spawn(async move { said(&path, "{\"command\":\"reload\"}").await })
            })
            .collect();
        // Nobody has seen to any of the reloads.
        for command in ["status", "zones"] {
            let reply = said(&path, &format!("{{\"command\":\"{command}\"}}")).await;
            assert!(reply.contains(&format!("\"reply\":\"{command}\"")), "{reply}");
        }
        let (mut done, mut refused) = (0, 0);
        let loading = tokio::spawn(async move {
            while let Some(order) = orders.recv().await {
                order.reply.send(Some(ReloadReport::default())).unwrap();
            }
        });
        for reply in reloading {
            let reply = reply.await.unwrap();
            done += usize::from(reply.contains("\"reply\":\"reloaded\""));
            refused += usize::from(reply.contains("reloads wait already"));
        }
        assert_eq!(done + refused, CONNECTIONS);
        assert!(done >= 8, "{done}");
        loading.abort();
    }
}
