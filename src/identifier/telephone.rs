//! Telephone numbers: `tel:+` and 7 to 15 digits.

use std::fmt;

use super::{IdentifierError, IdentifierFault, redacted};

pub(super) const PREFIX: &str = "tel:+";
/// Fewest digits, country code included.
pub(super) const MIN_DIGITS: usize = 7;
/// Most digits, country code included. Source: ITU-T E.164 §6.
pub(super) const MAX_DIGITS: usize = 15;

/// An international telephone number: `tel:+` and 7 to 15 digits, the first not 0.
///
/// Source: RFC 3966 §5.1.4 (global numbers, without visual separators), ITU-T E.164.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Telephone {
    text: Box<str>,
}

impl Telephone {
    /// Reads a canonical number that begins with [`PREFIX`].
    pub(super) fn parse(canonical: &str) -> Result<Self, IdentifierError> {
        let digits = &canonical[PREFIX.len()..];
        if let Some(at) = digits.bytes().position(|octet| !octet.is_ascii_digit()) {
            return Err(IdentifierFault::NotADigit.at(PREFIX.len() + at));
        }
        Self::check(digits).map_err(|fault| match fault {
            IdentifierFault::LeadingZero => fault.at(PREFIX.len()),
            _ => fault.whole(),
        })?;
        Ok(Self { text: canonical.into() })
    }

    /// Makes a number of ASCII digits, country code first.
    pub(super) fn from_digits(digits: &str) -> Result<Self, IdentifierFault> {
        debug_assert!(digits.bytes().all(|octet| octet.is_ascii_digit()), "digits only");
        Self::check(digits)?;
        Ok(Self { text: [PREFIX, digits].concat().into() })
    }

    /// The number, if the text is canonical.
    pub(super) fn parse_if_canonical(text: &str) -> Option<Self> {
        text.starts_with(PREFIX).then(|| Self::parse(text).ok())?
    }

    fn check(digits: &str) -> Result<(), IdentifierFault> {
        match digits.len() {
            _ if digits.starts_with('0') => Err(IdentifierFault::LeadingZero),
            ..MIN_DIGITS => Err(IdentifierFault::TooFewDigits),
            MIN_DIGITS..=MAX_DIGITS => Ok(()),
            _ => Err(IdentifierFault::TooManyDigits),
        }
    }

    /// The canonical form, `tel:+442079460148`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The digits alone, country code first, without `+`: `442079460148`.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.text[PREFIX.len()..]
    }
}

impl fmt::Debug for Telephone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "Telephone", &self.text)
    }
}
