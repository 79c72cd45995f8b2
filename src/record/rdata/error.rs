//! What can be wrong with record data, in text and on the wire.

use crate::record::mimisig;
use crate::record::scan::ScanFault;
use crate::record::{CharStringError, NameError};

/// A fault in record data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {fault}")]
pub struct RdataError {
    /// Where: for text the offset in it of the token (of the end of the last one if something is
    /// missing; `None` if there is no token at all), for the wire form the offset in the record data.
    pub offset: Option<usize>,
    /// The field, in the words of the type's RFC.
    pub what: &'static str,
    /// What is wrong with it.
    pub fault: RdataFault,
}

/// What is wrong with a field of record data; printed after the field's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RdataFault {
    /// The text ends before it.
    #[error("is missing")]
    Missing,
    /// Text or octets after the last field.
    #[error("goes on after its last field")]
    Leftover,
    /// The wire form ends inside it.
    #[error("is cut short")]
    Cut,
    /// More than 65,535 octets in all, or more than a length field can say.
    #[error("is too long")]
    TooLong,
    /// A quoted string where a word is needed.
    #[error("must not stand in quotation marks")]
    Quoted,
    /// Not a decimal number, or too large.
    #[error("is not a decimal number up to {max}")]
    Number {
        /// The largest.
        max: u32,
    },
    /// Not a domain name.
    #[error("is not a domain name: {0}")]
    Name(#[from] NameError),
    /// Not a character-string.
    #[error("cannot be read: {0}")]
    String(#[from] CharStringError),
    /// Not an IPv4 address.
    #[error("is not an IPv4 address")]
    Ipv4,
    /// Not an IPv6 address.
    #[error("is not an IPv6 address")]
    Ipv6,
    /// Not a record type.
    #[error("is not a record type")]
    Rtype,
    /// Neither a mnemonic that is known here nor a number in range.
    #[error("is neither a known mnemonic nor a number up to {max}")]
    Mnemonic {
        /// The largest number.
        max: u32,
    },
    /// Not a period of time.
    #[error("is not a number of seconds, nor a sum such as `1h30m`")]
    Period,
    /// Not a point in time.
    #[error("is neither YYYYMMDDHHmmSS in UTC nor seconds since 1970")]
    Time,
    /// Not base64.
    #[error("is not base64")]
    Base64,
    /// Not base32hex.
    #[error("is not base32hex")]
    Base32Hex,
    /// Not hexadecimal.
    #[error("is not pairs of hexadecimal digits")]
    Hex,
    /// The length after `\#` is not that of the octets.
    #[error("has {found} octets, but `\\#` announces {announced}")]
    GenericLength {
        /// The number that stands after `\#`.
        announced: u16,
        /// The octets that follow.
        found: usize,
    },
    /// The text can't be divided into tokens.
    #[error("cannot be read: {0}")]
    Scan(#[from] ScanFault),
    /// The type has no text but the generic form.
    #[error("has no text form for this type")]
    GenericOnly,
    /// A statement's presentation form.
    #[error("is not a statement: {0}")]
    Statement(Box<mimisig::TextFault>),
    /// A rule of the type that the value breaks.
    #[error("{0}")]
    Rule(&'static str),
}

impl RdataFault {
    /// How to mend it, in one clause.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Missing => "add it; `(` and `)` around the data let it span lines",
            Self::Leftover => "remove what follows, or put text with blanks in quotation marks",
            Self::Cut => "supply all of its octets",
            Self::TooLong => "divide it among several records",
            Self::Quoted => "remove the quotation marks",
            Self::Number { .. } => "write digits only",
            Self::Name(NameError::NoOrigin) => "set $ORIGIN, or end the name with a dot",
            Self::Name(NameError::TooLong) => "shorten it, or end it with a dot if it is absolute",
            Self::Name(_) => "write labels of 1 to 63 octets with one dot between them",
            Self::String(error) => error.remedy(),
            Self::Ipv4 => "write four numbers up to 255 with dots, as in 192.0.2.1",
            Self::Ipv6 => "write it as in 2001:db8::1",
            Self::Rtype => "write a mnemonic such as NAPTR, or TYPE and its number",
            Self::Mnemonic { .. } => "write its number in the registry",
            Self::Period => "write seconds",
            Self::Time => "write it as in 20261101000000",
            Self::Base64 => "use A-Z a-z 0-9 + / with `=` at the end to a multiple of four",
            Self::Base32Hex => "use 0-9 and a-v without `=`",
            Self::Hex => "use 0-9 and a-f, two digits for each octet",
            Self::GenericLength { .. } => "correct the number or the octets",
            Self::Scan(fault) => fault.remedy(),
            Self::GenericOnly => "write `\\#`, the number of octets, and the octets in hexadecimal",
            Self::Statement(fault) => fault.remedy(),
            Self::Rule(_) => "correct the value",
        }
    }

    /// This fault of the field `what`, at `offset`.
    pub(crate) const fn at(self, what: &'static str, offset: usize) -> RdataError {
        RdataError { offset: Some(offset), what, fault: self }
    }
}
