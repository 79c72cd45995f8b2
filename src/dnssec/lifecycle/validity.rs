//! Whether a validator can follow what it holds.

use super::history::KeySet;
use super::key::{Key, KeyId};

/// What a validator may hold at once: a DS record, a DNSKEY RRset, and data signed by some keys.
pub(super) struct Held<'a> {
    pub(super) ds: KeyId,
    pub(super) dnskeys: &'a KeySet,
    pub(super) signers: &'a KeySet,
}

impl Held<'_> {
    /// Whether the data is secure to the strictest of validators.
    ///
    /// The key that the DS record points to stands in the DNSKEY RRset and signs it. And each algorithm in that
    /// RRset has a key there that signs it and one that signs the data: RFC 4035 §2.2 wants that of zones, and
    /// some validators insist (RFC 6840 §5.11 lets them not).
    ///
    /// It is enough to look at each DS record alone: where all that may be cached lead somewhere, any set of
    /// them does.
    pub(super) fn is_valid(&self, keys: &[Key]) -> bool {
        let role = |id: &KeyId| keys.iter().find(|key| key.id == *id).map(|key| key.role);
        let entry = self.dnskeys.contains(&self.ds) && role(&self.ds).is_some_and(|role| role.signs_keys());
        entry
            && self.dnskeys.iter().all(|of| {
                let mut same = self.dnskeys.iter().filter(|id| id.algorithm == of.algorithm);
                let mut again = same.clone();
                same.any(|id| role(id).is_some_and(|role| role.signs_keys()))
                    && again
                        .any(|id| self.signers.contains(id) && role(id).is_some_and(|role| role.signs_data()))
            })
    }
}
