//! `serve` and `config`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};

use super::Outside;

#[derive(Debug, Args)]
pub(in crate::cli) struct Serve {
    /// Zone files, and folders whose *.zone files are served, besides those that the configuration names
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// The configuration; see `config example`
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) options: Options,
}

/// What stands in place of the configuration's keys.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct Options {
    /// Where to listen, UDP and TCP, in place of the configuration's addresses; may be given more than once
    /// [default: 127.0.0.1:5300 and [::1]:5300]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(in crate::cli) listen: Vec<SocketAddr>,
    /// Where to listen for DNS over TLS, in place of the configuration's addresses; may be given more than once
    #[arg(long, value_name = "ADDR:PORT")]
    pub(in crate::cli) listen_tls: Vec<SocketAddr>,
    /// Where to listen for DNS over HTTPS, in place of the configuration's addresses; may be given more than once
    #[arg(long, value_name = "ADDR:PORT")]
    pub(in crate::cli) listen_https: Vec<SocketAddr>,
    /// Where to listen for DNS over QUIC, in place of the configuration's addresses; may be given more than once
    #[arg(long, value_name = "ADDR:PORT")]
    pub(in crate::cli) listen_quic: Vec<SocketAddr>,
    /// The certificates for TLS, HTTPS and QUIC, PEM, the server's own first
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(in crate::cli) certificate: Option<PathBuf>,
    /// The private key of the certificate, PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(in crate::cli) key: Option<PathBuf>,
    /// Where to serve /metrics, /health and /ready over HTTP, in place of the configuration's address
    #[arg(long, value_name = "ADDR:PORT")]
    pub(in crate::cli) metrics: Option<SocketAddr>,
    #[command(flatten)]
    pub(in crate::cli) load: Outside,
    /// Set a key in place of what the configuration and the environment say, as log.level=debug; the value as TOML has
    /// it, lists too, or plain text; may be given more than once. The environment sets it as MIMI_DNS__LOG__LEVEL=debug
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    pub(in crate::cli) set: Vec<Setting>,
}

/// One of them.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Setting {
    pub(in crate::cli) key: String,
    pub(in crate::cli) value: String,
}

impl FromStr for Setting {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, value) = text.split_once('=').ok_or("there is no `=` in it")?;
        Ok(Self { key: key.trim().to_owned(), value: value.trim().to_owned() })
    }
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Config {
    /// Read a configuration as the server does, and tell every fault
    Check {
        /// The configuration
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Print the findings as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        options: Options,
    },
    /// Print the configuration that is in force: each value, and whether it comes from the file, the environment, the
    /// command line or is the default
    Show {
        /// The configuration; without it what a server does that has none
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// What would be served besides, as by `serve`
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        options: Options,
    },
    /// Print a configuration with every key, its meaning and its default
    Example,
}
