//! The examples of the pages in `docs/`, which must be what the code reads.

use std::fs;

use mimi_dns::clock::UnixTime;
use mimi_dns::resolver::Policy;
use mimi_dns::statement::SecretKey;
use mimi_dns::zone::{LoadOptions, load_file};

#[test]
fn every_policy_is_one() {
    let policies = blocks("docs/policy.md", "```toml\n");
    assert!(policies.len() >= 4, "{} policies", policies.len());
    for policy in policies {
        if let Err(faults) = Policy::from_toml(&policy) {
            panic!("{faults}\n{policy}");
        }
    }
}

#[test]
fn what_the_policy_page_calls_defaults_are_the_defaults() {
    let policies = blocks("docs/policy.md", "```toml\n");
    let stated = policies.iter().find(|policy| policy.contains("[lifetimes]")).expect("the defaults");
    // A policy has no equality; its debug form shows every field.
    let shown = |text: &str| format!("{:?}", Policy::from_toml(text).unwrap());
    assert_eq!(shown(stated), shown("version = 1"));
}

#[test]
fn every_source_loads_without_a_finding() {
    let sources = blocks("docs/protocol.md", "```\n$ORIGIN");
    assert_eq!(sources.len(), 1);
    let folder = tempfile::tempdir().unwrap();
    for key in ["ap.pem", "holder.pem", "msp.pem"] {
        fs::write(folder.path().join(key), SecretKey::generate().unwrap().to_pem().as_bytes()).unwrap();
    }
    let file = folder.path().join("example.net.zone");
    fs::write(&file, format!("$ORIGIN{}", sources[0])).unwrap();
    let options = LoadOptions { now: UnixTime::now(), ..LoadOptions::default() };
    let loaded = load_file(&file, false, &options);
    let findings: Vec<_> = loaded.findings.iter().map(ToString::to_string).collect();
    assert_eq!(findings, Vec::<String>::new());
    assert_eq!(loaded.identifiers[0].statements.len(), 3);
}

/// What stands between `opening` and the end of its block.
fn blocks(page: &str, opening: &str) -> Vec<String> {
    let text = fs::read_to_string(page).expect(page);
    let blocks = text.split(opening).skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
}
