//! Times to live as zone files write them: seconds, or numbers with units.

use crate::record::{Ttl, parse_period};

/// What is wrong with a time to live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TtlError {
    /// No number, a number without its unit among others that have one, an unknown unit, or a unit
    /// after a smaller one.
    #[error("a time to live is a number of seconds, or numbers with the units w, d, h, m, s as in `1h30m`")]
    Form,
    /// More than 2^31 - 1 seconds.
    #[error("a time to live is at most 2147483647 seconds (RFC 2181 §8)")]
    TooLong,
}

/// Reads `3600`, `1h`, `1h30m` or `1W2D`: a decimal number of seconds, or numbers with units in either
/// case, the larger first. Source: RFC 1035 §5.1 for seconds; the units are known to every server.
///
/// # Errors
/// What is wrong with the text: its author's fault.
pub fn parse_ttl(text: &[u8]) -> Result<Ttl, TtlError> {
    match parse_period(text) {
        Some(seconds) if seconds <= Ttl::MAX.as_secs() => Ok(Ttl::from_secs(seconds)),
        Some(_) => Err(TtlError::TooLong),
        None if !text.is_empty() && text.iter().all(u8::is_ascii_digit) => Err(TtlError::TooLong),
        None => Err(TtlError::Form),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Result<u32, TtlError> {
        parse_ttl(text.as_bytes()).map(Ttl::as_secs)
    }

    #[test]
    fn seconds_and_units() {
        for (text, expected) in [
            ("0", 0),
            ("3600", 3600),
            ("1h30m", 5400),
            ("1W2D", 777_600),
            ("1s", 1),
            ("2147483647", 2_147_483_647),
        ] {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_to_live() {
        for text in ["", "h", "1h30", "1x", "-1", "1 h", "1hh", "+1", "30m1h"] {
            assert_eq!(seconds(text), Err(TtlError::Form), "{text}");
        }
        for text in ["2147483648", "3551w", "99999999999999999999999999"] {
            assert_eq!(seconds(text), Err(TtlError::TooLong), "{text}");
        }
    }
}
