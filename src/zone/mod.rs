//! Zones: from master files, by way of a builder, to immutable snapshots that are looked up.

mod approach;
mod builder;
mod canonical;
mod catalog;
mod change;
mod denial;
mod discovery;
mod fault;
mod fetch;
mod files;
mod finding;
#[cfg(test)]
pub(crate) mod fixture;
mod format;
mod generate;
mod groups;
#[cfg(feature = "server")]
pub(crate) mod image;
mod load;
mod look_up;
mod names;
mod node;
mod octets;
mod odd;
mod page;
mod pending;
#[cfg(feature = "cli")]
mod places;
mod query_name;
mod reader;
mod snapshot;
mod source;
mod sources;
mod spine;
#[cfg(feature = "cli")]
mod spots;
mod suggest;
mod targets;
mod ttl;
mod validity;
mod writer;

pub use approach::{Approach, Asked};
pub use builder::{Built, ZoneBuilder};
pub use catalog::{Authority, Catalog};
pub use change::Change;
pub use denial::{Absence, Foreseen, OnlineProof, OnlineSigner, Proof, ProofOwner, Proofs};
pub use fault::BuildFault;
pub use files::{FileText, Files, Folder, MemoryFiles, OpenFile, find_zone_files};
#[cfg(feature = "cli")]
pub(crate) use finding::quote;
pub use finding::{Finding, FindingForLog, Location, Severity, Span};
pub use format::format_text;
#[cfg(feature = "server")]
pub use image::{Image, ImageError};
pub use load::{LoadOptions, Loaded, load, load_file};
pub use look_up::{LookUp, Match};
pub use node::{Entries, Node, RecordRef, Records, RrsetRef};
#[cfg(feature = "cli")]
pub(crate) use places::{Kept, Wanted, What, places};
pub use query_name::QueryName;
pub use reader::ReadLimits;
#[cfg(feature = "cli")]
pub(crate) use reader::{TextCheck, is_one_entry};
pub use snapshot::Zone;
pub use source::{KeyFiles, RememberedNames, SourceIdentifier};
pub use sources::{SourceTooLarge, Sources};
#[cfg(feature = "cli")]
pub(crate) use suggest::nearest;
pub use ttl::{TtlError, parse_ttl};
pub use validity::SignatureTimes;
pub use writer::{SerialPolicy, write_zone};
#[cfg(feature = "dnssec")]
pub(crate) use writer::{is_newer as is_newer_serial, with_serial};
