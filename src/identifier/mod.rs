//! Canonical identifiers: the octets that are hashed and signed.
//!
//! | kind | canonical form | example |
//! | --- | --- | --- |
//! | [`Telephone`] | `tel:+` and 7 to 15 digits, first not 0 | `tel:+442079460148` |
//! | [`Email`] | `mailto:`, dot-atom local part by `UsernameCaseMapped` in raw UTF-8, `@`, A-labels | `mailto:jo@example.org` |
//! | [`MimiName`] | `mimi://`, A-labels, path | `mimi://names.example/u/jo` |
//!
//! [`Identifier::parse`] takes the canonical form only; [`Identifier::typed`] reads what people type.
//! Whose identifier it is stays out of logs: `Debug` prints the kind and the length, and no type
//! here has `Display`.

mod domain;
mod email;
mod error;
mod mimi;
#[cfg(feature = "numbers")]
mod numbers;
mod telephone;
#[cfg(test)]
mod tests;
mod typed;

use std::fmt;
use std::str::FromStr;

pub use email::Email;
pub use error::{AtTerminal, IdentifierError, IdentifierFault};
pub use mimi::MimiName;
pub use telephone::Telephone;
pub use typed::TypedIdentifier;

/// The longest text that is looked at, canonical or typed, in octets.
pub const MAX_IDENTIFIER: usize = 1024;

/// A cross-platform identifier in canonical form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identifier {
    /// A telephone number.
    Telephone(Telephone),
    /// An email address.
    Email(Email),
    /// A MIMI identifier that is a name of its own.
    Mimi(MimiName),
}

/// The kinds of identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentifierKind {
    /// `tel:`
    Telephone,
    /// `mailto:`
    Email,
    /// `mimi:`
    Mimi,
}

impl Identifier {
    /// Reads the exact canonical form, of at most [`MAX_IDENTIFIER`] octets.
    ///
    /// # Errors
    /// What is not canonical, and where: the caller's fault. Text that people type goes through
    /// [`Identifier::typed`].
    pub fn parse(canonical: &str) -> Result<Self, IdentifierError> {
        if canonical.is_empty() {
            return Err(IdentifierFault::Empty.whole());
        }
        if canonical.len() > MAX_IDENTIFIER {
            return Err(IdentifierFault::TooLong.whole());
        }
        if canonical.starts_with(telephone::PREFIX) {
            Telephone::parse(canonical).map(Self::Telephone)
        } else if canonical.starts_with(email::PREFIX) {
            Email::parse(canonical).map(Self::Email)
        } else if canonical.starts_with(mimi::PREFIX) {
            MimiName::parse(canonical).map(Self::Mimi)
        } else {
            Err(IdentifierFault::NotCanonical.at(0))
        }
    }

    /// Begins to read what a person typed or pasted: `020 7946 0148`, `Jo@Example.ORG`.
    #[must_use]
    pub fn typed(text: &str) -> TypedIdentifier<'_> {
        TypedIdentifier::new(text)
    }

    /// The canonical form: what is hashed and signed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Telephone(telephone) => telephone.as_str(),
            Self::Email(email) => email.as_str(),
            Self::Mimi(name) => name.as_str(),
        }
    }

    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> IdentifierKind {
        match self {
            Self::Telephone(_) => IdentifierKind::Telephone,
            Self::Email(_) => IdentifierKind::Email,
            Self::Mimi(_) => IdentifierKind::Mimi,
        }
    }
}

impl FromStr for Identifier {
    type Err = IdentifierError;

    fn from_str(canonical: &str) -> Result<Self, IdentifierError> {
        Self::parse(canonical)
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Telephone(telephone) => telephone.fmt(f),
            Self::Email(email) => email.fmt(f),
            Self::Mimi(name) => name.fmt(f),
        }
    }
}

impl fmt::Display for IdentifierKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Telephone => "telephone number",
            Self::Email => "email address",
            Self::Mimi => "MIMI identifier",
        })
    }
}

/// `Debug` of everything that holds an identifier: its kind and length, nothing of its text.
fn redacted(f: &mut fmt::Formatter<'_>, kind: &str, text: &str) -> fmt::Result {
    write!(f, "{kind}({} octets)", text.len())
}

/// How many octets two texts have in front in common, whole characters only.
fn common_prefix(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(same, _)| same.len_utf8()).sum()
}
