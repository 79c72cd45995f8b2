//! A local root, `tld.` and a zone for each fault, each level at an address of its own; and who validates.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use mimi_dns::clock::UnixTime;
use mimi_dns::dnssec::validate::TrustAnchor;
use mimi_dns::record::dnssec::Ds;
use mimi_dns::record::{Name, Record, Rtype};
use mimi_dns::resolver::{Clock, DnsTransport, Dnssec, Proof, Transport as _, Validation};
use mimi_dns::zone::{Catalog, Severity, Span, ZoneBuilder};
use tempfile::TempDir;

use super::cases::Case;
use super::draft::{Chain, Draft};
use crate::peers::Peer;
use crate::running::Running;
use crate::wire;

const ROOT: &str = "127.0.0.2";
const TLD: &str = "127.0.0.3";
/// Where all zones of faults are.
pub(super) const LEAF: &str = "127.0.0.4";
/// Where the zones below them are that are not signed.
pub(super) const CHILD: &str = "127.0.0.6";
/// Where NSD and BIND serve the same.
pub(super) const LEAF_BY_NSD: &str = "127.0.0.5";
pub(super) const LEAF_BY_BIND: &str = "127.0.0.7";
const APEX_LINES: &str = "@ SOA ns.faults. host.faults. 1 7200 900 1209600 60\n";

/// The servers, ours, and what one must know to begin.
pub(super) struct World {
    pub(super) anchor: TrustAnchor,
    pub(super) folder: TempDir,
    files: Vec<(String, PathBuf)>,
    _servers: Vec<Running>,
}

impl World {
    pub(super) fn start(cases: &[Case]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let leaves: Vec<_> = cases.iter().map(|case| (case, case.draft())).collect();
        let mut tld = Draft::new("tld.", &tld_lines(&leaves), Chain::Nsec);
        for (case, _) in &leaves {
            (case.spoil_parent)(&mut tld, case.zone);
        }
        let root = Draft::new(".", &root_lines(&tld), Chain::Nsec);
        let ds = Ds::parse(&root.ds[0]).unwrap();
        let hex: String = ds.digest.iter().map(|octet| format!("{octet:02X}")).collect();
        let anchor = format!(". IN DS {} {} {} {hex}\n", ds.key_tag, ds.algorithm.0, ds.digest_type.0);
        fs::write(folder.path().join("root.ds"), &anchor).unwrap();
        let keys = anchor.replace(". IN DS ", ". static-ds ").replace(&hex, &format!("\"{hex}\";"));
        fs::write(folder.path().join("delv.keys"), format!("trust-anchors {{ {keys} }};\n")).unwrap();
        fs::write(folder.path().join("hints"), format!(". 300 IN NS ns.root.\nns.root. 300 IN A {ROOT}\n"))
            .unwrap();
        let files = leaves.iter().map(|(case, draft)| (case.apex(), written(folder.path(), draft))).collect();
        let serve = |addr: &str, drafts: Vec<&Draft>| {
            let catalog = drafts.into_iter().fold(Catalog::new(), |catalog, draft| catalog.with(zone(draft)));
            Running::start_at(SocketAddr::new(addr.parse().unwrap(), 53), catalog)
        };
        let below = cases.iter().filter_map(Case::child).fold(Catalog::new(), |catalog, apex| {
            let lines = format!("{APEX_LINES}@ NS ns.{apex}\nns A {CHILD}\nwww A 192.0.2.5\n");
            catalog.with(crate::served::zone(&apex, &lines))
        });
        let servers = vec![
            serve(ROOT, vec![&root]),
            serve(TLD, vec![&tld]),
            serve(LEAF, leaves.iter().map(|(_, draft)| draft).collect()),
            Running::start_at(SocketAddr::new(CHILD.parse().unwrap(), 53), below),
        ];
        Self { anchor: TrustAnchor::parse(&anchor).unwrap().remove(0), folder, files, _servers: servers }
    }

    /// Where the zone of a chain's step is: the root, `tld.`, or one of the others at `leaf`.
    pub(super) fn server_of(zone: &Name, leaf: &str) -> SocketAddr {
        let addr = [ROOT, TLD, leaf][zone.label_count().min(2)];
        SocketAddr::new(addr.parse().unwrap(), 53)
    }

    /// NSD with the zones of faults.
    pub(super) fn start_nsd(&self) -> Option<Peer> {
        let files: Vec<(&str, PathBuf)> =
            self.files.iter().map(|(apex, file)| (apex.as_str(), file.clone())).collect();
        Peer::start_nsd_at(LEAF_BY_NSD, &files)
    }

    /// BIND with those of them that it loads.
    pub(super) fn start_bind(&self) -> Option<Peer> {
        // It listens on addresses that an interface has by name only.
        let added =
            Command::new("ip").args(["addr", "add", &format!("{LEAF_BY_BIND}/8"), "dev", "lo"]).status();
        assert!(added.unwrap().success());
        let sound = &self.files[0].0;
        Peer::launch("named", &[sound], |folder, port| {
            let path = folder.display();
            let mut text = format!(
                "options {{
  directory \"{path}\";
  listen-on port 53 {{ {LEAF_BY_BIND}; }};
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  pid-file none;
  lock-file none;
  session-keyfile \"{path}/session.key\";
  managed-keys-directory \"{path}\";
  recursion no;
  notify no;
  dnssec-validation no;
  empty-zones-enable no;
}};
controls {{ }};
"
            );
            for (apex, file) in &self.files {
                writeln!(text, "zone \"{apex}\" {{ type primary; file \"{}\"; }};", file.display()).unwrap();
            }
            let config = folder.join("named.conf");
            fs::write(&config, text).unwrap();
            ["-g", "-n", "1", "-c", &config.display().to_string()].map(String::from).to_vec()
        })
    }

    /// Unbound, which begins at the local root.
    pub(super) fn start_unbound(&self, validates: bool) -> Option<Peer> {
        let (hints, anchor) = (self.folder.path().join("hints"), self.folder.path().join("root.ds"));
        let validation = match validates {
            true => format!(
                "module-config: \"validator iterator\"\n  trust-anchor-file: \"{}\"\n  ede: yes",
                anchor.display()
            ),
            false => "module-config: \"iterator\"".to_owned(),
        };
        Peer::launch("unbound", &["."], |folder, port| {
            let path = folder.display();
            let text = format!(
                "server:
  interface: 127.0.0.1
  port: {port}
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
  root-hints: \"{}\"
  trust-anchor-signaling: no
  root-key-sentinel: no
  aggressive-nsec: no
  {validation}
remote-control:
  control-enable: no
",
                hints.display()
            );
            fs::write(folder.join("unbound.conf"), text).unwrap();
            vec!["-d".into(), "-c".into(), folder.join("unbound.conf").display().to_string()]
        })
    }
}

/// What a validating resolver says: AD, or SERVFAIL and its extended error.
pub(super) fn ask_resolver(addr: SocketAddr, name: &Name, rtype: Rtype) -> String {
    let mut octets = wire::with_opt(wire::query(&name.to_string(), rtype), 1232, true);
    octets[2] |= 1;
    let Ok(reply) = try_tcp(addr, &octets) else { return "no reply".to_owned() };
    let reply = wire::Message::read(&reply);
    let codes: Vec<_> = reply.options.iter().filter(|(code, data)| *code == 15 && data.len() >= 2).collect();
    let codes: String =
        codes.iter().map(|(_, data)| format!(" {}", u16::from_be_bytes([data[0], data[1]]))).collect();
    let verdict = match (reply.rcode(), reply.flags & 0x20 != 0) {
        (0 | 3, true) => "secure",
        (0 | 3, false) => "insecure",
        (2, _) => "bogus",
        (other, _) => panic!("{name} {rtype}: RCODE {other}"),
    };
    format!("{verdict}{codes}")
}

/// Asks a resolver, which may close the connection instead of answering.
fn try_tcp(addr: SocketAddr, octets: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(addr)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let len = u16::try_from(octets.len()).unwrap().to_be_bytes();
    stream.write_all(&[&len, octets].concat())?;
    let mut len = [0; 2];
    stream.read_exact(&mut len)?;
    let mut reply = vec![0; u16::from_be_bytes(len).into()];
    stream.read_exact(&mut reply)?;
    Ok(reply)
}

/// What our resolver says, asking through a resolver that does not validate; and why, in a code.
pub(super) fn ask_ours(world: &World, addr: SocketAddr, name: &Name, rtype: Rtype) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    let policy = Dnssec::default().with_validation(Validation::Anchors(vec![world.anchor.clone()]));
    let clock: Clock = Arc::new(UnixTime::now);
    let transport = DnsTransport::builder().server(addr).timeout(Duration::from_secs(30)).build().unwrap();
    let transport = transport.validating(&policy, &clock).unwrap();
    let answer =
        runtime.block_on(transport.ask(name, rtype)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let verdict = match answer.proof {
        Proof::Secure => "secure",
        Proof::Insecure => "insecure",
        Proof::Bogus(_) => "bogus",
        Proof::Indeterminate => "indeterminate",
    };
    answer.why().map_or(verdict.to_owned(), |why| format!("{verdict}: {}", why.code))
}

/// What delv says, asking through a resolver that does not validate.
pub(super) fn ask_delv(delv: &Path, world: &World, addr: SocketAddr, name: &Name, rtype: Rtype) -> String {
    let output = Command::new(delv)
        .args([
            format!("@{}", addr.ip()),
            "-p".into(),
            addr.port().to_string(),
            "+root=.".into(),
            "-a".into(),
        ])
        .arg(world.folder.path().join("delv.keys"))
        .args([name.to_string(), rtype.to_string()])
        .output()
        .unwrap();
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    match () {
        () if said.contains("fully validated") => "secure",
        () if said.contains("unsigned answer") || said.contains("negative response, unsigned") => "insecure",
        () if said.contains("resolution failed") => "bogus",
        () => panic!("{name} {rtype}: {said}"),
    }
    .to_owned()
}

fn tld_lines(leaves: &[(&Case, Draft)]) -> String {
    let mut text = format!("{APEX_LINES}@ NS ns.tld.\nns A {TLD}\n");
    for (case, draft) in leaves {
        let (label, apex) = (case.zone, case.apex());
        writeln!(text, "{label} NS ns.{apex}\nns.{label} A {LEAF}").unwrap();
        for ds in &draft.ds {
            writeln!(text, "{label} DS {}", mimi_dns::record::rdata::Presentation::new(Rtype::DS, ds))
                .unwrap();
        }
    }
    text
}

fn root_lines(tld: &Draft) -> String {
    let ds = mimi_dns::record::rdata::Presentation::new(Rtype::DS, &tld.ds[0]);
    format!("{APEX_LINES}@ NS ns.root.\nns.root A {ROOT}\ntld NS ns.tld.\nns.tld A {TLD}\ntld DS {ds}\n")
}

/// The zone as our server has it.
pub(super) fn zone(draft: &Draft) -> mimi_dns::zone::Zone {
    let mut builder = ZoneBuilder::new();
    for record in draft.records() {
        builder.add(&record, Span::default());
    }
    let built = builder.build();
    let errors: Vec<_> = built.faults.iter().filter(|fault| fault.severity == Severity::Error).collect();
    built.zone.unwrap_or_else(|| panic!("{}: {errors:?}", draft.apex))
}

fn written(folder: &Path, draft: &Draft) -> PathBuf {
    let text: String = draft.records().iter().map(|record: &Record| format!("{record}\n")).collect();
    let path = folder.join(format!("{}zone", draft.apex));
    fs::write(&path, text).unwrap();
    path
}
