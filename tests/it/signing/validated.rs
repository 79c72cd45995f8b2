//! delv validates what our server answers from zones signed here, with the zone's key as its anchor.

use std::fs;

use mimi_dns::zone::{Catalog, LoadOptions, load_file};

use super::{ALGORITHMS, DENIALS, KEYS, ZONE, run, sign_text};
use crate::peers::installed;
use crate::running::Running;

const POSITIVE: &str = "; fully validated";
const NEGATIVE: &str = "; negative response, fully validated";

/// Questions, what delv says of a good answer, and whether the answer rests on what no hash lies between: where
/// that may leave out delegations, it proves nothing (RFC 5155 §9.2).
const QUESTIONS: [(&str, &str, &str, bool); 13] = [
    ("signing.example", "SOA", POSITIVE, false),
    ("www.signing.example", "A", POSITIVE, false),
    ("alias2.signing.example", "A", POSITIVE, false),
    ("x.y.wild.signing.example", "A", POSITIVE, true),
    ("secure.signing.example", "DS", POSITIVE, false),
    ("new.signing.example", "TYPE65280", POSITIVE, false),
    ("none.signing.example", "A", NEGATIVE, true),
    ("x.there.wild.signing.example", "A", NEGATIVE, true),
    ("www.signing.example", "TXT", NEGATIVE, false),
    ("x.wild.signing.example", "TXT", NEGATIVE, true),
    ("ent.signing.example", "A", NEGATIVE, false),
    ("*.entwild.signing.example", "A", NEGATIVE, false),
    ("both.signing.example", "A", NEGATIVE, false),
];

#[test]
fn every_kind_of_answer() {
    let Some(delv) = installed(&["delv"]) else { return };
    for denial in DENIALS {
        for (algorithm, keys) in ALGORITHMS.iter().zip(KEYS) {
            let how = [denial, &["--algorithm", algorithm], keys].concat();
            let signed = sign_text(ZONE, &how);
            let zone = load_file(&signed.file(), false, &LoadOptions::default()).zone.unwrap();
            let server = Running::start(Catalog::new().with(zone));
            let key = signed.dnskeys().into_iter().find(|data| data.starts_with("257 ")).unwrap();
            let (front, octets) = key.rsplit_once(' ').unwrap();
            let anchor = format!("trust-anchors {{ {} static-key {front} \"{octets}\"; }};\n", signed.apex);
            fs::write(signed.folder.path().join("anchor"), anchor).unwrap();
            let port = server.addr().port().to_string();
            let fixed = ["@127.0.0.1", "-p", &port, "-a", "anchor", "+root=signing.example"];
            let opt_out = denial.contains(&"--opt-out");
            for (name, rtype, wanted, is_covered) in QUESTIONS {
                let said = run(&delv, &[&fixed[..], &[name, rtype]].concat(), signed.folder.path());
                let said = said.unwrap_or_else(|said| said);
                // delv doubts what a wildcard gave there, and not that a name is absent.
                let doubted = opt_out && is_covered && said.contains("unsigned answer");
                assert!(doubted || said.contains(wanted), "{how:?}: {name} {rtype}\n{said}");
            }
        }
    }
}
