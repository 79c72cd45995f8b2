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
    let start = out.len();
    out.resize(start + text.len() / 2, 0);
    let (steps, rest) = text.as_chunks::<8>();
    let (places, rest_of_places) = out[start..].as_chunks_mut::<4>();
    let mut is_hex = text.len().is_multiple_of(2);
    for (digits, place) in steps.iter().zip(places) {
        let (octets, are_hex) = decode_eight(u64::from_le_bytes(*digits));
        *place = octets.to_le_bytes();
        is_hex &= are_hex;
    }
    // The last pairs as eight digits of which the first are 0.
    let mut digits = [b'0'; 8];
    digits[8 - rest.len()..].copy_from_slice(rest);
    let (octets, are_hex) = decode_eight(u64::from_le_bytes(digits));
    rest_of_places.copy_from_slice(&octets.to_le_bytes()[4 - rest_of_places.len()..]);
    is_hex &= are_hex;
    if !is_hex {
        out.truncate(start);
    }
    is_hex
}

/// Four octets of eight digits, the first in the lowest octet; and whether all of them are digits. Work on the whole
/// number is twice as fast as on one digit after the other.
fn decode_eight(digits: u64) -> (u32, bool) {
    const EACH: u64 = u64::MAX / 0xff;
    const TOP: u64 = 0x80 * EACH;
    // The top bit of each octet says whether it is in the range: no sum of seven bits reaches the next octet.
    let is_within = |octets: u64, first: u8, last: u8| {
        let from_first = octets + u64::from(0x80 - first) * EACH;
        let after_last = octets + u64::from(0x7f - last) * EACH;
        from_first & !after_last & TOP
    };
    let octets = digits & !TOP;
    let is_letter = is_within(octets | (0x20 * EACH), b'a', b'f');
    let is_digit = (is_within(octets, b'0', b'9') | is_letter) & !digits;
    // The low half of a letter is what it is worth beyond nine.
    let values = (digits & (0xf * EACH)) + (is_letter >> 7) * 9;
    let pairs = (values << 4 | values >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
    let octets = (fours | fours >> 16) as u32;
    (octets, is_digit & TOP == TOP)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_octet_at_every_place_is_a_digit_or_none() {
        for len in [2, 8, 10, 16, 22] {
            for (at, octet) in (0..len).flat_map(|at| (0..=u8::MAX).map(move |octet| (at, octet))) {
                let mut text = vec![b'7'; len];
                text[at] = octet;
                let mut out = vec![1];
                let expected = decode_hex(&text);
                assert_eq!(decode_hex_into(&text, &mut out), expected.is_some(), "{octet} at {at} of {len}");
                assert_eq!(out[1..], expected.unwrap_or_default());
            }
        }
    }

    proptest! {
        #[test]
        fn hexadecimal_is_read_as_the_library_reads_it(text in "[0-9a-fA-F]{0,70}") {
            let mut out = Vec::new();
            prop_assert_eq!(decode_hex_into(text.as_bytes(), &mut out), text.len().is_multiple_of(2));
            prop_assert_eq!(out, decode_hex(text.as_bytes()).unwrap_or_default());
        }
    }
}
