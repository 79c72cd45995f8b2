//! RFC 8482: QTYPE ANY.

use mimi_dns::server::{Outcome, Transport};

use crate::served::{asked, example};

const LINES: &str =
    "www A 192.0.2.1\nwww AAAA 2001:db8::1\nwww TXT hi\nent.x TXT hi\nalias CNAME www\ncut NS ns.other.";

#[test]
fn section_4_1_one_rrset_over_udp() {
    let (outcome, reply) = asked(&example(LINES), "www.example. ANY", Transport::Udp, false);
    assert!(!reply.is_truncated() && reply.is_authoritative());
    assert_eq!((outcome, reply.answer), (Outcome::Answered, vec!["www.example. 300 A 192.0.2.1".to_owned()]));
}

#[test]
fn everything_over_tcp() {
    let (_, reply) = asked(&example(LINES), "www.example. ANY", Transport::Tcp, false);
    assert_eq!(reply.answer.len(), 3);
    let (_, reply) = asked(&example(LINES), "example. ANY", Transport::Tcp, false);
    assert_eq!(reply.answer.len(), 2);
}

#[test]
fn an_alias_is_not_followed() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let (_, reply) = asked(&example(LINES), "alias.example. ANY", transport, false);
        assert_eq!(reply.answer, ["alias.example. 300 CNAME www.example."]);
    }
}

#[test]
fn absence_and_referrals_are_as_for_any_type() {
    let outcome =
        |name: &str| asked(&example(LINES), &format!("{name}.example. ANY"), Transport::Udp, false).0;
    assert_eq!(outcome("none"), Outcome::NxDomain);
    assert_eq!(outcome("x"), Outcome::NoData);
    assert_eq!(outcome("cut"), Outcome::Delegation);
}
