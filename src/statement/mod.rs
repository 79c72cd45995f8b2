//! Statements: keys, the octets to be signed, signing, and the only maker of a [`Verified`] one.
//!
//! Nothing here does I/O or reads the clock: a telephone can sign with this floor and the two below.

mod draft;
mod draft_text;
mod ed25519;
mod key;
mod key_file;
mod key_text;
mod lifetime;
mod signer;
#[cfg(test)]
mod tests;
mod verify;

pub use draft::{Draft, DraftError, SignError};
pub use draft_text::{DraftText, Keys};
#[cfg(feature = "dnssec")]
pub(crate) use ed25519::{Equation, holding};
pub use key::{KeyError, PublicKey};
pub use key_file::KeyFileError;
pub use key_text::KeyTextError;
pub use lifetime::{CLOCK_SKEW, Lifetimes, TimeFault, in_time};
pub use signer::{SecretKey, SecretKeyError, Signer, SignerError};
pub use verify::{Verdicts, Verified, VerifyError, to_be_signed, verify, verify_batch};
