//! Limits on rates: of replies over UDP, which may go to the victim of a forged address; and of those
//! who walk through numbers, over every transport.
//!
//! Time goes in as an argument, so that simulated traffic tells what real traffic would.

mod count;
mod limiter;
mod prefix;
mod rates;
mod table;
#[cfg(test)]
mod traffic;
mod watch;

pub use count::{LimitCounts, LimitKind, Limited};
pub use rates::{EnumerationLimits, RateLimits};
pub use watch::LimitedPrefix;

pub(super) use limiter::{Limiter, Rules, Ruling, Subject};
