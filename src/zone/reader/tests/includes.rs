//! `$INCLUDE`, and what bounds it.

use super::*;

fn zone(text: &str) -> MemoryFiles {
    MemoryFiles::new().with("zones/a.zone", format!("{HEAD}{text}"))
}

fn names(files: &MemoryFiles) -> Vec<String> {
    let outcome = read_files(files, &ReadLimits::default());
    assert_eq!(outcome.findings, Vec::<String>::new());
    outcome.sink.records.iter().map(|record| format!("{} {}", record.owner, record.ttl)).collect()
}

#[test]
fn origin_and_owner_come_back_and_the_default_ttl_stays() {
    let files = zone("a A 192.0.2.1\n$INCLUDE sub/b \"sub\"\n A 192.0.2.1\n$INCLUDE \"sub/b\" sub\n A 192.0.2.2\nc A 192.0.2.3\n")
            .with("zones/sub/b", " A 192.0.2.9\nx A 192.0.2.9\n$ORIGIN other.\n$TTL 7\ny A 192.0.2.9");
    let outcome = read_files(&files, &ReadLimits::default());
    // The first one's origin stands in quotation marks.
    assert_eq!(outcome.findings.len(), 1, "{:?}", outcome.findings);
    let names: Vec<_> = outcome.sink.records.iter().map(|r| format!("{} {}", r.owner, r.ttl)).collect();
    assert_eq!(
        names,
        [
            "a.example. 60",
            "a.example. 60",
            "a.example. 60",
            "x.sub.example. 60",
            "y.other. 7",
            "a.example. 7",
            "c.example. 7"
        ]
    );
}

#[test]
fn paths_are_relative_to_the_zones_folder() {
    let files =
        zone("$INCLUDE sub/b").with("zones/sub/b", "$INCLUDE sub/c").with("zones/sub/c", "x A 192.0.2.1");
    assert_eq!(names(&files), ["x.example. 60"]);
}

#[test]
fn faults_are_located_in_the_file_that_has_them() {
    let files = zone("$INCLUDE b\nx AA 1").with("zones/b", "\ny A 1.2.3");
    let findings = read_files(&files, &ReadLimits::default()).findings;
    assert_eq!(
        findings,
        [
            "zones/a.zone:4:3: error[unknown-type]: x.example.: `AA` is no record type; did you mean `A`?",
            "zones/b:2:5: error[bad-data]: y.example.: A: `1.2.3`: address is not an IPv4 address; write four numbers up to 255 with dots, as in 192.0.2.1",
        ]
    );
}

#[test]
fn loops_and_depth_are_bounded() {
    let files = zone("$INCLUDE b").with("zones/b", "$INCLUDE ../zones/a.zone\nx A 192.0.2.1");
    let outcome = read_files(&files, &ReadLimits::default());
    assert_eq!(
        outcome.findings,
        [
            "zones/b:1:10: error[include-loop]: `../zones/a.zone` is being read already: it includes itself; remove this directive"
        ]
    );
    assert_eq!(outcome.sink.records.len(), 1);

    let deep = (0..20).fold(zone("$INCLUDE 0"), |files, number| {
        files.with(format!("zones/{number}"), format!("x{number} A 192.0.2.1\n$INCLUDE {}", number + 1))
    });
    let limits = ReadLimits { include_depth: 3, ..ReadLimits::default() };
    let outcome = read_files(&deep, &limits);
    assert_eq!(outcome.sink.records.len(), 3);
    assert!(outcome.findings[0].starts_with("zones/2:2:10: error[include-depth]"), "{:?}", outcome.findings);
}

#[test]
fn the_octets_are_bounded_in_all() {
    let files = zone(&"$INCLUDE b\n".repeat(10)).with("zones/b", "x A 192.0.2.1\n");
    let limits = ReadLimits { octets: 200, ..ReadLimits::default() };
    let outcome = read_files(&files, &limits);
    assert_eq!(outcome.sink.records.len(), 4);
    assert!(outcome.findings[0].contains("error[unreadable-file]"), "{:?}", outcome.findings);
}

#[test]
fn inclusions_and_generated_octets_are_bounded_in_all() {
    let files = zone(&"$INCLUDE b\n".repeat(10)).with("zones/b", "$INCLUDE c\n".repeat(10));
    let files = files.with("zones/c", "; nothing\n");
    let limits = ReadLimits { includes: 50, ..ReadLimits::default() };
    let outcome = read_files(&files, &limits);
    assert_eq!(outcome.findings.len(), 1, "told once: {:?}", outcome.findings);
    assert!(outcome.findings[0].contains("error[too-many-includes]"), "{:?}", outcome.findings);

    let limits = ReadLimits { generated_octets: 100, ..ReadLimits::default() };
    let outcome = read_files(&zone("$GENERATE 1-1000 a$ A 192.0.2.1\n"), &limits);
    assert_eq!(outcome.sink.records.len(), 6);
    assert!(outcome.findings[0].contains("error[too-many-generated]"), "{:?}", outcome.findings);
}

#[test]
fn what_is_not_there_and_what_is_a_key() {
    let files =
        zone("$INCLUDE nothing\n$INCLUDE key\n").with("zones/key", "-----BEGIN PRIVATE KEY-----\nsecret\n");
    let findings = read_files(&files, &ReadLimits::default()).findings;
    assert_eq!(
        findings,
        [
            "zones/a.zone:3:10: error[unreadable-file]: `nothing` can't be read: entity not found; paths are relative to the zone's folder",
            "zones/a.zone:4:10: error[include-key]: `key` is a PEM file, not zone text; keys are named in drafts, as in `sign=FILE`",
        ]
    );
}
