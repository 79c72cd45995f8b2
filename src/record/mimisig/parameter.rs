//! Parameters: key, length, value.

use std::fmt;

use super::Kind;

/// A parameter that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParameterKey {
    /// The signer's domain.
    Issuer,
    /// The holder's public key.
    HolderKey,
    /// Hash of the holder's public key.
    Holder,
    /// How and when possession was checked.
    Proof,
    /// One NAPTR or URI record.
    Endpoint,
    /// Inception of the wishes on which a mapping rests.
    Consent,
    /// One provider at which the holder wants to be reached.
    At,
}

impl ParameterKey {
    /// All known parameters, by number.
    pub const ALL: [Self; 7] =
        [Self::Issuer, Self::HolderKey, Self::Holder, Self::Proof, Self::Endpoint, Self::Consent, Self::At];

    /// The key on the wire.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Issuer => 1,
            Self::HolderKey => 2,
            Self::Holder => 3,
            Self::Proof => 4,
            Self::Endpoint => 5,
            Self::Consent => 6,
            Self::At => 7,
        }
    }

    /// The word of the presentation form.
    #[must_use]
    pub const fn mnemonic(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::HolderKey => "holder-key",
            Self::Holder => "holder",
            Self::Proof => "proof",
            Self::Endpoint => "endpoint",
            Self::Consent => "consent",
            Self::At => "at",
        }
    }

    /// The parameter of this key, if it is known.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.number() == number)
    }

    /// The parameter of this word, in lower case.
    #[must_use]
    pub fn from_mnemonic(word: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.mnemonic().as_bytes() == word)
    }

    /// Whether one statement may have several.
    pub(super) const fn repeats(self) -> bool {
        matches!(self, Self::Endpoint | Self::At)
    }

    pub(super) const fn belongs_in(self, kind: Kind) -> bool {
        match kind {
            Kind::Possession => matches!(self, Self::Issuer | Self::HolderKey | Self::Proof),
            Kind::Mapping => {
                matches!(self, Self::Issuer | Self::Holder | Self::Proof | Self::Endpoint | Self::Consent)
            }
            Kind::Wishes => matches!(self, Self::Holder | Self::At),
        }
    }
}

impl fmt::Display for ParameterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.mnemonic())
    }
}

/// Parameters one after the other; `Err` once, and last, where they don't fill the octets exactly.
#[derive(Debug, Clone)]
pub(super) struct Parameters<'a> {
    rest: &'a [u8],
}

/// The parameters end inside one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Uneven;

impl<'a> Parameters<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }
}

impl<'a> Iterator for Parameters<'a> {
    type Item = Result<(u16, &'a [u8]), Uneven>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = std::mem::take(&mut self.rest);
        match rest {
            [] => None,
            [k0, k1, l0, l1, rest @ ..] => {
                match rest.split_at_checked(usize::from(u16::from_be_bytes([*l0, *l1]))) {
                    Some((value, rest)) => {
                        self.rest = rest;
                        Some(Ok((u16::from_be_bytes([*k0, *k1]), value)))
                    }
                    None => Some(Err(Uneven)),
                }
            }
            _ => Some(Err(Uneven)),
        }
    }
}

/// The octets of parameters that are in order; `None` where a value is longer than its length field
/// can say.
pub(super) fn concat(parameters: &[(u16, Vec<u8>)]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for (key, value) in parameters {
        out.extend_from_slice(&key.to_be_bytes());
        out.extend_from_slice(&u16::try_from(value.len()).ok()?.to_be_bytes());
        out.extend_from_slice(value);
    }
    Some(out)
}
