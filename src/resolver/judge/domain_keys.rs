//! Keys that domains have in the DNS, beside those that the policy pins.

use std::collections::BTreeMap;

use crate::record::Name;
use crate::record::mimisig::KeyId;
use crate::resolver::policy::KeyFinding;
use crate::statement::PublicKey;

/// What was found for each domain that was asked about.
pub(in crate::resolver) type ServedKeys = BTreeMap<Name, DomainKeys>;

/// What the DNS says about the keys of one domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::resolver) enum DomainKeys {
    /// DNSSEC proves that it has these and no others.
    Proven(Vec<PublicKey>),
    /// Something is there, or not, and nothing proves it.
    Unproven,
    /// It could not be asked.
    Unreached,
}

/// The key of this id among those of one domain; the same key twice is one.
pub(super) fn find(keys: &[PublicKey], id: KeyId) -> KeyFinding<'_> {
    let mut of_id = keys.iter().filter(|key| key.key_id() == id);
    match of_id.next() {
        None => KeyFinding::Unknown,
        Some(first) if of_id.all(|key| key == first) => KeyFinding::Known(first),
        // Which of them signed can't be told, so neither is believed.
        Some(_) => KeyFinding::Collision,
    }
}
