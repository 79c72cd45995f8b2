//! The `mimi-dns` command: arguments in, text and an exit code out.

/// Tells people something on standard error. That nobody listens there any more is no fault.
macro_rules! complain {
    ($($told:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($told)*);
    }};
}

mod args;
mod bulk;
mod config;
mod control;
mod enum_apply;
mod exit;
mod explain;
mod input;
mod installed;
mod json;
mod key;
mod key_states;
mod lookup;
mod lookup_all;
mod name;
mod network;
mod output;
mod progress;
mod serials;
mod serve;
mod signing;
mod statement;
mod statement_text;
mod stock;
mod verifying;
mod words;
mod zone;
mod zone_diff;
mod zone_edit;
mod zone_format;
mod zone_keys;
mod zone_lint;
mod zone_paths;
mod zone_sign;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::identifier::Identifier;
use args::{Cli, Command};
use exit::{Exit, UsageError};

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // Locked and buffered: a look-up of an address book prints many lines.
    let mut out = io::BufWriter::new(StandardOutput(io::stdout().lock()));
    let exit = run(cli, &mut out).and_then(|exit| Ok(out.flush().map(|()| exit)?));
    exit.unwrap_or_else(|error| exit::report(&error)).into()
}

/// Standard output, whose errors say what they are about.
struct StandardOutput<W>(W);

impl<W: Write> Write for StandardOutput<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.write(octets).map_err(named)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(named)
    }
}

/// Of the same kind: one that was interrupted is tried again, a closed pipe no failure.
fn named(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("standard output can't be written: {error}"))
}

fn run(cli: Cli, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match cli.command {
        Command::Serve(args) => serve::run(&args, out),
        Command::Config(command) => config::run(&command, out),
        Command::Control(args) => control::run(&args, out),
        Command::Lookup(args) => lookup::run(&args, out),
        Command::Explain(args) => explain::run(&args, out),
        Command::Name(args) => name::run(&args, out),
        Command::Enum(command) => enum_apply::run(&command, out),
        Command::Statement(command) => statement::run(&command, out),
        Command::Zone(command) => zone::run(&command, out),
        Command::Key(command) => key::run(&command, out),
        Command::Completions { shell } => Ok(installed::completions(shell, out)),
        Command::ManPages { folder } => installed::man_pages(&folder),
    }
}

/// Reads an identifier as people type it.
fn identifier(text: &str, region: Option<&str>) -> anyhow::Result<Identifier> {
    let typed = Identifier::typed(text);
    let typed = region.map_or(typed, |region| typed.region(region));
    Ok(typed.parse().map_err(|error| UsageError(error.at_terminal(text).to_string()))?)
}
