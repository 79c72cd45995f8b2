//! Signatures of zones: made and checked. What stands in the records is in [`crate::record::dnssec`].

mod crypto;
mod key;
mod key_file;
mod key_store;
pub mod lifecycle;
mod online;
pub mod sign;
pub mod validate;

pub use crypto::{CryptoError, is_supported, verify};
pub use key::{SigningKey, SigningKeyError};
pub use key_file::{HalfKey, KeyFile, KeyFileError, KeyFileFault, KeyTimes, read_half_keys, read_key_folder};
pub use key_store::{KeyStore, KeyStoreError, OpenKeys, Stamp};
pub use online::OnlineDenial;
