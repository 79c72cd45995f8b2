//! The server: a process of its own, so that its memory is its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::CertificateDer;
use tempfile::TempDir;

use super::run::Limits;
use super::wire;

/// What the server's certificate is for.
pub const NAME: &str = "dns.example";

/// `mimi-dns serve`, ended when dropped.
pub struct Served {
    child: Child,
    /// Where it answers, and whom TLS clients believe.
    pub target: Target,
    _folder: TempDir,
}

/// Where to ask.
#[derive(Clone)]
pub struct Target {
    /// Over UDP and TCP.
    pub plain: SocketAddr,
    pub tls: SocketAddr,
    pub certificate: CertificateDer<'static>,
}

impl Served {
    pub fn start(program: &str, limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("example.zone"), wire::zone_text()).unwrap();
        let room = match limits {
            Limits::AsShipped => String::new(),
            Limits::RoomFor(most) => format!("[connections]\nmost = {most}\nmost_per_peer = {most}\n"),
        };
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([NAME.to_owned()]).unwrap();
        fs::write(folder.path().join("chain.pem"), cert.pem()).unwrap();
        fs::write(folder.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
        let tls = free_port();
        let config = folder.path().join("mimi-dns.toml");
        // Loopback is limited like any other network.
        let text = format!(
            "version = 1
[listen]
dns = [\"127.0.0.1:0\"]
tls = [\"{tls}\"]
[certificate]
chain = \"chain.pem\"
key = \"key.pem\"
[zones]
paths = [\"example.zone\"]
[rate_limit]
exempt = []
[log]
level = \"error\"
{room}"
        );
        fs::write(&config, text).unwrap();
        let mut child = Command::new(program)
            .args(["serve", "--config"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let plain = first.split(" at ").nth(1).and_then(|rest| rest.split(',').next());
        let plain = plain.and_then(|addr| addr.trim().parse().ok()).unwrap_or_else(|| panic!("{first}"));
        let target = Target { plain, tls, certificate: cert.der().clone() };
        Self { child, target, _folder: folder }
    }

    /// Kibibytes that are resident now, and at most since the start.
    pub fn resident(&self) -> (u64, u64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let number = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        (number("VmRSS:"), number("VmHWM:"))
    }
}

fn free_port() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
