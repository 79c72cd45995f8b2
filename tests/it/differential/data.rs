//! Random record data.

use mimi_dns::record::Rtype;

use super::names::Draft;
use super::random::Random;
use super::records::Field;
use super::worlds::World;

/// What is drawn from, the frequent ones several times.
pub(super) const TYPES: [Rtype; 31] = [
    Rtype::A,
    Rtype::A,
    Rtype::A,
    Rtype::A,
    Rtype::AAAA,
    Rtype::AAAA,
    Rtype::TXT,
    Rtype::TXT,
    Rtype::TXT,
    Rtype::MX,
    Rtype::MX,
    Rtype::SRV,
    Rtype::SRV,
    Rtype::CNAME,
    Rtype::CNAME,
    Rtype::CNAME,
    Rtype::CNAME,
    Rtype::CNAME,
    Rtype::DNAME,
    Rtype::DNAME,
    Rtype::DNAME,
    Rtype::NAPTR,
    Rtype::NAPTR,
    Rtype::URI,
    Rtype::PTR,
    Rtype::MIMISIG,
    Rtype(1234),
    Rtype::CAA,
    Rtype::DS,
    Rtype::NS,
    Rtype::NS,
];

pub(super) fn soa(random: &mut Random, apex: &Draft) -> Vec<Field> {
    let minimum = *random.pick(&[0, 1, 60, 300, 3600, 0x7fff_ffff]);
    let primary = if random.percent(50) { apex.below(b"ns") } else { apex.clone() };
    let mut data = vec![Field::Name(primary), Field::Name(apex.below(b"A.b"))];
    data.extend([1, 7200, 900, 1_209_600, minimum].map(Field::Number));
    data
}

/// Data for a record of `owner`, whose zone has this apex.
pub(super) fn random(
    random: &mut Random,
    world: &World,
    apex: &Draft,
    owner: &Draft,
    rtype: Rtype,
) -> Vec<Field> {
    let small = |random: &mut Random| Field::Number(u32::try_from(random.below(3)).unwrap());
    let name = |random: &mut Random| Field::Name(world.random_name(random));
    let octets = |random: &mut Random| (0..random.between(0, 40)).map(|_| random.octet()).collect::<Vec<_>>();
    match rtype {
        Rtype::A => vec![Field::Raw(format!("192.0.2.{}", random.below(60)))],
        Rtype::AAAA => vec![Field::Raw(format!("2001:db8::{:x}", random.between(1, 60)))],
        Rtype::NS => vec![Field::Name(server(random, world, apex, owner))],
        Rtype::CNAME | Rtype::DNAME | Rtype::PTR => vec![name(random)],
        Rtype::MX => vec![small(random), name(random)],
        Rtype::SRV => vec![small(random), small(random), small(random), name(random)],
        Rtype::TXT => (0..random.between(1, 2))
            .map(|_| {
                let len = if random.percent(10) { random.between(200, 255) } else { random.between(0, 12) };
                Field::Quoted((0..len).map(|_| random.octet()).collect())
            })
            .collect(),
        Rtype::NAPTR => {
            let flags = *random.pick(&["u", "U", "s", "a", "A", "", "p"]);
            let target = if random.percent(70) { name(random) } else { Field::Raw(".".to_owned()) };
            let regexp: &[u8] = if matches!(target, Field::Raw(_)) { b"!^.*$!sip:a!" } else { b"" };
            let text = [flags.as_bytes(), b"E2U+a", regexp].map(|text| Field::Quoted(text.to_vec()));
            [small(random), small(random)].into_iter().chain(text).chain([target]).collect()
        }
        Rtype::URI => {
            let target = [b"https://".as_slice(), &octets(random)].concat();
            vec![small(random), small(random), Field::Quoted(target)]
        }
        Rtype::CAA => vec![Field::Number(0), Field::Raw("issue".to_owned()), Field::Quoted(octets(random))],
        Rtype::DS => vec![small(random), Field::Number(13), Field::Number(2), Field::Raw("ab".repeat(32))],
        _ => {
            let len = if random.percent(10) { 328 } else { random.between(0, 30) };
            vec![Field::Octets((0..len).map(|_| random.octet()).collect())]
        }
    }
}

/// A server's name: below the delegation, in the zone, below another delegation, anywhere.
fn server(random: &mut Random, world: &World, apex: &Draft, owner: &Draft) -> Draft {
    let name = match random.below(100) {
        0..30 => owner.below(b"ns"),
        30..40 => owner.below(random.pick::<&[u8]>(&[b"a", b"b", b"NS", b"*"])),
        40..45 => owner.clone(),
        45..60 => apex.below(b"ns"),
        60..70 => owner.parent().unwrap_or_else(Draft::top).below(b"b").below(b"ns"),
        _ => world.random_name(random),
    };
    if name.fits() { name } else { apex.clone() }
}

/// Whether all names in the data are names.
pub(super) fn fits(data: &[Field]) -> bool {
    data.iter().all(|field| !matches!(field, Field::Name(name) if !name.fits()))
}
