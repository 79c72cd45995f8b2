//! The keys that a policy pins, and those that it revokes.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::Name;
use crate::record::mimisig::KeyId;
use crate::statement::PublicKey;

/// Pinned keys by domain and key id, without those that were revoked.
#[derive(Debug, Clone, Default)]
pub(in crate::resolver) struct Keys {
    pinned: BTreeMap<(Name, KeyId), Pinned>,
    revoked: BTreeSet<KeyId>,
}

#[derive(Debug, Clone)]
enum Pinned {
    One(PublicKey),
    /// Different keys with one id: which of them signed can't be told, so neither is believed.
    Collision,
}

/// What the policy knows of a key id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::resolver) enum KeyFinding<'a> {
    Known(&'a PublicKey),
    Unknown,
    Revoked,
    Collision,
}

impl Keys {
    pub(super) fn new(keys: Vec<(Name, PublicKey)>, revoked: BTreeSet<KeyId>) -> Self {
        let mut known = Self { pinned: BTreeMap::new(), revoked };
        for (domain, key) in keys {
            known.pin(domain, key.key_id(), key);
        }
        known
    }

    fn pin(&mut self, domain: Name, id: KeyId, key: PublicKey) {
        self.pinned
            .entry((domain, id))
            .and_modify(|pinned| match pinned {
                Pinned::One(first) if *first == key => {}
                Pinned::One(_) | Pinned::Collision => *pinned = Pinned::Collision,
            })
            .or_insert(Pinned::One(key));
    }

    /// Takes keys of domains of which none is pinned.
    pub(super) fn add_unpinned(&mut self, mut keys: Vec<(Name, PublicKey)>) {
        keys.retain(|(domain, _)| !self.pins(domain));
        for (domain, key) in keys {
            self.pin(domain, key.key_id(), key);
        }
    }

    /// The key of `domain` with this id.
    pub(in crate::resolver) fn look_up(&self, domain: &Name, id: KeyId) -> KeyFinding<'_> {
        if self.is_revoked(id) {
            return KeyFinding::Revoked;
        }
        match self.pinned.get(&(domain.clone(), id)) {
            Some(Pinned::One(key)) => KeyFinding::Known(key),
            Some(Pinned::Collision) => KeyFinding::Collision,
            None => KeyFinding::Unknown,
        }
    }

    /// Whether any key of `domain` is pinned, be it one that is not believed any more.
    pub(in crate::resolver) fn pins(&self, domain: &Name) -> bool {
        self.pinned.range((domain.clone(), KeyId([0; 8]))..).next().is_some_and(|((of, _), _)| of == domain)
    }

    /// The keys of `domain` that may be believed.
    pub(super) fn of(&self, domain: &Name) -> impl Iterator<Item = &PublicKey> {
        let first = (domain.clone(), KeyId([0; 8]));
        self.pinned
            .range(first.clone()..)
            .take_while(move |((of, _), _)| *of == first.0)
            .filter(|((_, id), _)| !self.is_revoked(*id))
            .filter_map(|(_, pinned)| match pinned {
                Pinned::One(key) => Some(key),
                Pinned::Collision => None,
            })
    }

    /// Whether the policy revokes this key, be it a domain's or a holder's.
    pub(in crate::resolver) fn is_revoked(&self, id: KeyId) -> bool {
        self.revoked.contains(&id)
    }
}

#[cfg(test)]
impl Keys {
    /// Pins `key` as if it had the id of another one: a real collision costs 2^32 key pairs.
    pub(in crate::resolver) fn pin_colliding(&mut self, domain: Name, id: KeyId, key: PublicKey) {
        self.pin(domain, id, key);
    }
}
