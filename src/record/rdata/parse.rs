//! Text to wire form, field by field.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::check::{GatewayKind, gateway_kind};
use super::format::{Field, Format};
use super::mnemonic::{ALGORITHMS, CERTIFICATES, named};
use super::text::{Text, decimal};
use super::{
    MAX_RDATA, RdataError, RdataFault, address_prefix, bitmap, encoding, location, ports, service_text,
};
use crate::record::text::{decode, parse_period};
use crate::record::{MAX_CHAR_STRING, Name, calendar};

/// Reads the tokens of one field; `out` holds the record data up to it. The rules of the field are for
/// [`super::check::check_field`].
pub(super) fn parse_field(
    field: Field,
    text: &mut Text<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), RdataError> {
    text.what = field.0;
    match field.1 {
        Format::Name => name(text, out),
        Format::Names => {
            while text.peek().is_some() {
                name(text, out)?;
            }
            Ok(())
        }
        Format::U8 => number(text, u8::MAX.into(), 1, out),
        Format::U16 => number(text, u16::MAX.into(), 2, out),
        Format::U32 => number(text, u32::MAX, 4, out),
        Format::Period => word(text, out, RdataFault::Period, |raw| Some(parse_period(raw)?.to_be_bytes())),
        Format::Time => word(text, out, RdataFault::Time, time),
        Format::Ipv4 => {
            word(text, out, RdataFault::Ipv4, |raw| Some(ascii(raw)?.parse::<Ipv4Addr>().ok()?.octets()))
        }
        Format::Ipv6 => {
            word(text, out, RdataFault::Ipv6, |raw| Some(ascii(raw)?.parse::<Ipv6Addr>().ok()?.octets()))
        }
        Format::Locator => {
            const RULE: RdataFault =
                RdataFault::Rule("must be four groups of up to four hexadecimal digits, with `:`");
            word(text, out, RULE, |raw| groups(raw, b':', 4, 4))
        }
        Format::Eui(octets) => {
            const RULE: RdataFault = RdataFault::Rule("must be pairs of hexadecimal digits, with `-`");
            word(text, out, RULE, |raw| eui(raw, octets))
        }
        Format::CharString => char_string(text, out),
        Format::CharStrings => {
            char_string(text, out)?;
            while text.peek().is_some() {
                char_string(text, out)?;
            }
            Ok(())
        }
        Format::MaybeCharString if text.peek().is_none() => Ok(()),
        Format::MaybeCharString => char_string(text, out),
        Format::Text { .. } => {
            let token = text.token()?;
            decode(token, MAX_RDATA, out).map_err(|error| text.fault(token, error.into()))
        }
        Format::Tag => {
            let token = text.word()?;
            counted(text, out, token.offset, Some(token.raw.to_vec()), RdataFault::TooLong)
        }
        Format::Rtype => word(text, out, RdataFault::Rtype, |raw| Some(bitmap::rtype(raw)?.0.to_be_bytes())),
        Format::Algorithm => mnemonic(text, &ALGORITHMS, u8::MAX.into(), 1, out),
        Format::CertificateType => mnemonic(text, &CERTIFICATES, u16::MAX.into(), 2, out),
        Format::Base64 { least } => {
            if text.peek().is_none() && least > 0 {
                text.token()?;
            }
            text.base64(out)
        }
        Format::Hex | Format::Digest(_) => {
            text.token()?;
            text.back();
            text.hex(out)
        }
        Format::Salt => {
            let token = text.word()?;
            let salt = if token.raw == b"-" { Some(Vec::new()) } else { encoding::decode_hex(token.raw) };
            counted(text, out, token.offset, salt, RdataFault::Hex)
        }
        Format::NextHash => {
            let token = text.word()?;
            counted(text, out, token.offset, encoding::decode_base32hex(token.raw), RdataFault::Base32Hex)
        }
        Format::Types { .. } => bitmap::parse(text, out),
        Format::ServiceParameters => service_text::parse(text, out),
        Format::Location => location::parse(text, out),
        Format::AddressPrefixes => address_prefix::parse(text, out),
        Format::Nsap => {
            const RULE: RdataFault =
                RdataFault::Rule("must be `0x` and pairs of hexadecimal digits, with `.` at will");
            word(text, out, RULE, nsap)
        }
        Format::Ports => ports::parse(text, out),
        Format::Gateway => match gateway_kind(out) {
            Some(GatewayKind::Ipv4) => parse_field(Field(field.0, Format::Ipv4), text, out),
            Some(GatewayKind::Ipv6) => parse_field(Field(field.0, Format::Ipv6), text, out),
            Some(GatewayKind::Name) => name(text, out),
            Some(GatewayKind::None) | None => {
                const RULE: RdataFault = RdataFault::Rule("must be `.` for gateway type 0");
                word(text, out, RULE, |raw| (raw == b".").then_some([]))
            }
        },
        Format::HostIdentity => host_identity(text, out),
    }
}

fn name(text: &mut Text<'_, '_>, out: &mut Vec<u8>) -> Result<(), RdataError> {
    let token = text.word()?;
    let name = Name::parse(token.raw, Some(text.origin)).map_err(|error| text.fault(token, error.into()))?;
    out.extend_from_slice(name.as_wire());
    Ok(())
}

/// A decimal number in so many octets.
fn number(text: &mut Text<'_, '_>, max: u32, octets: usize, out: &mut Vec<u8>) -> Result<(), RdataError> {
    let number = text.number(max)?.to_be_bytes();
    out.extend_from_slice(&number[number.len() - octets..]);
    Ok(())
}

fn mnemonic(
    text: &mut Text<'_, '_>,
    table: &[(&str, u32)],
    max: u32,
    octets: usize,
    out: &mut Vec<u8>,
) -> Result<(), RdataError> {
    let token = text.word()?;
    let number = named(table, token.raw).or_else(|| decimal(token.raw)).filter(|&number| number <= max);
    let number = number.ok_or_else(|| text.fault(token, RdataFault::Mnemonic { max }))?.to_be_bytes();
    out.extend_from_slice(&number[number.len() - octets..]);
    Ok(())
}

/// One word that stands for the octets which `read` makes of it.
fn word<T: AsRef<[u8]>>(
    text: &mut Text<'_, '_>,
    out: &mut Vec<u8>,
    fault: RdataFault,
    read: impl FnOnce(&[u8]) -> Option<T>,
) -> Result<(), RdataError> {
    let token = text.word()?;
    out.extend_from_slice(read(token.raw).ok_or_else(|| text.fault(token, fault))?.as_ref());
    Ok(())
}

fn char_string(text: &mut Text<'_, '_>, out: &mut Vec<u8>) -> Result<(), RdataError> {
    let token = text.token()?;
    let at = out.len();
    out.push(0);
    decode(token, MAX_CHAR_STRING, out).map_err(|error| text.fault(token, error.into()))?;
    out[at] = u8::try_from(out.len() - at - 1).map_err(|_| text.fault(token, RdataFault::TooLong))?;
    Ok(())
}

/// An octet of length and the octets.
fn counted(
    text: &Text<'_, '_>,
    out: &mut Vec<u8>,
    offset: usize,
    octets: Option<Vec<u8>>,
    fault: RdataFault,
) -> Result<(), RdataError> {
    let octets = octets.ok_or_else(|| fault.at(text.what, offset))?;
    out.push(u8::try_from(octets.len()).map_err(|_| RdataFault::TooLong.at(text.what, offset))?);
    out.extend_from_slice(&octets);
    Ok(())
}

/// Fourteen digits are a date, fewer are seconds; both stand for the time modulo 2^32.
/// Source: RFC 4034 §3.1.5 and §3.2.
fn time(raw: &[u8]) -> Option<[u8; 4]> {
    match calendar::parse(raw) {
        Some(time) => {
            let [_, _, _, _, low @ ..] = time.0.to_be_bytes();
            Some(low)
        }
        None => decimal(raw).map(u32::to_be_bytes),
    }
}

/// Groups of up to so many hexadecimal digits, two octets each.
fn groups(raw: &[u8], separator: u8, count: usize, digits: usize) -> Option<Vec<u8>> {
    let groups: Vec<&[u8]> = raw.split(|&octet| octet == separator).collect();
    if groups.len() != count || groups.iter().any(|group| group.is_empty() || group.len() > digits) {
        return None;
    }
    let mut octets = Vec::with_capacity(count * 2);
    for group in groups {
        let plain = group.iter().all(u8::is_ascii_hexdigit);
        let value = plain.then(|| u16::from_str_radix(ascii(group)?, 16).ok())??;
        octets.extend_from_slice(&value.to_be_bytes());
    }
    Some(octets)
}

fn eui(raw: &[u8], octets: u8) -> Option<Vec<u8>> {
    let pairs: Vec<&[u8]> = raw.split(|&octet| octet == b'-').collect();
    let right = pairs.len() == usize::from(octets) && pairs.iter().all(|pair| pair.len() == 2);
    right.then(|| encoding::decode_hex(&pairs.concat()))?
}

fn nsap(raw: &[u8]) -> Option<Vec<u8>> {
    let digits = raw.strip_prefix(b"0x").or_else(|| raw.strip_prefix(b"0X"))?;
    encoding::decode_hex(&digits.iter().copied().filter(|&octet| octet != b'.').collect::<Vec<_>>())
}

fn host_identity(text: &mut Text<'_, '_>, out: &mut Vec<u8>) -> Result<(), RdataError> {
    text.what = "public key algorithm";
    let algorithm = text.number(u8::MAX.into())?;
    text.what = "host identity tag";
    let token = text.word()?;
    let tag = encoding::decode_hex(token.raw).ok_or_else(|| text.fault(token, RdataFault::Hex))?;
    let tag_len = u8::try_from(tag.len()).map_err(|_| text.fault(token, RdataFault::TooLong))?;
    text.what = "public key";
    let token = text.word()?;
    let key = encoding::decode_base64(token.raw).ok_or_else(|| text.fault(token, RdataFault::Base64))?;
    let key_len = u16::try_from(key.len()).map_err(|_| text.fault(token, RdataFault::TooLong))?;
    out.push(tag_len);
    out.extend_from_slice(&algorithm.to_be_bytes()[3..]);
    out.extend_from_slice(&key_len.to_be_bytes());
    out.extend_from_slice(&tag);
    out.extend_from_slice(&key);
    Ok(())
}

fn ascii(text: &[u8]) -> Option<&str> {
    std::str::from_utf8(text).ok()
}
