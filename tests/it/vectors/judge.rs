//! The crate's own verdict in the words of the vectors.

use mimi_dns::clock::UnixTime;
use mimi_dns::identifier::Identifier;
use mimi_dns::record::mimisig::{EndpointFault, Fault, IgnoredReason, Mimisig, RejectedReason};
use mimi_dns::statement::{KeyError, Lifetimes, PublicKey, TimeFault, VerifyError, in_time, verify};

use super::made::raw::Case;

/// Form, then time, then key, then signature.
pub(crate) fn judge(case: &Case) -> String {
    let identifier = Identifier::parse(case.identifier).expect("the vectors' identifiers are canonical");
    let statement = match Mimisig::parse(&case.rdata) {
        Ok(statement) => statement,
        Err(Fault::Ignored(reason)) => return format!("ignored: {}", ignored(reason)),
        Err(Fault::Rejected(reason)) => return format!("rejected: {}", rejected(reason)),
    };
    if let Err(fault) = in_time(&statement, UnixTime(case.now), &Lifetimes::default()) {
        return format!("rejected: {}", time(fault));
    }
    let key = match PublicKey::from_octets(&case.public_key) {
        Ok(key) => key,
        Err(KeyError::NotCanonical) => return "rejected: key-not-canonical".into(),
        Err(KeyError::SmallOrder) => return "rejected: key-small-order".into(),
        Err(other) => panic!("no vector has {other:?}"),
    };
    match verify(&statement, &identifier, &key) {
        Ok(_) => "verified".into(),
        Err(error) => format!("rejected: {}", signature(error)),
    }
}

fn ignored(reason: IgnoredReason) -> &'static str {
    match reason {
        IgnoredReason::UnknownVersion(_) => "unknown-version",
        IgnoredReason::UnknownKind(_) => "unknown-kind",
        IgnoredReason::UnknownAlgorithm(_) => "unknown-algorithm",
        IgnoredReason::UnknownParameter(_) => "unknown-parameter",
        other => panic!("no vector has {other:?}"),
    }
}

fn rejected(reason: RejectedReason) -> String {
    match reason {
        RejectedReason::Cut => "cut".into(),
        RejectedReason::ParametersUneven => "parameters-uneven".into(),
        RejectedReason::SignatureLength(_) => "signature-length".into(),
        RejectedReason::OutOfOrder(_) => "out-of-order".into(),
        RejectedReason::Repeated(_) => "repeated".into(),
        RejectedReason::ValuesOutOfOrder(_) => "values-out-of-order".into(),
        RejectedReason::WrongKind(..) => "wrong-kind".into(),
        RejectedReason::Missing(key) => format!("missing-{key}"),
        RejectedReason::HolderAndProof => "holder-and-proof".into(),
        RejectedReason::TooManyAt(_) => "too-many-at".into(),
        RejectedReason::BadValue(key) => format!("bad-value-{key}"),
        RejectedReason::BadName(key) => format!("bad-name-{key}"),
        RejectedReason::ProviderTwice => "provider-twice".into(),
        RejectedReason::Endpoint(fault) => format!("endpoint-{}", endpoint(fault)),
        other => panic!("no vector has {other:?}"),
    }
}

fn endpoint(fault: EndpointFault) -> &'static str {
    match fault {
        EndpointFault::Type(_) => "type",
        EndpointFault::Malformed => "malformed",
        EndpointFault::Order(_) => "order",
        EndpointFault::Flags => "flags",
        EndpointFault::Service => "service",
        EndpointFault::Regexp => "regexp",
        EndpointFault::Replacement => "replacement",
        EndpointFault::Uri => "uri",
        EndpointFault::NoHost => "no-host",
        EndpointFault::Host => "host",
        EndpointFault::OutsideIssuer => "outside-issuer",
        other => panic!("no vector has {other:?}"),
    }
}

fn time(fault: TimeFault) -> &'static str {
    match fault {
        TimeFault::NotYetValid => "not-yet-valid",
        TimeFault::Expired => "expired",
        TimeFault::Inverted => "inverted",
        TimeFault::TooLong { .. } => "too-long",
        other => panic!("no vector has {other:?}"),
    }
}

fn signature(error: VerifyError) -> &'static str {
    match error {
        VerifyError::OtherKey => "other-key",
        VerifyError::OtherHolder => "other-holder",
        VerifyError::NotCanonical => "r-not-canonical",
        VerifyError::SmallOrder => "r-small-order",
        VerifyError::LargeS => "s-too-large",
        VerifyError::BadSignature => "bad-signature",
        other => panic!("no vector has {other:?}"),
    }
}
