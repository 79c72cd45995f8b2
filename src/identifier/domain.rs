//! Domains as lower-case A-labels.

use std::borrow::Cow;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::{IdentifierError, IdentifierFault, common_prefix};

/// The longest label. Source: RFC 1035 §3.1.
const MAX_LABEL: usize = 63;
/// The longest domain in presentation form, without a final dot. Source: RFC 1035 §3.1.
const MAX_DOMAIN: usize = 253;

/// Maps a domain to lower-case A-labels; a fault's place is counted from the start of `domain`.
///
/// UTS 46 non-transitional with `UseSTD3ASCIIRules`, `CheckHyphens`, `CheckBidi`, `CheckJoiners`
/// and `VerifyDnsLength`, without a final dot. A last label of digits alone is refused: no such top
/// level exists, and the text is then an IPv4 address. Source: UTS #46 §4.2, RFC 3696 §2.
pub(super) fn to_ascii(domain: &str) -> Result<Cow<'_, str>, IdentifierError> {
    match domain.bytes().next() {
        None => return Err(IdentifierFault::DomainEmpty.at(0)),
        Some(b'[') => return Err(IdentifierFault::DomainLiteral.at(0)),
        Some(_) => {}
    }
    let ascii = map(domain).map_err(|fault| fault.at(faulty_label(domain)))?;
    if ascii.len() > MAX_DOMAIN {
        return Err(IdentifierFault::DomainTooLong.at(0));
    }
    match ascii.rsplit('.').next() {
        Some(last) if last.bytes().all(|octet| octet.is_ascii_digit()) => {
            Err(IdentifierFault::DomainLiteral.at(0))
        }
        _ => Ok(ascii),
    }
}

/// Refuses a domain that [`to_ascii`] would change.
pub(super) fn check_canonical(domain: &str) -> Result<(), IdentifierError> {
    match to_ascii(domain)? {
        ascii if ascii == domain => Ok(()),
        ascii => Err(IdentifierFault::DomainNotCanonical.at(common_prefix(&ascii, domain))),
    }
}

/// One label or several, each of 1 to 63 octets when mapped.
fn map(domain: &str) -> Result<Cow<'_, str>, IdentifierFault> {
    let ascii = Uts46::new()
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Ignore)
        .map_err(|_| IdentifierFault::DomainInvalid)?;
    for label in ascii.split('.') {
        match label.len() {
            0 => return Err(IdentifierFault::DomainEmptyLabel),
            1..=MAX_LABEL => {}
            _ => return Err(IdentifierFault::DomainLabelTooLong),
        }
    }
    Ok(ascii)
}

/// Where the first label begins that is wrong by itself; 0 if only all together are (CheckBidi).
fn faulty_label(domain: &str) -> usize {
    let mut at = 0;
    // The dots of UTS 46 §2.3.
    for label in domain.split_inclusive(['.', '\u{3002}', '\u{FF0E}', '\u{FF61}']) {
        let alone = label.trim_end_matches(['.', '\u{3002}', '\u{FF0E}', '\u{FF61}']);
        if map(alone).is_err() {
            return at;
        }
        at += label.len();
    }
    // Every label there is stands for itself: what is empty is the one after the last dot.
    if map(domain) == Err(IdentifierFault::DomainEmptyLabel) { at } else { 0 }
}
