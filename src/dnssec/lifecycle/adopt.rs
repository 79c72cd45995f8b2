//! Keys that another program made and used.

use super::history::{History, KeySet, Version};
use super::key::{Key, KeyId, Role};
use super::policy::KeyPolicy;
use super::ring::{KeyRing, RingError};
use crate::clock::UnixTime;

/// A key with the times that its file has; what lies ahead is not heeded, a policy decides from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// What names it.
    pub id: KeyId,
    /// What it signs.
    pub role: Role,
    /// When it was made.
    pub created: UnixTime,
    /// From when it is in the DNSKEY RRset.
    pub publish: Option<UnixTime>,
    /// From when it signs.
    pub activate: Option<UnixTime>,
    /// From when it signs no more.
    pub inactive: Option<UnixTime>,
    /// From when it is not in the DNSKEY RRset any more.
    pub delete: Option<UnixTime>,
}

impl KeyRing {
    /// The ring of a zone that was signed with these keys before.
    ///
    /// A parent may point to each of them that signs keys: nobody has told otherwise.
    ///
    /// # Errors
    /// [`RingError::TagTwice`] and [`RingError::TooMany`].
    pub fn adopt(keys: Vec<Adopted>, policy: &KeyPolicy, now: UnixTime) -> Result<Self, RingError> {
        let mut ring = Self::new();
        for adopted in &keys {
            ring.add(adopted.id, adopted.role, adopted.created)?;
        }
        for (key, adopted) in ring.keys.iter_mut().zip(&keys) {
            adopted.settle(key, now);
        }
        ring.dnskeys = history(&keys, now, policy.dnskey_hold(true), Adopted::is_published);
        ring.signers = history(&keys, now, policy.data_hold(), Adopted::signs_data);
        // The other program may have asked for each of them until now.
        let asked = keys.iter().filter(|key| key.role.signs_keys() && key.is_published(now));
        ring.cds = History::of(asked.map(|key| key.id).collect());
        ring.cds.hold(policy.data_hold());
        ring.cds.push(ring.asked_now(), ring.revision);
        Ok(ring)
    }
}

impl Adopted {
    fn is_published(&self, at: UnixTime) -> bool {
        self.publish.is_some_and(|from| from <= at) && self.delete.is_none_or(|until| at < until)
    }

    fn signs_data(&self, at: UnixTime) -> bool {
        let until = self.inactive.or(self.delete);
        self.role.signs_data()
            && self.activate.is_some_and(|from| from <= at)
            && until.is_none_or(|until| at < until)
    }

    fn settle(&self, key: &mut Key, now: UnixTime) {
        let past = |time: Option<UnixTime>| time.filter(|&time| time <= now);
        (key.published, key.active) = (past(self.publish), past(self.activate));
        key.leaving = past(self.inactive).or(past(self.delete));
        if key.role.signs_keys() {
            key.active = None;
            key.ds.requested = key.published;
            key.ds.dropped = key.leaving.filter(|_| key.published.is_some());
        }
    }
}

/// The sets that there were one after the other.
fn history(keys: &[Adopted], now: UnixTime, hold: u64, is_in: fn(&Adopted, UnixTime) -> bool) -> History {
    let times = keys.iter().flat_map(|key| [key.publish, key.activate, key.inactive, key.delete]);
    let mut times: Vec<UnixTime> = times.flatten().filter(|&time| time <= now).collect();
    times.push(UnixTime(0));
    times.sort_unstable();
    let mut versions: Vec<Version> = Vec::new();
    for at in times {
        let set: KeySet = keys.iter().filter(|key| is_in(key, at)).map(|key| key.id).collect();
        if versions.last().is_none_or(|last| last.keys != set) {
            versions.push(Version { keys: set, revision: 0, live: Some(at), hold });
        }
    }
    History::of_versions(versions).unwrap_or_else(|| History::of(KeySet::new()))
}
