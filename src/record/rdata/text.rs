//! The tokens of record data, taken one after the other.

use super::{MAX_RDATA, RdataError, RdataFault, encoding};
use crate::record::Name;
use crate::record::scan::Token;

/// The tokens that are left, and the field that is being read.
pub(super) struct Text<'t, 'a> {
    tokens: &'t [Token<'a>],
    next: usize,
    pub(super) origin: &'t Name,
    /// The name of the field, for errors.
    pub(super) what: &'static str,
}

impl<'t, 'a> Text<'t, 'a> {
    pub(super) fn new(tokens: &'t [Token<'a>], origin: &'t Name) -> Self {
        Self { tokens, next: 0, origin, what: "record data" }
    }

    /// The token that comes next, left in its place.
    pub(super) fn peek(&self) -> Option<&'t Token<'a>> {
        self.tokens.get(self.next)
    }

    /// Where the next token begins, or the last one ends.
    pub(super) fn offset(&self) -> Option<usize> {
        self.peek().map(Token::start).or(self.tokens.last().map(Token::end))
    }

    /// The next token.
    pub(super) fn token(&mut self) -> Result<&'t Token<'a>, RdataError> {
        let token = self.peek().ok_or(RdataError {
            offset: self.offset(),
            what: self.what,
            fault: RdataFault::Missing,
        })?;
        self.next += 1;
        Ok(token)
    }

    /// The next token, which must be a word.
    pub(super) fn word(&mut self) -> Result<&'t Token<'a>, RdataError> {
        let token = self.token()?;
        if token.quoted { Err(self.fault(token, RdataFault::Quoted)) } else { Ok(token) }
    }

    /// Puts the last token back.
    pub(super) fn back(&mut self) {
        self.next = self.next.saturating_sub(1);
    }

    /// This fault of the field that is being read, at `token`.
    pub(super) fn fault(&self, token: &Token<'_>, fault: RdataFault) -> RdataError {
        fault.at(self.what, token.start())
    }

    /// Nothing may be left.
    pub(super) fn end(&self) -> Result<(), RdataError> {
        match self.peek() {
            None => Ok(()),
            Some(token) => Err(RdataFault::Leftover.at("record data", token.start())),
        }
    }

    /// A decimal number up to `max`.
    pub(super) fn number(&mut self, max: u32) -> Result<u32, RdataError> {
        let token = self.word()?;
        decimal(token.raw)
            .filter(|&number| number <= max)
            .ok_or_else(|| self.fault(token, RdataFault::Number { max }))
    }

    /// Base64 to the last token; blanks may stand anywhere in it.
    pub(super) fn base64(&mut self, out: &mut Vec<u8>) -> Result<(), RdataError> {
        let Some(first) = self.peek() else { return Ok(()) };
        let mut joined = Vec::new();
        while self.peek().is_some() {
            let token = self.word()?;
            if joined.len() + token.raw.len() > MAX_RDATA.div_ceil(3) * 4 {
                return Err(self.fault(token, RdataFault::TooLong));
            }
            joined.extend_from_slice(token.raw);
        }
        out.extend(encoding::decode_base64(&joined).ok_or_else(|| self.fault(first, RdataFault::Base64))?);
        Ok(())
    }

    /// Hexadecimal to the last token; blanks may stand between any two digits.
    pub(super) fn hex(&mut self, out: &mut Vec<u8>) -> Result<(), RdataError> {
        let (mut pending, limit) = (None, out.len() + MAX_RDATA);
        while let Some(token) = self.peek() {
            self.word()?;
            let is_whole = pending.is_none() && token.raw.len() / 2 <= limit - out.len();
            if is_whole && encoding::decode_hex_into(token.raw, out) {
                continue;
            }
            for &digit in token.raw {
                let value = char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
                let value = value.ok_or_else(|| self.fault(token, RdataFault::Hex))?;
                match pending.take() {
                    None => pending = Some(value),
                    Some(_) if out.len() == limit => return Err(self.fault(token, RdataFault::TooLong)),
                    Some(high) => out.push(high << 4 | value),
                }
            }
        }
        match (pending, self.tokens.last()) {
            (Some(_), Some(token)) => Err(self.fault(token, RdataFault::Hex)),
            _ => Ok(()),
        }
    }

    /// `\# <length> <hexadecimal>`. Source: RFC 3597 §5.
    pub(super) fn generic(&mut self, out: &mut Vec<u8>) -> Result<(), RdataError> {
        let start = out.len();
        self.word()?;
        self.what = "length after `\\#`";
        let length = self.token()?;
        self.back();
        let announced = u16::try_from(self.number(u32::from(u16::MAX))?).unwrap_or(u16::MAX);
        self.what = "record data";
        self.hex(out)?;
        let found = out.len() - start;
        if found == usize::from(announced) {
            return Ok(());
        }
        Err(self.fault(length, RdataFault::GenericLength { announced, found }))
    }
}

/// A decimal number of digits only.
pub(super) fn decimal(text: &[u8]) -> Option<u32> {
    let digits = text.iter().map(|digit| digit.wrapping_sub(b'0'));
    let add = |number: u32, digit: u8| match digit {
        0..=9 => number.checked_mul(10)?.checked_add(digit.into()),
        _ => None,
    };
    if text.is_empty() { None } else { digits.into_iter().try_fold(0, add) }
}
