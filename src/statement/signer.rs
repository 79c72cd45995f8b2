//! Who can sign: a secret key in memory, or whatever an embedder puts behind [`Signer`].

use std::fmt;

use ed25519_dalek::Signer as _;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use zeroize::Zeroizing;

use super::key::PublicKey;
use crate::record::mimisig::SIGNATURE_LEN;

/// Signs with a key that need not be in this process: a hardware module, an agent, a file.
pub trait Signer {
    /// The key that verifies what [`Signer::sign`] makes.
    fn public_key(&self) -> PublicKey;

    /// The Ed25519 signature of `message` (RFC 8032 §5.1.6, without prehash and context).
    ///
    /// # Errors
    /// [`SignerError`] where the key can't be used now: its keeper's fault.
    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], SignerError>;
}

/// A signer that can't sign now, and why.
#[derive(Debug, thiserror::Error)]
#[error("the key cannot be used: {0}")]
pub struct SignerError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// An Ed25519 secret key in memory. Zeroed when dropped; `Debug` shows the public key's id only.
pub struct SecretKey {
    key: SigningKey,
    public: PublicKey,
}

/// Why there is no secret key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretKeyError {
    /// Not a PKCS#8 PEM file that holds an Ed25519 key (RFC 8410), or one whose public key isn't its
    /// own.
    #[error("not an Ed25519 secret key in PKCS#8 PEM form (\"-----BEGIN PRIVATE KEY-----\")")]
    Pem,
    /// The system has no random octets to give.
    #[error("the system's source of random octets failed")]
    Random,
}

impl SecretKey {
    /// A new key from the system's source of random octets.
    ///
    /// # Errors
    /// [`SecretKeyError::Random`]: the system's fault.
    pub fn generate() -> Result<Self, SecretKeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|_| SecretKeyError::Random)?;
        Ok(Self::from_seed(&seed))
    }

    /// The key of a seed (RFC 8032 §5.1.5); the seed must have been random.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self::from_dalek(SigningKey::from_bytes(seed))
    }

    /// Reads an unencrypted PKCS#8 PEM file. Source: RFC 8410 §7, RFC 5958.
    ///
    /// # Errors
    /// [`SecretKeyError::Pem`]: the file's fault. The file's text is never part of it.
    pub fn from_pem(text: &str) -> Result<Self, SecretKeyError> {
        SigningKey::from_pkcs8_pem(text).map(Self::from_dalek).map_err(|_| SecretKeyError::Pem)
    }

    /// Writes a PKCS#8 PEM file of version 1, without the public key: older OpenSSL reads no other.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        let pair = Zeroizing::new(self.key.to_bytes());
        KeypairBytes { secret_key: *pair, public_key: None }
            .to_pkcs8_pem(LineEnding::LF)
            .expect("48 octets of DER always encode")
    }

    fn from_dalek(key: SigningKey) -> Self {
        let public = PublicKey::from_octets(key.verifying_key().as_bytes())
            .expect("a clamped scalar times the base point has a large order");
        Self { key, public }
    }
}

impl Signer for SecretKey {
    fn public_key(&self) -> PublicKey {
        self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], SignerError> {
        Ok(self.key.sign(message).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({}, redacted)", self.public.key_id())
    }
}
