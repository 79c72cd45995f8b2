//! Every kind with every parameter, and what is allowed at the edges.

use super::raw::*;

const MIMI: &str = "mimi://msp.example/u/7d1k9";

pub(crate) fn cases() -> Vec<Case> {
    [possessions(), mappings(), all_wishes(), times()].concat()
}

fn possessions() -> Vec<Case> {
    let mut cases = vec![possession().case(&ap(), "possession", "verified")];
    let mut tombstone = possession();
    tombstone.parameters.remove(1);
    cases.push(tombstone.case(&ap(), "possession-tombstone", "verified"));
    for (method, name) in [
        (1, "possession-proof-legacy"),
        (3, "possession-proof-voice"),
        (4, "possession-proof-email"),
        (5, "possession-proof-carrier"),
    ] {
        let mut raw = possession();
        raw.parameters[2].1 = proof(method, NOW);
        cases.push(raw.case(&ap(), name, "verified"));
    }
    let mut other_algorithm = possession();
    other_algorithm.parameters[1].1 = vec![200, 1];
    cases.push(other_algorithm.case(&ap(), "possession-holder-key-of-unknown-algorithm", "verified"));
    for (identifier, name) in [
        ("mailto:jo@example.org", "possession-of-an-email-address"),
        ("mailto:j\u{f6}rg@xn--bcher-kva.example", "possession-of-an-internationalised-email-address"),
        ("mimi://names.example/u/jo", "possession-of-a-mimi-identifier"),
    ] {
        let rdata = possession().sign(&ap(), identifier);
        cases.push(Case { identifier, ..case(&ap(), rdata, name, "verified") });
    }
    let mut ignorable = possession();
    ignorable.parameters.push((40_000, b"later".to_vec()));
    ignorable.parameters.push((65_535, Vec::new()));
    cases.push(ignorable.case(&ap(), "parameters-that-may-be-ignored", "verified"));
    cases
}

fn mappings() -> Vec<Case> {
    let mut two = mapping(naptr(10, MIMI));
    two.parameters
        .insert(3, (ENDPOINT, uri(10, 1, "https://msp.example/.well-known/mimi-protocol-directory")));
    let legacy = Raw::new(
        MAPPING,
        vec![(ISSUER, name("msp.example")), (PROOF, proof(2, NOW - 30 * DAY)), (ENDPOINT, naptr(10, MIMI))],
    );
    let mut cases = vec![
        mapping(naptr(10, MIMI)).case(&msp(), "mapping", "verified"),
        two.case(&msp(), "mapping-naptr-and-uri", "verified"),
        legacy.case(&msp(), "mapping-legacy", "verified"),
    ];
    for (target, name) in [
        ("mimi://eu.msp.example/u/7d1k9", "endpoint-host-below-issuer"),
        ("https://msp.example:8443/x?a=b%20c#d", "endpoint-port"),
        ("https://msp.example?next=https://other.example/", "endpoint-other-host-in-query"),
        ("sip:7d1k9@msp.example;transport=tls", "endpoint-sip"),
        ("sips:7d1k9@sip.msp.example:5061", "endpoint-sips-port"),
        ("xmpp:7d1k9@msp.example/phone", "endpoint-xmpp"),
    ] {
        cases.push(mapping(uri(10, 1, target)).case(&msp(), name, "verified"));
    }
    let xmpp = naptr_fields(100, 10, "U", "x-mimi:xmpp", "!.*!xmpp:7d1k9@msp.example!", &[0]);
    cases.push(mapping(xmpp).case(&msp(), "endpoint-naptr-of-another-protocol", "verified"));
    cases
}

fn all_wishes() -> Vec<Case> {
    let key = raw_key(&key("connection"));
    let several = vec![
        at("amber.example", 0, &["home", "work"], &key),
        at("birch.example", 10, &["work"], &[]),
        at("cedar.example", 65_535, &[], &key),
    ];
    let names: Vec<String> = (b'a'..=b'p').map(|letter| format!("{}.example", char::from(letter))).collect();
    let sixteen = names.iter().map(|msp| at(msp, 0, &[], &[])).collect();
    let longest_tag = "0123456789abcdefghij-klmnopqrstu";
    vec![
        wishes(vec![]).case(&holder(), "wishes-none-opted-out", "verified"),
        wishes(vec![at("msp.example", 0, &[], &[])]).case(&holder(), "wishes-one", "verified"),
        wishes(several).case(&holder(), "wishes-several-with-tags-and-keys", "verified"),
        wishes(sixteen).case(&holder(), "wishes-sixteen", "verified"),
        wishes(vec![at("msp.example", 0, &[longest_tag], &[])]).case(
            &holder(),
            "wishes-longest-tag",
            "verified",
        ),
    ]
}

fn times() -> Vec<Case> {
    let mut early = possession();
    (early.inception, early.expiration) = (NOW + 300, NOW + 300 + 800 * DAY);
    let mut late = possession();
    late.expiration = NOW + 1;
    let mut far = Case { now: 1 << 40, ..possession().case(&ap(), "times-beyond-the-year-9999", "verified") };
    let mut raw = possession();
    (raw.inception, raw.expiration) = (1 << 40, (1 << 40) + 1);
    far.rdata = raw.sign(&ap(), TELEPHONE);
    vec![
        early.case(&ap(), "inception-within-clock-skew", "verified"),
        late.case(&ap(), "last-second-before-expiration", "verified"),
        far,
    ]
}
