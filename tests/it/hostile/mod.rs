//! Messages that are malformed, or mean harm: each gets the refusal that the RFC wants, or silence, and
//! never more; on every transport.

mod any_octets;
mod build;
mod messages;
mod peers;
mod reply;
mod table;

use build::Case;
