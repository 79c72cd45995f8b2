//! The one definition of the command line: parser, help and usage errors come from it.

mod control;
mod key;
mod look_up;
mod serve;
mod statement;
mod zone;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::clock::UnixTime;
use crate::record::Name;
use crate::zone::LoadOptions;

pub(super) use control::{Control, ControlCommand};
pub(super) use key::{Key, KeyDs, KeyGenerate, KeyRoll, KeysAt, KeysOf, Role};
pub(super) use look_up::{Ask, Enum, Explain, Lookup, NameOf};
pub(super) use serve::{Config, Options, Serve, Setting};
pub(super) use statement::{Statement, StatementSign, StatementVerify};
pub(super) use zone::{
    Digest, EditAt, NewEndpoint, Serial, TableFormat, Zone, ZoneAdd, ZoneBuild, ZoneCheck, ZoneDiff,
    ZoneExport, ZoneFormat, ZoneImport, ZoneMove, ZoneRemove, ZoneSign,
};

/// On which messaging providers can this number, email address or MIMI identifier be reached, and
/// can the answer be believed?
#[derive(Debug, Parser)]
#[command(name = "mimi-dns", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 found or done, 1 failed, 2 usage, 3 no mapping, 4 opted out, \
                          5 not to be believed, 6 could not be reached";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve zones over UDP, TCP, TLS, HTTPS and QUIC
    Serve(Serve),
    /// Work with configuration files
    #[command(subcommand)]
    Config(Config),
    /// Ask and tell a running server
    Control(Control),
    /// Find the endpoints of an identifier, verified and in order
    Lookup(Lookup),
    /// Show each step of a look-up: normalisation, hash, owner name, records, statements, choice
    Explain(Explain),
    /// Print the owner name of an identifier, for dig
    Name(NameOf),
    /// Work with ENUM rules
    #[command(subcommand)]
    Enum(Enum),
    /// Sign, show and verify statements
    #[command(subcommand)]
    Statement(Statement),
    /// Check, build and sign zones
    #[command(subcommand)]
    Zone(Zone),
    /// Make and show keys
    #[command(subcommand)]
    Key(Key),
    /// Print what completes this command's words in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write manual pages, mimi-dns.1 and one for each subcommand
    ManPages {
        /// Where to; made where it is not there
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
}

#[derive(Debug, Clone, Default, Args)]
pub(super) struct Outside {
    /// Let $INCLUDE and key files stand outside of the zone's own folder
    #[arg(long)]
    pub(super) allow_outside: bool,
}

/// How a zone's text is read.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Load {
    /// Let $INCLUDE and key files stand outside of the zone's own folder
    #[arg(long)]
    pub(super) allow_outside: bool,
    /// The zone's name, for a file without $ORIGIN, as those of a configuration's [[zone]] may be
    #[arg(long, value_name = "NAME")]
    pub(super) origin: Option<Name>,
}

impl Load {
    /// As of this time.
    pub(super) fn options(&self, now: UnixTime) -> LoadOptions {
        LoadOptions { now, origin: self.origin.clone(), ..LoadOptions::default() }
    }
}
