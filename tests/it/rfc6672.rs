//! RFC 6672: DNAME.

use mimi_dns::server::{Outcome, Transport};

use crate::served::{TOP, ask, asked, example, zone};

#[test]
fn section_3_2_names_below_are_redirected() {
    let catalog = example("old DNAME new\nwww.new A 192.0.2.1\nold TXT own");
    let reply = ask(&catalog, "WWW.old.example. A");
    assert_eq!(
        reply.answer,
        [
            "old.example. 300 DNAME new.example.",
            "WWW.old.example. 300 CNAME WWW.new.example.",
            "WWW.new.example. 300 A 192.0.2.1"
        ]
    );
    assert!(reply.is_authoritative());
    // Not the owner itself.
    assert_eq!(ask(&catalog, "old.example. TXT").answer.len(), 1);
    assert_eq!(ask(&catalog, "old.example. DNAME").answer.len(), 1);
    assert_eq!(ask(&catalog, "old.example. A").answer.len(), 0);
}

#[test]
fn asked_for_the_alias_the_synthesised_one_is_the_answer() {
    let catalog = example("old DNAME new\nwww.new A 192.0.2.1");
    assert_eq!(ask(&catalog, "www.old.example. CNAME").answer.len(), 2);
    assert_eq!(ask(&catalog, "none.old.example. A").rcode(), 3);
    assert_eq!(ask(&catalog, "www.old.example. TXT").authority.len(), 1);
}

#[test]
fn section_2_2_a_name_too_long_is_yxdomain() {
    let long = format!("{0}.{0}.{0}", "x".repeat(60));
    let catalog = example(&format!("old DNAME {long}"));
    let (outcome, reply) =
        asked(&catalog, &format!("{}.old.example. A", "y".repeat(63)), Transport::Udp, false);
    assert_eq!((outcome, reply.rcode(), reply.answer.len()), (Outcome::NameTooLong, 6, 1));
    assert!(reply.is_authoritative());
}

#[test]
fn at_the_apex_into_another_zone() {
    let catalog = example("@ DNAME other.").with(zone("other.", &format!("{TOP}www A 192.0.2.2")));
    let reply = ask(&catalog, "www.example. A");
    assert_eq!(
        reply.answer,
        ["example. 300 DNAME other.", "www.example. 300 CNAME www.other.", "www.other. 300 A 192.0.2.2"]
    );
    assert_eq!(ask(&catalog, "example. NS").answer.len(), 1);
}

#[test]
fn loops_end_and_nothing_is_written_twice() {
    let catalog = example("a DNAME b\nb DNAME a\ngrow DNAME x.grow");
    let reply = ask(&catalog, "w.a.example. A");
    assert_eq!(reply.answer.iter().filter(|record| record.contains(" DNAME ")).count(), 2);
    assert_eq!(reply.answer.len(), 4);
    let reply = ask(&catalog, "w.grow.example. A");
    assert_eq!(reply.answer.iter().filter(|record| record.contains(" DNAME ")).count(), 1);
    assert!(reply.answer.len() <= 18);
}
