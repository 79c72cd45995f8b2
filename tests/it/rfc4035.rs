//! RFC 4035 §3.1: zones that were signed elsewhere. Positive answers only.

use mimi_dns::server::{Outcome, Transport};

use crate::served::{TOP, asked, example, zone};

const SIGNED: &str = "www A 192.0.2.1\nwww A 192.0.2.2
www RRSIG A 15 2 300 20300101000000 20260101000000 1 example. AAAA
www NSEC example. A RRSIG NSEC\nwww RRSIG NSEC 15 2 60 20300101000000 20260101000000 1 example. BBBB
@ RRSIG SOA 15 1 300 20300101000000 20260101000000 1 example. CCCC
sub NS ns.other.\nsub DS 1 15 250 00\nsub RRSIG DS 15 2 300 20300101000000 20260101000000 1 example. DDDD";

fn counts(question: &str, transport: Transport, dnssec_ok: bool) -> (usize, usize) {
    let reply = asked(&example(SIGNED), question, transport, dnssec_ok).1;
    (reply.answer.len(), reply.authority.len())
}

#[test]
fn signatures_come_with_do_only() {
    assert_eq!(counts("www.example. A", Transport::Udp, false), (2, 0));
    assert_eq!(counts("www.example. A", Transport::Udp, true), (3, 0));
    let (_, reply) = asked(&example(SIGNED), "www.example. A", Transport::Udp, true);
    assert!(reply.answer[2].starts_with("www.example. 300 RRSIG A 15 2 300 "), "{}", reply.answer[2]);
}

#[test]
fn the_soa_of_a_negative_answer_is_signed_with_its_ttl() {
    let (_, reply) = asked(&example(SIGNED), "none.example. A", Transport::Udp, true);
    assert!(reply.authority[1].starts_with("example. 60 RRSIG SOA "), "{}", reply.authority[1]);
    assert_eq!(counts("none.example. A", Transport::Udp, false), (0, 1));
}

#[test]
fn asked_by_type_they_need_no_do() {
    assert_eq!(counts("www.example. NSEC", Transport::Udp, false), (1, 0));
    assert_eq!(counts("www.example. RRSIG", Transport::Udp, false), (2, 0));
    assert_eq!(counts("sub.example. DS", Transport::Udp, false), (1, 0));
    assert_eq!(counts("www.example. ANY", Transport::Tcp, false), (2, 0));
    assert_eq!(counts("www.example. ANY", Transport::Tcp, true), (5, 0));
}

#[test]
fn a_signed_delegation_has_its_ds() {
    assert_eq!(counts("x.sub.example. A", Transport::Udp, false), (0, 1));
    assert_eq!(counts("x.sub.example. A", Transport::Udp, true), (0, 3));
}

#[test]
fn signatures_without_what_they_cover_make_no_rrset() {
    let lines = format!("{TOP}a RRSIG A 15 2 300 20300101000000 20260101000000 1 example. AAAA");
    let catalog = mimi_dns::zone::Catalog::new().with(zone("example.", &lines));
    assert_eq!(asked(&catalog, "a.example. A", Transport::Udp, true).0, Outcome::NoData);
    assert_eq!(asked(&catalog, "a.example. RRSIG", Transport::Udp, true).0, Outcome::Answered);
}
