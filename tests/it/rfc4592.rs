//! RFC 4592: wildcards.

use crate::served::{ask, example};

/// The zone of §2.2.1, its host records as TXT.
const SECTION_2_2_1: &str =
    "* TXT \"this is a wildcard\"\n* MX 10 host1\nsub.* TXT \"this is not a wildcard\"
host1 A 192.0.2.1\n_ssh._tcp.host1 SRV 0 0 22 host1\n_ssh._tcp.host2 SRV 0 0 22 host2\nsubdel NS ns.other.";

fn rcode_and_count(question: &str) -> (u16, usize) {
    let reply = ask(&example(SECTION_2_2_1), question);
    (reply.rcode(), reply.answer.len())
}

#[test]
fn section_2_2_1_what_is_synthesised() {
    let reply = ask(&example(SECTION_2_2_1), "host3.example. MX");
    assert_eq!(reply.answer, ["host3.example. 300 MX 10 host1.example."]);
    assert!(reply.is_authoritative());
    assert_eq!(rcode_and_count("host3.example. A"), (0, 0));
    let reply = ask(&example(SECTION_2_2_1), "foo.bar.example. TXT");
    assert_eq!(reply.answer, ["foo.bar.example. 300 TXT \"this is a wildcard\""]);
}

#[test]
fn section_2_2_1_what_is_not() {
    assert_eq!(rcode_and_count("host1.example. MX"), (0, 0));
    assert_eq!(rcode_and_count("sub.*.example. MX"), (0, 0));
    assert_eq!(rcode_and_count("_telnet._tcp.host1.example. SRV"), (3, 0));
    let reply = ask(&example(SECTION_2_2_1), "host.subdel.example. A");
    assert!(!reply.is_authoritative());
    assert_eq!(reply.authority, ["subdel.example. 300 NS ns.other."]);
    // `*` stands in the way of itself: its own descendants are not covered.
    assert_eq!(rcode_and_count("ghost.*.example. MX"), (3, 0));
}

#[test]
fn section_2_1_a_wildcard_is_a_name_too() {
    assert_eq!(rcode_and_count("*.example. MX"), (0, 1));
    assert_eq!(rcode_and_count("*.example. A"), (0, 0));
}

#[test]
fn section_2_2_2_empty_non_terminals_exist() {
    assert_eq!(rcode_and_count("_tcp.host2.example. TXT"), (0, 0));
    assert_eq!(rcode_and_count("host2.example. MX"), (0, 0));
}

#[test]
fn a_wildcard_that_is_an_empty_non_terminal_has_no_data() {
    let catalog = example("a.*.w TXT x");
    assert_eq!(ask(&catalog, "q.w.example. TXT").rcode(), 0);
    assert_eq!(ask(&catalog, "a.q.w.example. TXT").rcode(), 0);
    assert_eq!(ask(&catalog, "b.*.w.example. TXT").rcode(), 3);
}

#[test]
fn section_4_5_aliases_by_wildcard() {
    let catalog = example("*.w CNAME host1\nhost1 A 192.0.2.1");
    let reply = ask(&catalog, "q.w.example. A");
    assert_eq!(reply.answer, ["q.w.example. 300 CNAME host1.example.", "host1.example. 300 A 192.0.2.1"]);
}

#[test]
fn the_closest_encloser_decides() {
    let catalog = example("* TXT far\n*.b TXT near\nx.b TXT own\nc.x.b TXT child");
    assert_eq!(ask(&catalog, "q.b.example. TXT").answer, ["q.b.example. 300 TXT \"near\""]);
    assert_eq!(ask(&catalog, "q.x.b.example. TXT").rcode(), 3);
    assert_eq!(ask(&catalog, "q.q.b.example. TXT").answer, ["q.q.b.example. 300 TXT \"near\""]);
}

#[test]
fn number_blocks_of_a_digit_tree() {
    let catalog = example("*.4.4 TXT block\n1.2.4.4 TXT one");
    assert_eq!(ask(&catalog, "9.9.9.4.4.example. TXT").answer.len(), 1);
    // One number below 2.4.4 makes that an empty non-terminal, and the block ends there.
    assert_eq!(ask(&catalog, "9.2.4.4.example. TXT").rcode(), 3);
}

#[test]
fn section_4_2_and_4_4_ns_and_dname_of_a_wildcard_are_data() {
    let catalog = example("*.n NS ns.other.\n*.d DNAME other.");
    let reply = ask(&catalog, "q.n.example. A");
    assert!(reply.is_authoritative() && reply.answer.is_empty() && reply.rcode() == 0);
    assert_eq!(ask(&catalog, "q.n.example. NS").answer, ["q.n.example. 300 NS ns.other."]);
    assert_eq!(ask(&catalog, "x.q.d.example. DNAME").answer, ["x.q.d.example. 300 DNAME other."]);
    assert_eq!(ask(&catalog, "x.q.d.example. A").answer.len(), 0);
    // The wildcard's own name delegates and redirects as any name does.
    assert!(!ask(&catalog, "x.*.n.example. A").is_authoritative());
    assert_eq!(ask(&catalog, "x.*.d.example. A").answer.len(), 2);
}
