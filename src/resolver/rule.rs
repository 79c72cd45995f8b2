//! The REGEXP field of a NAPTR record: a substitution expression.

use super::ere::{Ere, EreError, Options, TextTooLong};

/// The longest result: what back-references may grow into.
pub const MAX_RESULT: usize = 2048;

/// A substitution expression, `!ere!replacement!flags`, ready to be applied.
///
/// The delimiter is any octet but a backslash, `1` to `9` and the flag `i`. It stands exactly three
/// times without a backslash in front. In the expression and in the replacement a backslash and the
/// delimiter are the delimiter itself; in the replacement `\1` to `\9` are what a group matched,
/// `\\` is one backslash, and nothing else follows a backslash. Source: RFC 3402 §3.2.
#[derive(Debug, Clone)]
pub struct Rule {
    ere: Ere,
    replacement: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Octets(Vec<u8>),
    Group(usize),
}

/// What is wrong with a substitution expression: its publisher must mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The field is empty.
    #[error("the expression is empty")]
    Empty,
    /// It begins with an octet that can't be a delimiter.
    #[error("a delimiter must not be a backslash, a digit from 1 to 9, or the flag `i`")]
    BadDelimiter,
    /// Not three delimiters.
    #[error("there must be three delimiters, and there are {count} (one in the text needs a backslash)")]
    Delimiters {
        /// How many there are.
        count: usize,
    },
    /// A flag other than `i`.
    #[error("the only flag after the expression is `i`")]
    UnknownFlag,
    /// The regular expression is at fault.
    #[error(transparent)]
    Ere(#[from] EreError),
    /// A backslash in the replacement before something else.
    #[error("in a replacement a backslash must stand before 1 to 9, the delimiter or a backslash")]
    BadEscape,
    /// A back-reference to a group that the expression does not have.
    #[error("`\\{group}` refers to a group that the expression does not have")]
    NoSuchGroup {
        /// Its number.
        group: usize,
    },
}

/// Why a rule has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The regular expression does not match the string.
    #[error("the expression does not match")]
    NoMatch,
    /// The string to apply it to is longer than 255 octets.
    #[error("the string is longer than 255 octets")]
    TextTooLong,
    /// The result would be too long.
    #[error("the result is longer than {MAX_RESULT} octets")]
    ResultTooLong,
}

impl Rule {
    /// Reads the field as it stands in the record, presentation escapes removed.
    ///
    /// # Errors
    /// What is wrong with it: its publisher's fault.
    pub fn parse(field: &[u8]) -> Result<Self, RuleError> {
        let (&delimiter, rest) = field.split_first().ok_or(RuleError::Empty)?;
        if matches!(delimiter, b'\\' | b'1'..=b'9' | b'i' | b'I') {
            return Err(RuleError::BadDelimiter);
        }
        // The part before the first delimiter is cut off already, so parts and delimiters are as many.
        let parts = split(rest, delimiter);
        let &[ere, replacement, flags] = &parts[..] else {
            return Err(RuleError::Delimiters { count: parts.len() });
        };
        // ABNF strings are blind to case (RFC 5234 §2.3), and the flag is one.
        if !flags.iter().all(|flag| flag.eq_ignore_ascii_case(&b'i')) {
            return Err(RuleError::UnknownFlag);
        }
        let options = Options { ignore_case: !flags.is_empty(), delimiter: Some(delimiter) };
        let ere = Ere::parse(ere, options)?;
        let replacement = pieces(replacement, delimiter)?;
        match replacement.iter().find(|piece| matches!(piece, Piece::Group(group) if *group > ere.groups())) {
            Some(&Piece::Group(group)) => Err(RuleError::NoSuchGroup { group }),
            _ => Ok(Self { ere, replacement }),
        }
    }

    /// The replacement, filled from where the expression matches in `text`. What of the text lies
    /// outside the match is no part of the result; a group that took no part is empty.
    ///
    /// # Errors
    /// [`ApplyError`].
    pub fn apply(&self, text: &[u8]) -> Result<Vec<u8>, ApplyError> {
        let found = self.ere.find(text).map_err(|TextTooLong| ApplyError::TextTooLong)?;
        let captures = found.ok_or(ApplyError::NoMatch)?;
        let mut result = Vec::new();
        for piece in &self.replacement {
            let octets = match piece {
                Piece::Octets(octets) => octets,
                Piece::Group(group) => {
                    captures.get(*group).cloned().flatten().map_or(&b""[..], |range| &text[range])
                }
            };
            if result.len() + octets.len() > MAX_RESULT {
                return Err(ApplyError::ResultTooLong);
            }
            result.extend_from_slice(octets);
        }
        Ok(result)
    }
}

/// The parts between delimiters that no backslash escapes.
fn split(text: &[u8], delimiter: u8) -> Vec<&[u8]> {
    let mut escaped = false;
    text.split(|&octet| {
        let border = octet == delimiter && !escaped;
        escaped = octet == b'\\' && !escaped;
        border
    })
    .collect()
}

fn pieces(text: &[u8], delimiter: u8) -> Result<Vec<Piece>, RuleError> {
    let mut pieces = Vec::new();
    let mut octets = Vec::new();
    let mut rest = text.iter();
    while let Some(&octet) = rest.next() {
        if octet != b'\\' {
            octets.push(octet);
            continue;
        }
        match rest.next() {
            Some(digit @ b'1'..=b'9') => {
                if !octets.is_empty() {
                    pieces.push(Piece::Octets(std::mem::take(&mut octets)));
                }
                pieces.push(Piece::Group(usize::from(digit - b'0')));
            }
            Some(&after) if after == delimiter || after == b'\\' => octets.push(after),
            _ => return Err(RuleError::BadEscape),
        }
    }
    if !octets.is_empty() {
        pieces.push(Piece::Octets(octets));
    }
    Ok(pieces)
}
