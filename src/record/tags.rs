//! `tag=value; tag=value`: the text of the protocol's TXT records.

/// The longest tag, epoch and name of a hash.
const MAX_WORD: usize = 32;

/// `tag=value` joined by `;`, with spaces (0x20) allowed around each `;` and nowhere else; no tag
/// stands twice. A tag is 1 to 32 of `a-z 0-9`, a value visible ASCII.
pub(crate) struct Tags<'a>(Vec<(&'a [u8], &'a [u8])>);

/// What breaks the form; places are octets from the start of the text.
pub(crate) enum TagsFault {
    /// The version is not in front.
    Version,
    /// Not `tag=value`.
    Form {
        /// Where.
        at: usize,
    },
    /// A tag that stands twice.
    Twice {
        /// Where the second one stands.
        at: usize,
    },
}

impl<'a> Tags<'a> {
    /// Reads text that begins with `version`, as in `v=mimi1`.
    pub(crate) fn parse(text: &'a [u8], version: &[u8]) -> Result<Self, TagsFault> {
        let mut tags: Vec<(&[u8], &[u8])> = Vec::with_capacity(8);
        let mut at = 0;
        let pieces = text.split(|&octet| octet == b';').count();
        for (index, piece) in text.split(|&octet| octet == b';').enumerate() {
            let next = at + piece.len() + 1;
            let mut pair = piece;
            while let ([b' ', rest @ ..], true) = (pair, index > 0) {
                pair = rest;
                at += 1;
            }
            while let ([rest @ .., b' '], true) = (pair, index + 1 < pieces) {
                pair = rest;
            }
            if index == 0 && pair != version {
                return Err(TagsFault::Version);
            }
            let (tag, value) = split(pair).ok_or(TagsFault::Form { at })?;
            if tags.iter().any(|(other, _)| *other == tag) {
                return Err(TagsFault::Twice { at });
            }
            tags.push((tag, value));
            at = next;
        }
        Ok(Self(tags))
    }

    pub(crate) fn optional(&self, tag: &str) -> Option<&'a [u8]> {
        self.0.iter().find(|(name, _)| *name == tag.as_bytes()).map(|(_, value)| *value)
    }
}

fn split(pair: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = pair.iter().position(|&octet| octet == b'=')?;
    let (tag, value) = (&pair[..equals], &pair[equals + 1..]);
    (is_name(tag, is_tag_octet) && value.iter().all(u8::is_ascii_graphic)).then_some((tag, value))
}

/// 1 to 32 octets, all of them allowed.
pub(crate) fn is_name(word: &[u8], allowed: fn(u8) -> bool) -> bool {
    (1..=MAX_WORD).contains(&word.len()) && word.iter().all(|&octet| allowed(octet))
}

/// `a-z 0-9`
pub(crate) fn is_tag_octet(octet: u8) -> bool {
    octet.is_ascii_lowercase() || octet.is_ascii_digit()
}
