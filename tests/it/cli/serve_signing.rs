//! `serve` that signs zones, as its operator sees it: what is measured and told, what fails, what changes.

use std::fs;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mimi_dns::record::Rtype;

use super::operating::{HEAD, Operated, zone};
use super::serve::{asked, eventually};
use crate::wire::{self, Message};

const EXPIRY: &str = "mimi_dns_zone_signature_expiry_timestamp_seconds{zone=\"a.example.\"}";
const FAILED: &str = "mimi_dns_zone_signing_failed{zone=\"a.example.\"}";
const HOUR: u64 = 3600;

/// A server that signs the one zone that it has, by a policy with these lines.
fn start(policy: &str) -> Operated {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.zone"), zone("a.example", 1, "")).unwrap();
    fs::write(folder.path().join("mimi-dns.toml"), configuration(&format!("[[signing]]\n{policy}"))).unwrap();
    Operated::start_in(folder)
}

fn configuration(more: &str) -> String {
    format!("{HEAD}[zones]\npaths = [\"a.zone\"]\n{more}")
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The answer to a question with DO.
fn answer(operated: &Operated, name: &str, rtype: Rtype) -> Vec<String> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let query = wire::with_opt(wire::query(name, rtype), 4096, true);
    socket.send_to(&query, &operated.serving.address).unwrap();
    let mut reply = [0; 4096];
    let len = socket.recv(&mut reply).unwrap();
    Message::read(&reply[..len]).answer
}

fn is_signed(operated: &Operated, name: &str, rtype: Rtype) -> bool {
    answer(operated, name, rtype).iter().any(|record| record.contains(" RRSIG "))
}

/// The file with the states of the zone's keys.
fn states(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let found = files.into_iter().find(|path| path.ends_with("state"));
    found.or_else(|| folders.iter().find_map(|folder| states(folder)))
}

fn keys(operated: &Operated, state: &str) -> Option<String> {
    let sample = format!("mimi_dns_zone_keys{{zone=\"a.example.\",role=\"csk\",state=\"{state}\"}} ");
    let (_, text) = operated.get("/metrics");
    text.lines().find_map(|line| line.strip_prefix(&sample).map(str::to_owned))
}

#[test]
fn the_end_of_what_others_have_signed_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.src"), zone("a.example", 1, "")).unwrap();
    let [source, signed, keys] =
        ["a.src", "a.zone", "keys"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    let before = now();
    let sign = ["zone", "sign", &source, "-o", &signed, "--keys", &keys, "--create-keys", "--expire", "1h"];
    let ran = super::run(&[&sign[..], &["--jitter", "0"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    fs::write(folder.path().join("mimi-dns.toml"), configuration("")).unwrap();
    let operated = Operated::start_in(folder);
    assert!(eventually(|| operated.get("/metrics").1.contains(EXPIRY)));
    let expires: u64 = operated.measure(EXPIRY).parse().unwrap();
    assert!((before + HOUR..=now() + HOUR).contains(&expires), "{expires}");
    assert_eq!(operated.get("/ready"), (200, "ready\n".to_owned()), "an hour of two is left");
}

#[test]
fn a_digest_of_another_zone_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.src"), zone("a.example", 1, "sub NS ns.sub\nns.sub A 192.0.2.3\n"))
        .unwrap();
    let [source, signed, keys] =
        ["a.src", "a.zone", "keys"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    let ran =
        super::run(&["zone", "sign", &source, "-o", &signed, "--keys", &keys, "--create-keys", "--zonemd"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    // Glue is signed by nothing else.
    let text = fs::read_to_string(&signed).unwrap();
    fs::write(&signed, text.replace("192.0.2.3", "192.0.2.33")).unwrap();
    fs::write(folder.path().join("mimi-dns.toml"), configuration("")).unwrap();
    let operated = Operated::start_in(folder);
    let told =
        operated.until_that(|line| line["message"].as_str().is_some_and(|said| said.starts_with("ZONEMD: ")));
    assert_eq!(told["zone"], "a.example.");
}

#[test]
fn the_end_of_the_first_statement_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let zones = super::zones_folder().display().to_string();
    fs::write(folder.path().join("mimi-dns.toml"), format!("{HEAD}[zones]\npaths = [{zones:?}]\n")).unwrap();
    let operated = Operated::start_in(folder);
    let name = "mimi_dns_zone_statement_expiry_timestamp_seconds{zone=\"discover.example.\"}";
    assert!(eventually(|| operated.get("/metrics").1.contains(name)));
    let end: u64 = operated.measure(name).parse().unwrap();
    assert!(end > now() && end < now() + 10 * 24 * HOUR, "{end}: a mapping counts for ten days");
}

#[test]
fn keys_and_the_end_of_signatures_are_measured() {
    let operated = start("validity = \"3d\"\nrefresh = \"1d\"\njitter = \"1h\"\n");
    assert_eq!(operated.measure(FAILED), "0");
    let expires: u64 = operated.measure(EXPIRY).parse().unwrap();
    assert!((71 * HOUR - 60..=72 * HOUR).contains(&(expires - now())), "{expires}");
    assert_eq!(keys(&operated, "published").as_deref(), Some("1"));
    assert_eq!(keys(&operated, "retired"), None);
    assert_eq!(operated.get("/ready"), (200, "ready\n".to_owned()));
    // The next one is published beside it.
    let rolled = super::run(&[
        "key",
        "roll",
        "--csk",
        "--zone",
        "a.example.",
        "--config",
        operated.folder.path().join("mimi-dns.toml").to_str().unwrap(),
    ]);
    assert_eq!(rolled.code, 0, "{}", rolled.err);
    let is_one = |state| keys(&operated, state).as_deref() == Some("1");
    assert!(eventually(|| is_one("retired") && is_one("published")), "{}", operated.get("/metrics").1);
}

/// It could not be signed: what was signed is served on, and told; signatures end soon: told too; it is tried again
/// when somebody has mended the keys.
#[test]
fn what_can_not_be_signed_is_told_and_tried_again() {
    let operated = start("validity = \"8s\"\nrefresh = \"7s\"\njitter = \"0s\"\n");
    let states = states(&operated.folder.path().join("state")).unwrap();
    let before = fs::read(&states).unwrap();
    fs::write(&states, "no states").unwrap();
    assert!(eventually(|| operated.measure(FAILED) == "1"), "{}", operated.get("/ready").1);
    let served = asked(&operated.serving, "a.example");
    let (code, told) = operated.get("/ready");
    let wanted = format!("as before: a.example. serial {served}, since it could not be signed: ");
    assert!(code == 200 && told.contains(&wanted), "{told}");
    let line = operated.until_that(|line| line["level"] == "ERROR");
    let message = line["message"].as_str().unwrap();
    assert!(message.starts_with("not signed, and the first signature ends in 0 hours: "), "{message}");
    let near = "signatures of a.example. end in 0 hours";
    assert!(eventually(|| operated.get("/ready").1.contains(near)), "{}", operated.get("/ready").1);
    assert!(is_signed(&operated, "a.example.", Rtype::SOA));
    fs::write(&states, before).unwrap();
    assert!(eventually(|| operated.measure(FAILED) == "0"), "{}", operated.get("/ready").1);
    assert!(eventually(|| operated.measure(EXPIRY).parse::<u64>().unwrap() > now()));
    assert_ne!(asked(&operated.serving, "a.example"), served, "it is signed again");
}

#[test]
fn a_source_that_changes_is_signed_and_its_serial_never_goes_back() {
    let operated = start("");
    assert_eq!(asked(&operated.serving, "a.example"), "1");
    for (serial, served) in [(5, "5"), (5, "6"), (2, "7"), (9, "9")] {
        let name = format!("n{served}");
        operated.write("a.zone", &zone("a.example", serial, &format!("{name} A 192.0.2.1\n")));
        operated.reload();
        assert_eq!(asked(&operated.serving, "a.example"), served, "from {serial}");
        assert!(is_signed(&operated, &format!("{name}.a.example."), Rtype::A));
    }
    assert_eq!(answer(&operated, "n5.a.example.", Rtype::A), [""; 0], "what is gone is gone");
    operated.write("a.zone", "broken");
    operated.reload();
    assert!(is_signed(&operated, "n9.a.example.", Rtype::A), "it is served as before, signed");
}

/// Its parent may point to its keys: a policy that is taken away must not make it bogus.
#[test]
fn without_a_policy_a_zone_stays_signed_until_the_server_ends() {
    let operated = start("");
    let without = "no policy signs it any more: it is signed by the former one until the server ends";
    operated.write("mimi-dns.toml", &configuration(""));
    let lines = operated.reload();
    assert!(lines.iter().any(|line| line["message"] == without && line["level"] == "ERROR"), "{lines:#?}");
    operated.write("a.zone", &zone("a.example", 2, "n A 192.0.2.1\n"));
    operated.reload();
    assert!(is_signed(&operated, "n.a.example.", Rtype::A), "the new source too");
    let Operated { folder, serving, .. } = operated;
    drop(serving);
    let (operated, lines) = Operated::start_and_read(folder);
    let unsigned = "it has keys, and no policy signs it: it is served as its file has it";
    assert!(lines.iter().any(|line| line["message"] == unsigned && line["level"] == "ERROR"), "{lines:#?}");
    assert!(!is_signed(&operated, "n.a.example.", Rtype::A));
    operated.write("mimi-dns.toml", &configuration("[[signing]]\n"));
    operated.reload();
    assert!(is_signed(&operated, "n.a.example.", Rtype::A), "with a policy again");
}
