//! Every case of `zones/`, resolved over the wire through our own server, with the clock of the test.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use mimi_dns::clock::UnixTime;
use mimi_dns::dnssec::read_key_folder;
use mimi_dns::dnssec::sign::{SigningOptions, ZoneKeys, sign_zone};
use mimi_dns::identifier::{Identifier, IdentifierKind};
use mimi_dns::resolver::{Discovery, DiscoveryResult, DnsTransport, MappingBasis, Policy, Resolver, Verdict};
use mimi_dns::server::{Handle, Server};
use mimi_dns::zone::{Catalog, LoadOptions, Loaded, Severity, Zone, find_zone_files, load_file};

/// 2026-11-22T00:00:00Z: the example's statements are signed relative to it.
pub(crate) const NOW: UnixTime = UnixTime(1_795_305_600);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("zones")
}

/// The example zones, signed at [`NOW`].
pub(crate) fn loaded() -> Vec<Loaded> {
    let files = find_zone_files(&folder()).unwrap();
    let options = LoadOptions { now: NOW, ..LoadOptions::default() };
    files.iter().map(|file| load_file(file, false, &options)).collect()
}

/// A zone of the example as it is served, signed with its published key at [`NOW`].
pub(crate) fn signed(zone: &Zone) -> Zone {
    let name = zone.apex().to_string();
    let keys = folder().join("test-keys/dnssec").join(name.trim_end_matches('.'));
    let keys = ZoneKeys::by_times(&read_key_folder(&keys, zone.apex()).unwrap(), NOW);
    sign_zone(zone, &keys, &SigningOptions::default(), None, NOW).unwrap().0
}

/// The example's policy, with time enough for a test machine that has other things to do.
pub(crate) fn policy() -> Policy {
    policy_with_deadline(60_000)
}

/// For transports that prove nothing: everything is pinned.
pub(crate) fn pinned_policy() -> Policy {
    read_policy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pinned-policy.toml"), 60_000)
}

fn policy_with_deadline(milliseconds: u32) -> Policy {
    read_policy(&folder().join("policy.toml"), milliseconds)
}

fn read_policy(file: &Path, milliseconds: u32) -> Policy {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains("deadline_ms = 5000"));
    Policy::from_toml(&text.replace("deadline_ms = 5000", &format!("deadline_ms = {milliseconds}"))).unwrap()
}

/// A server of the example zones, and a resolver that asks it at `now`.
async fn serve(now: UnixTime) -> (Handle, Resolver) {
    let catalog = loaded()
        .into_iter()
        .fold(Catalog::new(), |catalog, loaded| catalog.with(signed(&loaded.zone.unwrap())));
    let listen: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let server = Server::builder().listen(listen).catalog(catalog).bind().await.unwrap();
    let (handle, address) = (server.handle(), server.local_addrs()[0]);
    tokio::spawn(server.run());
    let transport = DnsTransport::builder().server(address).build().unwrap();
    let resolver =
        Resolver::builder().policy(policy()).transport(transport).clock(move || now).build().unwrap();
    (handle, resolver)
}

async fn resolve(resolver: &Resolver, canonical: &str) -> Discovery {
    let identifier = Identifier::parse(canonical).unwrap();
    let discovery = resolver.resolve(&identifier).await.unwrap();
    // The evidence reads back, and names nobody.
    let json = serde_json::to_string(&discovery).unwrap();
    assert_eq!(serde_json::from_str::<Discovery>(&json).unwrap(), discovery);
    assert!(!json.contains(canonical), "{canonical} is in the evidence");
    discovery
}

fn msps(discovery: &Discovery) -> Vec<String> {
    let mut msps: Vec<_> =
        discovery.mappings().iter().filter_map(|mapping| Some(mapping.msp.as_ref()?.to_string())).collect();
    msps.dedup();
    msps
}

/// `kind of issuer: reason's code` of every statement that is not believed, once each, sorted.
fn unbelieved(discovery: &Discovery) -> Vec<String> {
    let code = |verdict: &Verdict| match serde_json::to_value(verdict).unwrap() {
        serde_json::Value::Object(fields) => {
            let word =
                |key: &str| fields.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
            format!("{} {}", word("verdict"), word("code"))
        }
        other => other.to_string(),
    };
    let mut lines: Vec<_> = discovery
        .statements
        .iter()
        .filter(|statement| statement.verdict != Verdict::Believed)
        .map(|statement| format!("{} {}", statement.kind.as_deref().unwrap_or("?"), code(&statement.verdict)))
        .collect();
    lines.sort();
    lines.dedup();
    lines
}

#[test]
fn the_zones_load_without_errors_and_hold_what_a_deployment_would() {
    let loaded = loaded();
    assert_eq!(loaded.len(), 4);
    let mut identifiers: Vec<&Identifier> = Vec::new();
    for loaded in &loaded {
        let errors: Vec<_> =
            loaded.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{errors:?}");
        identifiers.extend(loaded.identifiers.iter().map(|source| &source.identifier));
    }
    identifiers.sort();
    identifiers.dedup();
    assert!(identifiers.len() >= 60, "{} identifiers", identifiers.len());
    for kind in [IdentifierKind::Telephone, IdentifierKind::Email, IdentifierKind::Mimi] {
        assert!(identifiers.iter().any(|identifier| identifier.kind() == kind));
    }
}

#[tokio::test]
async fn rank_tags_and_services_narrow_and_order() {
    let (_handle, resolver) = serve(NOW).await;
    let number = Identifier::parse("tel:+442079460148").unwrap();
    let all = resolver.resolve(&number).await.unwrap();
    let ranks: Vec<_> = all.mappings().iter().map(|mapping| mapping.rank).collect();
    assert!(ranks.is_sorted(), "{ranks:?}");
    let home = resolver.resolve(&number).tag("home").await.unwrap();
    assert_eq!(msps(&home), ["birch.example."]);
    let sip = resolver.resolve(&number).service("sip").await.unwrap();
    assert_eq!(msps(&sip), ["cedar.example."]);
    assert_eq!(sip.mappings().len(), 1);
    // Asked again, the same choice.
    assert_eq!(resolver.resolve(&number).await.unwrap().mappings(), all.mappings());
}

#[tokio::test]
async fn contradicting_authentication_providers_are_told() {
    let (_handle, resolver) = serve(NOW).await;
    let discovery = resolve(&resolver, "tel:+48512345678").await;
    let claims: Vec<_> = discovery.contradiction.iter().map(|claim| claim.issuer.to_string()).collect();
    assert_eq!(claims, ["ap-south.example.", "ap-north.example."]);
    let MappingBasis::Wishes { proof, .. } = discovery.mappings()[0].basis else { panic!("not wished") };
    assert_eq!(proof.to_string(), "carrier");
}

#[tokio::test]
async fn statements_that_were_good_run_out() {
    let ten_days = 10 * 24 * 60 * 60;
    let (_handle, resolver) = serve(NOW.plus(ten_days)).await;
    let discovery = resolve(&resolver, "tel:+447400123456").await;
    assert_eq!(discovery.result, DiscoveryResult::NotBelieved);
    assert_eq!(unbelieved(&discovery), ["mapping rejected expired"]);
}

#[tokio::test]
async fn a_dead_server_is_unreachable_and_never_an_absence() {
    let closed = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let transport = DnsTransport::builder().server(closed.local_addr().unwrap()).build().unwrap();
    let resolver = Resolver::builder()
        .policy(policy_with_deadline(500))
        .transport(transport)
        .clock(|| NOW)
        .build()
        .unwrap();
    let discovery = resolve(&resolver, "tel:+447400123456").await;
    assert_eq!(discovery.result, DiscoveryResult::Unreachable);
}
