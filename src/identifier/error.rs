//! What is wrong with the text of an identifier, and where.

use std::fmt;

/// How much of a text is quoted, in characters.
const QUOTED: usize = 40;

/// Text that is no identifier: what is wrong and where.
///
/// Holds and prints nothing of the text, so it may go into a log, and counts octets from 1; [`IdentifierError::at_terminal`]
/// quotes the text for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub struct IdentifierError {
    fault: IdentifierFault,
    at: Option<usize>,
}

/// What can be wrong with the text of an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum IdentifierFault {
    /// No text.
    #[error("there is no identifier")]
    Empty,
    /// More than [`MAX_IDENTIFIER`](super::MAX_IDENTIFIER) octets.
    #[error("the text is longer than 1024 octets")]
    TooLong,
    /// Canonical text of no known kind.
    #[error("a canonical identifier begins with `tel:+`, `mailto:` or `mimi://`")]
    NotCanonical,
    /// Typed text that looks like nothing known.
    #[error("this is no telephone number, no email address and no `mimi:` URI")]
    UnknownKind,

    /// Something else than a digit in a canonical number.
    #[error("a canonical telephone number is `tel:+` and digits, nothing else")]
    NotADigit,
    /// `+0…`.
    #[error("no country code begins with 0")]
    LeadingZero,
    /// Fewer than 7 digits.
    #[error("an international number has at least 7 digits")]
    TooFewDigits,
    /// More than 15 digits.
    #[error("an international number has at most 15 digits")]
    TooManyDigits,

    /// An email address without `@`.
    #[error("an email address needs an `@`")]
    NoAt,
    /// Nothing before the `@`.
    #[error("the part before the `@` is empty")]
    LocalEmpty,
    /// A local part of more than 64 octets.
    #[error("the part before the `@` is longer than 64 octets")]
    LocalTooLong,
    /// A character that would need quotes.
    #[error("this character can't stand before the `@` without quotes, and quotes are not used")]
    LocalQuoted,
    /// A dot in front, at the end, or after another.
    #[error("before the `@` a dot stands between other characters only")]
    LocalDot,
    /// A code point outside PRECIS' IdentifierClass.
    #[error("this character can't stand in a user's name (RFC 8264 §9)")]
    LocalDisallowed,
    /// Right-to-left text that breaks the Bidi Rule, or text without a stable canonical form.
    #[error("this user's name has no canonical form (RFC 8265 §3.3)")]
    LocalUnmappable,
    /// A local part that mapping would change.
    #[error("the part before the `@` is not canonical: lower case, normal width, NFC (RFC 8265 §3.3)")]
    LocalNotCanonical,
    /// A percent-encoded octet in a typed `mailto:`.
    #[error("a percent-encoded `mailto:` has two readings; type the address alone")]
    LocalPercent,

    /// No domain.
    #[error("the domain is empty")]
    DomainEmpty,
    /// `[…]`, or a last label of digits.
    #[error("an address literal is no domain")]
    DomainLiteral,
    /// Not a domain by UTS 46.
    #[error("this is no domain: letters, digits, inner hyphens and dots (UTS 46, STD3)")]
    DomainInvalid,
    /// Two dots in a row, or one at either end.
    #[error("a label of the domain is empty")]
    DomainEmptyLabel,
    /// A label of more than 63 octets as an A-label.
    #[error("a label of the domain is longer than 63 octets")]
    DomainLabelTooLong,
    /// More than 253 octets as A-labels.
    #[error("the domain is longer than 253 octets")]
    DomainTooLong,
    /// A domain that UTS 46 would change.
    #[error("the domain is not canonical: lower-case A-labels")]
    DomainNotCanonical,

    /// A MIMI identifier without `//` and host.
    #[error("a MIMI identifier is `mimi://`, a host and a path")]
    NoHost,
    /// `user@` before the host.
    #[error("a MIMI identifier has no user before its host")]
    UserInfo,
    /// `:port` after the host.
    #[error("a MIMI identifier has no port")]
    Port,
    /// Nothing after the host.
    #[error("a MIMI identifier needs a path after its host")]
    NoPath,
    /// Two slashes in a row, or one at the end.
    #[error("a segment of the path is empty")]
    EmptySegment,
    /// `.` or `..`.
    #[error("a segment of the path is `.` or `..`")]
    DotSegment,
    /// `?` or `#`.
    #[error("a MIMI identifier has neither query nor fragment")]
    QueryOrFragment,
    /// A space or control character in a typed path.
    #[error("a path has no spaces")]
    PathSpace,
    /// A character that stands in a path as `%XX` only.
    #[error("this character stands in a canonical path as `%XX` only")]
    PathRaw,
    /// `%` without two hexadecimal digits.
    #[error("`%` is followed by two hexadecimal digits")]
    PercentCut,
    /// `%xx` in lower case.
    #[error("canonical percent-encoding is in upper case")]
    PercentLowerCase,
    /// `%XX` for a character that stands for itself.
    #[error("this character is not percent-encoded in a canonical path")]
    PercentNeedless,

    /// Letters in a typed number.
    #[error("letters are no part of a telephone number")]
    Letters,
    /// `;ext=`, `x12`, `#12`, `,12`.
    #[error("an extension can't be looked up; type the number without it")]
    Extension,
    /// Another `;` parameter, such as `;phone-context=`.
    #[error("a telephone number with parameters can't be looked up; type it in full with `+`")]
    Parameter,
    /// `+` elsewhere than in front.
    #[error("`+` stands only in front of a telephone number")]
    PlusInside,
    /// Something that separates no digits.
    #[error("this character is no part of a telephone number")]
    NotInNumber,
    /// Two numbers, as in `7946 0148/9`.
    #[error("these are two telephone numbers; type one of them")]
    TwoNumbers,
    /// `(0)` where no numbering metadata says what it means.
    #[error("`(0)` is not dialled from abroad; type the number without it")]
    TrunkZero,
    /// A national number, and no region.
    #[error("a national number needs a region, such as GB; or type it with `+` and country code")]
    NoRegion,
    /// A region that the numbering metadata does not know.
    #[error("the region is not known; it is two letters of ISO 3166, such as GB")]
    UnknownRegion,
    /// A national number, and a build without the feature `numbers`.
    #[error("this build reads international numbers only; type it with `+` and country code")]
    NoMetadata,
    /// No country has this code.
    #[error("no country code fits this number")]
    UnknownCountryCode,
    /// Shorter than any number of its country.
    #[error("the number is shorter than any in its country")]
    NumberTooShort,
    /// Longer than any number of its country.
    #[error("the number is longer than any in its country")]
    NumberTooLong,
    /// Of a length that its country does not use.
    #[error("no number in its country has this many digits")]
    NumberLength,
    /// A local number without area code.
    #[error("the number lacks its area code")]
    LocalOnly,
    /// A canonical number that holds a national prefix.
    #[error("the number has a national prefix after its country code; leave it out")]
    NationalPrefix,
}

impl IdentifierFault {
    /// The fault of the text as a whole.
    pub(super) const fn whole(self) -> IdentifierError {
        IdentifierError { fault: self, at: None }
    }

    /// The fault at an octet of the text.
    pub(super) const fn at(self, octet: usize) -> IdentifierError {
        IdentifierError { fault: self, at: Some(octet) }
    }
}

impl IdentifierError {
    /// What is wrong.
    #[must_use]
    pub const fn fault(&self) -> IdentifierFault {
        self.fault
    }

    /// Where it is wrong: octets from the start of the text; `None` where the whole text is meant.
    #[must_use]
    pub const fn at(&self) -> Option<usize> {
        self.at
    }

    /// The same fault in a text that has `more` octets in front.
    pub(super) const fn moved(self, more: usize) -> Self {
        match self.at {
            Some(at) => IdentifierFault::at(self.fault, at + more),
            None => self,
        }
    }

    /// Prints the error with the text quoted, escaped and cut: at a terminal, never in a log.
    #[must_use]
    pub const fn at_terminal<'a>(&'a self, text: &'a str) -> AtTerminal<'a> {
        AtTerminal { error: self, text }
    }
}

impl fmt::Display for IdentifierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{}, at octet {}", self.fault, at + 1),
            None => self.fault.fmt(f),
        }
    }
}

/// An [`IdentifierError`] that quotes the text it is about.
#[derive(Clone, Copy)]
pub struct AtTerminal<'a> {
    error: &'a IdentifierError,
    text: &'a str,
}

impl fmt::Display for AtTerminal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", Quoted(self.text), self.error.fault)?;
        match self.error.at.and_then(|at| self.text.get(at..)) {
            None => Ok(()),
            Some("") => f.write_str(", at its end"),
            Some(rest) => write!(f, ", at `{}`", Quoted(rest)),
        }
    }
}

impl fmt::Debug for AtTerminal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

/// Escaped, so that text can't move the cursor or turn the line around, and cut.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(QUOTED) {
            match character {
                '\'' | '"' => write!(f, "{character}")?,
                _ => write!(f, "{}", character.escape_debug())?,
            }
        }
        f.write_str(if characters.next().is_some() { "…" } else { "" })
    }
}
