//! Messages that are malformed, or mean harm: each gets the refusal that the RFC wants, or silence, and
//! never more; on every transport.

mod any_octets;
mod attacked;
mod build;
mod clients;
mod forged;
mod http;
mod knock_over;
mod limits;
mod messages;
mod mutations;
mod peers;
mod quic;
mod reply;
mod rules;
mod streams;
mod table;

use build::Case;
