//! Cases as Markdown tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::case::Topic;
use crate::peers::PeerKind;

/// All topics; `differing` says which peers differ in which case (topic, case).
pub(super) fn print(topics: &[Topic]) -> String {
    let mut out = String::new();
    let mut notes = Notes::new("a");
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
                case.reply.brief()
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
    out.push_str(&notes.print());
    out
}

/// Reasons, each once, in the order in which they came up: footnotes.
pub(super) struct Notes {
    /// In front of each number: footnotes are the whole page's.
    prefix: &'static str,
    reasons: Vec<String>,
}

impl Notes {
    pub(super) fn new(prefix: &'static str) -> Self {
        Self { prefix, reasons: Vec::new() }
    }

    /// The footnote of this reason.
    pub(super) fn number(&mut self, reason: &str) -> String {
        let known = self.reasons.iter().position(|known| known == reason);
        let index = known.unwrap_or_else(|| {
            self.reasons.push(reason.to_owned());
            self.reasons.len() - 1
        });
        format!("{}{}", self.prefix, index + 1)
    }

    pub(super) fn print(&self) -> String {
        let line = |(reason, number): (&String, usize)| format!("[^{}{number}]: {reason}\n", self.prefix);
        self.reasons.iter().zip(1..).map(line).collect()
    }
}
