//! The messages sent, and the table of who replies what.

use std::fmt::Write as _;
use std::fs;
use std::thread;

use mimi_dns::server::Transport;
use mimi_dns::zone::Catalog;

use super::Case;
use super::messages;
use super::peers::ask_all;
use super::reply::{octets, words};
use crate::conformance::section;
use crate::peers::{Peer, PeerKind};
use crate::served::{TOP, example, send};

const LINES: &str = "www A 192.0.2.1\n";

const LEGEND: &str = "\
Each message is sent to the engine as over every transport, and every octet of the reply is checked. What is wanted is what
the RFC says; where none says it, what two of NSD, Knot and BIND do, except that a message whose counts are not those of
what it holds is never answered. A reply is written as its RCODE and the parts that follow the header: `q` the question,
`a` the answer, `n` no answer and something in the authority section, `o` OPT, `t` TSIG; – is silence, = the same as ours.

| Message | Source | Wanted and sent | NSD | Knot | BIND | PowerDNS |
|---|---|---|---|---|---|---|
";

fn catalog() -> Catalog {
    example(LINES)
}

#[test]
fn each_message_has_the_reply_that_is_wanted_of_the_engine() {
    let catalog = catalog();
    let mut wrong = String::new();
    for case in messages::all() {
        for message in &case.messages {
            for &transport in Transport::ALL {
                let (_, reply) = send(&catalog, message, transport);
                let reply = (!reply.is_empty()).then_some(reply);
                let wanted = octets(case.wanted, message);
                if reply != wanted {
                    let (got, wanted) = (words(reply.as_deref()), words(wanted.as_deref()));
                    writeln!(
                        wrong,
                        "{}: {got} instead of {wanted}, {transport:?}, {}",
                        case.what,
                        message.len()
                    )
                    .unwrap();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_page_tells_who_replies_what() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("example.zone");
    fs::write(&file, format!("$ORIGIN example.\n$TTL 300\n{TOP}{LINES}")).unwrap();
    let cases = messages::all();
    let all: Vec<Vec<u8>> = cases.iter().flat_map(|case| case.messages.clone()).collect();
    let mut peers = Vec::new();
    for kind in [PeerKind::Nsd, PeerKind::Knot, PeerKind::Bind, PeerKind::PowerDns] {
        let Some(peer) = Peer::start(kind, &[("example.", &file)]) else { return };
        peers.push(peer);
    }
    // All at the same time: most of it is waiting for what does not come.
    let columns: Vec<Vec<String>> = thread::scope(|scope| {
        let asked: Vec<_> = peers.iter().map(|peer| scope.spawn(|| ask_all(peer.addr(), &all))).collect();
        asked.into_iter().map(|column| cells(&cases, column.join().unwrap())).collect()
    });
    let mut table = LEGEND.to_owned();
    for (row, Case { what, source, wanted, messages }) in cases.iter().enumerate() {
        let ours = words(octets(*wanted, &messages[0]).as_deref());
        write!(table, "| {what} | {source} | {ours} |").unwrap();
        for column in &columns {
            let theirs = &column[row];
            write!(table, " {} |", if *theirs == ours { "=" } else { theirs }).unwrap();
        }
        table.push('\n');
    }
    section("hostile", &table);
}

/// A cell for each case.
fn cells(cases: &[Case], replies: Vec<Option<Vec<u8>>>) -> Vec<String> {
    let mut replies = replies.into_iter();
    let mut next = |case: &Case| cell(&replies.by_ref().take(case.messages.len()).collect::<Vec<_>>());
    cases.iter().map(&mut next).collect()
}

/// What is replied to a case's messages, each once.
fn cell(replies: &[Option<Vec<u8>>]) -> String {
    let mut seen: Vec<String> = Vec::new();
    for reply in replies {
        let words = words(reply.as_deref());
        if !seen.contains(&words) {
            seen.push(words);
        }
    }
    seen.join(", ")
}
