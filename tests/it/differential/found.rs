//! What the random runs found, kept: each of these failed before it was mended.

use mimi_dns::record::Rtype;
use mimi_dns::server::Transport;
use mimi_dns::zone::Catalog;

use crate::served::{ask, example, send, zone};
use crate::wire::{self, Message};

#[test]
fn a_dname_that_led_to_itself_is_sent_once() {
    let reply = ask(&example("* DNAME example."), "*.*.example. DNAME");
    assert_eq!(
        reply.answer,
        ["*.example. 300 DNAME example.", "*.*.example. 300 CNAME *.example."],
        "the answer would be the DNAME record again"
    );
}

#[test]
fn a_dname_for_a_name_that_a_wildcard_covers_is_another_record() {
    let reply = ask(&example("* DNAME a"), "b.*.example. DNAME");
    assert_eq!(
        reply.answer,
        [
            "*.example. 300 DNAME a.example.",
            "b.*.example. 300 CNAME b.a.example.",
            "b.a.example. 300 DNAME a.example."
        ]
    );
}

/// RFC 4035 §2.5.
#[test]
fn nsec_is_asked_of_an_alias_itself() {
    let catalog = example("alias CNAME www\nwww A 192.0.2.1");
    let reply = ask(&catalog, "alias.example. NSEC");
    assert_eq!((reply.rcode(), reply.answer.len(), reply.authority.len()), (0, 0, 1));
    assert_eq!(ask(&catalog, "alias.example. NSEC3").answer.len(), 1);
}

#[test]
fn addresses_that_fit_follow_those_that_do_not() {
    let many: String = (0..60).map(|number| format!("a.other-cut A 192.0.2.{number}\n")).collect();
    let lines =
        format!("cut NS a.other-cut\ncut NS b\nb A 192.0.2.1\nb AAAA 2001:db8::1\nother-cut NS x.\n{many}");
    let catalog = example(&lines);
    let reply = |query: &[u8]| Message::read(&send(&catalog, query, Transport::Udp).1);
    // All of them are optional here: no server stands below the name that is delegated.
    let referral = reply(&wire::query("www.cut.example.", Rtype::A));
    assert_eq!(referral.additional, ["b.example. 300 A 192.0.2.1", "b.example. 300 AAAA 2001:db8::1"]);
    assert!(!referral.is_truncated());
}

#[test]
fn mx_targets_that_fit_follow_those_that_do_not() {
    let many: String = (0..60).map(|number| format!("a A 192.0.2.{number}\n")).collect();
    let catalog = example(&format!("m MX 1 a\nm MX 2 b\n{many}a AAAA 2001:db8::a\nb A 192.0.2.1"));
    let (_, reply) = send(&catalog, &wire::query("m.example.", Rtype::MX), Transport::Udp);
    let reply = Message::read(&reply);
    assert_eq!(reply.additional, ["a.example. 300 AAAA 2001:db8::a", "b.example. 300 A 192.0.2.1"]);
}

#[test]
fn the_root_may_serve_itself() {
    let catalog = Catalog::new().with(zone(".", ". SOA . . 1 2 3 4 5\n. NS .\n. A 192.0.2.1\nm MX 0 ."));
    assert_eq!(ask(&catalog, ". NS").additional, [". 300 A 192.0.2.1"]);
    // No host: RFC 7505.
    assert_eq!(ask(&catalog, "m. MX").additional.len(), 0);
}
