//! The keys of a zone and what each does.

use std::sync::Arc;

use crate::clock::UnixTime;
use crate::dnssec::key::SigningKey;
use crate::dnssec::key_file::{KeyFile, KeyTimes};
use crate::record::Rdata;
use crate::record::dnssec::{Algorithm, Dnskey};

/// The keys of a zone.
#[derive(Debug, Clone, Default)]
pub struct ZoneKeys {
    /// Keys whose secret is here.
    pub keys: Vec<ZoneKey>,
    /// Data of DNSKEY records that are published besides: keys of other signers of the zone (RFC 8901).
    pub others: Vec<Rdata>,
    /// Whether the parent is asked to remove its DS records, by the CDS and CDNSKEY records of RFC 8078 §4, in
    /// the place of those of keys.
    pub delete_ds: bool,
}

/// A key and what it does in a zone.
#[derive(Debug, Clone)]
pub struct ZoneKey {
    /// The key.
    pub key: Arc<SigningKey>,
    /// The flags of its DNSKEY record: [`Dnskey::ZONE`] and others.
    pub flags: u16,
    /// Whether its DNSKEY record is published.
    pub published: bool,
    /// Whether it signs the DNSKEY, CDS and CDNSKEY records.
    pub signs_keys: bool,
    /// Whether it signs all else.
    pub signs_zone: bool,
    /// Whether its CDS and CDNSKEY records are published. Source: RFC 7344 §4.
    pub in_cds: bool,
}

impl ZoneKey {
    fn new(key: Arc<SigningKey>, flags: u16, signs_keys: bool, signs_zone: bool) -> Self {
        Self { key, flags, published: true, signs_keys, signs_zone, in_cds: false }
    }

    /// A key that signs everything.
    #[must_use]
    pub fn csk(key: Arc<SigningKey>) -> Self {
        Self::new(key, Dnskey::ZONE | Dnskey::SECURE_ENTRY_POINT, true, true)
    }

    /// A key that signs the keys.
    #[must_use]
    pub fn ksk(key: Arc<SigningKey>) -> Self {
        Self::new(key, Dnskey::ZONE | Dnskey::SECURE_ENTRY_POINT, true, false)
    }

    /// A key that signs all but the keys.
    #[must_use]
    pub fn zsk(key: Arc<SigningKey>) -> Self {
        Self::new(key, Dnskey::ZONE, false, true)
    }

    /// The data of its DNSKEY record.
    #[must_use]
    pub fn dnskey(&self) -> Vec<u8> {
        self.key.dnskey(self.flags)
    }

    /// Its tag.
    #[must_use]
    pub fn key_tag(&self) -> u16 {
        self.key.key_tag(self.flags)
    }
}

impl ZoneKeys {
    /// Keys of files, each doing what its times say, as `dnssec-signzone -S` does: one without times is published
    /// and signs.
    ///
    /// Keys with the flag [`Dnskey::SECURE_ENTRY_POINT`] sign the keys, others the zone; where an algorithm has
    /// keys of one kind only, they sign both.
    #[must_use]
    pub fn by_times(files: &[KeyFile], now: UnixTime) -> Self {
        let mut keys: Vec<ZoneKey> = files.iter().filter_map(|file| by_times(file, now)).collect();
        let signs = |keys: &[ZoneKey], algorithm: Algorithm, wanted: fn(&ZoneKey) -> bool| {
            keys.iter().any(|key| key.key.algorithm() == algorithm && wanted(key))
        };
        let before = keys.clone();
        for key in &mut keys {
            let algorithm = key.key.algorithm();
            // A revoked key signs the keys alone. Source: RFC 5011 §2.1.
            let active = (key.signs_keys || key.signs_zone) && key.flags & Dnskey::REVOKE == 0;
            key.signs_zone |= active && !signs(&before, algorithm, |key| key.signs_zone);
            key.signs_keys |= active && !signs(&before, algorithm, |key| key.signs_keys);
        }
        Self { keys, others: Vec::new(), delete_ds: false }
    }

    /// Data of the DNSKEY records.
    pub(super) fn dnskeys(&self) -> Vec<Rdata> {
        let own = self.keys.iter().filter(|key| key.published).map(|key| key.dnskey().into());
        own.chain(self.others.iter().cloned()).collect()
    }
}

fn by_times(file: &KeyFile, now: UnixTime) -> Option<ZoneKey> {
    let is_past = |time: Option<UnixTime>| time.is_some_and(|time| time <= now);
    let KeyTimes { publish, activate, revoke, inactive, delete, sync_publish, sync_delete, .. } = file.times;
    let is_set = publish.is_some() || activate.is_some();
    let active = (is_past(activate) || !is_set) && !is_past(inactive) && !is_past(delete);
    let published = (is_past(publish) || is_past(activate) || !is_set) && !is_past(delete);
    let entry = file.is_secure_entry_point();
    let revoked = if is_past(revoke) { Dnskey::REVOKE } else { 0 };
    (published || active).then(|| ZoneKey {
        key: Arc::clone(&file.key),
        flags: file.flags | revoked,
        published,
        signs_keys: active && entry,
        signs_zone: active && !entry,
        in_cds: is_past(sync_publish) && !is_past(sync_delete),
    })
}
