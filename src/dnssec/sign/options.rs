//! What a zone is signed with beside keys, and what came of it.

use std::num::NonZeroUsize;

use super::ZonemdHash;
use crate::clock::UnixTime;
use crate::record::Ttl;
use crate::zone::SerialPolicy;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// How the zone denies what is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Denial {
    /// A chain of NSEC records: small and fast; who wants to can read off every name.
    #[default]
    Nsec,
    /// A chain of NSEC3 records, with no iterations and no salt (RFC 9276 §3.1).
    Nsec3 {
        /// Whether delegations that are not signed are left out (RFC 5155 §6).
        opt_out: bool,
    },
    /// No chain: the server signs denials when it is asked. Only a server that does can serve the zone.
    Online,
}

/// How a zone is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningOptions {
    /// How the zone denies what is not there.
    pub denial: Denial,
    /// How long signatures count from now on, in seconds.
    pub validity: u64,
    /// By how much of that signatures differ at most, in seconds, so that they are not all due at once. The same
    /// RRset always has the same share.
    pub jitter: u64,
    /// How far back signatures begin to count, in seconds: clocks of validators go wrong.
    pub backdate: u64,
    /// How long before a signature expires it is due to be made again, in seconds.
    pub refresh: u64,
    /// The TTL of DNSKEY, CDS and CDNSKEY records; that of the SOA record where it is none.
    pub key_ttl: Option<Ttl>,
    /// The SOA record's serial number: what follows the zone's, or that of the former one where it is newer.
    pub serial: SerialPolicy,
    /// Whether the zone gets a digest of itself (RFC 8976), and by which hash.
    pub zonemd: Option<ZonemdHash>,
    /// How many threads sign; as many as there are cores where it is none.
    pub threads: Option<NonZeroUsize>,
}

impl Default for SigningOptions {
    /// NSEC, 14 days of which 7 are left when a signature is due, 12 hours of jitter, begun 1 hour ago.
    fn default() -> Self {
        Self {
            denial: Denial::default(),
            validity: 14 * DAY,
            jitter: DAY / 2,
            backdate: HOUR,
            refresh: 7 * DAY,
            key_ttl: None,
            serial: SerialPolicy::Keep,
            zonemd: None,
            threads: None,
        }
    }
}

/// What came of signing a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    /// How many signatures were made.
    pub made: usize,
    /// How many were taken from the former zone.
    pub reused: usize,
    /// When the first signature is due to be made again.
    pub next_due: UnixTime,
    /// When the first signature expires.
    pub earliest_expiration: UnixTime,
    /// When the last signature begins to count: before that the zone is bogus.
    pub latest_inception: UnixTime,
    /// The SOA record's serial number.
    pub serial: u32,
}
