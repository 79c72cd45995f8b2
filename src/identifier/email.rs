//! Email addresses: `mailto:`, a dot-atom in raw UTF-8, `@`, A-labels.

use std::borrow::Cow;
use std::fmt;

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::Error as PrecisError;
use precis_profiles::precis_core::profile::PrecisFastInvocation;

use super::{IdentifierError, IdentifierFault, common_prefix, domain, redacted};

pub(super) const PREFIX: &str = "mailto:";
/// The longest local part in octets. Source: RFC 5321 §4.5.3.1.1.
const MAX_LOCAL: usize = 64;
/// The longest local part that is looked at before mapping, which can make it shorter.
const MAX_UNMAPPED: usize = 4 * MAX_LOCAL;
/// How often mapping may change its own output. Source: RFC 8264 §7.
const MAX_ROUNDS: usize = 4;

/// An email address: `mailto:`, the local part, `@`, the domain as lower-case A-labels.
///
/// The local part is a dot-atom of 1 to 64 octets of raw UTF-8, mapped by the PRECIS profile
/// `UsernameCaseMapped`, never quoted nor percent-encoded: a `%` is a `%`.
///
/// Source: RFC 5322 §3.2.3, RFC 6532 §3.2, RFC 8265 §3.3. RFC 6068 would percent-encode.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email {
    text: Box<str>,
    at: usize,
}

impl Email {
    /// Reads a canonical address that begins with [`PREFIX`].
    pub(super) fn parse(canonical: &str) -> Result<Self, IdentifierError> {
        let (at, local, domain) = split(canonical, PREFIX.len())?;
        let mapped = map_local(local).map_err(|error| error.moved(PREFIX.len()))?;
        if mapped != local {
            let same = common_prefix(&mapped, local);
            return Err(IdentifierFault::LocalNotCanonical.at(PREFIX.len() + same));
        }
        domain::check_canonical(domain).map_err(|error| error.moved(at + 1))?;
        Ok(Self { text: canonical.into(), at })
    }

    /// Maps what was typed, from octet `start` of `text` on.
    pub(super) fn map(text: &str, start: usize) -> Result<Self, IdentifierError> {
        let (at, local, domain) = split(text, start)?;
        let local = map_local(local).map_err(|error| error.moved(start))?;
        let domain = domain::to_ascii(domain).map_err(|error| error.moved(at + 1))?;
        Ok(Self { text: [PREFIX, &local, "@", &domain].concat().into(), at: PREFIX.len() + local.len() })
    }

    /// The canonical form, `mailto:jo@example.org`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the `@`: `jo`.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.text[PREFIX.len()..self.at]
    }

    /// What stands after the `@`, lower-case A-labels: `example.org`.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "Email", &self.text)
    }
}

/// Splits at the only `@`; a dot-atom holds none.
fn split(text: &str, start: usize) -> Result<(usize, &str, &str), IdentifierError> {
    let at = text[start..].find('@').ok_or(IdentifierFault::NoAt.whole())? + start;
    Ok((at, &text[start..at], &text[at + 1..]))
}

/// The local part in canonical form. A fault's place is counted from the start of `local`.
fn map_local(local: &str) -> Result<Cow<'_, str>, IdentifierError> {
    if local.is_empty() {
        return Err(IdentifierFault::LocalEmpty.at(0));
    }
    if local.len() > MAX_UNMAPPED {
        return Err(IdentifierFault::LocalTooLong.at(0));
    }
    check_dot_atom(local)?;
    let mut mapped = enforce(Cow::Borrowed(local))?;
    // One round can leave what a second one changes (RFC 8264 §7); the canonical form is what stays.
    let mut rounds = 1;
    loop {
        let again = enforce(Cow::Borrowed(&*mapped)).map_err(|error| error.fault().at(0))?;
        if again == mapped {
            break;
        }
        rounds += 1;
        if rounds == MAX_ROUNDS {
            return Err(IdentifierFault::LocalUnmappable.at(0));
        }
        mapped = Cow::Owned(again.into_owned());
    }
    // Width mapping can turn a full-width `＠` or `．` into one that means something.
    check_dot_atom(&mapped).map_err(|error| error.fault().at(0))?;
    if mapped.len() > MAX_LOCAL {
        return Err(IdentifierFault::LocalTooLong.at(0));
    }
    Ok(mapped)
}

fn enforce(local: Cow<'_, str>) -> Result<Cow<'_, str>, IdentifierError> {
    let text = local.clone();
    UsernameCaseMapped::enforce(local).map_err(|error| match error {
        PrecisError::BadCodepoint(info) => {
            let at = text.char_indices().nth(info.position).map_or(0, |(at, _)| at);
            IdentifierFault::LocalDisallowed.at(at)
        }
        PrecisError::Invalid | PrecisError::Unexpected(_) => IdentifierFault::LocalUnmappable.at(0),
    })
}

/// `1*atext *("." 1*atext)`, with all of UTF-8 beyond ASCII in `atext`.
/// Source: RFC 5322 §3.2.3, RFC 6532 §3.2.
fn check_dot_atom(local: &str) -> Result<(), IdentifierError> {
    let mut after_dot = true;
    for (at, octet) in local.bytes().enumerate() {
        match octet {
            b'.' if after_dot => return Err(IdentifierFault::LocalDot.at(at)),
            b'.' => after_dot = true,
            _ if is_atext(octet) => after_dot = false,
            _ => return Err(IdentifierFault::LocalQuoted.at(at)),
        }
    }
    if after_dot { Err(IdentifierFault::LocalDot.at(local.len() - 1)) } else { Ok(()) }
}

const fn is_atext(octet: u8) -> bool {
    matches!(octet,
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | 0x80.. |
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'/' |
        b'=' | b'?' | b'^' | b'_' | b'`' | b'{' | b'|' | b'}' | b'~')
}
