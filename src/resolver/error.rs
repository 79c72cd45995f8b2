//! Why there is no `Discovery` at all.

use crate::identifier::IdentifierKind;

/// Why an identifier could not even be asked about: the caller must act.
///
/// Everything that others answer for, or that may go away by itself, is a
/// [`Discovery`](super::Discovery) with its evidence: nothing there, opted out, could not be reached,
/// not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// No provider and no digit tree of the policy has it in scope.
    #[error("the policy names nobody to ask about this {kind}{}", hint(*kind))]
    NobodyToAsk {
        /// What kind of identifier it is.
        kind: IdentifierKind,
    },
}

fn hint(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Telephone | IdentifierKind::Email => "",
        IdentifierKind::Mimi => {
            "; unless its host is a namespace in some scope, ask the provider that it names directly"
        }
    }
}

/// Why a resolver could not be built: the caller must act.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No policy: nobody would be believed.
    #[error("a resolver needs a policy; none is built in, because no default trusts anyone")]
    NoPolicy,
    /// No transport and no servers.
    #[error("a resolver needs a transport, or the addresses of DNS servers")]
    NoTransport,
}
