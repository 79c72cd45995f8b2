//! `zone`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use super::{Load, Outside};
use crate::record::dnssec::Algorithm;
use crate::record::{Name, Rtype, parse_period};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Zone {
    /// Load zones as the server does, and tell every fault
    Check(ZoneCheck),
    /// Lay out zone text in columns; comments, order, directives and blank lines stay
    Format(ZoneFormat),
    /// Tell how two states of a zone differ: identifiers, statements, records; ends with 0 where they are the same,
    /// 1 where they differ, 2 where they can't be compared
    Diff(ZoneDiff),
    /// Write a table of identifiers and records as zone text, checked as the loader would
    Import(ZoneImport),
    /// Write a zone as a table, a row for each record
    Export(ZoneExport),
    /// Add a record to a source, beside those of the same identifier
    Add(ZoneAdd),
    /// Take records out of a source
    Remove(ZoneRemove),
    /// Let an identifier leave one provider for another: its mapping statement is replaced
    Move(ZoneMove),
    /// Write a zone as plain RFC 1035 text that any server loads
    Build(ZoneBuild),
    /// Sign a zone with DNSSEC and write it as plain text that any server loads; prints the DS records for the
    /// parent zone
    Sign(ZoneSign),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ZoneCheck {
    /// Zone files, and folders whose *.zone files are checked
    #[arg(required = true, value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// Verify signatures with the keys pinned in this policy
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) policy: Option<PathBuf>,
    /// End with 1 where there are warnings, too
    #[arg(long)]
    pub(in crate::cli) strict: bool,
    /// Ask the DNS for the names outside of the zones that their records lead to, and for their delegations
    #[arg(long)]
    pub(in crate::cli) online: bool,
    /// The server to ask instead of the system's resolvers; may be given more than once
    #[arg(long, value_name = "ADDR:PORT", requires = "online")]
    pub(in crate::cli) server: Vec<SocketAddr>,
    /// Tell it as JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
    #[command(flatten)]
    pub(in crate::cli) load: Load,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ZoneFormat {
    /// Files of zone text, replaced where they change; - reads standard input and writes standard output
    #[arg(required = true, value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Change nothing; tell which files would change, and end with 1 where there are any
    #[arg(long)]
    pub(in crate::cli) check: bool,
    /// Tell it as JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ZoneDiff {
    /// The zone as it was: a source, or a built or signed zone
    #[arg(value_name = "FILE")]
    pub(in crate::cli) one: PathBuf,
    /// The zone as it is
    #[arg(value_name = "OTHER")]
    pub(in crate::cli) other: PathBuf,
    /// Tell it as JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
    #[command(flatten)]
    pub(in crate::cli) load: Load,
}

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum TableFormat {
    /// Comma-separated values (RFC 4180); the first line names the columns
    Csv,
    /// A JSON object on each line
    Jsonl,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ZoneImport {
    /// The table, or - for standard input
    #[arg(value_name = "TABLE")]
    pub(in crate::cli) table: PathBuf,
    /// Where to write zone text, or - for standard output; nothing is written where a row has an error
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: PathBuf,
    /// The table's form, where the end of its name doesn't say it
    #[arg(long, value_enum)]
    pub(in crate::cli) format: Option<TableFormat>,
    /// What a column is in rows that leave it empty: proof=sms,now; may be given more than once
    #[arg(long, value_name = "COLUMN=VALUE")]
    pub(in crate::cli) set: Vec<String>,
    /// Make ENUM rules under this suffix, in place of statements
    #[arg(long, value_name = "SUFFIX")]
    pub(in crate::cli) r#enum: Option<Name>,
    /// The country in which national numbers are dialled, as ISO 3166 code: GB
    #[arg(long, value_name = "CODE")]
    pub(in crate::cli) region: Option<String>,
    /// Take a table without rows, and write nothing but an empty file
    #[arg(long)]
    pub(in crate::cli) allow_empty: bool,
    /// Stop after so many errors
    #[arg(long, value_name = "COUNT", default_value = "100", value_parser = clap::value_parser!(u32).range(1..))]
    pub(in crate::cli) errors: u32,
    /// Tell it as JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
    #[command(flatten)]
    pub(in crate::cli) load: Outside,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ZoneExport {
    /// The zone, or its source
    #[arg(value_name = "FILE")]
    pub(in crate::cli) source: PathBuf,
    /// Where to write, or - for standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(in crate::cli) output: PathBuf,
    /// The table's form, where the end of the output's name doesn't say it
    #[arg(long, value_enum)]
    pub(in crate::cli) format: Option<TableFormat>,
    /// Only records of identifiers
    #[arg(long)]
    pub(in crate::cli) identifiers: bool,
    #[command(flatten)]
    pub(in crate::cli) load: Load,
}

/// Which source is changed, and how.
#[derive(Debug, Args)]
pub(in crate::cli) struct EditAt {
    /// The zone's source; what it includes is changed where the identifier stands there
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    /// Change nothing; print what would change, line by line
    #[arg(short = 'n', long)]
    pub(in crate::cli) dry_run: bool,
    /// What happens to the SOA serial
    #[arg(long, value_enum, default_value = "increment")]
    pub(in crate::cli) serial: Serial,
    /// Tell what changed as JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
    #[command(flatten)]
    pub(in crate::cli) load: Load,
}

/// What a record says.
#[derive(Debug, Args)]
pub(in crate::cli) struct NewEndpoint {
    /// The record's type; of an endpoint NAPTR or URI [default: NAPTR]
    #[arg(long, value_name = "TYPE")]
    pub(in crate::cli) r#type: Option<Rtype>,
    /// An endpoint of a mapping statement; may be given more than once
    #[arg(long)]
    pub(in crate::cli) uri: Vec<String>,
    /// The endpoint's protocol; without it that of the URI's scheme
    #[arg(long, value_name = "PROTOCOL")]
    pub(in crate::cli) service: Option<String>,
    /// The endpoint's preference or priority [default: 10]
    #[arg(long, value_name = "NUMBER")]
    pub(in crate::cli) preference: Option<String>,
    /// The weight of a URI record [default: 1]
    #[arg(long, value_name = "NUMBER")]
    pub(in crate::cli) weight: Option<String>,
    /// How and when the provider checked possession itself: sms,now
    #[arg(long, value_name = "METHOD,TIME")]
    pub(in crate::cli) proof: Option<String>,
    /// The holder: a hash, or @ and a file with the holder's public key
    #[arg(long, value_name = "HOLDER", requires = "consent")]
    pub(in crate::cli) holder: Option<String>,
    /// When the wishes began that the mapping rests on
    #[arg(long, value_name = "TIME", requires = "holder")]
    pub(in crate::cli) consent: Option<String>,
    /// From when the statement counts [default: now-1h]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(in crate::cli) inception: Option<String>,
    /// Until when it counts [default: +9d]
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) expiration: Option<String>,
    /// The key that signs the statement whenever the zone is loaded, relative to the zone's folder
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) sign: Option<String>,
    /// Time to live; without it the zone's
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) ttl: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ZoneAdd {
    #[command(flatten)]
    pub(in crate::cli) at: EditAt,
    /// A telephone number, an email address or a MIMI identifier
    #[arg(required_unless_present = "owner")]
    pub(in crate::cli) identifier: Option<String>,
    /// The country in which a national number is dialled, as ISO 3166 code: GB
    #[arg(long, value_name = "CODE")]
    pub(in crate::cli) region: Option<String>,
    /// The owner name of a record that belongs to no identifier, as in the zone's text: www, @, or whole with a final dot
    #[arg(long, value_name = "NAME", conflicts_with = "identifier")]
    pub(in crate::cli) owner: Option<String>,
    /// The record's data as zone text, with --type
    #[arg(long, requires = "type", conflicts_with_all = ["uri", "msp"], allow_hyphen_values = true)]
    pub(in crate::cli) data: Option<String>,
    /// The provider that maps the identifier
    #[arg(long, value_name = "NAME", requires = "uri")]
    pub(in crate::cli) msp: Option<Name>,
    #[command(flatten)]
    pub(in crate::cli) endpoint: NewEndpoint,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ZoneRemove {
    #[command(flatten)]
    pub(in crate::cli) at: EditAt,
    /// A telephone number, an email address or a MIMI identifier
    #[arg(required_unless_present = "owner")]
    pub(in crate::cli) identifier: Option<String>,
    /// The country in which a national number is dialled, as ISO 3166 code: GB
    #[arg(long, value_name = "CODE")]
    pub(in crate::cli) region: Option<String>,
    /// The owner name of records that belong to no identifier, as in the zone's text: www, @, or whole with a final dot
    #[arg(long, value_name = "NAME", conflicts_with = "identifier")]
    pub(in crate::cli) owner: Option<String>,
    /// Only the mappings of this provider
    #[arg(long, value_name = "NAME", conflicts_with = "owner")]
    pub(in crate::cli) msp: Option<Name>,
    /// Only records of this type
    #[arg(long, value_name = "TYPE", conflicts_with = "msp")]
    pub(in crate::cli) r#type: Option<Rtype>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ZoneMove {
    #[command(flatten)]
    pub(in crate::cli) at: EditAt,
    /// A telephone number, an email address or a MIMI identifier
    pub(in crate::cli) identifier: String,
    /// The country in which a national number is dialled, as ISO 3166 code: GB
    #[arg(long, value_name = "CODE")]
    pub(in crate::cli) region: Option<String>,
    /// The provider that it leaves, where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) from: Option<Name>,
    /// The provider that it goes to
    #[arg(long, value_name = "NAME", requires = "uri")]
    pub(in crate::cli) to: Name,
    #[command(flatten)]
    pub(in crate::cli) endpoint: NewEndpoint,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ZoneBuild {
    /// The source
    #[arg(value_name = "FILE")]
    pub(in crate::cli) source: PathBuf,
    /// Where to write, or - for standard output
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: PathBuf,
    /// What happens to the SOA serial; what is newer than that of the source and of the output
    #[arg(long, value_enum, default_value = "keep")]
    pub(in crate::cli) serial: Serial,
    /// Write the zone even where the output has a newer serial
    #[arg(long)]
    pub(in crate::cli) allow_older_serial: bool,
    #[command(flatten)]
    pub(in crate::cli) load: Load,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("denial").args(["nsec", "nsec3"]))]
pub(in crate::cli) struct ZoneSign {
    /// The zone, or its source
    #[arg(value_name = "FILE")]
    pub(in crate::cli) source: PathBuf,
    /// Where to write, or - for standard output; signatures that a file there has already are kept while they last
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: PathBuf,
    /// The folder of the zone's keys, in BIND's form; those are used whose times say so
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) keys: PathBuf,
    /// Make keys where the folder has none for the zone: one for the keys and one for the zone
    #[arg(long)]
    pub(in crate::cli) create_keys: bool,
    /// What new keys sign with: ED25519 or ECDSAP256SHA256
    #[arg(long, value_name = "ALGORITHM", default_value = "ED25519", requires = "create_keys")]
    pub(in crate::cli) algorithm: Algorithm,
    /// Let one key sign everything: --create-keys makes but one, and where of an algorithm no key for the keys, or none
    /// for the zone, signs now, the other does it all
    #[arg(long)]
    pub(in crate::cli) csk: bool,
    /// Keep DNSKEY, CDS and CDNSKEY records of keys that are not in the folder: those of other signers of the zone
    #[arg(long)]
    pub(in crate::cli) keep_dnskeys: bool,
    /// Deny what is not there by NSEC records, which list every name [default]
    #[arg(long)]
    pub(in crate::cli) nsec: bool,
    /// Deny what is not there by NSEC3 records, with no iterations and no salt
    #[arg(long)]
    pub(in crate::cli) nsec3: bool,
    /// Leave delegations without DS records out of the NSEC3 chain
    #[arg(long, requires = "nsec3")]
    pub(in crate::cli) opt_out: bool,
    /// Add a digest of the zone (RFC 8976)
    #[arg(long, value_name = "HASH", num_args = 0..=1, default_missing_value = "sha384")]
    pub(in crate::cli) zonemd: Option<Digest>,
    /// How long signatures count, as 30d or 2w; those of the output that have a quarter of it left are kept
    #[arg(long, value_name = "PERIOD", default_value = "30d", value_parser = validity)]
    pub(in crate::cli) expire: u32,
    /// By how much less at most, so that they do not all expire at once
    #[arg(long, value_name = "PERIOD", default_value = "12h", value_parser = period)]
    pub(in crate::cli) jitter: u32,
    /// What happens to the SOA serial; what is newer than that of the source and of the output
    #[arg(long, value_enum, default_value = "keep")]
    pub(in crate::cli) serial: Serial,
    /// Write the zone even where the output has a newer serial
    #[arg(long)]
    pub(in crate::cli) allow_older_serial: bool,
    /// Make every signature anew
    #[arg(long)]
    pub(in crate::cli) fresh: bool,
    #[command(flatten)]
    pub(in crate::cli) load: Load,
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
pub(in crate::cli) enum Digest {
    Sha384,
    Sha512,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Serial {
    /// As in the source
    Keep,
    /// The source's plus one (RFC 1982)
    Increment,
    /// Seconds since 1970
    Unixtime,
}
