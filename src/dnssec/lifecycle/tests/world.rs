//! A zone's servers, its parent's, and what caches may hold of both, kept apart from what a ring knows of them.

use std::collections::BTreeSet;

use super::super::*;
use crate::clock::UnixTime;
use crate::record::dnssec::Algorithm;

type Ids = BTreeSet<KeyId>;

/// Something that was to be had from servers, from a time until another replaced it.
#[derive(Debug, Clone)]
struct Published<T> {
    what: T,
    /// TTL and propagation of that time.
    hold: u64,
    replaced: Option<UnixTime>,
}

/// What CDS asks the parent for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Cds {
    keys: Ids,
    /// No DS records at all.
    delete: bool,
}

#[derive(Debug, Clone)]
struct Zone {
    dnskeys: Ids,
    dnskey_hold: u64,
    signers: Ids,
    data_hold: u64,
}

#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) now: UnixTime,
    pub(super) policy: KeyPolicy,
    /// What a server or a command that ran would know.
    pub(super) ring: KeyRing,
    /// What outlives it.
    disk: String,
    next_tag: u16,
    dnskeys: Vec<Published<Ids>>,
    signers: Vec<Published<Ids>>,
    ds: Vec<Published<Ids>>,
    /// What CDS has asked for, each as long as the zone's data is held.
    asked: Vec<Published<Cds>>,
    /// The newest that the parent has read: nothing older counts for it any more (RFC 7344 §6.2).
    read: usize,
    roles: std::collections::BTreeMap<KeyId, Role>,
}

/// How far a server comes before it ends without a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Until {
    KeysMade,
    Advanced,
    Saved,
    Published,
    Noted,
    Done,
}

impl World {
    pub(super) fn new(policy: KeyPolicy) -> Self {
        let now = UnixTime(1_000_000);
        let nothing = |hold| vec![Published { what: Ids::new(), hold, replaced: None }];
        let unsigned = policy.zone_ttl.max(policy.dnskey_ttl) + policy.propagation;
        let mut world = Self {
            now,
            policy,
            ring: KeyRing::new(),
            disk: KeyRing::new().to_text(),
            next_tag: 1,
            dnskeys: nothing(unsigned),
            signers: nothing(unsigned),
            ds: nothing(0),
            asked: vec![Published { what: Cds::default(), hold: unsigned, replaced: None }],
            read: 0,
            roles: Default::default(),
        };
        // What the TTLs were before anybody looked is not known; nobody changes them before.
        world.serve(Until::Saved);
        world
    }

    /// One look of a running server at its keys, or as much of it as it comes to.
    pub(super) fn serve(&mut self, until: Until) {
        self.ring = KeyRing::parse(&self.disk).unwrap();
        for NewKey { role, algorithm } in self.ring.wanted(&self.policy, self.now) {
            // Where there are too many, it tells so and goes on with those there are.
            let _ = self.make(role, algorithm);
        }
        if until == Until::KeysMade {
            return;
        }
        self.ring.advance(&self.policy, self.now);
        if until == Until::Advanced {
            return;
        }
        self.disk = self.ring.to_text();
        if until == Until::Saved {
            return;
        }
        self.publish();
        if until == Until::Published {
            return;
        }
        let revision = self.ring.plan().revision;
        self.ring.published(revision, self.now);
        if until == Until::Noted {
            return;
        }
        self.disk = self.ring.to_text();
    }

    fn make(&mut self, role: Role, algorithm: Algorithm) -> Result<(), RingError> {
        let id = KeyId { algorithm, tag: self.next_tag };
        self.next_tag += 1;
        self.roles.insert(id, role);
        self.ring.add(id, role, self.now)
    }

    fn publish(&mut self) {
        let plan = self.ring.plan();
        let dnskey_hold = if plan.dnskeys.is_empty() {
            self.policy.zone_ttl.max(self.policy.dnskey_ttl)
        } else {
            self.policy.dnskey_ttl
        } + self.policy.propagation;
        let data_hold = self.policy.zone_ttl.max(self.policy.dnskey_ttl) + self.policy.propagation;
        let zone = Zone {
            dnskeys: plan.dnskeys.into_iter().collect(),
            dnskey_hold,
            signers: plan.signers.into_iter().collect(),
            data_hold,
        };
        put(&mut self.dnskeys, zone.dnskeys, zone.dnskey_hold, self.now);
        put(&mut self.signers, zone.signers, zone.data_hold, self.now);
        let cds = Cds { keys: plan.cds.into_iter().collect(), delete: plan.delete_ds };
        put(&mut self.asked, cds, zone.data_hold, self.now);
        self.check();
    }

    /// A command of the operator's: it works on what is on the disk.
    pub(super) fn command<T>(&mut self, does: impl FnOnce(&mut KeyRing, UnixTime) -> T) -> T {
        self.ring = KeyRing::parse(&self.disk).unwrap();
        let done = does(&mut self.ring, self.now);
        self.disk = self.ring.to_text();
        done
    }

    pub(super) fn roll(&mut self, role: Role) -> Result<(), RingError> {
        self.ring = KeyRing::parse(&self.disk).unwrap();
        let algorithm = self.ring.algorithm(&self.policy);
        let made = self.make(role, algorithm);
        self.disk = self.ring.to_text();
        made
    }

    /// The parent does what CDS asks for: adds, removes, or both at once.
    pub(super) fn parent_acts(&mut self, adds: bool, removes: bool) {
        self.parent_reads(self.asked.len() - 1, adds, removes);
    }

    /// The same, with the oldest CDS that a cache may still tell it.
    pub(super) fn parent_is_late(&mut self) {
        let held = self.asked.iter().map(|one| one.replaced.is_none_or(|at| at.plus(one.hold) > self.now));
        let oldest = held.enumerate().position(|(at, is_held)| is_held && at >= self.read);
        self.parent_reads(oldest.expect("the newest is held"), true, true);
    }

    /// Its operators do by hand what CDS asks for; the parent has not read that.
    pub(super) fn parent_is_told(&mut self) {
        let read = self.read;
        self.parent_reads(self.asked.len() - 1, true, true);
        self.read = read;
    }

    fn parent_reads(&mut self, number: usize, adds: bool, removes: bool) {
        self.read = number;
        let Cds { keys, delete } = self.asked[number].what.clone();
        if keys.is_empty() && !delete {
            return;
        }
        let mut ds = self.ds.last().unwrap().what.clone();
        if adds {
            ds.extend(&keys);
        }
        if removes && (delete || !ds.is_disjoint(&keys)) {
            ds.retain(|id| keys.contains(id));
        }
        put(&mut self.ds, ds, self.policy.parent_ttl + self.policy.parent_propagation, self.now);
        self.check();
    }

    /// Somebody gives the parent a DS record before it is time, beside one of the same algorithm.
    pub(super) fn parent_is_early(&mut self) {
        let ds = &self.ds.last().unwrap().what;
        let fits = |id: &KeyId| ds.iter().any(|other| other.algorithm == id.algorithm);
        let entries = self.ring.keys().iter().filter(|key| key.role.signs_keys() && key.removed.is_none());
        let Some(id) = entries.map(|key| key.id).rfind(fits) else { return };
        let mut ds = ds.clone();
        ds.insert(id);
        put(&mut self.ds, ds, self.policy.parent_ttl + self.policy.parent_propagation, self.now);
        self.check();
        self.look_at_parent();
    }

    /// Somebody looks at the parent's servers, and tells what is there.
    pub(super) fn look_at_parent(&mut self) {
        let there = self.ds.last().unwrap().what.clone();
        self.command(|ring, now| {
            let ids: Vec<KeyId> =
                ring.keys().iter().filter(|key| key.role.signs_keys()).map(|key| key.id).collect();
            for id in ids {
                // What is asked for and not there yet is no news.
                let _ = if there.contains(&id) { ring.ds_seen(id, now) } else { ring.ds_gone(id, now) };
            }
        });
    }

    pub(super) fn pass(&mut self, seconds: u64) {
        self.now = self.now.plus(seconds);
    }

    /// Whatever a validator may hold, it can follow. Any DS set, any DNSKEY RRset, any data.
    fn check(&self) {
        let none = Ids::new();
        for ds in cached(&self.ds, self.now).filter(|ds| **ds != none) {
            for dnskeys in cached(&self.dnskeys, self.now) {
                for signers in cached(&self.signers, self.now) {
                    self.validate(ds, dnskeys, signers);
                }
            }
        }
    }

    fn validate(&self, ds: &Ids, dnskeys: &Ids, signers: &Ids) {
        let told = || format!("ds {ds:?}\ndnskeys {dnskeys:?}\nsigners {signers:?}\n{}", self.ring.to_text());
        let of = |id: &KeyId, algorithm: Algorithm| id.algorithm == algorithm;
        for algorithm in ds.iter().map(|id| id.algorithm) {
            let entry = ds.intersection(dnskeys).any(|id| of(id, algorithm) && self.roles[id].signs_keys());
            assert!(entry, "no DS record of algorithm {algorithm} leads to a key\n{}", told());
        }
        for algorithm in dnskeys.iter().map(|id| id.algorithm) {
            let keys = dnskeys.iter().any(|id| of(id, algorithm) && self.roles[id].signs_keys());
            assert!(keys, "the DNSKEY RRset has no signature of algorithm {algorithm}\n{}", told());
            let data =
                signers.intersection(dnskeys).any(|id| of(id, algorithm) && self.roles[id].signs_data());
            assert!(data, "data has no signature of algorithm {algorithm}\n{}", told());
        }
    }

    /// What CDS asks for now.
    pub(super) fn cds(&self) -> &Ids {
        &self.asked.last().unwrap().what.keys
    }

    /// The parent's DS set.
    pub(super) fn ds(&self) -> &Ids {
        &self.ds.last().unwrap().what
    }

    /// The DNSKEY RRset, and what signs the data.
    pub(super) fn zone(&self) -> (&Ids, &Ids) {
        (&self.dnskeys.last().unwrap().what, &self.signers.last().unwrap().what)
    }
}

fn put<T: PartialEq>(published: &mut Vec<Published<T>>, what: T, hold: u64, now: UnixTime) {
    let last = published.last_mut().unwrap();
    if last.what == what {
        last.hold = last.hold.max(hold);
        return;
    }
    last.replaced = Some(now);
    published.push(Published { what, hold, replaced: None });
}

fn cached(published: &[Published<Ids>], now: UnixTime) -> impl Iterator<Item = &Ids> {
    let held = move |one: &&Published<Ids>| one.replaced.is_none_or(|at| at.plus(one.hold) > now);
    published.iter().filter(held).map(|one| &one.what)
}
