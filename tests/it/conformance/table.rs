//! Cases as Markdown tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::case::{Case, Topic};
use crate::peers::PeerKind;

/// All topics; `differing` says which peers differ in which case (topic, case).
pub(super) fn print(topics: &[Topic]) -> String {
    let mut out = String::new();
    let mut notes = Notes::default();
    let mut agreeing: BTreeMap<&str, usize> = BTreeMap::new();
    let cases = topics.iter().map(|topic| topic.cases.len()).sum::<usize>();
    let mut tables = String::new();
    for topic in topics {
        let peers = PeerKind::ALL.map(PeerKind::label).join(" | ");
        write!(tables, "\n### {}\n\n`tests/data/conformance/{}`\n\n", topic.title, topic.file).unwrap();
        writeln!(tables, "| clause | what it asks | question | reply | {peers} |").unwrap();
        writeln!(tables, "| --- | --- | --- | --- |{}", " --- |".repeat(PeerKind::ALL.len())).unwrap();
        for case in &topic.cases {
            write!(
                tables,
                "| {} | {} | `{}` | {} |",
                case.clause,
                case.asks,
                case.question.text,
                reply(case)
            )
            .unwrap();
            for kind in PeerKind::ALL {
                match case.differs.iter().find(|(peer, _)| *peer == kind) {
                    Some((_, reason)) => write!(tables, " ≠ [^{}] |", notes.number(reason)).unwrap(),
                    None => {
                        *agreeing.entry(kind.label()).or_default() += 1;
                        tables.push_str(" = |");
                    }
                }
            }
            tables.push('\n');
        }
    }
    writeln!(
        out,
        "{cases} cases, each met exactly over UDP and TCP where the question names neither. Of the peers,"
    )
    .unwrap();
    let counts: Vec<String> = PeerKind::ALL
        .iter()
        .map(|kind| format!("{} agrees in {}", kind.label(), agreeing.get(kind.label()).unwrap_or(&0)))
        .collect();
    writeln!(out, "{}.", counts.join(", ")).unwrap();
    out.push_str(&tables);
    out.push('\n');
    for (reason, number) in notes.0.iter().zip(1..) {
        writeln!(out, "[^{number}]: {reason}").unwrap();
    }
    out
}

/// RCODE, flags, and how many records each section has.
fn reply(case: &Case) -> String {
    let reply = &case.reply;
    format!("{} {}·{}·{}", reply.status, reply.answer.len(), reply.authority.len(), reply.additional.len())
}

/// Reasons, each once, in the order in which they came up.
#[derive(Default)]
struct Notes(Vec<String>);

impl Notes {
    fn number(&mut self, reason: &str) -> usize {
        let known = self.0.iter().position(|known| known == reason);
        known.unwrap_or_else(|| {
            self.0.push(reason.to_owned());
            self.0.len() - 1
        }) + 1
    }
}
