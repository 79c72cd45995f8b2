//! Record data of every type: one table of formats, from which text is read, octets are checked and
//! printed, and names are found.
//!
//! What the table does not know is opaque: `\# <length> <hexadecimal>` (RFC 3597 §5), which is
//! accepted for the types that it knows too, and must then be well formed.

mod address_prefix;
mod bitmap;
mod check;
mod encoding;
mod error;
mod format;
mod location;
mod mnemonic;
mod names;
mod parse;
mod ports;
mod print;
mod service;
mod service_text;
mod text;
mod wire;

use std::fmt;

pub use error::{RdataError, RdataFault};
pub use names::{folds_names, names};
pub(crate) use wire::Wire;

use self::check::check_field;
use self::format::{Field, fields};
use self::parse::parse_field;
use self::print::print_field;
use self::text::Text;
use super::mimisig::{Mimisig, TextError};
use super::scan::{Scanner, Token};
use super::{Name, Rtype};

/// The most octets of record data. Source: RFC 1035 §3.2.1.
pub const MAX_RDATA: usize = 65_535;

/// Reads the tokens of record data and puts its wire form, names uncompressed, at the end of `out`.
///
/// Names that do not end in a dot are relative to `origin`. After an error `out` is as before.
///
/// # Errors
/// The first fault, with its offset in the text: its author's.
pub fn parse(rtype: Rtype, tokens: &[Token<'_>], origin: &Name, out: &mut Vec<u8>) -> Result<(), RdataError> {
    let start = out.len();
    let mut text = Text::new(tokens, origin);
    let parsed = match (tokens.first(), fields(rtype)) {
        (Some(token), _) if token.is_word("\\#") => generic(rtype, &mut text, out),
        (_, Some(fields)) => {
            fields.iter().try_for_each(|&field| parse_and_check(field, &mut text, start, out))
        }
        (Some(_), None) if rtype == Rtype::MIMISIG => return statement(tokens, out),
        (Some(token), None) => Err(text.fault(token, RdataFault::GenericOnly)),
        (None, None) => text.token().map(drop),
    };
    parsed.and_then(|()| text.end()).inspect_err(|_| out.truncate(start))
}

/// Reads the generic form, which must be well formed for the type.
fn generic(rtype: Rtype, text: &mut Text<'_, '_>, out: &mut Vec<u8>) -> Result<(), RdataError> {
    let start = out.len();
    let offset = text.offset();
    text.generic(out)?;
    check(rtype, &out[start..]).map_err(|error| RdataError { offset, ..error })
}

/// Reads the presentation form of MIMISIG, in which nothing is relative.
fn statement(tokens: &[Token<'_>], out: &mut Vec<u8>) -> Result<(), RdataError> {
    let statement = Mimisig::parse_text(tokens).map_err(|TextError { offset, fault }| RdataError {
        offset,
        what: "record data",
        fault: RdataFault::Statement(Box::new(fault)),
    })?;
    out.extend_from_slice(statement.rdata());
    Ok(())
}

/// Reads one field of the record data that begins at `start`, and applies its rules to the octets.
fn parse_and_check(
    field: Field,
    text: &mut Text<'_, '_>,
    start: usize,
    out: &mut Vec<u8>,
) -> Result<(), RdataError> {
    let (offset, at) = (text.offset(), out.len() - start);
    parse_field(field, text, out)?;
    let rdata = &out[start..];
    if rdata.len() > MAX_RDATA {
        return Err(RdataError { offset, what: field.0, fault: RdataFault::TooLong });
    }
    check_field(field, &mut Wire::read_up_to(rdata, at)).map_err(|error| RdataError { offset, ..error })
}

/// Reads record data that is all of `text`, which may span lines in parentheses only; names are
/// absolute with or without a final dot.
///
/// # Errors
/// As [`parse`]; what hinders the division into tokens is [`RdataFault::Scan`].
pub fn from_text(rtype: Rtype, text: &str) -> Result<Vec<u8>, RdataError> {
    let (mut scanner, mut tokens, mut out) = (Scanner::new(text.as_bytes()), Vec::new(), Vec::new());
    if let Some(Err(error)) = scanner.next_entry(&mut tokens) {
        return Err(RdataFault::Scan(error.fault).at("record data", error.offset));
    }
    let mut more = Vec::new();
    if scanner.next_entry(&mut more).is_some() {
        let offset = more.first().map_or(text.len(), |token| token.offset);
        return Err(RdataFault::Leftover.at("record data", offset));
    }
    parse(rtype, &tokens, &Name::root(), &mut out)?;
    Ok(out)
}

/// Whether octets are well-formed record data of the type; of a type that the table does not know,
/// all are.
///
/// # Errors
/// The first fault, with its offset in `rdata`: the sender's.
pub fn check(rtype: Rtype, rdata: &[u8]) -> Result<(), RdataError> {
    if rdata.len() > MAX_RDATA {
        return Err(RdataFault::TooLong.at("record data", MAX_RDATA));
    }
    let Some(fields) = fields(rtype) else { return Ok(()) };
    let mut wire = Wire::new(rdata);
    fields.iter().try_for_each(|&field| check_field(field, &mut wire))?;
    wire.end()
}

/// Prints record data: `Display` gives the presentation form, names absolute, or the generic one
/// (RFC 3597 §5) where the type is not known, has no other form, or the octets are ill formed.
///
/// What it prints, [`parse`] reads back to the same octets, if they are well formed.
#[derive(Clone, Copy)]
pub struct Presentation<'a> {
    rtype: Rtype,
    rdata: &'a [u8],
    readable: bool,
}

impl<'a> Presentation<'a> {
    /// The presentation form that any server reads: MIMISIG in the generic form.
    #[must_use]
    pub fn new(rtype: Rtype, rdata: &'a [u8]) -> Self {
        Self { rtype, rdata, readable: false }
    }

    /// The form for people, with MIMISIG in mnemonics; the zone reader here reads it too.
    #[must_use]
    pub fn readable(self) -> Self {
        Self { readable: true, ..self }
    }

    /// `None` where only the generic form is exact: it alone can show data without octets, too.
    fn mnemonic_form(&self) -> Option<String> {
        if self.readable && self.rtype == Rtype::MIMISIG {
            return Mimisig::parse(self.rdata).ok().map(|statement| statement.to_string());
        }
        let fields = fields(self.rtype).filter(|_| !self.rdata.is_empty())?;
        check(self.rtype, self.rdata).ok()?;
        let (mut wire, mut text) = (Wire::new(self.rdata), String::with_capacity(self.rdata.len() * 2));
        for &field in fields {
            let end = text.len();
            print_field(field, &mut wire, &mut text).ok()?;
            // Lists may be empty, and then have no place in the text.
            if end > 0 && text.len() > end {
                text.insert(end, ' ');
            }
        }
        Some(text)
    }
}

impl fmt::Display for Presentation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic_form() {
            Some(text) => f.write_str(&text),
            None => encoding::print_generic(self.rdata, f),
        }
    }
}

impl fmt::Debug for Presentation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Presentation({} {self})", self.rtype)
    }
}

#[cfg(test)]
mod tests;
