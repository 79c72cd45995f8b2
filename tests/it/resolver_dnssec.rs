//! The resolver validates: a root, a top-level domain, a discovery zone and the zones of an AP and an MSP, all
//! signed by us, served by us and by others, directly and through Unbound. Parameters and keys come from the DNS.

mod on_the_way;

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mimi_dns::clock::UnixTime;
use mimi_dns::dnssec::SigningKey;
use mimi_dns::dnssec::sign::{Denial, SigningOptions, ZoneKey, ZoneKeys, sign_zone};
use mimi_dns::identifier::Identifier;
use mimi_dns::record::dnssec::{Algorithm, DigestType, Dnskey, Ds};
use mimi_dns::record::rdata::Presentation;
use mimi_dns::record::{Name, Rtype};
use mimi_dns::resolver::{Discovery, DiscoveryResult, DnsTransport, Policy, Proof, Resolver};
use mimi_dns::statement::{SecretKey, Signer as _};
use mimi_dns::zone::{Catalog, LoadOptions, SerialPolicy, Zone, load_file, write_zone};
use tempfile::TempDir;
use tokio::runtime::Builder;

use crate::peers::{Peer, PeerKind, Upstream};
use crate::running::Running;

const HERE: &str = "tel:+442079460148";
const NOT_HERE: &str = "tel:+442079460149";

/// Zones below each other, the deepest first.
const APEXES: [&str; 5] = ["dp.example.", "ap.example.", "msp.example.", "example.", "."];

struct World {
    zones: Vec<Zone>,
    anchor: String,
    folder: TempDir,
}

impl World {
    fn build(denial: &Denial) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut world = Self { zones: Vec::new(), anchor: String::new(), folder };
        let key = |name: &str| {
            let key = SecretKey::generate().unwrap();
            fs::write(world.folder.path().join(name), key.to_pem().as_bytes()).unwrap();
            key.public_key().to_txt()
        };
        let (ap, msp, _) = (key("ap.pem"), key("msp.pem"), key("holder.pem"));
        let mut delegations: Vec<(Name, String)> = Vec::new();
        for apex in APEXES {
            let lines = match apex {
                "dp.example." => DISCOVERY.to_owned(),
                "ap.example." => format!("_mimikey TXT \"{ap}\"\n"),
                "msp.example." => format!("_mimikey TXT \"{msp}\"\n"),
                _ => "ns.example. A 127.0.0.1\n".to_owned(),
            };
            let name: Name = apex.parse().unwrap();
            let below: String = delegations
                .iter()
                .filter(|(child, _)| child.parent().as_ref() == Some(&name))
                .map(|(child, ds)| format!("{child} NS ns.example.\n{child} DS {ds}\n"))
                .collect();
            let (zone, ds) = world.sign(apex, &format!("{lines}{below}"), denial);
            delegations.push((name, ds));
            world.zones.push(zone);
        }
        world.anchor = format!(". DS {}", delegations.pop().unwrap().1);
        world
    }

    /// A signed zone and what its parent says of it.
    fn sign(&self, apex: &str, lines: &str, denial: &Denial) -> (Zone, String) {
        let source = self.folder.path().join("source.zone");
        let text = format!(
            "$ORIGIN {apex}\n$TTL 300\n{apex} SOA ns.example. hostmaster.example. 1 4h 1h 2w 5m\n{apex} NS ns.example.\n{lines}"
        );
        fs::write(&source, text).unwrap();
        let now = UnixTime::now();
        let loaded = load_file(&source, false, &LoadOptions { now, ..LoadOptions::default() });
        let zone = loaded.zone.unwrap_or_else(|| panic!("{:?}", loaded.findings));
        let key = Arc::new(SigningKey::generate(Algorithm::ED25519).unwrap());
        let dnskey = key.dnskey(Dnskey::ZONE | Dnskey::SECURE_ENTRY_POINT);
        let ds = Ds::rdata_of(zone.apex(), &Dnskey::parse(&dnskey).unwrap(), DigestType::SHA256).unwrap();
        let keys = ZoneKeys { keys: vec![ZoneKey::csk(key)], ..ZoneKeys::default() };
        let options = SigningOptions { denial: *denial, ..SigningOptions::default() };
        let signed = sign_zone(&zone, &keys, &options, None, now).unwrap().0;
        (signed, Presentation::new(Rtype::DS, &ds).to_string())
    }

    fn catalog(&self) -> Catalog {
        self.zones.iter().fold(Catalog::new(), |catalog, zone| catalog.with(zone.clone()))
    }

    fn files(&self) -> Vec<(&'static str, PathBuf)> {
        let file = |(index, (zone, apex)): (usize, (&Zone, &'static str))| {
            let path = self.folder.path().join(format!("signed-{index}.zone"));
            write_zone(zone, SerialPolicy::Keep, &mut File::create(&path).unwrap()).unwrap();
            (apex, path)
        };
        self.zones.iter().zip(APEXES).enumerate().map(file).collect()
    }

    fn policy(&self) -> Policy {
        policy(&self.anchor)
    }
}

const DISCOVERY: &str = r#"
_mimi TXT "v=mimi1; epoch=1; hash=sha256; salt=a3c1f2e4d5b6978890a1b2c3d4e5f607; from=20260101000000"
$IDENTIFIER tel:+442079460148
@ MIMISIG possession now-30d +700d issuer=ap.example. holder-key=@holder.pem proof=sms,now-30d sign=ap.pem
@ MIMISIG wishes now-7d +300d holder=@holder.pem at="msp.example 0" sign=holder.pem
@ MIMISIG mapping now-1h +9d issuer=msp.example. holder=@holder.pem consent=now-7d (
    endpoint="NAPTR 100 10 \"U\" \"x-mimi:x-mimi\" \"!.*!mimi://msp.example/u/7d1k9!\" ." sign=msp.pem )
$ORIGIN dp.example.
"#;

/// Nothing is pinned but the trust anchor.
fn policy(anchor: &str) -> Policy {
    let text = format!(
        r#"
version = 1
[dnssec]
anchors = ["{anchor}"]
[[provider]]
apex = "dp.example"
scope = ["+44"]
[[grant]]
domain = "ap.example"
kind = "possession"
scope = ["+44"]
strongest = "sms"
"#
    );
    Policy::from_toml(&text).unwrap()
}

fn look_up(server: SocketAddr, policy: Policy, identifiers: &[&str]) -> Vec<Discovery> {
    look_up_by(&[server], policy, identifiers)
}

fn look_up_by(servers: &[SocketAddr], policy: Policy, identifiers: &[&str]) -> Vec<Discovery> {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let transport =
            servers.iter().fold(DnsTransport::builder(), |builder, server| builder.server(*server));
        let transport = transport.build().unwrap();
        let resolver = Resolver::builder().policy(policy).transport(transport).build().unwrap();
        let mut found = Vec::new();
        for identifier in identifiers {
            found.push(resolver.resolve(&Identifier::parse(identifier).unwrap()).await.unwrap());
        }
        found
    })
}

/// One number is mapped, the other is proven not to be there, and every answer is secure.
fn all_is_proven(server: SocketAddr, world: &World) {
    let found = look_up(server, world.policy(), &[HERE, NOT_HERE]);
    let [here, not_here] = &found[..] else { panic!("two") };
    let shown = |discovery: &Discovery| serde_json::to_string_pretty(discovery).unwrap();
    assert_eq!(here.mappings().len(), 1, "{}", shown(here));
    assert_eq!(not_here.result, DiscoveryResult::NoMapping, "{}", shown(not_here));
    assert_eq!(here.keys.len(), 2);
    for discovery in &found {
        let questions = discovery.providers.iter().flat_map(|provider| &provider.questions);
        let questions = questions.chain(discovery.keys.iter().map(|keys| &keys.question));
        let states: Vec<_> = questions.map(|question| question.dnssec).collect();
        assert!(states.iter().all(|state| *state == Some(Proof::Secure)), "{}", shown(discovery));
    }
}

/// By NSEC and by NSEC3.
fn denials() -> [Denial; 2] {
    [Denial::Nsec, Denial::Nsec3 { opt_out: false }]
}

fn served_by(kind: PeerKind) {
    for denial in denials() {
        let world = World::build(&denial);
        let files = world.files();
        let zones: Vec<(&str, &Path)> = files.iter().map(|(apex, path)| (*apex, &**path)).collect();
        let Some(peer) = Peer::start(kind, &zones) else { return };
        all_is_proven(peer.addr(), &world);
    }
}

#[test]
fn by_our_own_server() {
    for denial in denials() {
        let world = World::build(&denial);
        let ours = Running::start(world.catalog());
        all_is_proven(ours.addr(), &world);
    }
}

#[test]
fn by_nsd() {
    served_by(PeerKind::Nsd);
}

#[test]
fn by_knot() {
    served_by(PeerKind::Knot);
}

#[test]
fn by_bind() {
    served_by(PeerKind::Bind);
}

#[test]
fn through_unbound() {
    for denial in denials() {
        for upstream in [Upstream::Stub, Upstream::Forward] {
            let world = World::build(&denial);
            let ours = Running::start(world.catalog());
            let Some(unbound) = Peer::start_unbound(upstream, ours.addr(), &APEXES) else { return };
            all_is_proven(unbound.addr(), &world);
        }
    }
}

#[test]
fn an_anchor_of_somebody_else_proves_nothing() {
    let (world, other) = (World::build(&Denial::Nsec), World::build(&Denial::Nsec));
    let ours = Running::start(world.catalog());
    for discovery in look_up(ours.addr(), other.policy(), &[HERE, NOT_HERE]) {
        assert_eq!(discovery.result, DiscoveryResult::NotBelieved);
    }
    // Nor does one of which no zone is below it.
    let island = policy(&world.anchor.replacen('.', "elsewhere.", 1));
    for discovery in look_up(ours.addr(), island, &[HERE, NOT_HERE]) {
        assert_eq!(discovery.result, DiscoveryResult::NotBelieved);
        assert_eq!(discovery.providers[0].questions[0].dnssec, Some(Proof::Indeterminate));
    }
}

#[test]
fn where_the_chain_can_not_be_had_nothing_is_known() {
    let world = World::build(&Denial::Nsec);
    // Whoever has the root is down: the server awaits that zone, and answers SERVFAIL for it.
    let zones = world.zones[..4].iter().fold(Catalog::new(), |catalog, zone| catalog.with(zone.clone()));
    let ours = Running::start(zones.awaiting([Name::root()]));
    for discovery in look_up(ours.addr(), world.policy(), &[HERE, NOT_HERE]) {
        assert_eq!(discovery.result, DiscoveryResult::Unreachable, "{discovery:?}");
    }
}

/// A server that has the discovery zone alone denies its delegation in its own name.
#[test]
fn a_server_of_the_zone_alone_may_be_asked_first() {
    for denial in denials() {
        let world = World::build(&denial);
        let below = Running::start(Catalog::new().with(world.zones[0].clone()));
        let all = Running::start(world.catalog());
        for discovery in look_up_by(&[below.addr(), all.addr()], world.policy(), &[HERE, NOT_HERE]) {
            let question = &discovery.providers[0].questions[0];
            assert_eq!(question.dnssec, Some(Proof::Secure), "{discovery:?}");
        }
        let alone = look_up(below.addr(), world.policy(), &[HERE]);
        assert_eq!(alone[0].providers[0].questions[0].dnssec, Some(Proof::Indeterminate));
    }
}
