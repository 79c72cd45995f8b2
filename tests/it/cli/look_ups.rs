//! `lookup`, `explain`, `name` and `enum apply`.

use std::process::Stdio;

use super::{Serving, command, run, run_with_input, zones_folder};

fn ask<'a>(serving: &'a Serving, arguments: &[&'a str]) -> Vec<&'a str> {
    let mut all = arguments.to_vec();
    all.extend(["--server", &serving.address, "--policy", "zones/policy.toml"]);
    all
}

#[test]
fn each_result_has_an_exit_code_of_its_own() {
    let serving = Serving::example();
    let cases = [
        ("+442079460148", 0, "mapped: "),
        ("+6598765432", 3, "no mapping"),
        ("+4915123456789", 4, "opted out"),
        ("+33612345678", 5, "not to be believed"),
    ];
    for (number, code, headline) in cases {
        let ran = run(&ask(&serving, &["lookup", number]));
        assert_eq!(ran.code, code, "{number}: {}{}", ran.out, ran.err);
        assert!(ran.out.starts_with(headline), "{number}: {}", ran.out);
    }
    let ran = run(&ask(&serving, &["lookup", "+33612345678"]));
    assert!(
        ran.out.contains("possession of ap-north.example.: rejected: the policy revokes the key"),
        "{}",
        ran.out
    );
    let closed = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let policy = tempfile::NamedTempFile::new().unwrap();
    let text = std::fs::read_to_string("zones/policy.toml").unwrap();
    std::fs::write(policy.path(), text.replace("deadline_ms = 5000", "deadline_ms = 300")).unwrap();
    let policy = policy.path().to_str().unwrap();
    let ran = run(&["lookup", "+442079460148", "--server", &closed, "--policy", policy]);
    assert_eq!(ran.code, 6, "{}{}", ran.out, ran.err);
}

#[test]
fn an_address_book_is_told_line_by_line_in_its_order() {
    let serving = Serving::example();
    let book = "+442079460148\n\n not a number\r\n+6598765432\n+4915123456789\n+33612345678\nnobody\n";
    let ran = run_with_input(&ask(&serving, &["lookup", "--file", "-"]), book.as_bytes());
    let results: Vec<_> = ran.out.lines().map(|line| line.splitn(3, '\t').collect::<Vec<_>>()).collect();
    let first: Vec<_> = results.iter().map(|words| (words[0], words[1])).collect();
    let expected = [
        ("+442079460148", "mapped"),
        ("not a number", "no-identifier"),
        ("+6598765432", "no-mapping"),
        ("+4915123456789", "opted-out"),
        ("+33612345678", "not-believed"),
        ("nobody", "no-identifier"),
    ];
    assert_eq!(first, expected, "{}", ran.err);
    assert!(results[0][2].starts_with("mimi://"), "{}", ran.out);
    assert_eq!(ran.code, 1, "a line is no identifier");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "+442079460148\n+6598765432\n").unwrap();
    let ran = run(&ask(&serving, &["lookup", "--json", "--file", file.path().to_str().unwrap()]));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let objects: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = objects.iter().map(|object| (&object["typed"], &object["result"])).collect();
    assert_eq!(told.len(), 2);
    assert!(told[0].0 == "+442079460148" && told[0].1 == "mapped" && told[1].1 == "no-mapping", "{told:?}");
    assert_eq!(run(&["lookup", "+442079460148", "--file", "-"]).code, 2);
    assert_eq!(run(&["lookup", "--file", "/nowhere", "--policy", "zones/policy.toml"]).code, 1);
    // A folder opens, and fails at each read.
    let mut reading = command(&["lookup", "--file", "-", "--policy", "zones/policy.toml"]);
    let ran = reading.stdin(std::fs::File::open("zones").unwrap()).output().unwrap();
    assert_eq!(ran.status.code(), Some(1), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn why_nothing_is_believed_is_told() {
    // Served as the files have them, the zones are not signed; the policy knows a key of the zone above.
    let serving = Serving::start(&[&zones_folder()]);
    let ran = run(&ask(&serving, &["lookup", "+442079460148"]));
    assert_eq!(ran.code, 5, "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains(
            "the zone's parameters are bogus: the parent says that the zone is signed, and it has no DNSKEY"
        ),
        "{}",
        ran.out
    );
}

#[test]
fn what_people_type_is_read_or_refused_with_the_reason() {
    let serving = Serving::example();
    for typed in ["020 7946 0148", "00 44 20 7946 0148", "tel:+44-20-7946-0148", "(020) 7946-0148"] {
        let ran = run(&ask(&serving, &["lookup", typed, "--region", "GB", "--short"]));
        assert_eq!(ran.code, 0, "{typed}: {}", ran.err);
        assert!(ran.out.starts_with("mimi://amber.example/"), "{typed}: {}", ran.out);
    }
    for (typed, reason) in [("020 7946 0148", "region"), ("+44 20", "short"), ("Jo", "")] {
        let ran = run(&ask(&serving, &["lookup", typed]));
        assert_eq!(ran.code, 2, "{typed}: {}", ran.err);
        assert!(ran.err.contains(typed) && ran.err.contains(reason), "{typed}: {}", ran.err);
    }
    let ran = run(&["lookup", "+442079460148", "--server", &serving.address]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--policy"), "{}", ran.err);
}

#[test]
fn short_is_one_uri_a_line_and_json_holds_the_evidence() {
    let serving = Serving::example();
    let short = run(&ask(&serving, &["lookup", "+442079460148", "--short", "--service", "sip"]));
    assert_eq!(short.code, 0);
    assert_eq!(short.out.lines().count(), 1);
    assert!(short.out.starts_with("sip:") && short.out.ends_with("@sip.cedar.example\n"), "{}", short.out);
    let json = run(&ask(&serving, &["lookup", "+34612345678", "--json"]));
    let value: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(value["result"], "mapped");
    assert!(value["mappings"].as_array().unwrap().iter().all(|mapping| mapping["msp"] == "amber.example."));
    let statements = value["statements"].as_array().unwrap();
    let ignored = statements.iter().find(|statement| statement["verdict"] == "ignored").unwrap();
    assert_eq!(ignored["code"], "not-listed");
    assert!(!json.out.contains("34612345678"), "the number is in the evidence");
    // A reader that has seen enough is no failure.
    let mut child = command(&ask(&serving, &["lookup", "+442079460148", "--json"]))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn explain_tells_each_step() {
    let serving = Serving::example();
    let ran = run(&ask(&serving, &["explain", "0034 612 34 56 78"]));
    assert_eq!(ran.code, 0, "{}", ran.err);
    for step in [
        "canonical   tel:+34612345678 (telephone number)",
        "provider discover.example.",
        "proven by DNSSEC",
        "owner name  ",
        " MIMISIG: 4 records, secure by discover.example.",
        "mapping of cedar.example., key dac70e190eed2dcf: ignored: the holder's wishes do not list this provider",
        "mapping of amber.example., key 6311df1496a40c40: believed",
        "mapped: 2 endpoints",
    ] {
        assert!(ran.out.contains(step), "{step:?} is not in\n{}", ran.out);
    }
}

#[test]
fn names_for_dig() {
    let parameters =
        "v=mimi1; epoch=2026; hash=sha256; salt=00112233445566778899aabbccddeeff; from=20260101000000";
    let ran = run(&["name", "tel:+442079460148", "--apex", "example.net", "--parameters", parameters]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let label = ran.out.strip_suffix(".example.net.\n").unwrap();
    assert_eq!(label.len(), 52);
    let ran = run(&["name", "+44 116 496 0348", "--enum", "e164.arpa"]);
    assert_eq!(ran.out, "8.4.3.0.6.9.4.6.1.1.4.4.e164.arpa.\n");
    let ran = run(&["name", "jo@example.org", "--enum", "e164.arpa"]);
    assert_eq!(ran.code, 2);
    // The same name whether the parameters come from a policy or from the zone.
    let serving = Serving::example();
    let policy = tempfile::NamedTempFile::new().unwrap();
    let pinned = "v=mimi1; epoch=2026b; hash=sha256; salt=a3c1f2e4d5b6978890a1b2c3d4e5f607; shard=0; from=20261101000000";
    let text = format!(
        "version = 1\n[[provider]]\napex = \"discover.example\"\nscope = [\"+\"]\nparameters = [{pinned:?}]\n"
    );
    std::fs::write(policy.path(), text).unwrap();
    let policy = policy.path().to_str().unwrap();
    let pinned = run(&["name", "+442079460148", "--apex", "discover.example", "--policy", policy]);
    let served = run(&["name", "+442079460148", "--apex", "discover.example", "--server", &serving.address]);
    assert_eq!((served.code, served.out), (0, pinned.out));
}

#[test]
fn enum_apply_is_the_substitution_alone() {
    let ran = run(&["enum", "apply", r"!^\+44(.*)$!sip:\1@example.org!", "+442079460148"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "sip:2079460148@example.org\n"));
    let ran = run(&["enum", "apply", r"!^\+49(.*)$!sip:\1@example.org!", "+442079460148"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("does not match"), "{}", ran.err);
    let ran = run(&["enum", "apply", "!a!b", "+442079460148"]);
    assert_eq!(ran.code, 2);
    let enumed = Serving::start(&[&zones_folder().join("e164.example.zone")]);
    let tree = ["--enum", "e164.example", "--server", &enumed.address];
    let ran = run(&[&["lookup", "+442079460942", "--short", "--dangerous-insecure"], &tree[..]].concat());
    assert_eq!((ran.code, ran.out.as_str()), (0, "sip:942@pbx.birch.example\n"), "{}", ran.err);
    let ran = run(&[&["lookup", "+4930123456", "--short", "--dangerous-insecure"], &tree[..]].concat());
    assert_eq!((ran.code, ran.out.as_str()), (0, "sip:030123456@sip.cedar.example\n"), "{}", ran.err);
    // Nobody signed it, so it is not believed unless one says so.
    let ran = run(&[&["lookup", "+442079460942"], &tree[..]].concat());
    assert_eq!(ran.code, 5, "{}", ran.out);
}
