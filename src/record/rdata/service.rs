//! Parameters of SVCB and HTTPS on the wire. Source: RFC 9460 §2.2, §7 and §8.

use super::{RdataError, RdataFault, Wire};

pub(super) const MANDATORY: u16 = 0;
pub(super) const ALPN: u16 = 1;
pub(super) const NO_DEFAULT_ALPN: u16 = 2;
pub(super) const PORT: u16 = 3;
pub(super) const IPV4HINT: u16 = 4;
pub(super) const ECH: u16 = 5;
pub(super) const IPV6HINT: u16 = 6;
/// RFC 9461 §5.
pub(super) const DOHPATH: u16 = 7;
/// RFC 9540 §4.
pub(super) const OHTTP: u16 = 8;

const KEYS: [(&str, u16); 9] = [
    ("mandatory", MANDATORY),
    ("alpn", ALPN),
    ("no-default-alpn", NO_DEFAULT_ALPN),
    ("port", PORT),
    ("ipv4hint", IPV4HINT),
    ("ech", ECH),
    ("ipv6hint", IPV6HINT),
    ("dohpath", DOHPATH),
    ("ohttp", OHTTP),
];

/// The mnemonic of a key.
pub(super) fn mnemonic(key: u16) -> Option<&'static str> {
    KEYS.iter().find(|(_, number)| *number == key).map(|&(name, _)| name)
}

/// The number of a key's mnemonic.
pub(super) fn key(mnemonic: &[u8]) -> Option<u16> {
    KEYS.iter().find(|(name, _)| name.as_bytes() == mnemonic).map(|&(_, number)| number)
}

/// One parameter: its key and its value.
pub(super) fn next_parameter<'a>(wire: &mut Wire<'a>) -> Result<(u16, &'a [u8]), RdataError> {
    let (key, len) = (wire.u16()?, wire.u16()?);
    Ok((key, wire.take(len.into())?))
}

pub(super) fn check(wire: &mut Wire<'_>) -> Result<(), RdataError> {
    let start = wire.at();
    let (mut last, mut alpn, mut mandatory) = (None, false, u16s(&[]).peekable());
    while !wire.left().is_empty() {
        let at = wire.at();
        let (key, value) = next_parameter(wire)?;
        if last.is_some_and(|last| last >= key) {
            return Err(wire.rule(at, "must have their keys in ascending order, none twice"));
        }
        check_value(key, value).map_err(|rule| wire.rule(at, rule))?;
        match key {
            MANDATORY => mandatory = u16s(value).peekable(),
            ALPN => alpn = true,
            NO_DEFAULT_ALPN if !alpn => return Err(wire.rule(at, "must have alpn beside no-default-alpn")),
            _ => {}
        }
        // Both lists ascend, so each key meets its entry when it is the next one.
        mandatory.next_if_eq(&key);
        last = Some(key);
    }
    match mandatory.next() {
        None => Ok(()),
        Some(_) => Err(wire.rule(start, "must have every key that mandatory lists")),
    }
}

/// The rule of its key that a value breaks.
pub(super) fn check_value(key: u16, value: &[u8]) -> Result<(), &'static str> {
    let (good, rule) = match key {
        MANDATORY => (
            !value.is_empty()
                && value.len().is_multiple_of(2)
                && u16s(value).next() != Some(MANDATORY)
                && u16s(value).is_sorted_by(|a, b| a < b),
            "must list keys in mandatory in ascending order, none twice, mandatory not among them",
        ),
        ALPN => (is_alpn(value), "must have protocols of 1 to 255 octets in alpn, at least one"),
        NO_DEFAULT_ALPN => (value.is_empty(), "must have no value behind no-default-alpn"),
        PORT => (value.len() == 2, "must have a number up to 65535 as port"),
        IPV4HINT => (is_addresses(value, 4), "must have IPv4 addresses with commas in ipv4hint"),
        ECH => (!value.is_empty(), "must have a value behind ech"),
        IPV6HINT => (is_addresses(value, 16), "must have IPv6 addresses with commas in ipv6hint"),
        DOHPATH => (
            value.starts_with(b"/") && std::str::from_utf8(value).is_ok(),
            "must have a URI template that begins with `/` as dohpath",
        ),
        OHTTP => (value.is_empty(), "must have no value behind ohttp"),
        _ => (true, ""),
    };
    if good { Ok(()) } else { Err(rule) }
}

/// The octets in twos.
pub(super) fn u16s(octets: &[u8]) -> impl Iterator<Item = u16> {
    octets.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
}

/// The protocols in the value of alpn; ends early where it is cut.
pub(super) fn protocols(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = value;
    std::iter::from_fn(move || {
        let (&len, tail) = rest.split_first()?;
        let (protocol, tail) = tail.split_at_checked(len.into())?;
        rest = tail;
        Some(protocol)
    })
}

fn is_alpn(value: &[u8]) -> bool {
    let covered: usize = protocols(value).map(|protocol| 1 + protocol.len()).sum();
    !value.is_empty() && covered == value.len() && protocols(value).all(|protocol| !protocol.is_empty())
}

fn is_addresses(value: &[u8], octets: usize) -> bool {
    !value.is_empty() && value.len().is_multiple_of(octets)
}

/// A fault for a parameter's text.
pub(super) const fn rule(rule: &'static str) -> RdataFault {
    RdataFault::Rule(rule)
}
