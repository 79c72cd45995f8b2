//! NSEC3 and NSEC3PARAM. Source: RFC 5155.

use data_encoding::BASE32HEX_NOPAD;
use sha1::{Digest, Sha1};

use super::TypeBitmap;
use crate::record::{Name, NameError, Rtype};

/// A hashed owner name: SHA-1, the one algorithm there is.
pub type Nsec3Hash = [u8; 20];

/// How owner names are hashed. Source: RFC 5155 §4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nsec3Params<'a> {
    /// 1: SHA-1.
    pub hash_algorithm: u8,
    /// 0 in NSEC3PARAM.
    pub flags: u8,
    /// How often the hash is hashed again.
    pub iterations: u16,
    /// At most 255 octets.
    pub salt: &'a [u8],
}

/// Which types a name has, and which hash follows its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nsec3<'a> {
    /// How the owner name is hashed.
    pub params: Nsec3Params<'a>,
    /// The next hashed owner name.
    pub next: &'a [u8],
    /// The types.
    pub types: TypeBitmap<'a>,
}

impl<'a> Nsec3Params<'a> {
    /// SHA-1.
    pub const SHA1: u8 = 1;
    /// The parameters that are advised: no iterations, no salt. Source: RFC 9276 §3.1.
    pub const BEST: Self = Self { hash_algorithm: Self::SHA1, flags: 0, iterations: 0, salt: &[] };

    /// Reads record data of NSEC3PARAM; `None` where it is ill formed.
    #[must_use]
    pub fn parse(rdata: &'a [u8]) -> Option<Self> {
        Self::take(rdata).filter(|(_, rest)| rest.is_empty()).map(|(params, _)| params)
    }

    fn take(rdata: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&[hash_algorithm, flags, high, low, len], rest) = rdata.split_first_chunk()?;
        let (salt, rest) = rest.split_at_checked(len.into())?;
        Some((Self { hash_algorithm, flags, iterations: u16::from_be_bytes([high, low]), salt }, rest))
    }

    /// The record data of NSEC3PARAM, and the front of that of NSEC3. The salt is at most 255 octets.
    #[must_use]
    pub fn rdata(&self) -> Vec<u8> {
        let [high, low] = self.iterations.to_be_bytes();
        let len = u8::try_from(self.salt.len()).expect("a salt is at most 255 octets");
        [&[self.hash_algorithm, self.flags, high, low, len], self.salt].concat()
    }

    /// Whether both give the same hashes.
    #[must_use]
    pub fn hashes_as(&self, other: &Self) -> bool {
        (self.hash_algorithm, self.iterations, self.salt)
            == (other.hash_algorithm, other.iterations, other.salt)
    }
}

impl<'a> Nsec3<'a> {
    /// The flag of records that leave out delegations which are not signed. Source: RFC 5155 §3.1.2.1.
    pub const OPT_OUT: u8 = 1;

    /// Reads record data; `None` where it is ill formed.
    #[must_use]
    pub fn parse(rdata: &'a [u8]) -> Option<Self> {
        let (params, rest) = Nsec3Params::take(rdata)?;
        let (&len, rest) = rest.split_first()?;
        let (next, types) = rest.split_at_checked(len.into())?;
        Some(Self { params, next, types: TypeBitmap::new(types) })
    }

    /// Record data.
    #[must_use]
    pub fn rdata_of(
        params: &Nsec3Params<'_>,
        next: &Nsec3Hash,
        types: impl IntoIterator<Item = Rtype>,
    ) -> Vec<u8> {
        let mut rdata = params.rdata();
        rdata.push(20);
        rdata.extend_from_slice(next);
        TypeBitmap::write(types, &mut rdata);
        rdata
    }

    /// Whether delegations that are not signed may be left out between its owner and the next.
    #[must_use]
    pub fn is_opt_out(&self) -> bool {
        self.params.flags & Self::OPT_OUT != 0
    }

    /// Whether no hash exists between that of its owner and the next one that `hash` is.
    #[must_use]
    pub fn covers(&self, owner: &[u8], hash: &[u8]) -> bool {
        if owner < self.next { owner < hash && hash < self.next } else { owner < hash || hash < self.next }
    }

    /// The hash in an owner name's first label; `None` where there is none of SHA-1's length.
    #[must_use]
    pub fn owner_hash(owner: &Name) -> Option<Nsec3Hash> {
        let label = owner.labels().next()?.to_ascii_uppercase();
        BASE32HEX_NOPAD.decode(&label).ok()?.try_into().ok()
    }

    /// The owner name of a hash in the zone at `apex`.
    ///
    /// # Errors
    /// An apex so long that no hash fits in front of it.
    pub fn owner(hash: &Nsec3Hash, apex: &Name) -> Result<Name, NameError> {
        apex.with_label(BASE32HEX_NOPAD.encode(hash).to_ascii_lowercase().as_bytes())
    }
}

/// The hash of a name in wire form, uncompressed, of any case. Source: RFC 5155 §5.
#[must_use]
pub fn nsec3_hash(name: &[u8], iterations: u16, salt: &[u8]) -> Nsec3Hash {
    let mut lower = [0; crate::record::MAX_NAME];
    let lower = match lower.get_mut(..name.len()) {
        Some(lower) => {
            lower.copy_from_slice(name);
            lower.make_ascii_lowercase();
            &*lower
        }
        None => name,
    };
    let mut hash: Nsec3Hash = Sha1::new().chain_update(lower).chain_update(salt).finalize().into();
    for _ in 0..iterations {
        hash = Sha1::new().chain_update(hash).chain_update(salt).finalize().into();
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_5155_appendix_a() {
        let salt = [0xaa, 0xbb, 0xcc, 0xdd];
        let apex: Name = "example.".parse().unwrap();
        for (name, hash) in [
            ("example.", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"),
            ("a.example.", "35mthgpgcu1qg68fab165klnsnk3dpvl"),
            ("*.W.example.", "r53bq7cc2uvmubfu5ocmm6pers9tk9en"),
            ("2t7b4g4vsa5smi47k61mv5bv1a22bojr.example.", "kohar7mbb8dc2ce8a9qvl8hon4k53uhi"),
        ] {
            let name: Name = name.parse().unwrap();
            let found = nsec3_hash(name.as_wire(), 12, &salt);
            let owner = Nsec3::owner(&found, &apex).unwrap();
            assert_eq!(owner.to_string(), format!("{hash}.example."));
            assert_eq!(Nsec3::owner_hash(&owner), Some(found));
        }
    }

    #[test]
    fn record_data_reads_back() {
        let params = Nsec3Params { hash_algorithm: 1, flags: 1, iterations: 3, salt: &[7, 8] };
        let rdata = Nsec3::rdata_of(&params, &[9; 20], [Rtype::A]);
        let nsec3 = Nsec3::parse(&rdata).unwrap();
        assert_eq!((nsec3.params, nsec3.next), (params, &[9; 20][..]));
        assert!(nsec3.is_opt_out() && nsec3.types.contains(Rtype::A));
        assert_eq!(Nsec3Params::parse(&params.rdata()), Some(params));
        for len in 0..27 {
            assert_eq!(Nsec3::parse(&rdata[..len]), None);
        }
        assert!(nsec3.covers(&[8; 20], &[8, 9]) && !nsec3.covers(&[8; 20], &[10]));
        assert!(nsec3.covers(&[0xf0; 20], &[0xff]) && nsec3.covers(&[0xf0; 20], &[0]));
    }
}
