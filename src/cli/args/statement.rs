//! `statement`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Statement {
    /// Sign the drafts in a file with one party's key
    Sign(StatementSign),
    /// Show statements in words, from a file or from what dig printed
    Show {
        /// A file, or - for standard input
        #[arg(default_value = "-", value_name = "FILE")]
        input: PathBuf,
    },
    /// Verify the signatures of statements
    Verify(StatementVerify),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct StatementSign {
    /// A file of $IDENTIFIER lines and drafts, or - for standard input
    #[arg(value_name = "FILE")]
    pub(in crate::cli) drafts: PathBuf,
    /// The party's key, PKCS#8 PEM; drafts that name another key in sign= stay as they are
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) key: PathBuf,
    /// Where to write; standard output without it
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct StatementVerify {
    /// A file of $IDENTIFIER lines and statements, or - for standard input
    #[arg(default_value = "-", value_name = "FILE")]
    pub(in crate::cli) input: PathBuf,
    /// Whose statements these are, where the input doesn't say it by $IDENTIFIER
    #[arg(long)]
    pub(in crate::cli) identifier: Option<String>,
    /// A public key as the TXT that `key show` prints, or a PEM file; may be given more than once
    #[arg(long, value_name = "KEY")]
    pub(in crate::cli) key: Vec<String>,
    /// Take the keys pinned in this policy
    #[arg(long, value_name = "FILE", env = "MIMI_DNS_POLICY")]
    pub(in crate::cli) policy: Option<PathBuf>,
}
