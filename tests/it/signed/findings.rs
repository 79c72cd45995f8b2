//! What loading says of signed zones: nothing of whole ones, and what is missing of others.

use std::fs;
use std::path::Path;

use mimi_dns::clock::UnixTime;
use mimi_dns::record::Rtype;
use mimi_dns::zone::{LoadOptions, MemoryFiles, load, load_file};

use super::signer::{WAYS, Way};
use super::world::{APEX, text};
use crate::served::NOW;

/// Codes of what is found, but for what the zone has unsigned too.
fn codes(text: &str, now: UnixTime) -> Vec<&'static str> {
    let files = MemoryFiles::new().with("zone", text);
    let loaded = load(Path::new("zone"), &files, &LoadOptions { now, ..LoadOptions::default() });
    assert!(loaded.zone.is_some());
    let codes = loaded.findings.iter().map(|finding| finding.code);
    let mut codes: Vec<_> = codes.filter(|code| *code != "no-host-name").collect();
    codes.sort_unstable();
    codes
}

fn way(label: &str) -> Way {
    WAYS.into_iter().find(|way| way.label == label).unwrap()
}

/// The signed text, a record a line.
fn signed(label: &str) -> Option<String> {
    let signed = way(label).sign(APEX, &text())?;
    let loaded = load_file(&signed.file, false, &LoadOptions::default());
    let mut text = Vec::new();
    mimi_dns::zone::write_zone(&loaded.zone.unwrap(), mimi_dns::zone::SerialPolicy::Keep, &mut text).unwrap();
    Some(String::from_utf8(text).unwrap())
}

fn without(text: &str, is_gone: impl Fn(&str) -> bool) -> String {
    let kept: Vec<&str> = text.lines().filter(|line| !is_gone(line)).collect();
    assert!(kept.len() < text.lines().count());
    kept.join("\n") + "\n"
}

#[test]
fn zones_as_they_were_signed() {
    for way in WAYS {
        let Some(signed) = way.sign(APEX, &text()) else { return };
        let text = fs::read_to_string(&signed.file).unwrap();
        assert_eq!(codes(&text, way.now()), [""; 0], "{}", way.label);
    }
}

#[test]
fn a_signed_zone_is_written_as_it_was_read() {
    for label in ["nsec", "opt-out"] {
        let Some(text) = signed(label) else { return };
        let files = MemoryFiles::new().with("zone", text.as_str());
        let zone = load(Path::new("zone"), &files, &LoadOptions::default()).zone.unwrap();
        let mut again = Vec::new();
        mimi_dns::zone::write_zone(&zone, mimi_dns::zone::SerialPolicy::Keep, &mut again).unwrap();
        assert_eq!(String::from_utf8(again).unwrap(), text);
        assert_eq!(zone.rrsets().any(|(_, rrset)| rrset.rtype() == Rtype::NSEC3), label == "opt-out");
    }
}

#[test]
fn what_is_missing_from_nsec() {
    let Some(text) = signed("nsec") else { return };
    let of_nsec = |line: &str| line.contains("\tNSEC\t") || line.contains("\tRRSIG\tNSEC ");
    let gone = without(&text, |line| line.starts_with("mail.") && of_nsec(line));
    assert_eq!(codes(&gone, NOW), ["nsec-broken", "nsec-missing"]);
    let more = format!("{text}www.signed. 300 IN CAA 0 issue \"x\"\n");
    assert_eq!(codes(&more, NOW), ["nsec-types", "unsigned-records"]);
    let bare = without(&text, |line| line.starts_with("signed.") && of_nsec(line));
    assert_eq!(codes(&bare, NOW), ["no-denial"]);
    let stray = without(&text, |line| line.starts_with("mail.") && line.contains("\tA\t"));
    assert_eq!(codes(&stray, NOW), ["nsec-types", "stray-signature", "target-without-address"]);
}

#[test]
fn what_is_missing_from_nsec3() {
    let Some(text) = signed("nsec3") else { return };
    let first = text.lines().find(|line| line.contains("\tNSEC3\t")).unwrap();
    let owner = first.split('\t').next().unwrap();
    let gone = without(&text, |line| line.starts_with(owner));
    let found = codes(&gone, NOW);
    assert_eq!(found, ["nsec3-broken", "nsec3-missing"]);
    let quiet = without(&text, |line| line.contains("\tNSEC3PARAM"));
    assert_eq!(codes(&quiet, NOW), ["no-denial", "nsec3-not-announced"]);
    let stray = without(&text, |line| line == first);
    assert_eq!(codes(&stray, NOW), ["nsec3-broken", "nsec3-missing", "stray-signature"]);
    let second = format!(
        "{text}2t7b4g4vsa5smi47k61mv5bv1a22bojr{}\n",
        first[32..].replace("\t1 0 0 - ", "\t1 0 5 AB ")
    );
    assert!(codes(&second, NOW).contains(&"nsec3-chains"));
    let two = format!("{text}signed. 300 IN NSEC3PARAM 2 0 0 -\n");
    assert!(codes(&two, NOW).contains(&"nsec3-hash"));
}

#[test]
fn signatures_and_time() {
    let Some(text) = signed("nsec") else { return };
    // 2036-01-01 and 2025-01-01.
    let (until, from) = (2_082_758_400, 1_735_689_600);
    assert_eq!(codes(&text, UnixTime(until + 1)), ["signature-expired"]);
    assert_eq!(codes(&text, UnixTime(until - 3600)), ["signature-expires"]);
    assert_eq!(codes(&text, UnixTime(from - 3600)), ["signature-early"]);
    let files = MemoryFiles::new().with("zone", text.as_str());
    let zone = load(Path::new("zone"), &files, &LoadOptions::default()).zone.unwrap();
    assert_eq!(zone.signature_times(NOW).unwrap().earliest_expiration, UnixTime(until));
}
