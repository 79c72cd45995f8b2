//! What an operator wants of a zone's keys, and the times that caches take.

use crate::record::dnssec::Algorithm;

use super::key::Role;

/// How the work is divided among keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// One key signs everything.
    Csk,
    /// One key signs the keys, another the data.
    Split,
}

impl Scheme {
    /// The roles that there must be a key for.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::Csk => &[Role::Csk],
            Self::Split => &[Role::Ksk, Role::Zsk],
        }
    }
}

/// The terms on which keys come and go. All times in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPolicy {
    /// What keys sign with.
    pub algorithm: Algorithm,
    /// How many keys.
    pub scheme: Scheme,
    /// TTL of the DNSKEY RRset, and of CDS and CDNSKEY.
    pub dnskey_ttl: u64,
    /// The largest TTL of any other RRset in the zone.
    pub zone_ttl: u64,
    /// How long until every server of the zone has what this one has.
    pub propagation: u64,
    /// TTL of the DS RRset at the parent.
    pub parent_ttl: u64,
    /// How long until every server of the parent has what was seen at one.
    pub parent_propagation: u64,
    /// After how long a KSK or CSK is rolled; `None` for never.
    pub ksk_lifetime: Option<u64>,
    /// After how long a ZSK is rolled; `None` for never.
    pub zsk_lifetime: Option<u64>,
}

impl KeyPolicy {
    /// How long a DNSKEY RRset is in caches after another was published; for a zone that had none: how long
    /// its absence is.
    pub(super) fn dnskey_hold(&self, empty: bool) -> u64 {
        let ttl = if empty { self.dnskey_ttl.max(self.zone_ttl) } else { self.dnskey_ttl };
        ttl.saturating_add(self.propagation)
    }

    /// How long data with its signatures is in caches after it was signed otherwise. CDS and CDNSKEY are data.
    pub(super) fn data_hold(&self) -> u64 {
        self.zone_ttl.max(self.dnskey_ttl).saturating_add(self.propagation)
    }

    /// How long a DS RRset is in caches after the parent was seen to have another.
    pub(super) fn ds_hold(&self) -> u64 {
        self.parent_ttl.saturating_add(self.parent_propagation)
    }

    /// After how long a key of this role is rolled.
    pub(super) fn lifetime(&self, role: Role) -> Option<u64> {
        if role.signs_keys() { self.ksk_lifetime } else { self.zsk_lifetime }
    }
}
