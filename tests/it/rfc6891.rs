//! RFC 6891: EDNS, and sizes of replies over UDP.

use mimi_dns::record::Rtype;
use mimi_dns::server::{Outcome, Settings, Transport, UdpPayload};

use crate::served::{example, send, send_with};
use crate::wire::{ARCOUNT, Message, Opt, query, with_opt, with_record};

/// About 2,000 octets of TXT at `big`, 700 at `mid`.
fn sizes() -> mimi_dns::zone::Catalog {
    let text =
        |count: usize| (0..count).map(|n| format!(" \"{n:03}{}\"", "x".repeat(96))).collect::<String>();
    example(&format!("big TXT{}\nmid TXT{}\nwww A 192.0.2.1", text(20), text(7)))
}

fn reply(octets: &[u8]) -> (Outcome, usize, Message) {
    let (outcome, reply) = send(&sizes(), octets, Transport::Udp);
    (outcome, reply.len(), Message::read(&reply))
}

#[test]
fn no_opt_is_sent_to_who_sends_none() {
    let (_, _, message) = reply(&query("www.example.", Rtype::A));
    assert_eq!(message.opt, None);
}

#[test]
fn the_reply_has_one_opt_that_tells_our_size() {
    for dnssec_ok in [false, true] {
        let (_, _, message) = reply(&with_opt(query("www.example.", Rtype::A), 4096, dnssec_ok));
        assert_eq!(message.opt, Some(Opt { payload: 1232, extended_rcode: 0, version: 0, dnssec_ok }));
    }
}

#[test]
fn replies_fit_what_the_requestor_takes() {
    let cases = [
        (None, 512),
        (Some(0), 512),
        (Some(511), 512),
        (Some(600), 600),
        (Some(1232), 1232),
        (Some(65_535), 1232),
    ];
    for (payload, largest) in cases {
        for name in ["big", "mid", "www", "none"] {
            let plain = query(&format!("{name}.example."), Rtype::TXT);
            let octets = payload.map_or(plain.clone(), |payload| with_opt(plain, payload, false));
            let (outcome, len, message) = reply(&octets);
            assert!(len <= largest, "{name} {payload:?} {len}");
            let fits = match name {
                "big" => false,
                "mid" => largest > 800,
                _ => true,
            };
            assert_eq!(message.is_truncated(), !fits, "{name} {payload:?}");
            assert_eq!(outcome == Outcome::Truncated, !fits);
            assert_eq!(message.opt.is_some(), payload.is_some());
            // RFC 2181 §9: no part of an RRset that does not fit.
            assert!(fits || message.answer.is_empty());
        }
    }
}

#[test]
fn section_6_1_3_other_versions_get_badvers() {
    let octets = with_record(query("www.example.", Rtype::A), ARCOUNT, &[0, 0, 41, 4, 208, 0, 1, 0, 0, 0, 0]);
    let (outcome, _, message) = reply(&octets);
    assert_eq!((outcome, message.rcode()), (Outcome::BadEdnsVersion, 16));
    assert!(message.answer.is_empty() && !message.is_authoritative());
    assert_eq!(message.opt.unwrap().version, 0);
}

#[test]
fn section_6_1_1_two_opts_or_another_owner_are_format_errors() {
    let opt = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];
    let two = with_record(with_record(query("www.example.", Rtype::A), ARCOUNT, &opt), ARCOUNT, &opt);
    let owned = [b"\x01x".as_slice(), &opt].concat();
    let owned = with_record(query("www.example.", Rtype::A), ARCOUNT, &owned);
    for octets in [two, owned] {
        let (outcome, _, message) = reply(&octets);
        assert_eq!((outcome, message.rcode()), (Outcome::BadOpt, 1));
    }
}

#[test]
fn options_are_ignored_where_whole_and_refused_where_cut() {
    let opt = |data: &[u8]| {
        let len = u8::try_from(data.len()).unwrap();
        let octets = [&[0, 0, 41, 4, 208, 0, 0, 0, 0, 0, len], data].concat();
        reply(&with_record(query("www.example.", Rtype::A), ARCOUNT, &octets)).0
    };
    assert_eq!(opt(&[0, 3, 0, 0]), Outcome::Answered);
    assert_eq!(opt(&[0xff, 0xff, 0, 2, 1, 2, 0, 10, 0, 1, 9]), Outcome::Answered);
    assert_eq!(opt(&[0, 3, 0, 1]), Outcome::BadOpt);
    assert_eq!(opt(&[0, 3, 0]), Outcome::BadOpt);
}

#[test]
fn the_operator_chooses_what_is_sent_and_announced() {
    let mut settings = Settings::default();
    for largest in [512, 800, 4096] {
        settings.udp_payload = UdpPayload::new(largest).unwrap();
        for asked in [512, 1232, 65_535] {
            let octets = with_opt(query("big.example.", Rtype::TXT), asked, false);
            let (outcome, reply) = send_with(&sizes(), &settings, &octets, Transport::Udp);
            assert_eq!(Message::read(&reply).opt.unwrap().payload, largest);
            assert!(reply.len() <= largest.min(asked).into());
            assert_eq!(outcome == Outcome::Answered, largest.min(asked) > 2100);
        }
    }
}
