//! What was published, and what of it may still be in caches.

use std::collections::BTreeSet;

use super::key::KeyId;
use crate::clock::UnixTime;

/// Keys that stand, or sign, together.
pub(super) type KeySet = BTreeSet<KeyId>;

/// One set of keys, from when it was planned until another took its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) keys: KeySet,
    /// The ring's revision that brought it.
    pub(super) revision: u64,
    /// When it was published; `None` while that is not known: then it may have been, or may be yet.
    pub(super) live: Option<UnixTime>,
    /// For how many seconds caches keep it, at most, after the next one is published.
    pub(super) hold: u64,
}

/// Versions, oldest first, never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct History(Vec<Version>);

impl History {
    /// What is so since ever.
    pub(super) fn of(keys: KeySet) -> Self {
        Self(vec![Version { keys, revision: 0, live: Some(UnixTime(0)), hold: 0 }])
    }

    /// `None` where there is none.
    pub(super) fn of_versions(versions: Vec<Version>) -> Option<Self> {
        (!versions.is_empty()).then_some(Self(versions))
    }

    pub(super) fn versions(&self) -> &[Version] {
        &self.0
    }

    /// What is to be published now.
    pub(super) fn latest(&self) -> &KeySet {
        &self.last().keys
    }

    fn last(&self) -> &Version {
        self.0.last().expect("a history holds at least one version")
    }

    /// Every set that some cache may hold at this time, what is to be published included.
    pub(super) fn possible(&self, now: UnixTime) -> impl Iterator<Item = &KeySet> {
        self.0
            .iter()
            .enumerate()
            .filter(move |&(at, _)| self.is_possible(at, now))
            .map(|(_, version)| &version.keys)
    }

    /// Whether some cache may hold a version with this key, what is to be published included.
    pub(super) fn may_hold(&self, id: KeyId, now: UnixTime) -> bool {
        self.possible(now).any(|keys| keys.contains(&id))
    }

    /// When no cache holds a version with this key any more; `None` where that is not known, or there is no such version.
    pub(super) fn last_end(&self, id: KeyId) -> Option<UnixTime> {
        let with = (0..self.0.len()).filter(|&at| self.0[at].keys.contains(&id));
        with.map(|at| self.ends(at)).collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    fn is_possible(&self, at: usize, now: UnixTime) -> bool {
        self.ends(at).is_none_or(|end| end > now)
    }

    /// When no cache holds this version any more; `None` where that is not known.
    fn ends(&self, at: usize) -> Option<UnixTime> {
        Some(self.0.get(at + 1)?.live?.plus(self.0[at].hold))
    }

    /// When the first of those that were replaced ends, after `now`.
    pub(super) fn next_end(&self, now: UnixTime) -> Option<UnixTime> {
        (0..self.0.len()).filter_map(|at| self.ends(at)).filter(|&end| end > now).min()
    }

    /// Another set of keys from now on. One that came with the same revision was seen by nobody; where the one before is
    /// the same set, that has never ended.
    pub(super) fn push(&mut self, keys: KeySet, revision: u64) {
        if self.0.len() > 1 && self.last().revision == revision {
            self.0.pop();
        }
        if self.last().keys == keys {
            return;
        }
        self.0.push(Version { keys, revision, live: None, hold: 0 });
    }

    /// What is published from now on is kept by caches for as long as this. True where that was not known.
    pub(super) fn hold(&mut self, seconds: u64) -> bool {
        let last = self.0.last_mut().expect("a history holds at least one version");
        let grows = last.hold < seconds;
        last.hold = last.hold.max(seconds);
        grows
    }

    /// What came with this revision, or before it, has been published. True where that was not known.
    pub(super) fn published(&mut self, revision: u64, now: UnixTime) -> bool {
        let mut news = false;
        for version in self.0.iter_mut().filter(|version| version.revision <= revision) {
            news |= version.live.is_none();
            version.live.get_or_insert(now);
        }
        news
    }

    /// Forgets what no cache holds any more.
    pub(super) fn prune(&mut self, now: UnixTime) -> bool {
        let before = self.0.len();
        let kept: Vec<bool> = (0..before).map(|at| self.is_possible(at, now)).collect();
        // A version ends with the one after it: only the oldest can be forgotten.
        let gone = kept.iter().take_while(|&&kept| !kept).count();
        self.0.drain(..gone);
        gone > 0
    }
}
