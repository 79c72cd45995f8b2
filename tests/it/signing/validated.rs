//! delv validates what our server answers from zones signed here, with the zone's key as its anchor.

use std::fs;

use mimi_dns::zone::{Catalog, LoadOptions, load_file};

use super::{ALGORITHMS, DENIALS, KEYS, ZONE, run, sign_text};
use crate::peers::installed;
use crate::running::Running;

/// Questions, and what delv says of a good answer.
const QUESTIONS: [(&str, &str, &str); 13] = [
    ("signing.example", "SOA", "; fully validated"),
    ("www.signing.example", "A", "; fully validated"),
    ("alias2.signing.example", "A", "; fully validated"),
    ("x.y.wild.signing.example", "A", "; fully validated"),
    ("secure.signing.example", "DS", "; fully validated"),
    ("new.signing.example", "TYPE65280", "; fully validated"),
    ("none.signing.example", "A", "; negative response, fully validated"),
    ("x.there.wild.signing.example", "A", "; negative response, fully validated"),
    ("www.signing.example", "TXT", "; negative response, fully validated"),
    ("x.wild.signing.example", "TXT", "; negative response, fully validated"),
    ("ent.signing.example", "A", "; negative response, fully validated"),
    ("*.entwild.signing.example", "A", "; negative response, fully validated"),
    ("both.signing.example", "A", "; negative response, fully validated"),
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
            for (name, rtype, wanted) in QUESTIONS {
                let said = run(&delv, &[&fixed[..], &[name, rtype]].concat(), signed.folder.path());
                let said = said.unwrap_or_else(|said| said);
                assert!(said.contains(wanted), "{how:?}: {name} {rtype}\n{said}");
            }
        }
    }
}
