//! Zones: from master files, by way of a builder, to immutable snapshots that are looked up.

mod finding;

pub use finding::{Finding, FindingForLog, Location, Severity, SourceTooLarge, Sources, Span};
