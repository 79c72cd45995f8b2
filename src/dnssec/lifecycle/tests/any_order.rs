//! Whatever happens in whatever order, validators follow; and when it is quiet again, all rolls end.

use proptest::prelude::*;

use super::super::*;
use super::world::{Until, World};
use crate::record::dnssec::Algorithm;

#[derive(Debug, Clone)]
enum Event {
    Pass(u64),
    Serve(Until),
    Roll(Role),
    Algorithm(Algorithm),
    TellAlgorithm(Algorithm),
    Scheme(Scheme),
    Ttls([u64; 3]),
    Lifetimes([Option<u64>; 2]),
    Parent { adds: bool, removes: bool },
    Early,
    Late,
    ByHand,
    Look,
    End,
    GoOn,
}

fn until() -> impl Strategy<Value = Until> {
    prop_oneof![
        6 => Just(Until::Done),
        1 => prop::sample::select(vec![Until::KeysMade, Until::Advanced, Until::Saved, Until::Published, Until::Noted]),
    ]
}

fn algorithm() -> impl Strategy<Value = Algorithm> {
    prop::sample::select(vec![Algorithm(8), Algorithm(13), Algorithm(15)])
}

fn scheme() -> impl Strategy<Value = Scheme> {
    prop::sample::select(vec![Scheme::Csk, Scheme::Split])
}

fn lifetime() -> impl Strategy<Value = Option<u64>> {
    prop::option::of(20..200_u64)
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (0..30_u64).prop_map(Event::Pass),
        10 => until().prop_map(Event::Serve),
        2 => prop::sample::select(Role::ALL.to_vec()).prop_map(Event::Roll),
        1 => algorithm().prop_map(Event::Algorithm),
        1 => algorithm().prop_map(Event::TellAlgorithm),
        1 => scheme().prop_map(Event::Scheme),
        1 => prop::array::uniform3(0..20_u64).prop_map(Event::Ttls),
        1 => [lifetime(), lifetime()].prop_map(Event::Lifetimes),
        4 => (any::<bool>(), any::<bool>()).prop_map(|(adds, removes)| Event::Parent { adds, removes }),
        1 => Just(Event::Early),
        2 => Just(Event::Late),
        1 => Just(Event::ByHand),
        4 => Just(Event::Look),
        1 => Just(Event::End),
        1 => Just(Event::GoOn),
    ]
}

fn policy() -> KeyPolicy {
    KeyPolicy {
        algorithm: Algorithm(13),
        scheme: Scheme::Split,
        dnskey_ttl: 10,
        zone_ttl: 15,
        propagation: 3,
        parent_ttl: 12,
        parent_propagation: 2,
        ksk_lifetime: None,
        zsk_lifetime: None,
    }
}

impl World {
    fn happen(&mut self, event: &Event) {
        match *event {
            Event::Pass(seconds) => self.pass(seconds),
            Event::Serve(until) => self.serve(until),
            // Too many is an answer too.
            Event::Roll(role) => drop(self.roll(role)),
            Event::Algorithm(algorithm) => self.policy.algorithm = algorithm,
            Event::TellAlgorithm(algorithm) => self.command(|ring, _| ring.set_algorithm(algorithm)),
            Event::Scheme(scheme) => self.policy.scheme = scheme,
            Event::Ttls([dnskey, zone, propagation]) => {
                (self.policy.dnskey_ttl, self.policy.zone_ttl) = (dnskey, zone);
                self.policy.propagation = propagation;
            }
            Event::Lifetimes([ksk, zsk]) => {
                (self.policy.ksk_lifetime, self.policy.zsk_lifetime) = (ksk, zsk);
            }
            Event::Parent { adds, removes } => self.parent_acts(adds, removes),
            Event::Early => self.parent_is_early(),
            Event::Late => self.parent_is_late(),
            Event::ByHand => self.parent_is_told(),
            Event::Look => self.look_at_parent(),
            Event::End => drop(self.command(|ring, _| ring.end())),
            Event::GoOn => drop(self.command(|ring, _| ring.go_on())),
        }
    }

    /// The server runs, the parent does what it is asked for, nobody wants anything new.
    fn quiet(&mut self) {
        (self.policy.ksk_lifetime, self.policy.zsk_lifetime) = (None, None);
        for _ in 0..60 {
            self.serve(Until::Done);
            self.parent_acts(true, true);
            self.look_at_parent();
            self.pass(20);
        }
    }

    fn assert_all_is_done(&self) {
        let ring = &self.ring;
        let told = ring.to_text();
        let there: Vec<&Key> = ring.keys().iter().filter(|key| key.removed.is_none()).collect();
        if ring.is_ending() {
            assert!(there.is_empty() && ring.is_unsigned() && ring.is_published(), "{told}");
            assert!(self.ds().is_empty() && self.cds().is_empty(), "{told}");
            return;
        }
        let mut roles: Vec<Role> = there.iter().map(|key| key.role).collect();
        roles.sort();
        assert_eq!(roles, self.policy.scheme.roles(), "{told}");
        let algorithm = ring.algorithm(&self.policy);
        assert!(there.iter().all(|key| key.id.algorithm == algorithm), "{told}");
        assert!(there.iter().all(|key| ring.state(key, self.now) == KeyState::Active), "{told}");
        let ids = |does: fn(Role) -> bool| {
            there
                .iter()
                .filter(|key| does(key.role))
                .map(|key| key.id)
                .collect::<std::collections::BTreeSet<_>>()
        };
        let (dnskeys, signers) = self.zone();
        assert_eq!((dnskeys, signers), (&ids(|_| true), &ids(Role::signs_data)), "{told}");
        assert_eq!(self.ds(), &ids(Role::signs_keys), "{told}");
        assert_eq!(ring.wanted(&self.policy, self.now), [], "{told}");
        assert!(ring.is_published(), "{told}");
    }
}

/// What random events found before it was mended: a parent that read the CDS records of before from a cache.
#[test]
fn a_late_parent_that_was_found() {
    use Event::{Algorithm as Rolled, ByHand, End, GoOn, Late, Look, Pass, Roll, Serve};
    let signed = || vec![Serve(Until::Done), Pass(18), Serve(Until::Done)];
    let done = || Serve(Until::Done);
    let found = [
        vec![Pass(18), End, done(), Look, Late, Pass(18), done()],
        vec![End, Pass(18), done(), Look, Late, Pass(8), Pass(10), Pass(0)],
        vec![End, Rolled(Algorithm(15)), Pass(18), Roll(Role::Ksk), done(), Look, Late, Pass(14), done()],
        vec![
            Roll(Role::Ksk),
            done(),
            End,
            done(),
            Look,
            Pass(14),
            Rolled(Algorithm(8)),
            done(),
            Pass(4),
            done(),
            GoOn,
        ],
        // Whoever removed it: the parent has not read what came since.
        vec![
            Event::Parent { adds: true, removes: true },
            Look,
            Pass(18),
            End,
            done(),
            ByHand,
            Look,
            Pass(15),
            done(),
            Late,
            Pass(18),
            done(),
        ],
    ];
    for events in found {
        let mut world = World::new(policy());
        for event in signed().iter().chain(&events) {
            world.happen(event);
        }
        world.quiet();
        world.assert_all_is_done();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn validators_follow_whatever_happens(events in prop::collection::vec(event(), 0..120)) {
        let mut world = World::new(policy());
        for event in &events {
            world.happen(event);
        }
        world.quiet();
        world.assert_all_is_done();
    }

    #[test]
    fn text_reads_back(events in prop::collection::vec(event(), 0..60)) {
        let mut world = World::new(policy());
        for event in &events {
            world.happen(event);
            let text = world.ring.to_text();
            prop_assert_eq!(KeyRing::parse(&text), Ok(world.ring.clone()));
        }
    }
}
