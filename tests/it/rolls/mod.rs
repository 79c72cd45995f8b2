//! A root, a TLD and a discovery zone, all signed by one server. Keys and algorithm of each are rolled, with a parent that
//! does what CDS asks for; those of the root, which has none, with followers that take its new keys as trust anchors. All
//! the time Unbound, our validator and our resolver validate from the root and are asked. The server crashes in the midst of
//! it. Never is anything bogus, or insecure.

mod asking;
mod files;
mod followers;
mod world;

use std::time::Duration;

use mimi_dns::record::Rtype;

use crate::namespace::is_inside;
use crate::peers::installed;
use asking::Watch;
use world::{How, Roll, World};

const SERVER: &str = "127.0.0.1:53";
const UNBOUND: &str = "127.0.0.9:53";

/// Whatever there is: data, a wildcard's, an alias, the keys, and absences of both kinds; of those above the keys and
/// an absence.
const QUESTIONS: [(&str, Rtype); 13] = [
    ("www.zone.example.", Rtype::A),
    ("zone.example.", Rtype::DNSKEY),
    ("nothing.zone.example.", Rtype::A),
    ("x.wild.zone.example.", Rtype::TXT),
    ("www.zone.example.", Rtype::AAAA),
    ("alias.zone.example.", Rtype::A),
    ("zone.example.", Rtype::DS),
    ("zone.example.", Rtype::SOA),
    ("a.b.c.www.zone.example.", Rtype::MX),
    ("example.", Rtype::DNSKEY),
    ("nothing.example.", Rtype::A),
    (".", Rtype::DNSKEY),
    ("nothing.", Rtype::A),
];

#[test]
fn nothing_is_ever_bogus_while_keys_and_algorithms_are_rolled() {
    if !is_inside("rolls::nothing_is_ever_bogus_while_keys_and_algorithms_are_rolled") {
        return;
    }
    roll_all("zone.example.");
}

/// Its parent, the root, follows its CDS; the zone below it stays as it is.
#[test]
fn nothing_is_ever_bogus_while_those_of_the_tld_are_rolled() {
    if !is_inside("rolls::nothing_is_ever_bogus_while_those_of_the_tld_are_rolled") {
        return;
    }
    roll_all("example.");
}

/// Unbound finds and takes the new keys by itself (RFC 5011); ours has the former and the new ones in its configuration.
#[test]
fn nothing_is_ever_bogus_while_those_of_the_root_are_rolled() {
    if !is_inside("rolls::nothing_is_ever_bogus_while_those_of_the_root_are_rolled") {
        return;
    }
    roll_all(".");
}

fn roll_all(zone: &'static str) {
    let ds = all_is_secure_while(How { zone, denial: "nsec", keys: "ksk-zsk" }, |world, ds| {
        roll(world, "zsk");
        world.settle(&Roll { what: "ZSK", algorithm: "ED25519", removed: 1, crashes: 1 }, ds);
        roll(world, "ksk");
        world.settle(&Roll { what: "KSK", algorithm: "ED25519", removed: 2, crashes: 3 }, ds);
        world.configure("ecdsap256sha256");
        world.settle(&Roll { what: "algorithm", algorithm: "ECDSAP256SHA256", removed: 4, crashes: 2 }, ds);
    });
    let Some(ds) = ds else { return };
    assert_eq!(ds.len(), 1);
    assert!(ds[0].contains(" 13 2 "), "{ds:?}");
}

/// Denials are made and signed when they are asked for, by a key that does all and is rolled. Source: RFC 4470, RFC 9824.
#[test]
fn nothing_is_ever_bogus_where_denial_is_signed_at_query_time() {
    if !is_inside("rolls::nothing_is_ever_bogus_where_denial_is_signed_at_query_time") {
        return;
    }
    all_is_secure_while(How { zone: "zone.example.", denial: "online", keys: "csk" }, |world, ds| {
        roll(world, "csk");
        world.settle(&Roll { what: "CSK", algorithm: "ED25519", removed: 1, crashes: 1 }, ds);
        world.configure("ecdsap256sha256");
        world.settle(&Roll { what: "algorithm", algorithm: "ECDSAP256SHA256", removed: 2, crashes: 1 }, ds);
    });
}

/// RFC 8078 §4: the parent is asked to delete its DS records, and all goes well whoever holds what of before.
#[test]
fn nothing_is_ever_bogus_while_a_zone_goes_insecure() {
    if !is_inside("rolls::nothing_is_ever_bogus_while_a_zone_goes_insecure") {
        return;
    }
    let ds =
        all_is_secure_while(How { zone: "zone.example.", denial: "nsec3", keys: "ksk-zsk" }, |world, ds| {
            world.let_it_be_insecure();
            let said = world.key(&["unsign", "--zone", "zone.example."]);
            assert!(said.starts_with("zone.example. goes insecure: "), "{said}");
            world.end_signing(ds, 2);
        });
    assert!(ds.is_none_or(|ds| ds.is_empty()));
}

fn roll(world: &World, role: &str) {
    let zone = world.how.zone;
    let said = world.key(&["roll", &format!("--{role}"), "--zone", zone]);
    assert!(said.starts_with(&format!("{zone} rolls from {} ", role.to_uppercase())), "{said}");
}

/// What the parent, or who follows the root, has in the end; `None` where Unbound is not installed.
fn all_is_secure_while(how: How, rolls: impl FnOnce(&World, &mut Vec<String>)) -> Option<Vec<String>> {
    let program = installed(&["unbound"])?;
    let mut world = World::start(how);
    let mut ds = Vec::new();
    world.link_the_others();
    let signed = Roll {
        what: "the zone is signed and its parent says so",
        algorithm: "ED25519",
        removed: 0,
        crashes: 0,
    };
    world.settle(&signed, &mut ds);
    // What the parent had before is in no cache of Unbound's: it was not there.
    world.start_unbound(&program);

    let world = &world;
    let watch = Watch::new(world);
    std::thread::scope(|scope| {
        let asking = [
            scope.spawn(|| watch.ask_unbound()),
            scope.spawn(|| watch.ask_ours()),
            scope.spawn(|| watch.look_up()),
        ];
        let rolled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            rolls(world, &mut ds);
            // What caches hold of before runs out under the questions.
            std::thread::sleep(Duration::from_secs(4));
        }));
        watch.end();
        asking.into_iter().for_each(|asking| asking.join().unwrap());
        let secure = watch.secure(|| world.log());
        rolled.unwrap();
        if watch.may_be_insecure() {
            let insecure = watch.insecure();
            assert!(secure.iter().chain(&insecure).all(|&count| count > 50), "{secure:?} {insecure:?}");
        } else {
            let enough = secure.iter().zip([1000, 1000, 200]).all(|(&count, enough)| count > enough);
            assert!(enough, "{secure:?}");
        }
    });
    Some(ds)
}
