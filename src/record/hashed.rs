//! Owner names in the hashed tree.
//!
//! ```text
//! prk   = H(canonical identifier)
//! name  = HKDF-Expand(SHA-256, prk, "mimi1 name", 32)   base32hex, lower case, no padding: 52 characters
//! owner = <52 characters>.<apex>                         shard=0
//! owner = <52-n characters>.<first n characters>.<apex>  shard=n, 1 to 3
//! ```

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE32_DNSSEC;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::parameters::{Hash, HashCeiling, Parameters};
use super::{Name, NameError};
use crate::identifier::Identifier;

/// HKDF's label of the key that is an owner name. "mimi1 seal" is reserved for one that seals records.
const NAME_INFO: &[u8] = b"mimi1 name";
/// What is never computed, whoever asks: 1 GiB, 64 passes, 64 lanes. A caller's ceiling is far lower.
const MOST: HashCeiling = HashCeiling { m_kib: 1024 * 1024, t: 64, p: 64 };

/// Why an owner name can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HashedNameError {
    /// A hash of a later version.
    #[error("the zone's hash `{0}` is not known to this version")]
    UnknownHash(Box<str>),
    /// More than is computed for anybody.
    #[error("the zone's hash costs more than 1 GiB, 64 passes or 64 lanes")]
    TooDear,
    /// The machine has not the memory that the hash needs.
    #[error("not enough memory for the zone's hash")]
    OutOfMemory,
    /// An apex under which the name does not fit.
    #[error("the apex is too long for owner names under it: {0}")]
    Name(#[from] NameError),
}

impl Parameters {
    /// The owner name of `identifier` in the zone at `apex`, in this epoch.
    ///
    /// With Argon2id this takes memory and time as published, some 30 ms at 19 MiB and two passes: judge
    /// [`Hash::is_within`] first, and keep it off threads that must not block.
    ///
    /// # Errors
    /// The publisher's hash is not known or too dear, or the apex is too long.
    pub fn owner_name(&self, identifier: &Identifier, apex: &Name) -> Result<Name, HashedNameError> {
        let prk = self.hash().key(identifier)?;
        let mut octets = [0; 32];
        Hkdf::<Sha256>::from_prk(&*prk)
            .expect("a key as long as SHA-256's output")
            .expand(NAME_INFO, &mut octets)
            .expect("one block of output");
        let text = BASE32_DNSSEC.encode(&octets);
        let (shard, rest) = text.split_at(usize::from(self.shard()));
        let parent = if shard.is_empty() { apex.clone() } else { apex.with_label(shard.as_bytes())? };
        Ok(parent.with_label(rest.as_bytes())?)
    }
}

impl Hash {
    /// `H(canonical identifier)`: the pseudorandom key for HKDF-Expand.
    fn key(&self, identifier: &Identifier) -> Result<Zeroizing<[u8; 32]>, HashedNameError> {
        let password = identifier.as_str().as_bytes();
        match self {
            Self::Sha256 { salt } => {
                let mac = Hmac::<Sha256>::new_from_slice(salt).expect("HMAC takes keys of any length");
                Ok(Zeroizing::new(mac.chain_update(password).finalize().into_bytes().into()))
            }
            Self::Argon2id { salt, m_kib, t, p } => {
                if !self.is_within(&MOST) {
                    return Err(HashedNameError::TooDear);
                }
                let mut key = Zeroizing::new([0; 32]);
                Params::new(*m_kib, *t, *p, Some(key.len()))
                    .and_then(|params| {
                        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                            .hash_password_into(password, salt, &mut *key)
                    })
                    .map_err(|error| match error {
                        argon2::Error::OutOfMemory => HashedNameError::OutOfMemory,
                        // `Parameters` holds nothing else that Argon2 refuses.
                        _ => HashedNameError::TooDear,
                    })?;
                Ok(key)
            }
            Self::Unknown { name } => Err(HashedNameError::UnknownHash(name.clone())),
        }
    }
}

#[cfg(test)]
mod tests;
