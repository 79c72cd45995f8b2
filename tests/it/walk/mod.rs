//! The operators' path, walked from a table of users to a server that is changed and reloaded under full load.
//!
//! In the suite with few identifiers and the program as tests build it. `.ci/walk` walks it with 100,000 and the program
//! that is named by `MIMI_DNS_WALK`, `packaging/try-deb` with the one that the package has installed. With as many a reload
//! takes minutes where the load leaves it nothing of a small machine: then the load is full for the first changes only,
//! unless `MIMI_DNS_WALK_LOAD` is `full`.

mod load;

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mimi_dns::identifier::Identifier;
use mimi_dns::record::parameters::Parameters;
use mimi_dns::record::{Name, Rtype};

use self::load::{Asked, Load};
use crate::wire::{query, with_opt};

const PARAMETERS: &str =
    "v=mimi1; epoch=1; hash=sha256; salt=a3c1f2e4d5b6978890a1b2c3d4e5f607; from=20260101000000";
/// So often the zone is changed while it is asked.
const CHANGES: u32 = 20;
/// With many identifiers up to this one under full load.
const FULLY: u32 = 5;

/// A folder, and the program that works in it.
struct Walk {
    program: OsString,
    folder: tempfile::TempDir,
    since: Instant,
}

impl Walk {
    /// Runs a command; its exit code and what it printed.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.folder.path()).env_remove("RUST_LOG");
        let ran = command.stdin(Stdio::null()).output().unwrap();
        let printed = [ran.stdout, ran.stderr].concat();
        (ran.status.code(), String::from_utf8(printed).unwrap())
    }

    /// Runs a command that is to end with 0, and says how long it took since the last one.
    fn step(&mut self, arguments: &[&str]) -> String {
        let (code, printed) = self.run(arguments);
        assert_eq!(code, Some(0), "{arguments:?}\n{printed}");
        self.say(&arguments.join(" "));
        printed
    }

    fn say(&mut self, what: &str) {
        let line = format!("walk: {:6.2} s  {what}\n", self.since.elapsed().as_secs_f64());
        // Past the harness, which keeps what a test that passes prints.
        let _ = std::io::stderr().write_all(line.as_bytes());
        self.since = Instant::now();
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// The zone's source: what stays is in an include, what changes is here.
    fn write_zone(&self, serial: u32, more: &str) {
        self.write(
            "zones/example.net.zone",
            &format!(
                "$ORIGIN example.net.\n$TTL 300\n@ SOA ns hostmaster {serial} 4h 1h 2w 5m\n@ NS ns\nns A 127.0.0.1\n\
                 _mimi TXT \"{PARAMETERS}\"\nchanged A 192.0.2.{serial}\n{more}$INCLUDE users.statements\n"
            ),
        );
    }
}

/// `mimi-dns serve`, ended when dropped.
struct Server {
    child: Child,
    dns: SocketAddr,
    watched: SocketAddr,
}

impl Server {
    fn start(walk: &Walk) -> Self {
        let log = fs::File::create(walk.folder.path().join("log")).unwrap();
        let mut command = Command::new(&walk.program);
        command.args(["serve", "--config", "mimi-dns.toml"]).current_dir(walk.folder.path());
        let mut child = command.env_remove("RUST_LOG").stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut until = |mark: &str| {
            let line =
                lines.find(|line| line.contains(mark)).unwrap_or_else(|| panic!("no line with {mark}"));
            let rest = line.split_once(mark).unwrap().1;
            let end = rest.find(|character: char| !"0123456789.:".contains(character));
            rest[..end.unwrap_or(rest.len())].parse().expect(&line)
        };
        let (dns, watched) = (until(" at "), until("http://"));
        // What it prints after this has to go somewhere.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, dns, watched }
    }

    /// Status and body of a page for watchers.
    fn page(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.watched).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        let (head, body) = page.split_once("\r\n\r\n").unwrap();
        format!("{} {body}", head.split(' ').nth(1).unwrap())
    }

    /// The last octet of the address that changes.
    fn changed(&self) -> u8 {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        socket.send_to(&query("changed.example.net", Rtype::A), self.dns).unwrap();
        let mut reply = [0; 512];
        let len = socket.recv(&mut reply).unwrap();
        assert_eq!(reply[7], 1, "{:02x?}", &reply[..len]);
        reply[len - 1]
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Questions for all of the identifiers, one in twenty of them about nobody, half of them with DO.
fn questions(identifiers: u32) -> Vec<Asked> {
    let parameters = Parameters::parse(PARAMETERS.as_bytes()).unwrap();
    let apex: Name = "example.net".parse().unwrap();
    let asked = |number: u32| {
        let nobody = number % 20 == 7;
        let number_ = if nobody { 99_000_000 - number } else { number };
        let identifier = Identifier::parse(&format!("tel:+4420{number_:08}")).unwrap();
        let name = parameters.owner_name(&identifier, &apex).unwrap().to_string();
        let rtype = if number.is_multiple_of(3) { Rtype::MIMISIG } else { Rtype::NAPTR };
        let proven = number.is_multiple_of(2);
        // With DO a signature stands beside the record.
        let answers = if nobody { 0 } else { 1 + u16::from(proven) };
        Asked { query: with_opt(query(&name, rtype), 1232, proven), answers }
    };
    (0..identifiers).map(asked).collect()
}

/// Imports, signs and checks a table of so many.
fn prepare(walk: &mut Walk, identifiers: u32) {
    let mut table = String::from("identifier,msp,uri\n");
    for number in 0..identifiers {
        table.push_str(&format!("+4420{number:08},msp.example,mimi://msp.example/u/{number:x}\n"));
    }
    walk.write("users.csv", &table);
    fs::create_dir(walk.folder.path().join("zones")).unwrap();
    walk.step(&["key", "generate", "msp.pem"]);
    let told = walk.step(&["zone", "import", "users.csv", "-o", "users.drafts", "--set", "proof=legacy,now"]);
    assert!(told.contains(&format!("{identifiers} rows, {identifiers} identifiers, 0 errors")), "{told}");
    let output = "zones/users.statements";
    walk.step(&["statement", "sign", "users.drafts", "--key", "msp.pem", "-o", output]);
    walk.write_zone(1, "");
    let told = walk.step(&["zone", "check", "zones/example.net.zone"]);
    assert!(told.contains(&format!("{identifiers} identifiers, {identifiers} statements")), "{told}");
    assert!(told.ends_with("0 errors, 0 warnings\n"), "{told}");
    walk.write(
        "mimi-dns.toml",
        "version = 1\nstate = \"state\"\n[listen]\ndns = [\"127.0.0.1:0\"]\n[zones]\npaths = [\"zones\"]\n\
         [metrics]\nlisten = \"127.0.0.1:0\"\n[[signing]]\nzones = [\"example.net\"]\nkeys = \"csk\"\n",
    );
    walk.step(&["config", "check", "mimi-dns.toml"]);
}

/// What is asked of the server goes on being answered, as before.
fn break_a_file(walk: &mut Walk, server: &Server) {
    const CONTROL: [&str; 3] = ["control", "--config", "mimi-dns.toml"];
    let failed = || {
        server.page("/metrics").contains("\nmimi_dns_zone_file_failed{file=\"zones/example.net.zone\"} 1\n")
    };
    assert!(!failed());
    walk.write_zone(CHANGES + 1, "broken NAPTER x\n");
    let (code, told) = walk.run(&[&CONTROL[..], &["reload"]].concat());
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("example.net.zone:8:8: error[unknown-type]"), "{told}");
    assert!(failed());
    assert_eq!(server.page("/health"), "200 answering\n");
    let ready = server.page("/ready");
    assert!(ready.starts_with("200 ready\nas before: example.net. serial "), "{ready}");
    let zones = walk.step(&[&CONTROL[..], &["zones"]].concat());
    assert!(zones.contains("as before: the file has errors"), "{zones}");
    assert_eq!(u32::from(server.changed()), CHANGES, "nothing else has changed");
    walk.write_zone(CHANGES + 1, "");
    walk.step(&[&CONTROL[..], &["reload"]].concat());
    assert!(!failed());
    assert_eq!(server.page("/ready"), "200 ready\n");
}

fn policy(walk: &mut Walk) {
    let key = walk.step(&["key", "show", "msp.pem"]);
    let key = key.lines().find_map(|line| line.strip_prefix("txt ")).unwrap().trim();
    walk.write(
        "policy.toml",
        &format!(
            "version = 1\n[[provider]]\napex = \"example.net\"\nscope = [\"+44\"]\nparameters = [\"{PARAMETERS}\"]\n\
             [[grant]]\ndomain = \"msp.example\"\nkind = \"legacy-mapping\"\nscope = [\"+44\"]\nstrongest = \"legacy\"\n\
             [[key]]\ndomain = \"msp.example\"\nkey = \"{key}\"\n"
        ),
    );
}

#[test]
fn from_a_table_to_twenty_reloads_without_a_lost_query() {
    let named = std::env::var_os("MIMI_DNS_WALK");
    let identifiers = if named.is_some() { 100_000 } else { 500 };
    let is_full =
        named.is_none() || std::env::var_os("MIMI_DNS_WALK_LOAD").is_some_and(|load| load == "full");
    // A relative name is not that of a file in the walk's folder.
    let named = named.map(|path| fs::canonicalize(PathBuf::from(path)).unwrap().into_os_string());
    let program = named.unwrap_or_else(|| env!("CARGO_BIN_EXE_mimi-dns").into());
    let folder = tempfile::tempdir().unwrap();
    let mut walk = Walk { program, folder, since: Instant::now() };
    prepare(&mut walk, identifiers);
    policy(&mut walk);
    let asked = Arc::new(questions(identifiers));
    walk.say("questions made");
    let mut server = Server::start(&walk);
    walk.say("signed and served");

    let load = Load::start(server.dns, &asked);
    let dns = server.dns.to_string();
    // The first one is what it was started with; the last is that which mends a broken file.
    for serial in 2..=CHANGES {
        let before = load.answered();
        walk.write_zone(serial, "");
        walk.step(&["control", "--config", "mimi-dns.toml", "reload"]);
        assert_eq!(u32::from(server.changed()), serial, "what was loaded is served");
        assert!(load.answered() > before, "nobody was answered meanwhile");
        if serial == FULLY && !is_full {
            walk.say(&format!("{} queries answered under full load; from now on paced", load.answered()));
            load.pace();
        }
    }
    break_a_file(&mut walk, &server);
    assert_eq!(u32::from(server.changed()), CHANGES + 1);
    let found =
        walk.step(&["lookup", "+442000000001", "--short", "--server", &dns, "--policy", "policy.toml"]);
    assert_eq!(found, "mimi://msp.example/u/1\n");
    let count = load.end();
    walk.say(&format!("{count} queries, all answered"));
    assert!(count > u64::from(identifiers), "{count} queries");

    walk.step(&["control", "--config", "mimi-dns.toml", "stop"]);
    let ended = server.child.wait().unwrap();
    let log = fs::read_to_string(walk.folder.path().join("log")).unwrap();
    assert!(ended.success(), "{log}");
    assert!(!log.contains("panicked"), "{log}");
}
