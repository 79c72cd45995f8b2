//! Each roll step by step, with its times.

use super::super::*;
use super::world::{Until, World};
use crate::clock::UnixTime;
use crate::record::dnssec::Algorithm;

const ED25519: Algorithm = Algorithm::ED25519;
const P256: Algorithm = Algorithm::ECDSAP256SHA256;

/// How long a DNSKEY RRset, data and a DS RRset are in caches.
const KEYS: u64 = 3600 + 60;
const DATA: u64 = 7200 + 60;
const DS: u64 = 86_400 + 600;

fn policy(scheme: Scheme) -> KeyPolicy {
    KeyPolicy {
        algorithm: P256,
        scheme,
        dnskey_ttl: 3600,
        zone_ttl: 7200,
        propagation: 60,
        parent_ttl: 86_400,
        parent_propagation: 600,
        ksk_lifetime: None,
        zsk_lifetime: None,
    }
}

impl World {
    /// A zone that is signed, and whose parent says so.
    fn settled(scheme: Scheme) -> Self {
        let mut world = Self::new(policy(scheme));
        world.serve(Until::Done);
        world.pass(DATA);
        world.serve(Until::Done);
        world.parent_acts(true, true);
        world.look_at_parent();
        world.pass(DS);
        world.serve(Until::Done);
        assert_eq!(world.due(), None);
        world
    }

    /// Seconds until something is due.
    fn due(&self) -> Option<u64> {
        Some(self.ring.next_due(&self.policy, self.now)?.0 - self.now.0)
    }

    /// Lets as much time pass as something takes that is due, and looks again; nothing happens a second before.
    fn wait(&mut self, seconds: u64) {
        assert_eq!(self.due(), Some(seconds));
        self.pass(seconds - 1);
        let plan = self.ring.plan();
        self.serve(Until::Done);
        assert_eq!(self.ring.plan(), plan, "a second too early");
        self.pass(1);
        self.serve(Until::Done);
    }

    /// `dnskeys | signers | cds`, by tag.
    fn plan(&self) -> String {
        let Plan { dnskeys, signers, cds, .. } = self.ring.plan();
        let tags = |ids: Vec<KeyId>| ids.iter().map(|id| format!("{}", id.tag)).collect::<Vec<_>>().join(" ");
        format!("{} | {} | {}", tags(dnskeys), tags(signers), tags(cds))
    }

    fn states(&self) -> Vec<(u16, &'static str)> {
        let state = |key: &Key| (key.id.tag, self.ring.state(key, self.now).label());
        self.ring.keys().iter().map(state).collect()
    }

    /// The parent does what it is asked for, and is looked at.
    fn swap_ds(&mut self) {
        self.parent_acts(true, true);
        self.look_at_parent();
        self.serve(Until::Done);
    }
}

#[test]
fn a_zone_is_signed_before_its_parent_is_told() {
    let mut world = World::new(policy(Scheme::Split));
    world.serve(Until::Done);
    assert_eq!(world.plan(), "1 2 | 2 | ", "the data of before is in caches");
    assert_eq!(world.states(), [(1, "published"), (2, "active")]);
    world.wait(DATA);
    assert_eq!(world.plan(), "1 2 | 2 | 1");
    let key = world.ring.keys()[0].clone();
    assert_eq!(world.ring.waiting(&key, &world.policy, world.now), Some(Waiting::DsAtParent));
    world.swap_ds();
    assert_eq!(world.states(), [(1, "active"), (2, "active")]);
    assert_eq!(world.due(), None);
}

#[test]
fn a_zsk_is_published_before_it_signs() {
    let mut world = World::settled(Scheme::Split);
    world.roll(Role::Zsk).unwrap();
    world.serve(Until::Done);
    assert_eq!(world.plan(), "1 2 3 | 2 | 1");
    assert_eq!(world.states(), [(1, "active"), (2, "active"), (3, "published")]);
    world.wait(KEYS);
    assert_eq!(world.plan(), "1 2 3 | 3 | 1");
    assert_eq!(world.states(), [(1, "active"), (2, "retired"), (3, "active")]);
    world.wait(DATA);
    assert_eq!(world.plan(), "1 3 | 3 | 1");
    world.wait(KEYS);
    assert_eq!(world.states(), [(1, "active"), (2, "removed"), (3, "active")]);
    // It is listed for a month.
    world.wait(30 * 86_400);
    assert!(world.ring.clone().purge(world.now) == [KeyId { algorithm: P256, tag: 2 }]);
}

#[test]
fn a_ksk_signs_beside_the_one_before_until_the_parent_has_changed() {
    let mut world = World::settled(Scheme::Split);
    world.roll(Role::Ksk).unwrap();
    world.serve(Until::Done);
    assert_eq!(world.plan(), "1 2 3 | 2 | 1");
    world.wait(KEYS);
    assert_eq!(world.plan(), "1 2 3 | 2 | 3");
    assert_eq!(world.states(), [(1, "retired"), (2, "active"), (3, "ready")]);
    let waiting =
        |world: &World, at: usize| world.ring.waiting(&world.ring.keys()[at], &world.policy, world.now);
    let cds_forgotten = Some(Waiting::Caches(world.now.plus(DATA)));
    assert_eq!([waiting(&world, 0), waiting(&world, 2)], [cds_forgotten, Some(Waiting::DsAtParent)]);
    world.wait(DATA);
    assert_eq!(world.due(), None, "nothing happens before the parent has changed");
    assert_eq!([waiting(&world, 0), waiting(&world, 2)], [Some(Waiting::DsGone), Some(Waiting::DsAtParent)]);
    world.pass(7 * 86_400);
    world.serve(Until::Done);
    assert_eq!(world.plan(), "1 2 3 | 2 | 3");
    world.swap_ds();
    world.wait(DS);
    assert_eq!(world.plan(), "2 3 | 2 | 3");
    world.wait(KEYS);
    assert_eq!(world.states(), [(1, "removed"), (2, "active"), (3, "active")]);
}

/// RFC 6781 §4.1.4, the conservative way.
#[test]
fn an_algorithm_comes_with_its_signatures_and_goes_with_its_keys() {
    let mut world = World::settled(Scheme::Split);
    world.policy.algorithm = ED25519;
    world.serve(Until::Done);
    assert_eq!(world.plan(), "1 2 | 2 4 | 1", "new signatures");
    world.wait(DATA);
    assert_eq!(world.plan(), "1 2 3 4 | 2 4 | 1", "new keys");
    world.wait(KEYS);
    assert_eq!(world.plan(), "1 2 3 4 | 2 4 | 3", "new DS");
    world.wait(DATA);
    world.swap_ds();
    world.wait(DS);
    assert_eq!(world.plan(), "3 4 | 2 4 | 3", "former keys go");
    world.wait(KEYS);
    assert_eq!(world.plan(), "3 4 | 4 | 3", "former signatures go");
    world.wait(DATA);
    assert_eq!(world.states(), [(1, "removed"), (2, "removed"), (3, "active"), (4, "active")]);
}

#[test]
fn one_key_becomes_two_and_another_algorithm_at_once() {
    let mut world = World::settled(Scheme::Csk);
    assert_eq!(world.plan(), "1 | 1 | 1");
    (world.policy.scheme, world.policy.algorithm) = (Scheme::Split, ED25519);
    world.serve(Until::Done);
    assert_eq!(world.plan(), "1 | 1 3 | 1");
    world.wait(DATA);
    assert_eq!(world.plan(), "1 2 3 | 1 3 | 1");
    world.wait(KEYS);
    world.wait(DATA);
    world.swap_ds();
    world.wait(DS);
    world.wait(KEYS);
    assert_eq!(world.plan(), "2 3 | 3 | 2");
}

#[test]
fn a_roll_that_is_taken_back_ends_where_it_began() {
    let mut world = World::settled(Scheme::Csk);
    world.command(|ring, _| ring.set_algorithm(ED25519));
    world.serve(Until::Done);
    assert_eq!(world.plan(), "1 | 1 2 | 1");
    world.command(|ring, _| ring.set_algorithm(P256));
    world.serve(Until::Done);
    // What was chosen away is not chosen again: its successor is a key of the same algorithm.
    assert_eq!(world.plan(), "1 3 | 1 2 | 1");
    world.wait(KEYS);
    assert_eq!(world.plan(), "1 3 | 3 | 3");
}

#[test]
fn what_the_policy_says_later_counts_more_than_a_command() {
    let mut world = World::settled(Scheme::Csk);
    world.command(|ring, _| ring.set_algorithm(ED25519));
    world.serve(Until::Done);
    assert_eq!(world.ring.algorithm(&world.policy), ED25519);
    world.policy.algorithm = Algorithm::RSASHA256;
    world.serve(Until::Done);
    assert_eq!(world.ring.algorithm(&world.policy), Algorithm::RSASHA256);
}

#[test]
fn keys_are_rolled_when_their_time_is_over_and_not_while_a_roll_goes_on() {
    let mut world = World::new(policy(Scheme::Split));
    world.policy.zsk_lifetime = Some(3600);
    world.serve(Until::Done);
    assert_eq!(world.due(), Some(3600));
    world.pass(3600);
    world.serve(Until::Done);
    assert_eq!(world.ring.keys().len(), 3);
    world.pass(3600);
    world.serve(Until::Done);
    assert_eq!(world.ring.keys().len(), 3, "the key before is needed still");
    let zsk = |key: &&Key| key.role == Role::Zsk;
    assert!(world.ring.keys().iter().filter(zsk).count() == 2);
}

#[test]
fn as_long_as_a_publication_is_not_known_nothing_is_forgotten() {
    let mut world = World::settled(Scheme::Split);
    world.roll(Role::Zsk).unwrap();
    world.serve(Until::Saved);
    world.pass(30 * 86_400);
    world.serve(Until::Saved);
    assert_eq!(world.plan(), "1 2 3 | 2 | 1", "perhaps nobody has seen the key");
    let key = world.ring.keys()[2].clone();
    assert_eq!(world.ring.waiting(&key, &world.policy, world.now), Some(Waiting::Publication));
    world.serve(Until::Done);
    world.wait(KEYS);
    assert_eq!(world.plan(), "1 2 3 | 3 | 1");
}

#[test]
fn what_the_parent_is_told_and_what_is_seen_there() {
    let mut world = World::settled(Scheme::Split);
    let [ksk, zsk] = [1, 2].map(|tag| KeyId { algorithm: P256, tag });
    let now = UnixTime(5);
    assert_eq!(world.ring.ds_gone(ksk, now), Err(RingError::Wanted));
    assert_eq!(world.ring.ds_seen(ksk, now), Ok(false), "no news");
    assert_eq!(world.ring.ds_seen(zsk, now), Err(RingError::NoDs));
    assert_eq!(world.ring.ds_gone(KeyId { tag: 9, ..ksk }, now), Err(RingError::NotHere));
    assert_eq!(
        world.ring.add(KeyId { algorithm: ED25519, tag: 1 }, Role::Zsk, now),
        Err(RingError::TagTwice)
    );
    for tag in 3..13 {
        world.ring.add(KeyId { tag, ..ksk }, Role::Zsk, now).unwrap();
    }
    assert_eq!(world.ring.add(KeyId { tag: 13, ..ksk }, Role::Zsk, now), Err(RingError::TooMany));
    assert!(!world.ring.has_room_for(1));
}

#[test]
fn text_that_is_no_ring() {
    let text = World::settled(Scheme::Split).ring.to_text();
    assert_eq!(KeyRing::parse(""), Err(RingTextError::Version));
    assert_eq!(KeyRing::parse(&text.replace("keys 1", "keys 2")), Err(RingTextError::Version));
    for (from, to, fault) in [
        ("end\n", "", RingTextError::Cut),
        ("end\n", "end\nend\n", RingTextError::Line(12)),
        ("ksk", "kks", RingTextError::Line(4)),
        ("serial -", "serial x", RingTextError::Line(3)),
        ("serial -", "serial - -", RingTextError::Line(3)),
        ("serial -", "cereal -", RingTextError::Line(3)),
        ("key 13/2", "key 13/1", RingTextError::Line(7)),
        ("signers", "dnskeys", RingTextError::Contradiction),
        ("dnskeys 1", "dnskeys 1 9", RingTextError::Line(8)),
        ("cds 2 ", "cds 2 9 ", RingTextError::Line(10)),
    ] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "{from}");
        assert_eq!(KeyRing::parse(&changed), Err(fault), "{changed}");
    }
}

/// RFC 8078 §4: the way out, and its times.
#[test]
fn a_zone_goes_insecure_once_no_cache_holds_a_ds_record() {
    let mut world = World::settled(Scheme::Split);
    assert!(world.command(|ring, _| ring.end()));
    assert!(!world.command(|ring, _| ring.end()), "no news");
    world.serve(Until::Done);
    assert_eq!(world.plan(), "1 2 | 2 | ");
    assert!(world.ring.plan().delete_ds);
    let waiting = |world: &World| world.ring.waiting(&world.ring.keys()[0], &world.policy, world.now);
    assert_eq!(waiting(&world), Some(Waiting::Caches(world.now.plus(DATA))));
    world.wait(DATA);
    assert_eq!(waiting(&world), Some(Waiting::DsGone));
    world.pass(30 * 86_400);
    world.serve(Until::Done);
    assert_eq!(world.plan(), "1 2 | 2 | ", "the parent has it still");
    world.swap_ds();
    assert!(world.ds().is_empty());
    world.wait(DS);
    assert_eq!((world.plan().as_str(), world.ring.plan().delete_ds), (" |  | ", false));
    assert!(world.ring.is_unsigned());
    world.wait(KEYS);
    world.wait(DATA - KEYS);
    assert_eq!(world.states(), [(1, "removed"), (2, "removed")]);
    assert_eq!(world.ring.wanted(&world.policy, world.now), []);
}

#[test]
fn who_reads_the_former_cds_from_a_cache_is_waited_for() {
    let mut world = World::new(policy(Scheme::Csk));
    world.serve(Until::Done);
    world.command(|ring, _| ring.end());
    world.serve(Until::Published);
    world.pass(30 * 86_400);
    assert_eq!(world.plan(), "1 | 1 | ", "that it was published is not known");
    world.serve(Until::Done);
    // No DS record was asked for yet.
    world.wait(DATA);
    assert_eq!(world.plan(), " |  | ");
}

/// RFC 7344 §6.2: the parent may act on what is not older than what it read last, and that is what caches give it.
#[test]
fn what_the_parent_was_asked_for_may_come_until_caches_have_forgotten_it() {
    let key = KeyId { algorithm: P256, tag: 1 };
    let mut world = World::new(policy(Scheme::Csk));
    world.serve(Until::Done);
    world.wait(DATA);
    assert_eq!(world.plan(), "1 | 1 | 1", "asked for, and not there yet");
    world.pass(DATA);
    world.command(|ring, _| ring.end());
    world.serve(Until::Done);
    let mut early = world.clone();
    assert_eq!(early.command(|ring, now| ring.ds_gone(key, now)), Err(RingError::StillAsked));
    early.pass(DATA - 1);
    early.serve(Until::Done);
    assert_eq!(early.command(|ring, now| ring.ds_gone(key, now)), Err(RingError::StillAsked));
    early.parent_is_late();
    assert_eq!(early.ds(), &[key].into(), "it is there");
    early.pass(30 * 86_400);
    early.serve(Until::Done);
    assert_eq!(early.plan(), "1 | 1 | ", "and leads to the zone");

    world.wait(DATA);
    assert_eq!(world.command(|ring, now| ring.ds_gone(key, now)), Ok(true));
    world.serve(Until::Done);
    world.wait(DS);
    assert!(world.ring.is_unsigned());
}

#[test]
fn a_ds_record_that_was_removed_by_hand_may_come_back_too() {
    let mut world = World::settled(Scheme::Csk);
    let key = world.ring.keys()[0].id;
    world.roll(Role::Csk).unwrap();
    world.serve(Until::Done);
    world.wait(KEYS);
    assert_eq!(world.plan(), "1 2 | 2 | 2");
    world.parent_is_told();
    world.look_at_parent();
    assert!(world.ring.key(key).unwrap().ds.gone.is_none());
    world.parent_is_late();
    assert!(world.ds().contains(&key));
}

/// What was written before the ring knew what CDS had asked for.
#[test]
fn a_file_that_does_not_say_what_was_asked_for_is_read_with_care() {
    let without_cds = |world: &World| {
        let text = world.ring.to_text();
        text.lines()
            .filter(|line| !line.starts_with("cds "))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    let mut world = World::settled(Scheme::Csk);
    let read = KeyRing::parse(&without_cds(&world)).unwrap();
    assert_eq!((read.plan(), read.is_published()), (world.ring.plan(), true), "nothing to wait for");

    world.command(|ring, _| ring.end());
    world.serve(Until::Done);
    world.wait(DATA);
    world.swap_ds();
    let mut read = KeyRing::parse(&without_cds(&world)).unwrap();
    assert_eq!((read.plan(), read.is_published()), (world.ring.plan(), false));
    let key = read.keys()[0].id;
    assert_eq!(read.ds_gone(key, world.now.plus(DS)), Err(RingError::StillAsked));
    read.published(read.revision(), world.now);
    assert_eq!(read.ds_gone(key, world.now.plus(DATA - 1)), Err(RingError::StillAsked));
    assert_eq!(read.ds_gone(key, world.now.plus(DATA)), Ok(true));
}

#[test]
fn what_is_taken_back_goes_on_where_it_was() {
    let mut world = World::settled(Scheme::Csk);
    world.command(|ring, _| ring.end());
    world.serve(Until::Done);
    assert!(world.command(|ring, _| ring.go_on()));
    world.serve(Until::Done);
    assert_eq!((world.plan().as_str(), world.due()), ("1 | 1 | 1", None), "the parent had it all the time");
    world.look_at_parent();
    assert_eq!(world.states(), [(1, "active")]);

    world.command(|ring, _| ring.end());
    world.serve(Until::Done);
    world.swap_ds();
    world.command(|ring, _| ring.go_on());
    world.serve(Until::Done);
    assert_eq!(world.plan(), "1 | 1 | 1", "it is asked for again");
    let key = world.ring.keys()[0].clone();
    assert_eq!(world.ring.waiting(&key, &world.policy, world.now), Some(Waiting::DsAtParent));

    world.command(|ring, _| ring.end());
    world.serve(Until::Done);
    world.wait(DATA);
    world.swap_ds();
    world.wait(DS);
    assert!(world.ring.is_unsigned());
    world.command(|ring, _| ring.go_on());
    world.serve(Until::Done);
    assert_eq!(world.plan(), "2 | 2 | ", "a new key");
}
