//! Messages that are malformed, or mean harm: the right refusal or silence, and never a panic.

use mimi_dns::record::Rtype;
use mimi_dns::server::{Outcome, Transport};
use mimi_dns::zone::Catalog;
use proptest::prelude::*;

use crate::fuzz_seeds::message::message as holds_of_every_reply;
use crate::served::{example, send};
use crate::wire::{Message, query, question, with_opt};

const WWW: &[u8] = b"\x03www\x07example\0";

fn www() -> Catalog {
    example("www A 192.0.2.1")
}

fn outcome(octets: &[u8]) -> (Outcome, Option<u16>) {
    let (outcome, reply) = send(&www(), octets, Transport::Udp);
    (outcome, (!reply.is_empty()).then(|| Message::read(&reply).rcode()))
}

#[test]
fn classes_and_meta_types() {
    for class in [0, 3, 254, 65_535] {
        assert_eq!(outcome(&question(WWW, 1, class)), (Outcome::NotServed, Some(5)), "class {class}");
    }
    for (rtype, expected) in [
        (41, (Outcome::BadQuestion, Some(1))),
        (249, (Outcome::BadQuestion, Some(1))),
        (250, (Outcome::BadQuestion, Some(1))),
        (128, (Outcome::BadQuestion, Some(1))),
        (251, (Outcome::TransferRefused, Some(5))),
        (252, (Outcome::TransferRefused, Some(5))),
        // As in NSD and Knot: there are no such records.
        (253, (Outcome::NoData, Some(0))),
        (254, (Outcome::NoData, Some(0))),
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
    // QR, AA, RD; CD is cleared.
    assert_eq!((reply[2], reply[3]), (0x85, 0));
    assert_eq!(reply[..2], octets[..2]);
}

pub(super) fn near_query() -> impl Strategy<Value = Vec<u8>> {
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
