//! What was limited, counted.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::server::outcome::Outcome;

/// What replies are limited as. Each kind has a bucket of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitKind {
    /// Data, an alias, or TC.
    Answer,
    /// A name without such a type.
    NoData,
    /// No such name.
    NxDomain,
    /// A referral.
    Referral,
    /// A refusal, or fault found with the request.
    Error,
    /// Anything of a discovery zone, for who walks through numbers there.
    Enumeration,
}

/// What was done instead of sending a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limited {
    /// Nothing was sent.
    Dropped,
    /// An empty reply with TC was.
    Slipped,
    /// The reply was held back, over a connection.
    Delayed,
    /// The request was refused, over a connection.
    Refused,
}

impl LimitKind {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Answer, Self::NoData, Self::NxDomain, Self::Referral, Self::Error, Self::Enumeration];

    /// One word; stable, for metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::NoData => "no_data",
            Self::NxDomain => "nxdomain",
            Self::Referral => "referral",
            Self::Error => "error",
            Self::Enumeration => "enumeration",
        }
    }

    /// The kind of a reply; `None` where there is none.
    pub(in crate::server) const fn of(outcome: Outcome) -> Option<Self> {
        Some(match outcome {
            Outcome::Answered | Outcome::Alias | Outcome::Truncated | Outcome::NameTooLong => Self::Answer,
            Outcome::NoData => Self::NoData,
            Outcome::NxDomain | Outcome::NxName => Self::NxDomain,
            Outcome::Delegation => Self::Referral,
            Outcome::NotServed
            | Outcome::Prohibited
            | Outcome::Slowed
            | Outcome::TransferRefused
            | Outcome::UnknownOpcode
            | Outcome::BadEdnsVersion
            | Outcome::NotOneQuestion
            | Outcome::BadQuestion
            | Outcome::BadRecords
            | Outcome::UnknownKey
            | Outcome::BadOpt
            | Outcome::CookieGiven
            | Outcome::CookieRequired
            | Outcome::NotLoaded
            | Outcome::TooLarge => Self::Error,
            Outcome::DroppedShort | Outcome::DroppedResponse | Outcome::DroppedKeepalive => return None,
        })
    }
}

impl Limited {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Dropped, Self::Slipped, Self::Delayed, Self::Refused];

    /// One word; stable, for metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Slipped => "slipped",
            Self::Delayed => "delayed",
            Self::Refused => "refused",
        }
    }
}

/// How often replies of each kind were limited in each way since the start.
#[derive(Debug, Default)]
pub struct LimitCounts([[AtomicU64; Limited::ALL.len()]; LimitKind::ALL.len()]);

impl LimitCounts {
    pub(super) fn count(&self, kind: LimitKind, limited: Limited) {
        self.0[kind as usize][limited as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How often this kind was limited in this way.
    #[must_use]
    pub fn of(&self, kind: LimitKind, limited: Limited) -> u64 {
        self.0[kind as usize][limited as usize].load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_and_way_has_a_counter_of_its_own() {
        let counts = LimitCounts::default();
        for &kind in LimitKind::ALL {
            for &limited in Limited::ALL {
                counts.count(kind, limited);
                assert_eq!(counts.of(kind, limited), 1, "{} {}", kind.label(), limited.label());
            }
        }
    }

    #[test]
    fn every_reply_has_a_kind() {
        for &outcome in Outcome::ALL {
            assert_eq!(LimitKind::of(outcome).is_some(), outcome.is_replied(), "{}", outcome.label());
        }
    }
}
