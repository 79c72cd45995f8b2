//! A public key as one TXT string: `v=mimikey1; k=ed25519; p=<base64>`.

use data_encoding::BASE64;

use super::key::{KeyError, PublicKey};
use crate::record::tags::{Tags, TagsFault};

/// Why text is no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyTextError {
    /// It does not begin with `v=mimikey1`: a record of somebody else's.
    #[error("it does not begin with v=mimikey1")]
    NotAKey,
    /// A part that is not `tag=value`.
    #[error("a part is not tag=value")]
    NotATag,
    /// A tag that stands twice.
    #[error("a tag stands twice")]
    TagTwice,
    /// Another algorithm than Ed25519, or none.
    #[error("k= does not say ed25519")]
    Algorithm,
    /// Not base64, or none.
    #[error("p= is missing or is not base64")]
    Base64,
    /// The octets are no key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl PublicKey {
    /// The text to publish at `_mimikey.<domain>`, or to pin in a policy.
    #[must_use]
    pub fn to_txt(&self) -> String {
        format!("v=mimikey1; k=ed25519; p={}", BASE64.encode(self.as_octets()))
    }

    /// Reads [`PublicKey::to_txt`]'s form: `tag=value` joined by `;`, with spaces (0x20) allowed around
    /// each `;` and nowhere else, `v` first, no tag twice, unknown tags ignored. A tag is 1 to 32 of
    /// `a-z 0-9`, a value visible ASCII: the form of a discovery zone's parameters.
    ///
    /// # Errors
    /// What breaks the form: its publisher's fault.
    pub fn parse_txt(text: &[u8]) -> Result<Self, KeyTextError> {
        let tags = Tags::parse(text, b"v=mimikey1").map_err(|fault| match fault {
            TagsFault::Version => KeyTextError::NotAKey,
            TagsFault::Form { .. } => KeyTextError::NotATag,
            TagsFault::Twice { .. } => KeyTextError::TagTwice,
        })?;
        if tags.optional("k") != Some(b"ed25519") {
            return Err(KeyTextError::Algorithm);
        }
        let octets = tags.optional("p").and_then(|p| BASE64.decode(p).ok()).ok_or(KeyTextError::Base64)?;
        Ok(Self::from_octets(&octets)?)
    }
}
