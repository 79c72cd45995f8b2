//! MIMI identifiers: `mimi://`, A-labels, path.

use std::fmt;

use super::{IdentifierError, IdentifierFault, domain, redacted};

pub(super) const PREFIX: &str = "mimi://";

/// A MIMI identifier that is a name of its own: `mimi://`, a host as lower-case A-labels, a path.
///
/// The path has no empty and no dot segments; unreserved characters, sub-delims, `:` and `@` stand
/// raw, every other octet as `%XX` in upper case. No user, port, query or fragment.
///
/// Source: RFC 3986 §3.3 and §6.2.2, draft-ietf-mimi-protocol.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MimiName {
    text: Box<str>,
    slash: usize,
}

impl MimiName {
    /// Reads a canonical identifier that begins with [`PREFIX`].
    pub(super) fn parse(canonical: &str) -> Result<Self, IdentifierError> {
        let (slash, host, path) = split(canonical, PREFIX.len())?;
        domain::check_canonical(host).map_err(|error| error.moved(PREFIX.len()))?;
        check_raw(path).map_err(|error| error.moved(slash))?;
        check_segments(path).map_err(|error| error.moved(slash))?;
        Ok(Self { text: canonical.into(), slash })
    }

    /// Maps what was typed, whose host begins at octet `start` of `text`.
    pub(super) fn map(text: &str, start: usize) -> Result<Self, IdentifierError> {
        let (slash, host, path) = split(text, start)?;
        let host = domain::to_ascii(host).map_err(|error| error.moved(start))?;
        let mut mapped = String::with_capacity(PREFIX.len() + host.len() + path.len());
        mapped.push_str(PREFIX);
        mapped.push_str(&host);
        map_path(path, &mut mapped).map_err(|error| error.moved(slash))?;
        let slash_mapped = PREFIX.len() + host.len();
        check_segments(&mapped[slash_mapped..]).map_err(|error| error.fault().at(slash))?;
        if mapped.len() > super::MAX_IDENTIFIER {
            return Err(IdentifierFault::TooLong.whole());
        }
        Ok(Self { text: mapped.into(), slash: slash_mapped })
    }

    /// The canonical form, `mimi://names.example/u/jo`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, lower-case A-labels: `names.example`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.text[PREFIX.len()..self.slash]
    }

    /// The path with its first slash: `/u/jo`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.text[self.slash..]
    }
}

impl fmt::Debug for MimiName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "MimiName", &self.text)
    }
}

/// Where the path begins, the host, and the path with its first slash.
fn split(text: &str, start: usize) -> Result<(usize, &str, &str), IdentifierError> {
    if let Some(at) = text.find(['?', '#']) {
        return Err(IdentifierFault::QueryOrFragment.at(at));
    }
    let slash = text[start..].find('/').map_or(text.len(), |at| at + start);
    let (host, path) = (&text[start..slash], &text[slash..]);
    if let Some(at) = host.find('@') {
        return Err(IdentifierFault::UserInfo.at(start + at));
    }
    if let Some(at) = host.find(':').filter(|_| !host.starts_with('[')) {
        return Err(IdentifierFault::Port.at(start + at));
    }
    if host.is_empty() {
        return Err(IdentifierFault::NoHost.at(start));
    }
    if path.len() < 2 {
        return Err(IdentifierFault::NoPath.at(slash));
    }
    Ok((slash, host, path))
}

/// Every octet of a canonical path has one form.
fn check_raw(path: &str) -> Result<(), IdentifierError> {
    let mut rest = path.as_bytes();
    while let [octet, tail @ ..] = rest {
        let at = path.len() - rest.len();
        rest = match octet {
            b'%' => {
                let (decoded, tail) = percent(tail).ok_or(IdentifierFault::PercentCut.at(at))?;
                if is_raw(decoded) {
                    return Err(IdentifierFault::PercentNeedless.at(at));
                }
                if path.as_bytes()[at + 1..at + 3].iter().any(u8::is_ascii_lowercase) {
                    return Err(IdentifierFault::PercentLowerCase.at(at));
                }
                tail
            }
            b'/' => tail,
            _ if is_raw(*octet) => tail,
            _ => return Err(IdentifierFault::PathRaw.at(at)),
        };
    }
    Ok(())
}

/// Gives every octet of a typed path its one form; an encoded slash stays encoded.
fn map_path(path: &str, mapped: &mut String) -> Result<(), IdentifierError> {
    if let Some((at, _)) = path.char_indices().find(|(_, c)| c.is_whitespace() || c.is_control()) {
        return Err(IdentifierFault::PathSpace.at(at));
    }
    let mut rest = path.as_bytes();
    while let [octet, tail @ ..] = rest {
        let at = path.len() - rest.len();
        let (octet, encoded, tail) = match octet {
            b'%' => {
                let (decoded, tail) = percent(tail).ok_or(IdentifierFault::PercentCut.at(at))?;
                (decoded, true, tail)
            }
            _ => (*octet, false, tail),
        };
        if is_raw(octet) || (octet == b'/' && !encoded) {
            mapped.push(char::from(octet));
        } else {
            mapped.push('%');
            for nibble in [octet >> 4, octet & 15] {
                mapped.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
            }
        }
        rest = tail;
    }
    Ok(())
}

fn check_segments(path: &str) -> Result<(), IdentifierError> {
    let mut at = 0;
    for segment in path.split('/').skip(1) {
        at += 1;
        match segment {
            "" => return Err(IdentifierFault::EmptySegment.at(at)),
            "." | ".." => return Err(IdentifierFault::DotSegment.at(at)),
            _ => at += segment.len(),
        }
    }
    Ok(())
}

/// Decodes the two hexadecimal digits at the front.
fn percent(after: &[u8]) -> Option<(u8, &[u8])> {
    let [high, low, tail @ ..] = after else { return None };
    let digit = |octet: u8| char::from(octet).to_digit(16).and_then(|value| u8::try_from(value).ok());
    Some((digit(*high)? << 4 | digit(*low)?, tail))
}

/// Unreserved, sub-delims, `:` and `@`: what stands for itself in a segment.
/// Source: RFC 3986 §3.3 (`pchar`).
const fn is_raw(octet: u8) -> bool {
    matches!(octet,
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' |
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@')
}
