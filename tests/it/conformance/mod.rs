//! What is promised of answers, shown: cases that the engine must meet exactly and that its peers are
//! asked too, and the page that tells of both.

mod ask;
mod case;
mod page;
mod table;
mod zones;

use std::collections::BTreeMap;

use case::{Topic, ZoneText, topics};
pub(crate) use page::section;

use crate::peers::PeerKind;

/// The zones of each world.
fn worlds(topics: &[Topic]) -> BTreeMap<&str, Vec<ZoneText>> {
    let mut worlds: BTreeMap<&str, Vec<ZoneText>> = BTreeMap::new();
    for topic in topics {
        worlds.entry(&topic.world).or_default().extend(topic.zones.iter().cloned());
    }
    worlds
}

#[test]
fn the_engine_replies_as_every_case_says() {
    let topics = topics();
    let mut faults = Vec::new();
    for (world, zones) in worlds(&topics) {
        let catalog = ask::catalog(&zones);
        for topic in topics.iter().filter(|topic| topic.world == world) {
            for case in &topic.cases {
                let fault = ask::fault_of_ours(&catalog, case);
                faults.extend(
                    fault.map(|reply| format!("{}:{} {} {reply}", topic.file, case.line, case.question.text)),
                );
            }
        }
    }
    assert!(faults.is_empty(), "{} cases\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn peers_agree_where_the_page_says_so() {
    let topics = topics();
    let worlds = worlds(&topics);
    let asked = std::thread::scope(|scope| {
        let asking = PeerKind::ALL.map(|kind| {
            let (topics, worlds) = (&topics, &worlds);
            let thread = std::thread::Builder::new().name(format!("conformance, {}", kind.label()));
            thread.spawn_scoped(scope, move || ask_peer(kind, topics, worlds)).unwrap()
        });
        asking.map(|peer| peer.join().unwrap())
    });
    let faults: Vec<String> = asked.iter().flatten().flatten().cloned().collect();
    assert!(faults.is_empty(), "{} cases\n{}", faults.len(), faults.join("\n"));
    if asked.iter().all(Option::is_some) {
        section("answers", &table::print(&topics));
    }
}

/// Cases in which a peer differs and that don't say so, or say so and it agrees; `None` where it is not
/// installed.
fn ask_peer(kind: PeerKind, topics: &[Topic], worlds: &BTreeMap<&str, Vec<ZoneText>>) -> Option<Vec<String>> {
    let mut faults = Vec::new();
    for (&world, zones) in worlds {
        let (peer, _folder) = ask::serve(kind, zones)?;
        for topic in topics.iter().filter(|topic| topic.world == world) {
            for case in &topic.cases {
                let expected = case.differs.iter().any(|(differing, _)| *differing == kind);
                let fault = match (ask::difference(peer.addr(), case), expected) {
                    (Some(reply), false) => reply,
                    (None, true) => "agrees".to_owned(),
                    _ => continue,
                };
                let label = kind.label();
                faults.push(format!("{}:{} {} {label} {fault}", topic.file, case.line, case.question.text));
            }
        }
    }
    Some(faults)
}
