//! Why octets are no statement.

use super::endpoint::EndpointFault;
use super::{Kind, ParameterKey};

/// Why record data is no statement to look at any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not for us: it says nothing for or against the identifier.
    #[error("not understood: {0}")]
    Ignored(#[from] IgnoredReason),
    /// Broken: somebody published what nobody may.
    #[error("malformed: {0}")]
    Rejected(#[from] RejectedReason),
}

/// What a later version of the protocol may bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IgnoredReason {
    /// A version other than 1.
    #[error("version {0} is unknown")]
    UnknownVersion(u8),
    /// A kind other than possession, mapping and wishes.
    #[error("kind {0} is unknown")]
    UnknownKind(u8),
    /// An algorithm other than Ed25519.
    #[error("algorithm {0} is unknown")]
    UnknownAlgorithm(u8),
    /// A parameter that must be understood, and isn't.
    #[error("parameter {0} must be understood and is unknown")]
    UnknownParameter(u16),
}

/// What breaks the form of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RejectedReason {
    /// It ends inside the header or the parameters.
    #[error("it ends too early")]
    Cut,
    /// The last parameter does not end where the parameters do.
    #[error("the parameters do not fill their length exactly")]
    ParametersUneven,
    /// Fewer or more octets after the algorithm than key id and signature have.
    #[error("key id and signature have {0} octets instead of 72")]
    SignatureLength(usize),
    /// Keys that do not ascend.
    #[error("parameter {0} stands after a larger one")]
    OutOfOrder(u16),
    /// The same key twice where one is allowed.
    #[error("parameter {0} is repeated")]
    Repeated(u16),
    /// Values of a parameter that may repeat, which do not strictly ascend.
    #[error("the values of {0} do not ascend")]
    ValuesOutOfOrder(ParameterKey),
    /// A known parameter that this kind doesn't have.
    #[error("{0} does not belong in {1}")]
    WrongKind(ParameterKey, Kind),
    /// A parameter that this kind must have.
    #[error("{0} is missing")]
    Missing(ParameterKey),
    /// A mapping with a holder as well as a proof of its own.
    #[error("holder and proof exclude each other")]
    HolderAndProof,
    /// More than 16 `at`.
    #[error("at stands {0} times, and may 16 times")]
    TooManyAt(usize),
    /// A parameter's value that breaks its form.
    #[error("the value of {0} is malformed")]
    BadValue(ParameterKey),
    /// A name with other octets than a-z, 0-9 and hyphen, or the root.
    #[error("the name in {0} has other characters than a-z, 0-9 and hyphen, or is the root")]
    BadName(ParameterKey),
    /// Two `at` for one messaging service provider.
    #[error("a provider is listed twice")]
    ProviderTwice,
    /// An endpoint that a mapping of this issuer can't have.
    #[error("bad endpoint: {0}")]
    Endpoint(#[from] EndpointFault),
}
