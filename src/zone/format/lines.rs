//! Zone text as lines, with all that the scanner passes over.

use crate::record::scan::{ScanError, Scanner, Token};

/// What stands on a line, comments and blanks left out.
#[derive(Debug, Clone, Copy)]
pub(in crate::zone) enum Atom<'a> {
    Token(Token<'a>),
    Open,
    Close,
}

impl<'a> Atom<'a> {
    /// As it is written.
    pub(in crate::zone) fn push_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Token(Token { raw, quoted: true, .. }) => {
                out.push(b'"');
                out.extend_from_slice(raw);
                out.push(b'"');
            }
            Self::Token(Token { raw, .. }) => out.extend_from_slice(raw),
            Self::Open => out.push(b'('),
            Self::Close => out.push(b')'),
        }
    }

    pub(in crate::zone) fn token(&self) -> Option<Token<'a>> {
        match self {
            Self::Token(token) => Some(*token),
            _ => None,
        }
    }
}

/// One line of the text.
#[derive(Debug, Default)]
pub(in crate::zone) struct Line<'a> {
    pub(in crate::zone) atoms: Vec<Atom<'a>>,
    /// From its `;` on.
    pub(in crate::zone) comment: Option<&'a [u8]>,
    /// No blank stands before the comment.
    pub(in crate::zone) glued: bool,
    /// It begins with a blank.
    pub(in crate::zone) indented: bool,
}

impl<'a> Line<'a> {
    pub(in crate::zone) fn is_blank(&self) -> bool {
        self.atoms.is_empty() && self.comment.is_none()
    }

    pub(in crate::zone) fn tokens(&self) -> impl Iterator<Item = Token<'a>> {
        self.atoms.iter().filter_map(Atom::token)
    }
}

pub(in crate::zone) fn is_directive_word(token: &Token<'_>) -> bool {
    !token.quoted && token.raw.starts_with(b"$")
}

/// Divides a text into entries of lines: a record or a directive with the lines that its parentheses join,
/// or one line without tokens.
pub(in crate::zone) struct Lines<'a> {
    text: &'a [u8],
    scanner: Scanner<'a>,
    tokens: Vec<Token<'a>>,
    /// Up to where the scanner has read, and how many of its tokens have been taken.
    read: usize,
    taken: usize,
    at: usize,
}

impl<'a> Lines<'a> {
    pub(in crate::zone) fn new(text: &'a [u8]) -> Self {
        let scanner = Scanner::new(text);
        let at = scanner.offset();
        Self { text, scanner, tokens: Vec::new(), read: at, taken: 0, at }
    }

    /// Where the next entry begins.
    #[cfg(feature = "cli")]
    pub(in crate::zone) fn offset(&self) -> usize {
        self.at
    }

    pub(in crate::zone) fn next_entry(&mut self) -> Option<Result<Vec<Line<'a>>, ScanError>> {
        if self.at >= self.text.len() {
            return None;
        }
        if self.at >= self.read {
            self.taken = 0;
            match self.scanner.next_entry(&mut self.tokens) {
                Some(Ok(_)) => self.read = self.scanner.offset(),
                Some(Err(error)) => return Some(Err(error)),
                None => {
                    self.tokens.clear();
                    self.read = self.text.len();
                }
            }
        }
        let (mut entry, mut open) = (Vec::new(), false);
        loop {
            entry.push(self.line(&mut open));
            if !open || self.at >= self.text.len() {
                return Some(Ok(entry));
            }
        }
    }

    /// One line up to and with its end. What is no token of the scanner's is a blank, a parenthesis or a
    /// comment.
    fn line(&mut self, open: &mut bool) -> Line<'a> {
        let mut line = Line::default();
        let start = self.at;
        while let Some(&octet) = self.text.get(self.at) {
            if let Some(token) = self.tokens.get(self.taken).filter(|token| token.start() == self.at) {
                line.atoms.push(Atom::Token(*token));
                self.at = token.end() + usize::from(token.quoted);
                self.taken += 1;
                continue;
            }
            self.at += 1;
            match octet {
                b'\n' => break,
                b'(' => {
                    *open = true;
                    line.atoms.push(Atom::Open);
                }
                b')' => {
                    *open = false;
                    line.atoms.push(Atom::Close);
                }
                b';' => {
                    let from = self.at - 1;
                    line.glued = self.at >= 2 && !self.text[from - 1].is_ascii_whitespace();
                    let rest = &self.text[from..];
                    let len = rest.iter().position(|&octet| octet == b'\n').unwrap_or(rest.len());
                    line.comment = Some(rest[..len].trim_ascii_end());
                    self.at = from + len;
                }
                _ => line.indented |= self.at - 1 == start && octet != b'\r',
            }
        }
        line
    }
}
