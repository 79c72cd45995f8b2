//! RFC 2308: negative answers carry the SOA record with the lesser of its TTL and MINIMUM.

use mimi_dns::server::{Outcome, Transport};
use mimi_dns::zone::Catalog;

use crate::served::{asked, example, zone};

#[test]
fn section_2_1_name_error() {
    let (outcome, reply) = asked(&example("www A 192.0.2.1"), "none.example. A", Transport::Udp, false);
    assert_eq!((outcome, reply.rcode()), (Outcome::NxDomain, 3));
    assert!(reply.is_authoritative() && reply.answer.is_empty());
    assert_eq!(reply.authority, ["example. 60 SOA ns.other. host.other. 1 7200 900 1209600 60"]);
}

#[test]
fn section_2_2_no_data() {
    let (outcome, reply) = asked(&example("www A 192.0.2.1"), "www.example. AAAA", Transport::Udp, false);
    assert_eq!((outcome, reply.rcode()), (Outcome::NoData, 0));
    assert!(reply.is_authoritative() && reply.answer.is_empty());
    assert_eq!(reply.authority, ["example. 60 SOA ns.other. host.other. 1 7200 900 1209600 60"]);
}

#[test]
fn section_3_a_soa_ttl_below_minimum_stays() {
    let zone = zone("example.", "@ SOA ns.other. host.other. 1 7200 900 1209600 86400\n@ NS ns.other.");
    let (_, reply) = asked(&Catalog::new().with(zone), "none.example. A", Transport::Udp, false);
    assert_eq!(reply.authority, ["example. 300 SOA ns.other. host.other. 1 7200 900 1209600 86400"]);
}

#[test]
fn the_soa_itself_keeps_its_ttl() {
    let (_, reply) = asked(&example(""), "example. SOA", Transport::Udp, false);
    assert_eq!(reply.answer, ["example. 300 SOA ns.other. host.other. 1 7200 900 1209600 60"]);
}
