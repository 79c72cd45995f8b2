//! RFC 7873 and 9018: DNS cookies.

use mimi_dns::record::Rtype;
use mimi_dns::server::{Cookies, Outcome, Settings, Transport};

use crate::served::{example, send_with};
use crate::wire::{Message, query, with_options};

const COOKIE: u16 = 10;
const CLIENT: &[u8] = b"\x24\x64\xc4\xab\xcf\x10\xc9\x57";

fn settings(require: bool) -> Settings {
    let mut cookies = Cookies::new("e5e973e5a6b2a43f48e7dc849e37bfcf".parse().unwrap());
    cookies.require = require;
    let mut settings = Settings::default();
    settings.cookies = Some(cookies);
    settings
}

fn send(settings: &Settings, cookie: &[u8], transport: Transport) -> (Outcome, Message) {
    send_octets(settings, &with_options(query("www.example.", Rtype::A), &[(COOKIE, cookie)]), transport)
}

fn send_octets(settings: &Settings, octets: &[u8], transport: Transport) -> (Outcome, Message) {
    let (outcome, reply) = send_with(&example("www A 192.0.2.1"), settings, octets, transport);
    (outcome, Message::read(&reply))
}

/// The cookie that a client which has none gets.
fn learned(settings: &Settings) -> Vec<u8> {
    let (_, message) = send(settings, CLIENT, Transport::Udp);
    message.option(COOKIE).unwrap().to_vec()
}

#[test]
fn section_5_2_1_no_option_no_cookie() {
    let octets = with_options(query("www.example.", Rtype::A), &[]);
    for require in [false, true] {
        let (outcome, message) = send_octets(&settings(require), &octets, Transport::Udp);
        assert_eq!((outcome, message.option(COOKIE)), (Outcome::Answered, None));
    }
}

#[test]
fn unknown_where_there_are_no_secrets() {
    let settings = Settings::default();
    for cookie in [CLIENT, b"", &[7; 41]] {
        let (outcome, message) = send(&settings, cookie, Transport::Udp);
        assert_eq!((outcome, message.option(COOKIE)), (Outcome::Answered, None));
    }
}

#[test]
fn section_5_2_2_malformed_lengths_are_format_errors_over_every_transport() {
    for &transport in Transport::ALL {
        for len in [0, 1, 7, 9, 15, 41, 100] {
            let (outcome, message) = send(&settings(false), &vec![7; len], transport);
            assert_eq!((outcome, message.rcode(), message.option(COOKIE)), (Outcome::BadOpt, 1, None));
        }
    }
}

#[test]
fn section_5_2_3_the_clients_part_alone_gets_an_answer_and_a_cookie() {
    let (outcome, message) = send(&settings(false), CLIENT, Transport::Udp);
    assert_eq!((outcome, message.answer.len()), (Outcome::Answered, 1));
    let cookie = message.option(COOKIE).unwrap();
    assert!(cookie.len() == 24 && cookie.starts_with(CLIENT) && cookie[8..12] == [1, 0, 0, 0]);
}

#[test]
fn section_5_2_3_badcookie_where_one_is_required_and_never_over_connections() {
    let settings = settings(true);
    let forged = [CLIENT, &[1; 16]].concat();
    for cookie in [CLIENT, &forged] {
        let (outcome, message) = send(&settings, cookie, Transport::Udp);
        assert_eq!((outcome, message.rcode()), (Outcome::CookieRequired, 23));
        assert!(message.answer.is_empty() && !message.is_authoritative());
        let learned = message.option(COOKIE).unwrap().to_vec();
        let (outcome, message) = send(&settings, &learned, Transport::Udp);
        assert_eq!((outcome, message.answer.len()), (Outcome::Answered, 1));
        for &transport in Transport::ALL.iter().filter(|transport| !transport.is_datagram()) {
            assert_eq!(send(&settings, cookie, transport).0, Outcome::Answered);
        }
    }
}

#[test]
fn section_5_2_4_a_wrong_cookie_is_none() {
    let settings = settings(false);
    let mut wrong = learned(&settings);
    wrong[23] ^= 1;
    let (outcome, message) = send(&settings, &wrong, Transport::Udp);
    assert_eq!((outcome, message.option(COOKIE)), (Outcome::Answered, Some(learned(&settings).as_slice())));
}

#[test]
fn section_5_2_5_a_right_cookie_comes_back() {
    let settings = settings(true);
    let cookie = learned(&settings);
    let (outcome, message) = send(&settings, &cookie, Transport::Udp);
    assert_eq!((outcome, message.option(COOKIE)), (Outcome::Answered, Some(cookie.as_slice())));
}

#[test]
fn section_5_2_the_first_of_two_counts() {
    let settings = settings(true);
    let cookie = learned(&settings);
    let both = |options: &[(u16, &[u8])]| {
        let octets = with_options(query("www.example.", Rtype::A), options);
        send_octets(&settings, &octets, Transport::Udp).0
    };
    assert_eq!(both(&[(COOKIE, &cookie), (COOKIE, b"")]), Outcome::Answered);
    assert_eq!(both(&[(COOKIE, b""), (COOKIE, &cookie)]), Outcome::BadOpt);
}

#[test]
fn section_5_4_a_cookie_without_a_question() {
    let settings = settings(false);
    let empty = [0x12, 0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].to_vec();
    let ask = |settings: &Settings, options: &[(u16, &[u8])]| {
        let (outcome, message) = send_octets(settings, &with_options(empty.clone(), options), Transport::Udp);
        (outcome, message.rcode(), message.option(COOKIE).map(<[u8]>::to_vec))
    };
    let cookie = learned(&settings);
    let wrong = [CLIENT, &[1; 16]].concat();
    assert_eq!(ask(&settings, &[(COOKIE, CLIENT)]), (Outcome::CookieGiven, 0, Some(cookie.clone())));
    assert_eq!(ask(&settings, &[(COOKIE, &cookie)]), (Outcome::CookieGiven, 0, Some(cookie.clone())));
    assert_eq!(ask(&settings, &[(COOKIE, &wrong)]), (Outcome::CookieRequired, 23, Some(cookie)));
    assert_eq!(ask(&settings, &[(COOKIE, &[1; 3])]), (Outcome::BadOpt, 1, None));
    assert_eq!(ask(&settings, &[]), (Outcome::NotOneQuestion, 1, None));
    assert_eq!(ask(&Settings::default(), &[(COOKIE, CLIENT)]), (Outcome::NotOneQuestion, 1, None));
}

#[test]
fn faults_of_others_come_with_a_cookie_and_room_is_kept_for_it() {
    let settings = settings(false);
    let octets = with_options(query("other.", Rtype::A), &[(COOKIE, CLIENT)]);
    let (outcome, message) = send_octets(&settings, &octets, Transport::Udp);
    assert_eq!((outcome, message.option(COOKIE)), (Outcome::NotServed, Some(learned(&settings).as_slice())));

    // Exactly what fits 1232 octets without a cookie does not with one.
    let text = |octets: usize| {
        let strings = (0..octets / 256).map(|_| format!(" \"{}\"", "x".repeat(255))).collect::<String>();
        format!("t TXT{strings} \"{}\"", "x".repeat(octets % 256))
    };
    let (question, opt, record, last) = (12 + 15, 11, 12, 1);
    let fits = example(&text(1232 - question - opt - record - last));
    let ask = |options: &[(u16, &[u8])]| {
        let octets = with_options(query("t.example.", Rtype::TXT), options);
        let (outcome, reply) = send_with(&fits, &settings, &octets, Transport::Udp);
        (outcome, reply.len())
    };
    assert_eq!(ask(&[]), (Outcome::Answered, 1232));
    assert_eq!(ask(&[(COOKIE, CLIENT)]), (Outcome::Truncated, question + opt + 28));
}
