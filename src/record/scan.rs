//! The scanner of master files: octets in, the tokens of one logical line out, as spans.
//!
//! Nothing is copied or decoded, and lines are never counted: [`line_column`] does that for the one
//! offset at which something is wrong. Source: RFC 1035 §5.1.

use super::seek::{Kind, seek};

/// The most tokens that one entry may have. The data of a record holds 65,535 octets, and no format
/// has more tokens than that.
pub const MAX_TOKENS: usize = 65_536 + 64;

/// A word or a quoted string; its escapes are still in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// The octets as they stand in the text, without the quotation marks around a quoted string.
    ///
    /// In a word, quotation marks within are kept: `key="a b"` is one word (RFC 9460 App. A).
    pub raw: &'a [u8],
    /// Whether quotation marks stood around it.
    pub quoted: bool,
    /// Where `raw` begins in the text.
    pub offset: usize,
}

impl Token<'_> {
    /// Whether this is the word `text`, in any case; a quoted string never is.
    #[must_use]
    pub fn is_word(&self, text: &str) -> bool {
        !self.quoted && self.raw.eq_ignore_ascii_case(text.as_bytes())
    }

    /// Where the token begins in the text, its opening quotation mark included.
    #[must_use]
    pub fn start(&self) -> usize {
        self.offset.saturating_sub(usize::from(self.quoted))
    }

    /// Where the token ends in the text, its closing quotation mark left out.
    #[must_use]
    pub fn end(&self) -> usize {
        self.offset + self.raw.len()
    }
}

/// One logical line with at least one token: a record or a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Whether the line began with a blank, so that the owner name is that of the record before.
    pub starts_blank: bool,
    /// Where its first token begins in the text.
    pub offset: usize,
}

/// A logical line that could not be divided into tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct ScanError {
    /// Where the fault stands in the text.
    pub offset: usize,
    /// What it is.
    pub fault: ScanFault,
}

/// What hinders the division into tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScanFault {
    /// A line ended inside a quoted string; the offset is that of its opening mark.
    #[error("the quoted string that opens here is not closed on its line")]
    UnterminatedQuote,
    /// The text ended, or another parenthesis opened; the offset is that of the opening one.
    #[error("the parenthesis that opens here is not closed")]
    UnterminatedParenthesis,
    /// `)` without `(`.
    #[error("this parenthesis closes none")]
    StrayParenthesis,
    /// An octet 0 outside comments.
    #[error("an octet of value 0 stands in the text")]
    Nul,
    /// A carriage return that no line feed follows.
    #[error("a carriage return stands here without a line feed")]
    LoneCarriageReturn,
    /// More than [`MAX_TOKENS`].
    #[error("the entry has more words than a record can hold")]
    TooManyTokens,
}

impl ScanFault {
    /// How to mend it, in one clause.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::UnterminatedQuote => {
                "close the string with `\"`; a quotation mark inside is written `\\\"`"
            }
            Self::UnterminatedParenthesis => "put `)` where the record ends",
            Self::StrayParenthesis => "remove it, or put `(` where the record begins to span lines",
            Self::Nul => "save the file as UTF-8 or ASCII text; write the octet as `\\000`",
            Self::LoneCarriageReturn => "end lines with a line feed; write the octet as `\\013`",
            Self::TooManyTokens => "split the entry into several records",
        }
    }
}

/// Divides a text into entries.
///
/// Blanks are space, tab, vertical tab and form feed; lines end in LF or CRLF; `;` begins a comment,
/// except inside quotation marks or after `\`; `( … )` joins lines and does not nest. A UTF-8 byte
/// order mark in front is passed over. Work and memory are linear in the text.
#[derive(Debug, Clone)]
pub struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    /// A scanner at the beginning of `text`.
    #[must_use]
    pub fn new(text: &'a [u8]) -> Self {
        let at = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Self { text, at }
    }

    /// A scanner that goes on at `offset`, the beginning of a line.
    #[must_use]
    pub(crate) fn starting_at(text: &'a [u8], offset: usize) -> Self {
        match offset {
            0 => Self::new(text),
            at => Self { text, at },
        }
    }

    /// Where scanning stands: the beginning of a line, or the end of the text.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The next entry, its tokens put into `tokens` in place of what was there; lines without tokens
    /// are passed over. `None` at the end of the text.
    ///
    /// # Errors
    /// The first fault of the logical line: its author's. The next call goes on with the line after.
    pub fn next_entry(&mut self, tokens: &mut Vec<Token<'a>>) -> Option<Result<Entry, ScanError>> {
        loop {
            tokens.clear();
            let starts_blank = self.text.get(self.at).is_some_and(|&octet| class(octet) == BLANK);
            if self.at >= self.text.len() {
                return None;
            }
            if let Err(error) = self.logical_line(tokens) {
                return Some(Err(error));
            }
            if let Some(first) = tokens.first() {
                return Some(Ok(Entry { starts_blank, offset: first.offset }));
            }
        }
    }

    /// Reads up to the end of a logical line, past faults too, and reports the first of them.
    fn logical_line(&mut self, tokens: &mut Vec<Token<'a>>) -> Result<(), ScanError> {
        let mut open: Option<usize> = None;
        let mut first: Option<ScanError> = None;
        let mut fail = |offset, fault| *first.get_or_insert(ScanError { offset, fault });
        loop {
            let at = self.at;
            let Some(&octet) = self.text.get(at) else {
                if let Some(opening) = open {
                    let error = fail(opening, ScanFault::UnterminatedParenthesis);
                    self.at = self.after_unclosed(opening.max(error.offset));
                }
                break;
            };
            self.at += 1;
            match class(octet) {
                BLANK => {}
                LINE_FEED if open.is_none() => break,
                LINE_FEED => {}
                CARRIAGE_RETURN => {
                    if self.text.get(self.at).is_some_and(|&next| next != b'\n') {
                        fail(at, ScanFault::LoneCarriageReturn);
                    }
                }
                COMMENT => self.at = line_end(self.text, self.at),
                OPENING => match open {
                    None => open = Some(at),
                    Some(before) => {
                        let error = fail(before, ScanFault::UnterminatedParenthesis);
                        self.at = self.after_unclosed(before.max(error.offset));
                        break;
                    }
                },
                CLOSING => {
                    if open.take().is_none() {
                        fail(at, ScanFault::StrayParenthesis);
                    }
                }
                NUL => {
                    fail(at, ScanFault::Nul);
                }
                other => match if other == QUOTE { self.quoted() } else { self.word(at) } {
                    Ok(token) if tokens.len() < MAX_TOKENS => tokens.push(token),
                    Ok(_) => {
                        fail(at, ScanFault::TooManyTokens);
                    }
                    Err(error) => {
                        fail(error.offset, error.fault);
                        self.at = line_end(self.text, self.at);
                    }
                },
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// Where to go on when a parenthesis is never closed, so that one forgotten `)` hides no other
    /// fault: at the next line that is not indented, since those that are belong to it by custom.
    /// Linear still: text is read twice only up to the next `(`.
    fn after_unclosed(&self, offset: usize) -> usize {
        let mut at = offset;
        loop {
            at = line_end(self.text, at) + 1;
            match self.text.get(at) {
                None => return self.text.len(),
                Some(&octet) if class(octet) == ORDINARY => return at,
                Some(_) => {}
            }
        }
    }

    /// A quoted string; its opening mark has been read.
    fn quoted(&mut self) -> Result<Token<'a>, ScanError> {
        let offset = self.at;
        self.at = close_quote(self.text, offset)?;
        Ok(Token { raw: &self.text[offset..self.at - 1], quoted: true, offset })
    }

    /// A word that begins at `offset`.
    fn word(&mut self, offset: usize) -> Result<Token<'a>, ScanError> {
        self.at = offset;
        loop {
            self.at = seek(self.text, self.at, &SPECIAL);
            match self.text.get(self.at) {
                // What follows stands for itself; but no escape reaches over the end of a line.
                Some(b'\\') => match self.text.get(self.at + 1) {
                    Some(b'\n' | b'\r' | 0) | None => self.at += 1,
                    Some(_) => self.at += 2,
                },
                Some(b'"') => self.at = close_quote(self.text, self.at + 1)?,
                _ => break,
            }
        }
        Ok(Token { raw: &self.text[offset..self.at], quoted: false, offset })
    }
}

/// Where the octet after the closing mark stands.
fn close_quote(text: &[u8], from: usize) -> Result<usize, ScanError> {
    let mut at = from;
    loop {
        at = seek(text, at, &ENDS_QUOTED);
        at += match text.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') if !matches!(text.get(at + 1), Some(b'\n' | b'\r' | 0) | None) => 2,
            Some(0) => return Err(ScanError { offset: at, fault: ScanFault::Nul }),
            Some(b'\n') | None => {
                return Err(ScanError { offset: from - 1, fault: ScanFault::UnterminatedQuote });
            }
            Some(_) => 1,
        }
    }
}

/// Where the next line feed stands, or the end of the text.
fn line_end(text: &[u8], from: usize) -> usize {
    seek(text, from.min(text.len()), &Kind::of(*b"\n"))
}

/// What is not [`ORDINARY`]: as `class` says.
const SPECIAL: Kind<7> = Kind { ones: *b"\0 \"();\\", range: (b'\t', b'\r') };

/// What stands for something else inside quotation marks.
const ENDS_QUOTED: Kind<4> = Kind::of(*b"\"\\\n\0");

/// Line and column of an offset, both from 1; a column is a character of UTF-8, or a stray octet.
#[must_use]
pub fn line_column(text: &[u8], offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line_start = before.iter().rposition(|&octet| octet == b'\n').map_or(0, |at| at + 1);
    let line = 1 + before[..line_start].iter().filter(|&&octet| octet == b'\n').count();
    let column = 1 + before[line_start..].iter().filter(|&&octet| octet & 0xc0 != 0x80).count();
    (line, column)
}

const ORDINARY: u8 = 0;
const BLANK: u8 = 1;
const LINE_FEED: u8 = 2;
const CARRIAGE_RETURN: u8 = 3;
const COMMENT: u8 = 4;
const OPENING: u8 = 5;
const CLOSING: u8 = 6;
const QUOTE: u8 = 7;
const ESCAPE: u8 = 8;
const NUL: u8 = 9;

const fn class(octet: u8) -> u8 {
    const CLASSES: [u8; 256] = {
        let mut classes = [ORDINARY; 256];
        classes[b' ' as usize] = BLANK;
        classes[b'\t' as usize] = BLANK;
        classes[0x0b] = BLANK;
        classes[0x0c] = BLANK;
        classes[b'\n' as usize] = LINE_FEED;
        classes[b'\r' as usize] = CARRIAGE_RETURN;
        classes[b';' as usize] = COMMENT;
        classes[b'(' as usize] = OPENING;
        classes[b')' as usize] = CLOSING;
        classes[b'"' as usize] = QUOTE;
        classes[b'\\' as usize] = ESCAPE;
        classes[0] = NUL;
        classes
    };
    CLASSES[octet as usize]
}

#[cfg(test)]
mod tests;
