//! What DNSSEC says of an answer.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::dnssec::validate::{Fault, InsecureReason};
use crate::record::{Name, Rtype};
use crate::resolver::discovery::text::display;

/// The DNSSEC state of an answer. Source: RFC 4035 §4.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// A chain of signatures leads from a trust anchor to this answer, or to this absence.
    Secure,
    /// It is proven that no such chain exists, or nobody is to look for one.
    Insecure,
    /// A chain ought to exist and does not hold, and why.
    Bogus(#[serde(with = "fault")] Fault),
    /// What would show whether a chain ought to exist could not be had, or nobody looked whose word is taken.
    Indeterminate,
}

impl Proof {
    /// What holds of two answers together: insecure if either is, indeterminate before that, bogus
    /// before all.
    #[must_use]
    pub fn weaker(self, other: Self) -> Self {
        let rank = |proof| match proof {
            Self::Secure => 0,
            Self::Insecure => 1,
            Self::Indeterminate => 2,
            Self::Bogus(_) => 3,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secure => f.write_str("secure"),
            Self::Insecure => f.write_str("not secured by DNSSEC"),
            Self::Bogus(fault) => write!(f, "bogus: {fault} (extended error {})", fault.extended_error()),
            Self::Indeterminate => f.write_str("DNSSEC state unknown"),
        }
    }
}

/// What DNSSEC says of one RRset, or of an absence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RrsetState {
    /// Owner name.
    #[serde(with = "display")]
    pub owner: Name,
    /// Type; of an absence the one that was asked for.
    #[serde(rename = "type", with = "display")]
    pub rtype: Rtype,
    /// The state.
    pub dnssec: Proof,
    /// The zone whose keys prove it.
    #[serde(with = "display::option")]
    pub zone: Option<Name>,
    /// Why it is not secure.
    pub why: Option<Why>,
}

/// A reason with its stable code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Why {
    /// The stable code.
    pub code: Cow<'static, str>,
    /// In words.
    pub words: String,
    /// As INFO-CODE of RFC 8914 §4, where there is one.
    pub extended_error: Option<u16>,
}

impl Why {
    /// The code where a question on the way to a proof had no answer.
    pub(in crate::resolver) const NOT_REACHED: &'static str = "not-reached";

    /// The code where nothing is known since no trust anchor is above the name.
    pub(in crate::resolver) const NO_ANCHOR: &'static str = "no-anchor";

    /// The code where a server gives no signatures, without a sign that it knows of any.
    pub(in crate::resolver) const NO_SIGNATURES: &'static str = "no-signatures";

    pub(in crate::resolver) fn is_no_anchor(&self) -> bool {
        self.code == Self::NO_ANCHOR
    }

    /// Whether it may go away by itself.
    #[must_use]
    pub fn is_not_reached(&self) -> bool {
        self.code == Self::NOT_REACHED
    }

    pub(in crate::resolver) fn new(code: &'static str, words: impl fmt::Display) -> Self {
        Self { code: code.into(), words: words.to_string(), extended_error: None }
    }
}

impl From<Fault> for Why {
    fn from(fault: Fault) -> Self {
        Self { extended_error: Some(fault.extended_error()), ..Self::new(fault.code(), fault) }
    }
}

impl From<InsecureReason> for Why {
    fn from(reason: InsecureReason) -> Self {
        Self { extended_error: reason.extended_error(), ..Self::new(reason.code(), reason) }
    }
}

/// A fault as its reason; read by its code.
mod fault {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    use super::Why;
    use crate::dnssec::validate::Fault;

    pub(super) fn serialize<S: Serializer>(fault: &Fault, serializer: S) -> Result<S::Ok, S::Error> {
        Why::from(*fault).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fault, D::Error> {
        let why = Why::deserialize(deserializer)?;
        let known = Fault::ALL.iter().find(|fault| fault.code() == why.code);
        known.copied().ok_or_else(|| de::Error::custom("an unknown fault"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weaker_proof_holds() {
        let bogus = Proof::Bogus(Fault::SignatureExpired);
        let ranked = [Proof::Secure, Proof::Insecure, Proof::Indeterminate, bogus];
        for (index, one) in ranked.into_iter().enumerate() {
            for other in &ranked[index..] {
                assert_eq!((one.weaker(*other), other.weaker(one)), (*other, *other));
            }
        }
    }

    #[test]
    fn every_fault_survives_json() {
        for &fault in Fault::ALL {
            let proof = Proof::Bogus(fault);
            let json = serde_json::to_string(&proof).unwrap();
            assert_eq!(serde_json::from_str::<Proof>(&json).unwrap(), proof, "{json}");
        }
        let json = serde_json::to_string(&Proof::Bogus(Fault::SignatureExpired)).unwrap();
        assert_eq!(
            json,
            r#"{"bogus":{"code":"signature-expired","words":"its signature has expired","extended_error":7}}"#
        );
    }
}
