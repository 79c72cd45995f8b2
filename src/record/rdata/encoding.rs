//! Base64, base32hex and hexadecimal, and the generic form of RFC 3597 §5.

use std::fmt::{self, Write};

use data_encoding::{BASE32HEX_NOPAD, BASE64, Encoding, HEXUPPER, HEXUPPER_PERMISSIVE};

/// Prints `\# <length> <hexadecimal>`.
pub(super) fn print_generic(rdata: &[u8], out: &mut (impl Write + ?Sized)) -> fmt::Result {
    write!(out, "\\# {}", rdata.len())?;
    if rdata.is_empty() {
        return Ok(());
    }
    out.write_char(' ')?;
    print(&HEXUPPER, rdata, out)
}

/// Prints octets in hexadecimal, upper case.
pub(super) fn print_hex(octets: &[u8], out: &mut (impl Write + ?Sized)) -> fmt::Result {
    print(&HEXUPPER, octets, out)
}

/// Prints octets in base64 with padding.
pub(super) fn print_base64(octets: &[u8], out: &mut (impl Write + ?Sized)) -> fmt::Result {
    print(&BASE64, octets, out)
}

/// Encodes in pieces on the stack; 48 octets are whole blocks of both encodings.
fn print(encoding: &Encoding, octets: &[u8], out: &mut (impl Write + ?Sized)) -> fmt::Result {
    let mut buffer = [0; 96];
    for piece in octets.chunks(48) {
        out.write_str(encoding.encode_mut_str(piece, &mut buffer[..encoding.encode_len(piece.len())]))?;
    }
    Ok(())
}

/// Prints octets in base32hex, upper case, without padding.
pub(super) fn print_base32hex(octets: &[u8], out: &mut (impl Write + ?Sized)) -> fmt::Result {
    // 48 octets would not be whole blocks of five.
    out.write_str(&BASE32HEX_NOPAD.encode(octets))
}

/// Reads base64; padding is needed, and its unused bits must be 0.
pub(super) fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}

/// Reads base32hex in any case, without padding.
pub(super) fn decode_base32hex(text: &[u8]) -> Option<Vec<u8>> {
    BASE32HEX_NOPAD.decode(&text.to_ascii_uppercase()).ok()
}

/// Reads hexadecimal in any case.
pub(super) fn decode_hex(text: &[u8]) -> Option<Vec<u8>> {
    HEXUPPER_PERMISSIVE.decode(text).ok()
}

/// Puts octets at the end of `out` that are pairs of digits, in any case; says no, and leaves `out` as it was,
/// where they are not.
pub(super) fn decode_hex_into(text: &[u8], out: &mut Vec<u8>) -> bool {
    const STEP: usize = 32;
    if !text.len().is_multiple_of(2) {
        return false;
    }
    let (start, mut is_hex) = (out.len(), true);
    out.reserve(text.len() / 2);
    let (steps, rest) = text.as_chunks::<STEP>();
    for digits in steps {
        is_hex &= digits.iter().fold(true, |all, &digit| all & hex_value(digit).1);
        // Both digits of an octet as one number, so that a compiler can make sixteen octets at once.
        let pairs: [u16; STEP / 2] = std::array::from_fn(|pair| {
            u16::from_le_bytes([hex_value(digits[2 * pair]).0, hex_value(digits[2 * pair + 1]).0])
        });
        out.extend_from_slice(&pairs.map(|pair| (pair << 4 | pair >> 8).to_le_bytes()[0]));
    }
    for &[high, low] in rest.as_chunks::<2>().0 {
        let (high, low) = (hex_value(high), hex_value(low));
        is_hex &= high.1 && low.1;
        out.push(high.0 << 4 | low.0);
    }
    if !is_hex {
        out.truncate(start);
    }
    is_hex
}

/// What a digit stands for, and whether it is one.
#[inline(always)]
const fn hex_value(digit: u8) -> (u8, bool) {
    let (decimal, letter) = (digit.wrapping_sub(b'0'), (digit | 0x20).wrapping_sub(b'a'));
    let is_decimal = decimal < 10;
    (if is_decimal { decimal } else { letter.wrapping_add(10) & 0xf }, is_decimal | (letter < 6))
}
