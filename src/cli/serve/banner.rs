//! What is said at the start: what is served, and commands to try.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use super::shelf::Shelf;

/// Writes it. An identifier only at a terminal: elsewhere this is a log.
pub(super) fn print(
    paths: &[PathBuf],
    addresses: &[SocketAddr],
    watched: Option<SocketAddr>,
    shelf: &Shelf,
    out: &mut dyn Write,
) -> io::Result<()> {
    let listening: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    let zones: Vec<(String, String)> = lines(shelf);
    writeln!(out, "serving {} zones at {}, UDP and TCP", zones.len(), listening.join(" and "))?;
    if let Some(watched) = watched {
        writeln!(out, "  http://{watched}/metrics, /health and /ready")?;
    }
    let width = zones.iter().map(|(apex, _)| apex.len()).max().unwrap_or(0);
    for (apex, line) in &zones {
        writeln!(out, "  {apex:width$}  {line}")?;
    }
    let (Some(address), Some((apex, _))) = (addresses.first(), zones.first()) else { return out.flush() };
    writeln!(out, "try")?;
    writeln!(out, "  dig @{} -p {} {apex} SOA", address.ip(), address.port())?;
    if let Some(example) = shelf.example() {
        let example = if io::stdout().is_terminal() { example.as_str() } else { "IDENTIFIER" };
        writeln!(out, "  dig @{} -p {} _mimi.{apex} TXT", address.ip(), address.port())?;
        let policy = paths.iter().map(|path| path.join("policy.toml")).find(|path| path.is_file());
        let policy = policy.map_or("FILE".into(), |path| path.display().to_string());
        writeln!(out, "  mimi-dns lookup {example} --server {address} --policy {policy}")?;
    }
    out.flush()
}

fn lines(shelf: &Shelf) -> Vec<(String, String)> {
    let files = shelf.status();
    let served = files.iter().filter_map(|status| Some((status.zone.as_ref()?, &status.file)));
    served
        .map(|(zone, file)| {
            let line = format!("serial {}, {} names, from {}", zone.serial, zone.names, file.display());
            (zone.apex.to_string(), line)
        })
        .collect()
}
