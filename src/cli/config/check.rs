//! `config check` and `config example`, and the checks that look beyond the file.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::definition::{Cookies, File, Listen};
use super::example::example;
use super::fault::Faults;
use super::value::At;
use super::{Gathered, Named, secrets, show, signing};
use crate::cli::args;
use crate::cli::exit::Exit;
use crate::cli::json;
use crate::cli::zone_paths::zone_files;
use crate::server::Certificates;
use crate::zone::quote;

/// Runs `config …`.
pub(in crate::cli) fn run(command: &args::Config, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        args::Config::Check { file, json, options } => check(file, *json, options, out),
        args::Config::Show { file, paths, options } => show::run(file.as_deref(), paths, options, out),
        args::Config::Example => {
            out.write_all(example().as_bytes())?;
            Ok(Exit::Done)
        }
    }
}

fn check(file: &Path, as_json: bool, options: &args::Options, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let gathered = Gathered::new(Some(file), &[], options, Named::IsThere);
    let is_good = gathered.file.is_some();
    if as_json {
        let findings = json::findings(&gathered.findings);
        json::print(&serde_json::json!({ "file": file, "ok": is_good, "findings": findings }), out)?;
    } else {
        for finding in &gathered.findings {
            writeln!(out, "{finding}")?;
        }
        if is_good {
            writeln!(out, "{}: ok", file.display())?;
        }
    }
    Ok(if is_good { Exit::Done } else { Exit::Failed })
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
                "name `chain` and `key` under [certificate], or --certificate and --key",
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
    let Cookies { enabled, require, .. } = &file.cookies;
    if require.value && !enabled {
        let message = "cookies are required, and none are given".to_owned();
        faults.error(require.offset, "no-cookies", message, "say `enabled = true`, or leave both out");
    }
    if let (None, Some(group)) = (&file.top.user, &file.top.group) {
        let message = "a group, and no user to become: the server would stay who it is".to_owned();
        faults.error(group.offset, "no-user", message, "name a `user` too, or leave both out");
    }
    if !file.signing.is_empty() && file.top.state.is_none() && file.top.keys.is_none() {
        let message = "zones are signed, and their keys are kept nowhere".to_owned();
        faults.error(None, "no-state", message, "name a folder under `state`, or one under `keys`");
    }
    if let (Some(state), Some(images)) = (&file.top.state, &file.top.images)
        && state.value == images.value
    {
        let message = "images stand in the folder of the state, which is one server's own".to_owned();
        faults.error(images.offset, "same-folder", message, "name a folder that holds nothing else");
    }
    signing::check(&file.signing, faults);
    addresses(file, faults);
}

/// Tells each address that is taken already, unless the system picks its port.
fn addresses(file: &File, faults: &mut Faults) {
    let Listen { dns, udp_threads: _, tls, https, quic } = &file.listen;
    let (mut tcp, mut udp) = (BTreeSet::new(), BTreeSet::new());
    let mut twice: Vec<&At<SocketAddr>> = Vec::new();
    for address in dns {
        udp.insert(address.value);
        twice.extend((!tcp.insert(address.value)).then_some(address));
    }
    twice.extend(
        tls.iter().chain(https).chain(&file.metrics.listen).filter(|address| !tcp.insert(address.value)),
    );
    twice.extend(quic.iter().filter(|address| !udp.insert(address.value)));
    for address in twice.into_iter().filter(|address| address.value.port() != 0) {
        let message = format!("{} is listened at already", address.value);
        faults.error(address.offset, "address-twice", message, "take one away, or give it another port");
    }
}

/// Tells every path that leads nowhere and should not, secrets that are none, and a certificate that can't be shown.
///
/// Paths are as they are written; `meant` tells what they mean.
pub(super) fn files(file: &File, named: Named, meant: impl Fn(&At<PathBuf>) -> PathBuf, faults: &mut Faults) {
    let zones = file.zone.iter().filter_map(|zone| zone.value.file.as_ref());
    let found = file.zones.paths.iter().filter_map(|path| Some((path, zone_files(&meant(path)).err()?)));
    let no_file = |path: &At<PathBuf>| match meant(path).metadata() {
        Ok(found) if !found.is_file() => {
            Some(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
        }
        Ok(_) => None,
        Err(error) => Some(error),
    };
    let files = zones.filter_map(|path| Some((path, no_file(path)?)));
    for (path, error) in found.chain(files).filter(|_| named == Named::IsThere) {
        let message = format!("{} can't be read: {error}", quoted(&path.value));
        faults.error(path.offset, "unreadable-file", message, "paths are taken from this file's folder");
    }
    if let Some(path) = &file.cookies.secrets
        && let Err(error) = secrets::from_file(&meant(path))
    {
        let message = format!("no cookie secrets in {}: {error:#}", quoted(&path.value));
        faults.error(path.offset, "bad-secrets", message, "paths are taken from this file's folder");
    }
    if let (Some(chain), Some(key)) = (&file.certificate.chain, &file.certificate.key)
        && let Err(error) = Certificates::load(meant(chain), meant(key))
    {
        faults.error(chain.offset, "bad-certificate", error.to_string(), "");
    }
}

fn quoted(path: &Path) -> String {
    quote(path.as_os_str().as_encoded_bytes())
}
