//! Simulated traffic: who is limited, who is not, and by how much.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::count::{LimitKind, Limited};
use super::limiter::{Limiter, Ruling, Subject};
use super::rates::RateLimits;
use crate::server::answer::Answer;
use crate::server::outcome::{Outcome, Sought};
use crate::server::sheets::SheetNumber;

/// How replies reach a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Udp,
    UdpWithCookie,
    Connection,
}

/// What became of some requests.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Tally {
    sent: u32,
    dropped: u32,
    slipped: u32,
    delayed: u32,
    refused: u32,
    longest: Duration,
}

impl Tally {
    fn add(&mut self, ruling: Ruling) {
        match ruling {
            Ruling::Send => self.sent += 1,
            Ruling::Drop => self.dropped += 1,
            Ruling::Slip => self.slipped += 1,
            Ruling::Delay(time) => {
                self.delayed += 1;
                self.longest = self.longest.max(time);
            }
            Ruling::Refuse => self.refused += 1,
        }
    }

    /// Requests that were answered, whenever.
    fn answered(self) -> u32 {
        self.sent + self.delayed
    }
}

fn limits() -> RateLimits {
    RateLimits::default()
}

fn v4(a: u8, b: u8, c: u8, d: u8) -> IpAddr {
    Ipv4Addr::new(a, b, c, d).into()
}

const WALKER: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7));
const NEIGHBOUR: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 200));
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

fn ask(
    limiter: &Limiter,
    peer: IpAddr,
    way: Way,
    outcome: Outcome,
    sought: Option<Sought>,
    now: u64,
) -> Ruling {
    let answer = Answer { outcome, proved: way != Way::Udp, sought };
    let subject = Subject { peer, datagram: way != Way::Connection, answer };
    limiter.rule(&limiter.rules(), &subject, now, SheetNumber::default())
}

/// `rate` requests a second from `start` on for `seconds`, evenly.
fn steady(
    limiter: &Limiter,
    peer: IpAddr,
    way: Way,
    (rate, start, seconds): (u64, u64, u64),
    mut what: impl FnMut(u64) -> (Outcome, Option<Sought>),
) -> Tally {
    let mut tally = Tally::default();
    for n in 0..rate * seconds {
        let (outcome, sought) = what(n);
        tally.add(ask(limiter, peer, way, outcome, sought, start + n * 1000 / rate));
    }
    tally
}

fn outcome(outcome: Outcome) -> impl FnMut(u64) -> (Outcome, Option<Sought>) {
    move |_| (outcome, None)
}

/// Every how many-th name is there, none for 0.
fn numbers(found: u64) -> impl FnMut(u64) -> (Outcome, Option<Sought>) {
    move |n| match n.checked_rem(found) {
        Some(0) => (Outcome::Answered, Some(Sought::Present)),
        _ => (Outcome::NxDomain, Some(Sought::Absent)),
    }
}

const START: u64 = 1_000_000;

#[test]
fn who_is_forgotten_begins_anew() {
    let limiter = Limiter::new(limits());
    steady(&limiter, WALKER, Way::Udp, (10_000, START, 2), outcome(Outcome::NxDomain));
    let ruling = || ask(&limiter, WALKER, Way::Udp, Outcome::NxDomain, None, START + 1999);
    assert_ne!(ruling(), Ruling::Send);
    limiter.forget();
    assert_eq!(ruling(), Ruling::Send);
}

#[test]
fn a_flood_is_cut_to_its_rate_and_half_of_the_rest_slips() {
    let limiter = Limiter::new(RateLimits { slip: 2, ..limits() });
    let flood = steady(&limiter, WALKER, Way::Udp, (10_000, START, 20), outcome(Outcome::Answered));
    // 200 a second, and the window of five seconds at first.
    assert!((4_990..=5_010).contains(&flood.sent), "{flood:?}");
    assert!(flood.slipped.abs_diff(flood.dropped) <= 1, "{flood:?}");
    assert_eq!(limiter.counts.of(LimitKind::Answer, Limited::Dropped), u64::from(flood.dropped));
    assert_eq!(limiter.counts.of(LimitKind::Answer, Limited::Slipped), u64::from(flood.slipped));
}

#[test]
fn what_keeps_to_the_rate_is_never_limited() {
    let limiter = Limiter::new(limits());
    let honest = steady(&limiter, WALKER, Way::Udp, (200, START, 60), outcome(Outcome::Answered));
    assert_eq!(honest, Tally { sent: 12_000, ..Tally::default() });
}

#[test]
fn kinds_prefixes_and_families_have_buckets_of_their_own() {
    let limiter = Limiter::new(limits());
    steady(&limiter, WALKER, Way::Udp, (10_000, START, 2), outcome(Outcome::NxDomain));
    let now = START + 1999;
    assert_ne!(ask(&limiter, WALKER, Way::Udp, Outcome::NxDomain, None, now), Ruling::Send);
    assert_ne!(ask(&limiter, NEIGHBOUR, Way::Udp, Outcome::NxDomain, None, now), Ruling::Send, "one /24");
    let mapped = IpAddr::V6(Ipv4Addr::new(198, 51, 100, 8).to_ipv6_mapped());
    assert_ne!(ask(&limiter, mapped, Way::Udp, Outcome::NxDomain, None, now), Ruling::Send);
    assert_eq!(ask(&limiter, OTHER, Way::Udp, Outcome::NxDomain, None, now), Ruling::Send);
    for other in [Outcome::Answered, Outcome::NoData, Outcome::Delegation, Outcome::NotServed] {
        assert_eq!(ask(&limiter, WALKER, Way::Udp, other, None, now), Ruling::Send, "{}", other.label());
    }
    let v6 = |last: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, last, 0, 0, 0, 1));
    steady(&limiter, v6(0x01ff), Way::Udp, (10_000, now, 2), outcome(Outcome::NxDomain));
    assert_ne!(
        ask(&limiter, v6(0x0100), Way::Udp, Outcome::NxDomain, None, now + 1999),
        Ruling::Send,
        "one /56"
    );
    assert_eq!(ask(&limiter, v6(0x0200), Way::Udp, Outcome::NxDomain, None, now + 1999), Ruling::Send);
}

#[test]
fn connections_cookies_and_the_exempt_are_not_limited() {
    let limiter = Limiter::new(limits());
    for (peer, way) in [
        (WALKER, Way::Connection),
        (WALKER, Way::UdpWithCookie),
        (v4(127, 0, 0, 1), Way::Udp),
        (Ipv6Addr::LOCALHOST.into(), Way::Udp),
    ] {
        let all = steady(&limiter, peer, way, (10_000, START, 5), outcome(Outcome::Answered));
        assert_eq!(all.sent, 50_000, "{peer} {way:?}");
    }
}

#[test]
fn slip_is_chosen() {
    for (slip, expected) in [(0, [0, 12]), (1, [12, 0]), (3, [4, 8]), (200, [0, 12])] {
        let limiter = Limiter::new(RateLimits { slip, answers: 1, window: 1, ..limits() });
        assert_eq!(ask(&limiter, WALKER, Way::Udp, Outcome::Answered, None, START), Ruling::Send);
        let rest = steady(&limiter, WALKER, Way::Udp, (100_000, START, 1), outcome(Outcome::Answered));
        let mut few = Tally::default();
        (0..12).for_each(|_| few.add(ask(&limiter, OTHER, Way::Udp, Outcome::Answered, None, START)));
        few.sent -= 1;
        few.add(ask(&limiter, OTHER, Way::Udp, Outcome::Answered, None, START));
        assert_eq!([few.slipped, few.dropped], expected, "{slip}");
        assert!(rest.sent <= 1);
    }
}

#[test]
fn a_rate_of_nothing_is_no_limit_and_bounds_are_kept() {
    let wild = RateLimits {
        answers: 0,
        no_data: u32::MAX,
        window: u32::MAX,
        ipv4_prefix: 0,
        ipv6_prefix: 255,
        buckets: 0,
        ..limits()
    };
    let limiter = Limiter::new(wild);
    let all = steady(&limiter, WALKER, Way::Udp, (50_000, START, 2), outcome(Outcome::Answered));
    assert_eq!(all.sent, 100_000);
    // An IPv4 /8, at the least.
    steady(&limiter, WALKER, Way::Udp, (50_000, START, 1), outcome(Outcome::NotServed));
    assert_ne!(
        ask(&limiter, v4(198, 0, 0, 1), Way::Udp, Outcome::NotServed, None, START + 999),
        Ruling::Send
    );
    assert_eq!(
        ask(&limiter, v4(199, 0, 0, 1), Way::Udp, Outcome::NotServed, None, START + 999),
        Ruling::Send
    );
}

#[test]
fn a_flood_from_forged_prefixes_frees_nobody_and_limits_nobody() {
    let limiter = Limiter::new(RateLimits { buckets: 1024, ..limits() });
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        IpAddr::V4(Ipv4Addr::from_bits(state | 0x4000_0000))
    };
    // One sender floods too, among 400,000 forged requests in 10 seconds.
    let (mut flood, mut forged, mut honest) = (Tally::default(), Tally::default(), Tally::default());
    for tick in 0..10_000 {
        let now = START + tick;
        for _ in 0..40 {
            forged.add(ask(&limiter, random(), Way::Udp, Outcome::Answered, None, now));
        }
        flood.add(ask(&limiter, v4(10, 0, 0, 1), Way::Udp, Outcome::Answered, None, now));
        flood.add(ask(&limiter, v4(10, 0, 0, 1), Way::Udp, Outcome::Answered, None, now));
        if tick % 20 == 0 {
            honest.add(ask(&limiter, v4(10, 9, 9, 9), Way::Udp, Outcome::Answered, None, now));
        }
    }
    assert!(flood.sent < 3_300, "{flood:?}");
    assert_eq!(honest.sent, 500, "{honest:?}");
    assert!(forged.sent > 399_000, "{forged:?}");
}

#[test]
fn other_limits_begin_anew_and_the_same_go_on() {
    let limiter = Limiter::new(limits());
    steady(&limiter, WALKER, Way::Udp, (10_000, START, 1), outcome(Outcome::Answered));
    let limited = |limiter: &Limiter| ask(limiter, WALKER, Way::Udp, Outcome::Answered, None, START + 999);
    limiter.set(limits());
    assert_ne!(limited(&limiter), Ruling::Send);
    limiter.set(RateLimits { answers: 0, ..limits() });
    assert_eq!(limited(&limiter), Ruling::Send);
    assert!(limiter.counts.of(LimitKind::Answer, Limited::Slipped) > 0, "counts go on");
}

// Enumeration. By default 20 names a second, 10,000 at once, and half of what is asked may be missing.

#[test]
fn a_walker_is_slowed_to_the_rate_over_every_way() {
    for way in [Way::Udp, Way::UdpWithCookie, Way::Connection] {
        let unlimited = RateLimits { nxdomain: 0, answers: 0, ..limits() };
        let limiter = Limiter::new(unlimited);
        let first = steady(&limiter, WALKER, way, (1000, START, 10), numbers(0));
        assert_eq!(first.sent, 10_000);
        // While the bucket filled some of it drained.
        let later = steady(&limiter, WALKER, way, (500, START + 10_000, 120), numbers(0));
        assert!((20 * 120..=20 * 120 + 300).contains(&later.answered()), "{way:?} {later:?}");
        assert!(later.longest <= Duration::from_secs(2));
        match way {
            Way::Connection => assert!(later.dropped + later.slipped == 0 && later.refused > 0),
            _ => assert!(later.delayed + later.refused == 0 && later.slipped > 0),
        }
    }
}

#[test]
fn a_patient_walker_over_a_connection_is_held_back_and_never_refused() {
    let limiter = Limiter::new(limits());
    steady(&limiter, WALKER, Way::Connection, (10_000, START, 2), numbers(0));
    // It asks for the next name when it has got the last.
    let (mut now, mut answered) = (START + 10_000, 0);
    let end = now + 600_000;
    while now < end {
        match ask(&limiter, WALKER, Way::Connection, Outcome::NxDomain, Some(Sought::Absent), now) {
            Ruling::Send => now += 1,
            Ruling::Delay(time) => now += u64::try_from(time.as_millis()).unwrap() + 1,
            other => panic!("{other:?}"),
        }
        answered += 1;
    }
    assert!((11_500..=12_100).contains(&answered), "{answered}");
}

#[test]
fn what_is_found_is_slowed_as_well_so_that_silence_tells_nothing() {
    let limiter = Limiter::new(RateLimits { nxdomain: 0, answers: 0, ..limits() });
    steady(&limiter, WALKER, Way::Udp, (1000, START, 15), numbers(0));
    let mut found = Tally::default();
    for n in 0..1000 {
        found.add(ask(
            &limiter,
            WALKER,
            Way::Udp,
            Outcome::Answered,
            Some(Sought::Present),
            START + 15_000 + n,
        ));
    }
    assert!(found.sent <= 21, "{found:?}");
}

#[test]
fn an_address_book_is_synchronised_at_full_speed() {
    // Ten thousand numbers of which one in five is there, in ten seconds, over one connection.
    let limiter = Limiter::new(limits());
    let sync = steady(&limiter, WALKER, Way::Connection, (1000, START, 10), numbers(5));
    assert_eq!(sync.sent, 10_000, "{sync:?}");
    // A provider whose users are new: every number is looked up, 15 a second are missing, for hours.
    let provider = steady(&limiter, OTHER, Way::Connection, (20, START, 7200), numbers(4));
    assert_eq!(provider.sent, 20 * 7200, "{provider:?}");
    // One that asks for ten thousand a second, half of which are there.
    let large = steady(&limiter, v4(192, 0, 2, 1), Way::Connection, (10_000, START, 20), numbers(2));
    assert_eq!(large.sent, 200_000, "{large:?}");
}

#[test]
fn whoever_stops_is_free_again() {
    let limiter = Limiter::new(limits());
    steady(&limiter, WALKER, Way::Connection, (10_000, START, 2), numbers(0));
    let ask = |now| ask(&limiter, WALKER, Way::Connection, Outcome::Answered, Some(Sought::Present), now);
    let slowed = (0..3).map(|_| ask(START + 3000)).filter(|ruling| *ruling != Ruling::Send).count();
    assert!(slowed >= 2);
    // Half of 10,000 drain at 20 a second in 250 seconds.
    let later = START + 2000 + 251_000;
    assert!((0..100).all(|_| ask(later) == Ruling::Send));
}

#[test]
fn neighbours_of_a_walker_share_its_fate_in_discovery_zones_only() {
    let limiter = Limiter::new(limits());
    steady(&limiter, WALKER, Way::Connection, (10_000, START, 2), numbers(0));
    let now = START + 2001;
    let neighbour = |sought| ask(&limiter, NEIGHBOUR, Way::Connection, Outcome::Answered, sought, now);
    assert_ne!(neighbour(Some(Sought::Present)), Ruling::Send);
    assert_eq!(neighbour(None), Ruling::Send);
    assert_eq!(
        ask(&limiter, OTHER, Way::Connection, Outcome::Answered, Some(Sought::Present), now),
        Ruling::Send
    );
}

#[test]
fn forged_requests_do_not_slow_what_is_proved() {
    let limiter = Limiter::new(RateLimits { nxdomain: 0, ..limits() });
    steady(&limiter, WALKER, Way::Udp, (10_000, START, 5), numbers(0));
    let now = START + 5000;
    let victim = |way| ask(&limiter, WALKER, way, Outcome::Answered, Some(Sought::Present), now);
    assert_eq!((victim(Way::Connection), victim(Way::UdpWithCookie)), (Ruling::Send, Ruling::Send));
    assert_ne!(victim(Way::Udp), Ruling::Send);
}

#[test]
fn what_every_zone_has_buys_nothing() {
    let limiter = Limiter::new(RateLimits { nxdomain: 0, answers: 0, ..limits() });
    // One SOA record for each number that is not there.
    let soa = |n| match n % 2 {
        0 => (Outcome::Answered, Some(Sought::Other)),
        _ => (Outcome::NxDomain, Some(Sought::Absent)),
    };
    steady(&limiter, WALKER, Way::Connection, (10_000, START, 4), soa);
    let after = steady(&limiter, WALKER, Way::Connection, (1000, START + 4000, 60), soa);
    assert!(after.answered() < 20 * 60 + 100, "{after:?}");
}

#[test]
fn a_full_table_keeps_the_walkers() {
    let limiter = Limiter::new(RateLimits { buckets: 1024, ..limits() });
    steady(&limiter, WALKER, Way::Connection, (10_000, START, 2), numbers(0));
    // A quarter of a million prefixes ask for one number that is not there each.
    for n in 0..250_000_u32 {
        let [_, a, b, c] = n.to_be_bytes();
        let peer = v4(10 + a, b, c, 1);
        ask(
            &limiter,
            peer,
            Way::Connection,
            Outcome::NxDomain,
            Some(Sought::Absent),
            START + 2000 + u64::from(n / 250),
        );
    }
    let after = steady(&limiter, WALKER, Way::Connection, (100, START + 3000, 10), numbers(0));
    assert!(after.answered() < 300, "{after:?}");
}

#[test]
fn no_rate_no_detector() {
    let mut limits = limits();
    limits.enumeration.rate = 0;
    let limiter = Limiter::new(limits);
    let all = steady(&limiter, WALKER, Way::Connection, (10_000, START, 10), numbers(0));
    assert_eq!(all.sent, 100_000);
}

#[test]
fn the_worst_are_listed_by_prefix() {
    let limiter = Limiter::new(limits());
    steady(&limiter, WALKER, Way::Connection, (10_000, START, 2), numbers(0));
    steady(&limiter, OTHER, Way::Udp, (10_000, START, 1), outcome(Outcome::NotServed));
    let listed: Vec<_> = limiter
        .worst(10, START + 2000)
        .into_iter()
        .map(|prefix| (prefix.prefix.to_string(), prefix.kind))
        .collect();
    assert_eq!(
        listed,
        [
            ("198.51.100.0/24".to_owned(), LimitKind::Enumeration),
            ("203.0.113.0/24".to_owned(), LimitKind::Error)
        ]
    );
    limiter.sweep(START + 62_001);
    assert!(limiter.worst(10, START + 62_001).is_empty());
}
