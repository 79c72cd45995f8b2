//! A root, a TLD and a zone, all signed by one server; the zone's keys and its algorithm are rolled, with a parent that
//! does what CDS asks for, while Unbound validates from the root and is asked all the time. Never is anything bogus.

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mimi_dns::record::Rtype;
use tempfile::TempDir;

use crate::namespace::is_inside;
use crate::peers::installed;
use crate::wire;

const SERVER: &str = "127.0.0.1:53";
const UNBOUND: &str = "127.0.0.9:53";
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(200);
const AD: u16 = 0x0020;
const RD: u8 = 1;

/// Whatever there is: data, a wildcard's, an alias, the keys, and absences of both kinds.
const QUESTIONS: [(&str, Rtype); 9] = [
    ("www.zone.example.", Rtype::A),
    ("zone.example.", Rtype::DNSKEY),
    ("nothing.zone.example.", Rtype::A),
    ("x.wild.zone.example.", Rtype::TXT),
    ("www.zone.example.", Rtype::AAAA),
    ("alias.zone.example.", Rtype::A),
    ("zone.example.", Rtype::DS),
    ("zone.example.", Rtype::SOA),
    ("a.b.c.www.zone.example.", Rtype::MX),
];

struct World {
    folder: TempDir,
    server: Child,
    unbound: Option<Child>,
}

impl Drop for World {
    fn drop(&mut self) {
        for child in [Some(&mut self.server), self.unbound.as_mut()].into_iter().flatten() {
            // One that has ended is what is wanted.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl World {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::create_dir(path.join("zones")).unwrap();
        fs::write(path.join("zones/zone.zone"), ZONE).unwrap();
        fs::write(path.join("zones/example.zone"), EXAMPLE).unwrap();
        fs::write(path.join("zones/root.zone"), ROOT).unwrap();
        fs::write(path.join("config.toml"), configuration("ed25519")).unwrap();
        let log = fs::File::create(path.join("log")).unwrap();
        let server = Command::new(env!("CARGO_BIN_EXE_mimi-dns"))
            .args(["serve", "--config"])
            .arg(path.join("config.toml"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let world = Self { folder, server, unbound: None };
        world.wait("the server answers", || ask(SERVER, "zone.example.", Rtype::DNSKEY).is_some());
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self) -> String {
        let read = |name| fs::read_to_string(self.path(name)).unwrap_or_default();
        format!("{}\n{}\n{}", read("log"), read("unbound.log"), self.key(&["list"]))
    }

    fn wait(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_so() {
            assert!(Instant::now() < end, "{what}: not within a minute\n{}", self.log());
            std::thread::sleep(PAUSE);
        }
    }

    /// What `mimi-dns key …` prints.
    fn key(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mimi-dns"));
        command.arg("key").args(arguments).arg("--config").arg(self.path("config.toml"));
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    }

    fn reload(&self) {
        let kill = Command::new("kill").args(["-HUP", &self.server.id().to_string()]).status().unwrap();
        assert!(kill.success());
    }

    /// Puts these DS records into a zone, in place of those of a name that were there.
    fn put_ds(&self, file: &str, name: &str, records: &[String]) {
        let path = self.path(file);
        let start = format!("{name} 2 DS ");
        let text = fs::read_to_string(&path).unwrap();
        let mut lines: Vec<String> =
            text.lines().filter(|line| !line.starts_with(&start)).map(str::to_owned).collect();
        lines.extend(records.iter().map(|record| format!("{start}{record}")));
        fs::write(path, lines.join("\n") + "\n").unwrap();
        self.reload();
    }

    /// What a parent does that polls for CDS records. Source: RFC 7344 §6.
    fn be_a_parent(&self, has: &mut Vec<String>) {
        let Some(reply) = ask(SERVER, "zone.example.", Rtype::CDS) else { return };
        let mut wanted: Vec<String> = reply
            .answer
            .iter()
            .filter_map(|record| record.strip_prefix("zone.example. 2 CDS ").map(str::to_owned))
            .collect();
        wanted.sort();
        if !wanted.is_empty() && wanted != *has {
            self.put_ds("zones/example.zone", "zone", &wanted);
            *has = wanted;
        }
    }

    fn start_unbound(&mut self, program: &Path) {
        let anchor = ask(SERVER, ".", Rtype::DNSKEY).unwrap().answer;
        let anchor = anchor.iter().find(|record| record.contains(" DNSKEY ")).unwrap();
        fs::write(self.path("anchor"), format!("{anchor}\n")).unwrap();
        fs::write(self.path("hints"), ". 60 NS ns.example.\nns.example. 60 A 127.0.0.1\n").unwrap();
        let path = self.folder.path().display().to_string();
        fs::write(self.path("unbound.conf"), UNBOUND_CONF.replace("PATH", &path)).unwrap();
        let output = fs::File::create(self.path("unbound.out")).unwrap();
        let unbound = Command::new(program)
            .args(["-d", "-c"])
            .arg(self.path("unbound.conf"))
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        self.unbound = Some(unbound);
        self.wait("Unbound answers, and finds it secure", || {
            ask(UNBOUND, "www.zone.example.", Rtype::A).is_some_and(|reply| reply.flags & (AD | 0xf) == AD)
        });
    }

    /// Until there is one key of each role, active, and the former are removed.
    fn wait_for_roll(&self, what: &str, algorithm: &str, removed: usize) {
        self.wait(what, || {
            let list = self.key(&["list", "--zone", "zone.example."]);
            let count = |state: &str| list.lines().filter(|line| line.ends_with(state)).count();
            let new = [format!("{algorithm} ksk active"), format!("{algorithm} zsk active")];
            new.iter().all(|state| count(state) == 1)
                && count("removed") == removed
                && list.lines().count() == 2 + removed
        });
    }
}

fn ask(server: &str, name: &str, rtype: Rtype) -> Option<wire::Message> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut query = wire::with_opt(wire::query(name, rtype), 4000, true);
    query[2] |= RD;
    socket.send_to(&query, server.parse::<SocketAddr>().unwrap()).ok()?;
    let mut reply = [0; 4096];
    let (len, _) = socket.recv_from(&mut reply).ok()?;
    Some(wire::Message::read(&reply[..len]))
}

/// Asks until it is told to stop, and gathers what is not secure.
fn ask_all_the_time(over: &AtomicBool, asked: &AtomicUsize, bogus: &Mutex<Vec<String>>) {
    let mut serial = 0;
    while !over.load(Ordering::Relaxed) {
        for (name, rtype) in QUESTIONS {
            match ask(UNBOUND, name, rtype) {
                Some(reply) if reply.flags & AD != 0 && [0, 3].contains(&(reply.flags & 0xf)) => {
                    asked.fetch_add(1, Ordering::Relaxed);
                }
                other => bogus.lock().unwrap().push(format!("{name} {rtype}: {other:?}")),
            }
        }
        let soa = ask(SERVER, "zone.example.", Rtype::SOA).unwrap().answer.remove(0);
        let now: u32 = soa.split(' ').nth(5).unwrap().parse().unwrap();
        assert!(now >= serial, "the serial went back from {serial} to {now}");
        serial = now;
        std::thread::sleep(Duration::from_millis(30));
    }
}

#[test]
fn nothing_is_ever_bogus_while_keys_and_algorithms_are_rolled() {
    if !is_inside("rolls::nothing_is_ever_bogus_while_keys_and_algorithms_are_rolled") {
        return;
    }
    let Some(program) = installed(&["unbound"]) else { return };
    let mut world = World::start();
    let mut ds = Vec::new();
    world.wait("the TLD is for the root", || {
        let ds = world.key(&["ds", "--zone", "example."]);
        let data = ds.trim().split_once(" DS ").map(|(_, data)| data.to_owned());
        data.inspect(|data| world.put_ds("zones/root.zone", "example.", std::slice::from_ref(data))).is_some()
    });
    let settled = |world: &World, ds: &mut Vec<String>, what: &str, algorithm: &str, removed| {
        let end = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !end.load(Ordering::Relaxed) {
                    world.be_a_parent(ds);
                    std::thread::sleep(PAUSE);
                }
            });
            let waited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                world.wait_for_roll(what, algorithm, removed);
            }));
            end.store(true, Ordering::Relaxed);
            waited.unwrap();
        });
    };
    settled(&world, &mut ds, "the zone is signed and its parent says so", "ED25519", 0);
    // What the parent had before is in no cache of Unbound's: it was not there.
    world.start_unbound(&program);

    let (over, asked, bogus) = (AtomicBool::new(false), AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| ask_all_the_time(&over, &asked, &bogus));
        let rolled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let said = world.key(&["roll", "--zsk", "--zone", "zone.example."]);
            assert!(said.starts_with("zone.example. rolls from ZSK "), "{said}");
            settled(&world, &mut ds, "ZSK", "ED25519", 1);
            let said = world.key(&["roll", "--ksk", "--zone", "zone.example."]);
            assert!(said.starts_with("zone.example. rolls from KSK "), "{said}");
            settled(&world, &mut ds, "KSK", "ED25519", 2);
            fs::write(world.path("config.toml"), configuration("ecdsap256sha256")).unwrap();
            world.reload();
            settled(&world, &mut ds, "algorithm", "ECDSAP256SHA256", 4);
            // What caches hold of before runs out under the questions.
            std::thread::sleep(Duration::from_secs(4));
        }));
        over.store(true, Ordering::Relaxed);
        asking.join().unwrap();
        let bogus = bogus.lock().unwrap();
        assert!(
            bogus.is_empty(),
            "{} of {asked:?}: {:#?}\n{}",
            bogus.len(),
            &bogus[..bogus.len().min(5)],
            world.log()
        );
        rolled.unwrap();
    });
    assert!(asked.into_inner() > 1000);
    assert_eq!(ds.len(), 1);
    assert!(ds[0].contains(" 13 2 "), "{ds:?}");
}

fn configuration(algorithm: &str) -> String {
    CONFIGURATION.replace("ALGORITHM", algorithm)
}

const CONFIGURATION: &str = r#"version = 1
state = "state"
[listen]
dns = ["127.0.0.1:53"]
[zones]
paths = ["zones"]
[rate_limit]
exempt = ["127.0.0.0/8"]
[[signing]]
dnskey_ttl = "2s"
propagation = "0s"
parent_ttl = "2s"
parent_propagation = "0s"
[[signing]]
zones = ["zone.example"]
algorithm = "ALGORITHM"
keys = "ksk-zsk"
dnskey_ttl = "2s"
propagation = "0s"
parent_ttl = "2s"
parent_propagation = "0s"
parents = ["127.0.0.1:53"]
validity = "1m"
refresh = "50s"
jitter = "5s"
"#;

const ROOT: &str = "\
. 2 SOA ns.example. h. 1 1h 1h 1w 2
. 2 NS ns.example.
example. 2 NS ns.example.
ns.example. 2 A 127.0.0.1
";

const EXAMPLE: &str = "\
$ORIGIN example.
@ 2 SOA ns h 1 1h 1h 1w 2
@ 2 NS ns
ns 2 A 127.0.0.1
zone 2 NS ns
";

const ZONE: &str = "\
$ORIGIN zone.example.
@ 2 SOA ns.example. h 1 1h 1h 1w 2
@ 2 NS ns.example.
www 2 A 192.0.2.1
*.wild 2 TXT hello
alias 2 CNAME www
";

const UNBOUND_CONF: &str = "server:
  interface: 127.0.0.9
  outgoing-interface: 127.0.0.9
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  do-ip6: no
  do-daemonize: no
  username: \"\"
  chroot: \"\"
  directory: \"PATH\"
  pidfile: \"\"
  use-syslog: no
  logfile: \"PATH/unbound.log\"
  val-log-level: 2
  num-threads: 1
  module-config: \"validator iterator\"
  root-hints: \"PATH/hints\"
  trust-anchor-file: \"PATH/anchor\"
  harden-algo-downgrade: yes
  harden-below-nxdomain: no
  local-zone: example. nodefault
  val-bogus-ttl: 1
remote-control:
  control-enable: no
";
