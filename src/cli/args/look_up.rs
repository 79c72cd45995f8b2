//! `lookup`, `explain`, `name` and `enum`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

use crate::record::Name;
use crate::resolver::Upstream;

/// What a look-up is made of.
#[derive(Debug, Args)]
pub(in crate::cli) struct Ask {
    /// The country in which a national number is dialled, as ISO 3166 code: GB
    #[arg(long, value_name = "CODE")]
    pub(in crate::cli) region: Option<String>,
    /// The server to ask instead of the system's resolvers, as 192.0.2.1:53 or tls://192.0.2.1:853#dns.example; may be
    /// given more than once
    #[arg(long, value_name = "SERVER")]
    pub(in crate::cli) server: Vec<Upstream>,
    /// Authorities, PEM, by whose certificates servers that are asked over TLS show who they are; else the policy's, or the
    /// system's
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) authorities: Option<PathBuf>,
    /// Whom to believe, and whom to ask
    #[arg(long, value_name = "FILE", env = "MIMI_DNS_POLICY")]
    pub(in crate::cli) policy: Option<PathBuf>,
    /// DS or DNSKEY records to validate from, in place of the policy's anchors; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) trust_anchor: Vec<PathBuf>,
    /// Ask only this discovery provider, by the apex of its zone
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) apex: Vec<Name>,
    /// Ask only this ENUM tree, by its suffix
    #[arg(long, value_name = "SUFFIX")]
    pub(in crate::cli) r#enum: Vec<Name>,
    /// Only endpoints of this protocol, as x-mimi, sip or https; may be given more than once
    #[arg(long, value_name = "PROTOCOL")]
    pub(in crate::cli) service: Vec<String>,
    /// Only providers that the user gave this tag
    #[arg(long)]
    pub(in crate::cli) tag: Option<String>,
    /// Believe an absence, or an ENUM answer, that no DNSSEC protects
    #[arg(long)]
    pub(in crate::cli) dangerous_insecure: bool,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("form").args(["short", "json"]))]
pub(in crate::cli) struct Lookup {
    /// A telephone number, an email address or a MIMI identifier
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    pub(in crate::cli) identifier: Option<String>,
    /// Look up each line of a file, or of standard input for -; told in the same order, a line for each: what was
    /// asked for, the result, URIs
    #[arg(long, value_name = "FILE", conflicts_with_all = ["short", "apex", "enum"])]
    pub(in crate::cli) file: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) ask: Ask,
    /// One URI a line, in order
    #[arg(long)]
    pub(in crate::cli) short: bool,
    /// The result with its evidence; with --file an object on each line
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Explain {
    /// A telephone number, an email address or a MIMI identifier
    pub(in crate::cli) identifier: String,
    #[command(flatten)]
    pub(in crate::cli) ask: Ask,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("tree").required(true).args(["apex", "enum"]))]
pub(in crate::cli) struct NameOf {
    /// A telephone number, an email address or a MIMI identifier
    pub(in crate::cli) identifier: String,
    /// The country in which a national number is dialled, as ISO 3166 code: GB
    #[arg(long, value_name = "CODE")]
    pub(in crate::cli) region: Option<String>,
    /// The hashed name below this apex
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) apex: Option<Name>,
    /// The ENUM name below this suffix
    #[arg(long, value_name = "SUFFIX")]
    pub(in crate::cli) r#enum: Option<Name>,
    /// Use these parameters: "v=mimi1; epoch=…; hash=…; salt=…; from=…"
    #[arg(long, value_name = "TXT", requires = "apex")]
    pub(in crate::cli) parameters: Option<String>,
    /// Take the parameters pinned in this policy
    #[arg(long, value_name = "FILE", env = "MIMI_DNS_POLICY")]
    pub(in crate::cli) policy: Option<PathBuf>,
    /// Where nothing is pinned: the server to ask for the parameters
    #[arg(long, value_name = "ADDR:PORT")]
    pub(in crate::cli) server: Vec<SocketAddr>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Enum {
    /// Apply the regexp field of a NAPTR record to a string (RFC 3402 §3.2)
    Apply {
        /// The field, as !^\+44(.*)$!sip:\1@example.org!
        regexp: String,
        /// The string, for ENUM a number with its plus
        string: String,
    },
}
