//! The sample of queries in the log, and that nothing in it tells who was asked for.

use std::collections::BTreeSet;
use std::net::UdpSocket;

use mimi_dns::record::Rtype;
use serde_json::Value;

use super::operating::{HEAD, Operated, zone};
use crate::wire;

const NAMES: [&str; 5] = [
    "q7m3kd2p0v1c9b8n4x6z5l7j2h3g4f5d6s7a8q9w0e1r2t3y4u5i.a.example.",
    "8.4.3.0.6.9.4.6.1.1.4.4.a.example.",
    "A.Example.",
    "Secret.a.example.",
    "secret.elsewhere.example.",
];

fn logging(sources: bool) -> Operated {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.zone"), zone("a.example", 7, "secret A 127.0.0.1\n")).unwrap();
    let text = format!("{HEAD}queries = 1\nquery_sources = {sources}\n[zones]\npaths = [\".\"]\n");
    std::fs::write(folder.path().join("mimi-dns.toml"), text).unwrap();
    Operated::start_in(folder)
}

/// What is logged of a question.
fn logged(operated: &Operated, name: &str) -> Value {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(&wire::query(name, Rtype::A), &operated.serving.address).unwrap();
    operated.until_that(|line| line["target"] == "mimi_dns::queries")
}

#[test]
fn queries_are_logged_without_what_they_ask_for() {
    let operated = logging(true);
    let lines: Vec<Value> = NAMES.iter().map(|name| logged(&operated, name)).collect();
    for (line, name) in lines.iter().zip(NAMES) {
        let text = line.to_string().to_lowercase();
        let below = name.to_lowercase().replace("a.example.", "");
        let words = [below.trim_end_matches('.'), "secret", "q7m3kd", "127.0.0", "elsewhere"];
        for word in words.into_iter().filter(|word| !word.is_empty()) {
            assert!(!text.contains(word), "{word} in {text}");
        }
        assert_eq!((&line["transport"], &line["qtype"]), (&"udp".into(), &"A".into()));
        assert_eq!(line["source"].as_str().unwrap().len(), 16);
    }
    assert_eq!((&lines[0]["outcome"], &lines[0]["rcode"]), (&"nxdomain".into(), &3.into()));
    assert_eq!((&lines[2]["name"], &lines[2]["zone"]), (&"@".into(), &"a.example.".into()));
    assert_eq!((&lines[3]["outcome"], &lines[3]["zone"]), (&"answered".into(), &"a.example.".into()));
    assert_eq!((&lines[4]["outcome"], &lines[4]["zone"]), (&"not_served".into(), &Value::Null));
    let names: BTreeSet<_> = lines.iter().map(|line| line["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), NAMES.len());
    // Equal names are equal, however they are written. Where midnight has come meanwhile, both are asked for again.
    let same = || logged(&operated, "sEcReT.A.example.")["name"] == logged(&operated, NAMES[3])["name"];
    assert!(same() || same());
    // In another run they are others.
    let another = logging(false);
    let line = logged(&another, NAMES[3]);
    assert_ne!(line["name"], lines[3]["name"]);
    assert_eq!(line["source"], Value::Null);
}
