//! From DS records, or a trust anchor, to the keys of a zone.

use super::rrset::check;
use super::{Fault, InsecureReason, Unproven, Work};
use crate::clock::UnixTime;
use crate::dnssec::is_supported;
use crate::record::dnssec::{DigestType, Dnskey, Ds};
use crate::record::{Name, Rdata, Rrset, Rtype, Ttl};

/// How many keys of one zone are hashed for its DS records: more match by tag only where somebody wants work
/// to be done.
const MAX_DIGESTS: usize = 16;

/// How many DNSKEY records a zone may have: each is copied, and read once for each signature that it may have made.
const MAX_KEYS: usize = 64;

/// Keys of a zone that are proven to be its own: [`authenticate_keys`] alone makes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    zone: Name,
    keys: Vec<ZoneKey>,
    ttl: Ttl,
    expires: UnixTime,
}

/// A key of a supported algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ZoneKey {
    pub(super) tag: u16,
    rdata: Rdata,
}

impl ZoneKey {
    fn new(rdata: &Rdata) -> Option<Self> {
        let key = Dnskey::parse(rdata).filter(|key| is_supported(key.algorithm))?;
        Some(Self { tag: key.key_tag(), rdata: rdata.clone() })
    }

    pub(super) fn dnskey(&self) -> Dnskey<'_> {
        Dnskey::parse(&self.rdata).expect("the constructor has parsed it")
    }

    /// Whether it may sign its zone's records.
    pub(super) fn is_fit(&self) -> Result<(), Fault> {
        let key = self.dnskey();
        match () {
            () if !key.is_zone_key() => Err(Fault::NotZoneKey),
            () if key.is_revoked() => Err(Fault::KeyRevoked),
            () => Ok(()),
        }
    }
}

impl KeySet {
    /// The zone's apex.
    #[must_use]
    pub fn zone(&self) -> &Name {
        &self.zone
    }

    /// How long the keys may be kept: no longer than their TTL, the signature's original TTL and its end
    /// (RFC 4035 §5.3.3).
    #[must_use]
    pub fn ttl(&self) -> Ttl {
        self.ttl
    }

    /// When the signature ends.
    #[must_use]
    pub fn expires(&self) -> UnixTime {
        self.expires
    }

    /// How many octets of record data its keys hold.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.keys.iter().map(|key| key.rdata.len()).sum()
    }

    pub(super) fn keys(&self) -> &[ZoneKey] {
        &self.keys
    }
}

/// Proves a zone's DNSKEY records by what points to them: the parent's DS records, which are themselves
/// verified, or those of a trust anchor.
///
/// One signature by one key that is pointed to is enough, whatever other algorithms the DS records tell of
/// (RFC 6840 §5.4 and §5.11). `signatures` is the record data of RRSIG records of the zone's apex; those that
/// cover other types are passed over.
///
/// # Errors
/// [`Unproven::Insecure`] as [`usable_ds`]; else what is wrong with keys and signatures.
pub fn authenticate_keys(
    zone: &Name,
    dnskeys: &Rrset,
    signatures: &[Rdata],
    ds: &[Rdata],
    now: UnixTime,
    work: &mut Work,
) -> Result<KeySet, Unproven> {
    let pointers = usable_ds(ds)?;
    if dnskeys.owner != *zone || dnskeys.rtype != Rtype::DNSKEY {
        return Err(Fault::OutOfZone.into());
    }
    if dnskeys.rdatas.is_empty() {
        return Err(Fault::KeysMissing.into());
    }
    if dnskeys.rdatas.len() > MAX_KEYS {
        return Err(Fault::TooMuchWork.into());
    }
    let keys: Vec<_> = dnskeys.rdatas.iter().filter_map(ZoneKey::new).collect();
    let entries = entries(zone, &keys, &pointers, work)?;
    let verified = check(dnskeys, signatures, zone, &entries, now, work)?;
    Ok(KeySet { zone: zone.clone(), keys, ttl: verified.ttl(), expires: verified.expires() })
}

/// The DS records with an algorithm and a digest that are supported: whether the zone's keys must be asked for.
///
/// # Errors
/// [`Unproven::Insecure`] where none has: the zone counts as not signed (RFC 4035 §5.2, RFC 6840 §5.2). SHA-1
/// is supported neither as a digest nor in an algorithm (RFC 9905 §2). No DS records at all are no proof of
/// anything, and bogus.
pub fn usable_ds(ds: &[Rdata]) -> Result<Vec<Ds<'_>>, Unproven> {
    let known: Vec<_> = ds.iter().filter_map(|rdata| Ds::parse(rdata)).collect();
    let of_algorithm: Vec<_> = known.iter().filter(|ds| is_supported(ds.algorithm)).copied().collect();
    let usable: Vec<_> = of_algorithm.iter().filter(|ds| is_made(ds.digest_type)).copied().collect();
    match (known.is_empty(), of_algorithm.is_empty(), usable.is_empty()) {
        (true, ..) => Err(Fault::NoKeyForDs.into()),
        (_, true, _) => Err(Unproven::Insecure(InsecureReason::Algorithm)),
        (.., true) => Err(Unproven::Insecure(InsecureReason::Digest)),
        _ => Ok(usable),
    }
}

fn is_made(digest: DigestType) -> bool {
    matches!(digest, DigestType::SHA256 | DigestType::SHA384)
}

/// The keys that are pointed to and may sign.
fn entries(
    zone: &Name,
    keys: &[ZoneKey],
    pointers: &[Ds<'_>],
    work: &mut Work,
) -> Result<Vec<ZoneKey>, Fault> {
    let pairs = pointers.iter().flat_map(|ds| keys.iter().map(move |key| (ds, key)));
    let alike = pairs.filter(|(ds, key)| ds.key_tag == key.tag && ds.algorithm == key.dnskey().algorithm);
    let (mut entries, mut nearest): (Vec<ZoneKey>, _) = (Vec::new(), Fault::NoKeyForDs);
    for (tried, (ds, key)) in alike.enumerate() {
        if entries.contains(key) {
            continue;
        }
        if tried == MAX_DIGESTS {
            nearest = Fault::TooMuchWork;
            break;
        }
        work.digest()?;
        if ds.matches(zone, &key.dnskey()) {
            match key.is_fit() {
                Ok(()) => entries.push(key.clone()),
                Err(fault) => nearest = fault,
            }
        }
    }
    if entries.is_empty() { Err(nearest) } else { Ok(entries) }
}
