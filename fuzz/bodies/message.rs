// Any octets, sent to the engine over both transports: what must hold of every reply. Called by
// the fuzz target and, with random octets, by the tests.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::LazyLock;

use mimi_dns::clock::UnixTime;
use mimi_dns::record::{Class, Name, Record, Rtype, Ttl, rdata};
use mimi_dns::server::{MAX_MESSAGE, MAX_UDP_PAYLOAD, Request, Transport, answer};
use mimi_dns::zone::{Catalog, Span, ZoneBuilder};

const LINES: [(&str, Rtype, &str); 15] = [
    ("example.", Rtype::SOA, "ns.example. host.example. 1 2 3 4 5"),
    ("example.", Rtype::NS, "ns.example."),
    ("example.", Rtype::MX, "1 ns.example."),
    ("ns.example.", Rtype::A, "192.0.2.1"),
    ("*.w.example.", Rtype::TXT, "wild"),
    ("*.c.example.", Rtype::CNAME, "x.c.example."),
    ("a.example.", Rtype::CNAME, "b.example."),
    ("b.example.", Rtype::CNAME, "a.example."),
    ("d.example.", Rtype::DNAME, "w.d.example."),
    ("e.example.", Rtype::DNAME, "c.example."),
    ("sub.example.", Rtype::NS, "ns.sub.example."),
    ("ns.sub.example.", Rtype::AAAA, "2001:db8::1"),
    ("sub.example.", Rtype::DS, "1 15 250 00"),
    ("www.example.", Rtype::A, "192.0.2.2"),
    ("www.example.", Rtype::NAPTR, "1 1 \"s\" \"\" \"\" www.example."),
];

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let mut builder = ZoneBuilder::new();
    for (owner, rtype, data) in LINES {
        let owner: Name = owner.parse().expect("a name");
        let rdata = rdata::from_text(rtype, data).expect("record data").into();
        let (class, ttl) = (Class::IN, Ttl::from_secs(300));
        builder.add(&Record { owner, class, ttl, rtype, rdata }, Span::default());
    }
    Catalog::new().with(builder.build().zone.expect("a zone"))
});

/// Panics where a reply is not as it must be.
pub(crate) fn message(octets: &[u8]) {
    let mut out = Vec::new();
    for transport in [Transport::Udp, Transport::Tcp] {
        let peer = IpAddr::V6(Ipv6Addr::LOCALHOST);
        let request = Request { octets, transport, peer, now: UnixTime(1_800_000_000) };
        let outcome = answer(&CATALOG, &request, &mut out);
        assert_eq!(outcome.is_replied(), !out.is_empty());
        let largest = match transport {
            Transport::Udp => usize::from(MAX_UDP_PAYLOAD),
            Transport::Tcp => MAX_MESSAGE,
        };
        assert!(out.len() <= largest, "{} octets over {transport:?}", out.len());
        if !out.is_empty() {
            assert!(out.len() >= 12 && out[2] & 0x80 != 0, "a response");
            assert_eq!(out[..2], octets[..2], "the id");
            assert!(octets[2] & 0x80 == 0, "a response is never answered");
        }
    }
}
