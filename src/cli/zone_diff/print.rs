//! A difference in lines: `+` came, `-` went, `~` changed.

use std::io::{self, Write};

use super::statements::{Became, StatementChange};
use super::{Change, Difference, RecordChange, SubjectChange};
use crate::cli::lookup::printable;
use crate::cli::words;
use crate::clock::UnixTime;

pub(in crate::cli) fn people(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    let Difference { apex, same, serial, identifiers, records } = difference;
    if *same {
        return writeln!(out, "{apex} serial {}: the same", serial.from);
    }
    let note = match serial.order {
        "same" => ", and it stays: secondaries won't notice that the zone changed",
        "older" => ", which is older (RFC 1982): secondaries keep what they have",
        _ => "",
    };
    writeln!(out, "{apex} serial {} -> {}{note}", serial.from, serial.to)?;
    for subject in identifiers {
        of_subject(subject, out)?;
    }
    for record in records {
        writeln!(out, "{}", line(record, Some(&record.owner)))?;
    }
    let count = |change| identifiers.iter().filter(|subject| subject.change == change).count();
    writeln!(
        out,
        "identifiers: {} came, {} went, {} changed; {} other records differ",
        count(Change::Added),
        count(Change::Removed),
        count(Change::Changed),
        records.len()
    )
}

impl Change {
    const fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Changed => '~',
        }
    }
}

fn of_subject(subject: &SubjectChange, out: &mut dyn Write) -> io::Result<()> {
    let label = subject.identifier.as_deref().or(subject.owner.as_deref()).unwrap_or_default();
    write!(out, "{} {}", subject.change.sign(), printable(label))?;
    let none = |msps: &[String]| if msps.is_empty() { "no provider".to_owned() } else { msps.join(", ") };
    let (from, to) = (&subject.msps.from, &subject.msps.to);
    match subject.change {
        Change::Added => writeln!(out, ": {}", none(to))?,
        Change::Removed => writeln!(out, ": {}", none(from))?,
        Change::Changed if from != to => writeln!(out, ": {} -> {}", none(from), none(to))?,
        Change::Changed => writeln!(out)?,
    }
    for statement in &subject.statements {
        of_statement(statement, out)?;
    }
    for record in &subject.records {
        writeln!(out, "    {}", line(record, None))?;
    }
    Ok(())
}

fn of_statement(statement: &StatementChange, out: &mut dyn Write) -> io::Result<()> {
    let StatementChange { change, kind, of, until, older, went, came } = statement;
    let Some(kind) = kind else {
        return writeln!(out, "    {} a statement that is not understood", change.sign());
    };
    let of = if *kind == "wishes" { format!("holder {}", of.get(..16).unwrap_or(of)) } else { of.clone() };
    let until = until.to.or(until.from).map(|until| words::time(UnixTime(until))).unwrap_or_default();
    let became = match change {
        Became::Added | Became::Withdrawn => "",
        Became::Renewed => " renewed",
        Became::Changed => " changed",
    };
    let older = if *older { ", older than it was: who saw the newer one does not believe it" } else { "" };
    writeln!(out, "    {} {kind} of {of}{became}, until {until}{older}", change.sign())?;
    let both = matches!(change, Became::Changed);
    for (sign, lines) in [("- ", went), ("+ ", came)] {
        for line in lines {
            writeln!(out, "        {}{line}", if both { sign } else { "" })?;
        }
    }
    Ok(())
}

fn line(record: &RecordChange, owner: Option<&str>) -> String {
    let RecordChange { change, r#type, ttl, data, .. } = record;
    let owner = owner.map(|owner| format!("{owner} ")).unwrap_or_default();
    match (data, ttl.from, ttl.to) {
        (None, from, to) => {
            let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
            format!("{} {owner}{type}: TTL {from} -> {to}", change.sign())
        }
        (Some(data), from, to) => {
            format!("{} {owner}{} {type} {}", change.sign(), to.or(from).unwrap_or_default(), printable(data))
        }
    }
}
