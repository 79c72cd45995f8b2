//! What is said at the start: what is served, and commands to try.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;

use super::shelf::Shelf;
use crate::cli::config::ZoneSource;
use crate::server::{Server, Transport};

/// What is listened for, and in words.
const TRANSPORTS: [(Transport, &str); 4] = [
    (Transport::Udp, "UDP and TCP"),
    (Transport::Tls, "TLS"),
    (Transport::Https, "HTTPS"),
    (Transport::Quic, "QUIC"),
];

/// Where the server listens, and for what.
pub(super) fn addresses(server: &Server) -> Vec<(String, String)> {
    let over = |(transport, what): (Transport, &'static str)| {
        server.local_addrs_over(transport).map(move |address| (address.to_string(), what.to_owned()))
    };
    TRANSPORTS.into_iter().flat_map(over).collect()
}

/// Writes it. An identifier only at a terminal: elsewhere this is a log.
pub(super) fn print(
    sources: &[ZoneSource],
    server: &Server,
    watched: Option<SocketAddr>,
    shelf: &Shelf,
    out: &mut dyn Write,
) -> io::Result<()> {
    let zones: Vec<(String, String)> = lines(shelf);
    let mut listening = Vec::new();
    for (over, what) in TRANSPORTS {
        let addresses: Vec<_> = server.local_addrs_over(over).map(|address| address.to_string()).collect();
        if !addresses.is_empty() {
            listening.push(format!("{}, {what}", addresses.join(" and ")));
        }
    }
    writeln!(out, "serving {} zones at {}", zones.len(), listening.join("; "))?;
    if let Some(watched) = watched {
        writeln!(out, "  http://{watched}/metrics, /health and /ready")?;
    }
    let width = zones.iter().map(|(apex, _)| apex.len()).max().unwrap_or(0);
    for (apex, line) in &zones {
        writeln!(out, "  {apex:width$}  {line}")?;
    }
    let (Some(address), Some((apex, _))) = (server.local_addrs().first(), zones.first()) else {
        return out.flush();
    };
    writeln!(out, "try")?;
    writeln!(out, "  dig @{} -p {} {apex} SOA", address.ip(), address.port())?;
    if let Some(example) = shelf.example() {
        let example = if io::stdout().is_terminal() { example.as_str() } else { "IDENTIFIER" };
        writeln!(out, "  dig @{} -p {} _mimi.{apex} TXT", address.ip(), address.port())?;
        let policy = sources.iter().map(|source| source.path.join("policy.toml")).find(|path| path.is_file());
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
