//! Domains as lower-case A-labels.

use std::borrow::Cow;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::IdentifierFault;

/// The longest label. Source: RFC 1035 §3.1.
const MAX_LABEL: usize = 63;
/// The longest domain in presentation form, without a final dot. Source: RFC 1035 §3.1.
const MAX_DOMAIN: usize = 253;

/// Maps a domain to lower-case A-labels; what is so already comes back borrowed or equal.
///
/// UTS 46 non-transitional with `UseSTD3ASCIIRules`, `CheckHyphens`, `CheckBidi`, `CheckJoiners`
/// and `VerifyDnsLength`, without a final dot. A last label of digits alone is refused: no such top
/// level exists, and the text is then an IPv4 address. Source: UTS #46 §4.2, RFC 3696 §2.
pub(super) fn to_ascii(domain: &str) -> Result<Cow<'_, str>, IdentifierFault> {
    match domain.bytes().next() {
        None => return Err(IdentifierFault::DomainEmpty),
        Some(b'[') => return Err(IdentifierFault::DomainLiteral),
        Some(_) => {}
    }
    let ascii = Uts46::new()
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Ignore)
        .map_err(|_| IdentifierFault::DomainInvalid)?;
    if ascii.is_empty() {
        return Err(IdentifierFault::DomainEmpty);
    }
    if ascii.split('.').any(str::is_empty) {
        return Err(IdentifierFault::DomainEmptyLabel);
    }
    if ascii.split('.').any(|label| label.len() > MAX_LABEL) {
        return Err(IdentifierFault::DomainLabelTooLong);
    }
    if ascii.len() > MAX_DOMAIN {
        return Err(IdentifierFault::DomainTooLong);
    }
    if ascii.rsplit('.').next().is_some_and(|last| last.bytes().all(|octet| octet.is_ascii_digit())) {
        return Err(IdentifierFault::DomainLiteral);
    }
    Ok(ascii)
}

/// Refuses a domain that [`to_ascii`] would change.
pub(super) fn check_canonical(domain: &str) -> Result<(), IdentifierFault> {
    match to_ascii(domain)? {
        ascii if ascii == domain => Ok(()),
        _ => Err(IdentifierFault::DomainNotCanonical),
    }
}
