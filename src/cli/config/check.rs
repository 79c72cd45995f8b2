//! `config check` and `config example`, and the checks that look beyond the file.

use std::io::Write;
use std::path::Path;

use super::definition::{File, Listen};
use super::example::example;
use super::fault::Faults;
use super::{Config, Named};
use crate::cli::args;
use crate::cli::exit::Exit;
use crate::server::Certificates;
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

/// Tells what one key asks of another.
pub(super) fn whole(file: &File, faults: &mut Faults) {
    let Listen { tls, https, quic, .. } = &file.listen;
    let first = tls.iter().chain(https).chain(quic).next();
    match (&file.certificate.chain, &file.certificate.key, first) {
        (None, None, Some(listens)) => {
            let message = "encrypted transports, and no certificate to show".to_owned();
            faults.error(
                listens.offset,
                "no-certificate",
                message,
                "name `chain` and `key` under [certificate]",
            );
        }
        (Some(there), None, _) => {
            let message = "a certificate without its key".to_owned();
            faults.error(there.offset, "no-certificate", message, "name `key` too");
        }
        (None, Some(there), _) => {
            let message = "a key without its certificate".to_owned();
            faults.error(there.offset, "no-certificate", message, "name `chain` too");
        }
        (None, None, None) | (Some(_), Some(_), _) => {}
    }
}

/// Tells every path that leads nowhere, and a certificate that can't be shown.
pub(super) fn files(file: &File, folder: &Path, faults: &mut Faults) {
    for path in file.zones.paths.iter().chain(&file.cookies.secrets) {
        if let Err(error) = folder.join(&path.value).metadata() {
            let message = format!("{} can't be read: {error}", quoted(&path.value));
            faults.error(path.offset, "unreadable-file", message, "paths are taken from this file's folder");
        }
    }
    if let (Some(chain), Some(key)) = (&file.certificate.chain, &file.certificate.key)
        && let Err(error) = Certificates::load(folder.join(&chain.value), folder.join(&key.value))
    {
        faults.error(chain.offset, "bad-certificate", error.to_string(), "");
    }
}

fn quoted(path: &Path) -> String {
    quote(path.as_os_str().as_encoded_bytes())
}
