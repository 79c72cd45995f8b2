//! The examples of the pages in `docs/`, which must be what the code reads.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

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

/// Words with hyphens in the sources that look like codes of findings, and are something else.
const NO_CODES: [&str; 10] = [
    "cookie-secrets",
    "ical-access",
    "ical-sched",
    "kebab-case",
    "ksk-zsk",
    "mimi-dns",
    "no-store",
    "now-1h",
    "nsec3-opt-out",
    "x-mimi",
];

#[test]
fn every_code_of_a_finding_has_its_line() {
    let page = fs::read_to_string("docs/book/src/findings.md").unwrap();
    let lined: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split(" | ").next())
        .flat_map(codes)
        .collect();
    let mut written = BTreeSet::new();
    for folder in ["src/zone", "src/cli"] {
        gather_words(Path::new(folder), &mut written);
    }
    let missing: Vec<_> = written
        .iter()
        .filter(|word| !lined.contains(word.as_str()) && !NO_CODES.contains(&word.as_str()))
        .collect();
    assert!(missing.is_empty(), "not in docs/book/src/findings.md: {missing:?}");
    // And no line is of a code that there is not, but for the words without hyphen, of which there is more than codes.
    let gone: Vec<_> = lined.iter().filter(|code| code.contains('-') && !written.contains(**code)).collect();
    assert!(gone.is_empty(), "only in docs/book/src/findings.md: {gone:?}");
}

/// What stands between backticks in the first column of a line whose first backtick is cut off.
fn codes(column: &str) -> impl Iterator<Item = &str> {
    column.split('`').step_by(2)
}

/// Every word of small letters and digits with a hyphen in it that is a whole literal of the code, tests aside.
fn gather_words(folder: &Path, words: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather_words(&path, words);
            continue;
        }
        if path.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("\nmod tests {").next().unwrap_or_default();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let is_of_code = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
            let is_code = |word: &&str| {
                word.split('-').count() > 1
                    && word.split('-').all(|part| !part.is_empty() && part.chars().all(is_of_code))
            };
            words.extend(line.split('"').skip(1).step_by(2).filter(is_code).map(str::to_owned));
        }
    }
}

/// What stands between `opening` and the end of its block.
fn blocks(page: &str, opening: &str) -> Vec<String> {
    let text = fs::read_to_string(page).expect(page);
    let blocks = text.split(opening).skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
}
