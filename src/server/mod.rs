//! Authoritative answers: the engine, without I/O, and its loops over UDP, TCP, TLS, HTTPS and QUIC.

mod accept;
mod access;
mod additional;
mod answer;
mod bind;
mod compress;
mod config;
mod connections;
mod cookie;
mod edns;
#[cfg(feature = "encrypted")]
mod encrypted;
mod engine;
mod framed;
mod identity;
mod latency;
mod limit;
mod outcome;
mod query_log;
mod rcode;
mod reply;
mod request;
mod respond;
mod sections;
#[expect(clippy::module_inception, reason = "the server of the server's floor")]
mod server;
mod settings;
mod sheets;
mod tcp;
mod transport;
mod tsig;
mod udp;
mod uri_host;

pub use access::{Access, Networks};
pub use answer::{Answer, MAX_MESSAGE, Request, answer, answer_together};
pub use bind::{BindError, OpenSockets};
pub use config::{ConnectionLimits, ServerBuilder};
pub use cookie::{CookieSecret, CookieSecretError, CookieSecrets, Cookies};
#[cfg(feature = "encrypted")]
pub use encrypted::{CertificateError, Certificates};
pub use latency::{Latencies, Latency};
pub use limit::{EnumerationLimits, LimitCounts, LimitKind, Limited, LimitedPrefix, RateLimits};
pub use outcome::{Counts, Outcome, Sought};
pub use query_log::QueryLogging;
pub use server::{Handle, Server};
pub use settings::{Nsid, NsidError, Settings, UdpPayload};
pub use transport::Transport;
