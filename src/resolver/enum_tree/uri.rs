//! Whether what a terminal rule yields is a URI at all.

use serde::{Deserialize, Serialize};

/// What is wrong with a rule's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum UriError {
    /// No octets.
    #[error("it is empty")]
    Empty,
    /// It does not begin with a letter, then letters, digits, `+`, `-`, `.`, then a colon.
    #[error("it has no scheme")]
    NoScheme,
    /// Nothing after the scheme.
    #[error("nothing follows its scheme")]
    NothingAfterScheme,
    /// An octet that no URI holds, or a `%` without two hexadecimal digits.
    #[error("it holds an octet that no URI may hold")]
    BadOctet,
}

/// The text, if it has the form of a URI. Source: RFC 3986 §2 and §3.1.
pub(super) fn check(octets: Vec<u8>) -> Result<String, UriError> {
    if octets.is_empty() {
        return Err(UriError::Empty);
    }
    let colon = octets.iter().position(|&octet| octet == b':').ok_or(UriError::NoScheme)?;
    let (scheme, rest) = (&octets[..colon], &octets[colon + 1..]);
    let is_scheme = |octet: &u8| octet.is_ascii_alphanumeric() || b"+-.".contains(octet);
    if !scheme.first().is_some_and(u8::is_ascii_alphabetic) || !scheme.iter().all(is_scheme) {
        return Err(UriError::NoScheme);
    }
    if rest.is_empty() {
        return Err(UriError::NothingAfterScheme);
    }
    let allowed = |octet: &u8| octet.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(octet);
    let mut parts = rest.split(|&octet| octet == b'%');
    let plain = parts.next().is_some_and(|first| first.iter().all(allowed));
    let escaped = |part: &[u8]| matches!(part, [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
    if !plain || !parts.all(|part| escaped(part) && part.iter().all(allowed)) {
        return Err(UriError::BadOctet);
    }
    String::from_utf8(octets).map_err(|_| UriError::BadOctet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_pass() {
        for uri in ["sip:a@b.example", "mailto:a%40b@c.example", "x-mimi+1.0:/", "tel:+44;a=b", "data:,"] {
            assert_eq!(check(uri.into()).as_deref(), Ok(uri));
        }
    }

    #[test]
    fn other_results_are_refused_with_the_reason() {
        let cases: [(&[u8], UriError); 11] = [
            (b"", UriError::Empty),
            (b"sip", UriError::NoScheme),
            (b":x", UriError::NoScheme),
            (b"1a:x", UriError::NoScheme),
            (b"a b:x", UriError::NoScheme),
            (b"sip:", UriError::NothingAfterScheme),
            (b"sip:a b", UriError::BadOctet),
            (b"sip:a\\b", UriError::BadOctet),
            (b"sip:%4", UriError::BadOctet),
            (b"sip:%zz", UriError::BadOctet),
            (b"sip:\xc3\xa9", UriError::BadOctet),
        ];
        for (octets, error) in cases {
            assert_eq!(check(octets.into()), Err(error), "{octets:?}");
        }
    }
}
