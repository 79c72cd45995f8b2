//! `serve` as its operator sees it: metrics, health and readiness, and what a reload does and leaves.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use mimi_dns::record::Rtype;
use rustls::ClientConnection;
use rustls::pki_types::CertificateDer;
use serde_json::Value;

use super::{Serving, run};
use crate::secured::authority::{Authority, SERVER_NAME};
use crate::wire::{self, Message};

/// A server with a configuration, whose log is read.
pub(crate) struct Operated {
    pub(crate) folder: tempfile::TempDir,
    pub(super) serving: Serving,
    log: Receiver<Value>,
    watched: String,
}

pub(super) const HEAD: &str =
    "version = 1\nstate = \"state\"\n[metrics]\nlisten = \"127.0.0.1:0\"\n[log]\nformat = \"json\"\n";

pub(crate) fn zone(apex: &str, serial: u32, more: &str) -> String {
    format!("$ORIGIN {apex}.\n$TTL 60\n@ SOA ns h {serial} 1h 1h 1w 60\n@ NS ns\nns A 127.0.0.1\n{more}")
}

impl Operated {
    /// Serves these files; the `zones` of the configuration are given as TOML.
    pub(crate) fn start(files: &[(&str, &str)], zones: &str) -> Self {
        Self::start_with(files, zones, "")
    }

    /// Listens as this says too.
    pub(crate) fn start_with(files: &[(&str, &str)], zones: &str, listen: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            write(folder.path(), name, text);
        }
        write(folder.path(), "mimi-dns.toml", &format!("{HEAD}[listen]\n{listen}[zones]\npaths = {zones}\n"));
        Self::start_in(folder)
    }

    /// Serves what the configuration in this folder says.
    pub(super) fn start_in(folder: tempfile::TempDir) -> Self {
        Self::start_and_read(folder).0
    }

    /// The same, and what is logged until it serves.
    pub(super) fn start_and_read(folder: tempfile::TempDir) -> (Self, Vec<Value>) {
        let mut serving = Serving::start_with(&["--config"], &[&folder.path().join("mimi-dns.toml")]);
        let watched = serving.banner.iter().find_map(|line| line.trim().strip_prefix("http://"));
        let watched = watched.unwrap().split('/').next().unwrap().to_owned();
        let (send, log) = mpsc::channel();
        let lines = BufReader::new(serving.child.stderr.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if send.send(serde_json::from_str(&line).expect(&line)).is_err() {
                    return;
                }
            }
        });
        let operated = Self { folder, serving, log, watched };
        let lines = operated.until("serving");
        (operated, lines)
    }

    /// The next line of the log that is so.
    pub(super) fn until_that(&self, is_so: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.log.recv_timeout(Duration::from_secs(20)).expect("a line that is so");
            if is_so(&line) {
                return line;
            }
        }
    }

    /// What is logged up to this message.
    pub(super) fn until(&self, message: &str) -> Vec<Value> {
        let mut lines = Vec::new();
        loop {
            let line = self.log.recv_timeout(Duration::from_secs(20)).expect(message);
            let found = line["message"] == message;
            lines.push(line);
            if found {
                return lines;
            }
        }
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        write(self.folder.path(), name, text);
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.folder.path().join(name)).unwrap();
    }

    /// Sends SIGHUP and returns what is logged until all is loaded again; the last line counts.
    pub(super) fn reload(&self) -> Vec<Value> {
        self.serving.signal("-HUP");
        self.until("loaded again")
    }

    /// Status code and body.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.http(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
    }

    fn http(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.watched).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        let code = response.split(' ').nth(1).unwrap().parse().unwrap();
        (code, response.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    /// The value of one sample.
    pub(super) fn measure(&self, sample: &str) -> String {
        let (code, text) = self.get("/metrics");
        assert_eq!(code, 200);
        let value = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("{sample} is not in\n{text}")).to_owned()
    }
}

pub(super) fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// How many zones were loaded, left alone, removed, and how many errors there were.
pub(super) fn counts(lines: &[Value]) -> [u64; 4] {
    ["loaded", "unchanged", "removed", "errors"].map(|field| lines.last().unwrap()[field].as_u64().unwrap())
}

/// The zones that were loaded, in order.
pub(super) fn loaded(lines: &[Value]) -> Vec<&str> {
    let loaded = lines.iter().filter(|line| line["message"] == "loaded");
    loaded.map(|line| line["zone"].as_str().unwrap()).collect()
}

#[test]
fn what_prometheus_reads() {
    let operated = Operated::start(&[("a.example.zone", &zone("a.example", 7, ""))], "[\".\"]");
    assert_eq!(operated.measure("mimi_dns_zones"), "1");
    assert_eq!(operated.measure("mimi_dns_zone_serial{zone=\"a.example.\"}"), "7");
    let answered = "mimi_dns_requests_total{transport=\"udp\",outcome=\"answered\"}";
    assert_eq!(operated.measure(answered), "0");
    assert_eq!(super::serve::asked(&operated.serving, "a.example"), "7");
    assert_eq!(operated.measure(answered), "1");
    assert_eq!(operated.measure("mimi_dns_requests_total{transport=\"quic\",outcome=\"bad_opt\"}"), "0");
    let (_, text) = operated.get("/metrics");
    assert!(text.ends_with("# EOF\n"), "{text}");
}

#[test]
fn watchers_get_and_do_nothing_else() {
    let operated = Operated::start(&[("a.example.zone", &zone("a.example", 7, ""))], "[\".\"]");
    assert_eq!(operated.get("/health"), (200, "answering\n".to_owned()));
    assert_eq!(operated.get("/ready"), (200, "ready\n".to_owned()));
    assert_eq!(operated.get("/").0, 404);
    assert_eq!(operated.http("HEAD /ready HTTP/1.1\r\nHost: x\r\n\r\n"), (200, String::new()));
    assert_eq!(operated.http("POST /ready HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").0, 405);
    assert_eq!(operated.http("nonsense\r\n\r\n").0, 400);
    // Who says nothing, or half of it, keeps nobody else waiting.
    let held: Vec<_> = (0..8).map(|_| TcpStream::connect(&operated.watched).unwrap()).collect();
    assert_eq!(operated.get("/health").0, 200);
    drop(held);
}

#[test]
fn only_what_changed_is_loaded_again() {
    let included = zone("b.example", 1, "$INCLUDE more/b.inc\n");
    let operated = Operated::start(
        &[
            ("zones/a.zone", &zone("a.example", 1, "")),
            ("zones/b.zone", &included),
            ("zones/more/b.inc", "x A 192.0.2.1\n"),
        ],
        "[\"zones\"]",
    );
    assert_eq!(counts(&operated.reload()), [0, 2, 0, 0]);
    operated.write("zones/a.zone", &zone("a.example", 1, ""));
    assert_eq!(counts(&operated.reload()), [0, 2, 0, 0], "the same was written again");
    operated.write("zones/a.zone", &zone("a.example", 2, ""));
    assert_eq!(loaded(&operated.reload()), ["a.example."]);
    operated.write("zones/more/b.inc", "y A 192.0.2.1\n");
    assert_eq!(loaded(&operated.reload()), ["b.example."], "an include");
    operated.write("zones/c.zone", &zone("c.example", 3, ""));
    let lines = operated.reload();
    assert_eq!((counts(&lines), loaded(&lines)), ([1, 2, 0, 0], vec!["c.example."]));
    let line = lines.iter().find(|line| line["message"] == "loaded").unwrap();
    assert_eq!(line["serial"], 3);
    assert!(line["file"].as_str().unwrap().ends_with("c.zone") && line["millis"].is_u64(), "{line}");
    operated.remove("zones/a.zone");
    assert_eq!(counts(&operated.reload()), [0, 2, 1, 0]);
    assert_eq!(operated.measure("mimi_dns_reloads_total{result=\"done\"}"), "6");
    assert_eq!(operated.measure("mimi_dns_zones"), "2");
}

#[test]
fn drafts_are_not_signed_anew_before_their_time_but_with_another_key() {
    let folder = tempfile::tempdir().unwrap();
    let key = || {
        let file = folder.path().join("key.pem");
        // The first time there is none.
        let _ = std::fs::remove_file(&file);
        assert_eq!(run(&["key", "generate", file.to_str().unwrap()]).code, 0);
        std::fs::read_to_string(file).unwrap()
    };
    let source = zone(
        "a.example",
        1,
        "_mimi TXT \"v=mimi1; epoch=1; hash=sha256; salt=00112233445566778899aabbccddeeff; from=20260101000000\"\n\
         $IDENTIFIER tel:+442079460222\n@ MIMISIG mapping now-1h +9d issuer=msp.example. proof=sms,now-1h \
         ( endpoint=\"NAPTR 100 10 \\\"U\\\" \\\"x-mimi:x-mimi\\\" \\\"!.*!mimi://msp.example/u/1!\\\" .\" sign=key.pem )\n",
    );
    let operated = Operated::start(&[("a.zone", &source), ("key.pem", &key())], "[\"a.zone\"]");
    assert_eq!(counts(&operated.reload()), [0, 1, 0, 0]);
    operated.write("key.pem", &key());
    assert_eq!(counts(&operated.reload()), [1, 0, 0, 0]);
    operated.remove("key.pem");
    let lines = operated.reload();
    let found = lines.iter().find(|line| line["code"] == "bad-key").unwrap();
    assert_eq!(found["reason"], "No such file or directory (os error 2)");
    assert!(!found.to_string().contains("key.pem"), "it is zone text: {found}");
}

#[test]
fn what_is_gone_stays_served_and_is_told() {
    let text = zone("a.example", 1, "");
    let operated = Operated::start(
        &[("a.zone", &text), ("zones/b.zone", &zone("b.example", 1, ""))],
        "[\"a.zone\", \"zones\"]",
    );
    operated.remove("a.zone");
    operated.write("zones/b.zone", &zone("b.example", 2, ""));
    let lines = operated.reload();
    assert_eq!(loaded(&lines), ["b.example."], "{lines:#?}");
    assert_eq!(super::serve::asked(&operated.serving, "a.example"), "1");
    assert_eq!(super::serve::asked(&operated.serving, "b.example"), "2");
    let (code, told) = operated.get("/ready");
    assert!(code == 200 && told.contains("as before: a.example. serial 1, since "), "{told}");
    assert_eq!(operated.measure("mimi_dns_reloads_total{result=\"partial\"}"), "1");
    operated.write("a.zone", &text);
    assert_eq!(counts(&operated.reload()), [0, 2, 0, 0], "it is there again, and the same");
    assert_eq!(operated.get("/ready"), (200, "ready\n".to_owned()));
}

#[test]
fn what_is_broken_is_told_until_it_is_mended() {
    let operated = Operated::start(&[("zones/a.zone", &zone("a.example", 5, ""))], "[\"zones\"]");
    let broken = zone("b.example", 1, "x NAPTER 1\n");
    operated.write("zones/b.zone", &broken);
    let lines = operated.reload();
    assert_eq!(counts(&lines), [0, 1, 0, 1]);
    let found = lines.iter().find(|line| line["code"] == "unknown-type").unwrap();
    assert!(found["file"].as_str().unwrap().ends_with("zones/b.zone"), "{found}");
    assert_eq!((&found["line"], &found["column"], &found["reason"]), (&6.into(), &3.into(), &Value::Null));
    assert!(found["message"].as_str().unwrap().ends_with("zones/b.zone:6:3: error[unknown-type]"), "{found}");
    let (code, told) = operated.get("/ready");
    assert!(code == 503 && told.contains("not served: ") && told.contains("b.zone has errors"), "{told}");
    assert_eq!(counts(&operated.reload()), [0, 1, 0, 1], "it is told again");
    operated.write("zones/b.zone", &zone("a.example", 9, ""));
    assert_eq!(counts(&operated.reload()), [0, 1, 0, 1], "it holds a zone that is served from another file");
    assert_eq!(super::serve::asked(&operated.serving, "a.example"), "5");
    operated.write("zones/b.zone", &zone("b.example", 1, ""));
    operated.write("zones/a.zone", &zone("a.example", 4, ""));
    let lines = operated.reload();
    assert_eq!(counts(&lines), [2, 0, 0, 0]);
    let back = lines.iter().find(|line| line["level"] == "WARN").unwrap();
    assert!(back["message"].as_str().unwrap().starts_with("the serial went back"), "{back}");
    assert_eq!((&back["before"], &back["serial"]), (&5.into(), &4.into()));
    assert_eq!(operated.get("/ready"), (200, "ready\n".to_owned()));
    // A serial that stays is told where the records have changed, and not where the text alone has.
    operated.write("zones/a.zone", &(zone("a.example", 4, "") + "; our servers\n"));
    let warnings =
        |lines: &[Value]| lines.iter().filter(|line| line["level"] == "WARN").cloned().collect::<Vec<_>>();
    assert_eq!(warnings(&operated.reload()), [] as [Value; 0]);
    operated.write("zones/a.zone", &zone("a.example", 4, "www A 127.0.0.1\n"));
    let told = warnings(&operated.reload());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0]["message"].as_str().unwrap().starts_with("other records under the same serial"),
        "{told:?}"
    );
    assert_eq!(told[0]["zone"], "a.example.");
}

#[test]
fn a_configured_server_starts_with_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let broken = zone("a.example", 5, "x NAPTER 1\n");
    write(folder.path(), "a.zone", &broken);
    let paths = "paths = [\"a.zone\", \"gone.zone\", \"zones\"]\n";
    let signing = "[[signing]]\nzones = [\"a.example\", \"typo.example\"]\n";
    write(folder.path(), "mimi-dns.toml", &format!("{HEAD}[zones]\n{paths}{signing}"));
    let config = folder.path().join("mimi-dns.toml").to_str().unwrap().to_owned();
    let checked = run(&["config", "check", &config]);
    assert_eq!(
        (checked.code, checked.out.matches("error[unreadable-file]").count()),
        (1, 2),
        "{}",
        checked.out
    );
    // Zones come, so that its banner ends as it does elsewhere.
    write(folder.path(), "zones/b.zone", &zone("b.example", 7, ""));
    let (operated, lines) = Operated::start_and_read(folder);
    let of_zones = |line: &&Value| line["level"] == "WARN" && line["zone"].is_string();
    let unheld: Vec<_> = lines.iter().filter(of_zones).collect();
    assert_eq!(unheld.len(), 1, "{unheld:?}");
    assert_eq!(unheld[0]["zone"], "typo.example.");
    let address = operated.serving.address.parse().unwrap();
    let rcode =
        |name: &str| Message::read(&crate::peers::udp(address, &wire::query(name, Rtype::SOA))).rcode();
    assert_eq!((rcode("a.example."), rcode("b.example."), rcode("gone.example.")), (2, 0, 5));
    let (code, told) = operated.get("/ready");
    assert_eq!(code, 503);
    for file in ["a.zone has errors", "gone.zone is gone or can't be read"] {
        assert!(told.contains(file), "{told}");
    }
    operated.write("a.zone", &zone("a.example", 6, ""));
    operated.write("gone.zone", &zone("gone.example", 1, ""));
    assert_eq!(counts(&operated.reload()), [2, 1, 0, 0]);
    assert_eq!((rcode("a.example."), rcode("gone.example.")), (0, 0));
    assert_eq!(operated.get("/ready").0, 200);
}

#[test]
fn a_configured_server_waits_for_an_only_zone_that_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.zone", &zone("a.example", 5, "x NAPTER 1\n"));
    write(folder.path(), "mimi-dns.toml", &format!("{HEAD}[zones]\npaths = [\"a.zone\", \"gone\"]\n"));
    let config = folder.path().join("mimi-dns.toml");
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command =
        super::command(&["serve", "--listen", "127.0.0.1:0", "--config", config.to_str().unwrap()]);
    let mut child = command.stdout(writer).stderr(std::process::Stdio::null()).spawn().unwrap();
    drop(command);
    let mut lines = BufReader::new(reader).lines().map(Result::unwrap);
    let line = lines.next().unwrap_or_default();
    let address = line.strip_prefix("serving 0 zones at ").and_then(|rest| rest.split(',').next());
    let rcode = address.map(|address| {
        let octets = wire::query("a.example.", Rtype::SOA);
        Message::read(&crate::peers::udp(address.parse().unwrap(), &octets)).rcode()
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(rcode, Some(2), "{line}");
}

#[test]
fn a_certificate_that_can_not_be_used_is_told() {
    let authority = crate::secured::authority::Authority::new();
    authority.renew();
    let files = format!("chain = {:?}\nkey = {:?}", authority.chain(), authority.key());
    let listen = format!("tls = [\"127.0.0.1:0\"]\n[certificate]\n{files}\n");
    let operated = Operated::start_with(&[("a.zone", &zone("a.example", 1, ""))], "[\"a.zone\"]", &listen);
    assert_eq!(operated.get("/ready"), (200, "ready\n".to_owned()));
    std::fs::write(authority.key(), "no key").unwrap();
    for partial in ["1", "2"] {
        operated.reload();
        let (code, told) = operated.get("/ready");
        assert!(code == 200 && told.contains("as before: the certificate, since "), "{told}");
        assert_eq!(operated.measure("mimi_dns_reloads_total{result=\"partial\"}"), partial);
    }
    authority.renew();
    operated.reload();
    assert_eq!(operated.get("/ready"), (200, "ready\n".to_owned()));
}

#[test]
fn the_configuration_is_read_again() {
    let operated = Operated::start(&[("a.zone", &zone("a.example", 1, ""))], "[\"a.zone\"]");
    operated.write("b.zone", &zone("b.example", 1, ""));
    operated.write("mimi-dns.toml", "version = 1\n[zones]\npaths = [\"a.zone\", \"b.zone\"]\n[zons]\n");
    let lines = operated.reload();
    assert!(
        lines[0]["message"].as_str().unwrap().contains("mimi-dns.toml:4:2: error[unknown-key]"),
        "{lines:#?}"
    );
    assert_eq!((counts(&lines), loaded(&lines).len()), ([0, 1, 0, 0], 0));
    assert_eq!(operated.measure("mimi_dns_configuration_failed"), "1");
    // So it is where the order comes over the socket that this same file names.
    operated.write("mimi-dns.toml", &format!("{HEAD}[zons]\n"));
    let config = operated.folder.path().join("mimi-dns.toml");
    let told = run(&["control", "reload", "--config", config.to_str().unwrap(), "--json"]);
    assert_eq!((told.code, told.err.as_str()), (1, ""));
    assert!(told.out.contains("error[unknown-key]"), "{}", told.out);
    operated.until("loaded again");
    assert!(operated.get("/ready").1.contains("as before: the settings"));
    let zones = "[zones]\npaths = [\"b.zone\"]\n";
    operated.write("mimi-dns.toml", &format!("{HEAD}{zones}[connections]\nmost = 5\n"));
    let lines = operated.reload();
    assert!(lines.iter().any(|line| line["key"] == "connections"), "{lines:#?}");
    assert_eq!((counts(&lines), loaded(&lines)), ([1, 0, 1, 0], vec!["b.example."]));
    assert_eq!(super::serve::asked(&operated.serving, "a.example"), "");
    // Nothing of the rest was changed: nothing is said of it.
    assert_eq!(lines.iter().filter(|line| line["key"].is_string()).count(), 1, "{lines:#?}");
}

#[test]
fn settings_count_from_the_next_request_on() {
    let operated = Operated::start(&[("a.zone", &zone("a.example", 7, ""))], "[\"a.zone\"]");
    assert_eq!(super::serve::asked(&operated.serving, "a.example"), "7");
    let config = |more: &str| format!("{HEAD}[zones]\npaths = [\"a.zone\"]\n{more}");
    operated.write("mimi-dns.toml", &config("[access]\nrefuse = [\"127.0.0.0/8\"]\n"));
    operated.reload();
    assert_eq!(super::serve::asked(&operated.serving, "a.example"), "");
    assert_eq!(operated.measure("mimi_dns_requests_total{transport=\"udp\",outcome=\"prohibited\"}"), "1");
    assert_eq!(operated.get("/health").0, 200, "it answers, if not everybody");
    // One reply at once, and no network is exempt.
    operated.write(
        "mimi-dns.toml",
        &config("[rate_limit]\nanswers = 1\nwindow_seconds = 1\nslip = 1\nexempt = []\n"),
    );
    operated.reload();
    let limited = || operated.measure("mimi_dns_limited_total{kind=\"answer\",action=\"slipped\"}") != "0";
    for _ in 0..20 {
        super::serve::asked(&operated.serving, "a.example");
    }
    assert!(limited());
    assert_ne!(
        operated.measure("mimi_dns_limited_prefix_replies{prefix=\"127.0.0.0/24\",kind=\"answer\"}"),
        "0"
    );
}

#[test]
fn encrypted_transports_are_served_and_their_certificate_renewed() {
    let authority = Authority::new();
    let first = authority.renew();
    let (chain, key) = (authority.chain(), authority.key());
    let encrypted = format!(
        "tls = [\"127.0.0.1:0\"]\nhttps = [\"127.0.0.1:0\"]\nquic = [\"127.0.0.1:0\"]\n[certificate]\nchain = {chain:?}\nkey = {key:?}\n"
    );
    let operated = Operated::start_with(&[("a.zone", &zone("a.example", 7, ""))], "[\"a.zone\"]", &encrypted);
    let banner = &operated.serving.banner[0];
    let (tls, _) = banner.split_once(", TLS; 127.0.0.1:").expect(banner);
    assert!(banner.contains(", HTTPS; 127.0.0.1:") && banner.ends_with(", QUIC"), "{banner}");
    let tls = tls.rsplit(' ').next().unwrap();
    assert_eq!(shown(&authority, tls), first);
    let end = operated.measure("mimi_dns_certificate_expiry_timestamp_seconds");
    assert!(end.parse::<u64>().unwrap() > 1_800_000_000, "{end}");
    let second = authority.renew();
    operated.reload();
    assert_eq!(shown(&authority, tls), second);
    std::fs::write(authority.chain(), "no certificate").unwrap();
    assert_eq!(counts(&operated.reload()), [0, 1, 0, 1]);
    assert_eq!(shown(&authority, tls), second);
}

/// The certificate that a client is shown, which believes it.
fn shown(authority: &Authority, addr: &str) -> CertificateDer<'static> {
    let config = Arc::new(authority.client(&[b"dot"]));
    let mut client = ClientConnection::new(config, SERVER_NAME.try_into().unwrap()).unwrap();
    let mut stream = TcpStream::connect(addr).unwrap();
    while client.is_handshaking() {
        client.complete_io(&mut stream).unwrap();
    }
    client.peer_certificates().unwrap()[0].clone()
}

#[test]
fn two_servers_do_not_share_a_state_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mimi-dns.toml");
    write(folder.path(), "a.zone", &zone("a.example", 1, ""));
    write(folder.path(), "mimi-dns.toml", "version = 1\nstate = \"state\"\n[zones]\npaths = [\"a.zone\"]\n");
    let _first = Serving::start_with(&["--config"], &[&file]);
    let ran = run(&["serve", "--listen", "127.0.0.1:0", "--config", file.to_str().unwrap()]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("in use by another server"), "{}", ran.err);
}
