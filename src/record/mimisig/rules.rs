//! The rules that hold for parameters before anybody looks at their values.

use super::parameter::Parameters;
use super::{Fault, IgnoredReason, Kind, ParameterKey, RejectedReason};

/// Keys from here on may be ignored.
const CRITICAL_END: u16 = 32_768;
/// The longest list of providers in one wishes statement.
const MAX_AT: usize = 16;

/// All parameters, borrowed; the walk over hostile octets takes memory of their own number only.
pub(super) fn collect(octets: &[u8]) -> Result<Vec<(u16, &[u8])>, RejectedReason> {
    Parameters::new(octets).collect::<Result<_, _>>().map_err(|_| RejectedReason::ParametersUneven)
}

/// Whether the parameters are in order: keys ascend, none that may not repeats, the values of one
/// that may repeat ascend as octet strings.
pub(super) fn check_order(parameters: &[(u16, &[u8])]) -> Result<(), RejectedReason> {
    for pair in parameters.windows(2) {
        let [(before, earlier), (key, value)] = pair else { continue };
        if key < before {
            return Err(RejectedReason::OutOfOrder(*key));
        }
        if key == before {
            match ParameterKey::from_number(*key).filter(|key| key.repeats()) {
                None => return Err(RejectedReason::Repeated(*key)),
                Some(key) if earlier >= value => return Err(RejectedReason::ValuesOutOfOrder(key)),
                Some(_) => {}
            }
        }
    }
    Ok(())
}

/// Whether all parameters are understood, belong in this kind, and none is missing.
pub(super) fn check_presence(kind: Kind, parameters: &[(u16, &[u8])]) -> Result<(), Fault> {
    // A later version may allow a known parameter where it gives it a meaning, so what isn't
    // understood comes before what is wrong.
    let strange = |key: u16| key < CRITICAL_END && ParameterKey::from_number(key).is_none();
    if let Some((key, _)) = parameters.iter().find(|(key, _)| strange(*key)) {
        return Err(IgnoredReason::UnknownParameter(*key).into());
    }
    let known = || parameters.iter().filter_map(|(key, _)| ParameterKey::from_number(*key));
    if let Some(stranger) = known().find(|key| !key.belongs_in(kind)) {
        return Err(RejectedReason::WrongKind(stranger, kind).into());
    }
    let has = |wanted| known().any(|key| key == wanted);
    let required: &[ParameterKey] = match kind {
        Kind::Possession => &[ParameterKey::Issuer, ParameterKey::Proof],
        Kind::Mapping if has(ParameterKey::Proof) => {
            if has(ParameterKey::Holder) || has(ParameterKey::Consent) {
                return Err(RejectedReason::HolderAndProof.into());
            }
            &[ParameterKey::Issuer, ParameterKey::Endpoint]
        }
        Kind::Mapping => {
            &[ParameterKey::Issuer, ParameterKey::Holder, ParameterKey::Endpoint, ParameterKey::Consent]
        }
        Kind::Wishes => &[ParameterKey::Holder],
    };
    if let Some(missing) = required.iter().find(|key| !has(**key)) {
        return Err(RejectedReason::Missing(*missing).into());
    }
    match known().filter(|key| *key == ParameterKey::At).count() {
        count if count > MAX_AT => Err(RejectedReason::TooManyAt(count).into()),
        _ => Ok(()),
    }
}
