//! The one definition of the command line: parser, help and usage errors come from it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

use crate::record::dnssec::Algorithm;
use crate::record::{Name, parse_period};
use crate::server::Transport;

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
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Zone files, and folders whose *.zone files are served, besides those that the configuration names
    #[arg(required_unless_present = "config", value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// The configuration; see `config example`
    #[arg(short, long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Where to listen, UDP and TCP, in place of the configuration's addresses; may be given more than once
    /// [default: 127.0.0.1:5300 and [::1]:5300]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) listen: Vec<SocketAddr>,
    /// Where to listen for DNS over TLS, in place of the configuration's addresses; may be given more than once
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) listen_tls: Vec<SocketAddr>,
    /// Where to listen for DNS over HTTPS, in place of the configuration's addresses; may be given more than once
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) listen_https: Vec<SocketAddr>,
    /// Where to listen for DNS over QUIC, in place of the configuration's addresses; may be given more than once
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) listen_quic: Vec<SocketAddr>,
    /// The certificates for TLS, HTTPS and QUIC, PEM, the server's own first
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(super) certificate: Option<PathBuf>,
    /// The private key of the certificate, PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(super) key: Option<PathBuf>,
    /// Where to serve /metrics, /health and /ready over HTTP, in place of the configuration's address
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) metrics: Option<SocketAddr>,
    #[command(flatten)]
    pub(super) load: Load,
}

impl Serve {
    /// What is listened at for each encrypted transport.
    pub(super) fn encrypted(&self) -> [(Transport, &[SocketAddr]); 3] {
        [
            (Transport::Tls, &self.listen_tls),
            (Transport::Https, &self.listen_https),
            (Transport::Quic, &self.listen_quic),
        ]
    }
}

#[derive(Debug, Args)]
pub(super) struct Load {
    /// Let $INCLUDE and key files stand outside of the zone's own folder
    #[arg(long)]
    pub(super) allow_outside: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Read a configuration as the server does, and tell every fault
    Check {
        /// The configuration
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print a configuration with every key, its meaning and its default
    Example,
}

/// What a look-up is made of.
#[derive(Debug, Args)]
pub(super) struct Ask {
    /// A telephone number, an email address or a MIMI identifier
    pub(super) identifier: String,
    /// The country in which a national number is dialled, as ISO 3166 code: GB
    #[arg(long, value_name = "CODE")]
    pub(super) region: Option<String>,
    /// The server to ask instead of the system's resolvers; may be given more than once
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) server: Vec<SocketAddr>,
    /// Whom to believe, and whom to ask
    #[arg(long, value_name = "FILE", env = "MIMI_DNS_POLICY")]
    pub(super) policy: Option<PathBuf>,
    /// DS or DNSKEY records to validate from, in place of the policy's anchors; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub(super) trust_anchor: Vec<PathBuf>,
    /// Ask only this discovery provider, by the apex of its zone
    #[arg(long, value_name = "NAME")]
    pub(super) apex: Vec<Name>,
    /// Ask only this ENUM tree, by its suffix
    #[arg(long, value_name = "SUFFIX")]
    pub(super) r#enum: Vec<Name>,
    /// Only endpoints of this protocol, as x-mimi, sip or https; may be given more than once
    #[arg(long, value_name = "PROTOCOL")]
    pub(super) service: Vec<String>,
    /// Only providers that the user gave this tag
    #[arg(long)]
    pub(super) tag: Option<String>,
    /// Believe an absence, or an ENUM answer, that no DNSSEC protects
    #[arg(long)]
    pub(super) dangerous_insecure: bool,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("form").args(["short", "json"]))]
pub(super) struct Lookup {
    #[command(flatten)]
    pub(super) ask: Ask,
    /// One URI a line, in order
    #[arg(long)]
    pub(super) short: bool,
    /// The result with its evidence
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    #[command(flatten)]
    pub(super) ask: Ask,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("tree").required(true).args(["apex", "enum"]))]
pub(super) struct NameOf {
    /// A telephone number, an email address or a MIMI identifier
    pub(super) identifier: String,
    /// The country in which a national number is dialled, as ISO 3166 code: GB
    #[arg(long, value_name = "CODE")]
    pub(super) region: Option<String>,
    /// The hashed name below this apex
    #[arg(long, value_name = "NAME")]
    pub(super) apex: Option<Name>,
    /// The ENUM name below this suffix
    #[arg(long, value_name = "SUFFIX")]
    pub(super) r#enum: Option<Name>,
    /// Use these parameters: "v=mimi1; epoch=…; hash=…; salt=…; from=…"
    #[arg(long, value_name = "TXT", requires = "apex")]
    pub(super) parameters: Option<String>,
    /// Take the parameters pinned in this policy
    #[arg(long, value_name = "FILE", env = "MIMI_DNS_POLICY")]
    pub(super) policy: Option<PathBuf>,
    /// Where nothing is pinned: the server to ask for the parameters
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) server: Vec<SocketAddr>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Enum {
    /// Apply the regexp field of a NAPTR record to a string (RFC 3402 §3.2)
    Apply {
        /// The field, as !^\+44(.*)$!sip:\1@example.org!
        regexp: String,
        /// The string, for ENUM a number with its plus
        string: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Statement {
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
pub(super) struct StatementSign {
    /// A file of $IDENTIFIER lines and drafts, or - for standard input
    #[arg(value_name = "FILE")]
    pub(super) drafts: PathBuf,
    /// The party's key, PKCS#8 PEM; drafts that name another key in sign= stay as they are
    #[arg(long, value_name = "FILE")]
    pub(super) key: PathBuf,
    /// Where to write; standard output without it
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct StatementVerify {
    /// A file of $IDENTIFIER lines and statements, or - for standard input
    #[arg(default_value = "-", value_name = "FILE")]
    pub(super) input: PathBuf,
    /// Whose statements these are, where the input doesn't say it by $IDENTIFIER
    #[arg(long)]
    pub(super) identifier: Option<String>,
    /// A public key as the TXT that `key show` prints, or a PEM file; may be given more than once
    #[arg(long, value_name = "KEY")]
    pub(super) key: Vec<String>,
    /// Take the keys pinned in this policy
    #[arg(long, value_name = "FILE", env = "MIMI_DNS_POLICY")]
    pub(super) policy: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Zone {
    /// Load zones as the server does, and tell every fault
    Check(ZoneCheck),
    /// Write a zone as plain RFC 1035 text that any server loads
    Build(ZoneBuild),
    /// Sign a zone with DNSSEC and write it as plain text that any server loads; prints the DS records for the
    /// parent zone
    Sign(ZoneSign),
}

#[derive(Debug, Args)]
pub(super) struct ZoneCheck {
    /// Zone files, and folders whose *.zone files are checked
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Verify signatures with the keys pinned in this policy
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(super) load: Load,
}

#[derive(Debug, Args)]
pub(super) struct ZoneBuild {
    /// The source
    #[arg(value_name = "FILE")]
    pub(super) source: PathBuf,
    /// Where to write, or - for standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: PathBuf,
    /// What happens to the SOA serial
    #[arg(long, value_enum, default_value = "keep")]
    pub(super) serial: Serial,
    #[command(flatten)]
    pub(super) load: Load,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("denial").args(["nsec", "nsec3"]))]
pub(super) struct ZoneSign {
    /// The zone, or its source
    #[arg(value_name = "FILE")]
    pub(super) source: PathBuf,
    /// Where to write, or - for standard output; signatures that a file there has already are kept while they last
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: PathBuf,
    /// The folder of the zone's keys, in BIND's form; those are used whose times say so
    #[arg(long, value_name = "DIR")]
    pub(super) keys: PathBuf,
    /// Make keys where the folder has none for the zone: one for the keys and one for the zone
    #[arg(long)]
    pub(super) create_keys: bool,
    /// What new keys sign with: ED25519 or ECDSAP256SHA256
    #[arg(long, value_name = "ALGORITHM", default_value = "ED25519", requires = "create_keys")]
    pub(super) algorithm: Algorithm,
    /// Make one key that signs everything
    #[arg(long, requires = "create_keys")]
    pub(super) csk: bool,
    /// Deny what is not there by NSEC records, which list every name [default]
    #[arg(long)]
    pub(super) nsec: bool,
    /// Deny what is not there by NSEC3 records, with no iterations and no salt
    #[arg(long)]
    pub(super) nsec3: bool,
    /// Leave delegations without DS records out of the NSEC3 chain
    #[arg(long, requires = "nsec3")]
    pub(super) opt_out: bool,
    /// Add a digest of the zone (RFC 8976)
    #[arg(long, value_name = "HASH", num_args = 0..=1, default_missing_value = "sha384")]
    pub(super) zonemd: Option<Digest>,
    /// How long signatures count, as 30d or 2w; those of the output that have a quarter of it left are kept
    #[arg(long, value_name = "PERIOD", default_value = "30d", value_parser = validity)]
    pub(super) expire: u32,
    /// By how much less at most, so that they do not all expire at once
    #[arg(long, value_name = "PERIOD", default_value = "12h", value_parser = period)]
    pub(super) jitter: u32,
    /// What happens to the SOA serial; what is newer than that of the source and of the output
    #[arg(long, value_enum, default_value = "keep")]
    pub(super) serial: Serial,
    /// Make every signature anew
    #[arg(long)]
    pub(super) fresh: bool,
    #[command(flatten)]
    pub(super) load: Load,
}

/// Signatures that count for less are no use, and for more they would lie behind (RFC 4034 §3.1.5).
fn validity(text: &str) -> Result<u32, String> {
    let possible = |seconds: &u32| (3600..1 << 31).contains(seconds);
    Some(period(text)?).filter(possible).ok_or_else(|| "from 1h to 68 years".to_owned())
}

fn period(text: &str) -> Result<u32, String> {
    parse_period(text.as_bytes()).ok_or_else(|| "write it as 3600, 90m or 1w2d".to_owned())
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Digest {
    Sha384,
    Sha512,
}

/// What a zone's key is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Role {
    /// Signs everything, where it is the only one
    Csk,
    /// Signs the keys; the parent's DS record points to it
    Ksk,
    /// Signs all but the keys
    Zsk,
}

#[derive(Debug, Args)]
pub(super) struct KeyGenerate {
    /// Where to write an Ed25519 key for statements, PKCS#8 PEM; an existing file is never overwritten
    #[arg(value_name = "FILE", required_unless_present = "zone")]
    pub(super) output: Option<PathBuf>,
    /// Make a key that signs this zone, in BIND's form, in place of one for statements
    #[arg(long, value_name = "NAME", requires = "keys", conflicts_with = "output")]
    pub(super) zone: Option<Name>,
    /// The folder in which the zone's key is put
    #[arg(long, value_name = "DIR", requires = "zone")]
    pub(super) keys: Option<PathBuf>,
    /// What the zone's key signs with: ED25519 or ECDSAP256SHA256
    #[arg(long, value_name = "ALGORITHM", default_value = "ED25519", requires = "zone")]
    pub(super) algorithm: Algorithm,
    /// What the zone's key is for
    #[arg(long, value_enum, default_value = "csk", requires = "zone")]
    pub(super) role: Role,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Serial {
    /// As in the source
    Keep,
    /// The source's plus one (RFC 1982)
    Increment,
    /// Seconds since 1970
    Unixtime,
}

#[derive(Debug, Subcommand)]
pub(super) enum Key {
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
    /// Say that all servers of the parent have the DS record of this key
    DsSeen(KeyDs),
    /// Say that no server of the parent has the DS record of this key any more
    DsGone(KeyDs),
}

/// Where keys of zones are.
#[derive(Debug, Args)]
pub(super) struct KeysAt {
    /// The configuration of the server that signs
    #[arg(short, long, value_name = "FILE", required_unless_present = "keys")]
    pub(super) config: Option<PathBuf>,
    /// The folder with the zones' folders of keys, where no configuration is at hand
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    pub(super) keys: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct KeysOf {
    #[command(flatten)]
    pub(super) at: KeysAt,
    /// The zone, by its apex
    #[arg(long, value_name = "NAME")]
    pub(super) zone: Name,
}

#[derive(Debug, Args)]
pub(super) struct KeyDs {
    #[command(flatten)]
    pub(super) of: KeysOf,
    /// The key's tag, as `key list` shows it
    #[arg(value_name = "TAG")]
    pub(super) tag: u16,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["ksk", "zsk", "csk", "algorithm"]))]
pub(super) struct KeyRoll {
    #[command(flatten)]
    pub(super) of: KeysOf,
    /// The key that signs the keys
    #[arg(long)]
    pub(super) ksk: bool,
    /// The key that signs the data
    #[arg(long)]
    pub(super) zsk: bool,
    /// The key that signs both
    #[arg(long)]
    pub(super) csk: bool,
    /// All keys, to this algorithm: ED25519 or ECDSAP256SHA256; until the configuration names another than now
    #[arg(long, value_name = "ALGORITHM", value_parser = signing_algorithm)]
    pub(super) algorithm: Option<Algorithm>,
}

/// What zones can be signed with here.
fn signing_algorithm(text: &str) -> Result<Algorithm, String> {
    match text.parse() {
        Ok(known @ (Algorithm::ED25519 | Algorithm::ECDSAP256SHA256)) => Ok(known),
        _ => Err("ED25519 (15) or ECDSAP256SHA256 (13)".to_owned()),
    }
}
