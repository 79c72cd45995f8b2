//! The resolver asks NSD, Knot, BIND and PowerDNS, and Unbound in front of our own server, about every
//! identifier of the example zones: each finds what it finds when it asks our server itself, and
//! that is what the example's README promises.

use std::net::SocketAddr;
use std::sync::OnceLock;

use mimi_dns::clock::UnixTime;
use mimi_dns::identifier::Identifier;
use mimi_dns::resolver::{Discovery, DiscoveryResult, DnsTransport, EnumTree, Policy, Resolver};
use serde_json::Value;
use tokio::runtime::Builder;

use crate::peers::{Peer, PeerKind, Upstream};
use crate::peers_zones::Example;
use crate::running::Running;
use crate::zones::{NOW, loaded, policy};

/// Numbers of the ENUM tree: several services, in and beside the block, a non-terminal rule, a leading
/// zero, a loop, records to be ignored, none.
const ENUM_NUMBERS: [&str; 11] = [
    "+442079460148",
    "+442079460900",
    "+442079460901",
    "+442079460942",
    "+442079460999",
    "+442079460899",
    "+4930123456",
    "+390212345678",
    "+12015550123",
    "+33123456789",
    "+6598765432",
];
/// By how much a resolver in between may shorten what it keeps, in seconds.
const PATIENCE: u64 = 60;

#[test]
fn nsd() {
    through_authoritative(PeerKind::Nsd);
}

#[test]
fn knot() {
    through_authoritative(PeerKind::Knot);
}

#[test]
fn bind() {
    through_authoritative(PeerKind::Bind);
}

#[test]
fn power_dns() {
    through_authoritative(PeerKind::PowerDns);
}

#[test]
fn unbound_walks_the_tree() {
    through_unbound(Upstream::Stub);
}

#[test]
fn unbound_forwards() {
    through_unbound(Upstream::Forward);
}

#[test]
fn the_readme_tells_what_is_found() {
    let found = directly();
    let readme = include_str!("../../zones/README.md");
    let rows: Vec<[&str; 3]> = readme.lines().filter_map(row).collect();
    assert!(rows.len() >= 16, "{} rows", rows.len());
    for [number, result, exit_code] in rows {
        let (_, discovery) =
            found.iter().find(|(question, _)| question.canonical == format!("tel:{number}")).unwrap();
        let mut msps: Vec<String> = discovery
            .mappings()
            .iter()
            .filter_map(|mapping| Some(mapping.msp.as_ref()?.to_string().replace(".example.", "")))
            .collect();
        msps.dedup();
        let (told, code) = match discovery.result.code() {
            "mapped" => (format!("mapped: {}", msps.join(", ")), "0"),
            "no-mapping" => ("no mapping".to_owned(), "3"),
            "opted-out" => ("opted out".to_owned(), "4"),
            "not-believed" => ("not to be believed".to_owned(), "5"),
            other => (other.to_owned(), "6"),
        };
        assert_eq!((result.trim_end_matches(", with the contradiction"), exit_code), (told.as_str(), code));
        assert!(!result.contains("contradiction") || discovery.contradiction.len() > 1, "{number}");
    }
}

/// Number, result and exit code of a line of the README's table.
fn row(line: &str) -> Option<[&str; 3]> {
    let cells: Vec<&str> = line.strip_prefix("| `+")?.split('|').map(str::trim).collect();
    let [_, _, result, code, _] = cells[..] else { panic!("{line}") };
    Some([line[2..].split('`').nth(1)?, result, code])
}

fn through_authoritative(kind: PeerKind) {
    let Some(peer) = Example::signed().serve(kind) else { return };
    same_through(peer.addr(), 0);
}

fn through_unbound(upstream: Upstream) {
    let example = Example::signed();
    let ours = Running::start(example.catalog());
    let apexes = example.apexes();
    let apexes: Vec<&str> = apexes.iter().map(String::as_str).collect();
    let Some(unbound) = Peer::start_unbound(upstream, ours.addr(), &apexes) else { return };
    // Once it asks, once it has kept the answers.
    same_through(unbound.addr(), PATIENCE);
    same_through(unbound.addr(), PATIENCE);
}

/// What to resolve, and in which tree.
#[derive(Debug, Clone)]
struct Question {
    canonical: String,
    in_enum: bool,
}

fn same_through(server: SocketAddr, patience: u64) {
    let mut differences = Vec::new();
    for ((question, direct), (_, through)) in directly().iter().zip(resolve_all(server)) {
        let kept = direct.valid_until.0.saturating_sub(patience)..=direct.valid_until.0;
        if essence(direct) != essence(&through) || !kept.contains(&through.valid_until.0) {
            let (direct, through) = (essence(direct), essence(&through));
            differences.push(format!("{question:?}\n  direct  {direct}\n  through {through}"));
        }
    }
    let count = differences.len();
    differences.truncate(3);
    assert!(differences.is_empty(), "{count} differences\n{}", differences.join("\n"));
}

/// What our own server leads to.
fn directly() -> &'static [(Question, Discovery)] {
    static FOUND: OnceLock<Vec<(Question, Discovery)>> = OnceLock::new();
    FOUND.get_or_init(|| resolve_all(Running::start(Example::signed().catalog()).addr()))
}

/// Asks one server, with the clock of the test, about every identifier and the ENUM numbers.
fn resolve_all(server: SocketAddr) -> Vec<(Question, Discovery)> {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let tree = EnumTree::new("e164.example.".parse().unwrap(), vec!["+".parse().unwrap()]);
    let enum_policy = Policy::builder().enum_tree(tree.dangerous_insecure()).build().unwrap();
    runtime.block_on(async {
        let resolver = |policy: Policy| {
            let transport = DnsTransport::builder().server(server).build().unwrap();
            Resolver::builder().policy(policy).transport(transport).clock(|| NOW).build().unwrap()
        };
        let (hashed, digits) = (resolver(policy()), resolver(enum_policy));
        let mut found = Vec::new();
        for question in questions() {
            let identifier = Identifier::parse(&question.canonical).unwrap();
            let resolver = if question.in_enum { &digits } else { &hashed };
            let discovery = resolver.resolve(&identifier).await.unwrap();
            found.push((question, discovery));
        }
        found
    })
}

fn questions() -> Vec<Question> {
    let loaded = loaded();
    let named = loaded.iter().flat_map(|loaded| &loaded.identifiers);
    let absent = ["tel:+6598765432", "mimi://names.example/u/nobody", "mailto:nobody@example.net"];
    let mut hashed: Vec<String> =
        named.map(|source| source.identifier.as_str().to_owned()).chain(absent.map(str::to_owned)).collect();
    hashed.sort();
    hashed.dedup();
    assert!(hashed.len() > 60);
    let hashed = hashed.into_iter().map(|canonical| Question { canonical, in_enum: false });
    let digits =
        ENUM_NUMBERS.iter().map(|number| Question { canonical: format!("tel:{number}"), in_enum: true });
    hashed.chain(digits).collect()
}

/// All but the order in which records came, how long they may be kept, and how each server says that it does not
/// have the root.
fn essence(discovery: &Discovery) -> Value {
    let mut discovery = discovery.clone();
    discovery.valid_until = UnixTime(0);
    if let DiscoveryResult::Mapped(mappings) = &mut discovery.result {
        mappings.iter_mut().for_each(|mapping| mapping.valid_until = UnixTime(0));
    }
    discovery.statements.sort_by(|one, other| one.record.cmp(&other.record));
    for provider in &mut discovery.providers {
        for question in &mut provider.questions {
            (question.ttl, question.rrsets) = (None, Vec::new());
        }
    }
    for keys in &mut discovery.keys {
        (keys.question.ttl, keys.question.rrsets) = (None, Vec::new());
    }
    for tree in &mut discovery.enum_trees {
        tree.questions.iter_mut().for_each(|question| (question.ttl, question.why) = (None, None));
    }
    serde_json::to_value(&discovery).unwrap()
}
