//! Authoritative answers: the engine, without I/O, and its UDP and TCP loops.

mod additional;
mod config;
mod engine;
mod outcome;
mod reply;
mod request;
#[expect(clippy::module_inception, reason = "the server of the server's floor")]
mod server;
mod tcp;
mod udp;

pub use config::{ServerBuilder, TcpLimits};
pub use engine::{MAX_MESSAGE, MAX_UDP_PAYLOAD, Request, Transport, answer};
pub use outcome::{Counts, Outcome};
pub use server::{BindError, Handle, Server};
