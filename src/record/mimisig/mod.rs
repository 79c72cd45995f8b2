//! The extension record: one statement about one identifier, signed by one party.
//!
//! RDATA, in network order:
//!
//! ```text
//! version u8 = 1 | kind u8 | inception u64 | expiration u64 | plen u16 | parameters
//!               | algorithm u8 (15 = Ed25519) | key id, 8 octets | signature, 64 octets
//! ```
//!
//! A parameter is key u16, length u16, value; keys ascend. A [`Mimisig`] is well formed, which says
//! nothing about who signed it: that is [`crate::statement::verify`].

mod body;
mod endpoint;
mod fault;
mod parameter;
mod parameter_text;
mod print;
mod rules;
#[cfg(test)]
mod tests;
mod text;
mod values;
mod wire;

pub use body::{At, Basis, Body, Mapping, Possession, Proof, ProofMethod, Tag, TagError, Wishes};
pub use endpoint::{Endpoint, EndpointFault, EndpointRank};
pub use fault::{Fault, IgnoredReason, RejectedReason};
pub use parameter::ParameterKey;
pub(crate) use text::{Exact, SIGN, Words, parse_unsigned};
pub use text::{TextError, TextFault};
pub(crate) use wire::{signed_octets, unsigned_octets};

use std::fmt;

use super::Rdata;
use crate::clock::UnixTime;

/// The one version that is understood.
pub const VERSION: u8 = 1;
/// Ed25519's number among the algorithms. Source: IANA, DNS Security Algorithm Numbers.
pub const ED25519: u8 = 15;
/// Octets of an Ed25519 signature.
pub const SIGNATURE_LEN: usize = 64;
/// Octets in front of the parameters.
const HEADER_LEN: usize = 20;

/// What a statement says, and so who signs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An authentication provider says whose key the identifier's holder has.
    Possession,
    /// A messaging service provider says where it reaches the identifier.
    Mapping,
    /// The holder lists the providers at which to be reached.
    Wishes,
}

impl Kind {
    /// All kinds, by number.
    pub const ALL: [Self; 3] = [Self::Possession, Self::Mapping, Self::Wishes];

    /// The octet on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Possession => 1,
            Self::Mapping => 2,
            Self::Wishes => 3,
        }
    }

    /// The word of the presentation form.
    #[must_use]
    pub const fn mnemonic(self) -> &'static str {
        match self {
            Self::Possession => "possession",
            Self::Mapping => "mapping",
            Self::Wishes => "wishes",
        }
    }

    /// The kind of this number, if it is known.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// The kind of this word, in lower case.
    #[must_use]
    pub fn from_mnemonic(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.mnemonic() == word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.mnemonic())
    }
}

/// SHA-256 of algorithm and public key: whose statement it is, in full.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(pub [u8; 32]);

impl KeyHash {
    /// The first 8 octets, as records carry them to find the key.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        let mut id = [0; 8];
        id.copy_from_slice(&self.0[..8]);
        KeyId(id)
    }
}

/// The first 8 octets of a [`KeyHash`]: finds a key, proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 8]);

/// A public key as it stands in a record: its algorithm may be unknown, its octets no key at all.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RawKey {
    /// Number of the algorithm, as in [`ED25519`].
    pub algorithm: u8,
    /// The key's octets: 32 for Ed25519, at least one for others.
    pub octets: Box<[u8]>,
}

macro_rules! hex_form {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&data_encoding::HEXLOWER.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    )*};
}

hex_form!(KeyHash, KeyId);

/// `<algorithm>:<base64>`.
impl fmt::Display for RawKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, data_encoding::BASE64.encode(&self.octets))
    }
}

impl fmt::Debug for RawKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawKey({self})")
    }
}

/// A well-formed statement of a known version and kind. Nothing about its signature is known.
///
/// `Eq` is equality of all octets.
#[derive(Clone)]
pub struct Mimisig {
    rdata: Rdata,
    parameters_end: usize,
    inception: UnixTime,
    expiration: UnixTime,
    body: Body,
}

impl Mimisig {
    /// Reads record data. The checks and their order are those of the protocol: version and kind,
    /// length of the parameters, algorithm, length of the signature, order of the parameters,
    /// presence, values.
    ///
    /// # Errors
    /// [`Fault::Ignored`] for what a later version of the protocol may mean; [`Fault::Rejected`]
    /// for what nobody may publish: the publisher's fault.
    pub fn parse(rdata: &[u8]) -> Result<Self, Fault> {
        wire::parse(rdata)
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.body.kind()
    }

    /// When it was signed and from when it counts.
    #[must_use]
    pub fn inception(&self) -> UnixTime {
        self.inception
    }

    /// From when it no longer counts.
    #[must_use]
    pub fn expiration(&self) -> UnixTime {
        self.expiration
    }

    /// What it says.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// Number of the signature's algorithm: [`ED25519`].
    #[must_use]
    pub fn algorithm(&self) -> u8 {
        self.rdata[self.parameters_end]
    }

    /// Which key is said to have signed.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        let mut id = [0; 8];
        id.copy_from_slice(&self.rdata[self.parameters_end + 1..self.parameters_end + 9]);
        KeyId(id)
    }

    /// The signature, unverified.
    #[must_use]
    pub fn signature(&self) -> &[u8; SIGNATURE_LEN] {
        self.rdata.last_chunk().expect("a parsed statement ends in its signature")
    }

    /// The record data, octet for octet as it was read.
    #[must_use]
    pub fn rdata(&self) -> &[u8] {
        &self.rdata
    }

    /// The part that is signed, version through parameters.
    #[must_use]
    pub fn unsigned(&self) -> &[u8] {
        &self.rdata[..self.parameters_end]
    }
}

impl PartialEq for Mimisig {
    fn eq(&self, other: &Self) -> bool {
        self.rdata == other.rdata
    }
}

impl Eq for Mimisig {}

impl fmt::Debug for Mimisig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mimisig")
            .field("inception", &self.inception)
            .field("expiration", &self.expiration)
            .field("body", &self.body)
            .field("key_id", &self.key_id())
            .finish_non_exhaustive()
    }
}
