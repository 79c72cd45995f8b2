//! RFC 7830 and 8467: padding.

use mimi_dns::record::Rtype;
use mimi_dns::server::{Outcome, Transport};

use crate::served::{example, send};
use crate::wire::{Message, query, with_options};

const PADDING: u16 = 12;

fn text(strings: usize) -> String {
    (0..strings).map(|_| format!(" \"{}\"", "x".repeat(255))).collect()
}

#[test]
fn padded_replies_fill_blocks_of_468_octets_over_what_is_encrypted() {
    let catalog = example(&format!("www A 192.0.2.1\nmid TXT{}", text(3)));
    for transport in [Transport::Tls, Transport::Https, Transport::Quic] {
        for (name, rtype, len) in [
            ("www.example.", Rtype::A, 468),
            ("none.example.", Rtype::A, 468),
            ("other.", Rtype::A, 468),
            ("mid.example.", Rtype::TXT, 936),
        ] {
            let (_, reply) =
                send(&catalog, &with_options(query(name, rtype), &[(PADDING, &[0; 20])]), transport);
            assert_eq!(reply.len(), len, "{} {name}", transport.label());
            assert!(Message::read(&reply).option(PADDING).unwrap().iter().all(|&octet| octet == 0));
        }
    }
}

#[test]
fn no_padding_without_encryption_nor_for_those_who_do_not_pad() {
    let catalog = example("www A 192.0.2.1");
    let padded = with_options(query("www.example.", Rtype::A), &[(PADDING, &[0; 20])]);
    for transport in [Transport::Udp, Transport::Tcp] {
        assert_eq!(Message::read(&send(&catalog, &padded, transport).1).option(PADDING), None);
    }
    let bare = with_options(query("www.example.", Rtype::A), &[]);
    assert_eq!(Message::read(&send(&catalog, &bare, Transport::Tls).1).option(PADDING), None);
}

#[test]
fn a_reply_near_the_largest_message_is_padded_no_further() {
    for octets in [32_000, 32_100, 32_200, 32_600] {
        let filler = "00".repeat(octets);
        let catalog = example(&format!("big TXT{}\nbig TYPE65280 \\# {octets} {filler}", text(128)));
        let octets = with_options(query("big.example.", Rtype::ANY), &[(PADDING, &[])]);
        let (outcome, reply) = send(&catalog, &octets, Transport::Tls);
        assert_eq!(outcome, Outcome::Answered);
        assert!(reply.len() % 468 == 0 || reply.len() == 65_535, "{}", reply.len());
    }
}
