//! RFC 9018: cookies that other servers with the same secret take, and clients that come back with
//! theirs.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;

use mimi_dns::clock::UnixTime;
use mimi_dns::record::Rtype;
use mimi_dns::server::{
    Cookies, LimitKind, Limited, Outcome, RateLimits, Request, Settings, Transport, answer,
};

use crate::peers::{self, Peer, PeerKind, installed};
use crate::running::Running;
use crate::served::example;
use crate::wire::{Message, query, with_options};

const COOKIE: u16 = 10;
const SECRET: &str = "e5e973e5a6b2a43f48e7dc849e37bfcf";
const CLIENT: &[u8] = b"\x24\x64\xc4\xab\xcf\x10\xc9\x57";
/// Neither fresh, so that a server which knows it not gives another, nor so old that one which does
/// renews it.
const AGE: u64 = 600;

fn settings() -> Settings {
    let mut cookies = Cookies::new(SECRET.parse().unwrap());
    cookies.require = true;
    let mut settings = Settings::default();
    settings.cookies = Some(cookies);
    settings
}

/// Asks our engine.
fn ours(cookie: &[u8], now: UnixTime) -> (Outcome, Vec<u8>) {
    let octets = with_options(query("www.example.", Rtype::A), &[(COOKIE, cookie)]);
    let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let request = Request { octets: &octets, transport: Transport::Udp, peer, now };
    let mut out = Vec::new();
    let outcome = answer(&example("www A 192.0.2.1"), &settings(), &request, &mut out).outcome;
    (outcome, Message::read(&out).option(COOKIE).unwrap().to_vec())
}

/// Asks a peer: RCODE, and cookie.
fn theirs(peer: &Peer, cookie: &[u8]) -> (u16, Vec<u8>) {
    let octets = with_options(query("www.example.", Rtype::A), &[(COOKIE, cookie)]);
    let message = Message::read(&peers::udp(peer.addr(), &octets));
    (message.rcode(), message.option(COOKIE).unwrap().to_vec())
}

#[test]
fn peers_take_ours_and_we_take_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("example.zone");
    fs::write(
        &file,
        "$TTL 300\nexample. SOA ns.other. host.other. 1 2 3 4 5\n NS ns.other.\nwww.example. A 192.0.2.1\n",
    )
    .unwrap();
    for kind in [PeerKind::Bind, PeerKind::Knot, PeerKind::Nsd] {
        let Some(peer) = Peer::start_with_cookies(kind, ("example.", &file), SECRET) else { continue };
        let now = UnixTime::now();

        let (_, made) = theirs(&peer, CLIENT);
        assert_eq!(ours(&made, now).0, Outcome::Answered, "{kind:?}'s cookie at ours");

        let (_, made) = ours(CLIENT, now.minus(AGE));
        let (rcode, returned) = theirs(&peer, &made);
        assert_eq!(rcode, 0, "our cookie at {kind:?}");
        let mut forged = made.clone();
        forged[23] ^= 1;
        let (forged_rcode, other) = theirs(&peer, &forged);
        match kind {
            PeerKind::Nsd => assert!(returned == made && other != forged),
            _ => assert_eq!(forged_rcode, 23, "{kind:?}"),
        }
    }
}

fn limited() -> Running {
    let mut limits = RateLimits::default();
    (limits.answers, limits.window, limits.slip) = (1, 1, 0);
    limits.exempt = std::iter::empty().collect();
    let mut settings = settings();
    settings.cookies.as_mut().unwrap().require = false;
    Running::start_with(|builder| {
        builder.catalog(example("www A 192.0.2.1")).settings(settings).rate_limits(limits)
    })
}

#[test]
fn a_client_with_a_cookie_is_not_limited() {
    let server = limited();
    let ask = |cookie: &[u8]| {
        peers::udp(server.addr(), &with_options(query("www.example.", Rtype::A), &[(COOKIE, cookie)]))
    };
    let cookie = Message::read(&ask(CLIENT)).option(COOKIE).unwrap().to_vec();
    for _ in 0..50 {
        assert_eq!(Message::read(&ask(&cookie)).answer.len(), 1);
    }
    assert_eq!(server.handle().limit_counts().of(LimitKind::Answer, Limited::Dropped), 0);
}

#[test]
fn dig_and_kdig_come_back_with_the_cookie_that_they_were_given() {
    let server =
        Running::start_with(|builder| builder.catalog(example("www A 192.0.2.1")).settings(settings()));
    for (program, good) in [("dig", "(good)"), ("kdig", "COOKIE")] {
        let Some(path) = installed(&[program]) else { continue };
        let output = Command::new(path)
            .args([&format!("@{}", server.addr().ip()), "-p", &server.addr().port().to_string()])
            .args(["+cookie", "+notcp", "www.example.", "A"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("192.0.2.1") && text.contains(good), "{program}: {text}");
    }
    let handle = server.handle();
    assert!(handle.counts().of(Outcome::CookieRequired) >= handle.counts().of(Outcome::Answered));
    assert!(handle.counts().of(Outcome::Answered) <= 2);
}
