//! RFC 1034 §4.3.2: answers, aliases, delegations, glue, additional data; RFC 6604: the last RCODE.

use mimi_dns::record::Rtype;
use mimi_dns::server::{Outcome, Settings, Transport};
use mimi_dns::zone::Catalog;

use crate::served::{TOP, ask, asked, example, send, send_with, zone};
use crate::wire::{self, Message};

const SOA: &str = "example. 60 SOA ns.other. host.other. 1 7200 900 1209600 60";

#[test]
fn data_at_a_name() {
    let reply = ask(&example("www A 192.0.2.1\nwww A 192.0.2.2"), "www.example. A");
    assert_eq!(reply.answer, ["www.example. 300 A 192.0.2.1", "www.example. 300 A 192.0.2.2"]);
    assert!(reply.is_authoritative() && reply.rcode() == 0);
    assert_eq!((reply.authority.len(), reply.additional.len()), (0, 0));
}

#[test]
fn the_case_of_the_question_is_kept_and_compared_blind() {
    let catalog = example("wWw A 192.0.2.1");
    let octets = wire::query("WwW.eXample.", Rtype::A);
    let (_, reply) = send(&catalog, &octets, Transport::Udp);
    let reply = Message::read(&reply);
    assert_eq!(reply.question, octets[12..]);
    assert_eq!(reply.answer, ["WwW.eXample. 300 A 192.0.2.1"]);
}

#[test]
fn aliases_are_followed_to_their_end() {
    let catalog =
        example("a CNAME b\nb CNAME c\nc A 192.0.2.1\nd CNAME none\ne CNAME www.other.\nf CNAME ns.z");
    let reply = ask(&catalog, "a.example. A");
    assert_eq!(
        reply.answer,
        ["a.example. 300 CNAME b.example.", "b.example. 300 CNAME c.example.", "c.example. 300 A 192.0.2.1"]
    );
    assert_eq!(ask(&catalog, "a.example. CNAME").answer.len(), 1);

    let reply = ask(&catalog, "d.example. A");
    assert_eq!((reply.rcode(), reply.answer.len(), reply.authority), (3, 1, vec![SOA.to_owned()]));

    let (outcome, reply) = asked(&catalog, "e.example. A", Transport::Udp, false);
    assert_eq!((outcome, reply.rcode(), reply.answer.len()), (Outcome::Alias, 0, 1));
    assert!(reply.is_authoritative() && reply.authority.is_empty());
}

#[test]
fn aliases_lead_to_other_zones_that_are_served() {
    let catalog = example("a CNAME www.other.").with(zone("other.", &format!("{TOP}www A 192.0.2.9")));
    let reply = ask(&catalog, "a.example. A");
    assert_eq!(reply.answer, ["a.example. 300 CNAME www.other.", "www.other. 300 A 192.0.2.9"]);
}

#[test]
fn loops_of_aliases_end() {
    let catalog = example("a CNAME b\nb CNAME a\nself CNAME self\n*.w CNAME x.y.w");
    assert_eq!(ask(&catalog, "a.example. A").answer.len(), 2);
    assert_eq!(ask(&catalog, "self.example. A").answer.len(), 1);
    assert_eq!(ask(&catalog, "q.w.example. A").answer.len(), 2);
    let chain: String = (0..40).map(|link| format!("c{link} CNAME c{}\n", link + 1)).collect();
    assert_eq!(ask(&example(&chain), "c0.example. A").answer.len(), 17);
}

const DELEGATIONS: &str =
    "sub NS ns.sub\nsub NS ns.sib\nsub NS ns.other.\nns.sub A 192.0.2.1\nns.sub AAAA 2001:db8::1
sib NS ns.sib\nns.sib A 192.0.2.2\ndeep.sub TXT hidden\nsub DS 1 15 250 00\nalias CNAME www.sub";

#[test]
fn delegations_with_glue() {
    let catalog = example(DELEGATIONS);
    for question in ["sub.example. A", "deep.sub.example. TXT", "ns.sub.example. A", "x.y.sub.example. NS"] {
        let reply = ask(&catalog, question);
        assert!(!reply.is_authoritative() && reply.rcode() == 0, "{question}");
        assert!(reply.answer.is_empty());
        assert_eq!(
            reply.authority,
            [
                "sub.example. 300 NS ns.sub.example.",
                "sub.example. 300 NS ns.sib.example.",
                "sub.example. 300 NS ns.other."
            ]
        );
        assert_eq!(
            reply.additional,
            [
                "ns.sub.example. 300 A 192.0.2.1",
                "ns.sub.example. 300 AAAA 2001:db8::1",
                "ns.sib.example. 300 A 192.0.2.2"
            ]
        );
    }
}

#[test]
fn an_alias_into_a_delegation_ends_in_a_referral() {
    let reply = ask(&example(DELEGATIONS), "alias.example. A");
    assert!(reply.is_authoritative());
    assert_eq!((reply.answer.len(), reply.authority.len()), (1, 3));
}

#[test]
fn ds_is_answered_above_the_cut() {
    let parent = example(DELEGATIONS);
    let child = zone("sub.example.", TOP);
    for catalog in [parent.clone(), parent.with(child)] {
        let reply = ask(&catalog, "sub.example. DS");
        assert!(reply.is_authoritative());
        assert_eq!(reply.answer, ["sub.example. 300 DS 1 15 250 00"]);
        let (outcome, reply) = asked(&catalog, "sib.example. DS", Transport::Udp, false);
        assert_eq!((outcome, reply.authority), (Outcome::NoData, vec![SOA.to_owned()]));
    }
}

#[test]
fn ds_at_an_apex_whose_parent_is_elsewhere_has_no_data() {
    let (outcome, reply) = asked(&example(""), "example. DS", Transport::Udp, false);
    assert_eq!((outcome, reply.authority), (Outcome::NoData, vec![SOA.to_owned()]));
}

#[test]
fn the_child_answers_below_the_cut_where_both_are_served() {
    let catalog = example(DELEGATIONS).with(zone("sub.example.", &format!("{TOP}deep TXT shown")));
    let reply = ask(&catalog, "deep.sub.example. TXT");
    assert_eq!(reply.answer, ["deep.sub.example. 300 TXT \"shown\""]);
    assert_eq!(ask(&catalog, "sub.example. SOA").answer.len(), 1);
}

#[test]
fn additional_data_of_targets() {
    let catalog = example(
        "@ MX 10 mail\n@ MX 20 mail\nmail A 192.0.2.1\n_x._udp SRV 0 0 1 mail\n_x._udp SRV 0 0 2 mail
n NAPTR 100 10 \"s\" \"x-mimi:sip\" \"\" _x._udp\nu NAPTR 100 10 \"u\" \"x-mimi:sip\" \"!.*!sip:a!\" .
cut NS ns.cut\nns.cut A 192.0.2.3\nm MX 1 ns.cut",
    );
    assert_eq!(ask(&catalog, "example. MX").additional, ["mail.example. 300 A 192.0.2.1"]);
    assert_eq!(ask(&catalog, "_x._udp.example. SRV").additional, ["mail.example. 300 A 192.0.2.1"]);
    assert_eq!(ask(&catalog, "n.example. NAPTR").additional.len(), 2);
    assert_eq!(ask(&catalog, "u.example. NAPTR").additional.len(), 0);
    // Glue is for referrals only.
    assert_eq!(ask(&catalog, "m.example. MX").additional.len(), 0);
}

#[test]
fn names_that_are_not_served_are_refused() {
    let (outcome, reply) = asked(&example(""), "www.other. A", Transport::Udp, false);
    assert_eq!((outcome, reply.rcode()), (Outcome::NotServed, 5));
    assert!(!reply.is_authoritative() && reply.authority.is_empty());
    assert_eq!(ask(&Catalog::new(), ". NS").rcode(), 5);
}

#[test]
fn the_root_zone() {
    let catalog = Catalog::new().with(zone(
        ".",
        "@ SOA ns. host. 1 7200 900 1209600 60\n@ NS ns.\ncom NS ns.com\nns.com A 192.0.2.1",
    ));
    assert_eq!(ask(&catalog, ". NS").answer, [". 300 NS ns."]);
    assert_eq!(ask(&catalog, "a.b.com. A").authority, ["com. 300 NS ns.com."]);
    assert_eq!(ask(&catalog, "org. A").rcode(), 3);
}

#[test]
fn the_longest_names_and_every_octet() {
    let label = "x".repeat(63);
    let name = format!("{label}.{label}.{label}.{}", "y".repeat(53));
    let catalog = example(&format!("{name} A 192.0.2.1\n\\000\\255\\.\\@ A 192.0.2.2"));
    assert_eq!(ask(&catalog, &format!("{name}.example. A")).answer.len(), 1);
    assert_eq!(ask(&catalog, "\\000\\255\\.\\@.example. A").answer.len(), 1);
    assert_eq!(ask(&catalog, &format!("{label}.{label}.example. A")).rcode(), 3);
}

#[test]
fn additional_data_can_be_switched_off_and_glue_stays() {
    let catalog = example("a MX 10 b\nb A 192.0.2.1\ncut NS ns.cut\nns.cut A 192.0.2.2");
    let mut settings = Settings::default();
    settings.additional = false;
    let additional = |settings: &Settings, name: &str, rtype| {
        let (_, reply) = send_with(&catalog, settings, &wire::query(name, rtype), Transport::Udp);
        Message::read(&reply).additional
    };
    assert_eq!(additional(&Settings::default(), "a.example.", Rtype::MX), ["b.example. 300 A 192.0.2.1"]);
    assert_eq!(additional(&settings, "a.example.", Rtype::MX), [""; 0]);
    assert_eq!(additional(&settings, "x.cut.example.", Rtype::A), ["ns.cut.example. 300 A 192.0.2.2"]);
}
