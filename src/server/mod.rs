//! Authoritative answers: the engine, without I/O, and its UDP and TCP loops.

mod additional;
mod engine;
mod outcome;
mod reply;
mod request;

pub use engine::{MAX_MESSAGE, MAX_UDP_PAYLOAD, Request, Transport, answer};
pub use outcome::{Counts, Outcome};
