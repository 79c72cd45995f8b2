//! Images of zones that are signed here.

use super::super::shelf::{Reason, Shelf};
use super::super::shelved::Origin;
use super::tests::{NOW, World, soon};
use super::*;
use crate::cli::config::SigningPolicy;
use crate::dnssec::KeyStore;
use crate::dnssec::lifecycle::{KeyPolicy, NewKey, Role, Scheme};
use crate::dnssec::sign::{Denial, SigningOptions};
use crate::record::dnssec::Algorithm;
use crate::record::{Name, Rtype};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

fn policy(denial: Denial) -> SigningPolicy {
    let options = SigningOptions { denial, ..SigningOptions::default() };
    SigningPolicy {
        zones: [apex()].into(),
        others_but: None,
        keys: KeyPolicy {
            algorithm: Algorithm::ED25519,
            scheme: Scheme::Split,
            dnskey_ttl: HOUR,
            zone_ttl: 0,
            propagation: HOUR,
            parent_ttl: DAY,
            parent_propagation: HOUR,
            ksk_lifetime: None,
            zsk_lifetime: None,
        },
        options,
        parents: Vec::new(),
    }
}

fn apex() -> Name {
    "example.".parse().unwrap()
}

/// What is served after a start.
struct Started {
    shelf: Shelf,
    origin: Origin,
    zone: Zone,
}

impl Started {
    fn keys(&self) -> Vec<Vec<u8>> {
        let keys = self.zone.rrset(&apex(), Rtype::DNSKEY).unwrap();
        keys.records().map(|record| record.rdata().to_vec()).collect()
    }

    fn signature(&self, name: &str) -> Vec<u8> {
        let set = self.zone.rrset(&name.parse().unwrap(), Rtype::A).unwrap();
        set.signatures().next().unwrap().rdata().to_vec()
    }
}

impl World {
    fn keys(&self) -> PathBuf {
        self.0.path().join("keys")
    }

    fn store(&self) -> KeyStore {
        KeyStore::new(&self.keys(), &apex())
    }

    /// A start, after which what is loaded is served.
    fn start_signing(&self, denial: Denial, now: UnixTime) -> Started {
        let mut shelf = Shelf::default();
        shelf.signing.configure(vec![policy(denial)], Some(self.keys()));
        let open = || Images::open(&self.0.path().join("images")).ok();
        shelf.images = Some(soon("the folder", open));
        shelf.load(&self.sources(false), Reason::Told, now);
        shelf.published(now);
        let origin = shelf.status()[0].zone.as_ref().unwrap().origin;
        let zone = Zone::clone(shelf.catalog().zone(&apex()).unwrap());
        Started { shelf, origin, zone }
    }

    /// One that ends when its image is written.
    fn begin(&self) -> Started {
        let started = self.start_signing(Denial::Nsec, NOW);
        self.image(&[]);
        started
    }
}

#[test]
fn a_start_serves_what_was_signed() {
    let world = World::new();
    let Started { shelf, origin, zone } = world.begin();
    assert_eq!(origin, Origin::Text);
    drop(shelf);
    // Keys have taken no step since.
    let again = world.start_signing(Denial::Nsec, NOW.plus(60));
    assert_eq!(again.origin, Origin::Image);
    assert!(again.zone.has_same_records(&zone, None));
    assert_eq!(again.zone.rrsets().count(), zone.rrsets().count());
    let status = again.shelf.signing.status(&apex()).unwrap();
    assert!(status.fault.is_none() && status.expires.is_some_and(|expires| expires > NOW.plus(13 * DAY)));
}

#[test]
fn what_is_due_is_signed_again_at_the_start() {
    let world = World::new();
    let mut before = world.begin();
    let (_, first) = world.image(&[]);
    // The zone is for its parent now, which its CDS records say.
    assert_eq!(before.shelf.load(&world.sources(false), Reason::Due, NOW.plus(DAY)).errors, 0);
    before.shelf.published(NOW.plus(DAY));
    world.image(&first);
    let (serial, now) = (before.shelf.catalog().zone(&apex()).unwrap().serial(), NOW.plus(7 * DAY + HOUR));
    assert_eq!(serial, before.zone.serial() + 1);
    drop(before.shelf);
    let again = world.start_signing(Denial::Nsec, now);
    assert_eq!((again.origin, again.zone.serial()), (Origin::Image, serial + 1));
    assert!(again.zone.signature_times(now).unwrap().earliest_expiration > now.plus(7 * DAY));
    // Past all signatures too.
    drop(again.shelf);
    let late = world.start_signing(Denial::Nsec, NOW.plus(100 * DAY));
    assert!(late.zone.signature_times(now).unwrap().earliest_expiration > NOW.plus(113 * DAY));
}

#[test]
fn other_terms_are_never_passed_over() {
    let world = World::new();
    let before = world.begin();
    let (serial, keys) = (before.zone.serial(), before.keys());
    drop(before.shelf);
    let other = world.start_signing(Denial::Nsec3 { opt_out: false }, NOW.plus(60));
    assert_eq!((other.origin, other.zone.serial()), (Origin::Text, serial + 1));
    assert!(other.zone.rrset(&apex(), Rtype::NSEC).is_none(), "the former policy's");
    drop(other.shelf);
    // A key that came while no server ran.
    let mut open = world.store().open().unwrap();
    let key = NewKey { role: Role::Zsk, algorithm: Algorithm::ED25519 };
    open.make(key, NOW.plus(61)).unwrap();
    open.save(NOW.plus(61)).unwrap();
    drop(open);
    let rolls = world.start_signing(Denial::Nsec3 { opt_out: false }, NOW.plus(4 * HOUR));
    assert_eq!(rolls.origin, Origin::Text);
    assert!(rolls.keys().iter().any(|key| !keys.contains(key)), "the new one");
    drop(rolls.shelf);
    // Other keys altogether.
    std::fs::remove_dir_all(world.keys()).unwrap();
    let foreign = world.start_signing(Denial::Nsec3 { opt_out: false }, NOW.plus(4 * HOUR));
    assert_eq!(foreign.origin, Origin::Text);
    assert!(foreign.keys().iter().all(|key| !keys.contains(key)));
}

/// A clock that was ahead, and is put right: while the server runs, and while it does not.
#[test]
fn signatures_that_are_not_valid_yet_are_made_again() {
    let good = |zone: &Zone, now: UnixTime| zone.signature_times(now).unwrap().early == 0;
    let world = World::new();
    let (ahead, now) = (NOW.plus(30 * DAY), NOW);
    let mut before = world.start_signing(Denial::Nsec, ahead);
    let (_, first) = world.image(&[]);
    assert!(good(&before.zone, ahead) && !good(&before.zone, now));
    assert!(before.shelf.is_due(now));
    before.shelf.load(&world.sources(false), Reason::Due, now);
    before.shelf.published(now);
    let served = Zone::clone(before.shelf.catalog().zone(&apex()).unwrap());
    assert!(good(&served, now) && !before.shelf.is_due(now));
    assert_eq!(served.serial(), before.zone.serial() + 1);
    world.image(&first);
    drop(before.shelf);
    let again = world.start_signing(Denial::Nsec, now.minus(9 * DAY));
    assert!(good(&again.zone, now.minus(9 * DAY)));
}

/// The server ended after it had noted the serial of what it was about to publish.
#[test]
fn an_image_of_what_was_published_before_the_last_is_not_served() {
    let world = World::new();
    let before = world.begin();
    let (serial, signature) = (before.zone.serial(), before.signature("www.example."));
    drop(before.shelf);
    let mut open = world.store().open().unwrap();
    open.ring.set_serial(serial + 1);
    open.save(NOW).unwrap();
    drop(open);
    let again = world.start_signing(Denial::Nsec, NOW.plus(60));
    assert_eq!((again.origin, again.zone.serial()), (Origin::Text, serial + 2));
    assert_eq!(again.signature("www.example."), signature, "as good as a new one");
}

#[test]
fn of_a_source_that_changed_signatures_are_used_and_of_damage_nothing() {
    let world = World::new();
    let before = world.begin();
    let signature = before.signature("www.example.");
    drop(before.shelf);
    let (path, first) = world.image(&[]);
    world.write("more", "www 60 A 192.0.2.1\nnew 60 A 192.0.2.9\n");
    let changed = world.start_signing(Denial::Nsec, NOW.plus(60));
    assert_eq!(changed.origin, Origin::Text);
    assert_eq!(changed.signature("www.example."), signature);
    assert!(changed.zone.rrset(&"new.example.".parse().unwrap(), Rtype::A).is_some());
    drop(changed.shelf);
    let (_, mut damaged) = world.image(&first);
    for at in [20, damaged.len() / 2, damaged.len() - 30] {
        damaged[at] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        let mended = world.start_signing(Denial::Nsec, NOW.plus(120));
        assert_eq!(mended.origin, Origin::Text);
        assert_ne!(mended.signature("www.example."), signature);
        drop(mended.shelf);
        damaged = world.image(&damaged).1;
    }
    // Signed by nobody, as it was before there was a policy.
    let (mut shelf, open) = (Shelf::default(), || Images::open(&world.0.path().join("images")).ok());
    shelf.images = Some(soon("the folder", open));
    shelf.load(&world.sources(false), Reason::Told, NOW);
    assert_eq!(shelf.status()[0].zone.as_ref().unwrap().origin, Origin::Text);
    assert!(shelf.catalog().zone(&apex()).unwrap().rrset(&apex(), Rtype::DNSKEY).is_none());
}
