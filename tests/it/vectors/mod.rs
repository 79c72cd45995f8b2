//! The test vectors: what is committed is what the generator makes, every verdict is the crate's
//! own, and that of an independent verifier in Python.

mod judge;
#[path = "../../../examples/make_vectors/vectors/mod.rs"]
mod made;

use std::path::{Path, PathBuf};
use std::process::Command;

use mimi_dns::identifier::Identifier;
use mimi_dns::record::mimisig::Mimisig;
use mimi_dns::record::scan::Scanner;
use mimi_dns::statement::{PublicKey, VerifyError, to_be_signed, verify, verify_batch};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

#[test]
fn committed_vectors_are_what_the_generator_makes() {
    for (file, text) in made::files() {
        let committed = std::fs::read_to_string(folder().join("data").join(file)).unwrap_or_default();
        assert!(committed == text, "{file} differs: cargo run --example make_vectors");
    }
}

#[test]
fn every_verdict_is_ours() {
    let wrong: Vec<_> = made::cases()
        .iter()
        .filter_map(|case| {
            let verdict = judge::judge(case);
            (verdict != case.verdict).then(|| format!("{}: {verdict}, not {}", case.name, case.verdict))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn names_of_vectors_differ() {
    let mut names: Vec<_> = made::cases().iter().map(|case| case.name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn presentation_form_reads_back_to_the_same_octets() {
    for case in made::cases() {
        let Ok(statement) = Mimisig::parse(&case.rdata) else { continue };
        assert_eq!(statement.rdata(), case.rdata);
        let text = statement.to_string();
        let mut tokens = Vec::new();
        Scanner::new(text.as_bytes()).next_entry(&mut tokens).expect("one entry").expect("tokens");
        let again =
            Mimisig::parse_text(&tokens).unwrap_or_else(|error| panic!("{}: {error}: {text}", case.name));
        assert_eq!(again.rdata(), case.rdata, "{}", case.name);
        assert_eq!(again.to_string(), text);
    }
}

#[test]
fn octets_to_be_signed_are_those_of_the_protocol() {
    for case in made::cases() {
        let (Ok(statement), Ok(key)) =
            (Mimisig::parse(&case.rdata), PublicKey::from_octets(&case.public_key))
        else {
            continue;
        };
        let identifier = Identifier::parse(case.identifier).expect("canonical");
        assert_eq!(
            to_be_signed(&identifier, &key, statement.unsigned()),
            made::raw::to_be_signed(case.identifier, &case.public_key, statement.unsigned()),
        );
    }
}

/// Good and bad signatures in batches of every size: what a batch says of each is what `verify` says.
#[test]
fn batches_agree_with_single_verification() {
    let parsed: Vec<_> = made::cases()
        .into_iter()
        .filter_map(|case| {
            let statement = Mimisig::parse(&case.rdata).ok()?;
            let key = PublicKey::from_octets(&case.public_key).ok()?;
            Some((statement, Identifier::parse(case.identifier).expect("canonical"), key))
        })
        .collect();
    let all: Vec<_> =
        parsed.iter().map(|(statement, identifier, key)| (statement, identifier, key)).collect();
    let single: Vec<Result<(), VerifyError>> = all
        .iter()
        .map(|(statement, identifier, key)| verify(statement, identifier, key).map(|_| ()))
        .collect();
    assert!(single.iter().any(Result::is_ok) && single.iter().any(Result::is_err));
    for size in [1, 2, 3, 7, all.len()] {
        let batched: Vec<_> =
            all.chunks(size).flat_map(verify_batch).map(|verdict| verdict.map(|_| ())).collect();
        assert_eq!(batched, single, "batches of {size}");
    }
    assert!(verify_batch(&[]).is_empty());
}

/// Cut at every length and with every octet changed: never a panic, and never verified.
#[test]
fn no_change_goes_unnoticed() {
    let cases = made::cases();
    for case in cases.iter().filter(|case| ["mapping-naptr-and-uri", "possession"].contains(&case.name)) {
        for at in 0..case.rdata.len() {
            let mut rdata = case.rdata.clone();
            rdata[at] ^= 1;
            let changed = made::raw::Case { rdata, ..case.clone() };
            assert_ne!(judge::judge(&changed), "verified", "{} with octet {at} changed", case.name);
            let cut = made::raw::Case { rdata: case.rdata[..at].into(), ..case.clone() };
            assert_ne!(judge::judge(&cut), "verified", "{} cut to {at}", case.name);
        }
    }
}

#[test]
fn the_independent_verifier_agrees() {
    let python = |arguments: &[&str]| Command::new("python3").args(arguments).output();
    if !python(&["-c", "import cryptography, dns"]).is_ok_and(|output| output.status.success()) {
        return crate::peers::leave_out("python3 with cryptography and dnspython is not here");
    }
    let script = folder().join("verify_vectors.py");
    let output = python(&[script.to_str().expect("UTF-8"), folder().join("data").to_str().expect("UTF-8")])
        .expect("python3 runs");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
