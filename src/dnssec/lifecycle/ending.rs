//! A zone that is to be signed no more: its parent drops the DS records, caches forget them, then the signatures go.
//!
//! Source: RFC 8078 §4, RFC 6781 §4.3.5 (read backwards: what leads to the keys goes before the keys).

use super::key::DsTimes;
use super::ring::KeyRing;
use crate::clock::UnixTime;

/// That somebody wants a zone to be signed no more, and how far that has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ending {
    /// The ring's revision that asks the parent to delete its DS records; none before the first look.
    pub(super) revision: Option<u64>,
    /// When that was published.
    pub(super) live: Option<UnixTime>,
}

impl KeyRing {
    /// Has the zone go insecure: the parent is asked for no DS records at all, and once none is in any cache the zone
    /// is signed no more. True where that is news.
    pub fn end(&mut self) -> bool {
        let news = self.ending.is_none();
        self.ending.get_or_insert_default();
        news
    }

    /// Whether [`KeyRing::end`] was asked for, and not taken back.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// Whether it is to be published without any key and signature.
    #[must_use]
    pub fn is_unsigned(&self) -> bool {
        self.dnskeys.latest().is_empty() && self.signers.latest().is_empty()
    }

    /// Takes [`KeyRing::end`] back: keys that are there go on, and the parent is asked for their DS records again. Where
    /// the zone is not signed any more, it gets new keys. True where that is news.
    pub fn go_on(&mut self) -> bool {
        if self.ending.take().is_none() {
            return false;
        }
        for key in self.keys.iter_mut().filter(|key| key.removed.is_none()) {
            match key.ds {
                // It may be there still, or the parent has done what it was asked for meanwhile. A key that goes is dropped
                // again by the one that takes over.
                DsTimes { requested: Some(_), dropped: Some(_), gone: None, .. } => {
                    (key.ds.dropped, key.ds.seen) = (None, None);
                }
                DsTimes { dropped: Some(_), gone: None, .. } => key.ds.dropped = None,
                DsTimes { dropped: Some(_), gone: Some(gone), seen, .. } if key.leaving.is_none() => {
                    // It is asked for again once it leads everywhere: while there was none, keys may have changed at
                    // once. Until caches have forgotten it, it counts.
                    let seen = seen.or(Some(gone));
                    key.ds = DsTimes { requested: None, seen, dropped: None, gone: Some(gone) };
                }
                DsTimes { .. } => {}
            }
        }
        true
    }
}
