//! Digests of whole zones. Source: RFC 8976.

use sha2::{Digest, Sha384, Sha512};

use crate::record::dnssec::canonical_rdata;
use crate::record::{Name, Rtype, Ttl};
use crate::zone::{RrsetRef, Zone};

/// The one scheme: all records in canonical order. Source: RFC 8976 §3.3.
const SIMPLE: u8 = 1;
/// Octets in front of the digest: serial, scheme, hash.
const HEAD: usize = 6;

/// How the digest is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ZonemdHash {
    /// What every software that checks must know. Source: RFC 8976 §2.2.3.
    #[default]
    Sha384,
    /// SHA-512.
    Sha512,
}

/// Why a zone's digest does not stand for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZonemdFault {
    /// No ZONEMD record.
    #[error("the zone has no ZONEMD record")]
    Absent,
    /// Every ZONEMD record has another serial number than the SOA record.
    #[error("the ZONEMD record is for another serial number than the SOA record's")]
    OtherSerial,
    /// None has the scheme SIMPLE and a hash that is known, or two have the same.
    #[error("no ZONEMD record has a scheme and a hash that are known, once")]
    Unsupported,
    /// The zone's records have another digest.
    #[error("the zone's records are not those that the ZONEMD record was made for")]
    OtherDigest,
}

impl ZonemdHash {
    const fn number(self) -> u8 {
        match self {
            Self::Sha384 => 1,
            Self::Sha512 => 2,
        }
    }

    const fn of(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Sha384),
            2 => Some(Self::Sha512),
            _ => None,
        }
    }

    fn digest(self, zone: &Zone) -> Vec<u8> {
        match self {
            Self::Sha384 => digest::<Sha384>(zone),
            Self::Sha512 => digest::<Sha512>(zone),
        }
    }
}

/// The data of the ZONEMD record of a zone that is complete but for it.
pub(super) fn rdata(zone: &Zone, hash: ZonemdHash) -> Vec<u8> {
    [&zone.serial().to_be_bytes()[..], &[SIMPLE, hash.number()], &hash.digest(zone)].concat()
}

/// Checks the zone's digest; that it is signed is for others to check.
///
/// # Errors
/// [`ZonemdFault`]: the fault of who made the zone, or of who changed it.
///
/// Source: RFC 8976 §4.
pub fn check_zonemd(zone: &Zone) -> Result<ZonemdHash, ZonemdFault> {
    let apex = zone.node(zone.apex()).ok_or(ZonemdFault::Absent)?;
    let set = apex.rrset(Rtype::ZONEMD).ok_or(ZonemdFault::Absent)?;
    let rdatas: Vec<&[u8]> = set.records().map(|record| record.rdata()).collect();
    let serial = zone.serial().to_be_bytes();
    let current: Vec<_> = rdatas.iter().filter(|rdata| rdata.starts_with(&serial)).collect();
    if current.is_empty() {
        return Err(ZonemdFault::OtherSerial);
    }
    let kind = |rdata: &[u8]| rdata.get(4..HEAD).map(<[u8]>::to_vec);
    let mut fault = ZonemdFault::Unsupported;
    for rdata in &current {
        let &&[_, _, _, _, SIMPLE, number, wanted @ ..] = rdata else { continue };
        let once = rdatas.iter().filter(|other| kind(other) == kind(rdata)).count() == 1;
        let Some(hash) = ZonemdHash::of(*number).filter(|_| once) else { continue };
        if hash.digest(zone) == *wanted {
            return Ok(hash);
        }
        fault = ZonemdFault::OtherDigest;
    }
    Err(fault)
}

/// Every record but ZONEMD at the apex and what signs it, in canonical order. Source: RFC 8976 §3.3.1, §3.4.1.
fn digest<D: Digest>(zone: &Zone) -> Vec<u8> {
    let (mut digest, class) = (D::new(), zone.class().0.to_be_bytes());
    let mut sets = zone.rrsets().peekable();
    while let Some((owner, first)) = sets.next() {
        let mut records = Vec::new();
        let at_apex = owner == *zone.apex();
        push(first, at_apex, &mut records);
        while let Some((_, set)) = sets.next_if(|(name, _)| *name == owner) {
            push(set, at_apex, &mut records);
        }
        records.sort_unstable_by(|one, other| (one.0, &one.2).cmp(&(other.0, &other.2)));
        records.dedup_by(|one, other| (one.0, &one.2) == (other.0, &other.2));
        let owner: Name = owner.to_lowercase();
        for (rtype, ttl, rdata) in records {
            let len = u16::try_from(rdata.len()).expect("record data is at most 65,535 octets");
            digest.update(owner.as_wire());
            for number in
                [&rtype.0.to_be_bytes()[..], &class, &ttl.as_secs().to_be_bytes(), &len.to_be_bytes()]
            {
                digest.update(number);
            }
            digest.update(&*rdata);
        }
    }
    digest.finalize().to_vec()
}

type Digested<'z> = (Rtype, Ttl, std::borrow::Cow<'z, [u8]>);

fn push<'z>(set: RrsetRef<'z>, at_apex: bool, records: &mut Vec<Digested<'z>>) {
    if at_apex && set.rtype() == Rtype::ZONEMD {
        return;
    }
    let own = set.records().map(|record| (set.rtype(), record));
    for (rtype, record) in own.chain(set.signatures().map(|record| (Rtype::RRSIG, record))) {
        records.push((rtype, record.ttl(), canonical_rdata(rtype, record.rdata())));
    }
}
