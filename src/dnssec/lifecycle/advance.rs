//! Every step that is safe now.

use super::history::KeySet;
use super::key::{Key, KeyId, Role};
use super::policy::KeyPolicy;
use super::ring::{KeyRing, NewKey, Told};
use super::validity::Held;
use crate::clock::UnixTime;
use crate::record::dnssec::Algorithm;

impl KeyRing {
    /// The keys that must be made before [`KeyRing::advance`]: those that the policy asks for and that are not
    /// there, and successors of those whose lifetime is over.
    #[must_use]
    pub fn wanted(&self, policy: &KeyPolicy, now: UnixTime) -> Vec<NewKey> {
        if self.is_ending() {
            return Vec::new();
        }
        let algorithm = self.algorithm(policy);
        let wanted = policy.scheme.roles().iter().map(|&role| NewKey { role, algorithm });
        let in_time =
            |key: &&Key| key.rolls_at(policy).is_none_or(|end| end > now) || self.is_rolling(key.role);
        wanted.filter(|&new| self.newest(new).filter(in_time).is_none()).collect()
    }

    /// Whether a key of this role is still on its way out.
    #[must_use]
    pub fn is_rolling(&self, role: Role) -> bool {
        self.keys.iter().any(|key| key.role == role && !key.stays() && key.removed.is_none())
    }

    /// What keys are to sign with: what the policy says, unless another was asked for since.
    #[must_use]
    pub fn algorithm(&self, policy: &KeyPolicy) -> Algorithm {
        match self.told {
            Some(Told { algorithm, instead_of }) if instead_of.is_none_or(|of| of == policy.algorithm) => {
                algorithm
            }
            _ => policy.algorithm,
        }
    }

    /// The key that does this work, or is to do it as soon as it can.
    fn newest(&self, new: NewKey) -> Option<&Key> {
        let fits = |key: &&Key| key.stays() && key.role == new.role && key.id.algorithm == new.algorithm;
        self.keys.iter().rfind(fits)
    }

    /// Takes every step that is safe at this time, and true where there was one: then the ring must be kept
    /// before the zone is published as [`KeyRing::plan`] says.
    ///
    /// The policy's TTLs must be those of what is published next.
    pub fn advance(&mut self, policy: &KeyPolicy, now: UnixTime) -> bool {
        let before = self.clone();
        self.settle(policy);
        self.hold(policy);
        for history in [&mut self.dnskeys, &mut self.signers, &mut self.cds] {
            history.prune(now);
        }
        if !self.is_ending() {
            self.choose(policy, now);
        }
        let next = self.revision + 1;
        let mut step = Step { policy, now, revision: next };
        while step.delete_ds(self)
            || step.unsign(self)
            || step.sign(self)
            || step.publish(self)
            || step.request_ds(self)
            || step.drop_ds(self)
            || step.withdraw(self)
            || step.stop_signing(self)
        {
            self.revision = next;
        }
        if self.asks(next) {
            self.revision = next;
        }
        self.hold(policy);
        step.mark_removed(self);
        *self != before
    }

    /// A command's algorithm is set against what the policy says when it is first seen.
    fn settle(&mut self, policy: &KeyPolicy) {
        match &mut self.told {
            Some(Told { instead_of: instead_of @ None, .. }) => *instead_of = Some(policy.algorithm),
            Some(Told { instead_of: Some(of), .. }) if *of != policy.algorithm => self.told = None,
            _ => {}
        }
    }

    fn hold(&mut self, policy: &KeyPolicy) {
        let empty = self.dnskeys.latest().is_empty();
        self.dnskeys.hold(policy.dnskey_hold(empty));
        self.signers.hold(policy.data_hold());
        self.cds.hold(policy.data_hold());
    }

    /// Notes what CDS asks for now; true where that is something else than before.
    fn asks(&mut self, revision: u64) -> bool {
        let asked = self.asked_now();
        let news = *self.cds.latest() != asked;
        if news {
            self.cds.push(asked, revision);
        }
        news
    }

    pub(super) fn asked_now(&self) -> KeySet {
        let asked = |key: &&Key| key.ds.requested.is_some() && key.ds.dropped.is_none();
        self.keys.iter().filter(asked).map(|key| key.id).collect()
    }

    /// Once there is a key for each role, all others go.
    fn choose(&mut self, policy: &KeyPolicy, now: UnixTime) {
        let algorithm = self.algorithm(policy);
        let roles = policy.scheme.roles().iter();
        let chosen: Option<Vec<KeyId>> =
            roles.map(|&role| self.newest(NewKey { role, algorithm }).map(|key| key.id)).collect();
        let Some(chosen) = chosen else { return };
        for key in self.keys.iter_mut().filter(|key| !chosen.contains(&key.id)) {
            key.leaving.get_or_insert(now);
        }
    }
}

/// One look at what can be done.
struct Step<'a> {
    policy: &'a KeyPolicy,
    now: UnixTime,
    /// What the ring's revision will be.
    revision: u64,
}

impl Step<'_> {
    /// Who stays begins to sign the data, in the place of those of its algorithm who go.
    fn sign(&mut self, ring: &mut KeyRing) -> bool {
        for algorithm in algorithms(ring) {
            let current = ring.signers.latest();
            let of_algorithm = |key: &&Key| key.id.algorithm == algorithm && key.role.signs_data();
            let keys = ring.keys.iter().filter(of_algorithm);
            let (come, go): (Vec<_>, Vec<_>) = keys.partition(|key| key.stays());
            let new: KeySet = come.iter().map(|key| key.id).filter(|id| !current.contains(id)).collect();
            if new.is_empty() {
                continue;
            }
            let mut next = current | &new;
            next.retain(|id| go.iter().all(|key| key.id != *id));
            if self.is_safe_to_sign(ring, &next) {
                for key in ring.keys.iter_mut().filter(|key| new.contains(&key.id) && !key.role.signs_keys())
                {
                    key.active.get_or_insert(self.now);
                }
                ring.signers.push(next, self.revision);
                return true;
            }
        }
        false
    }

    /// Who stays enters the DNSKEY RRset: all of an algorithm at once where that is possible, since an
    /// algorithm is there as a whole or not at all.
    fn publish(&mut self, ring: &mut KeyRing) -> bool {
        let current = ring.dnskeys.latest();
        let waits = |key: &&Key| key.stays() && !current.contains(&key.id);
        let waiting: Vec<KeyId> = ring.keys.iter().filter(waits).map(|key| key.id).collect();
        for some in groups(&waiting) {
            let next = current | &some;
            if self.is_safe_to_publish(ring, &next) {
                for key in ring.keys.iter_mut().filter(|key| some.contains(&key.id)) {
                    key.published.get_or_insert(self.now);
                }
                ring.dnskeys.push(next, self.revision);
                return true;
            }
        }
        false
    }

    /// The parent is asked for no DS records at all.
    fn delete_ds(&mut self, ring: &mut KeyRing) -> bool {
        let Some(ending) = &mut ring.ending else { return false };
        let mut news = ending.revision.is_none();
        ending.revision.get_or_insert(self.revision);
        // Some may come to the parent unasked.
        let kept = |key: &&mut Key| key.ds.may_be_there() && key.ds.dropped.is_none();
        for key in ring.keys.iter_mut().filter(kept) {
            key.ds.dropped = Some(self.now);
            news = true;
        }
        news
    }

    /// All keys and signatures go once no cache may hold a DS record, nor what asks the parent for one.
    fn unsign(&mut self, ring: &mut KeyRing) -> bool {
        let told = ring.ending.and_then(|ending| ending.live);
        let is_known = told.is_some_and(|live| live.plus(self.policy.data_hold()) <= self.now);
        if !is_known || ring.is_unsigned() || self.ds(ring).next().is_some() {
            return false;
        }
        for key in &mut ring.keys {
            key.leaving.get_or_insert(self.now);
        }
        ring.dnskeys.push(KeySet::new(), self.revision);
        ring.signers.push(KeySet::new(), self.revision);
        true
    }

    /// The parent is asked for a DS record once a validator can follow it whatever else it holds.
    fn request_ds(&mut self, ring: &mut KeyRing) -> bool {
        if ring.is_ending() {
            return false;
        }
        let wants = |key: &&Key| key.stays() && key.role.signs_keys() && key.ds.requested.is_none();
        let ready = |key: &&Key| self.leads_everywhere(ring, key.id);
        let Some(id) = ring.keys.iter().filter(wants).find(ready).map(|key| key.id) else { return false };
        set(ring, id, |key| {
            key.ds.requested = Some(self.now);
            // The parent had it unasked, and has it no more.
            if key.ds.gone.take().is_some() {
                key.ds.seen = None;
            }
        });
        true
    }

    /// And to drop one once it is asked for another: whichever it has leads to the zone.
    fn drop_ds(&mut self, ring: &mut KeyRing) -> bool {
        let takes_over =
            |key: &Key| key.stays() && key.ds.requested.is_some() && self.leads_everywhere(ring, key.id);
        if !ring.keys.iter().any(takes_over) {
            return false;
        }
        let goes = |key: &&Key| !key.stays() && key.ds.may_be_there() && key.ds.dropped.is_none();
        let Some(id) = ring.keys.iter().find(goes).map(|key| key.id) else { return false };
        set(ring, id, |key| key.ds.dropped = Some(self.now));
        true
    }

    /// Who goes leaves the DNSKEY RRset.
    fn withdraw(&mut self, ring: &mut KeyRing) -> bool {
        let current = ring.dnskeys.latest();
        let goes = |key: &&Key| !key.stays() && current.contains(&key.id);
        let going: Vec<KeyId> = ring.keys.iter().filter(goes).map(|key| key.id).collect();
        for some in groups(&going) {
            let next = current - &some;
            if has_stayers(ring, &next, Role::signs_keys)
                && has_stayers(ring, &next, Role::signs_data)
                && self.is_safe_to_publish(ring, &next)
            {
                ring.dnskeys.push(next, self.revision);
                return true;
            }
        }
        false
    }

    /// Who goes signs no more data: its successor does, or its algorithm has left the DNSKEY RRset.
    fn stop_signing(&mut self, ring: &mut KeyRing) -> bool {
        let current = ring.signers.latest();
        let goes = |key: &&Key| !key.stays() && current.contains(&key.id);
        let going: Vec<KeyId> = ring.keys.iter().filter(goes).map(|key| key.id).collect();
        for some in groups(&going) {
            let next = current - &some;
            if has_stayers(ring, &next, Role::signs_data) && self.is_safe_to_sign(ring, &next) {
                ring.signers.push(next, self.revision);
                return true;
            }
        }
        false
    }

    /// Whom no cache may need is done.
    fn mark_removed(&self, ring: &mut KeyRing) {
        let needed: KeySet = ring
            .dnskeys
            .possible(self.now)
            .chain(ring.signers.possible(self.now))
            .flatten()
            .copied()
            .collect();
        let hold = self.policy.ds_hold();
        for key in ring.keys.iter_mut().filter(|key| !key.stays() && key.removed.is_none()) {
            if !needed.contains(&key.id) && !key.may_have_ds(hold, self.now) {
                key.removed = Some(self.now);
            }
        }
    }

    /// Whether a validator can follow this DS record whatever else it holds.
    fn leads_everywhere(&self, ring: &KeyRing, ds: KeyId) -> bool {
        ring.dnskeys.possible(self.now).all(|dnskeys| {
            let mut signers = ring.signers.possible(self.now);
            signers.all(|signers| Held { ds, dnskeys, signers }.is_valid(&ring.keys))
        })
    }

    /// Whether every validator that can follow what it may hold now can do so with this DNSKEY RRset.
    fn is_safe_to_publish(&self, ring: &KeyRing, next: &KeySet) -> bool {
        self.ds(ring).all(|ds| {
            ring.signers.possible(self.now).all(|signers| {
                let before = Held { ds, dnskeys: ring.dnskeys.latest(), signers };
                Held { dnskeys: next, ..before }.is_valid(&ring.keys) || !before.is_valid(&ring.keys)
            })
        })
    }

    /// And with data signed by these.
    fn is_safe_to_sign(&self, ring: &KeyRing, next: &KeySet) -> bool {
        self.ds(ring).all(|ds| {
            ring.dnskeys.possible(self.now).all(|dnskeys| {
                let before = Held { ds, dnskeys, signers: ring.signers.latest() };
                Held { signers: next, ..before }.is_valid(&ring.keys) || !before.is_valid(&ring.keys)
            })
        })
    }

    /// What the DS records that may be in caches point to.
    fn ds(&self, ring: &KeyRing) -> impl Iterator<Item = KeyId> {
        let hold = self.policy.ds_hold();
        ring.keys.iter().filter(move |key| key.may_have_ds(hold, self.now)).map(|key| key.id)
    }
}

fn set(ring: &mut KeyRing, id: KeyId, change: impl FnOnce(&mut Key)) {
    if let Some(key) = ring.keys.iter_mut().find(|key| key.id == id) {
        change(key);
    }
}

/// Whether one of these stays and does this.
fn has_stayers(ring: &KeyRing, among: &KeySet, does: fn(Role) -> bool) -> bool {
    ring.keys.iter().any(|key| key.stays() && does(key.role) && among.contains(&key.id))
}

fn algorithms(ring: &KeyRing) -> Vec<Algorithm> {
    let mut algorithms: Vec<_> = ring.keys.iter().map(|key| key.id.algorithm).collect();
    algorithms.sort_unstable();
    algorithms.dedup();
    algorithms
}

/// All of one algorithm, for each; then each key alone.
fn groups(keys: &[KeyId]) -> Vec<KeySet> {
    let mut groups: Vec<KeySet> = Vec::new();
    for &id in keys {
        match groups.iter_mut().find(|group| group.iter().all(|other| other.algorithm == id.algorithm)) {
            Some(group) => {
                group.insert(id);
            }
            None => groups.push(KeySet::from([id])),
        }
    }
    groups.extend(keys.iter().map(|&id| KeySet::from([id])));
    groups
}
