//! A running server, asked and told over its control socket, by the files it watches, and by systemd.

use std::io::{Read, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::operating::{Operated, loaded, zone};
use super::serve::asked;
use super::{Ran, command, run};

impl Operated {
    fn socket(&self) -> PathBuf {
        self.folder.path().join("state/control")
    }

    fn control(&self, arguments: &[&str]) -> Ran {
        let config = self.folder.path().join("mimi-dns.toml");
        run(&[&["control", "--config", config.to_str().unwrap()], arguments].concat())
    }

    fn control_json(&self, arguments: &[&str]) -> Value {
        let ran = self.control(&[&["--json"], arguments].concat());
        serde_json::from_str(&ran.out).expect(&ran.err)
    }
}

fn two_zones() -> Operated {
    Operated::start(
        &[("a.zone", &zone("a.example", 7, "")), ("b.zone", &zone("b.example", 3, ""))],
        "[\".\"]",
    )
}

/// Waits until this is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn it_says_how_it_is_and_what_it_serves() {
    let operated = two_zones();
    assert_eq!(asked(&operated.serving, "a.example"), "7");
    let status = operated.control_json(&["status"]);
    assert_eq!(
        (&status["reply"], &status["ready"], &status["zones"]),
        (&"status".into(), &true.into(), &2.into())
    );
    assert_eq!((&status["pid"], &status["requests"]), (&operated.serving.child.id().into(), &1.into()));
    let told = operated.control(&["status"]);
    assert_eq!((told.code, told.err.as_str()), (0, ""));
    for line in ["ready\n", "zones        2 of 2 files, 4 names\n", "requests     1\n", "log level    info\n"]
    {
        assert!(told.out.contains(line), "{}", told.out);
    }
    assert!(told.out.contains(&format!("listening    {} UDP and TCP\n", operated.serving.address)));

    let zones = operated.control(&["zones"]);
    let firsts: Vec<_> = zones.out.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(firsts.len(), 2, "{}", zones.out);
    assert!(firsts[1].starts_with("b.example. serial 3, 2 names, from "), "{}", firsts[1]);
    let one = operated.control_json(&["zones", "b.example"]);
    assert_eq!(one["zones"].as_array().unwrap().len(), 1);
    assert_eq!(one["zones"][0]["served"]["serial"], 3);
    let none = operated.control(&["zones", "c.example"]);
    assert_eq!((none.code, none.err.as_str()), (1, "mimi-dns: c.example. is not served\n"));
}

#[test]
fn a_reload_says_what_came_of_it() {
    let operated = two_zones();
    operated.write("a.zone", &zone("a.example", 8, ""));
    let whole = operated.control(&["reload"]);
    assert_eq!((whole.code, whole.out.as_str()), (0, "1 loaded, 1 unchanged, 0 removed, 0 errors\n"));
    assert_eq!(asked(&operated.serving, "a.example"), "8");

    operated.write("a.zone", &zone("a.example", 9, "x NAPTER 1\n"));
    let broken = operated.control(&["reload"]);
    assert_eq!(broken.code, 1);
    for text in [
        "a.example. serial 8, 2 names, from ",
        "  as before: the file has errors\n",
        "a.zone:6:3: error[unknown-type]\n",
        "0 loaded, 1 unchanged, 0 removed, 1 errors\n",
    ] {
        assert!(broken.out.contains(text), "{text}: {}", broken.out);
    }
    assert_eq!(asked(&operated.serving, "a.example"), "8");
    assert!(!broken.out.contains("NAPTER"), "what the author wrote may be a number: {}", broken.out);
    assert!(operated.control(&["zones", "a.example"]).out.contains("error[unknown-type]\n"));
    let mut stream = UnixStream::connect(operated.socket()).unwrap();
    stream.write_all(b"{\"command\":\"zones\",\"zone\":\"a.example\",\"in_full\":true}\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.contains("did you mean `NAPTR`?"), "{reply}");

    operated.write("a.zone", &zone("a.example", 9, ""));
    operated.write("mimi-dns.toml", "version = 1\nstat = \"x\"\n");
    let socket = operated.socket();
    let refused = run(&["control", "--socket", socket.to_str().unwrap(), "reload"]);
    assert_eq!(refused.code, 1);
    assert!(refused.out.contains("did you mean `state`?"), "{}", refused.out);
    assert!(refused.out.ends_with("1 loaded, 1 unchanged, 0 removed, 0 errors\n"), "{}", refused.out);
    let (code, ready) = operated.get("/ready");
    assert_eq!(code, 200);
    assert!(ready.contains("as before: the settings"), "{ready}");
}

#[test]
fn one_zone_is_loaded_again() {
    let operated = two_zones();
    operated.write("a.zone", &zone("a.example", 8, ""));
    operated.write("b.zone", &zone("b.example", 4, "x NAPTER 1\n"));
    let one = operated.control(&["reload", "A.example"]);
    assert_eq!((one.code, one.out.as_str()), (0, "1 loaded, 0 unchanged, 0 removed, 0 errors\n"));
    assert_eq!(asked(&operated.serving, "a.example"), "8");
    let other = operated.control(&["reload", "b.example"]);
    assert_eq!(other.code, 1);
    assert!(other.out.contains("error[unknown-type]") && !other.out.contains("a.example."), "{}", other.out);
    assert_eq!(asked(&operated.serving, "b.example"), "3");
    let none = operated.control(&["reload", "c.example"]);
    assert_eq!((none.code, none.err.as_str()), (1, "mimi-dns: c.example. is not served\n"));
}

#[test]
fn it_drains_and_resumes_and_is_told_other_things() {
    let operated = two_zones();
    assert_eq!(operated.control(&["drain"]).code, 0);
    assert_eq!(operated.get("/ready"), (503, "draining: told to have no clients sent here\n".to_owned()));
    assert_eq!(asked(&operated.serving, "a.example"), "7");
    assert_eq!(operated.control_json(&["status"])["ready"], false);
    assert_eq!(operated.control(&["status"]).code, 1);
    assert_eq!(operated.control(&["resume"]).code, 0);
    assert_eq!(operated.get("/ready").0, 200);
    assert_eq!(operated.control(&["log-level", "debug"]).code, 0);
    assert_eq!(operated.control_json(&["status"])["log_level"], "debug");
    let unknown = operated.control(&["log-level", "loud"]);
    assert_eq!(
        (unknown.code, unknown.err.as_str()),
        (1, "mimi-dns: `loud` is no level; there are error, warn, info, debug\n")
    );
    assert_eq!(operated.control(&["forget-limits"]).code, 0);
    operated.until("told to log so much");
    for told in [&["log-level", "error"][..], &["drain"], &["resume"], &["log-level", "info"]] {
        assert_eq!(operated.control(told).code, 0);
    }
    let lines = operated.until("told to log so much");
    assert_eq!(lines.last().unwrap()["now"], "info", "what was below is not logged: {lines:?}");
    assert!(lines.iter().all(|line| line["message"] != "told to drain: /ready says no"), "{lines:?}");
}

#[test]
fn it_ends_when_it_is_told_to() {
    let mut operated = two_zones();
    assert_eq!(operated.control(&["stop"]).out, "ending\n");
    assert_eq!(operated.serving.child.wait().unwrap().code(), Some(0));
    assert!(!operated.socket().exists());
    let gone = operated.control(&["status"]);
    assert_eq!(gone.code, 6);
    assert!(gone.err.starts_with("mimi-dns: no server answers at "), "{}", gone.err);
    assert_eq!(run(&["control", "status"]).code, 2);
}

/// A zone that takes its time.
fn large(apex: &str, serial: u32) -> String {
    zone(apex, serial, "$GENERATE 1-1000000 n$ A 127.0.0.1\n")
}

#[test]
fn what_is_asked_waits_for_no_reload() {
    let operated = two_zones();
    operated.write("a.zone", &large("a.example", 8));
    let mut reloading = UnixStream::connect(operated.socket()).unwrap();
    reloading.write_all(b"{\"command\":\"reload\"}\n").unwrap();
    assert_eq!(operated.control_json(&["status"])["ready"], true);
    assert_eq!(operated.control_json(&["zones", "a.example"])["zones"][0]["served"]["serial"], 7);
    assert_eq!(operated.control(&["drain"]).code, 0);
    reloading.set_nonblocking(true).unwrap();
    let none = reloading.read(&mut [0; 1]).unwrap_err();
    assert_eq!(none.kind(), std::io::ErrorKind::WouldBlock, "it was loaded already");
}

#[test]
fn a_server_that_loads_its_zones_says_so_and_ends_when_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.zone"), large("a.example", 1)).unwrap();
    let config = text_of(&folder.path().join("mimi-dns.toml"));
    std::fs::write(&config, "version = 1\nstate = \"state\"\n[zones]\npaths = [\".\"]\n").unwrap();
    let mut child = command(&["serve", "--config", &config, "--listen", "127.0.0.1:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let socket = folder.path().join("state/control");
    until("its socket is open", || UnixStream::connect(&socket).is_ok());
    let status = run(&["control", "--config", &config, "status"]);
    assert_eq!(status.code, 1);
    assert!(status.out.contains("starting: zones are being loaded\n"), "{}", status.out);
    assert_eq!(run(&["control", "--config", &config, "stop"]).out, "ending\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!socket.exists());
}

#[test]
fn a_server_that_ends_is_a_lame_duck_first() {
    let mut operated = two_zones();
    let config = operated.folder.path().join("mimi-dns.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("[metrics]\n", "[metrics]\nlame_duck = \"1h\"\n")).unwrap();
    operated.reload();
    operated.serving.signal("-TERM");
    until("it is no longer ready", || operated.get("/ready") == (503, "ending\n".to_owned()));
    assert_eq!(asked(&operated.serving, "a.example"), "7");
    for command in [&["reload"][..], &["drain"], &["log-level", "debug"], &["forget-limits"]] {
        let told = operated.control(command);
        assert_eq!((told.code, told.err.as_str()), (1, "mimi-dns: the server is ending\n"));
    }
    assert!(operated.control(&["status"]).out.contains("\nending\n"));
    operated.serving.signal("-TERM");
    assert_eq!(operated.serving.child.wait().unwrap().code(), Some(0));
}

#[test]
fn files_that_change_are_loaded_without_being_told() {
    let operated = two_zones();
    let config = operated.folder.path().join("mimi-dns.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("[zones]\n", "[zones]\nwatch = true\n")).unwrap();
    operated.write("b.zone", &zone("b.example", 4, "$INCLUDE more\n"));
    operated.write("more", "x A 127.0.0.1\n");
    operated.reload();
    operated.write("more", "x A 127.0.0.2\ny A 127.0.0.2\n");
    assert_eq!(loaded(&operated.until("loaded what has changed")), ["b.example."]);
    operated.write("c.zone", &zone("c.example", 1, ""));
    assert_eq!(loaded(&operated.until("loaded what has changed")), ["c.example."]);
    operated.write("a.zone", &zone("a.example", 8, "x NAPTER 1\n"));
    let lines = operated.until("loaded what has changed");
    assert_eq!(lines.last().unwrap()["errors"], 1);
    assert_eq!(asked(&operated.serving, "a.example"), "7");
    std::fs::remove_file(operated.folder.path().join("c.zone")).unwrap();
    // What is broken is not read again and again.
    let lines = operated.until("loaded what has changed");
    assert_eq!((&lines.last().unwrap()["removed"], &lines.last().unwrap()["errors"]), (&1.into(), &0.into()));
    let status = operated.control_json(&["status"]);
    assert_eq!((&status["reloads_done"], &status["reloads_partial"]), (&4.into(), &1.into()));
}

#[test]
fn systemd_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let next = || {
        let mut octets = [0; 512];
        let len = socket.recv(&mut octets).unwrap();
        String::from_utf8(octets[..len].to_vec()).unwrap()
    };
    let path = folder.path().join("a.zone");
    std::fs::write(&path, zone("a.example", 1, "")).unwrap();
    let mut child = command(&["serve", "--listen", "127.0.0.1:0", path.to_str().unwrap()])
        .env("NOTIFY_SOCKET", folder.path().join("notify"))
        .env("WATCHDOG_USEC", "200000")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut told = vec![next()];
    assert_eq!(told[0].trim_end(), "READY=1\nSTATUS=serving 1 zones");
    until_told(&mut told, &next, "WATCHDOG=1");
    signal(&child, "-HUP");
    until_told(&mut told, &next, "RELOADING=1");
    assert!(told.last().unwrap().contains("MONOTONIC_USEC="), "{told:?}");
    until_told(&mut told, &next, "READY=1");
    signal(&child, "-TERM");
    until_told(&mut told, &next, "STOPPING=1");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn until_told(told: &mut Vec<String>, next: &dyn Fn() -> String, what: &str) {
    loop {
        told.push(next());
        if told.last().unwrap().starts_with(what) {
            return;
        }
    }
}

fn signal(child: &std::process::Child, name: &str) {
    let done = std::process::Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(done.success());
}

#[test]
fn two_servers_do_not_share_a_socket() {
    let operated = two_zones();
    let socket = operated.socket();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("mimi-dns.toml");
    let text = format!("version = 1\ncontrol = {socket:?}\n[listen]\ndns = [\"127.0.0.1:0\"]\n");
    std::fs::write(&config, text).unwrap();
    std::fs::write(folder.path().join("a.zone"), zone("a.example", 1, "")).unwrap();
    let second =
        run(&["serve", "--config", config.to_str().unwrap(), &text_of(&folder.path().join("a.zone"))]);
    assert_eq!(second.code, 1);
    assert!(second.err.contains("another server answers there"), "{}", second.err);
    assert_eq!(operated.control(&["status"]).code, 0);
}

fn text_of(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
