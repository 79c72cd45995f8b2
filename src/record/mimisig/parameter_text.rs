//! `name=value`: one parameter of the presentation form.

use std::borrow::Cow;

use data_encoding::HEXLOWER;

use super::body::{At, ProofMethod, Tag};
use super::text::{TextError, TextFault, Words};
use super::values::{at_octets, key_octets};
use super::{ParameterKey, RawKey};
use crate::record::rdata::{self, MAX_RDATA};
use crate::record::scan::Token;
use crate::record::text::decode;
use crate::record::{Name, Rtype};

/// The form of each value, said as a remedy.
pub(super) const fn form(key: ParameterKey) -> &'static str {
    match key {
        ParameterKey::Issuer => "write issuer=<name>",
        ParameterKey::HolderKey => "write holder-key=15:<base64>, or holder-key=@<key file> in a draft",
        ParameterKey::Holder => "write holder=<64 hexadecimal digits>, or holder=@<key file> in a draft",
        ParameterKey::Proof => "write proof=<legacy, sms, voice, email or carrier>,<time>",
        ParameterKey::Endpoint => {
            r#"write endpoint="NAPTR <record data>" or endpoint="URI <record data>", with `\` before quotation marks inside"#
        }
        ParameterKey::Consent => "write consent=<time>, the inception of the wishes",
        ParameterKey::At => {
            r#"write at="<name> <rank> <tag>,<tag> 15:<base64>", tags and key where there are any"#
        }
    }
}

/// Reads one parameter as key and value.
pub(super) fn parse(token: &Token<'_>, words: &impl Words) -> Result<(u16, Vec<u8>), TextError> {
    let fault = |fault: TextFault| fault.at(token);
    let equals = token.raw.iter().position(|octet| *octet == b'=');
    let (name, value) = token.raw.split_at(equals.ok_or_else(|| fault(TextFault::Parameter))?);
    let value = decode_value(token, &value[1..]).map_err(fault)?;
    if let Some(key) = ParameterKey::from_mnemonic(name) {
        return Ok((key.number(), parse_value(key, &value, words).map_err(fault)?));
    }
    let number = name.strip_prefix(b"param").and_then(number).ok_or_else(|| fault(TextFault::Parameter))?;
    if ParameterKey::from_number(number).is_some() {
        return Err(fault(TextFault::Parameter));
    }
    let octets = HEXLOWER.decode(value.as_bytes()).map_err(|_| fault(TextFault::Hex("parameter")))?;
    Ok((number, octets))
}

/// A number without a sign or leading zeros.
fn number(digits: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(digits).ok()?;
    let number: u16 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// What stands after `=`, with or without quotation marks. Source: RFC 9460 App. A.
fn decode_value<'a>(token: &Token<'a>, raw: &'a [u8]) -> Result<Cow<'a, str>, TextFault> {
    let inner = raw.strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\"")).unwrap_or(raw);
    if !inner.iter().any(|octet| matches!(octet, b'\\' | b'"')) {
        return std::str::from_utf8(inner).map(Cow::Borrowed).map_err(|_| TextFault::NotText);
    }
    let mut octets = Vec::new();
    decode(&Token { raw: inner, ..*token }, MAX_RDATA, &mut octets)?;
    String::from_utf8(octets).map(Cow::Owned).map_err(|_| TextFault::NotText)
}

fn parse_value(key: ParameterKey, text: &str, words: &impl Words) -> Result<Vec<u8>, TextFault> {
    let bad = || TextFault::Value(key);
    Ok(match key {
        ParameterKey::Issuer => text.parse::<Name>()?.as_wire().into(),
        ParameterKey::HolderKey => key_octets(&words.key(key, text)?),
        ParameterKey::Holder => words.holder(text)?.0.into(),
        ParameterKey::Proof => {
            let (method, time) = text.split_once(',').ok_or_else(bad)?;
            let method = ProofMethod::from_mnemonic(method).ok_or_else(bad)?;
            let time = words.time(time).ok_or(TextFault::Time)?;
            [&[method.number()][..], &time.0.to_be_bytes()].concat()
        }
        ParameterKey::Endpoint => {
            let (rtype, text) = text.split_once(' ').ok_or_else(bad)?;
            let rtype = match rtype {
                "NAPTR" => Rtype::NAPTR,
                "URI" => Rtype::URI,
                _ => return Err(bad()),
            };
            let rdata = rdata::from_text(rtype, text).map_err(TextFault::Endpoint)?;
            [&rtype.0.to_be_bytes()[..], &rdata].concat()
        }
        ParameterKey::Consent => words.time(text).ok_or(TextFault::Time)?.0.to_be_bytes().into(),
        ParameterKey::At => at_octets(&parse_at(text, words)?).ok_or_else(bad)?,
    })
}

/// `<msp> <rank> [tag,tag…] [key]`.
fn parse_at(text: &str, words: &impl Words) -> Result<At, TextFault> {
    let bad = TextFault::Value(ParameterKey::At);
    let mut parts = text.split_ascii_whitespace();
    let (Some(msp), Some(rank)) = (parts.next(), parts.next().and_then(|rank| number(rank.as_bytes())))
    else {
        return Err(bad);
    };
    let mut parts = parts.peekable();
    let tags = match parts.next_if(|part| !is_key(part)) {
        Some(tags) => tags
            .split(',')
            .map(|tag| Tag::parse(tag.as_bytes()))
            .collect::<Result<_, _>>()
            .map_err(|_| bad.clone())?,
        None => Vec::new(),
    };
    let key: Option<RawKey> = parts.next().map(|part| words.key(ParameterKey::At, part)).transpose()?;
    match parts.next() {
        Some(_) => Err(bad),
        None => Ok(At { msp: msp.parse()?, rank, tags, connection_key: key }),
    }
}

/// Tags have neither `:` nor `@`.
fn is_key(part: &str) -> bool {
    part.contains([':', '@'])
}
