//! Signing zones: RRsets and the chains that deny what is not there, made from a zone and its keys.
//!
//! Names are planned in canonical order by one pass, signed in batches by all cores, and put together by the
//! zone's builder. Signatures of a former signed zone are taken over where they still fit.

mod batch;
mod chain;
mod check;
mod keys;
mod options;
mod plan;
mod reuse;
mod run;
mod unsign;
mod zonemd;

use std::collections::BTreeSet;

pub use self::check::{SignatureFault, SignatureFaultKind, check_signatures};
pub use self::keys::{OtherKey, ZoneKey, ZoneKeys, foreign_keys};
pub use self::options::{Denial, Signed, SigningOptions};
pub use self::reuse::is_signed_with;
pub use self::unsign::unsign_zone;
pub use self::zonemd::{ZonemdFault, ZonemdHash, check_zonemd};
use crate::clock::UnixTime;
use crate::record::dnssec::{Algorithm, Dnskey};
use crate::record::{Name, NameError};
use crate::zone::{BuildFault, Zone};

/// Why a zone can't be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// No key is published, or none signs: whose keys they are.
    #[error("no key is both published and signs")]
    NoKeys,
    /// A key of an algorithm is published that signs not every RRset. Source: RFC 4035 §2.2.
    #[error("a key of {0} is published, but none of that algorithm signs both the keys and the zone")]
    Incomplete(Algorithm),
    /// The apex is so long that no NSEC3 record's owner name fits: sign with NSEC.
    #[error("no owner name of an NSEC3 record fits below {0}")]
    ApexTooLong(Name, #[source] NameError),
    /// Two names have one hash.
    #[error("two names have the same NSEC3 hash: sign with NSEC")]
    HashCollision,
    /// What is signed is no zone: an RRset that is too large with its signatures, as a rule.
    #[error("the signed zone has faults: {}", faults(.0))]
    Faults(Vec<BuildFault>),
}

fn faults(faults: &[BuildFault]) -> String {
    let faults: Vec<String> =
        faults.iter().map(|fault| format!("{} ({})", fault.message, fault.code)).collect();
    faults.join(", ")
}

/// Signs a zone.
///
/// Records of DNSSEC that the zone has are left out: RRSIG, NSEC, NSEC3, and at the apex NSEC3PARAM, DNSKEY, CDS,
/// CDNSKEY and ZONEMD; those at the apex come from `keys` and `options`. Authoritative RRsets are signed, among
/// them DS at delegations; not NS at a delegation, nor what stands below one or below a DNAME record.
///
/// `former` is the same zone as it was signed before. Its signatures are kept where records, TTL and key are the
/// same and they are not due yet: what has not changed is not signed again.
///
/// Source: RFC 4035 §2, RFC 5155 §7.1, RFC 9276, RFC 9077.
///
/// # Errors
/// [`SignError`]: the keys' or the zone's fault.
pub fn sign_zone(
    zone: &Zone,
    keys: &ZoneKeys,
    options: &SigningOptions,
    former: Option<&Zone>,
    now: UnixTime,
) -> Result<(Zone, Signed), SignError> {
    sign_zone_telling(zone, keys, options, former, now, &mut |_, _| ())
}

/// As [`sign_zone`]; `progress` is told now and then how many of how many steps are done.
///
/// # Errors
/// As [`sign_zone`].
pub fn sign_zone_telling(
    zone: &Zone,
    keys: &ZoneKeys,
    options: &SigningOptions,
    former: Option<&Zone>,
    now: UnixTime,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(Zone, Signed), SignError> {
    check_keys(keys)?;
    run::run(zone, keys, options, former, now, progress)
}

/// Every algorithm of a published key must sign the keys and the zone, or validators may say bogus.
fn check_keys(keys: &ZoneKeys) -> Result<(), SignError> {
    if !keys.keys.iter().any(|key| key.published && (key.signs_keys || key.signs_zone)) {
        return Err(SignError::NoKeys);
    }
    let ours = keys.keys.iter().filter(|key| key.published).map(|key| key.key.algorithm());
    let others = keys.others.iter().filter_map(|other| Some(Dnskey::parse(&other.dnskey)?.algorithm));
    let signs = |wanted: fn(&ZoneKey) -> bool, algorithm| {
        keys.keys.iter().any(|key| wanted(key) && key.key.algorithm() == algorithm)
    };
    for algorithm in ours.chain(others).collect::<BTreeSet<_>>() {
        if !signs(|key| key.signs_keys, algorithm) || !signs(|key| key.signs_zone, algorithm) {
            return Err(SignError::Incomplete(algorithm));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
