//! `key`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use crate::record::Name;
use crate::record::dnssec::Algorithm;

/// What a zone's key is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Role {
    /// Signs everything, where it is the only one
    Csk,
    /// Signs the keys; the parent's DS record points to it
    Ksk,
    /// Signs all but the keys
    Zsk,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct KeyGenerate {
    /// Where to write an Ed25519 key for statements, PKCS#8 PEM; an existing file is never overwritten
    #[arg(value_name = "FILE", required_unless_present = "zone")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Make a key that signs this zone, in BIND's form, in place of one for statements
    #[arg(long, value_name = "NAME", requires = "keys", conflicts_with = "output")]
    pub(in crate::cli) zone: Option<Name>,
    /// The folder in which the zone's key is put
    #[arg(long, value_name = "DIR", requires = "zone")]
    pub(in crate::cli) keys: Option<PathBuf>,
    /// What the zone's key signs with: ED25519 or ECDSAP256SHA256
    #[arg(long, value_name = "ALGORITHM", default_value = "ED25519", requires = "zone")]
    pub(in crate::cli) algorithm: Algorithm,
    /// What the zone's key is for
    #[arg(long, value_enum, default_value = "csk", requires = "zone")]
    pub(in crate::cli) role: Role,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Key {
    /// Make a key, readable by its owner alone: for statements, or for a zone
    Generate(KeyGenerate),
    /// Print the public half: the TXT to publish, key id and key hash
    Show {
        /// A secret or public key, PEM
        #[arg(value_name = "FILE")]
        key: PathBuf,
        /// The domain of the AP or MSP: prints a whole record
        #[arg(long, value_name = "NAME")]
        domain: Option<Name>,
    },
    /// Show the keys of zones that `serve` signs, and what each waits for
    List {
        #[command(flatten)]
        at: KeysAt,
        /// Only this zone
        #[arg(long, value_name = "NAME")]
        zone: Option<Name>,
    },
    /// Put another key in the place of one, step by step, as the server that signs the zone can
    Roll(KeyRoll),
    /// Print the DS records that the zone's parent should have now
    Ds(KeysOf),
    /// Have a zone go insecure: ask the parent to delete its DS records (RFC 8078), and sign no more once none is in any cache
    Unsign {
        #[command(flatten)]
        of: KeysOf,
        /// Take that back: the zone stays signed, or is signed again with new keys
        #[arg(long)]
        cancel: bool,
    },
    /// Say that all servers of the parent have the DS record of this key
    DsSeen(KeyDs),
    /// Say that no server of the parent has the DS record of this key any more
    DsGone(KeyDs),
}

/// Where keys of zones are.
#[derive(Debug, Args)]
pub(in crate::cli) struct KeysAt {
    /// The configuration of the server that signs
    #[arg(short, long, value_name = "FILE", required_unless_present = "keys")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// The folder with the zones' folders of keys, where no configuration is at hand
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    pub(in crate::cli) keys: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct KeysOf {
    #[command(flatten)]
    pub(in crate::cli) at: KeysAt,
    /// The zone, by its apex
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) zone: Name,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct KeyDs {
    #[command(flatten)]
    pub(in crate::cli) of: KeysOf,
    /// The key's tag, as `key list` shows it
    #[arg(value_name = "TAG")]
    pub(in crate::cli) tag: u16,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["ksk", "zsk", "csk", "algorithm"]))]
pub(in crate::cli) struct KeyRoll {
    #[command(flatten)]
    pub(in crate::cli) of: KeysOf,
    /// The key that signs the keys
    #[arg(long)]
    pub(in crate::cli) ksk: bool,
    /// The key that signs the data
    #[arg(long)]
    pub(in crate::cli) zsk: bool,
    /// The key that signs both
    #[arg(long)]
    pub(in crate::cli) csk: bool,
    /// All keys, to this algorithm: ED25519 or ECDSAP256SHA256; until the configuration names another than now
    #[arg(long, value_name = "ALGORITHM", value_parser = signing_algorithm)]
    pub(in crate::cli) algorithm: Option<Algorithm>,
}

/// What zones can be signed with here.
fn signing_algorithm(text: &str) -> Result<Algorithm, String> {
    match text.parse() {
        Ok(known @ (Algorithm::ED25519 | Algorithm::ECDSAP256SHA256)) => Ok(known),
        _ => Err("ED25519 (15) or ECDSAP256SHA256 (13)".to_owned()),
    }
}
