//! Zones with something odd in them: what our check says, who serves them, and what is answered then.

use std::fmt::Write as _;

use mimi_dns::record::Rtype;
use mimi_dns::zone::Catalog;

use super::case::{Case, OURS, Topic, ZoneText, ill_formed};
use super::table::Notes;
use super::{ask, page};
use crate::peers::{self, PeerKind};
use crate::wire;

/// The zone that has nothing odd.
const SOUND: &str = "sound.";

fn pairs(topic: &Topic) -> impl Iterator<Item = (&ZoneText, &Case)> {
    assert_eq!(topic.zones.len(), topic.cases.len(), "a zone, a case");
    topic.zones.iter().zip(&topic.cases)
}

#[test]
fn the_check_and_the_engine_are_as_every_case_says() {
    let topic = ill_formed();
    let mut faults = Vec::new();
    for (zone, case) in pairs(&topic) {
        let loaded = ask::loaded(zone);
        let mut found: Vec<String> =
            loaded.findings.iter().map(|finding| format!("{} {}", finding.severity, finding.code)).collect();
        found.dedup();
        if found != case.finds {
            faults.push(format!("{}\n  finds {}", zone.apex, found.join(", ")));
        }
        if loaded.zone.is_some() != case.served_by.iter().any(|name| name == OURS) {
            faults.push(format!("{} {OURS} served: {}", zone.apex, loaded.zone.is_some()));
        }
        if let (Some(zone), false) = (loaded.zone, case.question.text.is_empty()) {
            let reply = ask::fault_of_ours(&Catalog::new().with(zone), case);
            faults.extend(
                reply.map(|reply| format!("{}:{} {} {reply}", topic.file, case.line, case.question.text)),
            );
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// Where we are not as the majority of NSD, Knot and BIND, there is a reason.
#[test]
fn we_serve_what_the_majority_serves() {
    for (zone, case) in pairs(&ill_formed()) {
        let serves = |name: &&str| case.served_by.iter().any(|server| server == name);
        let majority = ["NSD", "Knot", "BIND"].iter().filter(|name| serves(name)).count() > 1;
        assert_eq!(serves(&OURS) == majority, case.because.is_none(), "{}", zone.apex);
    }
}

#[test]
fn peers_serve_them_where_the_page_says_so() {
    let topic = ill_formed();
    let asked = PeerKind::ALL.map(|kind| ask_peer(kind, &topic));
    let faults: Vec<String> = asked.iter().flatten().flatten().cloned().collect();
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
    if asked.iter().all(Option::is_some) {
        page::section("zones", &print(&topic));
    }
}

/// What is not as the cases say; `None` where the peer is not installed.
fn ask_peer(kind: PeerKind, topic: &Topic) -> Option<Vec<String>> {
    let (peer, _folder) = ask::serve_checking(kind, &topic.zones, SOUND)?;
    let label = kind.label();
    let mut faults = Vec::new();
    for (zone, case) in pairs(topic) {
        let reply = peers::udp(peer.addr(), &wire::query(&zone.apex, Rtype::SOA));
        // NOERROR and an answer.
        let serves = reply[3] & 0xf == 0 && reply[7] > 0;
        if serves != case.served_by.iter().any(|name| name == label) {
            faults.push(format!("{} {label} serves: {serves}", zone.apex));
        }
        if !serves || case.question.text.is_empty() {
            continue;
        }
        let expected = case.differs.iter().any(|(differing, _)| *differing == kind);
        match (ask::difference(peer.addr(), case), expected) {
            (Some(reply), false) => {
                faults.push(format!("{}:{} {} {label} {reply}", topic.file, case.line, case.question.text));
            }
            (None, true) => faults.push(format!("{} {label} agrees", zone.apex)),
            _ => {}
        }
    }
    Some(faults)
}

fn print(topic: &Topic) -> String {
    let mut out = format!("`tests/data/conformance/{}`\n\n", topic.file);
    let peers = PeerKind::ALL.map(PeerKind::label).join(" | ");
    writeln!(out, "| clause | what is odd | finding | {OURS} | {peers} | question | reply |").unwrap();
    writeln!(out, "| --- | --- | --- | --- |{} --- | --- |", " --- |".repeat(PeerKind::ALL.len())).unwrap();
    let mut notes = Notes::new("z");
    for case in &topic.cases {
        let finds = if case.finds.is_empty() { "none".to_owned() } else { case.finds.join(", ") };
        let because = case.because.as_ref().map(|reason| format!(" [^{}]", notes.number(reason)));
        let ours = format!("{}{}", cell(case, OURS), because.unwrap_or_default());
        write!(out, "| {} | {} | {finds} | {ours} |", case.clause, case.asks).unwrap();
        for kind in PeerKind::ALL {
            match case.differs.iter().find(|(peer, _)| *peer == kind) {
                Some((_, reason)) => {
                    write!(out, " {}, ≠ [^{}] |", cell(case, kind.label()), notes.number(reason)).unwrap();
                }
                None => write!(out, " {} |", cell(case, kind.label())).unwrap(),
            }
        }
        if case.question.text.is_empty() {
            out.push_str(" | |\n");
        } else {
            writeln!(out, " `{}` | {} |", case.question.text, case.reply.brief()).unwrap();
        }
    }
    out.push('\n');
    out.push_str(&notes.print());
    out
}

fn cell(case: &Case, name: &str) -> &'static str {
    if case.served_by.iter().any(|server| server == name) { "serves" } else { "refuses" }
}
