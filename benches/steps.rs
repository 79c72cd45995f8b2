//! What single steps cost, in memory and on one core: answering, reading zone text, making owner names,
//! verifying, applying rules, signing zones. How to run it and what is measured is in `docs/benchmarks.md`.
#![allow(missing_docs)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use mimi_dns::clock::UnixTime;
use mimi_dns::dnssec::sign::{Denial, SigningOptions, ZoneKey, ZoneKeys, sign_zone};
use mimi_dns::dnssec::validate::{Foreseen, KeySet, Work, authenticate_keys, hold_together, verify_rrset};
use mimi_dns::dnssec::{OnlineDenial, SigningKey};
use mimi_dns::identifier::Identifier;
use mimi_dns::record::dnssec::{Algorithm, DigestType, Dnskey, Ds, RrsigHead, signed_data};
use mimi_dns::record::mimisig::{Body, Mimisig, Possession, Proof, ProofMethod};
use mimi_dns::record::parameters::Parameters;
use mimi_dns::record::scan::Scanner;
use mimi_dns::record::{Class, Name, Rdata, Rrset, Rtype, Ttl};
use mimi_dns::resolver::Rule;
use mimi_dns::server::{Outcome, Request, Settings, Transport, answer, answer_together};
use mimi_dns::statement::{Draft, PublicKey, SecretKey, Signer, verify, verify_batch};
use mimi_dns::zone::{Catalog, LoadOptions, MemoryFiles, Zone, load};

const NOW: UnixTime = UnixTime(1_800_000_000);
/// Identifiers in the zone that is asked.
const NAMES: u64 = 100_000;
/// Identifiers in the zone that no cache holds.
const MANY_NAMES: u64 = 1_000_000;
/// Identifiers in the text that is read.
const NAMES_READ: u64 = 10_000;
/// Different questions of each measurement, so that not one page of the zone is asked all the time.
const QUESTIONS: u64 = 4096;
const BATCH: u64 = 64;

const PARAMETERS: &str =
    "v=mimi1; epoch=2026b; hash=sha256; salt=a3c1f2e4d5b6978890a1b2c3d4e5f607; shard=0; from=20261101000000";

fn main() {
    divan::main();
}

/// The telephone number of this place in a country code that is not assigned.
fn identifier(number: u64) -> Identifier {
    Identifier::parse(&format!("tel:+999{number:09}")).expect("a canonical telephone number")
}

fn apex() -> Name {
    "discover.example".parse().expect("a name")
}

fn parameters() -> Parameters {
    Parameters::parse(PARAMETERS.as_bytes()).expect("parameters")
}

/// A built discovery zone: a NAPTR record at the hashed name of each identifier, and a wildcard.
fn zone_text(names: u64) -> String {
    let (parameters, apex) = (parameters(), apex());
    let mut text = format!(
        "$ORIGIN {apex}\n$TTL 300\n@ SOA ns host 1 14400 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n\
         _mimi TXT \"{PARAMETERS}\"\n*.wild TXT \"any\"\n"
    );
    for number in 0..names {
        let owner = parameters.owner_name(&identifier(number), &apex).expect("an owner name");
        writeln!(
            text,
            "{owner} 300 IN NAPTR 100 10 \"U\" \"x-mimi:x-mimi\" \"!.*!mimi://msp.example/u/{number}!\" ."
        )
        .expect("writing to a String can't fail");
    }
    text
}

/// A discovery zone in full: NAPTR, URI and a statement of 164 octets at the hashed name of each identifier, 343
/// octets on the wire. What is in the statement is nothing that a loader looks at.
fn discovery_text(names: u64) -> String {
    let (parameters, apex) = (parameters(), apex());
    let mut text = format!(
        "$ORIGIN {apex}\n$TTL 300\n@ SOA ns host 1 14400 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n\
         _mimi TXT \"{PARAMETERS}\"\n"
    );
    for number in 0..names {
        let owner = parameters.owner_name(&identifier(number), &apex).expect("an owner name");
        let label =
            str::from_utf8(owner.labels().next().expect("a label")).expect("letters and digits").to_owned();
        let statement = format!("{:032X}", u128::from(number).wrapping_mul(u128::MAX / 0x1_0001)).repeat(11);
        writeln!(
            text,
            "{label} NAPTR 100 10 \"U\" \"x-mimi:x-mimi\" \"!.*!mimi://msp1.example/u/{number:07}!\" .\n\
             \tURI 10 1 \"mimi://msp1.example/u/{number:07}\"\n\tTYPE65400 \\# 164 {}",
            &statement[..328]
        )
        .expect("writing to a String can't fail");
    }
    text
}

fn read(text: &str) -> Zone {
    let files = MemoryFiles::new().with("a.zone", text);
    load(Path::new("a.zone"), &files, &LoadOptions::default()).zone.expect("a zone without errors")
}

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::new().with(read(&zone_text(NAMES))));

/// A query with RD and an OPT record of 1232 octets, as resolvers send it.
fn query(name: &Name, rtype: Rtype) -> Vec<u8> {
    let header = [0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1];
    let opt = [0, 0, 41, 0x04, 0xd0, 0, 0, 0x80, 0, 0, 0];
    [&header, name.as_wire(), &rtype.0.to_be_bytes(), &[0, 1], &opt].concat()
}

/// The engine alone, octets in and octets out, as over UDP: each question in turn.
fn answer_each(bencher: Bencher<'_, '_>, questions: &[Vec<u8>], expected: Outcome) {
    let mut questions = questions.iter().cycle();
    let (settings, mut out) = (Settings::default(), Vec::with_capacity(1232));
    let peer = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let mut ask = move || {
        let octets = questions.next().expect("a cycle has no end");
        let request = Request { octets, transport: Transport::Udp, peer, now: NOW };
        answer(&CATALOG, &settings, black_box(&request), &mut out).outcome
    };
    assert_eq!(ask(), expected);
    bencher.counter(ItemsCount::new(1_u8)).bench_local(ask);
}

/// Questions for the hashed names of identifiers: of every `step`th from `first` on.
fn hashed_questions(first: u64, step: usize) -> Vec<Vec<u8>> {
    let (parameters, apex) = (parameters(), apex());
    let numbers = (first..).step_by(step).take(usize::try_from(QUESTIONS).expect("a small number"));
    let names = numbers.map(|number| parameters.owner_name(&identifier(number), &apex));
    names.map(|name| query(&name.expect("an owner name"), Rtype::NAPTR)).collect()
}

#[divan::bench(sample_size = 1000)]
fn answer_hit(bencher: Bencher<'_, '_>) {
    answer_each(bencher, &hashed_questions(0, 24), Outcome::Answered);
}

static LARGE: LazyLock<Catalog> = LazyLock::new(|| Catalog::new().with(read(&zone_text(MANY_NAMES))));

/// As many questions as come together at most, for names all over a zone that no cache holds: each waits for memory
/// alone, or all together.
#[divan::bench(args = [false, true], sample_count = 20)]
fn answer_hit_of_a_million(bencher: Bencher<'_, '_>, together: bool) {
    let (parameters, apex) = (parameters(), apex());
    let name = |number| parameters.owner_name(&identifier(number), &apex).expect("an owner name");
    // A prime, so that neighbours are far apart and none comes twice.
    let numbers = (0..MANY_NAMES / 4).map(|number| number * 499_979 % MANY_NAMES);
    let questions: Vec<_> = numbers.map(|number| query(&name(number), Rtype::NAPTR)).collect();
    let mut sets = questions.chunks_exact(BATCH as usize).cycle();
    let settings = Settings::default();
    let mut outs: Vec<_> = (0..BATCH).map(|_| Vec::with_capacity(1232)).collect();
    LazyLock::force(&LARGE);
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        let octets = sets.next().expect("a cycle has no end");
        let peer = IpAddr::V6(Ipv6Addr::LOCALHOST);
        let request = |octets| Request { octets, transport: Transport::Udp, peer, now: NOW };
        let requests: [Request<'_>; BATCH as usize] = std::array::from_fn(|at| request(&octets[at]));
        let mut answered = 0;
        let mut count = |outcome| answered += u64::from(outcome == Outcome::Answered);
        if together {
            answer_together(&LARGE, &settings, &requests, &mut outs, |_, answer| count(answer.outcome));
        } else {
            for (request, out) in requests.iter().zip(&mut outs) {
                count(answer(&LARGE, &settings, request, out).outcome);
            }
        }
        assert_eq!(answered, BATCH);
    });
}

#[divan::bench(sample_size = 1000)]
fn answer_nxdomain(bencher: Bencher<'_, '_>) {
    answer_each(bencher, &hashed_questions(NAMES, 1), Outcome::NxDomain);
}

/// A name that is not there, in a zone that signs such answers when they are asked for: by any of so many names in turn.
/// Few of them repeat, and their signatures are kept; many don't soon enough.
#[divan::bench(args = [64, 1 << 20], sample_size = 100)]
fn answer_online_denial(bencher: Bencher<'_, '_>, names: u64) {
    let key = SigningKey::generate(Algorithm::ECDSAP256SHA256).expect("a key");
    let keys = ZoneKeys { keys: vec![ZoneKey::csk(key.into())], ..ZoneKeys::default() };
    let signer = OnlineDenial::new(&apex(), &keys, 86_400, 3600).expect("a key that signs");
    let zone = read(&zone_text(NAMES_READ)).with_online_signer(Some(Arc::new(signer)));
    let catalog = Catalog::new().with(zone);
    let (settings, mut out) = (Settings::default(), Vec::with_capacity(1232));
    let (peer, mut number) = (IpAddr::V6(Ipv6Addr::LOCALHOST), 0);
    let mut octets = query(&apex().with_label(b"n0000000").expect("a name"), Rtype::NAPTR);
    let mut ask = move || {
        number = (number + 1) % names;
        octets[14..21].copy_from_slice(format!("{number:07}").as_bytes());
        let request = Request { octets: &octets, transport: Transport::Udp, peer, now: NOW };
        answer(&catalog, &settings, black_box(&request), &mut out).outcome
    };
    assert_eq!(ask(), Outcome::NxName);
    bencher.counter(ItemsCount::new(1_u8)).bench_local(ask);
}

#[divan::bench(sample_size = 1000)]
fn answer_wildcard(bencher: Bencher<'_, '_>) {
    let wild = apex().with_label(b"wild").expect("a name");
    let names = (0..QUESTIONS).map(|number| wild.with_label(format!("n{number}").as_bytes()));
    let questions: Vec<_> = names.map(|name| query(&name.expect("a name"), Rtype::TXT)).collect();
    answer_each(bencher, &questions, Outcome::Answered);
}

/// From text to a zone that can be asked: scanning, record data, building.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn zone_load(bencher: Bencher<'_, '_>) {
    let text = zone_text(NAMES_READ);
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| read(black_box(&text)));
}

/// As `zone_load`, with all that a discovery zone has at a name.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn zone_load_discovery(bencher: Bencher<'_, '_>) {
    let text = discovery_text(NAMES_READ);
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| read(black_box(&text)));
}

/// The scanner alone: from text to tokens.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn zone_scan(bencher: Bencher<'_, '_>) {
    let text = zone_text(NAMES_READ);
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        let (mut scanner, mut tokens, mut count) = (Scanner::new(black_box(text.as_bytes())), Vec::new(), 0);
        while let Some(entry) = scanner.next_entry(&mut tokens) {
            entry.expect("text without faults");
            count += tokens.len();
        }
        count
    });
}

#[divan::bench(sample_size = 100)]
fn owner_name_sha256(bencher: Bencher<'_, '_>) {
    let (parameters, apex, identifier) = (parameters(), apex(), identifier(1));
    bencher.bench_local(|| parameters.owner_name(black_box(&identifier), &apex).expect("an owner name"));
}

/// Statements about different identifiers, all signed with one key.
fn statements() -> (PublicKey, Vec<(Identifier, Mimisig)>) {
    let signer = SecretKey::from_seed(&[7; 32]);
    let body = Body::Possession(Possession {
        issuer: "ap.example".parse().expect("a name"),
        holder_key: Some(SecretKey::from_seed(&[8; 32]).public_key().to_raw()),
        proof: Proof { method: ProofMethod::Sms, time: NOW },
    });
    let draft = Draft::new(NOW, UnixTime(NOW.0 + 86_400), &body).expect("a draft");
    let signed = (0..BATCH).map(|number| {
        let identifier = identifier(number);
        let statement = draft.sign(&identifier, &signer).expect("a signature");
        (identifier, statement)
    });
    (signer.public_key(), signed.collect())
}

#[divan::bench]
fn verify_one(bencher: Bencher<'_, '_>) {
    let (key, statements) = statements();
    let (identifier, statement) = &statements[0];
    let verify_it = || verify(black_box(statement), identifier, &key).expect("a good signature").signed_by();
    bencher.counter(ItemsCount::new(1_u8)).bench_local(verify_it);
}

#[divan::bench]
fn verify_batch_of_64(bencher: Bencher<'_, '_>) {
    let (key, statements) = statements();
    let all: Vec<_> =
        statements.iter().map(|(identifier, statement)| (statement, identifier, &key)).collect();
    assert!(verify_batch(&all).iter().all(Result::is_ok));
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| verify_batch(black_box(&all)));
}

/// What a published NAPTR record costs: reading its field and applying it once.
fn rule(bencher: Bencher<'_, '_>, field: &str, text: &str) {
    bencher.bench_local(|| {
        let rule = Rule::parse(black_box(field.as_bytes())).expect("a rule");
        rule.apply(black_box(text.as_bytes())).ok()
    });
}

#[divan::bench(sample_size = 100)]
fn rule_constant(bencher: Bencher<'_, '_>) {
    rule(bencher, "!^.*$!mimi://msp.example/u/1!", "+441632960083");
}

#[divan::bench(sample_size = 100)]
fn rule_groups(bencher: Bencher<'_, '_>) {
    rule(bencher, r"!^\+44(1632)(.*)$!sip:\2@\1.example!i", "+441632960083");
}

/// Made to be dear: it would keep a backtracking engine busy for ever.
#[divan::bench]
fn rule_hostile(bencher: Bencher<'_, '_>) {
    rule(bencher, r"!((a|aa)*(a|aaa)*)*b!\1!", &"a".repeat(255));
}

/// As many octets as a signature of one NAPTR record is made over.
const SIGNED: [u8; 250] = [7; 250];

#[divan::bench(args = [15, 13])]
fn dnssec_sign(bencher: Bencher<'_, '_>, algorithm: u8) {
    let key = SigningKey::generate(Algorithm(algorithm)).expect("a key");
    bencher.counter(ItemsCount::new(1_u8)).bench_local(|| key.sign(black_box(&SIGNED)));
}

/// What signs with Ed25519 is whichever of these is faster.
#[divan::bench]
fn ed25519_sign_dalek(bencher: Bencher<'_, '_>) {
    use ed25519_dalek::Signer as _;
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    bencher.bench_local(|| key.sign(black_box(&SIGNED)));
}

#[divan::bench]
fn ed25519_sign_ring(bencher: Bencher<'_, '_>) {
    let key = ring::signature::Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed");
    bencher.bench_local(|| key.sign(black_box(&SIGNED)));
}

fn rrsig(key: &SigningKey, rrset: &Rrset) -> Rdata {
    let flags = Dnskey::ZONE | Dnskey::SECURE_ENTRY_POINT;
    let signer = (key.algorithm(), key.key_tag(flags), &apex());
    let times = (1_799_990_000, 1_800_090_000);
    let head = RrsigHead::new(&rrset.owner, rrset.rtype, rrset.ttl, signer, times);
    let rdatas = rrset.rdatas.iter().map(|rdata| &**rdata);
    let octets = signed_data(&head, &rrset.owner, rrset.class, rdatas).expect("as many labels");
    head.rdata(&key.sign(&octets)).into()
}

/// Answers as a resolver has them: statements at hashed names, each with a signature by the zone's key, of this algorithm.
fn signed_answers(algorithm: u8) -> (KeySet, Vec<(Rrset, Vec<Rdata>)>) {
    let key = SigningKey::generate(Algorithm(algorithm)).expect("a key");
    let set = |owner: &Name, rtype, rdata: Vec<u8>| Rrset {
        owner: owner.clone(),
        class: Class::IN,
        rtype,
        ttl: Ttl::from_secs(300),
        rdatas: vec![rdata.into()],
    };
    let dnskey = key.dnskey(Dnskey::ZONE | Dnskey::SECURE_ENTRY_POINT);
    let parsed = Dnskey::parse(&dnskey).expect("a key");
    let ds = Ds::rdata_of(&apex(), &parsed, DigestType::SHA256).expect("a digest");
    let keys = set(&apex(), Rtype::DNSKEY, dnskey.clone());
    let signatures = [rrsig(&key, &keys)];
    let keys = authenticate_keys(&apex(), &keys, &signatures, &[ds.into()], NOW, &mut Work::default());
    let answer = |number| {
        let owner = parameters().owner_name(&identifier(number), &apex()).expect("an owner name");
        let rrset = set(&owner, Rtype::MIMISIG, SIGNED[..164].to_vec());
        let signatures = vec![rrsig(&key, &rrset)];
        (rrset, signatures)
    };
    (keys.expect("keys that fit"), (0..BATCH).map(answer).collect())
}

/// As of one answer that comes alone.
#[divan::bench(args = [15, 13])]
fn dnssec_verify(bencher: Bencher<'_, '_>, algorithm: u8) {
    let (keys, answers) = signed_answers(algorithm);
    let (rrset, signatures) = &answers[0];
    bencher.counter(ItemsCount::new(1_u8)).bench_local(|| {
        let verified = verify_rrset(black_box(rrset), signatures, &keys, NOW, &mut Work::default());
        verified.expect("a good signature")
    });
}

/// As of answers that come together: their signatures together, and then each answer by itself.
#[divan::bench]
fn dnssec_verify_together(bencher: Bencher<'_, '_>) {
    let (keys, answers) = signed_answers(15);
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        let foreseen = answers.iter().map(|(rrset, signatures)| {
            Foreseen::new(black_box(rrset), signatures, &keys, NOW).expect("a signature of Ed25519")
        });
        let held = hold_together(foreseen.collect());
        for ((rrset, signatures), held) in answers.iter().zip(held) {
            let mut work = Work::default();
            work.remember(held.expect("a good signature"));
            verify_rrset(rrset, signatures, &keys, NOW, &mut work).expect("a good signature");
        }
    });
}

/// A whole zone by all cores, two signatures a name; and again, when nothing is due.
#[divan::bench(args = [false, true], sample_count = 5, sample_size = 1)]
fn zone_sign(bencher: Bencher<'_, '_>, again: bool) {
    let zone = read(&zone_text(NAMES_READ));
    let key = SigningKey::generate(Algorithm::ED25519).expect("a key");
    let keys = ZoneKeys { keys: vec![ZoneKey::csk(key.into())], ..ZoneKeys::default() };
    let options = SigningOptions { denial: Denial::Nsec, ..SigningOptions::default() };
    let sign = |former| sign_zone(&zone, &keys, &options, former, NOW).expect("keys that fit");
    let (former, told) = sign(None);
    let former = again.then_some(&former);
    bencher.counter(ItemsCount::new(told.made)).bench_local(|| sign(black_box(former)));
}
