//! Authoritative answers: the engine, without I/O, and its UDP and TCP loops.

mod access;
mod additional;
mod config;
mod connections;
mod cookie;
mod engine;
mod outcome;
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
pub use config::{ServerBuilder, TcpLimits};
pub use cookie::{CookieSecret, CookieSecretError, CookieSecrets, Cookies};
pub use engine::{Answer, MAX_MESSAGE, MAX_UDP_PAYLOAD, Request, answer};
pub use outcome::{Counts, Outcome};
pub use server::{BindError, Handle, Server};
pub use settings::{Nsid, NsidError, Settings, UdpPayload};
pub use transport::Transport;
