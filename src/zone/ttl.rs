//! Times to live as zone files write them: seconds, or numbers with units.

use crate::record::Ttl;

/// What is wrong with a time to live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TtlError {
    /// No number, a number without its unit among others that have one, or an unknown unit.
    #[error("a time to live is a number of seconds, or numbers with the units w, d, h, m, s as in `1h30m`")]
    Form,
    /// More than 2^31 - 1 seconds.
    #[error("a time to live is at most 2147483647 seconds (RFC 2181 §8)")]
    TooLong,
}

/// Reads `3600`, `1h`, `1h30m` or `1W2D`: decimal numbers, each with a unit in either case, or one
/// alone in seconds. Source: RFC 1035 §5.1 for seconds; the units are BIND's, known to every server.
///
/// # Errors
/// What is wrong with the text: its author's fault.
pub fn parse_ttl(text: &[u8]) -> Result<Ttl, TtlError> {
    let (mut total, mut number, mut in_units) = (0u64, None::<u64>, false);
    for &octet in text {
        let unit = match octet {
            b'0'..=b'9' => {
                let digit = u64::from(octet - b'0');
                number = Some(bounded(number.unwrap_or(0) * 10 + digit)?);
                continue;
            }
            b'w' | b'W' => 7 * 86_400,
            b'd' | b'D' => 86_400,
            b'h' | b'H' => 3600,
            b'm' | b'M' => 60,
            b's' | b'S' => 1,
            _ => return Err(TtlError::Form),
        };
        total = bounded(total + number.take().ok_or(TtlError::Form)? * unit)?;
        in_units = true;
    }
    let seconds = match (number, in_units) {
        (Some(seconds), false) => seconds,
        (None, true) => total,
        _ => return Err(TtlError::Form),
    };
    u32::try_from(seconds).map(Ttl::from_secs).map_err(|_| TtlError::TooLong)
}

fn bounded(seconds: u64) -> Result<u64, TtlError> {
    if seconds > u64::from(Ttl::MAX.as_secs()) { Err(TtlError::TooLong) } else { Ok(seconds) }
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
            ("30m1h", 5400),
            ("1s", 1),
            ("2147483647", 2_147_483_647),
        ] {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_to_live() {
        for text in ["", "h", "1h30", "1x", "-1", "1 h", "1hh", "+1"] {
            assert_eq!(seconds(text), Err(TtlError::Form), "{text}");
        }
        for text in ["2147483648", "3551w", "99999999999999999999999999", "2147483647s1s"] {
            assert_eq!(seconds(text), Err(TtlError::TooLong), "{text}");
        }
    }
}
