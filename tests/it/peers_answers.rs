//! The engine and NSD, Knot, BIND and PowerDNS asked the same about the same zone.

use std::fs;
use std::path::Path;

use mimi_dns::server::{Outcome, Transport};
use mimi_dns::zone::Catalog;

use crate::peers::{self, Peer, PeerKind};
use crate::served::{TOP, send, zone};
use crate::wire::{self, Message};

const LINES: &str = "ns A 192.0.2.53
www A 192.0.2.1
www A 192.0.2.2
www AAAA 2001:db8::1
www TXT \"one\" \"t\\\\wo;\"
mail MX 10 www
_x._udp SRV 1 2 5060 www
n NAPTR 100 10 \"U\" \"x-mimi:x-mimi\" \"!.*!mimi://msp.example/u/7d1k9!\" .
n URI 10 1 \"https://msp.example/.well-known/mimi-protocol-directory\"
n TYPE65400 \\# 4 01020304
alias CNAME www
chain CNAME alias
dangling CNAME none
outside CNAME www.elsewhere.test.
loop CNAME pool
pool CNAME loop
a.b.c.ent TXT deep
* TXT top
*.w TXT wild
*.w MX 10 www
own.w A 192.0.2.3
below.deep.w TXT x
*.wc CNAME www
*.wx CNAME none.w.own
*.went.x TXT y
old DNAME new
www.new A 192.0.2.4
alias.new CNAME www
cut NS ns.cut
cut NS ns.sib
cut NS ns.elsewhere.test.
ns.cut A 192.0.2.5
ns.cut AAAA 2001:db8::5
hidden.cut TXT occluded
sib NS ns.sib
ns.sib A 192.0.2.6
to-cut CNAME www.cut
under.wild-cut.w2 TXT z
";

const QUESTIONS: &str = "example. SOA|example. NS|example. TXT|www A|WwW AAAA|www TXT|www MX|mail MX|_x._udp SRV|_udp SRV|n NAPTR|n URI
n TYPE65400|n A|alias A|alias CNAME|alias MX|chain AAAA|dangling A|dangling CNAME|outside A|loop A|ent TXT|c.ent TXT|x.c.ent TXT
a.b.c.ent TXT|x.a.b.c.ent TXT|none TXT|none A|x.none TXT|* TXT|x.* TXT|q.w TXT|q.w MX|q.w A|q.q.w TXT|own.w TXT|own.w A|x.own.w TXT
deep.w TXT|x.deep.w TXT|q.wc A|q.wc CNAME|q.wx A|went.x TXT|q.went.x TXT|x TXT|old TXT|old DNAME|www.old A|WWW.OLD A|alias.old A
none.old A|www.old CNAME|cut NS|cut A|www.cut A|hidden.cut TXT|ns.cut A|cut DS|sib DS|www.sib A|to-cut A|w2 A|wild-cut.w2 A|x.w2 TXT
www.elsewhere.test. A|www TYPE1234";

#[test]
fn nsd() {
    compare(PeerKind::Nsd);
}

#[test]
fn knot() {
    compare(PeerKind::Knot);
}

#[test]
fn bind() {
    compare(PeerKind::Bind);
}

#[test]
fn power_dns() {
    compare(PeerKind::PowerDns);
}

fn compare(kind: PeerKind) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("example.zone");
    fs::write(&file, format!("$ORIGIN example.\n$TTL 300\n{TOP}{LINES}")).unwrap();
    let Some(peer) = Peer::start(kind, &[("example.", Path::new(&file))]) else { return };
    let catalog = Catalog::new().with(zone("example.", &format!("{TOP}{LINES}")));
    let mut differences = Vec::new();
    for question in QUESTIONS.split(['|', '\n']) {
        let (name, rtype) = question.split_once(' ').unwrap();
        let name = if name.ends_with('.') { name.to_owned() } else { format!("{name}.example.") };
        let octets = wire::with_opt(wire::query(&name, rtype.parse().unwrap()), 1232, false);
        for transport in [Transport::Udp, Transport::Tcp] {
            let theirs = match transport {
                Transport::Udp => peers::udp(peer.addr(), &octets),
                _ => peers::tcp(peer.addr(), &octets),
            };
            let (outcome, ours) = send(&catalog, &octets, transport);
            let (ours, theirs) = (Message::read(&ours), Message::read(&theirs));
            let (ours, theirs) = (essence(outcome, &ours), essence(outcome, &theirs));
            if ours != theirs && !is_known(kind, question) {
                differences.push(format!("{question} {transport:?}\n  ours   {ours:?}\n  theirs {theirs:?}"));
            }
        }
    }
    assert!(differences.is_empty(), "{kind:?}\n{}", differences.join("\n"));
}

/// What must be the same. Servers may add the zone's NS records and addresses of targets or not.
fn essence(outcome: Outcome, message: &Message) -> (u16, bool, bool, [Vec<String>; 3]) {
    let sorted = |section: &[String], wanted: bool| {
        let mut section: Vec<String> =
            section.iter().filter(|_| wanted).map(|line| line.to_ascii_lowercase()).collect();
        section.sort();
        section
    };
    let is_referral = outcome == Outcome::Delegation;
    let is_negative = matches!(outcome, Outcome::NoData | Outcome::NxDomain);
    let sections = [
        sorted(&message.answer, true),
        sorted(&message.authority, is_referral || is_negative),
        sorted(&message.additional, is_referral),
    ];
    (message.rcode(), message.is_authoritative(), message.is_truncated(), sections)
}

/// Differences that are not ours to mend, each with its reason.
fn is_known(kind: PeerKind, question: &str) -> bool {
    match kind {
        // RFC 1034 §3.6.2 calls a loop an error and leaves the reply open: like NSD and Knot we send the
        // aliases with NOERROR; these send SERVFAIL, BIND with the aliases.
        PeerKind::Bind | PeerKind::PowerDns => question == "loop A",
        PeerKind::Nsd | PeerKind::Knot => false,
    }
}
