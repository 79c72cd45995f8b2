//! All keys of one zone, and what is known of the world outside.

use super::ending::Ending;
use super::history::{History, KeySet};
use super::key::{DsTimes, Key, KeyId, KeyState, Role};
use super::policy::KeyPolicy;
use crate::clock::UnixTime;
use crate::record::dnssec::Algorithm;

/// Keys that are not removed, at most: each makes the DNSKEY RRset larger.
const MOST_KEYS: usize = 12;
/// How long a key that nobody needs is still listed, and its files are kept.
const KEPT: u64 = 30 * 24 * 60 * 60;

/// The keys of one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRing {
    pub(super) keys: Vec<Key>,
    /// The DNSKEY RRset. All that sign keys in it sign it.
    pub(super) dnskeys: History,
    /// Which keys sign the zone's data.
    pub(super) signers: History,
    /// What CDS and CDNSKEY ask the parent for. Data like other data: caches may give the parent what they asked before.
    pub(super) cds: History,
    /// Grows with each change of what must be published.
    pub(super) revision: u64,
    pub(super) told: Option<Told>,
    pub(super) ending: Option<Ending>,
    /// The serial that was published last, or is about to be.
    pub(super) serial: Option<u32>,
}

/// An algorithm that somebody asked for by a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) algorithm: Algorithm,
    /// What the policy said then, once it is known: when it says something else, that counts again.
    pub(super) instead_of: Option<Algorithm>,
}

/// A key that must be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NewKey {
    /// What it is for.
    pub role: Role,
    /// What it signs with.
    pub algorithm: Algorithm,
}

/// What the zone must look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// To be told to [`KeyRing::published`] once the zone looks so.
    pub revision: u64,
    /// The DNSKEY RRset; all that sign keys sign it.
    pub dnskeys: Vec<KeyId>,
    /// What signs the zone's data. Some may not stand in the DNSKEY RRset yet, or no more.
    pub signers: Vec<KeyId>,
    /// What the CDS and CDNSKEY RRsets hold.
    pub cds: Vec<KeyId>,
    /// Whether they ask the parent for no DS records at all (RFC 8078 §4).
    pub delete_ds: bool,
}

impl Plan {
    /// Whether the zone is published without any key and signature.
    #[must_use]
    pub fn is_unsigned(&self) -> bool {
        self.dnskeys.is_empty() && self.signers.is_empty()
    }
}

/// What a key's next step waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// That the zone is published as planned.
    Publication,
    /// That caches forget what was before; until then, if nothing else happens.
    Caches(UnixTime),
    /// That the parent has a DS record which points to it.
    DsAtParent,
    /// That the parent has no DS record which points to it.
    DsGone,
}

/// Why a ring stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RingError {
    /// Two keys with one tag.
    #[error("another key of the zone has this tag")]
    TagTwice,
    /// See the text.
    #[error("there are {MOST_KEYS} keys already: wait until former rolls have ended")]
    TooMany,
    /// No such key.
    #[error("the zone has no such key")]
    NotHere,
    /// A ZSK.
    #[error("no DS record points to a ZSK")]
    NoDs,
    /// The parent is asked for this DS record.
    #[error("the zone asks for its DS record by CDS: roll the key first")]
    Wanted,
    /// What was seen does not last.
    #[error(
        "caches may still give the parent CDS records that ask for it, as `key list` tells: look again after that"
    )]
    StillAsked,
}

impl Default for KeyRing {
    fn default() -> Self {
        Self::new()
    }
}

impl KeyRing {
    /// The ring of a zone that is not signed.
    #[must_use]
    pub fn new() -> Self {
        Self {
            keys: Vec::new(),
            dnskeys: History::of(KeySet::new()),
            signers: History::of(KeySet::new()),
            cds: History::of(KeySet::new()),
            revision: 0,
            told: None,
            ending: None,
            serial: None,
        }
    }

    /// The keys, those that were removed not long ago included, in the order in which they came.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The key that is named so.
    #[must_use]
    pub fn key(&self, id: KeyId) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// Grows with each change of what must be published.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The serial that was published last, or is about to be.
    #[must_use]
    pub fn serial(&self) -> Option<u32> {
        self.serial
    }

    /// Notes the serial that is about to be published.
    pub fn set_serial(&mut self, serial: u32) {
        self.serial = Some(serial);
    }

    /// Takes in a key that was made. One that it does the work of leaves in time.
    ///
    /// # Errors
    /// [`RingError::TagTwice`] and [`RingError::TooMany`].
    pub fn add(&mut self, id: KeyId, role: Role, now: UnixTime) -> Result<(), RingError> {
        if self.keys.iter().any(|key| key.id.tag == id.tag) {
            return Err(RingError::TagTwice);
        }
        if self.keys.iter().filter(|key| key.removed.is_none()).count() >= MOST_KEYS {
            return Err(RingError::TooMany);
        }
        self.keys.push(Key::new(id, role, now));
        Ok(())
    }

    /// Whether as many keys can be taken in.
    #[must_use]
    pub fn has_room_for(&self, keys: usize) -> bool {
        self.keys.iter().filter(|key| key.removed.is_none()).count() + keys <= MOST_KEYS
    }

    /// Rolls to another algorithm, whatever the policy says until it says something else than now.
    pub fn set_algorithm(&mut self, algorithm: Algorithm) {
        self.told = Some(Told { algorithm, instead_of: None });
    }

    /// What the zone must look like.
    #[must_use]
    pub fn plan(&self) -> Plan {
        Plan {
            revision: self.revision,
            dnskeys: self.dnskeys.latest().iter().copied().collect(),
            signers: self.signers.latest().iter().copied().collect(),
            cds: self.cds.latest().iter().copied().collect(),
            delete_ds: self.is_ending() && !self.is_unsigned(),
        }
    }

    /// The zone looks as planned by this revision. True where that is news.
    pub fn published(&mut self, revision: u64, now: UnixTime) -> bool {
        let histories = [&mut self.dnskeys, &mut self.signers, &mut self.cds];
        let news = histories.map(|history| history.published(revision, now));
        let told =
            |ending: &&mut Ending| ending.live.is_none() && ending.revision.is_some_and(|of| of <= revision);
        let ending = self.ending.as_mut().filter(told).map(|ending| ending.live = Some(now));
        news.contains(&true) || ending.is_some()
    }

    /// Whether the zone is known to look as planned.
    #[must_use]
    pub fn is_published(&self) -> bool {
        let live = |history: &History| history.versions().iter().all(|version| version.live.is_some());
        let told = self.ending.is_none_or(|ending| ending.live.is_some());
        self.histories().into_iter().all(live) && told
    }

    pub(super) fn histories(&self) -> [&History; 3] {
        [&self.dnskeys, &self.signers, &self.cds]
    }

    /// All servers of the parent have a DS record that points to this key. True where that is news.
    ///
    /// # Errors
    /// [`RingError::NotHere`] and [`RingError::NoDs`].
    pub fn ds_seen(&mut self, id: KeyId, now: UnixTime) -> Result<bool, RingError> {
        let key = self.entry(id)?;
        let before = (key.ds, key.active);
        // Nothing is asked for because of that: a parent that has it before it is safe must keep another.
        key.ds.seen.get_or_insert(now);
        key.ds.gone = None;
        key.active.get_or_insert(now);
        Ok(before != (key.ds, key.active))
    }

    /// No server of the parent has a DS record that points to this key. True where that is news.
    ///
    /// # Errors
    /// [`RingError::NotHere`], [`RingError::NoDs`], [`RingError::Wanted`] while the parent is asked for it, and
    /// [`RingError::StillAsked`] while caches may hold CDS records of when it was: a parent that reads those may make it
    /// again, whoever removed it. It takes what is not older than what it read last (RFC 7344 §6.2), and may not have
    /// read what came since.
    pub fn ds_gone(&mut self, id: KeyId, now: UnixTime) -> Result<bool, RingError> {
        let still_asked = self.cds.may_hold(id, now);
        let key = self.entry(id)?;
        let before = key.ds;
        match key.ds {
            DsTimes { requested: Some(_), dropped: None, .. } => return Err(RingError::Wanted),
            DsTimes { .. } if still_asked => return Err(RingError::StillAsked),
            DsTimes { dropped: Some(_), .. } => {
                key.ds.gone.get_or_insert(now);
            }
            DsTimes { seen: Some(_), .. } => {
                key.ds.gone.get_or_insert(now);
            }
            // It never was there.
            DsTimes { .. } => {}
        }
        Ok(before != key.ds)
    }

    fn entry(&mut self, id: KeyId) -> Result<&mut Key, RingError> {
        let key = self.keys.iter_mut().find(|key| key.id == id).ok_or(RingError::NotHere)?;
        if key.role.signs_keys() { Ok(key) } else { Err(RingError::NoDs) }
    }

    /// How far a key has come.
    #[must_use]
    pub fn state(&self, key: &Key, now: UnixTime) -> KeyState {
        let published = self.dnskeys.latest().contains(&key.id);
        let signs = self.signers.latest().contains(&key.id);
        let known = self.dnskeys.possible(now).all(|version| version.contains(&key.id));
        match key {
            _ if key.removed.is_some() => KeyState::Removed,
            // Until its successor takes over it does its work.
            _ if signs && !key.role.signs_keys() => KeyState::Active,
            _ if !key.stays() => KeyState::Retired,
            _ if published && key.ds.seen.is_some() => KeyState::Active,
            _ if published && known => KeyState::Ready,
            _ if published || signs => KeyState::Published,
            _ => KeyState::Generated,
        }
    }

    /// What the next step of a key waits for; `None` where it has none to take.
    #[must_use]
    pub fn waiting(&self, key: &Key, policy: &KeyPolicy, now: UnixTime) -> Option<Waiting> {
        let state = self.state(key, now);
        if state == KeyState::Removed || (state == KeyState::Active && key.stays() && !self.is_ending()) {
            return None;
        }
        if !self.is_published() {
            return Some(Waiting::Publication);
        }
        match key.ds {
            DsTimes { requested: Some(_), dropped: None, seen: None, .. } => {
                return Some(Waiting::DsAtParent);
            }
            DsTimes { dropped: Some(_), gone: None, .. } if self.cds.may_hold(key.id, now) => {
                return self.cds.last_end(key.id).map(Waiting::Caches);
            }
            DsTimes { dropped: Some(_), gone: None, .. } => return Some(Waiting::DsGone),
            DsTimes { .. } => {}
        }
        self.next_end(policy, now).map(Waiting::Caches)
    }

    /// When caches have forgotten something that they hold.
    fn next_end(&self, policy: &KeyPolicy, now: UnixTime) -> Option<UnixTime> {
        let gone = self.keys.iter().filter_map(|key| key.ds.gone).map(|gone| gone.plus(policy.ds_hold()));
        let told = self.ending.and_then(|ending| ending.live).map(|live| live.plus(policy.data_hold()));
        // From then on it can be seen that it is gone.
        let dropped = self.keys.iter().filter(|key| key.ds.dropped.is_some() && key.ds.gone.is_none());
        let asked = dropped.filter_map(|key| self.cds.last_end(key.id));
        let ends = [self.dnskeys.next_end(now), self.signers.next_end(now)];
        gone.chain(told).chain(asked).filter(|&end| end > now).chain(ends.into_iter().flatten()).min()
    }

    /// When [`KeyRing::advance`] may find something to do although nobody tells anything.
    #[must_use]
    pub fn next_due(&self, policy: &KeyPolicy, now: UnixTime) -> Option<UnixTime> {
        let rolls = self.keys.iter().filter(|key| key.stays()).filter_map(|key| key.rolls_at(policy));
        let purges = self.keys.iter().filter_map(|key| key.removed).map(|removed| removed.plus(KEPT));
        rolls.chain(purges).filter(|&due| due > now).chain(self.next_end(policy, now)).min()
    }

    /// Keys that were removed so long ago that they are forgotten: their files can go.
    pub fn purge(&mut self, now: UnixTime) -> Vec<KeyId> {
        // A history is kept from its oldest version that counts on: with hold times of months it may name a key longer.
        let versions = self.histories().into_iter().flat_map(History::versions);
        let named: KeySet = versions.flat_map(|version| &version.keys).copied().collect();
        let over = |key: &Key| {
            !named.contains(&key.id) && key.removed.is_some_and(|removed| removed.plus(KEPT) <= now)
        };
        let ids = self.keys.iter().filter(|key| over(key)).map(|key| key.id).collect();
        self.keys.retain(|key| !over(key));
        ids
    }
}

impl Key {
    /// When its lifetime ends.
    pub(super) fn rolls_at(&self, policy: &KeyPolicy) -> Option<UnixTime> {
        let lifetime = policy.lifetime(self.role)?;
        Some(self.published?.plus(lifetime))
    }
}
