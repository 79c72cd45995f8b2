//! `zone import` and `zone export`: tables of records, a row for each.

mod csv;
mod export;
mod fields;
mod import;
mod jsonl;
mod repeats;
mod row;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use self::import::{Importer, Options};
use self::row::{Fault, Field, Place, Row, column};
use super::args::{TableFormat, ZoneExport, ZoneImport};
use super::exit::{Exit, UsageError};
use super::input::folder_of;
use super::output::{Replacement, nameless};
use super::{json, progress, stock};
use crate::clock::UnixTime;
use crate::record::Name;
use crate::zone::{Finding, Folder, Severity, TextCheck};

/// Rows in either form.
enum Rows<'r> {
    Csv(csv::CsvReader<'r>),
    Jsonl(jsonl::JsonReader<'r>),
}

impl Rows<'_> {
    fn next_row(&mut self) -> io::Result<Option<Result<Row, Fault>>> {
        match self {
            Self::Csv(rows) => rows.next_row(),
            Self::Jsonl(rows) => rows.next_row(),
        }
    }
}

fn rows(format: TableFormat, input: &mut dyn BufRead) -> Rows<'_> {
    match format {
        TableFormat::Csv => Rows::Csv(csv::CsvReader::new(input)),
        TableFormat::Jsonl => Rows::Jsonl(jsonl::JsonReader::new(input)),
    }
}

pub(super) fn import(args: &ZoneImport, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let format = format_of(&args.table, args.format)?;
    let defaults = args.set.iter().map(|set| default(set)).collect::<anyhow::Result<Vec<_>>>()?;
    let options = Options { defaults, suffix: args.r#enum.clone(), region: args.region.clone() };
    let folder = folder_of(&args.output);
    let files = Folder::new(folder).with_context(|| format!("{} can't be read", folder.display()))?;
    let files = if args.load.allow_outside { files.allowing_outside() } else { files };
    let check = TextCheck::new(&files, folder.to_owned(), Name::root(), UnixTime::now());
    let most = usize::try_from(args.errors).unwrap_or(usize::MAX);
    let (input, mut progress) = progress::open(&args.table, "rows")?;
    let mut input = BufReader::with_capacity(1 << 16, input);
    let standard = args.output == Path::new("-");
    let cannot = || format!("{} can't be written", args.output.display());
    let mut sink =
        Sink::begin(&args.output, standard, std::slice::from_ref(&args.table)).with_context(cannot)?;
    let mut importer = Importer::new(&options, &check, &mut sink, most);
    let mut rows = rows(format, &mut input);
    while let Some(row) =
        rows.next_row().with_context(|| format!("{} can't be read", args.table.display()))?
    {
        importer.take(row).with_context(cannot)?;
        progress.show(importer.rows);
        if importer.errors >= most {
            break;
        }
    }
    importer.finish().with_context(cannot)?;
    if importer.rows == 0 && !args.allow_empty {
        importer.tell(Severity::Error, no_rows());
    }
    progress.end();
    let Importer { rows, identifiers, errors, warnings, faults, .. } = importer;
    let findings = findings(faults, &args.table, most, errors.max(warnings) > most);
    // What was looked for no longer is not counted.
    let errors = errors.min(most);
    if errors == 0 {
        sink.finish(out).with_context(cannot)?;
    }
    if args.json {
        let findings = json::findings(&findings);
        let told = serde_json::json!({ "rows": rows, "identifiers": identifiers, "errors": errors, "findings": findings });
        if standard {
            complain!("{told:#}");
        } else {
            json::print(&told, out)?;
        }
    } else {
        findings.iter().for_each(|finding| complain!("{finding}"));
        let written = if errors > 0 { "nothing was written" } else { "written" };
        let output = args.output.display();
        complain!(
            "{output}: {written}; {rows} rows, {identifiers} identifiers, {errors} errors, {warnings} warnings"
        );
    }
    Ok(if errors > 0 { Exit::Failed } else { Exit::Done })
}

/// Whoever reads of nobody would let everybody go: more often than not something failed before.
fn no_rows() -> Fault {
    let at = Place { line: 1, column: 1 };
    Fault::new(at, "no-rows", "the table has no rows", "look why it has none, or give --allow-empty")
}

/// Where text goes before it is known to be whole.
enum Sink {
    File(Replacement),
    /// What is written to standard output can't be taken back: until then it is kept on disk, which memory might not
    /// hold.
    Standard(File),
}

impl Sink {
    fn begin(path: &Path, standard: bool, read: &[PathBuf]) -> io::Result<Self> {
        if standard { nameless().map(Self::Standard) } else { Replacement::begin(path, read).map(Self::File) }
    }

    fn finish(self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::File(replacement) => replacement.finish(),
            Self::Standard(mut file) => {
                file.rewind()?;
                io::copy(&mut file, out)?;
                out.flush()
            }
        }
    }
}

impl Write for Sink {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(replacement) => replacement.write(octets),
            Self::Standard(file) => file.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(replacement) => replacement.flush(),
            Self::Standard(file) => file.flush(),
        }
    }
}

/// The first of each severity in the order of the rows, and whether there are more.
fn findings(mut faults: Vec<(Severity, Fault)>, table: &Path, most: usize, more: bool) -> Vec<Finding> {
    faults.sort_by_key(|(_, fault)| (fault.at.line, fault.at.column));
    let (mut errors, mut warnings) = (0, 0);
    faults.retain(|(severity, _)| {
        let count = match severity {
            Severity::Error => &mut errors,
            Severity::Warning => &mut warnings,
        };
        *count += 1;
        *count <= most
    });
    let mut findings: Vec<Finding> =
        faults.into_iter().map(|(severity, fault)| fault.in_file(table, severity)).collect();
    if more {
        let place = Place::default();
        let last = Fault::new(place, "not-listed", "there are more", "mend these first, or give --errors");
        let mut last = last.in_file(table, Severity::Warning);
        last.at = None;
        findings.push(last);
    }
    findings
}

/// `COLUMN=VALUE`.
fn default(set: &str) -> anyhow::Result<(&'static str, String)> {
    let usage = |message: String| UsageError(message);
    let (name, value) = set.split_once('=').ok_or_else(|| usage(format!("{set} is not COLUMN=VALUE")))?;
    let column = column(name, Place::default())
        .map_err(|fault| usage(format!("{}; {}", fault.message, fault.remedy)))?;
    let column = column.ok_or_else(|| usage(format!("{name} is passed over")))?;
    Ok((column, value.to_owned()))
}

/// The form that is asked for, or that the file's name ends in.
fn format_of(path: &Path, asked: Option<TableFormat>) -> anyhow::Result<TableFormat> {
    let known = match path.extension().and_then(|end| end.to_str()) {
        Some("csv") => Some(TableFormat::Csv),
        Some("jsonl" | "ndjson") => Some(TableFormat::Jsonl),
        _ => None,
    };
    let message = "say --format csv or --format jsonl: the file's name ends in neither";
    Ok(asked.or(known).ok_or_else(|| UsageError(message.to_owned()))?)
}

/// The text of one record, or of one statement with several endpoints, from what columns say: with its
/// `$IDENTIFIER` line in front, where it belongs to an identifier.
///
/// # Errors
/// The folder can't be read; within, what the loader would say of it.
pub(super) fn record_text(
    columns: &[(&'static str, String)],
    folder: &Path,
    allow_outside: bool,
    now: UnixTime,
) -> anyhow::Result<Result<String, Vec<Finding>>> {
    let files = Folder::new(folder).with_context(|| format!("{} can't be read", folder.display()))?;
    let files = if allow_outside { files.allowing_outside() } else { files };
    let check = TextCheck::new(&files, folder.to_owned(), Name::root(), now);
    let options = Options { defaults: Vec::new(), suffix: None, region: None };
    let mut text = Vec::new();
    let mut importer = Importer::new(&options, &check, &mut text, usize::MAX);
    let (uris, others): (Vec<_>, Vec<_>) = columns.iter().partition(|(column, _)| *column == "uri");
    for at in 0..uris.len().max(1) {
        let columns = others.iter().chain(uris.get(at));
        let fields = columns.map(|field| {
            let (column, text) = &**field;
            Field { column, text: text.clone(), at: Place::default() }
        });
        let row = Row { at: Place::default(), fields: fields.collect() };
        importer.take(Ok(row))?;
    }
    importer.finish()?;
    let faults = std::mem::take(&mut importer.faults).into_iter();
    let placed =
        faults.map(|(severity, fault)| Finding { at: None, ..fault.in_file(Path::new(""), severity) });
    let findings: Vec<Finding> = placed.collect();
    if stock::count(&findings).0 > 0 {
        return Ok(Err(findings));
    }
    Ok(Ok(String::from_utf8(text).context("what was written is UTF-8")?))
}

pub(super) fn export(args: &ZoneExport, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let format = match (args.format, args.output == Path::new("-")) {
        (None, true) => TableFormat::Csv,
        (asked, _) => format_of(&args.output, asked)?,
    };
    let now = UnixTime::now();
    let loaded = super::zone::loaded(&args.source, &args.load, now);
    let Some(zone) = &loaded.zone else { return Ok(Exit::Failed) };
    if args.output == Path::new("-") {
        export::export(&loaded, zone, format, args.identifiers, out)?;
        return Ok(Exit::Done);
    }
    let cannot = || format!("{} can't be written", args.output.display());
    let mut writer = BufWriter::new(Replacement::begin(&args.output, &loaded.files).with_context(cannot)?);
    let count = export::export(&loaded, zone, format, args.identifiers, &mut writer).with_context(cannot)?;
    let replacement = writer.into_inner().map_err(io::IntoInnerError::into_error).with_context(cannot)?;
    replacement.finish().with_context(cannot)?;
    complain!("{}: {count} rows", args.output.display());
    Ok(Exit::Done)
}
