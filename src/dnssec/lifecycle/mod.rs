//! The keys of a zone from their making to their end: which stand in the DNSKEY RRset, which sign, which the
//! parent is asked to point to, and when the next change is safe.
//!
//! No I/O and no clock: [`KeyRing::advance`] is told the time, and [`KeyRing::plan`] says what the zone must
//! look like. What was published, and what may still stand in caches because of it, is remembered as two
//! histories: of the DNSKEY RRset and of the keys that sign the zone's data. A step is taken only if a
//! validator can follow whatever mixture of old and new it holds: that is checked before each step and not
//! left to the order of steps, so no order of requests and no crash between two steps makes a zone bogus.
//!
//! From that the rolls come out as the RFCs have them. A ZSK is published before it signs (RFC 6781 §4.1.1.1,
//! RFC 7583 §3.2.1). A KSK signs the DNSKEY RRset beside the one before it, and the parent's DS changes once
//! every cache has both (RFC 6781 §4.1.2, RFC 7583 §3.3.1). An algorithm comes with its signatures before its
//! keys, and goes with its keys before its signatures (RFC 6781 §4.1.4). The parent is told by CDS and CDNSKEY
//! (RFC 7344), or by the operator; that it has done so is seen, never assumed. A zone that is to be signed no more has
//! its DS records deleted first (RFC 8078 §4), in the same way.

mod adopt;
mod advance;
mod ending;
mod history;
mod key;
mod policy;
mod ring;
#[cfg(test)]
mod tests;
mod text;
mod validity;

pub use adopt::Adopted;
pub use key::{DsTimes, Key, KeyId, KeyState, ParseKeyIdError, Role};
pub use policy::{KeyPolicy, Scheme};
pub use ring::{KeyRing, NewKey, Plan, RingError, Waiting};
pub use text::RingTextError;
