//! The presentation form, read. Drafts have the same form but for times, keys and the end, so the
//! words that differ are read through [`Words`].

use data_encoding::{BASE64, HEXLOWER};

use super::{
    Fault, KeyHash, KeyId, Kind, Mimisig, ParameterKey, RawKey, SIGNATURE_LEN, parameter, parameter_text,
    wire,
};
use crate::clock::UnixTime;
use crate::record::calendar;
use crate::record::rdata::{MAX_RDATA, RdataError};
use crate::record::scan::Token;
use crate::record::{CharStringError, NameError};

/// A fault in the presentation form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct TextError {
    /// Where the token begins in the text; `None` if something is missing and there is no token.
    pub offset: Option<usize>,
    /// What is wrong.
    pub fault: TextFault,
}

/// What is wrong with the presentation form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextFault {
    /// The text ends too early.
    #[error("the {0} is missing")]
    Missing(&'static str),
    /// Something stands after the end.
    #[error("nothing may follow here")]
    Leftover,
    /// Not possession, mapping or wishes.
    #[error("a statement is a possession, a mapping or wishes")]
    Kind,
    /// Not a time.
    #[error("not a time")]
    Time,
    /// A parameter of another name.
    #[error("no parameter has this name")]
    Parameter,
    /// Octets that are no text.
    #[error("not UTF-8")]
    NotText,
    /// The value of a parameter is not in its form.
    #[error("the value of {0} is not in its form")]
    Value(ParameterKey),
    /// A name in a parameter.
    #[error("not a name: {0}")]
    Name(#[from] NameError),
    /// A token that can't be decoded.
    #[error("{0}")]
    CharString(#[from] CharStringError),
    /// An endpoint's record data.
    #[error("the endpoint's {0}")]
    Endpoint(RdataError),
    /// Not hexadecimal, or not as long as it must be.
    #[error("the {0} is not the hexadecimal form of its octets")]
    Hex(&'static str),
    /// Not base64, or not as long as it must be.
    #[error("the signature is not the base64 form of 64 octets")]
    Signature,
    /// Not an algorithm's number.
    #[error("the algorithm is not 15")]
    Algorithm,
    /// A draft's key file that can't be had.
    #[error("key file: {0}")]
    KeyFile(String),
    /// A statement that its readers would refuse.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// A statement that expires before it begins.
    #[error("it expires before it begins")]
    Inverted,
    /// A statement that is longer than a record can be.
    #[error("it is longer than a record can be")]
    TooLong,
}

impl TextFault {
    /// This fault in `token`.
    pub(crate) fn at(self, token: &Token<'_>) -> TextError {
        TextError { offset: Some(token.offset), fault: self }
    }

    /// How to mend it, in one clause.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Missing(_) => {
                "write <kind> <inception> <expiration> <parameters> <algorithm> <key id> <signature>, \
                 or a draft's sign=<key file> at its end"
            }
            Self::Leftover => "remove it",
            Self::Kind => "write `possession`, `mapping` or `wishes`",
            Self::Time => "write it as in 20261101000000; in drafts `now`, `now-1d` and `+10d` are times too",
            Self::Parameter => {
                "write issuer, holder-key, holder, proof, endpoint, consent, at, or param and a number"
            }
            Self::NotText => "write it in ASCII",
            Self::Value(key) => parameter_text::form(*key),
            Self::Name(_) => "write labels of 1 to 63 octets with one dot between them",
            Self::CharString(error) => error.remedy(),
            Self::Endpoint(error) => error.fault.remedy(),
            Self::Hex(_) => "write two digits of 0-9 and a-f for each octet",
            Self::Signature => "write the 88 characters that were published",
            Self::Algorithm => "write 15, which is Ed25519",
            Self::KeyFile(_) => "name a readable PEM file, relative to the zone's folder",
            Self::Fault(_) => "correct the statement, or write what others sign as `\\#`",
            Self::Inverted => "let it expire after its inception",
            Self::TooLong => "say less in it",
        }
    }
}

/// How words are read that differ between statements and drafts.
pub(crate) trait Words {
    /// A time.
    fn time(&self, text: &str) -> Option<UnixTime>;
    /// The value of `expiration`.
    fn expiration(&self, text: &str, inception: UnixTime) -> Option<UnixTime>;
    /// A public key; the fault is that of parameter `of`.
    fn key(&self, of: ParameterKey, text: &str) -> Result<RawKey, TextFault>;
    /// The hash of a holder's key.
    fn holder(&self, text: &str) -> Result<KeyHash, TextFault>;
}

/// The words of a statement: nothing in them depends on anything else.
pub(crate) struct Exact;

impl Words for Exact {
    fn time(&self, text: &str) -> Option<UnixTime> {
        if text.len() == 14 {
            return calendar::parse(text.as_bytes());
        }
        text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok().map(UnixTime))?
    }

    fn expiration(&self, text: &str, _: UnixTime) -> Option<UnixTime> {
        self.time(text)
    }

    fn key(&self, of: ParameterKey, text: &str) -> Result<RawKey, TextFault> {
        let key = || {
            let (algorithm, octets) = text.split_once(':')?;
            let octets = BASE64.decode(octets.as_bytes()).ok()?;
            Some(RawKey { algorithm: algorithm.parse().ok()?, octets: octets.into() })
        };
        key().ok_or(TextFault::Value(of))
    }

    fn holder(&self, text: &str) -> Result<KeyHash, TextFault> {
        let octets = HEXLOWER.decode(text.as_bytes()).ok();
        let octets = octets.and_then(|octets| octets.try_into().ok());
        octets.map(KeyHash).ok_or(TextFault::Value(ParameterKey::Holder))
    }
}

impl Mimisig {
    /// Reads the presentation form that `Display` prints. Parameters may stand in any order, and the
    /// signature may be divided among tokens.
    ///
    /// # Errors
    /// The first fault, with its offset in the text: its author's.
    pub fn parse_text(tokens: &[Token<'_>]) -> Result<Self, TextError> {
        let (unsigned, rest) = parse_unsigned(tokens, &Exact)?;
        let [algorithm, key_id, signature @ ..] = rest else {
            return Err(missing(["algorithm", "key id"][rest.len()], tokens));
        };
        if algorithm.quoted || algorithm.raw != b"15" {
            return Err(TextFault::Algorithm.at(algorithm));
        }
        let id = HEXLOWER.decode(key_id.raw).ok().and_then(|octets| octets.try_into().ok());
        let id = KeyId(id.ok_or_else(|| TextFault::Hex("key id").at(key_id))?);
        let first = signature.first().ok_or_else(|| missing("signature", tokens))?;
        let base64: Vec<u8> = signature.iter().flat_map(|token| token.raw).copied().collect();
        let octets = BASE64.decode(&base64).ok().and_then(|octets| octets.try_into().ok());
        let octets: [u8; SIGNATURE_LEN] = octets.ok_or_else(|| TextFault::Signature.at(first))?;
        let rdata = wire::signed_octets(&unsigned, id, &octets);
        if rdata.len() > MAX_RDATA {
            return Err(TextFault::TooLong.at(&tokens[0]));
        }
        Self::parse(&rdata).map_err(|fault| TextFault::from(fault).at(&tokens[0]))
    }
}

/// In front of the file that holds a draft's key.
pub(crate) const SIGN: &[u8] = b"sign=";

/// Reads kind, times and parameters; gives version through parameters, and the tokens after them.
pub(crate) fn parse_unsigned<'t, 'a>(
    tokens: &'t [Token<'a>],
    words: &impl Words,
) -> Result<(Vec<u8>, &'t [Token<'a>]), TextError> {
    let [first, inception, expiration, rest @ ..] = tokens else {
        return Err(missing(["kind", "inception", "expiration"][tokens.len()], tokens));
    };
    let kind = word(first).and_then(Kind::from_mnemonic).ok_or_else(|| TextFault::Kind.at(first))?;
    let from = word(inception).and_then(|text| words.time(text));
    let from = from.ok_or_else(|| TextFault::Time.at(inception))?;
    let until = word(expiration).and_then(|text| words.expiration(text, from));
    let until = until.ok_or_else(|| TextFault::Time.at(expiration))?;
    let ends = |token: &Token<'_>| !token.raw.contains(&b'=') || token.raw.starts_with(SIGN);
    let (parameters, rest) = rest.split_at(rest.iter().position(ends).unwrap_or(rest.len()));
    let mut values =
        parameters.iter().map(|token| parameter_text::parse(token, words)).collect::<Result<Vec<_>, _>>()?;
    values.sort();
    let unsigned = parameter::concat(&values).and_then(|octets| wire::unsigned(kind, from, until, &octets));
    Ok((unsigned.ok_or_else(|| TextFault::TooLong.at(first))?, rest))
}

fn missing(what: &'static str, tokens: &[Token<'_>]) -> TextError {
    TextError { offset: tokens.last().map(Token::end), fault: TextFault::Missing(what) }
}

/// The text of a token that stands for itself.
fn word<'a>(token: &Token<'a>) -> Option<&'a str> {
    if token.quoted { None } else { std::str::from_utf8(token.raw).ok() }
}
