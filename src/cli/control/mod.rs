//! `control`: asks and tells a running server over its control socket.

pub(super) mod message;

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use anyhow::Context;

use super::args::{Control, ControlCommand};
use super::config::{Config, Named};
use super::exit::{Exit, UsageError};
use super::words::{span, time};
use crate::clock::UnixTime;
use message::{ReloadReport, Reply, Request, ServedReport, StatusReport, ZoneReport};

/// A reply of ten thousand zones has some megabytes.
const LONGEST_REPLY: u64 = 1 << 30;

pub(super) fn run(args: &Control, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let socket = socket(args)?;
    let line = match ask(&socket, &request(&args.command)) {
        Ok(line) => line,
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

/// The socket that was named, or that the configuration names.
fn socket(args: &Control) -> anyhow::Result<PathBuf> {
    if let Some(socket) = &args.socket {
        return Ok(socket.clone());
    }
    let Some(file) = &args.config else {
        return Err(UsageError("--socket or --config says which server is meant".to_owned()).into());
    };
    let checked = Config::load(file, Named::MayBeGone);
    for finding in &checked.findings {
        complain!("{finding}");
    }
    let config = checked.config.with_context(|| format!("{} can't be used", file.display()))?;
    config.control.with_context(|| {
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
        ControlCommand::Reload => Request::Reload { in_full },
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
