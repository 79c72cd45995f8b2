//! What each kind of statement says.

use std::fmt;

use super::endpoint::Endpoint;
use super::{KeyHash, Kind, RawKey};
use crate::clock::UnixTime;
use crate::record::Name;

/// The longest tag.
const MAX_TAG: usize = 32;

/// What a statement says. One that comes from a [`super::Mimisig`] keeps every rule of its form;
/// one that is put together by hand is checked when a draft is made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Kind 1.
    Possession(Possession),
    /// Kind 2.
    Mapping(Mapping),
    /// Kind 3.
    Wishes(Wishes),
}

/// An authentication provider has checked who controls the identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Possession {
    /// Domain of the authentication provider.
    pub issuer: Name,
    /// Key of the holder; `None`: the identifier has no holder now (a tombstone).
    pub holder_key: Option<RawKey>,
    /// How and when it was checked.
    pub proof: Proof,
}

/// A messaging service provider reaches the identifier at these endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Domain of the messaging service provider.
    pub issuer: Name,
    /// At least one; on the wire in ascending order of octets.
    pub endpoints: Vec<Endpoint>,
    /// What the mapping rests on.
    pub basis: Basis,
}

/// What a mapping rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// A holder who wishes it.
    Holder {
        /// Hash of the holder's key.
        holder: KeyHash,
        /// Inception of the wishes that the provider acts on.
        consent: UnixTime,
    },
    /// Legacy: the provider vouches for possession itself.
    Legacy(Proof),
}

/// The holder's complete list of providers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wishes {
    /// Hash of the holder's key, with which this is signed.
    pub holder: KeyHash,
    /// None (opted out) to 16, one for each provider; on the wire in ascending order of octets.
    pub at: Vec<At>,
}

/// One provider at which the holder wants to be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// Domain of the messaging service provider.
    pub msp: Name,
    /// Lower first.
    pub rank: u16,
    /// In ascending order, none twice; tags select, never order.
    pub tags: Vec<Tag>,
    /// Key to establish a connection with.
    pub connection_key: Option<RawKey>,
}

/// How and when possession of an identifier was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Proof {
    /// How.
    pub method: ProofMethod,
    /// When.
    pub time: UnixTime,
}

/// How possession was checked, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProofMethod {
    /// Taken over from before: nothing is known.
    Legacy,
    /// A code by text message.
    Sms,
    /// A code by telephone call.
    Voice,
    /// A code by email.
    Email,
    /// By whoever assigned the identifier, also a mailbox's or MIMI name's host.
    Carrier,
}

impl ProofMethod {
    /// All methods, weakest first.
    pub const ALL: [Self; 5] = [Self::Legacy, Self::Sms, Self::Voice, Self::Email, Self::Carrier];

    /// The octet on the wire; larger is stronger.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Legacy => 1,
            Self::Sms => 2,
            Self::Voice => 3,
            Self::Email => 4,
            Self::Carrier => 5,
        }
    }

    /// The word of the presentation form.
    #[must_use]
    pub const fn mnemonic(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Email => "email",
            Self::Carrier => "carrier",
        }
    }

    /// The method of this number, if it is known.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.number() == number)
    }

    /// The method of this word, in lower case.
    #[must_use]
    pub fn from_mnemonic(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.mnemonic() == word)
    }
}

impl fmt::Display for ProofMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.mnemonic())
    }
}

/// What a sender may select providers by: 1 to 32 characters of a-z, 0-9 and hyphen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(Box<str>);

/// Not 1 to 32 characters of a-z, 0-9 and hyphen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tag has 1 to 32 characters of a-z, 0-9 and hyphen")]
pub struct TagError;

impl Tag {
    /// Reads a tag.
    ///
    /// # Errors
    /// [`TagError`]: its author's fault.
    pub fn parse(octets: &[u8]) -> Result<Self, TagError> {
        match std::str::from_utf8(octets) {
            Ok(text) if (1..=MAX_TAG).contains(&text.len()) && octets.iter().all(is_plain) => {
                Ok(Self(text.into()))
            }
            _ => Err(TagError),
        }
    }

    /// The tag's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({self})")
    }
}

/// a-z, 0-9 or hyphen: what names and tags are made of.
pub(super) const fn is_plain(octet: &u8) -> bool {
    matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'-')
}

impl Body {
    /// What kind of statement this is the body of.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Possession(_) => Kind::Possession,
            Self::Mapping(_) => Kind::Mapping,
            Self::Wishes(_) => Kind::Wishes,
        }
    }

    /// The issuer's domain; `None` for wishes, which a holder's key signs.
    #[must_use]
    pub const fn issuer(&self) -> Option<&Name> {
        match self {
            Self::Possession(possession) => Some(&possession.issuer),
            Self::Mapping(mapping) => Some(&mapping.issuer),
            Self::Wishes(_) => None,
        }
    }
}
