//! Other people's servers, started on loopback and ended when dropped, and their tools.
//!
//! A machine without one leaves the test out and says so; with `MIMI_DNS_REQUIRE_PEERS=1`, as CI
//! has it, that is a failure. One that is installed and does not start is a failure everywhere.

mod config;
mod signing;

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mimi_dns::record::Rtype;
pub(crate) use signing::Signs;
use tempfile::TempDir;

use crate::wire;

const READY_WITHIN: Duration = Duration::from_secs(30);
const STARTS: usize = 3;
const RECURSION_DESIRED: u8 = 1;

/// Which authoritative server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PeerKind {
    Nsd,
    Knot,
    Bind,
    PowerDns,
}

impl PeerKind {
    pub(crate) const ALL: [Self; 4] = [Self::Nsd, Self::Knot, Self::Bind, Self::PowerDns];

    /// What people call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Nsd => "NSD",
            Self::Knot => "Knot",
            Self::Bind => "BIND",
            Self::PowerDns => "PowerDNS",
        }
    }

    fn program(self) -> &'static str {
        match self {
            Self::Nsd => "nsd",
            Self::Knot => "knotd",
            Self::Bind => "named",
            Self::PowerDns => "pdns_server",
        }
    }
}

/// How Unbound is told to ask for a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upstream {
    /// As an authoritative server: Unbound walks the tree itself, label by label.
    Stub,
    /// As another resolver.
    Forward,
}

/// A server that runs until this is dropped.
pub(crate) struct Peer {
    child: Child,
    addr: SocketAddr,
    folder: TempDir,
}

/// A start that came to nothing.
struct Failed {
    /// By itself, where it might have gone on without answering.
    ended: bool,
    log: String,
}

impl Peer {
    /// Starts a server with these zones (apex, file) and waits until it answers for all of them.
    /// `None`, and a line on standard error, where it is not installed.
    pub(crate) fn start(kind: PeerKind, zones: &[(&str, &Path)]) -> Option<Self> {
        let apexes: Vec<&str> = zones.iter().map(|(apex, _)| *apex).collect();
        Self::start_waiting_for(kind, zones, &apexes, true)
    }

    /// As [`Peer::start`], with the checks that the server has by default, and zones which it may refuse:
    /// waits for `sound`, one that nobody does, and until all have been tried.
    pub(crate) fn start_checking(kind: PeerKind, zones: &[(&str, &Path)], sound: &str) -> Option<Self> {
        let peer = Self::start_waiting_for(kind, zones, &[sound], false)?;
        // The others load before they answer.
        let end = Instant::now() + READY_WITHIN;
        while kind == PeerKind::Bind && !peer.log().contains("all zones loaded") {
            assert!(Instant::now() < end, "{}", peer.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(peer)
    }

    /// As [`Peer::start`], with a zone that is signed. PowerDNS, which takes a zone's signatures for data
    /// unless it is told, is told, and `nsec3` too: NSEC3PARAM's data, where there is any.
    pub(crate) fn start_signed(kind: PeerKind, zone: (&str, &Path), nsec3: Option<&str>) -> Option<Self> {
        Self::start_all_signed(kind, &[(zone.0, zone.1, nsec3)])
    }

    /// The same with several zones.
    pub(crate) fn start_all_signed(kind: PeerKind, zones: &[(&str, &Path, Option<&str>)]) -> Option<Self> {
        let apexes: Vec<&str> = zones.iter().map(|(apex, ..)| *apex).collect();
        let files: Vec<(&str, PathBuf)> =
            zones.iter().map(|(apex, file, _)| (*apex, (*file).to_owned())).collect();
        Self::launch(kind.program(), &apexes, |folder, port| {
            let arguments = config::write(kind, folder, port, &files, true);
            if kind == PeerKind::PowerDns {
                let presigned: Vec<_> = zones.iter().map(|&(apex, _, nsec3)| (apex, nsec3)).collect();
                config::add_presigned(folder, &presigned);
            }
            arguments
        })
    }

    /// NSD with these zones, at port 53 of another address too: ready when it answers for the first.
    pub(crate) fn start_nsd_at(address: &str, zones: &[(&str, PathBuf)]) -> Option<Self> {
        Self::launch("nsd", &[zones[0].0], |folder, port| {
            let arguments = config::write(PeerKind::Nsd, folder, port, zones, true);
            config::add_nsd_address(folder, address);
            arguments
        })
    }

    /// As [`Peer::start`], with cookies made with this secret. Those who send one without a valid
    /// server's part get BADCOOKIE, but from NSD.
    pub(crate) fn start_with_cookies(kind: PeerKind, zone: (&str, &Path), secret: &str) -> Option<Self> {
        let zones = [(zone.0, zone.1.to_owned())];
        Self::launch(kind.program(), &[zone.0], |folder, port| {
            let arguments = config::write(kind, folder, port, &zones, true);
            config::add_cookies(kind, folder, secret);
            arguments
        })
    }

    fn start_waiting_for(
        kind: PeerKind,
        zones: &[(&str, &Path)],
        apexes: &[&str],
        tolerant: bool,
    ) -> Option<Self> {
        let zones: Vec<(&str, PathBuf)> =
            zones.iter().map(|(apex, file)| (*apex, fs::canonicalize(file).unwrap())).collect();
        Self::launch(kind.program(), apexes, |folder, port| {
            config::write(kind, folder, port, &zones, tolerant)
        })
    }

    /// As [`Peer::start`], with zones that it may refuse to load: it is ready when it answers for the
    /// `sure` one, having tried all others. What it said where it ends by itself or never answers, as one that crashes does.
    pub(crate) fn start_with_doubtful(
        kind: PeerKind,
        sure: (&str, &Path),
        doubtful: &[(&str, PathBuf)],
    ) -> Option<Result<Self, String>> {
        let zones: Vec<_> = doubtful.iter().cloned().chain([(sure.0, sure.1.to_owned())]).collect();
        let path = installed(&[kind.program()])?;
        Some(Self::launch_path(&path, &[sure.0], |folder, port| {
            config::write(kind, folder, port, &zones, true)
        }))
    }

    /// Starts Unbound, which asks `server`, and nobody else, about these zones, and waits until it
    /// answers for all of them. It minimises the names that it asks for and does not validate.
    pub(crate) fn start_unbound(upstream: Upstream, server: SocketAddr, apexes: &[&str]) -> Option<Self> {
        Self::launch("unbound", apexes, |folder, port| {
            config::write_unbound(upstream, folder, port, server, apexes)
        })
    }

    /// As [`Peer::start_unbound`] with a stub zone, and validates what is below `apex` from these DNSKEY records on.
    pub(crate) fn start_validating(server: SocketAddr, apex: &str, keys: &str) -> Option<Self> {
        Self::launch("unbound", &[apex], |folder, port| {
            let arguments = config::write_unbound(Upstream::Stub, folder, port, server, &[apex]);
            config::add_validation(folder, keys);
            arguments
        })
    }

    /// The same, which is asked over TLS too, with a certificate and a key in files: and where.
    pub(crate) fn start_validating_over_tls(
        server: SocketAddr,
        apex: &str,
        keys: &str,
        files: &[PathBuf; 2],
    ) -> Option<(Self, SocketAddr)> {
        let tls = std::cell::Cell::new(free_port());
        let peer = Self::launch("unbound", &[apex], |folder, port| {
            tls.set(free_port());
            let arguments = config::write_unbound(Upstream::Stub, folder, port, server, &[apex]);
            config::add_validation(folder, keys);
            config::add_tls(folder, tls.get().port(), files);
            arguments
        })?;
        Some((peer, tls.get()))
    }

    /// Starts a program with the arguments that `configure` returns for a folder and a port, and waits until it
    /// answers for all of `apexes`.
    pub(crate) fn launch(
        program: &str,
        apexes: &[&str],
        configure: impl Fn(&Path, u16) -> Vec<String>,
    ) -> Option<Self> {
        let path = installed(&[program])?;
        let launched = Self::launch_path(&path, apexes, configure);
        Some(launched.unwrap_or_else(|log| panic!("{program} did not start:\n{log}")))
    }

    /// The same, or what it said where it always ends by itself or never answers.
    fn launch_path(
        path: &Path,
        apexes: &[&str],
        configure: impl Fn(&Path, u16) -> Vec<String>,
    ) -> Result<Self, String> {
        let mut starts = 0;
        loop {
            starts += 1;
            match Self::try_launch(path, apexes, &configure) {
                Ok(peer) => return Ok(peer),
                // Another process may have taken the port in between.
                Err(failed) if failed.ended && starts < STARTS => {
                    eprintln!("{} did not start, trying another port", path.display());
                }
                Err(failed) => return Err(failed.log),
            }
        }
    }

    /// Where it answers, over UDP and TCP.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    fn try_launch(
        program: &Path,
        apexes: &[&str],
        configure: impl Fn(&Path, u16) -> Vec<String>,
    ) -> Result<Self, Failed> {
        let folder = tempfile::tempdir().unwrap();
        let addr = free_port();
        let output = File::create(folder.path().join("output")).unwrap();
        let child = Command::new(program)
            .args(configure(folder.path(), addr.port()))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            // Some have several processes; all end together.
            .process_group(0)
            .spawn()
            .unwrap();
        let mut peer = Self { child, addr, folder };
        if peer.is_ready(apexes) {
            return Ok(peer);
        }
        Err(Failed { ended: peer.child.try_wait().unwrap().is_some(), log: peer.log() })
    }

    fn is_ready(&mut self, apexes: &[&str]) -> bool {
        let end = Instant::now() + READY_WITHIN;
        let mut waiting = apexes.to_vec();
        while !waiting.is_empty() {
            if Instant::now() > end || self.child.try_wait().unwrap().is_some() {
                return false;
            }
            waiting.retain(|apex| {
                let mut octets = wire::query(apex, Rtype::SOA);
                octets[2] |= RECURSION_DESIRED;
                let reply = try_udp(self.addr, &octets, Duration::from_millis(250));
                // NOERROR and an answer.
                !reply.is_some_and(|reply| reply[3] & 0xf == 0 && reply[7] > 0)
            });
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }

    /// What it has said.
    pub(crate) fn log(&self) -> String {
        ["output", "log"]
            .iter()
            .filter_map(|file| fs::read(self.folder.path().join(file)).ok())
            .map(|text| String::from_utf8_lossy(&text).into_owned())
            .collect()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        for signal in ["-TERM", "-KILL"] {
            // The group may be gone already.
            Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status().ok();
            let end = Instant::now() + Duration::from_secs(2);
            while Instant::now() < end {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

/// Asks over UDP, again where a datagram is lost.
pub(crate) fn udp(addr: SocketAddr, octets: &[u8]) -> Vec<u8> {
    (0..5)
        .find_map(|_| try_udp(addr, octets, Duration::from_secs(2)))
        .unwrap_or_else(|| panic!("no reply from {addr}"))
}

/// Asks over TCP.
pub(crate) fn tcp(addr: SocketAddr, octets: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let len = u16::try_from(octets.len()).unwrap().to_be_bytes();
    stream.write_all(&[&len, octets].concat()).unwrap();
    let mut len = [0; 2];
    stream.read_exact(&mut len).unwrap();
    let mut reply = vec![0; u16::from_be_bytes(len).into()];
    stream.read_exact(&mut reply).unwrap();
    reply
}

fn try_udp(addr: SocketAddr, octets: &[u8], timeout: Duration) -> Option<Vec<u8>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_read_timeout(Some(timeout)).unwrap();
    socket.send_to(octets, addr).ok()?;
    let mut reply = vec![0; 65_535];
    let (len, from) = socket.recv_from(&mut reply).ok()?;
    (from == addr && len >= 12 && reply[..2] == octets[..2]).then(|| {
        reply.truncate(len);
        reply
    })
}

/// A port of the loopback address that is free for TCP and UDP.
fn free_port() -> SocketAddr {
    loop {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let addr = tcp.local_addr().unwrap();
        match UdpSocket::bind(addr) {
            Ok(_) => return addr,
            Err(error) if error.kind() == ErrorKind::AddrInUse => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// The first of these programs that is installed; `None`, and a line on standard error, where none is.
pub(crate) fn installed(names: &[&str]) -> Option<PathBuf> {
    let found = names.iter().find_map(|name| find_program(name));
    if found.is_none() {
        leave_out(&format!("{} is not installed", names.join(" or ")));
    }
    found
}

/// Says that a test is left out, past the test runner, which keeps what passing tests print to itself.
/// Fails where nothing may be left out.
pub(crate) fn leave_out(why: &str) {
    let required = std::env::var_os("MIMI_DNS_REQUIRE_PEERS").is_some_and(|value| value == "1");
    assert!(!required, "{why}, and MIMI_DNS_REQUIRE_PEERS=1");
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    // A closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr(), "LEFT OUT: {test}: {why}");
}

fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

/// What is installed and does not start must not look like what is not installed.
#[test]
fn a_server_that_does_not_start_fails_the_test() {
    if find_program("named").is_none() {
        return;
    }
    let arguments = |_: &Path, _| ["-g", "-c", "no-such-file"].map(String::from).to_vec();
    let outcome = std::panic::catch_unwind(|| Peer::launch("named", &["example."], arguments));
    let message = outcome.err().expect("it does not start").downcast::<String>().unwrap();
    assert!(message.starts_with("named did not start:\n") && message.contains("no-such-file"), "{message}");
}
