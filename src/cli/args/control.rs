//! `control`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::record::Name;

#[derive(Debug, Args)]
pub(in crate::cli) struct Control {
    /// The server's control socket; where neither it nor --config is given that of MIMI_DNS_CONTROL
    #[arg(long, value_name = "FILE", global = true)]
    pub(in crate::cli) socket: Option<PathBuf>,
    /// The server's configuration, which names the socket [default: /etc/mimi-dns/mimi-dns.toml, where it is there]
    #[arg(short, long, value_name = "FILE", conflicts_with = "socket", global = true)]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Print the server's reply as JSON
    #[arg(long, global = true)]
    pub(in crate::cli) json: bool,
    #[command(subcommand)]
    pub(in crate::cli) command: ControlCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ControlCommand {
    /// How the server is; exits with 1 where no clients should be sent to it
    Status,
    /// What it serves, from which files, and what is wrong with them
    Zones {
        /// This one only
        #[arg(value_name = "APEX")]
        zone: Option<Name>,
    },
    /// Read the configuration and what has changed of the zones again; exits with 1 where something stays as it was
    Reload {
        /// Only what has changed of this zone, and no configuration
        #[arg(value_name = "APEX")]
        zone: Option<Name>,
    },
    /// Let whoever is limited begin anew
    ForgetLimits,
    /// Write so much to the log
    LogLevel {
        /// error, warn, info or debug
        level: String,
    },
    /// Have /ready say that no clients should be sent here, and go on answering
    Drain,
    /// The opposite of drain
    Resume,
    /// End the server, as SIGTERM does
    Stop,
}
