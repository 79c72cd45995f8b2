//! When a statement counts.

use crate::clock::UnixTime;
use crate::record::mimisig::{Kind, Mimisig};

/// How far in the future an inception may lie, in seconds: clocks differ.
pub const CLOCK_SKEW: u64 = 300;

const DAY: u64 = 86_400;

/// The longest that a statement of each kind may claim to live, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// 800 days by default.
    pub possession: u64,
    /// 10 days by default: the shorter, the less a provider can replay of a holder's old wishes.
    pub mapping: u64,
    /// 400 days by default.
    pub wishes: u64,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { possession: 800 * DAY, mapping: 10 * DAY, wishes: 400 * DAY }
    }
}

impl Lifetimes {
    /// The longest lifetime of this kind, in seconds.
    #[must_use]
    pub const fn of(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Possession => self.possession,
            Kind::Mapping => self.mapping,
            Kind::Wishes => self.wishes,
        }
    }
}

/// Why a statement does not count now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeFault {
    /// Its inception is more than [`CLOCK_SKEW`] ahead. It is not to be remembered.
    #[error("it is not valid yet")]
    NotYetValid,
    /// Its expiration has come.
    #[error("it has expired")]
    Expired,
    /// It expires before it begins.
    #[error("it expires before it begins")]
    Inverted,
    /// It claims to live longer than its kind may.
    #[error("it claims to live {claimed} s, and its kind may {cap} s")]
    TooLong {
        /// Seconds from inception to expiration.
        claimed: u64,
        /// Seconds that are allowed.
        cap: u64,
    },
}

/// Whether `statement` counts at `now`: inception ≤ now + 300, now < expiration, inception <
/// expiration, lifetime within its cap; the first that fails is told.
///
/// # Errors
/// [`TimeFault`]: the publisher's fault, or the clock's.
pub fn in_time(statement: &Mimisig, now: UnixTime, lifetimes: &Lifetimes) -> Result<(), TimeFault> {
    let (inception, expiration) = (statement.inception(), statement.expiration());
    if inception > now.plus(CLOCK_SKEW) {
        return Err(TimeFault::NotYetValid);
    }
    if now >= expiration {
        return Err(TimeFault::Expired);
    }
    if inception >= expiration {
        return Err(TimeFault::Inverted);
    }
    match (expiration.0 - inception.0, lifetimes.of(statement.kind())) {
        (claimed, cap) if claimed > cap => Err(TimeFault::TooLong { claimed, cap }),
        _ => Ok(()),
    }
}
