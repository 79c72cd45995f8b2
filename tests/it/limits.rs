//! Limits on rates, as clients see them.

use mimi_dns::record::Rtype;
use mimi_dns::server::{Cookies, LimitKind, Limited, Outcome, RateLimits, Settings};

use crate::peers::{tcp, udp};
use crate::running::Running;
use crate::served::example;
use crate::wire::{Message, query, with_options};

const COOKIE: u16 = 10;
const EXTENDED_ERROR: u16 = 15;
const CLIENT: &[u8] = b"\x24\x64\xc4\xab\xcf\x10\xc9\x57";

const ZONE: &str = "_mimi TXT \"v=mimi1; epoch=1; hash=sha256; salt=a3c1f2e4d5b6978890a1b2c3d4e5f607; \
                    from=20260101000000\"\nwww A 192.0.2.1\nthere NAPTR 1 1 \"U\" \"x\" \"!^.*$!x:y!\" .";

/// Nobody is exempt.
fn server(change: impl FnOnce(&mut RateLimits)) -> Running {
    let mut limits = RateLimits::default();
    limits.exempt = std::iter::empty().collect();
    change(&mut limits);
    let mut settings = Settings::default();
    settings.cookies = Some(Cookies::new("e5e973e5a6b2a43f48e7dc849e37bfcf".parse().unwrap()));
    Running::start_with(|builder| builder.catalog(example(ZONE)).settings(settings).rate_limits(limits))
}

/// What is asked again and again comes to this: the machine may be so slow that a second passes
/// between two requests.
fn soon(ask: impl Fn() -> Message, is: impl Fn(&Message) -> bool) -> Message {
    (0..200).map(|_| ask()).find(is).expect("limited")
}

#[test]
fn a_limited_client_is_sent_to_tcp_and_given_a_cookie() {
    let server = server(|limits| {
        (limits.answers, limits.nxdomain, limits.errors) = (1, 1, 1);
        (limits.window, limits.slip) = (1, 1);
    });
    for (name, rcode, counted) in [
        ("www.example.", 0, LimitKind::Answer),
        // That a name is not there is not told so.
        ("none.example.", 0, LimitKind::NxDomain),
        ("other.", 5, LimitKind::Error),
    ] {
        let octets = with_options(query(name, Rtype::A), &[(COOKIE, CLIENT)]);
        let full = Message::read(&udp(server.addr(), &octets));
        assert!(!full.is_truncated());
        let cut = soon(|| Message::read(&udp(server.addr(), &octets)), Message::is_truncated);
        assert_eq!(cut.rcode(), rcode, "{name}");
        assert!(cut.answer.is_empty() && cut.authority.is_empty() && cut.additional.is_empty());
        assert_eq!(cut.question, full.question);
        assert_eq!(cut.option(COOKIE).unwrap().len(), 24);
        let whole = Message::read(&tcp(server.addr(), &octets));
        assert!(!whole.is_truncated() && whole.answer == full.answer && whole.rcode() == full.rcode());
        assert!(server.handle().limit_counts().of(counted, Limited::Slipped) > 0);
    }
    let worst = server.handle().limited_prefixes(10);
    assert!(worst.len() == 3 && worst.iter().all(|limited| limited.prefix.to_string() == "127.0.0.0/24"));
}

#[test]
fn who_walks_through_numbers_is_refused_over_tcp_with_the_reason_and_other_zones_go_on() {
    let server = server(|limits| {
        let enumeration = &mut limits.enumeration;
        (enumeration.rate, enumeration.burst) = (1, 3);
        enumeration.longest_delay = std::time::Duration::ZERO;
    });
    let ask = |name: &str, rtype| Message::read(&tcp(server.addr(), &with_options(query(name, rtype), &[])));
    let refused = |message: &Message| message.rcode() == 5;
    soon(|| ask("none.example.", Rtype::NAPTR), refused);
    // Whether there is a mapping makes no difference.
    let message = soon(|| ask("there.example.", Rtype::NAPTR), refused);
    let error = message.option(EXTENDED_ERROR).unwrap();
    assert_eq!((error[1], &error[2..]), (0, b"too many names that are not there".as_slice()));
    assert!(message.answer.is_empty() && message.authority.is_empty());
    // No discovery zone, no limit: but a limit on errors there is over UDP alone.
    assert_eq!(ask("other.", Rtype::A).option(EXTENDED_ERROR).unwrap()[1], 20);
    let handle = server.handle();
    assert!(handle.counts().of(Outcome::Slowed) >= 2);
    let limited = handle.limit_counts().of(LimitKind::Enumeration, Limited::Refused);
    assert_eq!(limited, handle.counts().of(Outcome::Slowed));
    assert_eq!(handle.limited_prefixes(1)[0].kind, LimitKind::Enumeration);
}

#[test]
fn limits_are_changed_while_the_server_runs() {
    let server = server(|limits| (limits.answers, limits.window, limits.slip) = (1, 1, 1));
    let ask = || Message::read(&udp(server.addr(), &query("www.example.", Rtype::A)));
    soon(ask, Message::is_truncated);
    let mut unlimited = RateLimits::default();
    unlimited.answers = 0;
    unlimited.exempt = std::iter::empty().collect();
    server.handle().set_rate_limits(unlimited);
    assert!((0..20).all(|_| !ask().is_truncated()));
}
