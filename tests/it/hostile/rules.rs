//! Every rule on every transport: what the operator chooses and what the protocol wants hold on each of them.

use mimi_dns::server::{Cookies, Nsid, Settings, Transport};

use super::attacked::catalog;
use super::build::{
    ARCOUNT, HEADER, QDCOUNT, WWW, asking, count, opt, opt_saying, option, put, with, www, www_with_opt,
};
use super::clients::{Clients, Heard};
use super::limits;
use super::messages;
use super::reply::{Wanted, octets, options, words};
use crate::conformance::section;
use crate::secured::Secured;
use crate::wire::question;

/// One rule, tried on all transports.
struct Rule {
    what: &'static str,
    source: &'static str,
    settings: fn(&mut Settings),
    message: Vec<u8>,
    /// What is heard over UDP, TCP, TLS, HTTPS, QUIC.
    heard: [&'static str; 5],
}

fn rule(
    what: &'static str,
    source: &'static str,
    settings: fn(&mut Settings),
    message: Vec<u8>,
    heard: [&'static str; 5],
) -> Rule {
    Rule { what, source, settings, message, heard }
}

const CLIENT_COOKIE: &[u8] = b"\x24\x64\xc4\xab\xcf\x10\xc9\x57";
const NSID: u16 = 3;
const COOKIE: u16 = 10;
const KEEPALIVE: u16 = 11;
const PADDING: u16 = 12;

fn with_cookies(settings: &mut Settings) {
    settings.cookies = Some(Cookies::new("e5e973e5a6b2a43f48e7dc849e37bfcf".parse().unwrap()));
}

fn with_cookies_required(settings: &mut Settings) {
    with_cookies(settings);
    settings.cookies.as_mut().unwrap().require = true;
}

fn rules() -> Vec<Rule> {
    let plain = |_: &mut Settings| {};
    let asking_with = |options: &[u8]| with(www(), ARCOUNT, &opt(options));
    let of_type = |rtype| with(question(WWW, rtype, 1), ARCOUNT, &opt(&[]));
    let elsewhere = asking(b"\x03www\x05other\0\0\x01\0\x01");
    let refused = |settings: &mut Settings| {
        settings.access.refused = std::iter::once("127.0.0.0/8".parse().unwrap()).collect();
    };
    let only_others = |settings: &mut Settings| {
        settings.access.only = Some(std::iter::once("192.0.2.0/24".parse().unwrap()).collect());
    };
    let named = |settings: &mut Settings| settings.nsid = Some(Nsid::new(b"ns1").unwrap());
    let cookie = asking_with(&option(COOKIE, CLIENT_COOKIE));
    let only_cookie =
        with(count(www()[..HEADER].to_vec(), QDCOUNT, 0), ARCOUNT, &opt(&option(COOKIE, CLIENT_COOKIE)));
    let big =
        |payload| with(question(b"\x03big\x07example\0", 16, 1), ARCOUNT, &opt_saying(payload, [0; 4], &[]));
    vec![
        rule("a query", "RFC 1035 §4.1", plain, www(), ["NOERROR qa"; 5]),
        rule("a query with OPT", "RFC 6891 §6.1.1", plain, www_with_opt(), ["NOERROR qao"; 5]),
        rule(
            "an address that is refused",
            "RFC 8914 §4.19",
            refused,
            www_with_opt(),
            ["REFUSED qo, error 18"; 5],
        ),
        rule(
            "an address that is not among those which are answered",
            "RFC 8914 §4.19",
            only_others,
            www_with_opt(),
            ["REFUSED qo, error 18"; 5],
        ),
        rule(
            "no zone has the name",
            "RFC 8914 §4.21",
            plain,
            with(elsewhere, ARCOUNT, &opt(&[])),
            ["REFUSED qo, error 20"; 5],
        ),
        rule("a transfer", "RFC 8914 §4.22", plain, of_type(252), ["REFUSED qo, error 21"; 5]),
        rule(
            "an opcode that is not known",
            "RFC 8906 §8.1.4",
            plain,
            put(www_with_opt(), 2, &[9 << 3]),
            ["NOTIMP"; 5],
        ),
        rule(
            "a version of EDNS that is not known",
            "RFC 6891 §6.1.3",
            plain,
            with(www(), ARCOUNT, &opt_saying(1232, [0, 1, 0, 0], &[])),
            ["BADVERS qo"; 5],
        ),
        rule(
            "the server's name",
            "RFC 5001 §2.2",
            named,
            asking_with(&option(NSID, b"")),
            ["NOERROR qao, NSID"; 5],
        ),
        rule("a first cookie", "RFC 7873 §5.2.3", with_cookies, cookie.clone(), ["NOERROR qao, COOKIE"; 5]),
        rule(
            "a first cookie where cookies are required",
            "RFC 7873 §5.2.3",
            with_cookies_required,
            cookie,
            [
                "BADCOOKIE qo, COOKIE",
                "NOERROR qao, COOKIE",
                "NOERROR qao, COOKIE",
                "NOERROR qao, COOKIE",
                "NOERROR qao, COOKIE",
            ],
        ),
        rule(
            "no question, and a cookie",
            "RFC 7873 §5.4",
            with_cookies,
            only_cookie,
            ["NOERROR o, COOKIE"; 5],
        ),
        rule(
            "a cookie of 9 octets",
            "RFC 7873 §5.2.2",
            with_cookies,
            asking_with(&option(COOKIE, &[7; 9])),
            ["FORMERR qo"; 5],
        ),
        rule(
            "how long a connection may be idle",
            "RFC 7828 §3.2.1, RFC 9250 §5.5.2",
            plain,
            asking_with(&option(KEEPALIVE, b"")),
            [
                "NOERROR qao",
                "NOERROR qao, KEEPALIVE",
                "NOERROR qao, KEEPALIVE",
                "NOERROR qao",
                "closed, DOQ_PROTOCOL_ERROR",
            ],
        ),
        rule(
            "… with a time, which only servers give",
            "RFC 7828 §3.2.1, RFC 9250 §5.5.2",
            plain,
            asking_with(&option(KEEPALIVE, b"\0\x64")),
            [
                "NOERROR qao",
                "FORMERR qo, KEEPALIVE",
                "FORMERR qo, KEEPALIVE",
                "NOERROR qao",
                "closed, DOQ_PROTOCOL_ERROR",
            ],
        ),
        rule(
            "padding",
            "RFC 7830 §6, RFC 8467 §4.1",
            plain,
            asking_with(&option(PADDING, &[0; 40])),
            [
                "NOERROR qao",
                "NOERROR qao",
                "NOERROR qao, PADDING",
                "NOERROR qao, PADDING",
                "NOERROR qao, PADDING",
            ],
        ),
        rule(
            "more than a datagram holds",
            "RFC 6891 §6.2.3",
            plain,
            big(512),
            [
                "NOERROR qo, TC",
                "NOERROR qao, 200 records",
                "NOERROR qao, 200 records",
                "NOERROR qao, 200 records",
                "NOERROR qao, 200 records",
            ],
        ),
        rule(
            "more than 1,232 octets, whatever the client takes",
            "RFC 9715",
            plain,
            big(65_535),
            [
                "NOERROR qo, TC",
                "NOERROR qao, 200 records",
                "NOERROR qao, 200 records",
                "NOERROR qao, 200 records",
                "NOERROR qao, 200 records",
            ],
        ),
    ]
}

const LEGEND: &str = "\
Each rule is tried over all five transports against one server, whose settings change from row to row; so is each message
of section 3. What is heard is written as there; RFC 8484 and RFC 9250 have no silence, so HTTPS has a status and QUIC
closes the connection.

| Rule | Source | UDP | TCP | TLS | HTTPS | QUIC |
|---|---|---|---|---|---|---|
";

#[tokio::test]
async fn every_rule_on_every_transport() {
    let secured = Secured::start(catalog());
    let mut clients = Clients::connect(&secured).await;
    let mut table = LEGEND.to_owned();
    let (replied, silent): (Vec<_>, Vec<_>) =
        messages::all().into_iter().partition(|case| case.wanted != Wanted::Silence);
    for case in &replied {
        for message in &case.messages {
            let wanted = octets(case.wanted, message).unwrap();
            for &transport in Transport::ALL {
                let heard = clients.send(transport, message).await;
                if heard != Heard::TooLong {
                    assert_eq!(heard, Heard::Reply(wanted.clone()), "{} over {transport:?}", case.what);
                }
            }
        }
    }
    table.push_str(&row(
        &format!("the {} kinds of section 3 that get a reply", replied.len()),
        "there",
        ["as there"; 5],
    ));
    let silence = ["–", "–", "–", "400 Bad Request", "closed, DOQ_PROTOCOL_ERROR"];
    for case in &silent {
        for message in &case.messages {
            for (&transport, wanted) in Transport::ALL.iter().zip(silence) {
                let heard = clients.send(transport, message).await;
                if heard != Heard::TooLong {
                    assert_eq!(tell(&heard), wanted, "{} over {transport:?}", case.what);
                }
            }
        }
    }
    table.push_str(&row(&format!("the {} that get none", silent.len()), "there", silence));
    for rule in rules() {
        let mut settings = Settings::default();
        (rule.settings)(&mut settings);
        secured.handle.set_settings(settings);
        for (&transport, wanted) in Transport::ALL.iter().zip(rule.heard) {
            let heard = clients.send(transport, &rule.message).await;
            assert_eq!(tell(&heard), wanted, "{} over {transport:?}", rule.what);
        }
        table.push_str(&row(rule.what, rule.source, rule.heard));
    }
    for limited in limits::limited() {
        limited.hold().await;
        table.push_str(&row(limited.what, limited.source, limited.heard));
    }
    let none = "has none";
    let closed = [none, "closed", "closed", "closed", "closed"];
    for &transport in &Transport::ALL[1..] {
        limits::idle_ends(transport).await;
        limits::newcomers_come_in(transport).await;
    }
    table.push_str(&row("a connection that asks nothing for too long", "RFC 7766 §6.2.3", closed));
    let longest = "the longest idle is closed";
    let longest = [none, longest, longest, longest, longest];
    table.push_str(&row("one connection more than an address may have", "RFC 7766 §6.2.2", longest));
    section("transports", &table);
}

fn row(what: &str, source: &str, heard: [&str; 5]) -> String {
    let [udp, others @ ..] = heard;
    let others = others.map(|other| if other == udp { "=" } else { other });
    format!("| {what} | {source} | {udp} | {} |\n", others.join(" | "))
}

pub(super) fn tell(heard: &Heard) -> String {
    let reply = match heard {
        Heard::Reply(reply) => reply,
        Heard::Silence => return "–".to_owned(),
        Heard::Status(400) => return "400 Bad Request".to_owned(),
        Heard::Status(status) => return format!("status {status}"),
        Heard::Closed(2) => return "closed, DOQ_PROTOCOL_ERROR".to_owned(),
        Heard::Closed(code) => return format!("closed, {code}"),
        Heard::TooLong => return "does not fit".to_owned(),
    };
    let mut told = vec![words(Some(reply))];
    if reply[2] & 0x02 != 0 {
        told.push("TC".to_owned());
    }
    match u16::from_be_bytes([reply[6], reply[7]]) {
        0 | 1 => {}
        records => told.push(format!("{records} records")),
    }
    for (code, data) in options(reply) {
        told.push(match code {
            NSID => "NSID".to_owned(),
            COOKIE => "COOKIE".to_owned(),
            KEEPALIVE => "KEEPALIVE".to_owned(),
            PADDING => {
                assert_eq!(reply.len() % 468, 0, "RFC 8467 §4.1");
                "PADDING".to_owned()
            }
            15 => format!("error {}", u16::from_be_bytes([data[0], data[1]])),
            other => format!("option {other}"),
        });
    }
    told.join(", ")
}
