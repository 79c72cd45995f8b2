//! `serve` and `config`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Load;
use crate::server::Transport;

#[derive(Debug, Args)]
pub(in crate::cli) struct Serve {
    /// Zone files, and folders whose *.zone files are served, besides those that the configuration names
    #[arg(required_unless_present = "config", value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// The configuration; see `config example`
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
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
    pub(in crate::cli) load: Load,
}

impl Serve {
    /// What is listened at for each encrypted transport.
    pub(in crate::cli) fn encrypted(&self) -> [(Transport, &[SocketAddr]); 3] {
        [
            (Transport::Tls, &self.listen_tls),
            (Transport::Https, &self.listen_https),
            (Transport::Quic, &self.listen_quic),
        ]
    }
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Config {
    /// Read a configuration as the server does, and tell every fault
    Check {
        /// The configuration
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print a configuration with every key, its meaning and its default
    Example,
}
