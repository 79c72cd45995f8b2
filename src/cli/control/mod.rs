//! `control`: asks and tells a running server over its control socket.

pub(super) mod message;

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::args::{Control, ControlCommand};
use super::config::control_socket;
use super::exit::{Exit, UsageError};
use super::words::{span, time};
use crate::clock::UnixTime;
use message::{ReloadReport, Reply, Request, ServedReport, StatusReport, ZoneReport};

/// Where packages put the configuration.
const PACKAGED: &str = "/etc/mimi-dns/mimi-dns.toml";
/// A reply of ten thousand zones has some megabytes.
const LONGEST_REPLY: u64 = 1 << 30;

pub(super) fn run(args: &Control, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let socket = socket(args, Path::new(PACKAGED))?;
    let line = match ask(&socket, &request(&args.command)) {
        Ok(line) => line,
        Err(error) if is_forbidden(&error) => {
            complain!(
                "mimi-dns: {} may be asked by root and by the user that the server runs as: {error:#}",
                socket.display()
            );
            return Ok(Exit::Failed);
        }
        Err(error) => {
            complain!("mimi-dns: no server answers at {}: {error:#}", socket.display());
            return Ok(Exit::Unreachable);
        }
    };
    let reply: Reply = serde_json::from_str(&line).context("the server's reply can't be read")?;
    if args.json {
        out.write_all(line.as_bytes())?;
    } else {
        print(&reply, out)?;
    }
    Ok(match reply {
        Reply::Refused { .. } | Reply::Status(StatusReport { ready: false, .. }) => Exit::Failed,
        Reply::Reloaded(report) if !report.is_whole() => Exit::Failed,
        _ => Exit::Done,
    })
}

/// The socket that was named, or that the configuration names: the one on the command line, else the packaged one.
fn socket(args: &Control, packaged: &Path) -> anyhow::Result<PathBuf> {
    let in_environment =
        || std::env::var_os("MIMI_DNS_CONTROL").filter(|_| args.config.is_none()).map(PathBuf::from);
    if let Some(socket) = args.socket.clone().or_else(in_environment) {
        return Ok(socket);
    }
    let file = match &args.config {
        Some(file) => file,
        None if packaged.exists() => packaged,
        None => {
            let message = format!(
                "--socket or --config says which server is meant, where there is no {}",
                packaged.display()
            );
            return Err(UsageError(message).into());
        }
    };
    let named = control_socket(file).map_err(|why| {
        anyhow::anyhow!(
            "{} can't be read: {why}; --socket names the server's socket without it",
            file.display()
        )
    })?;
    named.with_context(|| {
        format!("{} names no socket: give it `control`, or `state`, in which it is then", file.display())
    })
}

fn request(command: &ControlCommand) -> Request {
    // Elsewhere it goes to a log: systemd keeps what a reload prints.
    let in_full = std::io::stdout().is_terminal();
    match command {
        ControlCommand::Status => Request::Status {},
        ControlCommand::Zones { zone } => {
            Request::Zones { zone: zone.as_ref().map(ToString::to_string), in_full }
        }
        ControlCommand::Reload { zone } => {
            Request::Reload { zone: zone.as_ref().map(ToString::to_string), in_full }
        }
        ControlCommand::ForgetLimits => Request::ForgetLimits {},
        ControlCommand::LogLevel { level } => Request::LogLevel { level: level.clone() },
        ControlCommand::Drain => Request::Drain {},
        ControlCommand::Resume => Request::Resume {},
        ControlCommand::Stop => Request::Stop {},
    }
}

/// Sends a request and waits for the reply, however long a reload takes.
fn ask(socket: &PathBuf, request: &Request) -> anyhow::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    stream.write_all(line.as_bytes())?;
    let mut reply = String::new();
    BufReader::new(stream.take(LONGEST_REPLY)).read_line(&mut reply)?;
    anyhow::ensure!(reply.ends_with('\n'), "it ended the connection");
    Ok(reply)
}

/// Whether there is a socket that is not for this user.
fn is_forbidden(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<std::io::Error>();
    error.is_some_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}

fn print(reply: &Reply, out: &mut dyn Write) -> std::io::Result<()> {
    match reply {
        Reply::Status(status) => print_status(status, out),
        Reply::Zones { zones } => zones.iter().try_for_each(|zone| print_zone(zone, out)),
        Reply::Reloaded(report) => print_reload(report, out),
        Reply::Done { message } => writeln!(out, "{message}"),
        Reply::Refused { message } => {
            complain!("mimi-dns: {message}");
            Ok(())
        }
    }
}

fn print_status(status: &StatusReport, out: &mut dyn Write) -> std::io::Result<()> {
    let StatusReport { version, pid, started, .. } = status;
    let since = UnixTime::now().0.saturating_sub(*started);
    writeln!(out, "mimi-dns {version}, process {pid}, since {}, {}", time(UnixTime(*started)), span(since))?;
    for note in &status.notes {
        writeln!(out, "{note}")?;
    }
    for (address, transports) in &status.listening {
        writeln!(out, "listening    {address} {transports}")?;
    }
    writeln!(out, "zones        {} of {} files, {} names", status.zones, status.files, status.names)?;
    writeln!(out, "requests     {}", status.requests)?;
    writeln!(out, "connections  {}", status.connections)?;
    writeln!(out, "reloads      {} done, {} partial", status.reloads_done, status.reloads_partial)?;
    writeln!(out, "log level    {}", status.log_level)
}

fn print_zone(zone: &ZoneReport, out: &mut dyn Write) -> std::io::Result<()> {
    match &zone.served {
        Some(served) => {
            let ServedReport { zone: apex, serial, names, loaded, took_ms, from, due, .. } = served;
            writeln!(out, "{apex} serial {serial}, {names} names, from {}", zone.file)?;
            let loaded = time(UnixTime(*loaded));
            let due = due.map(|due| format!("; again at {} at the latest", time(UnixTime(due))));
            writeln!(out, "  loaded at {loaded} from {from} in {took_ms} ms{}", due.unwrap_or_default())?;
            if let Some(end) = served.statements_end {
                writeln!(out, "  the first statement ends at {}", time(UnixTime(end)))?;
            }
            if let Some(begin) =
                served.signatures_begin.map(UnixTime).filter(|&begin| begin > UnixTime::now())
            {
                writeln!(out, "  not all signatures are valid before {}: a clock was wrong", time(begin))?;
            }
            if let (Some(end), None) = (served.signatures_end, &served.signed) {
                writeln!(out, "  the first signature ends at {}", time(UnixTime(end)))?;
            }
            if let Some(signed) = &served.signed {
                let expires = signed.expires.map_or("nothing yet".to_owned(), |end| {
                    format!("the first signature ends at {}", time(UnixTime(end)))
                });
                writeln!(out, "  signed here: {expires}")?;
                if let Some(fault) = &signed.fault {
                    writeln!(out, "  could not be signed again: {fault}")?;
                }
            }
            if let Some(fault) = &zone.fault {
                writeln!(out, "  as before: the file {fault}")?;
            }
        }
        None => {
            let fault = zone.fault.as_deref().unwrap_or("was not read yet");
            writeln!(out, "not served: {} {fault}", zone.file)?;
        }
    }
    zone.errors.iter().try_for_each(|error| writeln!(out, "  {error}"))
}

fn print_reload(report: &ReloadReport, out: &mut dyn Write) -> std::io::Result<()> {
    let ReloadReport { loaded, unchanged, removed, errors, .. } = report;
    for fault in &report.configuration {
        writeln!(out, "{fault}")?;
    }
    if !report.configuration.is_empty() {
        writeln!(out, "as before: the settings, since the configuration has errors")?;
    }
    for zone in &report.zones {
        print_zone(zone, out)?;
    }
    for key in &report.needs_restart {
        writeln!(out, "from the next start on: {key}")?;
    }
    writeln!(out, "{loaded} loaded, {unchanged} unchanged, {removed} removed, {errors} errors")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn named(arguments: &[&str], packaged: &Path) -> anyhow::Result<PathBuf> {
        let cli = Cli::try_parse_from([&["mimi-dns", "control"], arguments].concat())?;
        let Command::Control(args) = cli.command else { panic!("another command") };
        socket(&args, packaged)
    }

    #[test]
    fn the_packaged_configuration_counts_where_nothing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let [file, other] = ["a.toml", "b.toml"].map(|name| folder.path().join(name));
        std::fs::write(&file, "version = 1\nstate = \"/var/a\"\n").unwrap();
        std::fs::write(&other, "control = \"/run/b\"\n").unwrap();
        let path = other.to_str().unwrap();
        let packaged = |arguments: &[&str]| named(arguments, &file).unwrap();
        assert_eq!(packaged(&["status"]), Path::new("/var/a/control"));
        for arguments in
            [&["--config", path, "status"][..], &["status", "--config", path], &["status", "-c", path]]
        {
            assert_eq!(packaged(arguments), Path::new("/run/b"), "{arguments:?}");
        }
        assert_eq!(packaged(&["zones", "a.example", "--json", "--socket", "/run/c"]), Path::new("/run/c"));
        let nowhere = named(&["status"], &folder.path().join("c.toml")).unwrap_err();
        assert!(nowhere.is::<UsageError>(), "{nowhere:#}");
    }
}
