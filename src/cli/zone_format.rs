//! `zone format`: zone text laid out in columns.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use super::args::ZoneFormat;
use super::exit::{Exit, UsageError};
use super::output::replace_file;
use super::{input, json};
use crate::zone::{Finding, format_text};

/// What became of one file.
#[derive(Serialize)]
struct Formatted<'a> {
    file: &'a Path,
    changed: bool,
}

pub(super) fn run(args: &ZoneFormat, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let standard = args.files.iter().any(|file| file == Path::new("-"));
    if standard && (args.files.len() > 1 || (args.json && !args.check)) {
        let message = "standard input is laid out alone, and not as JSON";
        return Err(UsageError(message.to_owned()).into());
    }
    let (mut files, mut findings) = (Vec::new(), Vec::new());
    for file in &args.files {
        match one(file, args.check, out)? {
            Ok(changed) => files.push(Formatted { file, changed }),
            Err(finding) => findings.push(*finding),
        }
    }
    if args.json {
        let findings = json::findings(&findings);
        json::print(&serde_json::json!({ "files": files, "findings": findings }), out)?;
    } else {
        let done = if args.check { "would change" } else { "changed" };
        let told = |file: &&Formatted<'_>| file.changed && (args.check || !standard);
        for Formatted { file, .. } in files.iter().filter(told) {
            writeln!(out, "{}: {done}", file.display())?;
        }
        findings.iter().for_each(|finding| complain!("{finding}"));
    }
    let changed = files.iter().any(|file| file.changed);
    Ok(if !findings.is_empty() || (args.check && changed) { Exit::Failed } else { Exit::Done })
}

/// Whether the file changes. Standard input is written out in any case.
fn one(file: &PathBuf, check: bool, out: &mut dyn Write) -> anyhow::Result<Result<bool, Box<Finding>>> {
    let text = input::read(file)?;
    let formatted = match format_text(file, &text) {
        Ok(formatted) => formatted,
        Err(finding) => return Ok(Err(finding)),
    };
    let changed = formatted != text;
    match check {
        true => {}
        false if file == Path::new("-") => out.write_all(&formatted)?,
        false if changed => {
            replace_file(file, &formatted).with_context(|| format!("{} can't be written", file.display()))?
        }
        false => {}
    }
    Ok(Ok(changed))
}
