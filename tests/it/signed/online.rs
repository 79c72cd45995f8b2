//! Absences signed when they are asked for.

use std::path::Path;
use std::sync::Arc;

use mimi_dns::clock::UnixTime;
use mimi_dns::dnssec::sign::{Denial, SigningOptions, ZoneKey, ZoneKeys, sign_zone};
use mimi_dns::dnssec::{OnlineDenial, SigningKey};
use mimi_dns::record::dnssec::{Algorithm, Nsec};
use mimi_dns::record::rdata::Presentation;
use mimi_dns::record::{Name, Rtype};
use mimi_dns::server::{Outcome, Transport};
use mimi_dns::zone::{Catalog, LoadOptions, MemoryFiles, Zone, load};

use super::validated::{KINDS, delv, validate};
use super::world::{APEX, questions, text};
use crate::running::Running;
use crate::served::{asked, send};
use crate::wire::{self, Message, Parts};

/// The zone, signed without a chain, and its keys as text.
fn zone(algorithm: Algorithm) -> (Zone, String) {
    let files = MemoryFiles::new().with("zone", text());
    let plain = load(Path::new("zone"), &files, &LoadOptions::default()).zone.unwrap();
    let key = Arc::new(SigningKey::generate(algorithm).unwrap());
    let keys = ZoneKeys { keys: vec![ZoneKey::csk(key)], ..ZoneKeys::default() };
    let options = SigningOptions { denial: Denial::Online, ..SigningOptions::default() };
    let (zone, _) = sign_zone(&plain, &keys, &options, None, UnixTime::now()).unwrap();
    let dnskey = keys.keys[0].dnskey();
    let text = format!("{APEX} 300 IN DNSKEY {}\n", Presentation::new(Rtype::DNSKEY, &dnskey));
    let signer = OnlineDenial::new(zone.apex(), &keys, 3 * 86_400, 3600).unwrap();
    (zone.with_online_signer(Some(Arc::new(signer))), text)
}

fn catalog() -> Catalog {
    Catalog::new().with(zone(Algorithm::ED25519).0)
}

fn with_both(name: &str) -> Vec<u8> {
    let mut octets = wire::with_opt(wire::query(name, Rtype::A), 1232, true);
    let flags = octets.len() - 4;
    octets[flags] |= 0x40;
    octets
}

/// Source: RFC 9824 §3.1, §4 and §5.1.
#[test]
fn an_absent_name_is_told_by_one_record() {
    let catalog = catalog();
    let (outcome, reply) = asked(&catalog, "Nothing.signed. A", Transport::Udp, true);
    assert_eq!((outcome, reply.rcode()), (Outcome::NxName, 0));
    assert_eq!((reply.answer.len(), reply.authority.len()), (0, 4));
    let nsec = "Nothing.signed. 60 NSEC \\000.nothing.signed. RRSIG NSEC TYPE128";
    assert!(reply.authority.iter().any(|record| record.eq_ignore_ascii_case(nsec)), "{:?}", reply.authority);
    let (outcome, reply) = asked(&catalog, "nothing.signed. A", Transport::Udp, false);
    assert_eq!((outcome, reply.rcode(), reply.authority.len()), (Outcome::NxDomain, 3, 1));
    let (outcome, reply) = send(&catalog, &with_both("nothing.signed."), Transport::Udp);
    assert_eq!((outcome, Message::read(&reply).rcode()), (Outcome::NxDomain, 3));
    assert_eq!(Message::read(&reply).authority.len(), 4);
}

#[test]
fn what_is_there_is_told_by_its_types() {
    let catalog = catalog();
    let nsec = |question: &str| {
        let (_, reply) = asked(&catalog, question, Transport::Udp, true);
        let found = reply
            .authority
            .iter()
            .find(|record| record.contains(" NSEC ") && !record.contains("RRSIG NSEC 1"));
        found.unwrap_or_else(|| panic!("{question} {:?}", reply.authority)).clone()
    };
    assert_eq!(nsec("www.signed. MX"), "www.signed. 60 NSEC \\000.www.signed. A TXT RRSIG NSEC");
    assert_eq!(nsec("ent.signed. A"), "ent.signed. 60 NSEC \\000.ent.signed. RRSIG NSEC");
    assert_eq!(nsec("x.wild.signed. MX"), "x.wild.signed. 60 NSEC \\000.x.wild.signed. A TXT RRSIG NSEC");
    assert_eq!(nsec("x.insecure.signed. A"), "insecure.signed. 60 NSEC \\000.insecure.signed. NS RRSIG NSEC");
    assert!(nsec("a.b.wild.signed. A").ends_with(" NSEC b\\000.wild.signed. RRSIG NSEC"));
    let (outcome, reply) = asked(&catalog, "www.signed. NSEC", Transport::Udp, true);
    assert_eq!((outcome, reply.answer.len()), (Outcome::Answered, 2));
}

/// No question is answered with the name of another.
#[test]
fn the_zone_cannot_be_walked() {
    let (zone, _) = zone(Algorithm::ECDSAP256SHA256);
    let names: Vec<Name> = zone.nodes().into_iter().map(|(name, _)| name).collect();
    let questions = questions(&zone);
    let catalog = Catalog::new().with(zone);
    for (name, rtype) in questions {
        let octets = wire::with_opt(wire::question(name.as_wire(), rtype.0, 1), 4096, true);
        let reply = Parts::read(&send(&catalog, &octets, Transport::Tcp).1);
        for record in reply.sections.iter().flatten().filter(|record| record.rtype == Rtype::NSEC) {
            let next = Nsec::parse(&record.rdata).unwrap().next;
            let owner = Name::from_wire(&record.owner).unwrap();
            // What may be the next name always is \000 below it, whether that is there or not.
            let is_made = owner.with_label(b"\0").is_ok_and(|made| made == next);
            assert!(is_made || !names.contains(&next), "{name} {rtype}: {next}");
        }
    }
}

#[test]
fn a_question_that_repeats_gets_the_same_signature() {
    let catalog = Catalog::new().with(zone(Algorithm::ECDSAP256SHA256).0);
    let ask = || asked(&catalog, "nothing.signed. A", Transport::Udp, true).1.authority;
    // ECDSA is random: that of the second was kept.
    let [first, second, third] = [ask(), ask(), ask()];
    assert_ne!(first, second);
    assert_eq!(second, third);
}

#[test]
fn unbound_believes_it() {
    for algorithm in [Algorithm::ED25519, Algorithm::ECDSAP256SHA256] {
        let (zone, keys) = zone(algorithm);
        if validate(zone, &keys, false, "online").is_none() {
            return;
        }
    }
}

#[test]
fn delv_believes_it() {
    let (zone, keys) = zone(Algorithm::ED25519);
    let ours = Running::start(Catalog::new().with(zone));
    for (name, rtype, expected) in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("{name}{APEX}");
        let Some(said) = delv(ours.addr(), folder.path(), &keys, &name, rtype) else { return };
        // An absent name has one record.
        let expected = if expected == "ncache nxdomain" { "ncache nxrrset" } else { expected };
        assert!(said.contains(expected), "{name} {rtype}: {said}");
    }
}
