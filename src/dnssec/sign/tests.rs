use std::sync::Arc;

use super::*;
use crate::dnssec::{SigningKey, verify};
use crate::record::dnssec::{Ds, Nsec, Nsec3, Rrsig, is_after, signed_data};
use crate::record::{Rtype, Ttl};
use crate::zone::fixture::zone;
use crate::zone::{Change, SerialPolicy};

const NOW: UnixTime = UnixTime(1_800_000_000);

/// Delegations secure and not, glue, empty non-terminals, wildcards, aliases, a name below a DNAME's owner's like.
const LINES: [&str; 13] = [
    "example. MX a.example.",
    "a.example. A 1",
    "*.wild.example. TXT any",
    "x.ent.y.example. TXT deep",
    "secure.example. NS ns.secure.example.",
    "secure.example. DS \x01\x02\x0f\x02digest",
    "ns.secure.example. A 2",
    "plain.example. NS ns.plain.example.",
    "plain.example. A 3",
    "ns.plain.example. A 3",
    "below.cut.example. NS ns.other.",
    "moved.example. DNAME other.",
    "Alias.example. CNAME a.example.",
];

fn key(algorithm: Algorithm) -> Arc<SigningKey> {
    Arc::new(SigningKey::generate(algorithm).unwrap())
}

fn csk() -> ZoneKeys {
    let key = ZoneKey { in_cds: true, ..ZoneKey::csk(key(Algorithm::ED25519)) };
    ZoneKeys { keys: vec![key], ..ZoneKeys::default() }
}

fn signed(keys: &ZoneKeys, options: &SigningOptions, lines: &[&str]) -> Zone {
    sign_zone(&zone("example.", lines), keys, options, None, NOW).unwrap().0
}

fn with(denial: Denial) -> SigningOptions {
    SigningOptions { denial, ..SigningOptions::default() }
}

/// `owner type` of each RRset whose signatures verify, each by one key that the zone has.
fn verified(zone: &Zone) -> Vec<String> {
    let apex = zone.node(zone.apex()).unwrap();
    let keys: Vec<_> = apex.rrset(Rtype::DNSKEY).unwrap().records().map(|record| record.rdata()).collect();
    let mut found = Vec::new();
    for (owner, set) in zone.rrsets() {
        for record in set.signatures() {
            let rrsig = Rrsig::parse(record.rdata()).unwrap();
            assert_eq!(record.ttl(), set.ttl());
            let rdatas = set.records().map(|record| record.rdata());
            let octets = signed_data(&rrsig.head, &owner, zone.class(), rdatas).unwrap();
            let by = keys.iter().map(|rdata| Dnskey::parse(rdata).unwrap()).filter(|key| {
                key.key_tag() == rrsig.head.key_tag
                    && verify(key.algorithm, key.public_key, &octets, rrsig.signature).is_ok()
            });
            assert_eq!(by.count(), 1, "{owner} {}", set.rtype());
            assert!(is_after(rrsig.head.expiration, NOW) && !is_after(rrsig.head.inception, NOW));
            found.push(format!("{owner} {}", set.rtype()));
        }
    }
    found
}

#[test]
fn what_is_authoritative_is_signed_and_nothing_else() {
    let zone = signed(&csk(), &SigningOptions::default(), &LINES);
    let wanted = [
        "example. SOA",
        "example. NS",
        "example. MX",
        "example. NSEC",
        "example. DNSKEY",
        "example. CDS",
        "example. CDNSKEY",
        "a.example. A",
        "a.example. NSEC",
        "Alias.example. CNAME",
        "Alias.example. NSEC",
        "below.cut.example. NSEC",
        "moved.example. DNAME",
        "moved.example. NSEC",
        "plain.example. NSEC",
        "secure.example. DS",
        "secure.example. NSEC",
        "*.wild.example. TXT",
        "*.wild.example. NSEC",
        "x.ent.y.example. TXT",
        "x.ent.y.example. NSEC",
    ];
    assert_eq!(verified(&zone), wanted);
    let wildcard = zone.node(&"*.wild.example.".parse().unwrap()).unwrap().rrset(Rtype::TXT).unwrap();
    assert_eq!(Rrsig::parse(wildcard.signatures().next().unwrap().rdata()).unwrap().head.labels, 2);
}

#[test]
fn the_nsec_chain_goes_round() {
    let zone = signed(&csk(), &SigningOptions::default(), &LINES);
    let mut names = Vec::new();
    for (owner, set) in zone.rrsets().filter(|(_, set)| set.rtype() == Rtype::NSEC) {
        let record = set.records().next().unwrap();
        assert_eq!(record.ttl(), Ttl::from_secs(60), "RFC 9077: the lesser of SOA's TTL and MINIMUM");
        let nsec = Nsec::parse(record.rdata()).unwrap();
        let types: Vec<String> = nsec.types.iter().map(|rtype| rtype.to_string()).collect();
        names.push((owner, nsec.next.clone(), types.join(" ")));
    }
    for (one, next) in names.iter().zip(names.iter().cycle().skip(1)) {
        assert_eq!(one.1, next.0);
    }
    let types = |name: &str| &*names.iter().find(|(owner, ..)| owner.to_string() == name).unwrap().2;
    assert_eq!(types("example."), "NS SOA MX RRSIG NSEC DNSKEY CDS CDNSKEY");
    assert_eq!(types("plain.example."), "NS RRSIG NSEC");
    assert_eq!(types("secure.example."), "NS DS RRSIG NSEC");
}

/// The names of the chain by their hashes, each with its types.
fn nsec3(opt_out: bool) -> Vec<(String, String)> {
    let zone = signed(&csk(), &with(Denial::Nsec3 { opt_out }), &LINES);
    let candidates = "example. a.example. Alias.example. wild.example. *.wild.example. y.example. ent.y.example. \
         x.ent.y.example. secure.example. ns.secure.example. plain.example. ns.plain.example. cut.example. \
         below.cut.example. moved.example.";
    let names = candidates.split_whitespace().map(|text| {
        let name: Name = text.parse().unwrap();
        let hash = crate::record::dnssec::nsec3_hash(name.as_wire(), 0, &[]);
        (hash, text.to_owned())
    });
    let names: std::collections::BTreeMap<_, _> = names.collect();
    let mut found = Vec::new();
    let mut links = Vec::new();
    for (owner, set) in zone.rrsets().filter(|(_, set)| set.rtype() == Rtype::NSEC3) {
        let record = set.records().next().unwrap();
        let nsec3 = Nsec3::parse(record.rdata()).unwrap();
        let hash = Nsec3::owner_hash(&owner).unwrap();
        assert_eq!((nsec3.is_opt_out(), set.signature_count()), (opt_out, 1));
        let types: Vec<String> = nsec3.types.iter().map(|rtype| rtype.to_string()).collect();
        found.push((names[&hash].clone(), types.join(" ")));
        links.push((hash, nsec3.next.to_vec()));
    }
    for (one, next) in links.iter().zip(links.iter().cycle().skip(1)) {
        assert_eq!(one.1, next.0);
    }
    found.sort();
    found
}

#[test]
fn the_nsec3_chain_has_empty_non_terminals() {
    let all = [
        ("*.wild.example.", "TXT RRSIG"),
        ("Alias.example.", "CNAME RRSIG"),
        ("a.example.", "A RRSIG"),
        ("below.cut.example.", "NS"),
        ("cut.example.", ""),
        ("ent.y.example.", ""),
        ("example.", "NS SOA MX RRSIG DNSKEY NSEC3PARAM CDS CDNSKEY"),
        ("moved.example.", "DNAME RRSIG"),
        ("plain.example.", "NS"),
        ("secure.example.", "NS DS RRSIG"),
        ("wild.example.", ""),
        ("x.ent.y.example.", "TXT RRSIG"),
        ("y.example.", ""),
    ];
    let wanted = |opt_out: bool| -> Vec<(String, String)> {
        let left_out = ["below.cut.example.", "cut.example.", "plain.example."];
        let stays = all.iter().filter(|(name, _)| !opt_out || !left_out.contains(name));
        stays.map(|&(name, types)| (name.to_owned(), types.to_owned())).collect()
    };
    assert_eq!(nsec3(false), wanted(false));
    assert_eq!(nsec3(true), wanted(true));
}

/// What is left out with unsigned delegations must not leave names without a proof.
#[test]
fn opt_out_keeps_empty_non_terminals_beside_wildcards() {
    let lines = [
        "*.example. TXT x",
        "cut.a.b.example. NS x.",
        "c.example. NS x.",
        "cut.d.example. NS x.",
        "f.*.g.example. A 1",
        "cut.h.i.G.example. NS x.",
        "k.l.example. NS x.",
    ];
    let options = with(Denial::Nsec3 { opt_out: true });
    let zone = signed(&csk(), &options, &lines);
    let owners: Vec<_> = zone.rrsets().filter_map(|(owner, _)| Nsec3::owner_hash(&owner)).collect();
    let is_there = |text: &str| {
        let name: Name = text.parse().unwrap();
        owners.contains(&crate::record::dnssec::nsec3_hash(name.as_wire(), 0, &[]))
    };
    // Right below the parent of a wildcard, which may stand below itself and be empty.
    for name in ["b.example.", "d.example.", "l.example.", "i.g.example.", "*.g.example.", "g.example."] {
        assert!(is_there(name), "{name}");
    }
    for name in ["a.b.example.", "cut.a.b.example.", "c.example.", "cut.d.example.", "h.i.g.example."] {
        assert!(!is_there(name), "{name}");
    }
}

#[test]
fn signing_again_makes_only_what_changed() {
    let keys = csk();
    for denial in [Denial::Nsec, Denial::Nsec3 { opt_out: false }, Denial::Online] {
        let options = SigningOptions { serial: SerialPolicy::Increment, ..with(denial) };
        let source = zone("example.", &LINES);
        let (first, told) = sign_zone(&source, &keys, &options, None, NOW).unwrap();
        assert_eq!(told.reused, 0);
        let (again, told_again) = sign_zone(&source, &keys, &options, Some(&first), NOW.plus(60)).unwrap();
        assert_eq!((told_again.made, told_again.reused), (1, told.made - 1), "{denial:?}: the SOA record");
        assert_eq!((told.serial, told_again.serial, again.serial()), (8, 9, 9));
        assert_eq!(verified(&again), verified(&first));

        let changed = crate::zone::fixture::record("a.example. A 9");
        let rrset = crate::record::Rrset {
            owner: changed.owner,
            class: changed.class,
            rtype: changed.rtype,
            ttl: changed.ttl,
            rdatas: vec![changed.rdata],
        };
        let source = source.derive(&[Change::Put { rrset, signatures: Vec::new() }]).unwrap();
        let (again, told) = sign_zone(&source, &keys, &options, Some(&first), NOW.plus(60)).unwrap();
        assert_eq!(told.made, 2);
        assert_eq!(verified(&again), verified(&first));

        let due = told.next_due;
        assert!(due > NOW.plus(6 * 86_400), "{due:?}");
        let (_, told) = sign_zone(&source, &keys, &options, Some(&again), due.plus(1)).unwrap();
        assert!(told.made > 1 && told.reused > 0, "{told:?}: jitter spreads the work");
        let (_, told) = sign_zone(&source, &csk(), &options, Some(&again), NOW.plus(60)).unwrap();
        assert_eq!(told.reused, 0, "another key");
    }
}

#[test]
fn keys_do_what_they_are_told() {
    let [ksk, zsk, next] = [(), (), ()].map(|()| key(Algorithm::ED25519));
    let mut keys = ZoneKeys {
        keys: vec![
            ZoneKey::ksk(Arc::clone(&ksk)),
            ZoneKey::zsk(Arc::clone(&zsk)),
            ZoneKey { signs_zone: false, ..ZoneKey::zsk(next) },
        ],
        ..ZoneKeys::default()
    };
    let zone = signed(&keys, &SigningOptions::default(), &["a.example. DNSKEY \0\x03\x0fkey"]);
    let tags = |owner: &str, rtype| -> Vec<u16> {
        let node = zone.node(&owner.parse().unwrap()).unwrap();
        let signatures = node.rrset(rtype).unwrap().signatures();
        signatures.map(|record| Rrsig::parse(record.rdata()).unwrap().head.key_tag).collect()
    };
    assert_eq!(zone.node(zone.apex()).unwrap().rrset(Rtype::DNSKEY).unwrap().count(), 3);
    let [ksk, zsk] = [ksk.key_tag(257), zsk.key_tag(256)];
    assert_eq!((tags("example.", Rtype::DNSKEY), tags("example.", Rtype::SOA)), (vec![ksk], vec![zsk]));
    assert_eq!(tags("a.example.", Rtype::DNSKEY), [zsk], "no key of the zone");

    let source = crate::zone::fixture::zone("example.", &[]);
    let error = |keys: &ZoneKeys| sign_zone(&source, keys, &with(Denial::Nsec), None, NOW).unwrap_err();
    keys.keys.push(ZoneKey { published: true, ..ZoneKey::zsk(key(Algorithm::ECDSAP256SHA256)) });
    assert_eq!(error(&keys), SignError::Incomplete(Algorithm::ECDSAP256SHA256));
    assert_eq!(error(&ZoneKeys::default()), SignError::NoKeys);
}

#[test]
fn the_cds_record_points_to_the_key() {
    let mut keys = csk();
    let zone = signed(&keys, &SigningOptions::default(), &[]);
    let cds = |zone: &Zone| {
        let apex = zone.node(zone.apex()).unwrap();
        [Rtype::CDS, Rtype::CDNSKEY]
            .map(|rtype| apex.rrset(rtype).unwrap().records().next().unwrap().rdata().to_vec())
    };
    let [ds, dnskey] = cds(&zone);
    assert!(Ds::parse(&ds).unwrap().matches(zone.apex(), &Dnskey::parse(&dnskey).unwrap()));
    keys.delete_ds = true;
    let zone = signed(&keys, &SigningOptions::default(), &[]);
    assert_eq!(cds(&zone), [[0, 0, 0, 0, 0], [0, 0, 3, 0, 0]], "RFC 8078 §4");
}

#[test]
fn a_digest_stands_for_the_zone() {
    for hash in [ZonemdHash::Sha384, ZonemdHash::Sha512] {
        for denial in [Denial::Nsec, Denial::Nsec3 { opt_out: true }] {
            let options = SigningOptions { zonemd: Some(hash), ..with(denial) };
            let zone = signed(&csk(), &options, &LINES);
            assert_eq!(check_zonemd(&zone), Ok(hash));
            assert!(verified(&zone).contains(&"example. ZONEMD".to_owned()));
            let owner = "ns.plain.example.".parse().unwrap();
            let changed = zone.derive(&[Change::Remove { owner, rtype: Rtype::A }]).unwrap();
            assert_eq!(check_zonemd(&changed), Err(ZonemdFault::OtherDigest));
        }
    }
    assert_eq!(check_zonemd(&zone("example.", &[])), Err(ZonemdFault::Absent));
}

#[test]
fn odd_zones_are_signed_or_refused() {
    for apex in [".", "example."] {
        for denial in [Denial::Nsec, Denial::Nsec3 { opt_out: false }] {
            let below = if apex == "." { "" } else { apex };
            let owner = format!("*.a.*.{below} TXT x");
            let source = zone(apex, &[&owner]);
            let (zone, _) = sign_zone(&source, &csk(), &with(denial), None, NOW).unwrap();
            assert!(verified(&zone).len() >= 6);
        }
    }
    let long = format!("{0}.{0}.{0}.{1}.", "x".repeat(63), "x".repeat(61));
    let source = zone(&long, &[]);
    sign_zone(&source, &csk(), &with(Denial::Nsec), None, NOW).unwrap();
    let error = sign_zone(&source, &csk(), &with(Denial::Nsec3 { opt_out: false }), None, NOW).unwrap_err();
    assert!(matches!(error, SignError::ApexTooLong(..)));
}

#[test]
fn signatures_that_do_not_fit_are_found() {
    let zone = signed(&csk(), &SigningOptions::default(), &LINES);
    let faults = |zone: &Zone| -> Vec<String> {
        let faults = check_signatures(zone, 1000);
        faults.iter().map(|fault| format!("{} {} {:?}", fault.owner, fault.rtype, fault.kind)).collect()
    };
    assert_eq!(faults(&zone), Vec::<String>::new());
    let a = crate::zone::fixture::record("a.example. A 77");
    let set = zone.node(&a.owner).unwrap().rrset(Rtype::A).unwrap();
    let mut rdata = set.signatures().next().unwrap().rdata().to_vec();
    let put = |rdata: &[u8]| {
        let (owner, class, ttl, rtype, rdatas) =
            (a.owner.clone(), a.class, a.ttl, a.rtype, vec![a.rdata.clone()]);
        let rrset = crate::record::Rrset { owner, class, rtype, ttl, rdatas };
        faults(&zone.derive(&[Change::Put { rrset, signatures: vec![rdata.into()] }]).unwrap())
    };
    assert_eq!(put(&rdata), ["a.example. A Wrong"]);
    rdata[17] ^= 1;
    assert_eq!(put(&rdata), ["a.example. A NoKey"]);
}
