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
