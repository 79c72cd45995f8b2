//! Keys in files.

use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::spki::DecodePublicKey;

use super::key::PublicKey;
use super::signer::{SecretKey, Signer};

/// Why a file gives no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// It can't be read; the text says why.
    #[error("{file} cannot be read: {why}")]
    Read {
        /// The file, as it was named.
        file: String,
        /// The system's reason, or that of whoever keeps files apart.
        why: String,
    },
    /// It holds no secret key.
    #[error("{file} is not an Ed25519 secret key in PKCS#8 PEM form")]
    NotSecret {
        /// The file, as it was named.
        file: String,
    },
    /// It holds neither a public nor a secret key.
    #[error("{file} holds no Ed25519 key: neither PEM nor v=mimikey1")]
    NotPublic {
        /// The file, as it was named.
        file: String,
    },
}

impl PublicKey {
    /// Reads a key file's text: a secret key in PKCS#8 PEM form, a public key in SPKI PEM form
    /// (RFC 8410 §4), or the TXT form of [`PublicKey::parse_txt`] on one line. `None` for all else.
    #[must_use]
    pub fn parse_file(text: &str) -> Option<Self> {
        let text = text.trim_ascii();
        if let Ok(secret) = SecretKey::from_pem(text) {
            return Some(secret.public_key());
        }
        match VerifyingKey::from_public_key_pem(text) {
            Ok(key) => Self::from_octets(key.as_bytes()).ok(),
            Err(_) => Self::parse_txt(text.trim_matches('"').as_bytes()).ok(),
        }
    }
}
