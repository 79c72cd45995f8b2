//! The configuration of each server: the same zone, one thread for each core, no limits on rates, and as
//! little in each answer as it can be told to put there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    MimiDns,
    Nsd,
    Knot,
    Bind,
    PowerDns,
}

/// Whether a server keeps count of those whom it answers, and would limit them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    Off,
    /// Counted, and so high that nobody meets them.
    On,
}

/// How the zone is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    No,
    Nsec,
    Nsec3,
    /// By the server, proofs of absence when they are asked for.
    Online,
}

impl Signed {
    /// As it is asked for.
    pub fn word(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Nsec => "nsec",
            Self::Nsec3 => "nsec3",
            Self::Online => "online",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::No => "unsigned",
            Self::Nsec => "NSEC, DO",
            Self::Nsec3 => "NSEC3, DO",
            Self::Online => "online, DO",
        }
    }
}

/// What is served and how.
pub struct Service<'a> {
    pub apex: &'a str,
    pub file: PathBuf,
    pub signed: Signed,
    pub limits: Limits,
    /// Where images of zones are kept, by a server that does that.
    pub images: Option<&'a Path>,
    pub threads: usize,
    pub port: u16,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::MimiDns, Self::Nsd, Self::Knot, Self::Bind, Self::PowerDns];

    pub fn label(self) -> &'static str {
        match self {
            Self::MimiDns => "mimi-dns",
            Self::Nsd => "NSD",
            Self::Knot => "Knot",
            Self::Bind => "BIND",
            Self::PowerDns => "PowerDNS",
        }
    }

    pub fn program(self) -> &'static str {
        match self {
            Self::MimiDns => "mimi-dns",
            Self::Nsd => "nsd",
            Self::Knot => "knotd",
            Self::Bind => "named",
            Self::PowerDns => "pdns_server",
        }
    }

    /// Writes the configuration and returns the program's arguments.
    pub fn configure(self, folder: &Path, service: &Service<'_>) -> Vec<String> {
        let path = |name: &str| folder.join(name).display().to_string();
        let save = |name: &str, text: String| {
            fs::write(folder.join(name), text).unwrap();
            path(name)
        };
        match self {
            Self::MimiDns => {
                let config = save("mimi-dns.toml", mimi_dns(folder, service));
                vec!["serve".into(), "--config".into(), config]
            }
            Self::Nsd => vec!["-d".into(), "-c".into(), save("nsd.conf", nsd(folder, service))],
            Self::Knot => vec!["-c".into(), save("knot.conf", knot(folder, service))],
            Self::Bind => {
                let (config, threads) =
                    (save("named.conf", bind(folder, service)), service.threads.to_string());
                ["-f", "-n", &threads, "-c", &config].map(String::from).to_vec()
            }
            Self::PowerDns => {
                save("named.conf", zone_clause("native", service));
                save("pdns.conf", power_dns(folder, service));
                if service.signed != Signed::No {
                    tell_presigned(folder, service);
                }
                vec![format!("--config-dir={}", folder.display())]
            }
        }
    }
}

fn mimi_dns(folder: &Path, service: &Service<'_>) -> String {
    let Service { port, file, apex, .. } = service;
    let limits = match service.limits {
        Limits::Off => {
            "[rate_limit]\nanswers = 0\nno_data = 0\nnxdomain = 0\nreferrals = 0\nerrors = 0\n[enumeration]\nrate = 0\n"
        }
        Limits::On => "[rate_limit]\nanswers = 1000000\nno_data = 1000000\nnxdomain = 1000000\nexempt = []\n",
    };
    let signing = match service.signed {
        Signed::Online => {
            format!("[[signing]]\nzones = [\"{}\"]\ndenial = \"online\"\n", apex.trim_end_matches('.'))
        }
        _ => String::new(),
    };
    let images =
        service.images.map_or(String::new(), |images| format!("images = \"{}\"\n", images.display()));
    format!(
        "version = 1
state = \"{}\"
{images}[listen]
dns = [\"127.0.0.1:{port}\"]
[zones]
paths = [\"{}\"]
allow_outside = true
[answers]
additional = false
[connections]
most = 4096
most_per_peer = 4096
[log]
level = \"warn\"
{limits}{signing}",
        folder.join("state").display(),
        file.display()
    )
}

fn nsd(folder: &Path, service: &Service<'_>) -> String {
    let Service { port, file, apex, threads, .. } = service;
    let (folder, reuse) = (folder.display(), if *threads > 1 { "yes" } else { "no" });
    format!(
        "server:
  ip-address: 127.0.0.1@{port}
  username: \"\"
  chroot: \"\"
  database: \"\"
  zonesdir: \"{folder}\"
  pidfile: \"{folder}/nsd.pid\"
  xfrdfile: \"{folder}/xfrd.state\"
  xfrdir: \"{folder}\"
  zonelistfile: \"{folder}/zone.list\"
  logfile: \"{folder}/log\"
  server-count: {threads}
  reuseport: {reuse}
  tcp-count: 1024
  minimal-responses: yes
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: \"{apex}\"
  zonefile: \"{}\"
",
        file.display()
    )
}

fn knot(folder: &Path, service: &Service<'_>) -> String {
    let Service { port, file, apex, threads, .. } = service;
    let folder = folder.display();
    format!(
        "server:
    rundir: \"{folder}\"
    listen: 127.0.0.1@{port}
    udp-workers: {threads}
    tcp-workers: {threads}
    background-workers: {threads}
    tcp-max-clients: 1024
database:
    storage: \"{folder}\"
control:
    listen: \"{folder}/knot.sock\"
log:
  - target: \"{folder}/log\"
    any: warning
template:
  - id: default
    storage: \"{folder}\"
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
zone:
  - domain: \"{apex}\"
    file: \"{}\"
",
        file.display()
    )
}

fn bind(folder: &Path, service: &Service<'_>) -> String {
    let (folder, port) = (folder.display(), service.port);
    format!(
        "options {{
  directory \"{folder}\";
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  pid-file none;
  lock-file none;
  session-keyfile \"{folder}/session.key\";
  managed-keys-directory \"{folder}\";
  recursion no;
  minimal-responses yes;
  notify no;
  dnssec-validation no;
  empty-zones-enable no;
  tcp-clients 1024;
  check-integrity no;
}};
controls {{ }};
{}",
        zone_clause("primary", service)
    )
}

fn zone_clause(kind: &str, service: &Service<'_>) -> String {
    format!("zone \"{}\" {{ type {kind}; file \"{}\"; }};\n", service.apex, service.file.display())
}

fn power_dns(folder: &Path, service: &Service<'_>) -> String {
    let Service { port, threads, signed, .. } = service;
    let folder = folder.display();
    let presigned = match signed {
        Signed::No => String::new(),
        _ => format!("bind-dnssec-db={folder}/dnssec.db\n"),
    };
    format!(
        "launch=bind
bind-config={folder}/named.conf
local-address=127.0.0.1
local-port={port}
socket-dir={folder}
daemon=no
guardian=no
disable-syslog=yes
loglevel=3
receiver-threads={threads}
distributor-threads=1
reuseport={}
max-tcp-connections=1024
security-poll-suffix=
{presigned}",
        if *threads > 1 { "yes" } else { "no" }
    )
}

/// PowerDNS takes a zone's signatures for data unless it is told.
fn tell_presigned(folder: &Path, service: &Service<'_>) {
    let tell = |arguments: &[&str]| {
        let folder = format!("--config-dir={}", folder.display());
        let output = Command::new("pdnsutil").arg(folder).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    tell(&["create-bind-db", &folder.join("dnssec.db").display().to_string()]);
    tell(&["set-presigned", service.apex]);
    if service.signed == Signed::Nsec3 {
        tell(&["set-nsec3", service.apex, "1 0 0 -"]);
    }
}
