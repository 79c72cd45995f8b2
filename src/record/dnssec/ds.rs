//! DS. Source: RFC 4034 §5.

use sha2::{Digest, Sha256, Sha384};

use super::{Algorithm, DigestType, Dnskey};
use crate::record::Name;

/// What a parent says of a key of its child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ds<'a> {
    /// The key's tag.
    pub key_tag: u16,
    /// The key's algorithm.
    pub algorithm: Algorithm,
    /// How the digest is made.
    pub digest_type: DigestType,
    /// The digest of owner name and DNSKEY record data.
    pub digest: &'a [u8],
}

impl<'a> Ds<'a> {
    /// Reads record data; `None` where it is too short.
    #[must_use]
    pub fn parse(rdata: &'a [u8]) -> Option<Self> {
        let (&[high, low, algorithm, digest_type], digest) = rdata.split_first_chunk()?;
        Some(Self {
            key_tag: u16::from_be_bytes([high, low]),
            algorithm: Algorithm(algorithm),
            digest_type: DigestType(digest_type),
            digest,
        })
    }

    /// The record data that points to a key; `None` for digests that are not made here: all but SHA-256 and
    /// SHA-384 (RFC 8624 §3.3, RFC 9905).
    #[must_use]
    pub fn rdata_of(owner: &Name, key: &Dnskey<'_>, digest_type: DigestType) -> Option<Vec<u8>> {
        let [high, low] = key.key_tag().to_be_bytes();
        let digest = digest(owner, key, digest_type)?;
        Some([&[high, low, key.algorithm.0, digest_type.0][..], &digest].concat())
    }

    /// Whether it points to this key. False where its digest can't be made here.
    #[must_use]
    pub fn matches(&self, owner: &Name, key: &Dnskey<'_>) -> bool {
        self.algorithm == key.algorithm
            && self.key_tag == key.key_tag()
            && digest(owner, key, self.digest_type).is_some_and(|digest| digest == self.digest)
    }
}

/// Source: RFC 4034 §5.1.4.
fn digest(owner: &Name, key: &Dnskey<'_>, digest_type: DigestType) -> Option<Vec<u8>> {
    let owner = owner.to_lowercase();
    let parts = [owner.as_wire(), key.rdata()];
    match digest_type {
        DigestType::SHA256 => Some(digest_with::<Sha256>(parts)),
        DigestType::SHA384 => Some(digest_with::<Sha384>(parts)),
        _ => None,
    }
}

fn digest_with<D: Digest>(parts: [&[u8]; 2]) -> Vec<u8> {
    parts.iter().fold(D::new(), |digest, part| digest.chain_update(part)).finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::super::dnskey::tests::example;
    use super::*;
    use crate::record::{Rtype, rdata};

    #[test]
    fn the_examples_of_rfc_4509_and_6605() {
        let owner: Name = "DSkey.example.com.".parse().unwrap();
        let key = example();
        let key = Dnskey::parse(&key).unwrap();
        let ds = Ds::rdata_of(&owner, &key, DigestType::SHA256).unwrap();
        let wanted = "60485 5 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A";
        assert_eq!(ds, rdata::from_text(Rtype::DS, wanted).unwrap(), "RFC 4509 §2.3");
        assert!(Ds::parse(&ds).unwrap().matches(&owner, &key));
        assert!(!Ds::parse(&ds).unwrap().matches(&"other.".parse().unwrap(), &key));

        let text = "257 3 14 xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40";
        let key = rdata::from_text(Rtype::DNSKEY, text).unwrap();
        let ds =
            Ds::rdata_of(&"example.net.".parse().unwrap(), &Dnskey::parse(&key).unwrap(), DigestType::SHA384);
        let wanted = "10771 14 4 72d7b62976ce06438e9c0bf319013cf801f09ecc84b8d7e9495f27e305c6a9b0563a9b5f4d288405c3008a946df983d6";
        assert_eq!(ds, rdata::from_text(Rtype::DS, wanted).ok(), "RFC 6605 §6.2");
    }
}
