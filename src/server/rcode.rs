//! What outcomes are called in a reply: response code, and extended error.

use super::outcome::Outcome;

/// Response codes. Source: RFC 6895 §2.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Rcode {
    NoError = 0,
    FormErr = 1,
    ServFail = 2,
    NxDomain = 3,
    NotImp = 4,
    Refused = 5,
    YxDomain = 6,
    NotAuth = 9,
    BadVers = 16,
    BadCookie = 23,
}

/// Why, for who looks into a failure: a code of RFC 8914 §4, and a fixed text, so that nothing of
/// the question is ever in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ExtendedError {
    pub(super) code: u16,
    pub(super) text: &'static str,
}

const fn because(code: u16, text: &'static str) -> Option<ExtendedError> {
    Some(ExtendedError { code, text })
}

const OTHER: u16 = 0;
const NOT_READY: u16 = 14;
const PROHIBITED: u16 = 18;
const NOT_AUTHORITATIVE: u16 = 20;
const NOT_SUPPORTED: u16 = 21;

/// The one place where outcomes become codes.
pub(super) const fn codes(outcome: Outcome) -> (Rcode, Option<ExtendedError>) {
    match outcome {
        Outcome::Answered
        | Outcome::Alias
        | Outcome::NoData
        // Source: RFC 9824 §3.1: the name has a record, the one that says that it has no other.
        | Outcome::NxName
        | Outcome::Delegation
        | Outcome::Truncated
        | Outcome::CookieGiven
        // Never sent.
        | Outcome::DroppedShort
        | Outcome::DroppedResponse
        | Outcome::DroppedKeepalive => (Rcode::NoError, None),
        Outcome::NxDomain => (Rcode::NxDomain, None),
        Outcome::NameTooLong => (Rcode::YxDomain, None),
        Outcome::NotServed => (Rcode::Refused, because(NOT_AUTHORITATIVE, "no zone here has this name")),
        Outcome::Prohibited => (Rcode::Refused, because(PROHIBITED, "not for this address")),
        Outcome::Slowed => (Rcode::Refused, because(OTHER, "too many names that are not there")),
        Outcome::TransferRefused => (Rcode::Refused, because(NOT_SUPPORTED, "no zone transfers here")),
        Outcome::UnknownOpcode => (Rcode::NotImp, because(NOT_SUPPORTED, "unknown opcode")),
        Outcome::UnknownKey => (Rcode::NotAuth, None),
        Outcome::BadEdnsVersion => (Rcode::BadVers, None),
        Outcome::CookieRequired => (Rcode::BadCookie, None),
        Outcome::NotOneQuestion | Outcome::BadQuestion | Outcome::BadRecords | Outcome::BadOpt => {
            (Rcode::FormErr, None)
        }
        Outcome::NotLoaded => (Rcode::ServFail, because(NOT_READY, "the zone is not loaded")),
        Outcome::TooLarge => (Rcode::ServFail, because(OTHER, "the answer fits no message")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::settings::{Nsid, UdpPayload};

    #[test]
    fn any_reply_without_records_fits_the_smallest_datagram() {
        const HEADER: usize = 12;
        const QUESTION: usize = 255 + 4;
        const OPT: usize = 11 + (4 + Nsid::MOST) + (4 + 24);
        for &outcome in Outcome::ALL {
            let error = codes(outcome).1.map_or(0, |error| 4 + 2 + error.text.len());
            let len = HEADER + QUESTION + OPT + error;
            assert!(len <= UdpPayload::LEAST.octets().into(), "{} {len}", outcome.label());
        }
    }
}
