//! Who must act before the same question has another answer.

use serde::{Deserialize, Serialize};

use super::{Discovery, DiscoveryResult, ParametersFault, ParametersTrust};
use crate::resolver::judge::{Rejected, Verdict};

/// Who must act before a resolution can end better.
///
/// The order is that of weight: of several, the last one is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MustAct {
    /// Whoever asked, later: something could not be reached.
    TryAgain,
    /// Whoever runs this resolver: the zone uses what this version, or its policy's ceiling, does not support.
    NotSupported,
    /// Whoever published: what is there is out of date, incomplete or malformed.
    PublisherMustMend,
    /// Nobody who was asked: what they say is not to be trusted, unless the policy is wrong.
    NotToBeTrusted,
}

impl Discovery {
    /// Who must act; `None` where the result is an answer: mapped, no mapping, opted out.
    #[must_use]
    pub fn must_act(&self) -> Option<MustAct> {
        match self.result {
            DiscoveryResult::Mapped(_) | DiscoveryResult::NoMapping | DiscoveryResult::OptedOut => None,
            DiscoveryResult::Unreachable => Some(MustAct::TryAgain),
            DiscoveryResult::NotBelieved => {
                let statements = self.statements.iter().filter_map(|statement| match statement.verdict {
                    Verdict::Believed | Verdict::Ignored(_) => None,
                    Verdict::Rejected(reason) => Some(reason.must_act()),
                });
                let parameters =
                    self.providers.iter().filter_map(|provider| match provider.parameters.as_ref()?.trust {
                        ParametersTrust::Pinned | ParametersTrust::Secure => None,
                        ParametersTrust::Refused(fault) => Some(fault.must_act()),
                    });
                // What is left is bogus, or an absence that nothing proves.
                Some(statements.chain(parameters).max().unwrap_or(MustAct::NotToBeTrusted))
            }
        }
    }
}

impl Rejected {
    /// Who must act before the statement can be believed.
    #[must_use]
    pub const fn must_act(self) -> MustAct {
        match self {
            Self::Malformed
            | Self::NotYetValid
            | Self::Expired
            | Self::Inverted
            | Self::LifetimeTooLong
            | Self::Conflict
            | Self::ProofInFuture
            | Self::PossessionMissing
            | Self::WishesMissing
            | Self::ConsentTooNew => MustAct::PublisherMustMend,
            Self::KeyUnreached => MustAct::TryAgain,
            Self::NotGranted
            | Self::OutOfScope
            | Self::ClaimsTooMuch
            | Self::KeyUnknown
            | Self::KeyNotProven
            | Self::KeyRevoked
            | Self::KeyCollision
            | Self::BadSignature
            | Self::Rollback
            | Self::Contradicted => MustAct::NotToBeTrusted,
        }
    }
}

impl ParametersFault {
    /// Who must act before the parameters can be believed.
    #[must_use]
    pub const fn must_act(self) -> MustAct {
        match self {
            Self::NoneInForce => MustAct::PublisherMustMend,
            Self::UnknownHash | Self::AboveCeiling | Self::NotComputable => MustAct::NotSupported,
            Self::NotSecure | Self::Bogus | Self::BelowFloor => MustAct::NotToBeTrusted,
        }
    }
}
