//! Base64, base32hex and hexadecimal, and the generic form of RFC 3597 §5.

use std::fmt::{self, Write};

use data_encoding::{BASE64, Encoding, HEXUPPER};

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

/// Encodes in pieces on the stack; 48 octets are whole blocks of each encoding.
fn print(encoding: &Encoding, octets: &[u8], out: &mut (impl Write + ?Sized)) -> fmt::Result {
    let mut buffer = [0; 96];
    for piece in octets.chunks(48) {
        out.write_str(encoding.encode_mut_str(piece, &mut buffer[..encoding.encode_len(piece.len())]))?;
    }
    Ok(())
}
