//! Character-strings: their octets, and their presentation form, exact both ways.

use std::fmt::{self, Write};
use std::str::FromStr;

use super::name::unescape;
use super::scan::Token;
use super::seek::{Kind, seek};

/// The longest character-string. Source: RFC 1035 §3.3.
pub const MAX_CHAR_STRING: usize = 255;

/// Whether a character does something else at a terminal than to be shown: control characters, and
/// those that change the order of what stands beside them. Source: Unicode UAX #9 §2.
pub(crate) fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A character-string: 0 to 255 octets of any value.
///
/// Wire form: one octet of length, then the octets. `Display` prints it in quotation marks, what is
/// not printable ASCII as `\DDD`; `FromStr` reads that, or one word without quotation marks, and
/// gives back the same octets. Source: RFC 1035 §3.3 and §5.1.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CharString(Box<[u8]>);

/// What is wrong with a character-string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CharStringError {
    /// More than 255 octets.
    #[error("the string is longer than 255 octets")]
    TooLong,
    /// `\` not followed by a character or three digits up to 255.
    #[error("`\\` must be followed by one character or by three digits up to 255")]
    BadEscape,
    /// A quotation mark in the middle of a word, or a blank outside quotation marks.
    #[error("a quotation mark stands inside a word")]
    StrayQuote,
    /// Text that is not exactly one string.
    #[error("the text is not exactly one string")]
    NotOne,
}

impl CharStringError {
    /// How to mend it, in one clause.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::TooLong => "divide it into several strings of at most 255 octets",
            Self::BadEscape => "write a backslash as `\\\\`, and an octet as `\\` and three digits",
            Self::StrayQuote => "put the marks around the whole string; a mark inside is written `\\\"`",
            Self::NotOne => "put quotation marks around text with blanks",
        }
    }
}

impl CharString {
    /// The string of these octets.
    ///
    /// # Errors
    /// [`CharStringError::TooLong`].
    pub fn new(octets: &[u8]) -> Result<Self, CharStringError> {
        match octets.len() {
            0..=MAX_CHAR_STRING => Ok(Self(octets.into())),
            _ => Err(CharStringError::TooLong),
        }
    }

    /// Decodes a token.
    ///
    /// # Errors
    /// What is wrong with the text: its author's fault.
    pub fn from_token(token: &Token<'_>) -> Result<Self, CharStringError> {
        let mut octets = Vec::with_capacity(token.raw.len().min(MAX_CHAR_STRING));
        decode(token, MAX_CHAR_STRING, &mut octets)?;
        Ok(Self(octets.into()))
    }

    /// The octets, without their length.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Puts the wire form, an octet of length and the octets, at the end of `wire`.
    pub fn append_to(&self, wire: &mut Vec<u8>) {
        wire.push(u8::try_from(self.0.len()).expect("a character-string has at most 255 octets"));
        wire.extend_from_slice(&self.0);
    }
}

impl AsRef<[u8]> for CharString {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for CharString {
    type Err = CharStringError;

    fn from_str(text: &str) -> Result<Self, CharStringError> {
        let mut tokens = Vec::new();
        let mut scanner = super::scan::Scanner::new(text.as_bytes());
        let one = matches!(scanner.next_entry(&mut tokens), Some(Ok(_)));
        match &tokens[..] {
            [token] if one && scanner.next_entry(&mut Vec::new()).is_none() => Self::from_token(token),
            _ => Err(CharStringError::NotOne),
        }
    }
}

impl fmt::Display for CharString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_quoted(&self.0, f)
    }
}

impl fmt::Debug for CharString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CharString({self})")
    }
}

/// Puts the octets for which a token stands at the end of `out`.
///
/// # Errors
/// A bad escape, a quotation mark inside a word, or more than `max` octets; `out` may then hold a
/// part of them.
pub fn decode(token: &Token<'_>, max: usize, out: &mut Vec<u8>) -> Result<(), CharStringError> {
    let limit = out.len().saturating_add(max);
    let plain = seek(token.raw, 0, &Kind::of(*b"\\\""));
    let (plain, mut rest) = token.raw.split_at(plain.min(max));
    out.extend_from_slice(plain);
    while let [octet, tail @ ..] = rest {
        let (octet, tail) = match octet {
            b'\\' => unescape(tail).ok_or(CharStringError::BadEscape)?,
            b'"' => return Err(CharStringError::StrayQuote),
            _ => (*octet, tail),
        };
        if out.len() == limit {
            return Err(CharStringError::TooLong);
        }
        out.push(octet);
        rest = tail;
    }
    Ok(())
}

/// Prints octets as a quoted string: `"` and `\` after a backslash, what is not printable ASCII as
/// `\DDD`, everything else as it is.
///
/// # Errors
/// Those of `out`.
pub fn print_quoted(octets: &[u8], out: &mut (impl Write + ?Sized)) -> fmt::Result {
    out.write_char('"')?;
    let mut rest = octets;
    while !rest.is_empty() {
        let plain = rest.iter().position(|&octet| !is_plain(octet)).unwrap_or(rest.len());
        let (front, back) = rest.split_at(plain);
        // Printable ASCII is UTF-8.
        out.write_str(std::str::from_utf8(front).map_err(|_| fmt::Error)?)?;
        rest = match back {
            [octet @ (b'"' | b'\\'), tail @ ..] => {
                out.write_char('\\')?;
                out.write_char(char::from(*octet))?;
                tail
            }
            [octet, tail @ ..] => {
                write!(out, "\\{octet:03}")?;
                tail
            }
            [] => back,
        };
    }
    out.write_char('"')
}

const fn is_plain(octet: u8) -> bool {
    matches!(octet, b' '..=b'~') && octet != b'"' && octet != b'\\'
}

/// Reads seconds, or a sum of units as in `1w2d3h4m5s`, in any case. Source: BIND's and NSD's custom;
/// RFC 1035 knows seconds only.
#[must_use]
pub fn parse_period(text: &[u8]) -> Option<u32> {
    let (mut total, mut number, mut last_unit) = (0u64, None::<u64>, u64::MAX);
    for octet in text {
        let unit = match octet.to_ascii_lowercase() {
            digit @ b'0'..=b'9' => {
                let next = number.unwrap_or(0) * 10 + u64::from(digit - b'0');
                number = (next <= u64::from(u32::MAX)).then_some(next);
                number?;
                continue;
            }
            b'w' => 604_800,
            b'd' => 86_400,
            b'h' => 3_600,
            b'm' => 60,
            b's' => 1,
            _ => return None,
        };
        // Each unit once, from large to small: `1m1w` is more likely a slip than a period.
        if unit >= last_unit {
            return None;
        }
        total += number.take()? * unit;
        last_unit = unit;
    }
    match number {
        Some(number) if last_unit == u64::MAX => total = number,
        Some(_) => return None,
        None if last_unit == u64::MAX => return None,
        None => {}
    }
    u32::try_from(total).ok()
}

#[cfg(test)]
mod tests;
