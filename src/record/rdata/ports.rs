//! Protocol and ports of WKS. Source: RFC 1035 §3.4.2.

use std::fmt::Write;

use super::mnemonic::named;
use super::text::{Text, decimal};
use super::{RdataError, RdataFault, Wire};

/// A bitmap of all ports.
const MAX_BITMAP: usize = 65_536 / 8;

const PROTOCOLS: [(&str, u8); 2] = [("tcp", 6), ("udp", 17)];

/// The services that zones with WKS records name.
const SERVICES: [(&str, u16); 14] = [
    ("ftp-data", 20),
    ("ftp", 21),
    ("ssh", 22),
    ("telnet", 23),
    ("smtp", 25),
    ("time", 37),
    ("domain", 53),
    ("tftp", 69),
    ("finger", 79),
    ("http", 80),
    ("pop3", 110),
    ("nntp", 119),
    ("ntp", 123),
    ("https", 443),
];

pub(super) fn check(wire: &mut Wire<'_>) -> Result<(), RdataError> {
    let start = wire.at();
    wire.u8()?;
    let bitmap = wire.rest();
    if bitmap.len() > MAX_BITMAP || bitmap.last() == Some(&0) {
        // The text form can't say how many octets 0 follow the last port.
        return Err(wire.rule(start, "must have at most 8192 octets in its bitmap, the last of them not 0"));
    }
    Ok(())
}

pub(super) fn print(wire: &mut Wire<'_>, out: &mut String) -> Result<(), RdataError> {
    let _ = write!(out, "{}", wire.u8()?);
    for (at, octet) in (0u32..).zip(wire.rest()) {
        for bit in (0..8).filter(|bit| octet & (0x80 >> bit) != 0) {
            let _ = write!(out, " {}", at * 8 + bit);
        }
    }
    Ok(())
}

pub(super) fn parse(text: &mut Text<'_, '_>, out: &mut Vec<u8>) -> Result<(), RdataError> {
    text.what = "protocol";
    let protocol = text.word()?;
    let number = named(&PROTOCOLS, protocol.raw)
        .or_else(|| decimal(protocol.raw)?.try_into().ok())
        .ok_or_else(|| text.fault(protocol, RdataFault::Mnemonic { max: 255 }))?;
    out.push(number);
    text.what = "service";
    let mut bitmap = Vec::new();
    while text.peek().is_some() {
        let service = text.word()?;
        let port = named(&SERVICES, service.raw)
            .or_else(|| decimal(service.raw)?.try_into().ok())
            .ok_or_else(|| text.fault(service, RdataFault::Mnemonic { max: 65_535 }))?;
        let octet = usize::from(port >> 3);
        bitmap.resize(bitmap.len().max(octet + 1), 0u8);
        bitmap[octet] |= 0x80 >> (port & 7);
    }
    out.extend_from_slice(&bitmap);
    Ok(())
}
