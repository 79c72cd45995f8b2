//! Bitmaps of types, as in NSEC, NSEC3 and CSYNC. Source: RFC 4034 §4.1.2.

use std::fmt::Write;

use super::text::Text;
use super::{RdataError, RdataFault, Wire};
use crate::record::Rtype;
use crate::record::dnssec::TypeBitmap;

/// The most octets of one window.
const WINDOW: usize = 32;

pub(super) fn check(may_be_empty: bool, wire: &mut Wire<'_>) -> Result<(), RdataError> {
    if wire.left().is_empty() && !may_be_empty {
        return Err(wire.rule(wire.at(), "must hold at least one type"));
    }
    let mut last = None;
    while !wire.left().is_empty() {
        let start = wire.at();
        let (window, bits) = next_window(wire)?;
        if last.is_some_and(|last| last >= window) {
            return Err(wire.rule(start, "must have its windows in ascending order"));
        }
        if bits.len() > WINDOW || bits.last().is_none_or(|&octet| octet == 0) {
            return Err(wire.rule(start, "must have 1 to 32 octets in a window, the last of them not 0"));
        }
        last = Some(window);
    }
    Ok(())
}

pub(super) fn print(wire: &mut Wire<'_>, out: &mut String) -> Result<(), RdataError> {
    let mut separator = "";
    while !wire.left().is_empty() {
        let (window, bits) = next_window(wire)?;
        for (at, octet) in (0u16..).zip(bits) {
            for bit in (0..8).filter(|bit| octet & (0x80 >> bit) != 0) {
                let _ = write!(out, "{separator}{}", portable(Rtype(u16::from(window) << 8 | at << 3 | bit)));
                separator = " ";
            }
        }
    }
    Ok(())
}

pub(super) fn parse(text: &mut Text<'_, '_>, out: &mut Vec<u8>) -> Result<(), RdataError> {
    let mut rtypes = Vec::new();
    while text.peek().is_some() {
        let token = text.word()?;
        let rtype = rtype(token.raw).ok_or_else(|| text.fault(token, RdataFault::Rtype))?;
        rtypes.push(rtype);
    }
    TypeBitmap::write(rtypes, out);
    Ok(())
}

/// A type by its mnemonic or as `TYPEn`.
pub(super) fn rtype(text: &[u8]) -> Option<Rtype> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The type as every server reads it: by its number where the mnemonic is too new or too old for some, or ours
/// alone.
pub(super) fn portable(rtype: Rtype) -> String {
    if rtype.is_known_everywhere() { rtype.to_string() } else { format!("TYPE{}", rtype.0) }
}

fn next_window<'a>(wire: &mut Wire<'a>) -> Result<(u8, &'a [u8]), RdataError> {
    Ok((wire.u8()?, wire.char_string()?))
}
