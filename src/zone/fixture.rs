//! Zones for unit tests, in lines short enough to read at a glance.

use super::{Built, Span, Zone, ZoneBuilder};
use crate::record::{Class, Name, Record, Rtype, Ttl};

/// `OWNER TYPE [DATA]`: a name for NS, CNAME, DNAME and MX, the last octet of 192.0.2.0/24 for A,
/// a serial number for SOA, nothing for NAPTR (order and preference 1, all else empty), else one character-string.
pub(crate) fn record(line: &str) -> Record {
    let mut words = line.splitn(3, ' ');
    let owner: Name = words.next().unwrap().parse().unwrap();
    let rtype: Rtype = words.next().unwrap().parse().unwrap();
    let data = words.next().unwrap_or_default();
    let name = || data.parse::<Name>().unwrap().as_wire().to_vec();
    let rdata = match rtype {
        Rtype::A => vec![192, 0, 2, data.parse::<u8>().unwrap()],
        Rtype::NS | Rtype::CNAME | Rtype::DNAME => name(),
        Rtype::NAPTR => vec![0, 1, 0, 1, 0, 0, 0, 0],
        Rtype::MX => [vec![0, 10], name()].concat(),
        Rtype::SOA => {
            let serial: u32 = if data.is_empty() { 7 } else { data.parse().unwrap() };
            let numbers = [serial, 7200, 900, 1_209_600, 60].map(u32::to_be_bytes).concat();
            [b"\x02ns\x05other\0\x04host\x05other\0".as_slice(), &numbers].concat()
        }
        _ => [&[u8::try_from(data.len()).unwrap()], data.as_bytes()].concat(),
    };
    Record { owner, class: Class::IN, ttl: Ttl::from_secs(300), rtype, rdata: rdata.into() }
}

/// Each line's number is its span's offset.
pub(crate) fn build(lines: &[&str]) -> Built {
    let mut builder = ZoneBuilder::new();
    for (line, offset) in lines.iter().zip(0..) {
        builder.add(&record(line), Span { file: 0, offset });
    }
    builder.build()
}

/// A zone that must have no errors, with SOA and NS records added.
pub(crate) fn zone(apex: &str, lines: &[&str]) -> Zone {
    let top = [format!("{apex} SOA"), format!("{apex} NS ns.other.")];
    let all: Vec<&str> = top.iter().map(String::as_str).chain(lines.iter().copied()).collect();
    build(&all).zone.expect("a zone without errors")
}
