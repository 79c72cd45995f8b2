//! Signatures of zones: made and checked. What stands in the records is in [`crate::record::dnssec`].

mod crypto;

pub use crypto::{CryptoError, is_supported, verify};
