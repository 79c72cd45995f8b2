//! What was limited, counted.

use crate::server::outcome::Outcome;
use crate::server::sheets::{SheetNumber, Sheets};

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
#[derive(Debug)]
pub struct LimitCounts(Sheets<COUNTERS>);

const COUNTERS: usize = LimitKind::ALL.len() * Limited::ALL.len();

impl LimitCounts {
    /// For so many threads with a sheet of their own.
    pub(super) fn new(own_sheets: usize) -> Self {
        Self(Sheets::new(own_sheets))
    }

    pub(super) fn count(&self, sheet: SheetNumber, kind: LimitKind, limited: Limited) {
        self.0.count(sheet, counter(kind, limited));
    }

    /// How often this kind was limited in this way.
    #[must_use]
    pub fn of(&self, kind: LimitKind, limited: Limited) -> u64 {
        self.0.sum(counter(kind, limited))
    }
}

const fn counter(kind: LimitKind, limited: Limited) -> usize {
    kind as usize * Limited::ALL.len() + limited as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_and_way_has_a_counter_of_its_own() {
        let counts = LimitCounts::new(0);
        for &kind in LimitKind::ALL {
            for &limited in Limited::ALL {
                counts.count(SheetNumber::default(), kind, limited);
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
