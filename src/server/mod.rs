//! Authoritative answers: the engine, without I/O, and its UDP and TCP loops.

mod access;
mod additional;
mod answer;
mod compress;
mod config;
mod connections;
mod cookie;
mod edns;
mod engine;
mod outcome;
mod rcode;
mod reply;
mod request;
mod respond;
mod sections;
#[expect(clippy::module_inception, reason = "the server of the server's floor")]
mod server;
mod settings;
mod tcp;
mod transport;
mod tsig;
mod udp;
mod uri_host;

pub use access::{Access, Networks};
pub use answer::{Answer, MAX_MESSAGE, Request, answer};
pub use config::{ServerBuilder, TcpLimits};
pub use cookie::{CookieSecret, CookieSecretError, CookieSecrets, Cookies};
pub use outcome::{Counts, Outcome};
pub use server::{BindError, Handle, Server};
pub use settings::{Nsid, NsidError, Settings, UdpPayload};
pub use transport::Transport;
