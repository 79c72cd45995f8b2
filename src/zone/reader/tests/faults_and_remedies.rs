//! What is wrong is told, once, where it stands.

use super::*;

#[test]
fn each_has_its_place_and_its_remedy() {
    for (line, expected) in [
        (
            "$ORIGN x.",
            "zones/a.zone:3:1: error[unknown-directive]: `$ORIGN` is no directive; did you mean `$ORIGIN`?",
        ),
        (
            "$FOO",
            "zones/a.zone:3:1: error[unknown-directive]: `$FOO` is no directive; the directives are $ORIGIN, $TTL, $INCLUDE, $GENERATE, $IDENTIFIER",
        ),
        (
            " $TTL 5",
            "zones/a.zone:3:2: error[indented-directive]: the directive `$TTL` does not stand at the beginning of its line; remove the blanks before it; if it is no directive, write the `$` as `\\$`",
        ),
        (
            "$TTL 5x",
            "zones/a.zone:3:6: error[bad-ttl]: `5x` is no time to live: a time to live is a number of seconds, or numbers with the units w, d, h, m, s as in `1h30m`; write seconds, or numbers with units as in `1h30m`",
        ),
        ("$TTL", "zones/a.zone:3:5: error[missing-words]: `$TTL` needs more words; write `$TTL TIME`"),
        ("$TTL 5 6", "zones/a.zone:3:8: error[extra-words]: `6` is one word too many; write `$TTL TIME`"),
        (
            " A 192.0.2.1",
            "zones/a.zone:3:2: error[no-owner]: the line begins with a blank, but there is no record before it whose owner name it could have; write the owner name at the beginning of the line, or `@` for the origin",
        ),
        (
            "a NAPTER 1",
            "zones/a.zone:3:3: error[unknown-type]: a.example.: `NAPTER` is no record type; did you mean `NAPTR`?",
        ),
        (
            "MX 10 mailserver",
            "zones/a.zone:3:7: error[unknown-type]: MX.example.: `mailserver` is no record type; `MX` was read as owner name: if it is the type, begin the line with a blank",
        ),
        (
            "A 192.0.2.1",
            "zones/a.zone:3:3: error[bad-ttl]: A.example.: `192.0.2.1` is no time to live: a time to live is a number of seconds, or numbers with the units w, d, h, m, s as in `1h30m`; `A` was read as owner name: if it is the type, begin the line with a blank",
        ),
        (
            "a",
            "zones/a.zone:3:2: error[no-type]: a.example.: the record ends before its type; a record is written: owner name, time to live, class, type, data",
        ),
        (
            "a ANY x",
            "zones/a.zone:3:3: error[meta-type]: a.example.: ANY is for messages and can't stand in a zone; remove the record",
        ),
        (
            "a..b A 192.0.2.1",
            "zones/a.zone:3:1: error[bad-owner]: `a..b` is not a domain name: a label is empty; write labels of 1 to 63 octets with one dot between them",
        ),
        (
            "\"a\" A 192.0.2.1",
            "zones/a.zone:3:2: error[bad-owner]: an owner name must not stand in quotation marks; remove them; write what is special in it after a backslash",
        ),
        (
            "a TXT \"b",
            "zones/a.zone:3:7: error[unreadable]: the quoted string that opens here is not closed on its line; close the string with `\"`; a quotation mark inside is written `\\\"`",
        ),
    ] {
        assert_eq!(faults(line), [expected]);
    }
    let indented = faults("a A 192.0.2.1\n wwwserver A 192.0.2.1");
    assert_eq!(
        indented,
        [
            "zones/a.zone:4:2: error[unknown-type]: a.example.: `wwwserver` is no record type; the line begins with a blank, so its owner name is that of the record before: if `wwwserver` is the owner name, remove the blank"
        ]
    );
}

#[test]
fn all_of_a_file_in_one_run() {
    let findings = faults("a A 1\n\nb AAA ::1\nc A 192.0.2.1\n$TLT 5\nd TXT \"x\n");
    let places: Vec<_> = findings.iter().map(|finding| finding.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["zones/a.zone:3:5", "zones/a.zone:5:3", "zones/a.zone:7:1", "zones/a.zone:8:7"]);
}

#[test]
fn blank_owners_after_an_unreadable_one_are_dropped() {
    let outcome = read(format!("{HEAD}good A 192.0.2.1\nb..ad A 192.0.2.2\n A 192.0.2.3\n A x\n"));
    assert_eq!(outcome.sink.records.len(), 1);
    assert_eq!(outcome.findings.len(), 2);
}

#[test]
fn a_broken_soa_record_brings_no_other_faults() {
    let findings = read("$ORIGIN example.\n@ SOA ns mail 1 2 3 4 x\n NS ns\nns A 192.0.2.1\n").findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
}

#[test]
fn many_faults_are_counted() {
    let findings = faults(&"a A x\n".repeat(250));
    assert_eq!(findings.len(), 101);
    assert_eq!(findings[100], "error[not-listed]: and 150 more errors; mend these first");
}
