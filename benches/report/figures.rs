//! Figures of all runs, one a line, as text that can be compared from one commit to the next.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// One number, and what it was measured of.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The run's section.
    pub section: String,
    /// What was measured: `cpu`, `load` and so on.
    pub kind: String,
    /// What is at each name.
    pub shape: String,
    pub names: u64,
    /// How the zone is signed.
    pub signed: String,
    /// What was asked for, by how many cores, or over how many connections.
    pub detail: String,
    /// The server, with its version.
    pub who: String,
    /// Which number it is: `ratio`, `micros`, `seconds` and so on.
    pub measure: String,
    pub value: f64,
}

/// All that are known.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    pub all: Vec<Figure>,
}

impl Figures {
    /// Adds the numbers of one server; the section is the writer's matter.
    pub fn add(
        &mut self,
        [kind, shape, signed, detail]: [&str; 4],
        names: u64,
        who: &str,
        measures: &[(&str, f64)],
    ) {
        self.all.extend(measures.iter().map(|&(measure, value)| Figure {
            section: String::new(),
            kind: kind.into(),
            shape: shape.into(),
            names,
            signed: signed.into(),
            detail: detail.into(),
            who: who.into(),
            measure: measure.into(),
            value,
        }));
    }

    /// Puts a run's figures in the place of those that its section had.
    pub fn replace(&mut self, section: &str, new: &Self) {
        self.all.retain(|figure| figure.section != section);
        self.all.extend(new.all.iter().map(|figure| Figure { section: section.into(), ..figure.clone() }));
    }

    /// What servers did, in the order of the last run that has it: each once.
    pub fn of(
        &self,
        [kind, shape, signed, detail]: [&str; 4],
        names: u64,
        measure: &str,
    ) -> Vec<(&str, f64)> {
        let fits = |figure: &&Figure| {
            (&*figure.kind, &*figure.shape, &*figure.signed, &*figure.detail) == (kind, shape, signed, detail)
                && (figure.names, &*figure.measure) == (names, measure)
        };
        let mut found: Vec<(&str, f64)> = Vec::new();
        for figure in self.all.iter().filter(fits) {
            match found.iter_mut().find(|(who, _)| *who == figure.who) {
                Some((_, value)) => *value = figure.value,
                None => found.push((&figure.who, figure.value)),
            }
        }
        found
    }

    /// How many names there were where this was measured, the fewest first.
    pub fn sizes(&self, kind: &str, shape: &str, signed: &str) -> Vec<u64> {
        let fits =
            |figure: &&Figure| (&*figure.kind, &*figure.shape, &*figure.signed) == (kind, shape, signed);
        let sizes: BTreeSet<u64> = self.all.iter().filter(fits).map(|figure| figure.names).collect();
        sizes.into_iter().collect()
    }

    /// Lines that are none are left out.
    pub fn parse(text: &str) -> Self {
        let read = |line: &str| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [section, kind, shape, names, signed, detail, who, measure, value] = fields[..] else {
                return None;
            };
            Some(Figure {
                section: section.into(),
                kind: kind.into(),
                shape: shape.into(),
                names: names.parse().ok()?,
                signed: signed.into(),
                detail: detail.into(),
                who: who.into(),
                measure: measure.into(),
                value: value.parse().ok()?,
            })
        };
        Self { all: text.lines().filter_map(read).collect() }
    }

    pub fn print(&self) -> String {
        let mut out = String::from("section\tkind\tshape\tnames\tsigned\tdetail\twho\tmeasure\tvalue\n");
        for figure in &self.all {
            let Figure { section, kind, shape, names, signed, detail, who, measure, value } = figure;
            writeln!(
                out,
                "{section}\t{kind}\t{shape}\t{names}\t{signed}\t{detail}\t{who}\t{measure}\t{value:.4}"
            )
            .expect("a String");
        }
        out
    }
}
