use std::path::Path;

use super::super::{LoadOptions, Loaded, MemoryFiles, load};
use super::*;
use crate::record::mimisig::Mimisig;
use crate::record::rdata::Presentation;
use crate::statement::{SecretKey, Signer, verify};

const NOW: UnixTime = UnixTime(1_793_000_000);
const NUMBER: &str = "tel:+442079460148";
const HEAD: &str = "$ORIGIN example.net.\n$TTL 300\n@ SOA ns mail 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n";
const SHA256: &str = "_mimi TXT \"v=mimi1; epoch=1; hash=sha256; salt=000102030405060708090a0b0c0d0e0f; from=20260101000000\"\n";
const MAPPING: &str = "@ MIMISIG mapping now-1h +9d issuer=msp.example. \
    endpoint=\"NAPTR 100 10 \\\"U\\\" \\\"x-mimi:x-mimi\\\" \\\"!.*!mimi://msp.example/u/1!\\\" .\" \
    endpoint=\"URI 10 1 \\\"https://msp.example/\\\"\" holder=@holder.pem consent=now-7d sign=msp.pem\n";

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn load_text(text: &str) -> Loaded {
    let files = MemoryFiles::new()
        .with("a.zone", text)
        .with("msp.pem", key(1).to_pem().as_bytes())
        .with("holder.pem", key(2).to_pem().as_bytes())
        .with("broken.pem", "-----BEGIN PRIVATE KEY-----\nsecret\n");
    load(Path::new("a.zone"), &files, &LoadOptions { now: NOW, ..LoadOptions::default() })
}

fn findings(text: &str) -> Vec<String> {
    load_text(&format!("{HEAD}{text}")).findings.iter().map(ToString::to_string).collect()
}

/// `TYPE DATA` of what the name owns.
fn owned(loaded: &Loaded, owner: &Name) -> Vec<String> {
    let zone = loaded.zone.as_ref().expect("a zone without errors");
    let Some(node) = zone.node(owner) else { return Vec::new() };
    node.rrsets()
        .flat_map(|rrset| rrset.records().map(move |record| (rrset.rtype(), record.rdata())))
        .map(|(rtype, rdata)| format!("{rtype} {}", Presentation::new(rtype, rdata)))
        .collect()
}

#[test]
fn statements_are_signed_and_their_endpoints_projected() {
    let loaded = load_text(&format!("{HEAD}{SHA256}$IDENTIFIER {NUMBER}\n{MAPPING}"));
    assert_eq!(loaded.findings, []);
    let [identifier] = &loaded.identifiers[..] else { panic!("one identifier") };
    let [owner] = &identifier.owners[..] else { panic!("one owner name") };
    let owned = owned(&loaded, owner);
    assert_eq!(
        owned[..2],
        [
            "NAPTR 100 10 \"U\" \"x-mimi:x-mimi\" \"!.*!mimi://msp.example/u/1!\" .",
            "URI 10 1 \"https://msp.example/\"",
        ]
    );
    assert_eq!(owned.len(), 3);

    let [(span, rdata)] = &identifier.statements[..] else { panic!("one statement") };
    let statement = Mimisig::parse(rdata).unwrap();
    assert_eq!(statement.inception(), NOW.minus(3600));
    let parsed = Identifier::parse(NUMBER).unwrap();
    assert!(verify(&statement, &parsed, &key(1).public_key()).is_ok());
    assert_eq!(loaded.sources.locate(*span).unwrap().line, 8);
    let files: Vec<_> = loaded.files.iter().map(|path| path.to_str().unwrap()).collect();
    assert_eq!(files, ["a.zone", "holder.pem", "msp.pem"]);
}

#[test]
fn the_owner_names_are_those_of_the_parameters_wherever_they_stand() {
    let loaded =
        load_text(&format!("{HEAD}$IDENTIFIER {NUMBER}\n@ TXT \"x\"\n$ORIGIN example.net.\n{SHA256}"));
    assert_eq!(loaded.findings, []);
    let parameters: crate::record::parameters::Parameters =
        SHA256.split('"').nth(1).unwrap().parse().unwrap();
    let apex = "example.net".parse().unwrap();
    let expected = parameters.owner_name(&Identifier::parse(NUMBER).unwrap(), &apex).unwrap();
    assert_eq!(loaded.identifiers[0].owners, std::slice::from_ref(&expected));
    assert_eq!(owned(&loaded, &expected), ["TXT \"x\""]);
}

#[test]
fn two_epochs_hold_the_same_records() {
    let second = SHA256.replace("epoch=1", "epoch=2").replace("0001", "ff01");
    let same = SHA256.replace("epoch=1", "epoch=3");
    let loaded = load_text(&format!("{HEAD}{SHA256}{second}{same}$IDENTIFIER {NUMBER}\n{MAPPING}"));
    assert_eq!(loaded.findings, []);
    let [one, two] = &loaded.identifiers[0].owners[..] else { panic!("two owner names") };
    assert_eq!(owned(&loaded, one).len(), 3);
    assert_eq!(owned(&loaded, one), owned(&loaded, two));
}

#[test]
fn argon2id_names_of_many_identifiers_keep_their_order() {
    let parameters = "_mimi TXT \"v=mimi1; epoch=1; hash=argon2id; salt=000102030405060708090a0b0c0d0e0f; m=8; t=1; p=1; from=20260101000000\"\n";
    let numbers: Vec<_> = (0..20).map(|number| format!("tel:+4420794601{number:02}")).collect();
    let sections: String =
        numbers.iter().map(|number| format!("$IDENTIFIER {number}\n@ TXT \"{number}\"\n")).collect();
    let loaded = load_text(&format!("{HEAD}{parameters}{sections}"));
    assert_eq!(loaded.findings, []);
    for (source, number) in loaded.identifiers.iter().zip(&numbers) {
        assert_eq!(source.identifier.as_str(), number);
        assert_eq!(owned(&loaded, &source.owners[0]), [format!("TXT \"{number}\"")]);
    }
}

#[test]
fn sections_of_one_identifier_are_joined() {
    let loaded = load_text(&format!(
        "{HEAD}{SHA256}$IDENTIFIER {NUMBER}\n@ TXT \"a\"\n$IDENTIFIER mailto:jo@example.org\n@ TXT \"b\"\n$IDENTIFIER {NUMBER}\n@ TXT \"c\"\n"
    ));
    assert_eq!(loaded.findings, []);
    assert_eq!(loaded.identifiers.len(), 2);
    assert_eq!(owned(&loaded, &loaded.identifiers[0].owners[0]), ["TXT \"a\"", "TXT \"c\""]);
}

#[test]
fn a_projected_record_that_is_written_too_is_there_once() {
    let uri = "@ URI 10 1 \"https://msp.example/\"\n";
    let loaded = load_text(&format!("{HEAD}{SHA256}$IDENTIFIER {NUMBER}\n{uri}{MAPPING}"));
    assert_eq!(loaded.findings, []);
    assert_eq!(owned(&loaded, &loaded.identifiers[0].owners[0]).len(), 3);
}

#[test]
fn what_no_statement_holds_is_warned_of() {
    let text = format!("{SHA256}$IDENTIFIER {NUMBER}\n{MAPPING}@ URI 10 1 \"https://other.example/\"\n");
    assert_eq!(
        findings(&text),
        [
            "a.zone:9:3: warning[unsigned-endpoint]: no statement of the identifier holds this URI record; name it as an endpoint of a mapping statement, or resolvers won't believe it"
        ]
    );
}

#[test]
fn what_has_expired_is_warned_of_and_not_projected() {
    let loaded =
        load_text(&format!("{HEAD}{SHA256}$IDENTIFIER {NUMBER}\n{}", MAPPING.replace("now-1h", "now-30d")));
    let findings: Vec<_> = loaded.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        [
            "a.zone:8:3: warning[expired-statement]: the mapping statement has expired; ask its signer for a new one, or remove it"
        ]
    );
    assert_eq!(owned(&loaded, &loaded.identifiers[0].owners[0]).len(), 1);
}

#[test]
fn a_statement_that_nobody_will_believe_is_warned_of() {
    let findings = findings(&format!("{SHA256}$IDENTIFIER {NUMBER}\n@ MIMISIG \\# 1 02\n"));
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].starts_with("a.zone:8:3: warning[bad-statement]: resolvers won't believe the statement: not understood: version 2 is unknown"), "{findings:?}");
}

#[test]
fn the_canonical_form_is_told() {
    for (identifier, expected) in [
        ("tel:+44-20-7946-0148", "`$IDENTIFIER tel:+442079460148`"),
        ("+442079460148", "`$IDENTIFIER tel:+442079460148`"),
        ("Jo@EXAMPLE.org", "`$IDENTIFIER mailto:jo@example.org`"),
        ("mimi://Names.example/u/jo", "`$IDENTIFIER mimi://names.example/u/jo`"),
    ] {
        let findings = findings(&format!("{SHA256}$IDENTIFIER {identifier}\n"));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(
            findings[0]
                .starts_with("a.zone:7:13: error[bad-identifier]: the identifier is not in canonical form"),
            "{findings:?}"
        );
        assert!(findings[0].ends_with(expected), "{findings:?}");
    }
    let findings = findings("$IDENTIFIER hello\n");
    assert!(findings[0].contains("error[bad-identifier]: `hello`: "), "{findings:?}");
}

#[test]
fn faults_of_keys_are_told_without_their_text() {
    for (from, to, expected) in [
        (
            "msp.pem",
            "nothing.pem",
            "a.zone:8:211: error[bad-key]: nothing.pem cannot be read: entity not found; name a PKCS#8 PEM file, relative to the zone's folder",
        ),
        (
            "sign=msp.pem",
            "sign=broken.pem",
            "a.zone:8:211: error[bad-key]: broken.pem holds no Ed25519 key: neither PEM nor v=mimikey1; name a PKCS#8 PEM file, relative to the zone's folder",
        ),
    ] {
        let text = format!("{SHA256}$IDENTIFIER {NUMBER}\n{}", MAPPING.replace(from, to));
        assert_eq!(findings(&text), [expected]);
    }
    let text =
        format!("{SHA256}$IDENTIFIER {NUMBER}\n@ MIMISIG wishes now +1d holder=@holder.pem sign=msp.pem\n");
    assert_eq!(
        findings(&text),
        [
            "a.zone:8:45: error[unsigned]: the statement can't be signed: wishes are signed with their holder's own key, and this is another; name the right key"
        ]
    );
}

#[test]
fn parameters_that_are_missing_or_broken() {
    let section = format!("$IDENTIFIER {NUMBER}\n@ TXT \"x\"\n");
    assert!(
        findings(&section)[0].starts_with("a.zone:6:13: error[no-parameters]: the zone has no parameters")
    );

    let broken = SHA256.replace("salt=00", "salt=");
    let told = findings(&format!("{broken}{section}"));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0]
            .starts_with("a.zone:6:7: error[bad-parameters]: resolvers won't understand these parameters: ")
    );

    let unknown = SHA256.replace("hash=sha256", "hash=voprf");
    let told = findings(&format!("{SHA256}{unknown}{section}"));
    assert!(
        told[0].starts_with("a.zone:7:7: error[unusable-parameters]: the zone's hash `voprf` is not known"),
        "{told:?}"
    );

    let dear = |cost: &str| SHA256.replace("hash=sha256", &format!("hash=argon2id; {cost}"));
    let told = findings(&dear("m=65537; t=1; p=1"));
    assert!(told[0].starts_with("a.zone:6:7: warning[dear-parameters]: "), "{told:?}");
    let told = findings(&format!("{}{section}", dear("m=262145; t=1; p=1")));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("a.zone:6:7: error[dear-parameters]: "), "{told:?}");

    let later = SHA256.replace("from=2026", "from=2096");
    let told = findings(&format!("{later}{section}"));
    assert!(told[0].starts_with("a.zone:6:7: warning[no-epoch-in-force]: "), "{told:?}");

    let other = "_mimi TXT \"something else\"\n";
    let told = findings(&format!("{SHA256}{other}{section}"));
    assert!(told[0].starts_with("a.zone:7:7: warning[bad-parameters]: "), "{told:?}");
}

#[test]
fn epochs_are_bounded_since_each_costs_a_hash_of_every_identifier() {
    let epochs = |count: u8| -> String {
        (0..count)
            .map(|n| SHA256.replace("epoch=1", &format!("epoch={n}")).replace("=0001", &format!("={n:02}01")))
            .collect()
    };
    assert_eq!(findings(&format!("{}$IDENTIFIER {NUMBER}\n{MAPPING}", epochs(4))), [""; 0]);
    let [finding] = &findings(&format!("{}$IDENTIFIER {NUMBER}\n{MAPPING}", epochs(5)))[..] else {
        panic!("one finding")
    };
    assert!(finding.starts_with("a.zone:10:") && finding.contains("error[too-many-epochs]"), "{finding}");
}
