//! Servers: which are there, and one that runs.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::config::{Kind, Limits, Service, Signed};
use super::process::Group;
use super::workload::APEX;

/// A server that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contestant {
    pub kind: Kind,
    pub label: String,
    program: PathBuf,
    pub limits: Limits,
    images: Option<PathBuf>,
}

/// One that runs, until this is dropped.
pub struct Server {
    pub label: String,
    pub addr: SocketAddr,
    pub group: Group,
    folder: TempDir,
    /// From its start to its first answer.
    pub wall: Duration,
    /// Time on a core until then.
    pub cpu: Duration,
}

/// What of a service all servers share.
pub struct Plan<'a> {
    pub file: &'a Path,
    pub signed: Signed,
    pub cores: &'a [usize],
    pub ready_within: Duration,
}

impl Contestant {
    pub fn new(kind: Kind, label: &str, program: PathBuf, limits: Limits) -> Self {
        let version = version(kind, &program);
        Self {
            kind,
            label: format!("{label} {version}").trim_end().to_owned(),
            program,
            limits,
            images: None,
        }
    }

    /// The same, started from an image of the plan's zone, which is made and kept in this folder.
    pub fn keep_image(&self, plan: &Plan<'_>, images: &Path) -> Result<Self, String> {
        let label = format!("{}, from an image", self.label);
        let other = Self { label, images: Some(images.to_owned()), ..self.clone() };
        let server = other.start(plan)?;
        let is_image = |entry: fs::DirEntry| entry.path().extension().is_some_and(|ending| ending == "image");
        let end = Instant::now() + plan.ready_within;
        while !fs::read_dir(images).is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(is_image))) {
            if Instant::now() > end {
                return Err(format!("{} wrote no image", self.label));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(server);
        Ok(other)
    }

    /// Starts it and waits until it answers for the zone; what it said where it does not.
    pub fn start(&self, plan: &Plan<'_>) -> Result<Server, String> {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let service = Service {
            apex: APEX,
            file: std::fs::canonicalize(plan.file).unwrap(),
            signed: plan.signed,
            limits: self.limits,
            images: self.images.as_deref(),
            threads: plan.cores.len(),
            port,
        };
        let arguments = self.kind.configure(folder.path(), &service);
        let start = Instant::now();
        let mut group = Group::start(&self.program, &arguments, folder.path(), plan.cores);
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        while !answers(addr) {
            if group.has_ended() || start.elapsed() > plan.ready_within {
                let log = |file| std::fs::read_to_string(folder.path().join(file)).unwrap_or_default();
                return Err(format!("{} did not start: {}{}", self.label, log("output"), log("log")));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        group.pin(plan.cores);
        let (wall, cpu) = (start.elapsed(), group.time());
        Ok(Server { label: self.label.clone(), addr, group, folder, wall, cpu })
    }
}

impl Server {
    /// Has it read its zones again.
    pub fn reload(&self, kind: Kind) {
        if kind != Kind::PowerDns {
            return self.group.hang_up();
        }
        let socket = format!("--socket-dir={}", self.folder.path().display());
        let output = Command::new("pdns_control").args([&socket, "bind-reload-now", APEX]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Whether it has the zone by now.
fn answers(addr: SocketAddr) -> bool {
    serial(addr).is_some()
}

/// The zone's serial, as it says.
pub fn serial(addr: SocketAddr) -> Option<u32> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let mut query = vec![0xbe, 0xef, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in APEX.split('.') {
        query.push(label.len() as u8);
        query.extend(label.as_bytes());
    }
    query.extend([0, 6, 0, 1]);
    socket.send_to(&query, addr).ok()?;
    let mut answer = [0; 1232];
    let len = socket.recv(&mut answer).ok()?;
    let answer = &answer[..len];
    if answer.get(..2) != Some(&query[..2]) || answer[3] & 15 != 0 || answer.get(6..8) != Some(&[0, 1]) {
        return None;
    }
    // The authority section is empty: the SOA's five numbers are last.
    let authority = u16::from_be_bytes([answer[8], answer[9]]);
    let at = answer.len().checked_sub(20).filter(|_| authority == 0);
    Some(at.map_or(0, |at| u32::from_be_bytes([answer[at], answer[at + 1], answer[at + 2], answer[at + 3]])))
}

/// A port of the loopback address that is free for TCP and UDP.
fn free_port() -> u16 {
    loop {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let addr = tcp.local_addr().unwrap();
        if UdpSocket::bind(addr).is_ok() {
            return addr.port();
        }
    }
}

/// The installed program of this name.
pub fn installed(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn version(kind: Kind, program: &Path) -> String {
    let flag = match kind {
        Kind::Nsd => "-v",
        Kind::Knot | Kind::Bind => "-V",
        Kind::MimiDns | Kind::PowerDns => "--version",
    };
    let Ok(output) = Command::new(program).arg(flag).output() else { return String::new() };
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    // The first word that begins with a digit and is no date.
    let words = said
        .split([' ', '\n', ',', '-', ')'])
        .filter(|word| word.starts_with(|first: char| first.is_ascii_digit()));
    words.into_iter().find(|word| word.contains('.') && !word.contains(':')).unwrap_or_default().to_owned()
}
