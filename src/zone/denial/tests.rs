//! The structures against a plain list, built at once and derived change by change.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::{Change, Zone, ZoneBuilder};
use crate::record::dnssec::{Nsec, Nsec3, Nsec3Hash, Nsec3Params};
use crate::record::{Class, Name, Rdata, Rrset, Rtype, Ttl};
use crate::zone::Span;
use crate::zone::fixture::record;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn nsec(owner: &Name) -> Rrset {
    let rdata: Rdata = Nsec::rdata_of(&name("example."), [Rtype::NSEC]).into();
    let (class, ttl) = (Class::IN, Ttl::from_secs(60));
    Rrset { owner: owner.clone(), class, ttl, rtype: Rtype::NSEC, rdatas: vec![rdata] }
}

fn nsec3(hash: &Nsec3Hash) -> Rrset {
    let rdata: Rdata = Nsec3::rdata_of(&Nsec3Params::BEST, hash, [Rtype::A]).into();
    let owner = Nsec3::owner(hash, &name("example.")).unwrap();
    Rrset { owner, class: Class::IN, ttl: Ttl::from_secs(60), rtype: Rtype::NSEC3, rdatas: vec![rdata] }
}

fn put(rrset: Rrset) -> Change {
    Change::Put { rrset, signatures: Vec::new() }
}

/// A zone that has NSEC at the apex, and an NSEC3 chain of one hash that is announced.
fn zone(more: &[Rrset]) -> Zone {
    let mut builder = ZoneBuilder::new();
    for line in ["example. SOA", "example. NS ns.other."] {
        builder.add(&record(line), Span::default());
    }
    let apex = name("example.");
    for rrset in [nsec(&apex)].iter().chain(more) {
        for rdata in &rrset.rdatas {
            let Rrset { owner, class, ttl, rtype, .. } = rrset.clone();
            let rdata = rdata.clone();
            builder.add(&crate::record::Record { owner, class, ttl, rtype, rdata }, Span::default());
        }
    }
    builder.build().zone.unwrap()
}

fn owners(zone: &Zone) -> Vec<Name> {
    let order = zone.denial.order.as_ref().unwrap();
    order.nodes(zone.names()).map(|node| zone.owner_of(node)).collect()
}

fn in_front(zone: &Zone, name: &Name) -> Name {
    let below = &name.as_wire()[..name.as_wire().len() - zone.apex().as_wire().len()];
    zone.owner_of(zone.denial.order.as_ref().unwrap().at_or_before(zone.names(), below).unwrap())
}

#[test]
fn the_name_in_front_is_found_among_many() {
    let names: Vec<Name> = (0..3000)
        .map(|number: u32| name(&format!("n{}.{}.example.", number * 7919 % 10_007, number % 7)))
        .collect();
    let zone = zone(&names.iter().map(nsec).collect::<Vec<_>>());
    let sorted: BTreeSet<Name> = names.iter().cloned().chain([name("example.")]).collect();
    assert_eq!(owners(&zone), sorted.iter().cloned().collect::<Vec<_>>());
    for number in 0..10_007 {
        for text in
            [format!("n{number}.3.example."), format!("x.N{number}.5.example."), format!("{number}.example.")]
        {
            let asked = name(&text);
            assert_eq!(in_front(&zone, &asked), *sorted.range(..=asked).next_back().unwrap());
        }
    }
}

#[test]
fn an_nsec3_owner_is_no_name() {
    let hash = [7; 20];
    let zone = zone(&[nsec3(&hash)]);
    let owner = Nsec3::owner(&hash, zone.apex()).unwrap();
    assert_eq!(zone.name_count(), 1);
    assert!(zone.node(&owner).is_none());
    assert_eq!(zone.rrset(&owner, Rtype::NSEC3).unwrap().count(), 1);
    assert!(zone.rrsets().any(|(name, rrset)| name == owner && rrset.rtype() == Rtype::NSEC3));
    assert!(zone.nsec3_params().is_none(), "no NSEC3PARAM");
}

#[test]
fn a_change_in_a_chain_copies_one_page() {
    let hashes: Vec<Nsec3Hash> =
        (0..=255_u8).flat_map(|one| [[one; 20], [one ^ 0x55, one].repeat(10).try_into().unwrap()]).collect();
    let hashes: BTreeSet<Nsec3Hash> = hashes.into_iter().collect();
    let before = zone(&hashes.iter().map(nsec3).collect::<Vec<_>>());
    let after = before.derive(&[put(nsec3(&[9, 8].repeat(10).try_into().unwrap()))]).unwrap();
    let pages = |zone: &Zone| zone.denial.chains[0].spine.pages().cloned().collect::<Vec<_>>();
    let (one, other) = (pages(&before), pages(&after));
    assert!(one.len() > 16);
    assert_eq!(one.iter().zip(&other).filter(|(one, other)| !one.is_shared_with(other)).count(), 1);
    assert_eq!(after.denial.chains[0].len, hashes.len() + 1);
}

#[test]
fn what_proves_begins_and_ends_with_the_apex() {
    let bare = zone(&[]).derive(&[Change::Remove { owner: name("example."), rtype: Rtype::NSEC }]).unwrap();
    assert!(!bare.proves_absence());
    let again = bare.derive(&[put(nsec(&name("a.example."))), put(nsec(&name("example.")))]).unwrap();
    assert_eq!(owners(&again), [name("example."), name("a.example.")]);
    assert!(again.proves_absence());
}

fn changes() -> impl Strategy<Value = Vec<Vec<(u16, bool)>>> {
    prop::collection::vec(prop::collection::vec((0..400_u16, prop::bool::weighted(0.7)), 1..40), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_derived_order_is_the_plain_one(changes in changes()) {
        let mut zone = zone(&[]);
        let mut plain = BTreeSet::from([name("example.")]);
        for batch in changes {
            let of = |number: u16| name(&format!("n{}.p{}.example.", number * 31 % 401, number % 3));
            let batch: Vec<Change> = batch.into_iter().map(|(number, keep)| {
                let owner = of(number);
                if keep {
                    plain.insert(owner.clone());
                    put(nsec(&owner))
                } else {
                    plain.remove(&owner);
                    Change::Remove { owner, rtype: Rtype::NSEC }
                }
            }).collect();
            zone = zone.derive(&batch).unwrap();
            prop_assert_eq!(owners(&zone), plain.iter().cloned().collect::<Vec<_>>());
            for number in (0..400).step_by(7) {
                let asked = of(number);
                prop_assert_eq!(in_front(&zone, &asked), plain.range(..=asked).next_back().unwrap().clone());
            }
        }
    }

    #[test]
    fn a_derived_chain_is_the_plain_one(changes in changes()) {
        let hash = |number: u16| -> Nsec3Hash {
            crate::record::dnssec::nsec3_hash(&number.to_be_bytes(), 0, b"")
        };
        let first = hash(1000);
        let mut zone = zone(&[nsec3(&first)]);
        let mut plain = BTreeMap::from([(first, ())]);
        for batch in changes {
            let batch: Vec<Change> = batch.into_iter().map(|(number, keep)| {
                let rrset = nsec3(&hash(number));
                if keep {
                    plain.insert(hash(number), ());
                    put(rrset)
                } else {
                    plain.remove(&hash(number));
                    Change::Remove { owner: rrset.owner, rtype: Rtype::NSEC3 }
                }
            }).collect();
            zone = zone.derive(&batch).unwrap();
            let chain = &zone.denial.chains[0];
            prop_assert_eq!(chain.len, plain.len());
            prop_assert_eq!(chain.links().map(|link| *link.hash).collect::<Vec<_>>(), plain.keys().copied().collect::<Vec<_>>());
            for number in (0..400).step_by(7) {
                let asked = hash(number);
                prop_assert_eq!(chain.matching(&asked).is_some(), plain.contains_key(&asked));
                let before = plain.range(..asked).next_back().or(plain.iter().next_back()).map(|(hash, ())| *hash);
                let covering = chain.covering(&asked).map(|link| *link.hash);
                prop_assert_eq!(covering, before.filter(|_| !plain.contains_key(&asked)));
            }
        }
    }
}
