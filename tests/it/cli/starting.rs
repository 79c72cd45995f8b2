//! How a server is started: with sockets that somebody else has opened, and as root, which it does not stay.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mimi_dns::record::Rtype;

use super::operating::zone;
use super::run;
use super::serve::eventually;
use crate::wire::{self, Message};

/// Ended when dropped.
struct Started(Child);

impl Started {
    fn terminate(&mut self) {
        let done = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
        assert!(done.success());
        assert_eq!(self.0.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A socket of each kind at one port.
fn pair() -> (UdpSocket, TcpListener) {
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        if let Ok(socket) = UdpSocket::bind(listener.local_addr().unwrap()) {
            return (socket, listener);
        }
    }
}

/// Starts a server as systemd does, with these for its third and fourth file.
fn start_with(udp: &UdpSocket, tcp: &TcpListener, arguments: &[&str]) -> Started {
    let script = "export LISTEN_PID=$$ LISTEN_FDS=2; exec \"$0\" \"$@\" 3<&0 4<&1 </dev/null >&2";
    let (udp, tcp): (OwnedFd, OwnedFd) = (udp.try_clone().unwrap().into(), tcp.try_clone().unwrap().into());
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_mimi-dns")]).args(arguments).env_remove("RUST_LOG");
    Started(command.stdin(Stdio::from(udp)).stdout(Stdio::from(tcp)).stderr(Stdio::null()).spawn().unwrap())
}

fn answers(from: &UdpSocket) -> bool {
    let mut reply = [0; 512];
    from.recv(&mut reply).is_ok_and(|len| !Message::read(&reply[..len]).answer.is_empty())
}

#[test]
fn sockets_that_are_handed_over_are_used_and_outlive_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zone");
    std::fs::write(&path, zone("a.example", 1, "")).unwrap();
    let (udp, tcp) = pair();
    let address = udp.local_addr().unwrap().to_string();
    // Several threads: all of them answer from the one socket.
    let arguments = ["serve", path.to_str().unwrap(), "--listen", &address, "--set", "listen.udp_threads=3"];
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client.connect(&address).unwrap();
    let query = wire::query("a.example.", Rtype::SOA);
    for _ in 0..2 {
        // It waits for the server.
        client.send(&query).unwrap();
        let mut started = start_with(&udp, &tcp, &arguments);
        assert!(answers(&client));
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(&[&[0, query.len() as u8][..], &query].concat()).unwrap();
        let mut length = [0; 2];
        std::io::Read::read_exact(&mut stream, &mut length).unwrap();
        assert!(u16::from_be_bytes(length) > 12);
        started.terminate();
    }
}

#[test]
fn what_is_handed_over_must_be_of_use() {
    let (udp, tcp) = pair();
    let (reader, _writer) = std::io::pipe().unwrap();
    drop(udp);
    let script = "export LISTEN_PID=$$ LISTEN_FDS=2; exec \"$0\" serve zones 3<&0 4<&1 </dev/null >&2";
    let ran = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_mimi-dns")])
        .stdin(Stdio::from(OwnedFd::from(tcp)))
        .stdout(Stdio::from(OwnedFd::from(reader)))
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(1));
    let told = String::from_utf8(ran.stderr).unwrap();
    assert!(told.contains("number 2 is neither for UDP nor for TCP"), "{told}");
}

/// The fields of all threads of a process.
fn statuses(pid: u32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("status")).ok()).collect()
}

fn field<'t>(status: &'t str, name: &str) -> Vec<&'t str> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("{name}")).split_whitespace().collect()
}

fn is_root() -> bool {
    let is = Path::new("/proc/self").metadata().unwrap().uid() == 0;
    if !is {
        let _ = writeln!(std::io::stderr(), "LEFT OUT: only root can become somebody else");
    }
    is
}

#[test]
fn root_becomes_the_user_that_is_named() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(folder.path().join("a.zone"), zone("a.example", 1, "")).unwrap();
    // A port that the user could not have, at an address that nobody else has.
    let [high, low] = (std::process::id() as u16).to_be_bytes();
    let address = format!("127.77.{high}.{low}:53");
    // The file itself can be read by all, as the server does when it loads again.
    let config = folder.path().join("mimi-dns.toml");
    let text = format!(
        "version = 1\nstate = \"state\"\nuser = \"nobody\"\n[listen]\ndns = [{address:?}]\n[zones]\npaths = [\".\"]\n"
    );
    std::fs::write(&config, text).unwrap();
    let config = config.to_str().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mimi-dns"));
    command.args(["serve", "--config", config]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut started = Started(command.spawn().unwrap());
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    client.connect(&address).unwrap();
    let query = wire::query("a.example.", Rtype::SOA);
    assert!(eventually(|| client.send(&query).is_ok() && answers(&client)), "it answers at {address}");
    let passwd = Command::new("id").args(["-u", "nobody"]).output().unwrap();
    let uid = String::from_utf8(passwd.stdout).unwrap().trim().to_owned();
    let statuses = statuses(started.0.id());
    assert!(statuses.len() > 1, "several threads");
    for status in &statuses {
        assert_eq!(field(status, "Uid"), [uid.as_str(); 4], "{status}");
        assert!(!field(status, "Gid").contains(&"0") && !field(status, "Groups").contains(&"0"), "{status}");
        assert_eq!(field(status, "NoNewPrivs"), ["1"], "{status}");
        for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
            assert_eq!(field(status, set), ["0000000000000000"], "{set}");
        }
    }
    let state = folder.path().join("state").metadata().unwrap();
    assert_eq!((state.uid().to_string(), state.mode() & 0o777), (uid, 0o700));
    // What it reads and writes from now on it does as that user.
    std::fs::write(folder.path().join("a.zone"), zone("a.example", 2, "")).unwrap();
    let reloaded = run(&["control", "--config", config, "reload"]);
    assert_eq!(reloaded.out, "1 loaded, 0 unchanged, 0 removed, 0 errors\n", "{}", reloaded.err);
    started.terminate();
}

#[test]
fn users_that_there_are_not_are_refused() {
    let refused = run(&["serve", "zones", "--set", "user=nobody-by-this-name"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("there is no user nobody-by-this-name"), "{}", refused.err);
    if is_root() {
        let refused = run(&["serve", "zones", "--set", "user=nobody", "--set", "group=no-such-group"]);
        assert!(refused.err.contains("there is no group no-such-group"), "{}", refused.err);
    }
}
