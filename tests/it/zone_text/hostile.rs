//! Text that was never meant to be read.

use std::path::Path;
use std::time::{Duration, Instant};

use mimi_dns::zone::{Loaded, MemoryFiles, load};
use proptest::prelude::*;

use super::{errors, options};
use crate::fuzz_seeds::zone_text as body;

fn load_text(text: impl Into<Vec<u8>>) -> Loaded {
    load(
        Path::new("a.zone"),
        &MemoryFiles::new().with("a.zone", text).with("b", "x 5 A 192.0.2.1\n"),
        &options(),
    )
}

const HEAD: &str = "$ORIGIN example.\n$TTL 300\n@ SOA ns mail 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n\
    _mimi TXT \"v=mimi1; epoch=1; hash=sha256; salt=000102030405060708090a0b0c0d0e0f; from=20260101000000\"\n";

/// Words of zone text, whole and broken, so that random text gets beyond the first look.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "$ORIGIN", "$TTL", "$INCLUDE", "$GENERATE", "$IDENTIFIER", "$", "@", ".", "a", "*", "example.", "b", "IN", "CH",
            "5", "1h", "A", "AAAA", "NS", "SOA", "TXT", "NAPTR", "URI", "MIMISIG", "CNAME", "SVCB", "LOC", "APL", "NSEC", "RRSIG",
            "TYPE65280", "CLASS1", "\\#", "0", "4", "c0000201", "192.0.2.1", "::1", "\"u\"", "\"!^.*$!sip:\\\\1!\"", "(", ")", "\"",
            "tel:+442079460148", "mailto:jo@example.org", "1-3", "0-9/2", "a$", "${0,2,x}", "mapping", "wishes", "now", "+1d",
            "issuer=a.", "sign=b", "holder=@b", "key=\"a b\"", "\\", "\\300", "\\;", ";",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    let line = (prop::collection::vec(word(), 0..8), any::<bool>())
        .prop_map(|(words, blank)| format!("{}{}", if blank { " " } else { "" }, words.join(" ")));
    prop::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_octets_are_read_or_refused(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        body::zone_text(&octets);
    }

    #[test]
    fn any_words_are_read_or_refused(text in text()) {
        body::zone_text(format!("{HEAD}{text}").as_bytes());
    }
}

#[test]
fn the_fuzzers_seeds_are_read_or_refused() {
    let seeds = std::fs::read_dir("fuzz/seeds/zone_text").unwrap();
    for seed in seeds.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()) {
        body::zone_text(&seed);
        for end in (0..seed.len()).step_by(97) {
            body::zone_text(&seed[..end]);
        }
    }
}

/// One megabyte of what costs most: read in time that is linear, with findings that are bounded.
#[test]
fn time_and_findings_are_bounded() {
    for unit in [
        "(",
        ")",
        "\"",
        "a (\n",
        "a \"\n",
        "\\",
        "$INCLUDE b\n",
        "$GENERATE 1-9 a$ A x\n",
        "$GENERATE 1-9 ( \n",
        "x A y\n",
        "$X\n",
        ";",
        "\0",
    ] {
        let start = Instant::now();
        let loaded = load_text(format!("{HEAD}{}", unit.repeat((1 << 20) / unit.len())));
        assert!(loaded.findings.len() <= 201, "{unit:?}: {} findings", loaded.findings.len());
        assert!(start.elapsed() < Duration::from_secs(30), "{unit:?} took {:?}", start.elapsed());
    }
}

#[test]
fn a_generation_without_end_is_refused_at_once() {
    let start = Instant::now();
    let loaded = load_text(format!("{HEAD}{}", "$GENERATE 0-2147483647 a$ A 192.0.2.1\n".repeat(100)));
    assert!(errors(&loaded)[0].contains("too-many-generated"), "{:?}", errors(&loaded));
    assert!(start.elapsed() < Duration::from_secs(5));
}
