//! Validation: what a zone's keys prove, link by link. Octets and time go in, verdicts come out; who asks whom
//! for the records is the caller's.
//!
//! ```text
//! trust anchor or DS ── authenticate_keys ──▶ KeySet ── verify_rrset ──▶ Verified
//!                                               └────── Proofs::verify ──▶ absences, no DS, expansions
//! ```
//!
//! A [`KeySet`] has one maker, and so have [`Verified`], [`Proofs`] and [`Held`]: what is not proven can't be used as if
//! it were. All work that a stranger's records can cause is paid from a [`Work`].
//!
//! Source: RFC 4035 §5, RFC 5155 §8, RFC 6840, RFC 9276 and RFC 9824.

mod anchor;
mod denial;
mod fault;
mod foreseen;
mod keys;
mod rrset;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod work;

pub use anchor::{AnchorError, TrustAnchor};
pub use denial::{Absence, DsAbsence, MAX_NSEC3_ITERATIONS, Proofs};
pub use fault::{Fault, InsecureReason, Security, Unproven};
pub use foreseen::{Foreseen, Held, hold_together};
pub use keys::{KeySet, authenticate_keys, usable_ds};
pub use rrset::{Verified, verify_rrset};
pub use work::{Spent, Work, WorkLimits};
