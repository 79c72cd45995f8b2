//! Wire form to text, field by field.

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::check::{GatewayKind, gateway_kind};
use super::format::{Field, Format};
use super::{RdataError, Wire, address_prefix, bitmap, encoding, location, ports, service_text};
use crate::clock::UnixTime;
use crate::record::text::print_quoted;
use crate::record::{Rtype, calendar};

/// Prints one field of octets that [`super::check::check_field`] lets pass.
///
/// # Errors
/// The octets are well formed but have no text of their own: a version or an address family that is not
/// known.
pub(super) fn print_field(field: Field, wire: &mut Wire<'_>, out: &mut String) -> Result<(), RdataError> {
    wire.what = field.0;
    // Writing to a string does not fail.
    let _ = match field.1 {
        Format::Name => write!(out, "{}", wire.name()?),
        Format::Names => return print_each(wire, out, |wire, out| Ok(write!(out, "{}", wire.name()?))),
        Format::U8 | Format::Algorithm => write!(out, "{}", wire.u8()?),
        Format::U16 | Format::CertificateType => write!(out, "{}", wire.u16()?),
        Format::U32 | Format::Period => write!(out, "{}", wire.u32()?),
        Format::Time => {
            let seconds = wire.u32()?;
            // Read as seconds since 1970, up to 2106: what is printed does not depend on today.
            match calendar::print(UnixTime(seconds.into())) {
                Some(time) => out.write_str(&time),
                None => write!(out, "{seconds}"),
            }
        }
        Format::Ipv4 => write!(out, "{}", Ipv4Addr::from(wire.array::<4>()?)),
        Format::Ipv6 => write!(out, "{}", Ipv6Addr::from(wire.array::<16>()?)),
        Format::Locator => {
            let [a, b, c, d] = [wire.u16()?, wire.u16()?, wire.u16()?, wire.u16()?];
            write!(out, "{a:04x}:{b:04x}:{c:04x}:{d:04x}")
        }
        Format::Eui(octets) => {
            for (index, octet) in wire.take(octets.into())?.iter().enumerate() {
                let _ = write!(out, "{}{octet:02x}", if index == 0 { "" } else { "-" });
            }
            Ok(())
        }
        Format::CharString => print_quoted(wire.char_string()?, out),
        Format::CharStrings | Format::MaybeCharString => {
            return print_each(wire, out, |wire, out| Ok(print_quoted(wire.char_string()?, out)));
        }
        Format::Text { .. } => print_quoted(wire.rest(), out),
        Format::Tag => out.write_str(&String::from_utf8_lossy(wire.char_string()?)),
        Format::Rtype => out.write_str(&bitmap::portable(Rtype(wire.u16()?))),
        Format::Base64 { .. } => encoding::print_base64(wire.rest(), out),
        Format::Hex | Format::Digest(_) => encoding::print_hex(wire.rest(), out),
        Format::Salt => match wire.char_string()? {
            [] => out.write_char('-'),
            salt => encoding::print_hex(salt, out),
        },
        Format::NextHash => encoding::print_base32hex(wire.char_string()?, out),
        Format::Types { .. } => return bitmap::print(wire, out),
        Format::ServiceParameters => return service_text::print(wire, out),
        Format::Location => return location::print(wire, out),
        Format::AddressPrefixes => return address_prefix::print(wire, out),
        Format::Nsap => out.write_str("0x").and_then(|()| encoding::print_hex(wire.rest(), out)),
        Format::Ports => return ports::print(wire, out),
        Format::Gateway => match gateway_kind(wire.before()) {
            Some(GatewayKind::Ipv4) => write!(out, "{}", Ipv4Addr::from(wire.array::<4>()?)),
            Some(GatewayKind::Ipv6) => write!(out, "{}", Ipv6Addr::from(wire.array::<16>()?)),
            Some(GatewayKind::Name) => write!(out, "{}", wire.name()?),
            Some(GatewayKind::None) | None => out.write_char('.'),
        },
        Format::HostIdentity => {
            let (tag, algorithm, key) = (wire.u8()?, wire.u8()?, wire.u16()?);
            let _ = write!(out, "{algorithm} ");
            let _ = encoding::print_hex(wire.take(tag.into())?, out);
            out.push(' ');
            encoding::print_base64(wire.take(key.into())?, out)
        }
    };
    Ok(())
}

/// Prints items with a blank between them up to the last octet.
fn print_each(
    wire: &mut Wire<'_>,
    out: &mut String,
    mut print: impl FnMut(&mut Wire<'_>, &mut String) -> Result<std::fmt::Result, RdataError>,
) -> Result<(), RdataError> {
    let mut separator = "";
    while !wire.left().is_empty() {
        out.push_str(separator);
        let _ = print(wire, out)?;
        separator = " ";
    }
    Ok(())
}
