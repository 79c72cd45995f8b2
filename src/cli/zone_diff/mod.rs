//! `zone diff`: how two zones differ, in terms of identifiers, statements and records.

mod compare;
mod print;
mod statements;
mod subjects;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use serde::Serialize;

pub(super) use self::compare::compare;
pub(super) use self::print::people;

use super::args::ZoneDiff;
use super::exit::Exit;
use super::json;
use crate::clock::UnixTime;
use crate::zone::{Loaded, Severity, load_file};
use statements::StatementChange;

/// What became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Change {
    Added,
    Removed,
    Changed,
}

/// How a zone differs from another.
#[derive(Debug, Serialize)]
pub(super) struct Difference {
    apex: String,
    same: bool,
    serial: Serials,
    identifiers: Vec<SubjectChange>,
    records: Vec<RecordChange>,
}

impl Difference {
    /// Whether all is the same but for the serial.
    pub(super) fn is_empty(&self) -> bool {
        self.identifiers.is_empty() && self.records.is_empty()
    }

    /// What differs, by identifier or name, besides this one.
    pub(super) fn others_than(&self, label: &str) -> BTreeSet<&str> {
        let of = |name: &&str| name.eq_ignore_ascii_case(label);
        let subjects = self.identifiers.iter().filter_map(|subject| {
            let mut names = [&subject.identifier, &subject.owner].into_iter().flatten().map(String::as_str);
            let first = names.clone().next()?;
            (!names.any(|name| of(&name))).then_some(first)
        });
        let records = self.records.iter().map(|record| record.owner.as_str()).filter(|owner| !of(owner));
        subjects.chain(records).collect()
    }
}

#[derive(Debug, Serialize)]
struct Serials {
    from: u32,
    to: u32,
    /// `same`, `newer` or `older` (RFC 1982).
    order: &'static str,
}

/// What changed of an identifier; of a hashed name where nothing says whose it is.
#[derive(Debug, Serialize)]
struct SubjectChange {
    change: Change,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// The providers whose mappings are there.
    msps: Pair<Vec<String>>,
    statements: Vec<StatementChange>,
    records: Vec<RecordChange>,
}

/// What it was in the first zone and what it is in the second.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Pair<T> {
    from: T,
    to: T,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct RecordChange {
    change: Change,
    owner: String,
    r#type: String,
    ttl: Pair<Option<u32>>,
    /// In presentation form; none where all records of a set have another time to live.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
}

pub(super) fn run(args: &ZoneDiff, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let options = args.load.options(UnixTime::now());
    let [one, other] =
        [&args.one, &args.other].map(|file| load_file(file, args.load.allow_outside, &options));
    let (true, true) = (is_zone(&args.one, &one), is_zone(&args.other, &other)) else {
        return Ok(Exit::Usage);
    };
    let difference = match compare(&one, &other) {
        Ok(difference) => difference,
        Err(why) => {
            complain!("mimi-dns: {why}");
            return Ok(Exit::Usage);
        }
    };
    if args.json {
        json::print(&difference, out)?;
    } else {
        people(&difference, out)?;
    }
    Ok(if difference.same { Exit::Done } else { Exit::Failed })
}

/// Whether there is a zone; where there is none it is told why.
fn is_zone(file: &Path, loaded: &Loaded) -> bool {
    for finding in loaded.findings.iter().filter(|finding| finding.severity == Severity::Error) {
        complain!("{finding}");
    }
    if loaded.zone.is_none() {
        complain!("mimi-dns: {} has errors: it can't be compared", file.display());
    }
    loaded.zone.is_some()
}
