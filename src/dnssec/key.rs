//! Keys that sign zones.

use std::fmt;

use ed25519_dalek::Signer as _;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use zeroize::Zeroizing;

use crate::record::dnssec::{Algorithm, Dnskey};

/// Octets of a secret key, of both algorithms.
pub(super) const SECRET_LEN: usize = 32;
/// In front of the coordinates of a point that is not compressed, which DNSKEY leaves out (RFC 6605 §4).
const UNCOMPRESSED: u8 = 4;
/// Octets in front of the secret in the PKCS#8 form in which ring gives a P-256 key, and between it and the
/// public key.
const PKCS8_SECRET: usize = 36;
const PKCS8_PUBLIC: usize = PKCS8_SECRET + SECRET_LEN + 5;

/// A secret key in memory: Ed25519 (15) or ECDSA with P-256 (13).
///
/// What is kept here is zeroed when it is dropped; `Debug` shows the public key's tag only. Of a P-256 key ring
/// has another copy, which it does not clear.
pub struct SigningKey {
    secret: Secret,
    public_key: Vec<u8>,
}

enum Secret {
    // ed25519-dalek signs in 24 µs where ring takes 32.
    Ed25519(ed25519_dalek::SigningKey),
    P256 { secret: Zeroizing<[u8; SECRET_LEN]>, pair: Box<EcdsaKeyPair>, random: SystemRandom },
}

/// Why there is no key to sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// Another algorithm than 13 and 15.
    #[error("mimi-dns signs with ED25519 and ECDSAP256SHA256, not with {0}")]
    Algorithm(Algorithm),
    /// The secret's octets are none of the algorithm, or the public key is not its own.
    #[error("the secret key is ill formed, or the public key is not its own")]
    Secret,
    /// The system has no random octets to give.
    #[error("the system's source of random octets failed")]
    Random,
}

impl SigningKey {
    /// A new key from the system's source of random octets.
    ///
    /// # Errors
    /// An algorithm that is not signed with here, or [`SigningKeyError::Random`].
    pub fn generate(algorithm: Algorithm) -> Result<Self, SigningKeyError> {
        match algorithm {
            Algorithm::ED25519 => {
                let mut seed = Zeroizing::new([0; SECRET_LEN]);
                getrandom::fill(&mut *seed).map_err(|_| SigningKeyError::Random)?;
                Ok(Self::from_ed25519(&seed))
            }
            Algorithm::ECDSAP256SHA256 => {
                let random = SystemRandom::new();
                let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
                    .map_err(|_| SigningKeyError::Random)?;
                let octets = document.as_ref();
                let secret = octets.get(PKCS8_SECRET..PKCS8_SECRET + SECRET_LEN);
                let public = octets.get(PKCS8_PUBLIC + 1..);
                let (secret, public) = secret.zip(public).ok_or(SigningKeyError::Secret)?;
                Self::p256(secret, public)
            }
            other => Err(SigningKeyError::Algorithm(other)),
        }
    }

    /// The key of these octets: the seed of RFC 8032 §5.1.5, or the scalar of RFC 6605 §6; `public_key` as in
    /// DNSKEY.
    ///
    /// # Errors
    /// An algorithm that is not signed with here, or octets that do not fit: their author's fault.
    pub fn from_secret(
        algorithm: Algorithm,
        secret: &[u8],
        public_key: &[u8],
    ) -> Result<Self, SigningKeyError> {
        match algorithm {
            Algorithm::ED25519 => {
                let seed = secret.try_into().map_err(|_| SigningKeyError::Secret)?;
                let key = Self::from_ed25519(seed);
                if key.public_key == public_key { Ok(key) } else { Err(SigningKeyError::Secret) }
            }
            Algorithm::ECDSAP256SHA256 => Self::p256(secret, public_key),
            other => Err(SigningKeyError::Algorithm(other)),
        }
    }

    fn from_ed25519(seed: &[u8; SECRET_LEN]) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let public_key = key.verifying_key().to_bytes().to_vec();
        Self { secret: Secret::Ed25519(key), public_key }
    }

    fn p256(secret: &[u8], public_key: &[u8]) -> Result<Self, SigningKeyError> {
        let random = SystemRandom::new();
        // BIND writes the scalar as a number, without zeros in front.
        let zeros = SECRET_LEN.checked_sub(secret.len()).ok_or(SigningKeyError::Secret)?;
        let mut octets = Zeroizing::new([0; SECRET_LEN]);
        octets[zeros..].copy_from_slice(secret);
        let secret = octets;
        let point = [&[UNCOMPRESSED], public_key].concat();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &*secret,
            &point,
            &random,
        )
        .map_err(|_| SigningKeyError::Secret)?;
        let public_key = pair.public_key().as_ref()[1..].to_vec();
        Ok(Self { secret: Secret::P256 { secret, pair: Box::new(pair), random }, public_key })
    }

    /// What it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.secret {
            Secret::Ed25519(_) => Algorithm::ED25519,
            Secret::P256 { .. } => Algorithm::ECDSAP256SHA256,
        }
    }

    /// The public key as DNSKEY carries it.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The record data of its DNSKEY record with these flags.
    #[must_use]
    pub fn dnskey(&self, flags: u16) -> Vec<u8> {
        Dnskey::rdata_of(flags, self.algorithm(), &self.public_key)
    }

    /// Its tag, which depends on the flags. Source: RFC 4034 appendix B.
    #[must_use]
    pub fn key_tag(&self, flags: u16) -> u16 {
        Dnskey::parse(&self.dnskey(flags)).expect("a public key has octets").key_tag()
    }

    /// The signature of these octets as RRSIG carries it, 64 octets. With Ed25519 the same octets give the same
    /// signature.
    ///
    /// # Panics
    /// Where the system's source of random octets, which has given some before, fails.
    #[must_use]
    pub fn sign(&self, octets: &[u8]) -> Vec<u8> {
        match &self.secret {
            Secret::Ed25519(key) => key.sign(octets).to_vec(),
            Secret::P256 { pair, random, .. } => {
                let signature = pair.sign(random, octets);
                signature.expect("a source of random octets that works goes on working").as_ref().to_vec()
            }
        }
    }

    /// The octets that [`SigningKey::from_secret`] takes.
    pub(super) fn secret(&self) -> Zeroizing<[u8; SECRET_LEN]> {
        match &self.secret {
            Secret::Ed25519(key) => Zeroizing::new(key.to_bytes()),
            Secret::P256 { secret, .. } => secret.clone(),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {}, redacted)", self.algorithm(), self.key_tag(Dnskey::ZONE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dnssec::verify;

    const BOTH: [Algorithm; 2] = [Algorithm::ED25519, Algorithm::ECDSAP256SHA256];

    #[test]
    fn a_scalar_without_its_zeros_in_front_is_the_same_key() {
        let short = || SigningKey::generate(Algorithm::ECDSAP256SHA256).unwrap();
        let key = std::iter::repeat_with(short).find(|key| key.secret()[0] == 0).unwrap();
        let same = SigningKey::from_secret(Algorithm::ECDSAP256SHA256, &key.secret()[1..], key.public_key())
            .unwrap();
        assert_eq!(*same.secret(), *key.secret());
    }

    #[test]
    fn what_is_signed_verifies_and_the_secret_reads_back() {
        for algorithm in BOTH {
            let key = SigningKey::generate(algorithm).unwrap();
            let signature = key.sign(b"octets");
            assert_eq!((key.algorithm(), signature.len()), (algorithm, 64));
            verify(algorithm, key.public_key(), b"octets", &signature).unwrap();
            verify(algorithm, key.public_key(), b"others", &signature).unwrap_err();
            let same = SigningKey::from_secret(algorithm, &*key.secret(), key.public_key()).unwrap();
            verify(algorithm, key.public_key(), b"octets", &same.sign(b"octets")).unwrap();
            assert_eq!(same.dnskey(257), key.dnskey(257));
        }
    }

    #[test]
    fn keys_that_do_not_fit_are_refused() {
        for algorithm in BOTH {
            let [one, other] = [(), ()].map(|()| SigningKey::generate(algorithm).unwrap());
            for (secret, public) in [
                (&one.secret()[..], other.public_key()),
                (&one.secret()[1..], one.public_key()),
                (&[], one.public_key()),
                (&one.secret()[..], &[]),
            ] {
                assert_eq!(
                    SigningKey::from_secret(algorithm, secret, public).err(),
                    Some(SigningKeyError::Secret)
                );
            }
        }
        let rsa = Algorithm::RSASHA256;
        assert_eq!(SigningKey::generate(rsa).err(), Some(SigningKeyError::Algorithm(rsa)));
    }

    #[test]
    fn the_signature_of_rfc_8080() {
        // RFC 8080 §6.1; the signature itself is checked in `crypto`.
        let seed = data_encoding::BASE64.decode(b"ODIyNjAzODQ2MjgwODAxMjI2NDUxOTAyMDQxNDIyNjI=").unwrap();
        let public = data_encoding::BASE64.decode(b"l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=").unwrap();
        let key = SigningKey::from_secret(Algorithm::ED25519, &seed, &public).unwrap();
        assert_eq!(key.key_tag(257), 3613);
    }
}
