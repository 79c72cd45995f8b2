//! The table of goals: what each is, what was measured, and by how much it is missed.

use std::fmt::Write as _;

use super::figures::Figures;
use super::rows;

/// One goal and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub what: String,
    pub goal: String,
    pub measured: String,
    /// What others did.
    pub beside: String,
    pub verdict: Verdict,
    /// What was tried, told where it is missed.
    pub tried: &'static str,
}

/// What became of a goal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    Met,
    /// Missed by so many parts of the goal; infinite where nothing of that kind was allowed.
    Missed(f64),
    NotMeasured,
}

impl Verdict {
    /// Of what may be so much at most.
    pub fn at_most(measured: f64, goal: f64) -> Self {
        if measured <= goal { Self::Met } else { Self::Missed(measured / goal - 1.0) }
    }

    /// Of what has to be so much at least.
    pub fn at_least(measured: f64, goal: f64) -> Self {
        if measured >= goal { Self::Met } else { Self::Missed(1.0 - measured / goal) }
    }

    /// What holds of both.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Missed(one), Self::Missed(two)) => Self::Missed(one.max(two)),
            (Self::Missed(by), _) | (_, Self::Missed(by)) => Self::Missed(by),
            (Self::NotMeasured, _) | (_, Self::NotMeasured) => Self::NotMeasured,
            (Self::Met, Self::Met) => Self::Met,
        }
    }

    fn words(self) -> String {
        match self {
            Self::Met => "met".into(),
            Self::Missed(by) if by.is_finite() => format!("**missed by {:.0} %**", (by * 100.0).max(1.0)),
            Self::Missed(_) => "**missed**".into(),
            Self::NotMeasured => "not measured".into(),
        }
    }
}

/// All goals, as Markdown, from what all runs have measured.
pub fn table(figures: &Figures) -> String {
    let mut out = String::from(
        "### Goals\n\n\
         Made by the benches from their own figures ([figures.tsv](benchmarks/figures.tsv)), of which the sections below \
         have all; *×* is CPU time an answer beside the echo's.\n\n\
         | what | goal | measured | others | |\n| --- | --- | --- | --- | --- |\n",
    );
    let all = rows::all(figures);
    for Row { what, goal, measured, beside, verdict, .. } in &all {
        writeln!(out, "| {what} | {goal} | {measured} | {beside} | {} |", verdict.words()).expect("a String");
    }
    let mut told: Vec<&str> = Vec::new();
    for row in &all {
        let is_missed = matches!(row.verdict, Verdict::Missed(_));
        if is_missed && !row.tried.is_empty() && !told.contains(&row.tried) {
            told.push(row.tried);
        }
    }
    if !told.is_empty() {
        out.push_str("\nWhat was tried where a goal is missed:\n\n");
        told.iter().for_each(|tried| writeln!(out, "- {tried}").expect("a String"));
    }
    out
}
