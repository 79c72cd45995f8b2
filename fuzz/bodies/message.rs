// Any octets, sent to the engine over every transport: what must hold of every reply. Called by
// the fuzz target and, with random octets, by the tests.

use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;
use std::sync::LazyLock;

use mimi_dns::clock::UnixTime;
use mimi_dns::record::{Rtype, rdata};
use mimi_dns::server::{
    Cookies, MAX_MESSAGE, Nsid, Outcome, Request, Settings, Transport, UdpPayload, answer,
};
use mimi_dns::zone::{Catalog, LoadOptions, MemoryFiles, load};

const NOW: UnixTime = UnixTime(1_800_000_000);
const PLAIN_UDP_PAYLOAD: usize = 512;
const HEADER: usize = 12;
const ANY: u16 = 255;
const OPT: u16 = 41;
/// The one option whose meaning depends on the transport. Source: RFC 7828 §3, RFC 9250 §5.5.2.
const TCP_KEEPALIVE: [u8; 2] = [0, 11];

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let files = MemoryFiles::new()
        .with("example.zone", *include_bytes!("example.zone"))
        .with("discover.zone", *include_bytes!("discover.zone"))
        .with("key.pem", *include_bytes!("../../zones/test-keys/amber.example.pem"));
    let options = LoadOptions { now: NOW, ..LoadOptions::default() };
    ["example.zone", "discover.zone"].iter().fold(Catalog::new(), |catalog, path| {
        let loaded = load(Path::new(path), &files, &options);
        let problems: Vec<_> = loaded.findings.iter().map(ToString::to_string).collect();
        catalog.with(loaded.zone.unwrap_or_else(|| panic!("{path}: {problems:?}")))
    })
});

/// Every option that is understood has its part in these.
static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let mut settings = Settings::default();
    settings.cookies = Some(Cookies::new("e5e973e5a6b2a43f48e7dc849e37bfcf".parse().expect("a secret")));
    settings.nsid = Some(Nsid::new(b"ns1").expect("short"));
    settings
});

/// Panics where a reply is not as it must be.
pub(crate) fn message(octets: &[u8]) {
    let asked = Message::read(octets);
    // Wherever it stands: the server may read it in a message that is damaged further on.
    if octets.windows(2).any(|window| window == TCP_KEEPALIVE) {
        for &transport in Transport::ALL {
            ask(octets, asked.as_ref(), transport);
        }
        return;
    }
    let over_udp = ask(octets, asked.as_ref(), Transport::Udp);
    let over_tcp = ask(octets, asked.as_ref(), Transport::Tcp);
    assert_eq!(over_udp.is_some(), over_tcp.is_some(), "every transport, or none");
    for transport in [Transport::Tls, Transport::Https, Transport::Quic] {
        let other = ask(octets, asked.as_ref(), transport);
        let before_opt = |message: &Message| message.octets[HEADER..message.opt_at].to_vec();
        assert_eq!(other.as_ref().map(before_opt), over_tcp.as_ref().map(before_opt), "the same answer");
        assert_eq!(other.map(|message| message.flags), over_tcp.as_ref().map(|message| message.flags));
    }
    let (Some(udp), Some(tcp)) = (over_udp, over_tcp) else { return };
    assert!(!tcp.truncated(), "nothing is cut over TCP");
    let any = asked.is_some_and(|asked| asked.question.is_some_and(|question| question.rtype == ANY));
    if !udp.truncated() && !any {
        assert_eq!((udp.rcode(), udp.counts[1]), (tcp.rcode(), tcp.counts[1]), "the same answer");
    }
}

fn ask(octets: &[u8], asked: Option<&Message>, transport: Transport) -> Option<Message> {
    let mut out = Vec::new();
    let peer = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let request = Request { octets, transport, peer, now: NOW };
    let outcome = answer(&CATALOG, &SETTINGS, &request, &mut out).outcome;
    assert_eq!(outcome.is_replied(), !out.is_empty());
    if outcome == Outcome::DroppedKeepalive {
        assert_eq!(transport, Transport::Quic);
        return None;
    }
    if out.is_empty() {
        assert!(octets.len() < HEADER || octets[2] & 0x80 != 0, "a query has a reply: {outcome:?}");
        return None;
    }
    assert!(octets[2] & 0x80 == 0, "a response is never answered");
    let largest = match transport {
        Transport::Udp => asked.map_or(PLAIN_UDP_PAYLOAD, Message::udp_payload),
        _ => MAX_MESSAGE,
    };
    assert!(out.len() <= largest, "{} octets of {largest} over {transport:?}", out.len());
    let reply = Message::read(&out).expect("a reply is well formed");
    assert_eq!(out[..2], octets[..2], "the id");
    assert_eq!(out[2] & 0xf9, octets[2] & 0x79 | 0x80, "QR, the opcode and RD");
    assert_eq!(out[3] & 0x50, out[3] & 0x50 & octets[3], "no Z, CD only where it was set");
    match reply.question {
        Some(question) => assert_eq!(out[HEADER..question.end], octets[HEADER..question.end], "the question"),
        None => assert!(
            outcome == Outcome::CookieGiven || reply.rcode() != 0,
            "only a refusal has no question, and a reply to none"
        ),
    }
    assert!(reply.opts.len() <= 1, "one OPT");
    if let Some(asked) = asked {
        assert!(!asked.opts.is_empty() || reply.opts.is_empty(), "OPT only to those who know it");
        assert!(
            asked.opts.len() != 1 || reply.opts == [UdpPayload::default().octets()] || reply.rcode() != 0,
            "OPT to those who sent it"
        );
    }
    Some(reply)
}

/// A message that is well formed up to its last octet, as a reader who trusts nobody sees it.
struct Message {
    flags: [u8; 2],
    /// Questions; records of the answer, authority and additional sections.
    counts: [u16; 4],
    question: Option<Question>,
    /// The payload size of each OPT.
    opts: Vec<u16>,
    /// Where the first OPT begins, or the message ends.
    opt_at: usize,
    octets: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Question {
    rtype: u16,
    end: usize,
}

impl Message {
    fn read(octets: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(u16::from_be_bytes([*octets.get(at)?, *octets.get(at + 1)?]));
        let counts = [number(4)?, number(6)?, number(8)?, number(10)?];
        let (mut at, mut question, mut opts) = (HEADER, None, Vec::new());
        let mut opt_at = octets.len();
        for _ in 0..counts[0] {
            at = after_name(octets, at)?;
            question = Some(Question { rtype: number(at)?, end: at + 4 });
            at += 4;
        }
        for _ in 0..counts[1..].iter().map(|&count| u32::from(count)).sum() {
            let start = at;
            at = after_name(octets, at)?;
            let (rtype, class, len) = (number(at)?, number(at + 2)?, usize::from(number(at + 8)?));
            let data = octets.get(at + 10..at + 10 + len)?;
            let response = octets[2] & 0x80 != 0;
            if rtype == OPT {
                opts.push(class);
                opt_at = opt_at.min(start);
                if response && !options_are_whole(data) {
                    return None;
                }
            } else if response && rdata::check(Rtype(rtype), data).is_err() {
                return None;
            }
            at += 10 + len;
        }
        let flags = [octets[2], octets[3]];
        let octets = (at == octets.len()).then(|| octets.to_vec())?;
        Some(Self { flags, counts, question, opts, opt_at, octets })
    }

    /// What the sender takes over UDP, and no more than we ever send.
    fn udp_payload(&self) -> usize {
        let payload = if let [payload] = self.opts[..] { usize::from(payload) } else { PLAIN_UDP_PAYLOAD };
        payload.clamp(PLAIN_UDP_PAYLOAD, UdpPayload::default().octets().into())
    }

    fn truncated(&self) -> bool {
        self.flags[0] & 0x02 != 0
    }

    fn rcode(&self) -> u8 {
        self.flags[1] & 0x0f
    }
}

fn options_are_whole(mut data: &[u8]) -> bool {
    while let Some((&[_, _, high, low], rest)) = data.split_first_chunk() {
        let Some(rest) = rest.get(usize::from(u16::from_be_bytes([high, low]))..) else { return false };
        data = rest;
    }
    data.is_empty()
}

/// Where the octet after a name stands; a name's pointers lead backwards, and it has 255 octets at most.
fn after_name(octets: &[u8], from: usize) -> Option<usize> {
    let (mut at, mut end, mut len, mut lowest) = (from, None, 0, from);
    loop {
        let octet = usize::from(*octets.get(at)?);
        match octet {
            0 => return Some(end.unwrap_or(at + 1)),
            1..=63 => {
                len += 1 + octet;
                at += 1 + octet;
            }
            192.. => {
                let to = (octet & 0x3f) << 8 | usize::from(*octets.get(at + 1)?);
                end = end.or(Some(at + 2));
                (at, lowest) = (to, to.lt(&lowest).then_some(to)?);
            }
            _ => return None,
        }
        if len > 254 {
            return None;
        }
    }
}
