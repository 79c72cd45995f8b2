//! The smallest configuration with which each server serves zone files in a folder of its own, as
//! whoever runs it, without limits on rate and without talking to anybody.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{PeerKind, Upstream};

/// Writes the configuration and returns the program's arguments.
///
/// `tolerant`: whoever checks zones beyond what it needs is told not to.
pub(super) fn write(
    kind: PeerKind,
    folder: &Path,
    port: u16,
    zones: &[(&str, PathBuf)],
    tolerant: bool,
) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    let save = |name: &str, text: String| {
        fs::write(folder.join(name), text).unwrap();
        file(name)
    };
    match kind {
        PeerKind::Nsd => {
            let config = save("nsd.conf", nsd(folder, port, zones));
            vec!["-d".into(), "-c".into(), config]
        }
        PeerKind::Knot => vec!["-c".into(), save("knot.conf", knot(folder, port, zones))],
        PeerKind::Bind => {
            let config = save("named.conf", bind(folder, port, zones, tolerant));
            ["-g", "-n", "1", "-c", &config].map(String::from).to_vec()
        }
        PeerKind::PowerDns => {
            save("named.conf", zone_clauses("native", zones));
            save("pdns.conf", power_dns(folder, port));
            vec![format!("--config-dir={}", folder.display())]
        }
    }
}

/// Has the server whose configuration was written make cookies with this secret, and require them of
/// those who send any; but NSD, which has no way to.
pub(super) fn add_cookies(kind: PeerKind, folder: &Path, secret: &str) {
    let (file, at, text) = match kind {
        PeerKind::Nsd => {
            let lines = format!("server:\n  answer-cookie: yes\n  cookie-secret: \"{secret}\"\n");
            ("nsd.conf", "server:\n", lines)
        }
        PeerKind::Bind => {
            let secret = format!("cookie-algorithm siphash24;\n  cookie-secret \"{secret}\";");
            ("named.conf", "options {\n", format!("options {{\n  {secret}\n  require-server-cookie yes;\n"))
        }
        PeerKind::Knot => {
            let module = format!("mod-cookies:\n  - id: default\n    secret: 0x{secret}\n");
            let template = "template:\n  - id: default\n";
            ("knot.conf", template, format!("{module}{template}    global-module: mod-cookies/default\n"))
        }
        PeerKind::PowerDns => panic!("PowerDNS has no cookies"),
    };
    replace(&folder.join(file), at, &text);
}

/// Has NSD listen at port 53 of this address too.
pub(super) fn add_nsd_address(folder: &Path, address: &str) {
    replace(&folder.join("nsd.conf"), "server:\n", &format!("server:\n  ip-address: {address}@53\n"));
}

pub(super) fn replace(file: &Path, at: &str, text: &str) {
    let written = fs::read_to_string(file).unwrap();
    assert!(written.contains(at));
    fs::write(file, written.replacen(at, text, 1)).unwrap();
}

/// Has PowerDNS serve zones with the signatures that are in them.
pub(super) fn add_presigned(folder: &Path, zones: &[(&str, Option<&str>)]) {
    let (file, base) = (folder.join("pdns.conf"), folder.join("dnssec.db").display().to_string());
    let written = fs::read_to_string(&file).unwrap();
    fs::write(file, format!("{written}bind-dnssec-db={base}\n")).unwrap();
    let tell = |arguments: &[&str]| tell_power_dns(Path::new("pdnsutil"), folder, arguments);
    tell(&["create-bind-db", &base]);
    for (apex, nsec3) in zones {
        tell(&["set-presigned", apex]);
        if let Some(params) = nsec3 {
            tell(&["set-nsec3", apex, params]);
        }
    }
}

/// Runs PowerDNS' tool on the configuration that was written.
pub(super) fn tell_power_dns(tool: &Path, folder: &Path, arguments: &[&str]) {
    let folder = format!("--config-dir={}", folder.display());
    let output = Command::new(tool).arg(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn nsd(folder: &Path, port: u16, zones: &[(&str, PathBuf)]) -> String {
    let folder = folder.display();
    let mut text = format!(
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
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
"
    );
    for (apex, file) in zones {
        writeln!(text, "zone:\n  name: \"{apex}\"\n  zonefile: \"{}\"", file.display()).unwrap();
    }
    text
}

fn knot(folder: &Path, port: u16, zones: &[(&str, PathBuf)]) -> String {
    let folder = folder.display();
    let mut text = format!(
        "server:
    rundir: \"{folder}\"
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: \"{folder}\"
control:
    listen: \"{folder}/knot.sock\"
log:
  - target: \"{folder}/log\"
    any: info
template:
  - id: default
    storage: \"{folder}\"
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
zone:
"
    );
    for (apex, file) in zones {
        writeln!(text, "  - domain: \"{apex}\"\n    file: \"{}\"", file.display()).unwrap();
    }
    text
}

fn bind(folder: &Path, port: u16, zones: &[(&str, PathBuf)], tolerant: bool) -> String {
    let folder = folder.display();
    let checks = if tolerant { "check-names primary ignore;\n  check-integrity no;" } else { "" };
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
  notify no;
  dnssec-validation no;
  empty-zones-enable no;
  {checks}
}};
controls {{ }};
{}",
        zone_clauses("primary", zones)
    )
}

fn zone_clauses(kind: &str, zones: &[(&str, PathBuf)]) -> String {
    let clause = |(apex, file): &(&str, PathBuf)| {
        format!("zone \"{apex}\" {{ type {kind}; file \"{}\"; }};\n", file.display())
    };
    zones.iter().map(clause).collect()
}

fn power_dns(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    format!(
        "launch=bind
bind-config={folder}/named.conf
local-address=127.0.0.1
local-port={port}
socket-dir={folder}
daemon=no
guardian=no
disable-syslog=yes
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
dname-processing=yes
8bit-dns=yes
security-poll-suffix=
"
    )
}

/// As [`write`], for Unbound.
pub(super) fn write_unbound(
    upstream: Upstream,
    folder: &Path,
    port: u16,
    server: SocketAddr,
    apexes: &[&str],
) -> Vec<String> {
    let path = folder.display();
    let mut text = format!(
        "server:
  interface: 127.0.0.1
  port: {port}
  outgoing-interface: 127.0.0.1
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  do-ip6: no
  do-daemonize: no
  username: \"\"
  chroot: \"\"
  directory: \"{path}\"
  pidfile: \"\"
  use-syslog: no
  logfile: \"{path}/log\"
  num-threads: 1
  module-config: \"iterator\"
  qname-minimisation: yes
  qname-minimisation-strict: yes
remote-control:
  control-enable: no
"
    );
    let kind = match upstream {
        Upstream::Stub => "stub",
        Upstream::Forward => "forward",
    };
    let (ip, upstream_port) = (server.ip(), server.port());
    for apex in apexes {
        writeln!(text, "{kind}-zone:\n  name: \"{apex}\"\n  {kind}-addr: {ip}@{upstream_port}").unwrap();
    }
    fs::write(folder.join("unbound.conf"), text).unwrap();
    vec!["-d".into(), "-c".into(), folder.join("unbound.conf").display().to_string()]
}

/// Has Unbound validate from these DNSKEY records on.
pub(super) fn add_validation(folder: &Path, keys: &str) {
    let file = folder.join("unbound.conf");
    let written = fs::read_to_string(&file).unwrap();
    let at = "  module-config: \"iterator\"\n";
    assert!(written.contains(at));
    let anchors = folder.join("anchors");
    fs::write(&anchors, keys).unwrap();
    let validation =
        format!("  module-config: \"validator iterator\"\n  trust-anchor-file: \"{}\"\n", anchors.display());
    fs::write(file, written.replacen(at, &validation, 1)).unwrap();
}

/// Has Unbound answer over TLS at this port, with a certificate and its key.
pub(super) fn add_tls(folder: &Path, port: u16, [chain, key]: &[PathBuf; 2]) {
    let (chain, key) = (chain.display(), key.display());
    let lines = format!(
        "server:\n  interface: 127.0.0.1@{port}\n  tls-port: {port}\n  tls-service-pem: \"{chain}\"\n  \
         tls-service-key: \"{key}\"\n"
    );
    replace(&folder.join("unbound.conf"), "server:\n", &lines);
}
