//! `zone diff`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{run, zones_folder};

/// A folder of sources with the example's keys beside them.
pub(super) struct Sources(pub(super) TempDir);

impl Sources {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = zones_folder().join("test-keys");
        std::os::unix::fs::symlink(keys, folder.path().join("keys")).unwrap();
        Self(folder)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }
}

pub(super) const HEAD: &str = "$ORIGIN a.example.\n$TTL 300\n@ SOA ns h 7 1h 1h 1w 60\n@ NS ns\nns A 127.0.0.1\n\
    _mimi TXT \"v=mimi1; epoch=1; hash=sha256; salt=00112233445566778899aabbccddeeff; from=20260101000000\"\n";

fn mapping(msp: &str, path: &str, inception: &str) -> String {
    format!(
        "@ MIMISIG mapping {inception} 20990101000000 issuer={msp}.example. proof=sms,20260101000000 \
         endpoint=\"NAPTR 100 10 \\\"U\\\" \\\"x-mimi:x-mimi\\\" \\\"!.*!mimi://{msp}.example/u/{path}!\\\" .\" \
         sign=keys/{msp}.example.pem\n"
    )
}

fn identifier(number: &str, records: &[String]) -> String {
    format!("$IDENTIFIER tel:+4420794602{number}\n{}", records.concat())
}

fn before() -> String {
    let mapped = |msp, path| mapping(msp, path, "20260201000000");
    [
        HEAD,
        &identifier("01", &[mapped("amber", "a")]),
        &identifier("02", &[mapped("amber", "b")]),
        &identifier("03", &[mapped("amber", "c"), mapped("birch", "d")]),
        &identifier("04", &[mapped("amber", "e")]),
    ]
    .concat()
}

fn after() -> String {
    let mapped = |msp, path| mapping(msp, path, "20260301000000");
    [
        HEAD.replace(" 7 ", " 8 ")
            .replace("ns A 127.0.0.1", "ns 60 A 127.0.0.1\nns 60 A 127.0.0.2\nwww A 127.0.0.3")
            .as_str(),
        &identifier("02", &[mapped("birch", "b")]),
        &identifier("03", &[mapping("amber", "c", "20260201000000"), mapped("birch", "other")]),
        &identifier("04", &[mapped("amber", "e"), "@ TXT \"a note\"\n".to_owned()]),
        &identifier("05", &[mapped("amber", "f")]),
    ]
    .concat()
}

const EXPECTED: &str = "\
a.example. serial 7 -> 8
- tel:+442079460201: amber.example.
    - mapping of amber.example., until 2099-01-01 00:00:00 UTC
        NAPTR 100 10 \"U\" \"x-mimi:x-mimi\" \"!.*!mimi://amber.example/u/a!\" .
        proof sms
~ tel:+442079460202: amber.example. -> birch.example.
    - mapping of amber.example., until 2099-01-01 00:00:00 UTC
        NAPTR 100 10 \"U\" \"x-mimi:x-mimi\" \"!.*!mimi://amber.example/u/b!\" .
        proof sms
    + mapping of birch.example., until 2099-01-01 00:00:00 UTC
        NAPTR 100 10 \"U\" \"x-mimi:x-mimi\" \"!.*!mimi://birch.example/u/b!\" .
        proof sms
~ tel:+442079460203
    ~ mapping of birch.example. changed, until 2099-01-01 00:00:00 UTC
        - NAPTR 100 10 \"U\" \"x-mimi:x-mimi\" \"!.*!mimi://birch.example/u/d!\" .
        + NAPTR 100 10 \"U\" \"x-mimi:x-mimi\" \"!.*!mimi://birch.example/u/other!\" .
~ tel:+442079460204
    ~ mapping of amber.example. renewed, until 2099-01-01 00:00:00 UTC
    + 300 TXT \"a note\"
+ tel:+442079460205: amber.example.
    + mapping of amber.example., until 2099-01-01 00:00:00 UTC
        NAPTR 100 10 \"U\" \"x-mimi:x-mimi\" \"!.*!mimi://amber.example/u/f!\" .
        proof sms
~ ns.a.example. A: TTL 300 -> 60
+ ns.a.example. 60 A 127.0.0.2
+ www.a.example. 300 A 127.0.0.3
identifiers: 1 came, 1 went, 3 changed; 3 other records differ
";

#[test]
fn identifiers_statements_and_records_that_differ() {
    let sources = Sources::new();
    let (one, other) = (sources.write("one.zone", &before()), sources.write("other.zone", &after()));
    let differ = |arguments: &[&str]| run(&[&["zone", "diff", "--allow-outside"], arguments].concat());
    let ran = differ(&[&one, &other]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (1, EXPECTED, ""));
    let ran = differ(&[&one, &one]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "a.example. serial 7: the same\n"));

    let ran = differ(&["--json", &one, &other]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["serial"], json!({ "from": 7, "to": 8, "order": "newer" }));
    assert_eq!(json["identifiers"].as_array().unwrap().len(), 5);
    let moved = &json["identifiers"][1];
    assert_eq!(moved["identifier"], "tel:+442079460202");
    assert_eq!(moved["msps"], json!({ "from": ["amber.example."], "to": ["birch.example."] }));
    assert_eq!(json["identifiers"][3]["statements"][0]["change"], "renewed");
    assert_eq!(json["records"][1]["data"], "127.0.0.2");
}

#[test]
fn a_built_zone_is_the_same_as_its_source_and_serials_go_back() {
    let sources = Sources::new();
    let one = sources.write("one.zone", &before());
    let built = sources.path("built");
    let built = built.to_str().unwrap();
    assert_eq!(run(&["zone", "build", "--allow-outside", &one, "-o", built]).code, 0);
    let ran = run(&["zone", "diff", "--allow-outside", built, &one]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "a.example. serial 7: the same\n"));
    // Between two built zones nobody knows whose the names are.
    let text = std::fs::read_to_string(built).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let statement = lines.iter().position(|line| line.contains("TYPE65400")).unwrap();
    let fewer: Vec<&str> =
        lines.iter().enumerate().filter(|(at, _)| *at != statement).map(|(_, line)| *line).collect();
    let other = sources.write("other", &format!("{}\n", fewer.join("\n")));
    let ran = run(&["zone", "diff", built, &other]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.starts_with("a.example. serial 7 -> 7, and it stays: secondaries won't"), "{}", ran.out);
    assert!(ran.out.contains("mapping of amber.example."), "{}", ran.out);
    assert!(!ran.out.contains("tel:"), "{}", ran.out);
    let back = sources.write("back.zone", &before().replace(" 7 ", " 6 "));
    let ran = run(&["zone", "diff", "--allow-outside", &one, &back]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.starts_with("a.example. serial 7 -> 6, which is older (RFC 1982)"), "{}", ran.out);
}

#[test]
fn what_can_not_be_compared() {
    let sources = Sources::new();
    let one = sources.write("one.zone", HEAD);
    let other = sources.write("other.zone", &HEAD.replace("$ORIGIN a.", "$ORIGIN b."));
    let broken = sources.write("broken.zone", &HEAD.replace("127.0.0.1", "localhost"));
    let ran = run(&["zone", "diff", &one, &other]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("two zones, a.example. and b.example."), "{}", ran.err);
    let ran = run(&["zone", "diff", &one, &broken]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("broken.zone:5:6: error[bad-data]"), "{}", ran.err);
    assert_eq!(run(&["zone", "diff", &one, Path::new("/nowhere").to_str().unwrap()]).code, 2);
}
