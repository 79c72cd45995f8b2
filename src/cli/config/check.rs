//! `config check` and `config example`, and the checks that look beyond the file.

use std::io::Write;
use std::path::Path;

use super::definition::File;
use super::example::example;
use super::fault::Faults;
use super::{Config, Named};
use crate::cli::args;
use crate::cli::exit::Exit;
use crate::zone::quote;

/// Runs `config …`.
pub(in crate::cli) fn run(command: &args::Config, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        args::Config::Check { file } => check(file, out),
        args::Config::Example => {
            out.write_all(example().as_bytes())?;
            Ok(Exit::Done)
        }
    }
}

fn check(file: &Path, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let checked = Config::load(file, Named::IsThere);
    for finding in &checked.findings {
        writeln!(out, "{finding}")?;
    }
    if checked.config.is_none() {
        return Ok(Exit::Failed);
    }
    writeln!(out, "{}: ok", file.display())?;
    Ok(Exit::Done)
}

/// Tells every path that leads nowhere.
pub(super) fn files(file: &File, folder: &Path, faults: &mut Faults) {
    for path in file.zones.paths.iter().chain(&file.cookies.secrets) {
        if let Err(error) = folder.join(&path.value).metadata() {
            let message = format!("{} can't be read: {error}", quoted(&path.value));
            faults.error(path.offset, "unreadable-file", message, "paths are taken from this file's folder");
        }
    }
}

fn quoted(path: &Path) -> String {
    quote(path.as_os_str().as_encoded_bytes())
}
