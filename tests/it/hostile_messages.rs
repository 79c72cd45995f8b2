//! Messages that are malformed, or mean harm: the right refusal or silence, and never a panic.

use mimi_dns::record::Rtype;
use mimi_dns::server::{Outcome, Transport};
use mimi_dns::zone::Catalog;
use proptest::prelude::*;

use crate::fuzz_seeds::message::message as holds_of_every_reply;
use crate::served::{example, send};
use crate::wire::{ARCOUNT, Message, query, question, with_opt, with_record};

const WWW: &[u8] = b"\x03www\x07example\0";

fn www() -> Catalog {
    example("www A 192.0.2.1")
}

fn outcome(octets: &[u8]) -> (Outcome, Option<u16>) {
    let (outcome, reply) = send(&www(), octets, Transport::Udp);
    (outcome, (!reply.is_empty()).then(|| Message::read(&reply).rcode()))
}

fn changed(at: usize, to: u8) -> Vec<u8> {
    let mut octets = query("www.example.", Rtype::A);
    octets[at] = to;
    octets
}

#[test]
fn no_reply_to_a_response_or_a_fragment() {
    assert_eq!(outcome(&changed(2, 0x80)), (Outcome::DroppedResponse, None));
    for len in 0..12 {
        assert_eq!(outcome(&query("www.example.", Rtype::A)[..len]), (Outcome::DroppedShort, None));
    }
}

#[test]
fn every_cut_of_a_query_is_a_format_error() {
    let whole = with_opt(query("www.example.", Rtype::A), 1232, false);
    for len in 12..whole.len() {
        let (_, rcode) = outcome(&whole[..len]);
        assert_eq!(rcode, Some(1), "{len}");
    }
}

#[test]
fn opcodes() {
    for opcode in 1..16 {
        assert_eq!(outcome(&changed(2, opcode << 3)), (Outcome::UnknownOpcode, Some(4)));
    }
    let (_, reply) = send(&www(), &changed(2, 5 << 3), Transport::Udp);
    assert_eq!((reply.len(), reply[2] & 0x78), (12, 5 << 3), "the opcode is repeated");
}

#[test]
fn counts_that_are_not_true() {
    assert_eq!(outcome(&changed(5, 0)), (Outcome::NotOneQuestion, Some(1)));
    assert_eq!(outcome(&changed(5, 2)), (Outcome::NotOneQuestion, Some(1)));
    for at in [7, 9, 11] {
        assert_eq!(outcome(&changed(at, 1)), (Outcome::BadRecords, Some(1)));
        assert_eq!(outcome(&changed(at - 1, 0xff)), (Outcome::BadRecords, Some(1)));
    }
}

#[test]
fn trailing_octets_and_answers_in_a_query() {
    let mut octets = query("www.example.", Rtype::A);
    octets.push(0);
    assert_eq!(outcome(&octets), (Outcome::BadRecords, Some(1)));
    let record = [&[0xc0, 12], [0, 1, 0, 1, 0, 0, 0, 0, 0, 0].as_slice()].concat();
    for count in [6, 8] {
        let octets = with_record(query("www.example.", Rtype::A), count, &record);
        assert_eq!(outcome(&octets), (Outcome::BadRecords, Some(1)));
    }
    assert_eq!(
        outcome(&with_record(query("www.example.", Rtype::A), ARCOUNT, &record)),
        (Outcome::Answered, Some(0))
    );
}

#[test]
fn names_that_are_none() {
    let names: [&[u8]; 5] = [b"\xc0\x0c", b"\x03www\xc0\x0c", b"\x40x\0", b"\x80x\0", &[1; 300]];
    for name in names {
        assert_eq!(outcome(&question(name, 1, 1)), (Outcome::BadQuestion, Some(1)), "{name:?}");
    }
    let most: Vec<u8> = b"\x01a".iter().copied().cycle().take(254).chain([0]).collect();
    assert_eq!(outcome(&question(&most, 1, 1)), (Outcome::NotServed, Some(5)));
}

#[test]
fn classes_and_meta_types() {
    for class in [0, 3, 254, 255, 65_535] {
        assert_eq!(outcome(&question(WWW, 1, class)), (Outcome::NotServed, Some(5)), "class {class}");
    }
    for (rtype, expected) in [
        (41, (Outcome::BadQuestion, Some(1))),
        (249, (Outcome::BadQuestion, Some(1))),
        (250, (Outcome::BadQuestion, Some(1))),
        (128, (Outcome::BadQuestion, Some(1))),
        (251, (Outcome::TransferRefused, Some(5))),
        (252, (Outcome::TransferRefused, Some(5))),
        (253, (Outcome::UnknownQueryType, Some(4))),
        (254, (Outcome::UnknownQueryType, Some(4))),
        (0, (Outcome::NoData, Some(0))),
        (65_535, (Outcome::NoData, Some(0))),
    ] {
        assert_eq!(outcome(&question(WWW, rtype, 1)), expected, "type {rtype}");
    }
}

#[test]
fn flags_of_the_request_are_repeated_or_cleared() {
    let mut octets = query("www.example.", Rtype::A);
    (octets[2], octets[3]) = (0x07, 0xff);
    let (_, reply) = send(&www(), &octets, Transport::Udp);
    // QR, AA, RD; CD.
    assert_eq!((reply[2], reply[3]), (0x85, 0x10));
    assert_eq!(reply[..2], octets[..2]);
}

#[test]
fn many_records_cost_no_more_than_their_octets() {
    let mut octets = query("www.example.", Rtype::A);
    (octets[10], octets[11]) = (0xff, 0xff);
    octets.extend([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0].repeat(5_000));
    let (outcome, _) = send(&www(), &octets, Transport::Tcp);
    assert_eq!(outcome, Outcome::BadRecords);
}

fn near_query() -> impl Strategy<Value = Vec<u8>> {
    let base = with_opt(query("www.example.", Rtype::A), 1232, true);
    (
        Just(base),
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        prop::collection::vec(any::<u8>(), 0..20),
    )
        .prop_map(|(mut octets, changes, tail)| {
            for (at, to) in changes {
                let at = at.index(octets.len());
                octets[at] = to;
            }
            octets.extend(tail);
            octets
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn random_octets_never_panic(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        holds_of_every_reply(&octets);
    }

    #[test]
    fn damaged_queries_never_panic(octets in near_query()) {
        holds_of_every_reply(&octets);
    }
}
