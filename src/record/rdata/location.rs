//! LOC. Source: RFC 1876 §2 and §3.

use std::fmt::Write;

use super::text::Text;
use super::{RdataError, RdataFault, Wire};

/// Thousandths of a second of arc in a degree.
const DEGREE: u32 = 3_600_000;
/// The equator and the prime meridian.
const ORIGIN: u32 = 1 << 31;
/// The altitude 0 m, in centimetres.
const SEA_LEVEL: u32 = 10_000_000;
/// The octets of version 0.
const OCTETS: usize = 16;
/// A size of 1 m, horizontal precision 10,000 m, vertical precision 10 m, as mantissa and exponent.
const DEFAULTS: [u8; 3] = [0x12, 0x16, 0x13];

pub(super) fn check(wire: &mut Wire<'_>) -> Result<(), RdataError> {
    if wire.left().first().is_some_and(|&version| version != 0) {
        // No assumption may be made about later versions: they are opaque.
        wire.rest();
        return Ok(());
    }
    let start = wire.at();
    let location = wire.take(OCTETS)?;
    if location[1..4].iter().any(|octet| octet & 15 > 9 || octet >> 4 > 9 || (octet >> 4 == 0 && *octet != 0))
    {
        return Err(wire.rule(start + 1, "must have sizes of one digit from 1 to 9 and an exponent up to 9"));
    }
    let angle =
        |at| u32::from_be_bytes([0, 1, 2, 3].map(|index: usize| location[at + index])).abs_diff(ORIGIN);
    if angle(4) > 90 * DEGREE || angle(8) > 180 * DEGREE {
        return Err(wire.rule(start + 4, "must have a latitude up to 90 and a longitude up to 180 degrees"));
    }
    Ok(())
}

pub(super) fn print(wire: &mut Wire<'_>, out: &mut String) -> Result<(), RdataError> {
    let start = wire.at();
    if wire.u8()? != 0 {
        return Err(wire.fault(start, RdataFault::GenericOnly));
    }
    let sizes = wire.array::<3>()?;
    print_angle(wire.u32()?, ['N', 'S'], out);
    print_angle(wire.u32()?, ['E', 'W'], out);
    let altitude = i64::from(wire.u32()?) - i64::from(SEA_LEVEL);
    let sign = if altitude < 0 { "-" } else { "" };
    let (metres, centimetres) = (altitude.unsigned_abs() / 100, altitude.unsigned_abs() % 100);
    let _ = write!(out, "{sign}{metres}.{centimetres:02}m");
    for size in sizes {
        let centimetres = u64::from(size >> 4) * 10u64.pow(u32::from(size & 15));
        let _ = write!(out, " {}.{:02}m", centimetres / 100, centimetres % 100);
    }
    Ok(())
}

fn print_angle(angle: u32, [positive, negative]: [char; 2], out: &mut String) {
    let direction = if angle < ORIGIN { negative } else { positive };
    let thousandths = angle.abs_diff(ORIGIN);
    let (degrees, minutes) = (thousandths / DEGREE, thousandths / 60_000 % 60);
    let (seconds, rest) = (thousandths / 1000 % 60, thousandths % 1000);
    let _ = write!(out, "{degrees} {minutes} {seconds}.{rest:03} {direction} ");
}

pub(super) fn parse(text: &mut Text<'_, '_>, out: &mut Vec<u8>) -> Result<(), RdataError> {
    text.what = "latitude";
    let latitude = parse_angle(text, [b'N', b'S'], 90)?;
    text.what = "longitude";
    let longitude = parse_angle(text, [b'E', b'W'], 180)?;
    text.what = "altitude";
    let altitude = parse_altitude(text)?;
    let mut sizes = DEFAULTS;
    for (size, what) in sizes.iter_mut().zip(["size", "horizontal precision", "vertical precision"]) {
        text.what = what;
        if text.peek().is_some() {
            *size = parse_size(text)?;
        }
    }
    out.push(0);
    out.extend_from_slice(&sizes);
    for number in [latitude, longitude, altitude] {
        out.extend_from_slice(&number.to_be_bytes());
    }
    Ok(())
}

/// Degrees, then minutes and seconds that may be left out, then a letter.
fn parse_angle(text: &mut Text<'_, '_>, [positive, negative]: [u8; 2], most: u32) -> Result<u32, RdataError> {
    const RULE: RdataFault = RdataFault::Rule(
        "must be degrees, minutes up to 59, seconds up to 59.999, and a letter for the direction",
    );
    let mut thousandths = 0;
    for (unit, most, decimals) in [(DEGREE, u64::from(most), 0), (60_000, 59, 0), (1, 59_999, 3)] {
        let token = text.word()?;
        let number = fixed_point(token.raw, decimals).filter(|&number| number <= most);
        let number = number.and_then(|number| u32::try_from(number).ok());
        thousandths += number.ok_or_else(|| text.fault(token, RULE))? * unit;
        let direction = text.word()?;
        match direction.raw {
            [letter] if letter.eq_ignore_ascii_case(&positive) => return Ok(ORIGIN + thousandths),
            [letter] if letter.eq_ignore_ascii_case(&negative) => return Ok(ORIGIN - thousandths),
            _ => text.back(),
        }
    }
    let token = text.token()?;
    Err(text.fault(token, RULE))
}

fn parse_altitude(text: &mut Text<'_, '_>) -> Result<u32, RdataError> {
    const RULE: RdataFault = RdataFault::Rule("must be metres from -100000.00 to 42849672.95");
    let token = text.word()?;
    let (negative, number) = token.raw.strip_prefix(b"-").map_or((false, token.raw), |number| (true, number));
    metres(number)
        .and_then(|centimetres| match negative {
            true => u64::from(SEA_LEVEL).checked_sub(centimetres),
            false => u64::from(SEA_LEVEL).checked_add(centimetres),
        })
        .and_then(|altitude| u32::try_from(altitude).ok())
        .ok_or_else(|| text.fault(token, RULE))
}

/// Keeps the first digit, as RFC 1876 App. A does.
fn parse_size(text: &mut Text<'_, '_>) -> Result<u8, RdataError> {
    const RULE: RdataFault = RdataFault::Rule("must be metres from 0 to 90000000.00");
    let token = text.word()?;
    let mut mantissa = metres(token.raw)
        .filter(|&centimetres| centimetres <= 9_000_000_000)
        .ok_or_else(|| text.fault(token, RULE))?;
    let mut exponent = 0;
    while mantissa > 9 {
        mantissa /= 10;
        exponent += 1;
    }
    u8::try_from(mantissa << 4 | exponent).map_err(|_| text.fault(token, RULE))
}

/// Metres with up to two decimals and an optional `m`, in centimetres.
fn metres(text: &[u8]) -> Option<u64> {
    fixed_point(text.strip_suffix(b"m").or(text.strip_suffix(b"M")).unwrap_or(text), 2)
}

/// A decimal number with at most so many decimals, as a whole number of the last of them.
fn fixed_point(text: &[u8], decimals: usize) -> Option<u64> {
    let dot = text.iter().position(|&octet| octet == b'.');
    let (whole, fraction) = dot.map_or((text, &b""[..]), |at| (&text[..at], &text[at + 1..]));
    let plain = whole.iter().chain(fraction).all(u8::is_ascii_digit);
    if !plain || whole.is_empty() || whole.len() > 10 || fraction.len() > decimals {
        return None;
    }
    let zeros = std::iter::repeat_n(&b'0', decimals - fraction.len());
    Some(whole.iter().chain(fraction).chain(zeros).fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}
