//! Zones: from master files, by way of a builder, to immutable snapshots that are looked up.

mod files;
mod finding;
mod generate;
mod suggest;
mod ttl;

pub use files::{FileText, Files, Folder, MemoryFiles, find_zone_files};
pub use finding::{Finding, FindingForLog, Location, Severity, SourceTooLarge, Sources, Span};
pub use ttl::{TtlError, parse_ttl};
