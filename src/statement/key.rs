//! Public keys of which the curve has nothing to complain.

use std::fmt;
use std::hash::{Hash, Hasher};

use curve25519_dalek::EdwardsPoint;
use curve25519_dalek::edwards::CompressedEdwardsY;
use sha2::{Digest, Sha256};

use crate::record::mimisig::{ED25519, KeyHash, KeyId, RawKey};

/// Octets of an Ed25519 public key.
pub(super) const PUBLIC_KEY_LEN: usize = 32;

/// An Ed25519 public key: the canonical encoding of a point that is not of small order.
///
/// Wire form: 32 octets (RFC 8032 §5.1.5). Text form: a TXT string, see [`PublicKey::to_txt`].
#[derive(Clone, Copy)]
pub struct PublicKey {
    octets: [u8; PUBLIC_KEY_LEN],
    point: EdwardsPoint,
}

/// Why octets are no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// An algorithm other than Ed25519.
    #[error("algorithm {0} is unknown")]
    UnknownAlgorithm(u8),
    /// Not 32 octets.
    #[error("the key has {0} octets instead of 32")]
    Length(usize),
    /// Not the encoding of a point, or not its only one.
    #[error("the key is not the canonical encoding of a point")]
    NotCanonical,
    /// A point with which one signature fits many messages.
    #[error("the key is a point of small order")]
    SmallOrder,
}

impl PublicKey {
    /// Reads the 32 octets of RFC 8032.
    ///
    /// # Errors
    /// What is wrong with the key: its publisher's fault.
    pub fn from_octets(octets: &[u8]) -> Result<Self, KeyError> {
        let octets: [u8; PUBLIC_KEY_LEN] = octets.try_into().map_err(|_| KeyError::Length(octets.len()))?;
        let point = decompress_canonical(octets).ok_or(KeyError::NotCanonical)?;
        if point.is_small_order() { Err(KeyError::SmallOrder) } else { Ok(Self { octets, point }) }
    }

    /// Reads a key as it stands in a record.
    ///
    /// # Errors
    /// What is wrong with the key: its publisher's fault.
    pub fn from_raw(raw: &RawKey) -> Result<Self, KeyError> {
        match raw.algorithm {
            ED25519 => Self::from_octets(&raw.octets),
            other => Err(KeyError::UnknownAlgorithm(other)),
        }
    }

    /// The 32 octets.
    #[must_use]
    pub const fn as_octets(&self) -> &[u8; PUBLIC_KEY_LEN] {
        &self.octets
    }

    /// The key as a record carries it.
    #[must_use]
    pub fn to_raw(&self) -> RawKey {
        RawKey { algorithm: ED25519, octets: self.octets.into() }
    }

    /// Number of the algorithm: [`ED25519`].
    #[must_use]
    pub const fn algorithm(&self) -> u8 {
        ED25519
    }

    /// SHA-256 of algorithm and key.
    #[must_use]
    pub fn key_hash(&self) -> KeyHash {
        KeyHash(Sha256::new().chain_update([ED25519]).chain_update(self.octets).finalize().into())
    }

    /// The first 8 octets of [`PublicKey::key_hash`].
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_hash().key_id()
    }

    pub(super) const fn point(&self) -> &EdwardsPoint {
        &self.point
    }
}

/// The point of these octets, if they are the one encoding that the point has. Source: RFC 8032
/// §5.1.3; decoders that take `y ≥ p`, or a sign for `x = 0`, would let one key have two ids.
pub(super) fn decompress_canonical(octets: [u8; 32]) -> Option<EdwardsPoint> {
    if is_canonical(&octets) { CompressedEdwardsY(octets).decompress() } else { None }
}

/// Whether no other octets are this point's, by the octets alone: encoding the point again would cost as much as
/// finding it. `y` is below `p`, and has no sign where `x` is 0, that is where `y` is 1 or `p − 1`.
fn is_canonical(octets: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = octets;
    let (signed, top) = (last & 0x80 != 0, last & 0x7f);
    let is_around_p = top == 0x7f && middle.iter().all(|&octet| octet == 0xff);
    // p is 2^255 − 19, so it ends in 0xed.
    let is_minus_one = is_around_p && *first == 0xec;
    let is_one = *first == 1 && top == 0 && middle.iter().all(|&octet| octet == 0);
    !(is_around_p && *first >= 0xed) && !(signed && (is_one || is_minus_one))
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.octets == other.octets
    }
}

impl Eq for PublicKey {}

impl Hash for PublicKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.octets.hash(state);
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.key_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An encoding is canonical where encoding the point again gives the same octets.
    #[test]
    fn canonical_by_the_octets_is_canonical_by_the_point() {
        let mut all = Vec::new();
        for first in 0..=255 {
            for (middle, last) in [(0xff, 0x7f), (0, 0), (0xff, 0), (0, 0x7f), (1, 0x7f)] {
                for sign in [0, 0x80] {
                    let mut octets = [middle; 32];
                    (octets[0], octets[31]) = (first, last | sign);
                    all.push(octets);
                }
            }
        }
        let (mut canonical, mut other) = (0, 0);
        for octets in all {
            let Some(point) = CompressedEdwardsY(octets).decompress() else { continue };
            assert_eq!(is_canonical(&octets), point.compress().0 == octets, "{octets:02x?}");
            *(if is_canonical(&octets) { &mut canonical } else { &mut other }) += 1;
        }
        assert!(canonical > 500 && other > 15, "{canonical} {other}");
    }
}
