//! Which messaging providers reach this telephone number, email address or MIMI identifier, and can
//! the answer be believed? Asked and answered in the DNS.
//!
//! The floors of the house, lowest first; a file imports only from floors below its own:
//!
//! | floor | what it holds | feature |
//! | --- | --- | --- |
//! | [`identifier`] | canonical telephone numbers, email addresses and MIMI identifiers | |
//! | [`record`] | names, record data in wire and presentation form, hashed owner names | |
//! | [`statement`] | octets to be signed, signers, verification | |
//! | [`zone`] | master files, the source with `$IDENTIFIER`, snapshots, look-up | |
//! | [`dnssec`] | signatures of zones: made and checked | `dnssec` |
//! | [`server`] | the answer engine, without I/O, and its UDP and TCP loops | `server` |
//! | | the same over TLS, HTTPS and QUIC | `encrypted` |
//! | [`resolver`] | find, verify and order mappings | `resolver` |
//! | | the same with servers that are asked over TLS | `resolver-tls` |

pub mod clock;
#[cfg(feature = "dnssec")]
pub mod dnssec;
pub mod identifier;
pub mod record;
#[cfg(feature = "resolver")]
pub mod resolver;
#[cfg(feature = "server")]
pub mod server;
pub mod statement;
pub mod zone;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;

/// The README's program compiles as it stands.
#[cfg(all(doctest, feature = "resolver"))]
#[doc = include_str!("../README.md")]
struct Readme;
