//! The parameters of a discovery zone: how its owner names are made, one TXT record for each epoch.
//!
//! ```text
//! _mimi.example.net. TXT "v=mimi1; epoch=2026b; hash=sha256; salt=a3c1f2e4d5b6978890a1b2c3d4e5f607; shard=0; from=20261101000000"
//! ```

mod text;

use std::fmt;
use std::str::FromStr;

use super::{Name, NameError, calendar};
use crate::clock::UnixTime;

/// The label in front of a discovery zone's apex under which its parameters stand.
pub const PARAMETERS_LABEL: &str = "_mimi";
/// Fewest octets of a salt.
pub const MIN_SALT: usize = 16;
/// Most characters that a zone's owner names lend to a shard's label.
pub const MAX_SHARD: u8 = 3;
/// The longest character-string. Source: RFC 1035 §3.3.
const MAX_TEXT: usize = 255;
/// Most lanes of Argon2. Source: RFC 9106 §3.1.
const MAX_LANES: u32 = 0x00FF_FFFF;

/// How the owner names of one epoch are made; what its TXT record says, checked.
///
/// Text form: `tag=value` joined by `;` and optional spaces, `v=mimi1` first, no tag twice, unknown
/// tags ignored, at most 255 octets. `Ord` is by `from`, then by the text of the epoch: the largest
/// that has begun is in force.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parameters {
    from: UnixTime,
    epoch: Epoch,
    hash: Hash,
    shard: u8,
}

/// The name of an epoch: 1 to 32 of `a-z 0-9`, in the order of its octets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(Box<str>);

/// The function that turns an identifier into the key of its owner name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Hash {
    /// HMAC-SHA-256 (RFC 2104).
    Sha256 {
        /// The key, 16 octets or more.
        salt: Box<[u8]>,
    },
    /// Argon2id, version 0x13 (RFC 9106).
    Argon2id {
        /// 16 octets or more.
        salt: Box<[u8]>,
        /// Memory in KiB, at least `8 * p`.
        m_kib: u32,
        /// Passes, at least 1.
        t: u32,
        /// Lanes, 1 to 2^24 - 1.
        p: u32,
    },
    /// A hash that this version does not know; names can't be made with it.
    Unknown {
        /// 1 to 32 of `a-z 0-9 -`.
        name: Box<str>,
    },
}

/// The dearest Argon2id that a caller is willing to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCeiling {
    /// Memory in KiB.
    pub m_kib: u32,
    /// Passes.
    pub t: u32,
    /// Lanes.
    pub p: u32,
}

/// Why a TXT record holds no parameters: its publisher's fault, and the record is as good as absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParametersError {
    /// TXT record data of no or several strings.
    #[error("parameters are one character-string")]
    NotOneString,
    /// Text of more than 255 octets.
    #[error("parameters are at most 255 octets")]
    TooLong,
    /// The text does not begin with `v=mimi1`.
    #[error("parameters begin with `v=mimi1`")]
    Version,
    /// Not `tag=value`.
    #[error("parameters are `tag=value` joined by `;`, at octet {}", at + 1)]
    Form {
        /// Octets from the start of the text.
        at: usize,
    },
    /// A tag that stands twice.
    #[error("a tag stands twice, at octet {}", at + 1)]
    Twice {
        /// Octets from the start of the text.
        at: usize,
    },
    /// A tag that is not there.
    #[error("`{tag}` is missing")]
    Missing {
        /// Which.
        tag: &'static str,
    },
    /// A value that its tag does not allow.
    #[error("`{tag}` is {form}")]
    Value {
        /// Of which tag.
        tag: &'static str,
        /// What it should be.
        form: &'static str,
    },
}

impl Parameters {
    /// Puts parameters together. `from` is before the year 10000, `shard` is 0 to 3.
    ///
    /// # Errors
    /// A value out of bounds, or a salt too long for one TXT string: the caller's fault.
    pub fn new(epoch: Epoch, hash: Hash, shard: u8, from: UnixTime) -> Result<Self, ParametersError> {
        hash.check()?;
        if shard > MAX_SHARD {
            return Err(text::SHARD);
        }
        if calendar::print(from).is_none() {
            return Err(text::FROM);
        }
        let parameters = Self { from, epoch, hash, shard };
        if parameters.to_string().len() > MAX_TEXT {
            return Err(ParametersError::TooLong);
        }
        Ok(parameters)
    }

    /// Reads the one character-string of a TXT record, without its length octet.
    ///
    /// # Errors
    /// Where it breaks the form: its publisher's fault.
    pub fn parse(text: &[u8]) -> Result<Self, ParametersError> {
        text::parse(text)
    }

    /// Reads the data of a TXT record in wire form.
    ///
    /// # Errors
    /// [`ParametersError::NotOneString`], or as [`Parameters::parse`].
    pub fn from_rdata(rdata: &[u8]) -> Result<Self, ParametersError> {
        match rdata {
            [length, text @ ..] if usize::from(*length) == text.len() => Self::parse(text),
            _ => Err(ParametersError::NotOneString),
        }
    }

    /// The owner name of the parameters of the zone at `apex`.
    ///
    /// # Errors
    /// An apex of more than 249 octets.
    pub fn owner(apex: &Name) -> Result<Name, NameError> {
        apex.with_label(PARAMETERS_LABEL.as_bytes())
    }

    /// The name of the epoch.
    #[must_use]
    pub const fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    /// The hash and its own parameters.
    #[must_use]
    pub const fn hash(&self) -> &Hash {
        &self.hash
    }

    /// How many characters of an owner name are a label of their own, 0 to 3.
    #[must_use]
    pub const fn shard(&self) -> u8 {
        self.shard
    }

    /// From when on the epoch may be in force.
    #[must_use]
    pub const fn from(&self) -> UnixTime {
        self.from
    }
}

/// The parameters in force at `now`: the newest `from` that has passed, then the largest text of the
/// epoch. Choose first, judge after: what is chosen may have a hash that the caller refuses, and then
/// no older epoch takes its place.
pub fn in_force<'a>(all: impl IntoIterator<Item = &'a Parameters>, now: UnixTime) -> Option<&'a Parameters> {
    all.into_iter().filter(|parameters| parameters.from <= now).max()
}

impl Hash {
    /// The name in the text form: `sha256`, `argon2id`, or whatever it said.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Sha256 { .. } => "sha256",
            Self::Argon2id { .. } => "argon2id",
            Self::Unknown { name } => name,
        }
    }

    /// Whether it costs no more than `ceiling`; what has no cost parameters always does.
    #[must_use]
    pub const fn is_within(&self, ceiling: &HashCeiling) -> bool {
        match self {
            Self::Sha256 { .. } | Self::Unknown { .. } => true,
            Self::Argon2id { m_kib, t, p, .. } => {
                *m_kib <= ceiling.m_kib && *t <= ceiling.t && *p <= ceiling.p
            }
        }
    }

    fn check(&self) -> Result<(), ParametersError> {
        match self {
            Self::Sha256 { salt } if salt.len() >= MIN_SALT => Ok(()),
            Self::Argon2id { salt, .. } if salt.len() < MIN_SALT => Err(text::SALT),
            Self::Argon2id { p, .. } if !(1..=MAX_LANES).contains(p) => Err(text::LANES),
            Self::Argon2id { t: 0, .. } => Err(text::PASSES),
            Self::Argon2id { m_kib, p, .. } if m_kib / 8 < *p => Err(text::MEMORY),
            Self::Argon2id { .. } => Ok(()),
            Self::Sha256 { .. } => Err(text::SALT),
            Self::Unknown { name } if text::is_name(name.as_bytes(), text::is_hash_octet) => Ok(()),
            Self::Unknown { .. } => Err(text::HASH),
        }
    }
}

impl Default for HashCeiling {
    /// 64 MiB, 4 passes, 4 lanes: some 200 ms of one core.
    fn default() -> Self {
        Self { m_kib: 64 * 1024, t: 4, p: 4 }
    }
}

impl Epoch {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Epoch {
    type Err = ParametersError;

    fn from_str(text: &str) -> Result<Self, ParametersError> {
        match text::is_name(text.as_bytes(), text::is_tag_octet) {
            true => Ok(Self(text.into())),
            false => Err(text::EPOCH),
        }
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Parameters {
    type Err = ParametersError;

    fn from_str(text: &str) -> Result<Self, ParametersError> {
        Self::parse(text.as_bytes())
    }
}

#[cfg(test)]
mod tests;
