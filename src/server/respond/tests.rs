//! Requests that are answered together get what they get one by one: the same octets, verdicts and counts, whatever
//! they are.
//!
//! `MIMI_DNS_REQUESTS` says how many there are, where it shall be more than every run of the tests has.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use super::*;
use crate::dnssec::SigningKey;
use crate::dnssec::sign::{Denial, SigningOptions, ZoneKey, ZoneKeys, sign_zone};
use crate::record::dnssec::Algorithm;
use crate::record::{Class, Name, Record, Rtype, Ttl, rdata};
use crate::server::access::Access;
use crate::server::cookie::Cookies;
use crate::server::limit::Limited;
use crate::server::{Request, answer};
use crate::zone::image::tests::{image_of, with_damage};
use crate::zone::{Image, Span, Zone, ZoneBuilder};

const REQUESTS: usize = 200_000;
const REQUESTS_OF_A_STREAM: usize = 50_000;
const HASHED: u64 = 1000;
const SIGNED: u64 = 100;
const RULE: &str = "100 10 \"U\" \"x-mimi:x-mimi\" \"!.*!mimi://msp.example/u/1!\" .";
const EDNS: [u8; 11] = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];

/// Numbers that look random and are the same each time (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn of<'t, T>(&mut self, values: &'t [T]) -> &'t T {
        &values[self.below(values.len())]
    }

    fn octet(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }
}

fn zone(apex: &str, lines: &[(String, Rtype, String)]) -> Zone {
    let soa = (apex.to_owned(), Rtype::SOA, format!("ns.{apex} host.{apex} 1 2 3 4 5"));
    let ns = (apex.to_owned(), Rtype::NS, format!("ns.{apex}"));
    let address = (format!("ns.{apex}"), Rtype::A, "192.0.2.1".to_owned());
    let mut builder = ZoneBuilder::new();
    for (owner, rtype, data) in [soa, ns, address].iter().chain(lines) {
        let rdata = rdata::from_text(*rtype, data).unwrap().into();
        let owner: Name = owner.parse().unwrap();
        let record = Record { owner, class: Class::IN, ttl: Ttl::from_secs(300), rtype: *rtype, rdata };
        builder.add(&record, Span::default());
    }
    builder.build().zone.unwrap()
}

fn hashed(number: u64) -> String {
    let mut random = Random(number);
    let label: String =
        (0..52).map(|_| char::from(*random.of(b"0123456789abcdefghijklmnopqrstuv"))).collect();
    format!("{label}.discover.example.")
}

/// A signed zone whose names have several RRsets and a wildcard among them, large ones too.
fn signed_zone(apex: &str, denial: Denial) -> Zone {
    let line = |owner: &str, rtype, data: &str| (format!("{owner}.{apex}"), rtype, data.to_owned());
    let mut lines = vec![line("*.w", Rtype::TXT, "wild"), line("sub", Rtype::NS, "ns.elsewhere.")];
    for number in 0..SIGNED {
        let owner = format!("n{number}");
        lines.push(line(&owner, Rtype::NAPTR, RULE));
        lines.push(line(&owner, Rtype::URI, "10 1 \"https://msp.example/\""));
        for statement in 0..number % 5 {
            lines.push(line(&owner, Rtype::TXT, &format!("{statement}{}", "x".repeat(200))));
        }
    }
    let key = SigningKey::generate(Algorithm::ED25519).unwrap();
    let keys = ZoneKeys { keys: vec![ZoneKey::csk(key.into())], ..ZoneKeys::default() };
    let options = SigningOptions { denial, ..SigningOptions::default() };
    sign_zone(&zone(apex, &lines), &keys, &options, None, UnixTime(1_800_000_000)).unwrap().0
}

fn catalog() -> Catalog {
    let line = |owner: &str, rtype, data: &str| (owner.to_owned(), rtype, data.to_owned());
    let mut lines = vec![
        line("www.example.", Rtype::NAPTR, RULE),
        line("alias.example.", Rtype::CNAME, "www.example."),
        line("loop.example.", Rtype::CNAME, "loop.example."),
        line("away.example.", Rtype::CNAME, "elsewhere."),
        line("*.w.example.", Rtype::TXT, "wild"),
        line("d.example.", Rtype::DNAME, "w.example."),
        line("sub.example.", Rtype::NS, "ns.example."),
        line("mx.example.", Rtype::MX, "10 ns.example."),
        line("_s.example.", Rtype::SRV, "1 2 53 ns.example."),
        line("a.b.c.d.e.f.example.", Rtype::A, "192.0.2.9"),
        line("large.example.", Rtype::TXT, &format!("\"{}\" ", "x".repeat(250)).repeat(9)),
        line("example.", Rtype::NSEC, "a.b.c.d.e.f.example. NS SOA RRSIG NSEC"),
        line("a.b.c.d.e.f.example.", Rtype::NSEC, "example. A RRSIG NSEC"),
    ];
    lines.extend((10..60).map(|n| line("big.example.", Rtype::NS, &format!("s{n}.servers.big.example."))));
    let parameters =
        format!("\"v=mimi1; epoch=1; hash=sha256; salt={}; shard=0; from=20261101000000\"", "a1".repeat(16));
    let mut discovery = vec![line("_mimi.discover.example.", Rtype::TXT, &parameters)];
    discovery.extend((0..HASHED).map(|number| line(&hashed(number), Rtype::NAPTR, RULE)));
    let digits = line("*.4.4.e164.arpa.", Rtype::NAPTR, RULE);
    let unsigned =
        [zone("example.", &lines), zone("discover.example.", &discovery), zone("e164.arpa.", &[digits])];
    let signed = [("nsec.", Denial::Nsec), ("nsec3.", Denial::Nsec3 { opt_out: false })];
    let signed = signed.map(|(apex, denial)| signed_zone(apex, denial));
    unsigned.into_iter().chain(signed).collect::<Catalog>().awaiting(["awaited.example.".parse().unwrap()])
}

fn settings() -> Settings {
    let refused = ["192.0.2.64/26".parse().unwrap()].into_iter().collect();
    Settings {
        cookies: Some(Cookies::new("e5e973e5a6b2a43f48e7dc849e37bfcf".parse().unwrap())),
        nsid: Some("ns1".parse().unwrap()),
        access: Access { refused, ..Access::default() },
        ..Settings::default()
    }
}

fn responder(catalog: &Catalog) -> Responder {
    let mut limits = RateLimits { answers: 10, window: 1, slip: 2, ipv4_prefix: 28, ..RateLimits::default() };
    limits.exempt = std::iter::once("192.0.2.128/25".parse().unwrap()).collect();
    (limits.enumeration.burst, limits.enumeration.rate) = (100, 2);
    Responder::new(catalog.clone(), settings(), limits, Duration::from_secs(10), 1)
}

fn name(random: &mut Random) -> Vec<u8> {
    let own = [
        "example.",
        "www.example.",
        "WWW.Example.",
        "alias.example.",
        "loop.example.",
        "away.example.",
        "x.w.example.",
        "x.y.w.example.",
        "x.d.example.",
        "d.example.",
        "sub.example.",
        "x.sub.example.",
        "x.big.example.",
        "mx.example.",
        "_s.example.",
        "c.d.e.f.example.",
        "x.c.d.e.f.example.",
        "large.example.",
        "nothing.example.",
        "other.",
        ".",
        "awaited.example.",
        "x.awaited.example.",
        "id.server.",
        "3.2.1.4.4.e164.arpa.",
        "3.2.1.9.e164.arpa.",
        "discover.example.",
        "_mimi.discover.example.",
    ];
    let apex = *random.of(&["nsec.", "nsec3."]);
    let text = match random.below(6) {
        4 => format!("n{}.{apex}", random.below(150)),
        5 => format!("{}.{apex}", random.of(&["x.w", "w", "x.y.w", "sub", "x.sub", "x.n7", "N8", "ns"])),
        0 => (*random.of(&own)).to_owned(),
        1 => hashed(HASHED + random.next() % HASHED),
        2 => hashed(random.next() % HASHED).to_uppercase().replace("DISCOVER", "DISCover"),
        _ => hashed(random.next() % HASHED),
    };
    text.parse::<Name>().unwrap().as_wire().to_vec()
}

fn options(random: &mut Random, cookies: &[Vec<u8>]) -> Vec<u8> {
    let mut options = Vec::new();
    for _ in 0..random.below(3) {
        let cookie = match random.below(3) {
            0 => b"abcdefgh".to_vec(),
            1 if !cookies.is_empty() => random.of(cookies).clone(),
            _ => (0..random.below(45)).map(|_| random.octet()).collect(),
        };
        let (code, data): (u16, Vec<u8>) = match random.below(6) {
            0 => (3, Vec::new()),
            1 => (12, vec![0; random.below(20)]),
            2 => (11, vec![0; random.below(3)]),
            _ => (10, cookie),
        };
        options.extend(code.to_be_bytes());
        options.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        options.extend(data);
    }
    options
}

/// A query as it is usual, or with something odd in it, or hostile.
fn request(random: &mut Random, cookies: &[Vec<u8>]) -> Vec<u8> {
    let rtypes =
        [35, 35, 35, 256, 65400, 1, 16, 2, 5, 6, 39, 43, 46, 47, 48, 252, 251, 255, 41, 128, 15, 33, 999];
    let mut octets = vec![random.octet(), random.octet(), random.octet() & 0x01, random.octet() & 0x30];
    octets.extend([0, 1, 0, 0, 0, 0, 0, 0]);
    octets.extend(name(random));
    octets.extend(random.of::<u16>(&rtypes).to_be_bytes());
    octets.extend(random.of::<u16>(&[1, 1, 1, 1, 1, 1, 1, 3, 255]).to_be_bytes());
    if random.below(4) > 0 {
        let mut opt = EDNS;
        opt[3..5].copy_from_slice(&random.of::<u16>(&[0, 512, 1232, 4096, 65535]).to_be_bytes());
        opt[7] = *random.of(&[0, 0x80]);
        opt[6] = u8::from(random.below(20) == 0);
        let options = options(random, cookies);
        opt[9..11].copy_from_slice(&u16::try_from(options.len()).unwrap().to_be_bytes());
        octets.extend(opt);
        octets.extend(options);
        octets[11] = 1;
    }
    if random.below(100) == 0 {
        // Asks for a cookie alone.
        octets.truncate(12);
        octets[4..12].copy_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
        octets.extend([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 12, 0, 10, 0, 8]);
        octets.extend(b"abcdefgh");
        return octets;
    }
    match random.below(12) {
        0 => octets.truncate(random.below(octets.len() + 1)),
        1 => octets.extend((0..random.below(30)).map(|_| random.octet())),
        2 => octets[2..4].copy_from_slice(&random.next().to_be_bytes()[..2]),
        3 => octets[4..12].copy_from_slice(&random.next().to_be_bytes().map(|octet| octet & 3)),
        4 => {
            for _ in 0..=random.below(4) {
                let at = random.below(octets.len());
                octets[at] = random.octet();
            }
        }
        5 => octets = (0..random.below(60)).map(|_| random.octet()).collect(),
        _ => {}
    }
    octets
}

/// The cookie in a reply, to be sent with a later request.
fn cookie_in(reply: &[u8]) -> Option<Vec<u8>> {
    let at = reply.windows(4).position(|window| window == [0, 10, 0, 24])?;
    reply.get(at + 4..at + 28).map(<[u8]>::to_vec)
}

/// How many requests there shall be: so many where nobody says.
fn requests(usual: usize) -> usize {
    std::env::var("MIMI_DNS_REQUESTS").map_or(usual, |number| number.parse().expect("MIMI_DNS_REQUESTS"))
}

#[test]
fn a_stream_is_answered_as_one_by_one() {
    let catalog = catalog();
    let (single, stream) = (responder(&catalog), responder(&catalog));
    let mut random = Random(2);
    let (mut out, mut expected, mut uptime) = (Vec::new(), Vec::new(), 0);
    let (mut done, mut held) = (0, 0);
    while done < requests(REQUESTS_OF_A_STREAM) {
        uptime += random.next() % 20;
        let moment = Moment { now: UnixTime(1_800_000_000 + uptime / 1000), uptime, begun: None };
        let peer = IpAddr::from(Ipv4Addr::new(192, 0, 2, random.octet()));
        let messages: Vec<_> = (0..=random.below(TOGETHER + 9)).map(|_| request(&mut random, &[])).collect();
        let (mut left, mut is_held) = (messages.iter(), false);
        let all = messages.iter().map(Vec::as_slice);
        stream.respond_in_turn_at(moment, all, (Transport::Tcp, peer), &mut out, |verdict, reply| {
            let octets = left.next().unwrap();
            let one = single.respond_at(moment, (octets, Transport::Tcp, peer), &mut expected);
            assert_eq!(verdict, one, "{octets:02x?}");
            assert!(verdict == Verdict::Silence || reply == expected, "{octets:02x?}");
            is_held = matches!(verdict, Verdict::SendAfter(_));
            !is_held
        });
        let answered = messages.len() - left.len();
        assert!(is_held || answered == messages.len().min(TOGETHER));
        (done, held) = (done + answered, held + usize::from(is_held));
    }
    assert!(held > 0);
}

#[test]
fn together_is_as_one_by_one() {
    let catalog = catalog();
    let (single, together) = (responder(&catalog), responder(&catalog));
    let mut random = Random(1);
    let mut replies: Vec<Reply> = std::iter::repeat_with(Reply::new).take(64).collect();
    let (mut out, mut cookies, mut uptime, mut done) = (Vec::new(), Vec::new(), 0, 0);
    let mut verdicts: HashMap<&str, u64> = HashMap::new();
    while done < requests(REQUESTS) {
        uptime += random.next() % 20;
        let moment = Moment { now: UnixTime(1_800_000_000 + uptime / 1000), uptime, begun: None };
        let count = 1 + random.below(64);
        let batch: Vec<_> = (0..count)
            .map(|_| {
                let peer = IpAddr::from(Ipv4Addr::new(192, 0, 2, random.octet()));
                // Without an address where a reply could go there is none.
                (request(&mut random, &cookies), (random.below(50) > 0).then_some(peer))
            })
            .collect();
        let replies = &mut replies[..count];
        let datagram = |at: usize| batch[at].1.map(|peer| (batch[at].0.as_slice(), peer));
        together.respond_to_all_at(moment, datagram, replies, SheetNumber(1));
        for ((octets, peer), reply) in batch.iter().zip(replies) {
            let Some(peer) = *peer else {
                assert_eq!(reply.verdict, Verdict::Silence);
                continue;
            };
            let verdict = single.respond_at(moment, (octets, Transport::Udp, peer), &mut out);
            assert_eq!(reply.verdict, verdict, "{octets:02x?}");
            if verdict == Verdict::Send {
                assert_eq!(reply.octets, out, "{octets:02x?}");
                cookies.extend(cookie_in(&out));
                cookies.drain(..cookies.len().saturating_sub(100));
            }
            *verdicts.entry(if verdict == Verdict::Send { "sent" } else { "silent" }).or_default() += 1;
        }
        done += count;
    }
    for &outcome in Outcome::ALL {
        let [one, other] = [&single, &together].map(|responder| responder.counts.of(outcome));
        assert_eq!(one, other, "{}", outcome.label());
    }
    for &kind in LimitKind::ALL {
        for &how in Limited::ALL {
            let [one, other] = [&single, &together].map(|responder| responder.limiter.counts.of(kind, how));
            assert_eq!(one, other, "{} {}", kind.label(), how.label());
        }
    }
    let unseen: Vec<_> = Outcome::ALL.iter().filter(|&&outcome| single.counts.of(outcome) == 0).collect();
    let never_here = |outcome: &Outcome| {
        // Only with more than these settings and zones, or over connections.
        matches!(
            outcome,
            Outcome::NxName
                | Outcome::NameTooLong
                | Outcome::Slowed
                | Outcome::TooLarge
                | Outcome::CookieRequired
                | Outcome::DroppedKeepalive
                | Outcome::UnknownKey
        )
    };
    assert!(unseen.iter().all(|outcome| never_here(outcome)), "{unseen:?}");
    for (kind, how) in [(LimitKind::Answer, Limited::Dropped), (LimitKind::Enumeration, Limited::Slipped)] {
        assert!(single.limiter.counts.of(kind, how) > 0, "{} {}", kind.label(), how.label());
    }
    assert!(verdicts["sent"] > 10_000 && verdicts["silent"] > 10_000, "{verdicts:?}");
}

fn answers(catalog: &Catalog, octets: &[u8]) -> (Outcome, Vec<u8>) {
    let (now, peer) = (UnixTime(1_800_000_000), IpAddr::from(Ipv4Addr::LOCALHOST));
    let request = Request { octets, transport: Transport::Tcp, peer, now };
    let mut out = Vec::new();
    let answered = answer(catalog, &Settings::default(), &request, &mut out);
    (answered.outcome, out)
}

#[test]
fn zones_from_images_answer_as_those_that_they_were_made_of() {
    let text = catalog();
    let zone = |zone: &Arc<Zone>| Image::read(image_of(zone, b"")).unwrap().zone().unwrap();
    let images = text.zones().map(zone).collect::<Catalog>().awaiting(["awaited.example.".parse().unwrap()]);
    let mut random = Random(3);
    for _ in 0..requests(REQUESTS_OF_A_STREAM) {
        let octets = request(&mut random, &[]);
        assert_eq!(answers(&images, &octets), answers(&text, &octets), "{octets:02x?}");
    }
}

#[test]
fn images_that_lead_astray_are_refused_or_answer_something() {
    let text = catalog();
    let images: Vec<_> = text.zones().map(|zone| image_of(zone, b"")).collect();
    let (mut random, mut answered) = (Random(4), 0);
    for _ in 0..300 {
        let damage: Vec<_> =
            (0..=random.below(3)).map(|_| (random.below(usize::MAX), random.octet())).collect();
        let image = Image::read(with_damage(random.of::<Vec<u8>>(&images), damage));
        let Ok(zone) = image.and_then(|image| image.zone()) else { continue };
        let damaged = text.with(zone);
        (0..100).for_each(|_| drop(answers(&damaged, &request(&mut random, &[]))));
        answered += 1;
    }
    assert!(answered > 50, "{answered}");
}
