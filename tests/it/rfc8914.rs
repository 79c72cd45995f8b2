//! RFC 8914: why, in extended errors; and who is refused.

use mimi_dns::record::Rtype;
use mimi_dns::server::{Access, Outcome, Settings, Transport};

use crate::served::{example, send_with};
use crate::wire::{Message, query, with_options};

const EXTENDED_ERROR: u16 = 15;

fn send(settings: &Settings, octets: &[u8], transport: Transport) -> (Outcome, Message) {
    let (outcome, reply) = send_with(&example("www A 192.0.2.1"), settings, octets, transport);
    (outcome, Message::read(&reply))
}

#[test]
fn failures_say_why_in_fixed_words() {
    for &transport in Transport::ALL {
        for (name, rtype, expected, code, text) in [
            ("www.other.", Rtype::A, Outcome::NotServed, 20, "no zone here has this name"),
            ("example.", Rtype::AXFR, Outcome::TransferRefused, 21, "no zone transfers here"),
        ] {
            let (outcome, message) =
                send(&Settings::default(), &with_options(query(name, rtype), &[]), transport);
            assert_eq!(outcome, expected);
            let option = message.option(EXTENDED_ERROR).unwrap();
            assert_eq!((option[1], &option[2..]), (code, text.as_bytes()));
        }
    }
}

#[test]
fn answers_and_requests_without_edns_get_none() {
    for (name, rtype) in
        [("www.example.", Rtype::A), ("none.example.", Rtype::A), ("www.example.", Rtype::MX)]
    {
        let (_, message) = send(&Settings::default(), &with_options(query(name, rtype), &[]), Transport::Udp);
        assert_eq!(message.options, []);
    }
    let (outcome, message) = send(&Settings::default(), &query("www.other.", Rtype::A), Transport::Udp);
    assert_eq!((outcome, message.opt), (Outcome::NotServed, None));
}

#[test]
fn who_may_not_ask_is_refused_whatever_is_asked_over_every_transport() {
    let mut settings = Settings::default();
    let mut access = Access::default();
    access.refused = ["127.0.0.0/8".parse().unwrap()].into_iter().collect();
    settings.access = access;
    let good = with_options(query("www.example.", Rtype::A), &[]);
    let transfer = with_options(query("example.", Rtype::AXFR), &[]);
    for &transport in Transport::ALL {
        for octets in [&good, &transfer] {
            let (outcome, message) = send(&settings, octets, transport);
            assert_eq!((outcome, message.rcode()), (Outcome::Prohibited, 5));
            assert!(message.answer.is_empty() && !message.is_authoritative());
            let option = message.option(EXTENDED_ERROR).unwrap();
            assert_eq!((option[1], &option[2..]), (18, b"not for this address".as_slice()));
        }
        let (outcome, message) = send(&settings, &query("none.example.", Rtype::A), transport);
        assert_eq!((outcome, message.rcode()), (Outcome::Prohibited, 5));
    }
}

#[test]
fn what_gets_no_reply_gets_none_from_who_may_not_ask_either() {
    let mut settings = Settings::default();
    settings.access.only = Some(std::iter::empty().collect());
    let mut response = query("www.example.", Rtype::A);
    response[2] |= 0x80;
    let (outcome, reply) = send_with(&example(""), &settings, &response, Transport::Udp);
    assert!(outcome == Outcome::DroppedResponse && reply.is_empty());
}

#[test]
fn a_zone_that_should_be_here_and_is_not_is_a_failure() {
    let catalog =
        example("www A 192.0.2.1\nto CNAME www.gone.example.").awaiting(["gone.example.".parse().unwrap()]);
    let send = |name: &str| {
        let octets = with_options(query(name, Rtype::A), &[]);
        let (outcome, reply) = send_with(&catalog, &Settings::default(), &octets, Transport::Udp);
        (outcome, Message::read(&reply))
    };
    for name in ["gone.example.", "a.gone.example."] {
        let (outcome, message) = send(name);
        assert_eq!((outcome, message.rcode()), (Outcome::NotLoaded, 2));
        let option = message.option(EXTENDED_ERROR).unwrap();
        assert_eq!((option[1], &option[2..]), (14, b"the zone is not loaded".as_slice()));
        assert!(!message.is_authoritative() && message.authority.is_empty());
    }
    assert_eq!(send("www.example.").0, Outcome::Answered);
    // As far as is known.
    assert_eq!(send("to.example.").0, Outcome::Alias);
}
