//! Record data of every type: one table of formats, from which text is read, octets are checked and
//! printed, and names are found.
//!
//! What the table does not know is opaque: `\# <length> <hexadecimal>` (RFC 3597 §5), which is
//! accepted for the types that it knows too, and must then be well formed.

mod encoding;
mod error;
mod text;
mod wire;

use std::fmt;
use std::ops::Range;

pub use error::{RdataError, RdataFault};
pub(crate) use wire::Wire;

use self::text::Text;
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
    let parsed = match tokens.first() {
        Some(token) if token.is_word("\\#") => text.generic(out).and_then(|()| {
            // The octets stand after `\#` and the length.
            let at = tokens.get(2).unwrap_or(token).offset;
            check(rtype, &out[start..]).map_err(|error| RdataError { offset: Some(at), ..error })
        }),
        _ => Err(RdataFault::GenericOnly.at("record data", tokens.first().map_or(0, |token| token.offset))),
    };
    parsed.inspect_err(|_| out.truncate(start))
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
    let _ = rtype;
    if rdata.len() > MAX_RDATA {
        return Err(RdataFault::TooLong.at("record data", MAX_RDATA));
    }
    Ok(())
}

/// Where the names in record data stand, each range with its root label, in order; stops at a fault.
pub fn names(rtype: Rtype, rdata: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let _ = (rtype, rdata);
    std::iter::empty()
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
}

impl fmt::Display for Presentation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = (self.rtype, self.readable);
        encoding::print_generic(self.rdata, f)
    }
}

impl fmt::Debug for Presentation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Presentation({} {self})", self.rtype)
    }
}
