//! Address prefixes of APL. Source: RFC 3123 §4 and §5.

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::text::{Text, decimal};
use super::{RdataError, RdataFault, Wire};

const IPV4: u16 = 1;
const IPV6: u16 = 2;
const NEGATED: u8 = 0x80;

/// One item; `address` without the octets 0 at its end.
struct Item<'a> {
    family: u16,
    prefix: u8,
    negated: bool,
    address: &'a [u8],
}

fn next_item<'a>(wire: &mut Wire<'a>) -> Result<Item<'a>, RdataError> {
    let (family, prefix, len) = (wire.u16()?, wire.u8()?, wire.u8()?);
    let address = wire.take(usize::from(len & !NEGATED))?;
    Ok(Item { family, prefix, negated: len & NEGATED != 0, address })
}

pub(super) fn check(wire: &mut Wire<'_>) -> Result<(), RdataError> {
    while !wire.left().is_empty() {
        let start = wire.at();
        let item = next_item(wire)?;
        let octets = match item.family {
            IPV4 => 4,
            IPV6 => 16,
            // Families that are not known here are opaque.
            _ => continue,
        };
        if usize::from(item.prefix) > octets * 8 || item.address.len() > octets {
            return Err(wire.rule(start, "must not have a prefix longer than the address"));
        }
        if item.address.last() == Some(&0) {
            return Err(wire.rule(start, "must be without octets 0 at the end of an address"));
        }
    }
    Ok(())
}

pub(super) fn print(wire: &mut Wire<'_>, out: &mut String) -> Result<(), RdataError> {
    let mut separator = "";
    while !wire.left().is_empty() {
        let start = wire.at();
        let Item { family, prefix, negated, address } = next_item(wire)?;
        let sign = if negated { "!" } else { "" };
        let _ = write!(out, "{separator}{sign}{family}:");
        let _ = match family {
            IPV4 => write!(out, "{}/{prefix}", Ipv4Addr::from(padded(address))),
            IPV6 => write!(out, "{}/{prefix}", Ipv6Addr::from(padded(address))),
            _ => return Err(wire.fault(start, RdataFault::GenericOnly)),
        };
        separator = " ";
    }
    Ok(())
}

pub(super) fn parse(text: &mut Text<'_, '_>, out: &mut Vec<u8>) -> Result<(), RdataError> {
    while text.peek().is_some() {
        let token = text.word()?;
        let item = parse_item(token.raw).ok_or_else(|| {
            text.fault(token, RdataFault::Rule("must be written as in 1:192.0.2.0/24 or !2:2001:db8::/32"))
        })?;
        out.extend_from_slice(&item);
    }
    Ok(())
}

fn parse_item(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let (negated, text) = text.strip_prefix('!').map_or((0, text), |text| (NEGATED, text));
    let (family, text) = text.split_once(':')?;
    let (address, prefix) = text.rsplit_once('/')?;
    let family = u16::try_from(decimal(family.as_bytes())?).ok()?;
    let address = match family {
        IPV4 => address.parse::<Ipv4Addr>().ok()?.octets().to_vec(),
        IPV6 => address.parse::<Ipv6Addr>().ok()?.octets().to_vec(),
        _ => return None,
    };
    let prefix = u8::try_from(decimal(prefix.as_bytes())?).ok()?;
    let len = address.iter().rposition(|&octet| octet != 0).map_or(0, |at| at + 1);
    let mut item = family.to_be_bytes().to_vec();
    item.extend([prefix, u8::try_from(len).ok()? | negated]);
    item.extend_from_slice(&address[..len]);
    Some(item)
}

fn padded<const N: usize>(octets: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.iter_mut().zip(octets).for_each(|(to, from)| *to = *from);
    array
}
