//! Zones signed by others' tools, served by us and by others: the same replies, record for record.

mod compare;
mod findings;
mod rules;
mod signer;
mod world;
