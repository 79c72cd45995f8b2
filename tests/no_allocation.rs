//! Answering over UDP allocates nothing, with cookies, access rules and limits too. An own program: it
//! counts in the global allocator.

#![allow(clippy::unwrap_used, reason = "a test's own data")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};

use mimi_dns::clock::UnixTime;
use mimi_dns::record::dnssec::{Nsec3, Nsec3Params, nsec3_hash};
use mimi_dns::record::{Class, Name, Record, Rtype, Ttl, rdata};
use mimi_dns::server::{
    Cookies, Handle, LimitKind, Limited, Outcome, RateLimits, Request, Server, Settings, Transport, answer,
};
use mimi_dns::zone::{Catalog, Span, ZoneBuilder};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    /// Whether the thread is a test's.
    static IS_TEST: Cell<bool> = const { Cell::new(false) };
}

/// On threads that are no test's: a server's, and what runs the tests.
static ELSEWHERE: AtomicUsize = AtomicUsize::new(0);

struct Counting;

#[expect(unsafe_code, reason = "an allocator can't be counted without one")]
// SAFETY: every call is handed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        if !IS_TEST.get() {
            ELSEWHERE.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn catalog() -> Catalog {
    let lines = [
        ("example.", Rtype::SOA, "ns.example. host.example. 1 2 3 4 5"),
        ("example.", Rtype::NS, "ns.example."),
        ("ns.example.", Rtype::A, "192.0.2.1"),
        ("www.example.", Rtype::NAPTR, "100 10 \"U\" \"x-mimi:x-mimi\" \"!.*!mimi://msp.example/u/1!\" ."),
        ("*.w.example.", Rtype::CNAME, "www.example."),
        ("d.example.", Rtype::DNAME, "w.example."),
        ("sub.example.", Rtype::NS, "ns.example."),
        ("mx.example.", Rtype::MX, "10 ns.example."),
        ("uri.example.", Rtype::URI, "10 1 \"https://ns.example/\""),
    ];
    let servers: Vec<String> = (10..60).map(|number| format!("s{number}.servers.big.example.")).collect();
    let many = servers.iter().map(|server| ("big.example.", Rtype::NS, server.as_str()));
    let mut builder = ZoneBuilder::new();
    for (owner, rtype, data) in lines.into_iter().chain(many) {
        let rdata = rdata::from_text(rtype, data).unwrap().into();
        let (class, ttl) = (Class::IN, Ttl::from_secs(300));
        let owner = owner.parse().unwrap();
        builder.add(&Record { owner, class, ttl, rtype, rdata }, Span::default());
    }
    Catalog::new().with(builder.build().zone.unwrap())
}

/// What becomes of a question over UDP, and how often something is allocated for it.
fn ask(
    catalog: &Catalog,
    settings: &Settings,
    (name, rtype): (&str, Rtype),
    dnssec_ok: bool,
    out: &mut Vec<u8>,
) -> (Outcome, usize) {
    let name: Name = name.parse().unwrap();
    let mut octets = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    octets.extend_from_slice(name.as_wire());
    octets.extend_from_slice(&rtype.0.to_be_bytes());
    octets.extend_from_slice(&[0, 1, 0, 0, 41, 4, 208, 0, 0, u8::from(dnssec_ok) << 7, 0, 0, 0]);
    let request = Request {
        octets: &octets,
        transport: Transport::Udp,
        peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
        now: UnixTime(0),
    };
    let before = ALLOCATIONS.get();
    let outcome = answer(catalog, settings, &request, out).outcome;
    (outcome, ALLOCATIONS.get() - before)
}

#[test]
fn answers_over_udp_allocate_nothing() {
    IS_TEST.set(true);
    let (catalog, settings) = (catalog(), Settings::default());
    let mut out = Vec::with_capacity(1232);
    let cases = [
        ("WWW.example.", Rtype::NAPTR, Outcome::Answered),
        ("x.w.example.", Rtype::NAPTR, Outcome::Answered),
        ("x.d.example.", Rtype::NAPTR, Outcome::Answered),
        ("www.example.", Rtype::A, Outcome::NoData),
        ("none.example.", Rtype::A, Outcome::NxDomain),
        ("x.sub.example.", Rtype::A, Outcome::Delegation),
        // Fits with names in data compressed only.
        ("x.big.example.", Rtype::A, Outcome::Delegation),
        ("mx.example.", Rtype::MX, Outcome::Answered),
        ("uri.example.", Rtype::URI, Outcome::Answered),
        ("other.", Rtype::A, Outcome::NotServed),
    ];
    for (name, rtype, expected) in cases {
        let asked = ask(&catalog, &settings, (name, rtype), false, &mut out);
        assert_eq!(asked, (expected, 0), "{name}");
    }
}

/// Absences with their proofs: NSEC, and NSEC3 with a hash that matches nothing and one that does.
#[test]
fn proofs_of_absence_allocate_nothing() {
    IS_TEST.set(true);
    let nsec = [
        ("example.", Rtype::NSEC, "a.example. NS SOA RRSIG NSEC"),
        ("a.example.", Rtype::NSEC, "*.w.example. A RRSIG NSEC"),
        ("*.w.example.", Rtype::NSEC, "example. TXT RRSIG NSEC"),
    ];
    let hash = "2t7b4g4vsa5smi47k61mv5bv1a22bojr";
    let params = Nsec3Params::BEST;
    let apex = nsec3_hash(b"\x07example\0", params.iterations, params.salt);
    let owner = Nsec3::owner(&apex, &"example.".parse().unwrap()).unwrap().to_string();
    let other = format!("{hash}.example.");
    let label = owner.split('.').next().unwrap();
    let (to_other, to_apex) = (format!("1 0 0 - {hash} NS SOA RRSIG"), format!("1 0 0 - {label} A RRSIG"));
    let nsec3 = [
        ("example.", Rtype::NSEC3PARAM, "1 0 0 -"),
        (owner.as_str(), Rtype::NSEC3, to_other.as_str()),
        (other.as_str(), Rtype::NSEC3, to_apex.as_str()),
    ];
    for denial in [nsec, nsec3] {
        let lines = [
            ("example.", Rtype::SOA, "ns.example. host.example. 1 2 3 4 5"),
            ("example.", Rtype::NS, "ns.example."),
            ("a.example.", Rtype::A, "192.0.2.1"),
            ("*.w.example.", Rtype::TXT, "x"),
        ];
        let mut builder = ZoneBuilder::new();
        for (owner, rtype, data) in lines.into_iter().chain(denial) {
            let rdata = rdata::from_text(rtype, data).unwrap().into();
            let (class, ttl) = (Class::IN, Ttl::from_secs(300));
            builder.add(&Record { owner: owner.parse().unwrap(), class, ttl, rtype, rdata }, Span::default());
        }
        let catalog = Catalog::new().with(builder.build().zone.unwrap());
        let mut out = Vec::with_capacity(1232);
        for (name, rtype, expected) in [
            ("none.example.", Rtype::A, Outcome::NxDomain),
            ("a.example.", Rtype::TXT, Outcome::NoData),
            ("x.y.w.example.", Rtype::TXT, Outcome::Answered),
            ("x.y.w.example.", Rtype::A, Outcome::NoData),
        ] {
            let asked = ask(&catalog, &Settings::default(), (name, rtype), true, &mut out);
            assert_eq!(asked, (expected, 0), "{name}");
            assert!(out[9] > 0, "{name}: authority");
        }
    }
}

/// Everything that the server does is counted: receiving, cookie, access, look-up, limits, sending. The client
/// allocates nothing either.
#[test]
fn a_server_that_limits_allocates_nothing_for_a_request() {
    IS_TEST.set(true);
    let mut settings = Settings::default();
    settings.cookies = Some(Cookies::new("e5e973e5a6b2a43f48e7dc849e37bfcf".parse().unwrap()));
    settings.nsid = Some("ns1".parse().unwrap());
    settings.access.refused = ["192.0.2.0/24".parse().unwrap()].into_iter().collect();
    let mut limits = RateLimits::default();
    limits.exempt = std::iter::empty().collect();
    (limits.answers, limits.slip, limits.window) = (20, 2, 1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = Server::builder()
            .listen((Ipv4Addr::LOCALHOST, 0).into())
            .catalog(catalog())
            .settings(settings)
            .rate_limits(limits)
            .bind()
            .await
            .unwrap();
        let (addr, handle) = (server.local_addrs()[0], server.handle());
        let running = tokio::spawn(server.run());
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        socket.connect(addr).unwrap();
        // Options: NSID, and a client's cookie.
        let mut octets = b"\0\x01\0\0\0\x01\0\0\0\0\0\x01\x03www\x07example\0\0\x23\0\x01".to_vec();
        octets.extend_from_slice(b"\0\0\x29\x04\xd0\0\0\0\0\0\x10\0\x03\0\0\0\x0a\0\x08abcdefgh");
        // Until everything that is made once has been.
        for _ in 0..100 {
            exchange(&socket, &octets, &handle).await;
        }
        // What runs the tests allocates now and then; a server that did for a request would each time.
        let mut rounds = 0..20;
        let is_quiet = loop {
            let before = ALLOCATIONS.get() + ELSEWHERE.load(Ordering::Relaxed);
            for _ in 0..200 {
                exchange(&socket, &octets, &handle).await;
            }
            let after = ALLOCATIONS.get() + ELSEWHERE.load(Ordering::Relaxed);
            if after == before || rounds.next().is_none() {
                break after == before;
            }
        };
        assert!(is_quiet);
        let limited = |how| handle.limit_counts().of(LimitKind::Answer, how);
        assert!(limited(Limited::Dropped) > 0 && limited(Limited::Slipped) > 0);
        handle.shutdown();
        running.await.unwrap();
    });
}

/// Sends a request, and lets the server work until it is counted and what was replied is read.
async fn exchange(socket: &UdpSocket, octets: &[u8], handle: &Handle) {
    let before = handle.counts().total();
    socket.send(octets).unwrap();
    while handle.counts().total() == before {
        tokio::task::yield_now().await;
    }
    let mut reply = [0; 1232];
    while socket.recv(&mut reply).is_ok() {}
}

#[test]
fn the_counter_counts() {
    IS_TEST.set(true);
    let before = ALLOCATIONS.get();
    drop(std::hint::black_box(Box::new(1)));
    assert_eq!(ALLOCATIONS.get(), before + 1);
}
