//! `serve`: start, refusal, reload, end; and what must never be printed.

use std::io::Read;
use std::net::UdpSocket;
use std::path::Path;
use std::time::{Duration, Instant};

use mimi_dns::record::Rtype;

use super::{Serving, run, zones_folder};
use crate::wire::{self, Message};

const ZONE: &str = "$ORIGIN reload.example.\n$TTL 60\n@ SOA ns h SERIAL 1h 1h 1w 60\n@ NS ns\nns A 127.0.0.1\nt TXT \"SERIAL\"\n";

fn write(folder: &Path, serial: &str) {
    std::fs::write(folder.join("reload.example.zone"), ZONE.replace("SERIAL", serial)).unwrap();
}

/// The serial number of a zone that is served, nothing where it is refused.
pub(super) fn asked(serving: &Serving, apex: &str) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket.send_to(&wire::query(&format!("{apex}."), Rtype::SOA), &serving.address).unwrap();
    let mut reply = [0; 512];
    let len = socket.recv(&mut reply).unwrap();
    let soa = Message::read(&reply[..len]).answer.into_iter().next();
    soa.and_then(|soa| soa.split_whitespace().nth(5).map(str::to_owned)).unwrap_or_default()
}

pub(super) fn eventually(mut happens: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(20);
    while Instant::now() < end {
        if happens() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn it_says_what_it_serves_and_what_to_try() {
    let serving = Serving::start(&[&zones_folder()]);
    let banner = serving.banner.join("\n");
    assert!(banner.starts_with("serving 4 zones at 127.0.0.1:"), "{banner}");
    for line in ["discover.example.", "e164.example.", "find.example.", "dig @127.0.0.1 -p ", "--policy "] {
        assert!(banner.contains(line), "{line} is not in\n{banner}");
    }
    // Standard output is no terminal here, it may be a log: no number in it.
    assert!(banner.contains("lookup IDENTIFIER") && !banner.contains("+44"), "{banner}");
}

#[test]
fn a_broken_zone_is_refused_with_every_fault() {
    let folder = tempfile::tempdir().unwrap();
    let broken = "$ORIGIN broken.example.\n@ 60 SOA ns h 1 1h 1h 1w 60\n@ 60 NS ns\nns 60 A 127.0.0.256\nx 60 AAAA 1::2::3\n\
                  $IDENTIFIER tel:+44 20 7946 0148\n";
    std::fs::write(folder.path().join("broken.example.zone"), broken).unwrap();
    let path = folder.path().to_str().unwrap();
    let ran = run(&["serve", path, "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, 1);
    for place in ["broken.example.zone:4:", "broken.example.zone:5:", "broken.example.zone:6:"] {
        assert!(ran.err.contains(place), "{place} is not in\n{}", ran.err);
    }
    assert!(!ran.err.contains("7946"), "a number is in the log:\n{}", ran.err);
    // `zone check` is the same loader, and tells what it quotes.
    let checked = run(&["zone", "check", path]);
    assert_eq!(checked.code, 1);
    assert!(checked.out.contains("127.0.0.256"), "{}", checked.out);
    assert!(checked.out.contains("1 files: 3 errors"), "{}", checked.out);
}

/// As NSD, Knot and BIND start: one broken zone takes nobody else's away.
#[test]
fn a_broken_zone_beside_others_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "1001");
    let broken = ZONE.replace("reload", "broken").replace("SERIAL", "1500") + "x 60 A 192.0.2.256\n";
    std::fs::write(folder.path().join("broken.example.zone"), &broken).unwrap();
    let serving = Serving::start(&[folder.path()]);
    assert_eq!(asked(&serving, "reload.example"), "1001");
    let rcode = |name: &str| {
        let octets = wire::query(name, Rtype::SOA);
        Message::read(&crate::peers::udp(serving.address.parse().unwrap(), &octets)).rcode()
    };
    assert_eq!((rcode("broken.example."), rcode("other.example.")), (2, 5));
    std::fs::write(folder.path().join("broken.example.zone"), broken.replace("256", "255")).unwrap();
    serving.signal("-HUP");
    assert!(eventually(|| asked(&serving, "broken.example") == "1500"));
    let nowhere = folder.path().join("nowhere");
    let ran = run(&[
        "serve",
        folder.path().to_str().unwrap(),
        nowhere.to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
    ]);
    assert_eq!(ran.code, 1, "a path that is not there is a slip");
    let empty = tempfile::tempdir().unwrap();
    let ran = run(&["serve", empty.path().to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, 1);
    let expected = format!("there is no file in {} whose name ends in .zone", empty.path().display());
    assert!(ran.err.contains(&expected), "{}", ran.err);
}

#[test]
fn sighup_loads_again_and_keeps_the_old_zone_where_the_new_one_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "1001");
    let serving = Serving::start(&[folder.path()]);
    assert_eq!(asked(&serving, "reload.example"), "1001");
    write(folder.path(), "1002");
    assert_eq!(asked(&serving, "reload.example"), "1001", "nothing changes without a signal");
    serving.signal("-HUP");
    assert!(eventually(|| asked(&serving, "reload.example") == "1002"));
    std::fs::write(folder.path().join("reload.example.zone"), "@ SOA (\n").unwrap();
    std::fs::write(
        folder.path().join("more.example.zone"),
        ZONE.replace("reload", "more").replace("SERIAL", "1500"),
    )
    .unwrap();
    serving.signal("-HUP");
    assert!(eventually(|| asked(&serving, "more.example") == "1500"), "a new zone is served");
    assert_eq!(asked(&serving, "reload.example"), "1002", "the broken one stays as it was");
    std::fs::remove_file(folder.path().join("more.example.zone")).unwrap();
    write(folder.path(), "1003");
    serving.signal("-HUP");
    assert!(eventually(|| asked(&serving, "reload.example") == "1003"));
    assert_eq!(asked(&serving, "more.example"), "", "its file is gone");
}

/// With what it ends, once it does.
fn exit_code(serving: &mut Serving) -> Option<i32> {
    let mut status = None;
    assert!(eventually(|| {
        status = serving.child.try_wait().unwrap();
        status.is_some()
    }));
    status?.code()
}

#[test]
fn sigterm_ends_it_cleanly() {
    for name in ["-TERM", "-INT"] {
        let mut serving = Serving::start(&[&zones_folder()]);
        serving.signal(name);
        assert_eq!(exit_code(&mut serving), Some(0));
    }
}

#[test]
fn it_warns_when_it_listens_beyond_loopback_and_limits_nothing() {
    // The wildcard address is beyond loopback; nothing is sent to it.
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "1001");
    let file = folder.path().join("mimi-dns.toml");
    for (rate, warns) in [(0, true), (200, false)] {
        let text = format!("version = 1\n[zones]\npaths = [\".\"]\n[rate_limit]\nnxdomain = {rate}\n");
        std::fs::write(&file, text).unwrap();
        let mut child = super::command(&["serve", "--listen", "0.0.0.0:0", "--config"])
            .arg(&file)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 7];
        child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
        assert_eq!(&first, b"serving");
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(err.contains("without rate limiting"), warns, "{err}");
    }
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = run(&["serve", "zones", "--listen", &address]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains(&address) && ran.err.contains("in use"), "{}", ran.err);
}

#[test]
fn it_ends_while_it_loads() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "1001");
    let mut serving = Serving::start(&[folder.path()]);
    // Some minutes of hashing.
    let numbers = (0..2000).map(|n| format!("$IDENTIFIER tel:+44207946{n:04}\n@ URI 1 1 \"x:y\"\n"));
    let dear = "_mimi TXT \"v=mimi1; epoch=1; hash=argon2id; salt=00112233445566778899aabbccddeeff; m=65536; t=4; p=1; shard=0; from=20260101000000\"\n";
    let zone = [ZONE.replace("SERIAL", "1002"), dear.to_owned()].into_iter().chain(numbers);
    std::fs::write(folder.path().join("reload.example.zone"), zone.collect::<String>()).unwrap();
    serving.signal("-HUP");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(asked(&serving, "reload.example"), "1001", "it is loading still");
    serving.signal("-TERM");
    assert_eq!(exit_code(&mut serving), Some(0));
}

#[test]
fn it_serves_on_when_nobody_reads_its_log() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "1001");
    let mut serving = Serving::start(&[folder.path()]);
    drop(serving.child.stderr.take());
    for serial in ["1002", "1003"] {
        write(folder.path(), serial);
        serving.signal("-HUP");
        assert!(eventually(|| asked(&serving, "reload.example") == serial));
    }
}

#[test]
fn a_configuration_is_served_and_the_command_line_adds_to_it() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "1001");
    let file = folder.path().join("mimi-dns.toml");
    std::fs::write(&file, "version = 1\n[zones]\npaths = [\".\"]\n").unwrap();
    let serving = Serving::start(&[Path::new("--config"), &file, &zones_folder()]);
    assert!(serving.banner[0].starts_with("serving 5 zones at 127.0.0.1:"), "{:?}", serving.banner);
    assert_eq!(asked(&serving, "reload.example"), "1001");
}

#[test]
fn a_broken_configuration_is_refused_with_every_fault() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mimi-dns.toml");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "version = 1\n[listn]\n[log]\nlevel = 5\n").unwrap();
    for command in [["config", "check"], ["serve", "--config"]] {
        let ran = run(&[command.as_slice(), &[path]].concat());
        assert_eq!(ran.code, 1);
        let told = format!("{}{}", ran.out, ran.err);
        assert!(
            told.contains(
                "mimi-dns.toml:2:2: error[unknown-key]: `listn` is not known; did you mean `listen`?"
            ),
            "{told}"
        );
        assert!(told.contains("mimi-dns.toml:4:9: error[wrong-type]"), "{told}");
    }
    std::fs::write(&file, "version = 1\n").unwrap();
    let ran = run(&["config", "check", path]);
    assert_eq!((ran.code, ran.out), (0, format!("{path}: ok\n")));
    let ran = run(&["serve", "--config", path]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("names no zones"), "{}", ran.err);
}
