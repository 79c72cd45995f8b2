//! What BIND's `named-checkzone` refuses or warns of, `zone check` tells too.

use std::fs;
use std::process::Command;

use crate::peers::installed;

const TOP: &str = "$ORIGIN refused.example.\n$TTL 1h\n@ SOA ns h 1 1h 1h 1w 60\n@ NS ns\nns A 192.0.2.1\n";

/// Records that BIND has something to say of, and the code that we say it with.
const FAULTY: &[(&str, &str)] = &[
    ("@ SOA ns h 2 1h 1h 1w 60", "second-soa"),
    ("a CNAME ns\na TXT x", "cname-and-other-data"),
    ("a CNAME ns\na CNAME ns.other.", "several-cnames"),
    ("@ NS alias\nalias CNAME ns", "ns-target-is-alias"),
    ("@ NS nowhere", "missing-glue"),
    ("sub NS ns.sub", "missing-glue"),
    ("sub NS nowhere", "missing-glue"),
    ("*.sub NS ns", "wildcard-ns"),
    ("@ NS 192.0.2.1.", "target-is-address"),
    ("a MX 10 192.0.2.1.", "target-is-address"),
    ("a MX 10 nowhere", "target-without-address"),
    ("a MX 10 alias\nalias CNAME ns", "target-is-alias"),
    ("a SRV 0 0 1 nowhere", "target-without-address"),
    ("a SRV 0 0 1 alias\nalias CNAME ns", "target-is-alias"),
    ("a_b A 192.0.2.1", "no-host-name"),
    ("a_b AAAA 2001:db8::1", "no-host-name"),
    ("a_b MX 10 ns", "no-host-name"),
    ("a_b WKS 192.0.2.1 6 25", "no-host-name"),
    ("@ NS a_b.other.", "no-host-name"),
    ("a MX 10 a_b.other.", "no-host-name"),
    ("a MX 10 *.other.", "no-host-name"),
    ("a SRV 0 0 1 a_b.other.", "no-host-name"),
    ("a RT 10 a_b.other.", "no-host-name"),
    ("a AFSDB 1 a_b.other.", "no-host-name"),
    ("a RP x.a_b.other. .", "no-host-name"),
    ("a MINFO x.a_b.other. y.other.", "no-host-name"),
    ("a MINFO x.other. y.a_b.other.", "no-host-name"),
    ("a NAPTR 1 1 \"u\" \"E2U+sip\" \"!a!\\\\1!\" .", "naptr-regexp"),
    ("@ CDS 1 13 2 00000000000000000000000000000000000000000000000000000000000000ff", "cds-mismatch"),
    ("@ CDNSKEY 257 3 13 1nR4", "cds-mismatch"),
    ("@ DNSKEY 256 3 1 AwEAAQ==", "deprecated-algorithm"),
    ("@ NSEC3PARAM 1 0 500 -", "bad-nsec3param"),
    ("@ NSEC3PARAM 2 0 0 -", "bad-nsec3param"),
    ("a SPF \"v=spf1 -all\"", "spf-without-txt"),
    ("a A 192.0.2.1\na 30 A 192.0.2.2", "ttl-differs"),
    ("a RRSIG A 13 3 60 20250101000000 20240101000000 1 refused.example. AAAA", "signature-expired"),
    ("a HTTPS 1 . mandatory=alpn", "bad-data"),
    ("a A 192.0.2.256", "bad-data"),
    ("www.other. A 192.0.2.1", "out-of-zone"),
    ("a CAA 0 issue \"x", "unreadable"),
];

/// Of the whole zone, where its first lines say it.
const FAULTY_TOPS: &[(&str, &str, &str)] = &[
    ("ns h 1", "n_s.other. h 1", "no-host-name"),
    ("ns h 1", "ns h.a_b 1", "no-host-name"),
    ("@ NS ns\n", "", "no-apex-ns"),
];

/// What each says of a zone: `named-checkzone` in its words, `zone check` in codes.
fn said(text: &str, check: &std::path::Path, apex: &str) -> (String, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.zone");
    fs::write(&file, text).unwrap();
    // Each check of BIND's is made, and none that asks the DNS.
    let strict = ["-i", "local", "-k", "fail", "-m", "fail", "-n", "fail", "-r", "fail", "-S", "fail"];
    let bind = Command::new(check).args(strict).arg(apex).arg(&file).output().unwrap();
    let bind = [bind.stdout, bind.stderr].concat();
    let ours = Command::new(env!("CARGO_BIN_EXE_mimi-dns"))
        .args(["zone", "check", "--json"])
        .arg(&file)
        .output()
        .unwrap();
    let ours: serde_json::Value = serde_json::from_slice(&ours.stdout).unwrap();
    let codes = ours["findings"].as_array().unwrap().iter().map(|finding| {
        assert!(finding["line"].is_u64() && finding["column"].is_u64(), "no place: {finding}");
        finding["code"].as_str().unwrap().to_owned()
    });
    let codes = codes.collect();
    let quiet = |line: &&str| !line.contains("loaded serial") && *line != "OK";
    let bind = String::from_utf8(bind).unwrap();
    (bind.lines().filter(quiet).collect::<Vec<_>>().join("\n"), codes)
}

#[test]
fn what_bind_tells_is_told() {
    let Some(check) = installed(&["named-checkzone"]) else { return };
    let clean = said(TOP, &check, "refused.example");
    assert_eq!(clean, (String::new(), Vec::new()));
    let with = FAULTY.iter().map(|(records, code)| (format!("{TOP}{records}\n"), *code));
    let tops = FAULTY_TOPS.iter().map(|(from, to, code)| (TOP.replace(from, to), *code));
    for (text, code) in with.chain(tops) {
        let (bind, ours) = said(&text, &check, "refused.example");
        assert!(!bind.is_empty(), "BIND has nothing to say of\n{text}");
        assert!(ours.iter().any(|told| told == code), "{code} is not among {ours:?} for\n{text}{bind}");
    }
}

#[test]
fn names_of_hosts_in_reverse_trees() {
    let Some(check) = installed(&["named-checkzone"]) else { return };
    let apex = "2.0.192.in-addr.arpa";
    let top = format!("$ORIGIN {apex}.\n$TTL 1h\n@ SOA ns.other. h.other. 1 1h 1h 1w 60\n@ NS ns.other.\n");
    let (bind, ours) = said(&format!("{top}1 PTR a_b.other.\n"), &check, apex);
    assert!(!bind.is_empty(), "BIND has nothing to say");
    assert_eq!(ours, ["no-host-name"]);
}
