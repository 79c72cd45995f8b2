//! A public key as one TXT string: `v=mimikey1; k=ed25519; p=<base64>`.

use data_encoding::BASE64;

use super::key::{KeyError, PublicKey};

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

    /// Reads [`PublicKey::to_txt`]'s form: `tag=value` joined by `;` and optional spaces, `v` first,
    /// no tag twice, unknown tags ignored.
    ///
    /// # Errors
    /// What breaks the form: its publisher's fault.
    pub fn parse_txt(text: &[u8]) -> Result<Self, KeyTextError> {
        let mut tags: Vec<(&[u8], &[u8])> = Vec::new();
        for part in parts(text) {
            let equals = part.iter().position(|octet| *octet == b'=').ok_or(KeyTextError::NotATag)?;
            let (tag, value) = (&part[..equals], &part[equals + 1..]);
            if tags.is_empty() && (tag, value) != (b"v", b"mimikey1") {
                return Err(KeyTextError::NotAKey);
            }
            if tags.iter().any(|(earlier, _)| *earlier == tag) {
                return Err(KeyTextError::TagTwice);
            }
            tags.push((tag, value));
        }
        let value = |wanted: &[u8]| tags.iter().find(|(tag, _)| *tag == wanted).map(|(_, value)| *value);
        if value(b"k") != Some(b"ed25519") {
            return Err(KeyTextError::Algorithm);
        }
        let octets = value(b"p").and_then(|p| BASE64.decode(p).ok()).ok_or(KeyTextError::Base64)?;
        Ok(Self::from_octets(&octets)?)
    }
}

/// Between semicolons, without the spaces around; one semicolon may end the text.
fn parts(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text.trim_ascii();
    text.strip_suffix(b";").unwrap_or(text).split(|octet| *octet == b';').map(<[u8]>::trim_ascii)
}
