//! DNSKEY. Source: RFC 4034 §2.

use super::Algorithm;

/// A zone's key, or something else that stands in a DNSKEY record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dnskey<'a> {
    /// [`Dnskey::ZONE`], [`Dnskey::SECURE_ENTRY_POINT`], [`Dnskey::REVOKE`].
    pub flags: u16,
    /// Must be 3.
    pub protocol: u8,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// In the algorithm's own form.
    pub public_key: &'a [u8],
    rdata: &'a [u8],
}

impl<'a> Dnskey<'a> {
    /// The flag of keys that sign zones. Source: RFC 4034 §2.1.1.
    pub const ZONE: u16 = 0x0100;
    /// The flag that says which keys a parent points to; validators ignore it. Source: RFC 4034 §2.1.1.
    pub const SECURE_ENTRY_POINT: u16 = 0x0001;
    /// The flag of keys that are not to be trusted any more. Source: RFC 5011 §7.
    pub const REVOKE: u16 = 0x0080;
    /// The one protocol. Source: RFC 4034 §2.1.2.
    pub const PROTOCOL: u8 = 3;

    /// Reads record data; `None` where it is too short to hold a key.
    #[must_use]
    pub fn parse(rdata: &'a [u8]) -> Option<Self> {
        let (&[high, low, protocol, algorithm], public_key) = rdata.split_first_chunk()?;
        let flags = u16::from_be_bytes([high, low]);
        (!public_key.is_empty()).then_some(Self {
            flags,
            protocol,
            algorithm: Algorithm(algorithm),
            public_key,
            rdata,
        })
    }

    /// The record data of a key.
    #[must_use]
    pub fn rdata_of(flags: u16, algorithm: Algorithm, public_key: &[u8]) -> Vec<u8> {
        [&flags.to_be_bytes()[..], &[Self::PROTOCOL, algorithm.0], public_key].concat()
    }

    /// The record data.
    #[must_use]
    pub fn rdata(&self) -> &'a [u8] {
        self.rdata
    }

    /// What signatures and DS records name the key by: not unique. Source: RFC 4034 appendix B.
    #[must_use]
    pub fn key_tag(&self) -> u16 {
        let (pairs, last) = self.rdata.as_chunks::<2>();
        let sum: u32 = pairs.iter().map(|&pair| u32::from(u16::from_be_bytes(pair))).sum();
        let sum = sum + last.first().map_or(0, |&octet| u32::from(octet) << 8);
        let [.., high, low] = (sum + (sum >> 16)).to_be_bytes();
        u16::from_be_bytes([high, low])
    }

    /// Whether it may sign a zone's records: the zone flag is set, and the protocol is the one there is.
    #[must_use]
    pub fn is_zone_key(&self) -> bool {
        self.flags & Self::ZONE != 0 && self.protocol == Self::PROTOCOL
    }

    /// Whether it says that a parent points to it.
    #[must_use]
    pub fn is_secure_entry_point(&self) -> bool {
        self.flags & Self::SECURE_ENTRY_POINT != 0
    }

    /// Whether its holder has revoked it.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.flags & Self::REVOKE != 0
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::record::{Rtype, rdata};

    /// The key of RFC 4034 §5.4.
    pub(in super::super) fn example() -> Vec<u8> {
        let text = "256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==";
        rdata::from_text(Rtype::DNSKEY, text).unwrap()
    }

    #[test]
    fn the_example_of_rfc_4034() {
        let rdata = example();
        let key = Dnskey::parse(&rdata).unwrap();
        assert_eq!((key.key_tag(), key.algorithm), (60485, Algorithm::RSASHA1));
        assert!(key.is_zone_key() && !key.is_secure_entry_point() && !key.is_revoked());
    }

    #[test]
    fn what_holds_no_key_is_none() {
        assert_eq!(Dnskey::parse(&[1, 0, 3, 15]), None);
        assert_eq!(Dnskey::parse(&[1]), None);
        assert!(!Dnskey::parse(&[1, 0, 2, 15, 7]).unwrap().is_zone_key());
    }
}
