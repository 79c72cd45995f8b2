//! Zones signed by others' tools, served by us and by others: the same replies, record for record.

mod compare;
mod findings;
mod online;
mod rules;
mod signer;
mod validated;
mod world;
