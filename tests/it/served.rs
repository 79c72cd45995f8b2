//! Zones in a few lines, and the engine asked about them.

use std::net::{IpAddr, Ipv4Addr};

use mimi_dns::clock::UnixTime;
use mimi_dns::record::scan::Scanner;
use mimi_dns::record::{Class, Name, Record, Rtype, Ttl, rdata};
use mimi_dns::server::{self, Outcome, Request, Settings, Transport};
use mimi_dns::zone::{Catalog, Severity, Span, Zone, ZoneBuilder};

use crate::wire::{self, Message};

/// Reads lines of `owner type data`, relative to the apex; all TTLs are 300.
pub(crate) fn zone(apex: &str, lines: &str) -> Zone {
    let apex: Name = apex.parse().unwrap();
    let (mut scanner, mut tokens) = (Scanner::new(lines.as_bytes()), Vec::new());
    let mut builder = ZoneBuilder::new();
    while let Some(entry) = scanner.next_entry(&mut tokens) {
        entry.unwrap();
        let [owner, rtype, data @ ..] = tokens.as_slice() else { continue };
        let owner = Name::parse(owner.raw, Some(&apex)).unwrap();
        let rtype: Rtype = str::from_utf8(rtype.raw).unwrap().parse().unwrap();
        let mut octets = Vec::new();
        rdata::parse(rtype, data, &apex, &mut octets).unwrap();
        let ttl = Ttl::from_secs(300);
        let record = Record { owner, class: Class::IN, ttl, rtype, rdata: octets.into() };
        builder.add(&record, Span::default());
    }
    let built = builder.build();
    let errors: Vec<_> = built
        .faults
        .iter()
        .filter(|fault| fault.severity == Severity::Error)
        .map(|fault| fault.code)
        .collect();
    built.zone.unwrap_or_else(|| panic!("{errors:?}"))
}

/// One zone with SOA and NS records in front of `lines`.
pub(crate) fn example(lines: &str) -> Catalog {
    Catalog::new().with(zone("example.", &format!("{TOP}{lines}")))
}

/// Apex records.
pub(crate) const TOP: &str = "@ SOA ns.other. host.other. 1 7200 900 1209600 60\n@ NS ns.other.\n";

/// Sends octets to the engine.
pub(crate) fn send(catalog: &Catalog, octets: &[u8], transport: Transport) -> (Outcome, Vec<u8>) {
    send_with(catalog, &Settings::default(), octets, transport)
}

/// When requests come that are sent to the engine.
pub(crate) const NOW: UnixTime = UnixTime(1_800_000_000);

/// As [`send`], with these settings.
pub(crate) fn send_with(
    catalog: &Catalog,
    settings: &Settings,
    octets: &[u8],
    transport: Transport,
) -> (Outcome, Vec<u8>) {
    let mut out = Vec::new();
    let request = Request { octets, transport, peer: IpAddr::V4(Ipv4Addr::LOCALHOST), now: NOW };
    let outcome = server::answer(catalog, settings, &request, &mut out).outcome;
    assert_eq!(outcome.is_replied(), !out.is_empty());
    (outcome, out)
}

/// Asks `name type` over UDP with room for 1232 octets.
pub(crate) fn ask(catalog: &Catalog, question: &str) -> Message {
    asked(catalog, question, Transport::Udp, false).1
}

/// Asks and tells the outcome too.
pub(crate) fn asked(
    catalog: &Catalog,
    question: &str,
    transport: Transport,
    dnssec_ok: bool,
) -> (Outcome, Message) {
    let (name, rtype) = question.split_once(' ').unwrap();
    let octets = wire::with_opt(wire::query(name, rtype.parse().unwrap()), 1232, dnssec_ok);
    let (outcome, reply) = send(catalog, &octets, transport);
    (outcome, Message::read(&reply))
}
