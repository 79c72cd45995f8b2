//! Parameters of SVCB and HTTPS in text. Source: RFC 9460 §2.1 and App. A.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::service::{
    ALPN, ECH, IPV4HINT, IPV6HINT, MANDATORY, PORT, check_value, key, mnemonic, next_parameter, protocols,
    rule, u16s,
};
use super::text::{Text, decimal};
use super::{MAX_RDATA, RdataError, RdataFault, Wire, encoding};
use crate::record::scan::Token;
use crate::record::text::{decode, print_quoted};

pub(super) fn print(wire: &mut Wire<'_>, out: &mut String) -> Result<(), RdataError> {
    while !wire.left().is_empty() {
        let (key, value) = next_parameter(wire)?;
        print_key(key, out);
        if !value.is_empty() {
            out.push('=');
            print_value(key, value, out);
        }
        if !wire.left().is_empty() {
            out.push(' ');
        }
    }
    Ok(())
}

fn print_key(key: u16, out: &mut String) {
    match mnemonic(key) {
        Some(name) => out.push_str(name),
        None => {
            let _ = write!(out, "key{key}");
        }
    }
}

fn print_value(key: u16, value: &[u8], out: &mut String) {
    match key {
        MANDATORY => print_list(u16s(value), out, print_key),
        ALPN => {
            let mut list = Vec::with_capacity(value.len());
            for protocol in protocols(value) {
                if !list.is_empty() {
                    list.push(b',');
                }
                for &octet in protocol {
                    if matches!(octet, b',' | b'\\') {
                        list.push(b'\\');
                    }
                    list.push(octet);
                }
            }
            let _ = print_quoted(&list, out);
        }
        PORT => print_list(u16s(value), out, |port, out| out.push_str(&port.to_string())),
        IPV4HINT => print_list(value.as_chunks::<4>().0, out, |&octets, out| {
            let _ = write!(out, "{}", Ipv4Addr::from(octets));
        }),
        IPV6HINT => print_list(value.as_chunks::<16>().0, out, |&octets, out| {
            let _ = write!(out, "{}", Ipv6Addr::from(octets));
        }),
        ECH => {
            let _ = encoding::print_base64(value, out);
        }
        _ => {
            let _ = print_quoted(value, out);
        }
    }
}

fn print_list<T>(
    items: impl IntoIterator<Item = T>,
    out: &mut String,
    mut print: impl FnMut(T, &mut String),
) {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        print(item, out);
    }
}

pub(super) fn parse(text: &mut Text<'_, '_>, out: &mut Vec<u8>) -> Result<(), RdataError> {
    let mut parameters = BTreeMap::new();
    let mut total = 0;
    while text.peek().is_some() {
        let token = text.word()?;
        let (key, value) = parameter(token).map_err(|fault| text.fault(token, fault))?;
        check_value(key, &value).map_err(|broken| text.fault(token, rule(broken)))?;
        total += 4 + value.len();
        if total > MAX_RDATA {
            return Err(text.fault(token, RdataFault::TooLong));
        }
        if parameters.insert(key, value).is_some() {
            return Err(text.fault(token, rule("must have no key twice")));
        }
    }
    for (key, value) in &parameters {
        out.extend_from_slice(&key.to_be_bytes());
        out.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        out.extend_from_slice(value);
    }
    Ok(())
}

/// `key`, `key=value` or `key="value"`.
fn parameter(token: &Token<'_>) -> Result<(u16, Vec<u8>), RdataFault> {
    let equals = token.raw.iter().position(|&octet| octet == b'=');
    let (name, value) = equals.map_or((token.raw, &b""[..]), |at| (&token.raw[..at], &token.raw[at + 1..]));
    let number = parse_key(name).ok_or(rule("must begin with a known key, or `key` and its number"))?;
    let quoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    let mut octets = Vec::with_capacity(value.len().min(MAX_RDATA));
    let inner = Token { raw: quoted.unwrap_or(value), quoted: false, offset: token.offset };
    decode(&inner, MAX_RDATA, &mut octets)?;
    // A value of a key that is written by its number is opaque.
    let value = if key(name).is_some() { parse_value(number, &octets)? } else { octets };
    Ok((number, value))
}

/// A mnemonic, or `key` and a number without leading zeros.
fn parse_key(name: &[u8]) -> Option<u16> {
    key(name).or_else(|| {
        let digits = name.strip_prefix(b"key")?;
        let plain = digits == b"0" || !digits.starts_with(b"0");
        plain.then(|| decimal(digits))??.try_into().ok()
    })
}

/// The wire form of a value.
fn parse_value(number: u16, text: &[u8]) -> Result<Vec<u8>, RdataFault> {
    let mut value = Vec::new();
    match number {
        MANDATORY => {
            let mut keys = split(text)
                .map(parse_key)
                .collect::<Option<Vec<u16>>>()
                .ok_or(rule("must list keys with commas in mandatory"))?;
            keys.sort_unstable();
            value.extend(keys.iter().flat_map(|key| key.to_be_bytes()));
        }
        ALPN => {
            for protocol in unescaped_list(text)? {
                let len = u8::try_from(protocol.len()).map_err(|_| RdataFault::TooLong)?;
                value.push(len);
                value.extend_from_slice(&protocol);
            }
        }
        PORT => {
            let port = decimal(text).and_then(|port| u16::try_from(port).ok());
            value.extend(port.ok_or(RdataFault::Number { max: u16::MAX.into() })?.to_be_bytes());
        }
        IPV4HINT => {
            for address in split(text) {
                let address = ascii(address).and_then(|text| text.parse::<Ipv4Addr>().ok());
                value.extend(address.ok_or(RdataFault::Ipv4)?.octets());
            }
        }
        IPV6HINT => {
            for address in split(text) {
                let address = ascii(address).and_then(|text| text.parse::<Ipv6Addr>().ok());
                value.extend(address.ok_or(RdataFault::Ipv6)?.octets());
            }
        }
        ECH => value = encoding::decode_base64(text).ok_or(RdataFault::Base64)?,
        _ => value.extend_from_slice(text),
    }
    Ok(value)
}

fn split(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&octet| octet == b',')
}

fn ascii(text: &[u8]) -> Option<&str> {
    std::str::from_utf8(text).ok()
}

/// The items of a list in which `\,` and `\\` stand for a comma and a backslash.
fn unescaped_list(text: &[u8]) -> Result<Vec<Vec<u8>>, RdataFault> {
    let (mut items, mut item, mut rest) = (Vec::new(), Vec::new(), text);
    while let [octet, tail @ ..] = rest {
        rest = tail;
        match (octet, tail) {
            (b',', _) => items.push(std::mem::take(&mut item)),
            (b'\\', [escaped @ (b',' | b'\\'), tail @ ..]) => {
                item.push(*escaped);
                rest = tail;
            }
            (b'\\', _) => return Err(rule("must have `\\\\` before a comma or a backslash in alpn only")),
            _ => item.push(*octet),
        }
    }
    items.push(item);
    Ok(items)
}
