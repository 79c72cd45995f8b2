//! A hit at a known name over UDP allocates nothing. An own program: it counts in the global
//! allocator.

#![allow(clippy::unwrap_used, reason = "a test's own data")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr};

use mimi_dns::clock::UnixTime;
use mimi_dns::record::{Class, Name, Record, Rtype, Ttl, rdata};
use mimi_dns::server::{Outcome, Request, Settings, Transport, answer};
use mimi_dns::zone::{Catalog, Span, ZoneBuilder};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

#[expect(unsafe_code, reason = "an allocator can't be counted without one")]
// SAFETY: every call is handed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
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

#[test]
fn answers_over_udp_allocate_nothing() {
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
        let name: Name = name.parse().unwrap();
        let mut octets = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1];
        octets.extend_from_slice(name.as_wire());
        octets.extend_from_slice(&rtype.0.to_be_bytes());
        octets.extend_from_slice(&[0, 1, 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]);
        let request = Request {
            octets: &octets,
            transport: Transport::Udp,
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
            now: UnixTime(0),
        };
        let before = ALLOCATIONS.get();
        let outcome = answer(&catalog, &settings, &request, &mut out).outcome;
        let allocations = ALLOCATIONS.get() - before;
        assert_eq!((outcome, allocations), (expected, 0), "{name}");
    }
}

#[test]
fn the_counter_counts() {
    let before = ALLOCATIONS.get();
    drop(std::hint::black_box(Box::new(1)));
    assert_eq!(ALLOCATIONS.get(), before + 1);
}
