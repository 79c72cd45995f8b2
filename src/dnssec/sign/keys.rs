//! The keys of a zone and what each does.

use std::sync::Arc;

use crate::clock::UnixTime;
use crate::dnssec::key::SigningKey;
use crate::dnssec::key_file::{KeyFile, KeyTimes};
use crate::record::dnssec::{Algorithm, Dnskey};
use crate::record::{Rdata, Rtype};
use crate::zone::Zone;

/// The keys of a zone.
#[derive(Debug, Clone, Default)]
pub struct ZoneKeys {
    /// Keys whose secret is here.
    pub keys: Vec<ZoneKey>,
    /// Keys that are published besides: those of other signers of the zone (RFC 8901).
    pub others: Vec<OtherKey>,
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

/// A key of which only the public half is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherKey {
    /// The data of its DNSKEY record.
    pub dnskey: Rdata,
    /// Whether its CDS and CDNSKEY records are published.
    pub in_cds: bool,
}

impl OtherKey {
    /// Its tag.
    #[must_use]
    pub fn key_tag(&self) -> u16 {
        Dnskey::parse(&self.dnskey).map_or(0, |key| key.key_tag())
    }
}

/// The keys of a zone's DNSKEY records that are none of these.
pub fn foreign_keys<'k>(zone: &Zone, own: impl IntoIterator<Item = &'k SigningKey>) -> Vec<OtherKey> {
    let own: Vec<Vec<u8>> = own.into_iter().map(|key| key.dnskey(0)).collect();
    // Behind the flags, which change in a key's life.
    let is_own = |dnskey: &Rdata| own.iter().any(|own| own.get(2..) == dnskey.get(2..));
    let apex = zone.node(zone.apex());
    let rdatas = |rtype| -> Vec<Rdata> {
        let set = apex.as_ref().and_then(|apex| apex.rrset(rtype));
        set.into_iter().flat_map(|set| set.records()).map(|record| record.rdata().into()).collect()
    };
    let (cds, cdnskeys) = (rdatas(Rtype::CDS), rdatas(Rtype::CDNSKEY));
    let other = |dnskey: Rdata| {
        let mut other = OtherKey { dnskey, in_cds: false };
        let [high, low] = other.key_tag().to_be_bytes();
        let is_meant = |cds: &Rdata| cds[..2] == [high, low] && cds.get(2) == other.dnskey.get(3);
        other.in_cds = cdnskeys.contains(&other.dnskey) || cds.iter().any(is_meant);
        other
    };
    rdatas(Rtype::DNSKEY).into_iter().filter(|dnskey| !is_own(dnskey)).map(other).collect()
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
        own.chain(self.others.iter().map(|other| other.dnskey.clone())).collect()
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
