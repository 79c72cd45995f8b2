//! Images of zones of every kind: what comes back, and what damage does.

use super::write::directory_sum;
use super::*;
use crate::clock::UnixTime;
use crate::record::dnssec::{Nsec, Nsec3, Nsec3Params};
use crate::record::{Class, Name, Record, Rtype, Ttl};
use crate::zone::fixture::zone;
use crate::zone::{Absence, Change, LookUp, QueryName, Span, Zone, ZoneBuilder};
use xxhash_rust::xxh3::xxh3_64;

/// The image of a zone.
pub(crate) fn image_of(zone: &Zone, notes: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    zone.write_image(notes, &mut octets).unwrap();
    octets
}

/// Something else in the place of some octets of an image, with sums that fit again: nothing tells but what it says.
pub(crate) fn with_damage(image: &[u8], damage: impl IntoIterator<Item = (usize, u8)>) -> Vec<u8> {
    let sections = Image::read(image.to_vec()).unwrap().directory.sections;
    let mut octets = image.to_vec();
    let tail = octets.len() - TAIL;
    for (at, octet) in damage {
        octets[MAGIC.len() + at % (tail - MAGIC.len())] = octet;
    }
    let sums: Vec<u64> = sections.iter().map(|section| xxh3_64(&octets[section.place.clone()])).collect();
    for (index, sum) in sums.into_iter().rev().enumerate() {
        let end = tail - index * ENTRY;
        octets[end - 8..end].copy_from_slice(&sum.to_le_bytes());
    }
    let sum = directory_sum(&octets[sections.last().unwrap().place.end..tail]);
    octets[tail + 16..].copy_from_slice(&sum.to_le_bytes());
    octets
}

/// Zones of every kind: with and without NSEC, NSEC3, both, delegations, wildcards, many names and a large one.
fn zones() -> Vec<Zone> {
    let names: Vec<String> =
        (0..3000).map(|number| format!("n{number}.p{}.example. TXT {number}", number % 7)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let odd = [
        "*.w.example. TXT x",
        "d.example. DNAME w.example.",
        "sub.example. NS ns.sub.example.",
        "ns.sub.example. A 1",
        "alias.example. CNAME n1.example.",
        "_mimi.example. TXT v=mimi1; epoch=1",
    ];
    let large: Vec<String> =
        (0..250).map(|number| format!("l.example. TXT {number}{}", "x".repeat(240))).collect();
    let large: Vec<&str> = large.iter().map(String::as_str).collect();
    let plain = zone("example.", &names);
    vec![
        zone("example.", &[]),
        zone(".", &["a. TXT x"]),
        zone("example.", &large),
        denying(&[&names[..], &odd].concat(), true, &[]),
        denying(&names, true, b"\x01\x02"),
        denying(&odd, false, b"\xff"),
        plain
            .derive(&[Change::Remove { owner: "n7.p0.example.".parse().unwrap(), rtype: Rtype::TXT }])
            .unwrap(),
        plain,
    ]
}

/// A zone with an NSEC3 chain of this salt, where there is one, and an NSEC record at each name if `order`ed.
fn denying(lines: &[&str], ordered: bool, salt: &[u8]) -> Zone {
    let plain = zone("example.", lines);
    let mut builder = ZoneBuilder::new();
    let owners: Vec<Name> = plain.nodes().into_iter().map(|(owner, _)| owner).collect();
    let mut add = |owner: &Name, rtype, rdata: Vec<u8>| {
        let record = Record {
            owner: owner.clone(),
            class: Class::IN,
            ttl: Ttl::from_secs(60),
            rtype,
            rdata: rdata.into(),
        };
        builder.add(&record, Span::default());
    };
    let params = Nsec3Params { salt, ..Nsec3Params::BEST };
    for (owner, rrset) in plain.rrsets() {
        rrset.records().for_each(|record| add(&owner, rrset.rtype(), record.rdata().to_vec()));
    }
    for (owner, next) in owners.iter().zip(owners.iter().cycle().skip(1)) {
        if ordered {
            add(owner, Rtype::NSEC, Nsec::rdata_of(next, [Rtype::NSEC]));
        }
        if !salt.is_empty() {
            let hash = crate::record::dnssec::nsec3_hash(owner.as_wire(), 0, salt);
            let hashed = Nsec3::owner(&hash, plain.apex()).unwrap();
            add(&hashed, Rtype::NSEC3, Nsec3::rdata_of(&params, &hash, [Rtype::A]));
        }
    }
    if !salt.is_empty() {
        add(plain.apex(), Rtype::NSEC3PARAM, params.rdata());
    }
    builder.build().zone.unwrap()
}

/// Everything that is read of a zone.
fn dump(zone: &Zone) -> Vec<String> {
    let mut lines = vec![format!(
        "{zone:?} {:?} {} {:?} {} {}",
        zone.class(),
        zone.is_discovery(),
        zone.nsec3_params(),
        zone.proves_absence(),
        zone.octet_count()
    )];
    lines.push(format!("{:?}", zone.negative_soa().signed_octets()));
    let sets = zone.rrsets().map(|(owner, set)| {
        format!("{owner} {} {} {} {:?}", set.rtype(), set.count(), set.signature_count(), set.signed_octets())
    });
    lines.extend(sets);
    lines.push(format!("{:?} {:?}", zone.longest_ttl(), zone.signature_times(UnixTime(0))));
    for text in ["n7.p0", "nothing", "x.n9.p2", "a.w", "x.d", "x.sub", "l", "zzz.p3", "alias", "p4"] {
        let name: Name = match zone.apex().is_root() {
            true => format!("{text}.").parse().unwrap(),
            false => format!("{text}.{}", zone.apex()).parse().unwrap(),
        };
        let name = QueryName::from(&name);
        let absence = match zone.look_up(&name, Rtype::TXT) {
            LookUp::NxDomain { encloser_labels } => Absence::Name { encloser_labels },
            LookUp::NoData(found) => Absence::Type(found),
            LookUp::Found(_, set) => {
                lines.push(format!("{:?}", set.map(|set| set.signed_octets())));
                continue;
            }
            _ => continue,
        };
        let proofs = zone.proofs(&absence, &name, None);
        lines.extend(proofs.iter().map(|proof| format!("{:?}", proof.rrset.signed_octets())));
    }
    lines
}

#[test]
fn what_is_written_comes_back() {
    for before in zones() {
        let image = Image::read(image_of(&before, b"notes")).unwrap();
        assert_eq!((image.notes(), image.apex()), (&b"notes"[..], before.apex()));
        let after = image.zone().unwrap();
        assert_eq!(dump(&after), dump(&before));
        drop(image);
        // It can be changed as any other.
        let change = Change::Put {
            rrset: crate::record::Rrset {
                owner: Name::from_wire(&[b"\x03new", before.apex().as_wire()].concat()).unwrap(),
                class: Class::IN,
                ttl: Ttl::from_secs(1),
                rtype: Rtype::TXT,
                rdatas: vec![b"\x01x".as_slice().into()],
            },
            signatures: Vec::new(),
        };
        let changes = [change];
        let [one, other] = [&before, &after].map(|zone| zone.derive(&changes).unwrap());
        assert_eq!(dump(&one), dump(&other));
    }
}

#[test]
fn a_file_is_read_or_mapped() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> =
        (0..8000).map(|number| format!("n{number}.example. TXT {}", "x".repeat(200))).collect();
    for names in [&names[..], &names[..3]] {
        let before = zone("example.", &names.iter().map(String::as_str).collect::<Vec<_>>());
        let path = folder.path().join("image");
        let image = image_of(&before, b"");
        assert_eq!(image.len() > 1 << 20, names.len() > 3);
        std::fs::write(&path, image).unwrap();
        let after = Image::open(&path).unwrap().zone().unwrap();
        // It needs no name any more.
        std::fs::remove_file(&path).unwrap();
        assert_eq!(dump(&after), dump(&before));
    }
    assert!(matches!(Image::open(&folder.path().join("image")), Err(ImageError::Unreadable(_))));
}

#[test]
fn damage_is_seen_wherever_it_is() {
    let before = denying(&["a.example. TXT x", "*.b.example. TXT y"], true, b"\x01");
    let whole = image_of(&before, b"notes");
    let zone_in = |octets: &[u8]| Image::read(octets.to_vec()).and_then(|image| image.zone());
    assert!(zone_in(&whole).is_ok());
    for at in 0..whole.len() {
        for flip in [1, 0x80] {
            let mut damaged = whole.clone();
            damaged[at] ^= flip;
            assert!(zone_in(&damaged).is_err(), "octet {at}");
        }
        assert!(zone_in(&whole[..at]).is_err(), "cut at {at}");
    }
    assert!(zone_in(&[&whole[..], b"\0"].concat()).is_err());
    let mut other_version = whole.clone();
    other_version[MAGIC.len() - 1] += 1;
    assert!(matches!(zone_in(&other_version), Err(ImageError::Foreign)));
    // As a machine would write it that does not care for the order of octets.
    let mut other_order = whole.clone();
    let tail = whole.len() - TAIL;
    other_order[tail..].chunks_exact_mut(8).for_each(<[u8]>::reverse);
    assert!(matches!(zone_in(&other_order), Err(ImageError::Damaged(_))));
}

#[test]
fn no_image_leads_its_reader_astray() {
    let mut state = 1_u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let odd = ["a.example. TXT x", "*.b.example. TXT y", "d.example. DNAME b.example.", "s.example. NS x."];
    let zones = [denying(&odd, true, &[]), denying(&odd, true, b"\x01"), zone("example.", &odd)];
    let (mut refused, mut taken) = (0, 0);
    for image in zones.iter().map(|zone| image_of(zone, b"")) {
        for _ in 0..400 {
            let low = [0, 1, 2, 0x7f, 0x80, 0xc0, 0xff];
            let damage: Vec<_> = (0..=next() % 3).map(|_| (next(), low[next() % low.len()])).collect();
            match Image::read(with_damage(&image, damage)).and_then(|image| image.zone()) {
                Ok(zone) => {
                    dump(&zone);
                    taken += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 200 && taken > 200, "{refused} {taken}");
}
