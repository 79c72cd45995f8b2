//! One key of a zone, and how far it has come.

use std::fmt;
use std::str::FromStr;

use crate::clock::UnixTime;
use crate::record::dnssec::Algorithm;

/// What names a key in its zone. Written `15/12345`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId {
    /// What it signs with.
    pub algorithm: Algorithm,
    /// The tag of its DNSKEY record; no two keys of a zone here share one.
    pub tag: u16,
}

/// Text that names no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an algorithm's number, a slash and a key tag")]
pub struct ParseKeyIdError;

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.algorithm.0, self.tag))
    }
}

impl FromStr for KeyId {
    type Err = ParseKeyIdError;

    fn from_str(text: &str) -> Result<Self, ParseKeyIdError> {
        let (algorithm, tag) = text.split_once('/').ok_or(ParseKeyIdError)?;
        let (algorithm, tag) = (algorithm.parse(), tag.parse());
        Ok(Self {
            algorithm: Algorithm(algorithm.map_err(|_| ParseKeyIdError)?),
            tag: tag.map_err(|_| ParseKeyIdError)?,
        })
    }
}

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The DNSKEY RRset; the parent points to it.
    Ksk,
    /// The zone's data.
    Zsk,
    /// Both.
    Csk,
}

impl Role {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Ksk, Self::Zsk, Self::Csk];

    /// Whether it signs the DNSKEY RRset, and the parent may point to it.
    #[must_use]
    pub const fn signs_keys(self) -> bool {
        matches!(self, Self::Ksk | Self::Csk)
    }

    /// Whether it signs the zone's data.
    #[must_use]
    pub const fn signs_data(self) -> bool {
        matches!(self, Self::Zsk | Self::Csk)
    }

    /// One word, in lower case.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ksk => "ksk",
            Self::Zsk => "zsk",
            Self::Csk => "csk",
        }
    }
}

/// How far a key has come. Source: RFC 7583 §3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyState {
    /// Made, and not in the zone.
    Generated,
    /// In the zone, and caches may not know it yet.
    Published,
    /// Known to every cache, and not relied on yet.
    Ready,
    /// Relied on: the parent points to it, or the zone's data is signed with it.
    Active,
    /// Another has taken its place; caches may still need it.
    Retired,
    /// Needed by nobody.
    Removed,
}

impl KeyState {
    /// Every one, in order.
    pub const ALL: [Self; 6] =
        [Self::Generated, Self::Published, Self::Ready, Self::Active, Self::Retired, Self::Removed];

    /// One word, in lower case.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Generated => "generated",
            Self::Published => "published",
            Self::Ready => "ready",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Removed => "removed",
        }
    }
}

/// What is known of the DS records at the parent that point to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DsTimes {
    /// Since when the parent is asked for one: from then on it may be there.
    pub requested: Option<UnixTime>,
    /// When it was seen there.
    pub seen: Option<UnixTime>,
    /// Since when the parent is asked to have none.
    pub dropped: Option<UnixTime>,
    /// When it was seen to be gone.
    pub gone: Option<UnixTime>,
}

impl DsTimes {
    /// Whether there is, or was, one: the parent was asked for it, or has it unasked.
    pub(super) fn may_be_there(&self) -> bool {
        self.requested.or(self.seen).is_some()
    }
}

/// A key and its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What names it.
    pub id: KeyId,
    /// What it signs.
    pub role: Role,
    /// When it was made.
    pub created: UnixTime,
    /// When it was put into the DNSKEY RRset.
    pub published: Option<UnixTime>,
    /// When it began to sign the zone's data, or the parent began to point to it.
    pub active: Option<UnixTime>,
    /// When it was decided that it goes: another takes its place.
    pub leaving: Option<UnixTime>,
    /// When nobody needed it any more.
    pub removed: Option<UnixTime>,
    /// The parent's records of it.
    pub ds: DsTimes,
}

impl Key {
    pub(super) fn new(id: KeyId, role: Role, created: UnixTime) -> Self {
        Self {
            id,
            role,
            created,
            published: None,
            active: None,
            leaving: None,
            removed: None,
            ds: DsTimes::default(),
        }
    }

    /// Whether it is to be used, now or as soon as that is safe.
    pub(super) fn stays(&self) -> bool {
        self.leaving.is_none()
    }

    /// Whether some cache may hold a DS record that points to it, where caches keep one for `hold` seconds
    /// after the parent has dropped it.
    pub(super) fn may_have_ds(&self, hold: u64, now: UnixTime) -> bool {
        // One that the parent was asked for may come yet.
        let may_come = self.ds.requested.is_some() && self.ds.dropped.is_none();
        let over = !may_come && self.ds.gone.is_some_and(|gone| gone.plus(hold) <= now);
        self.ds.may_be_there() && !over
    }
}
