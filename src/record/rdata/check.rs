//! Whether octets are what a field's format allows.

use super::format::{Field, Format};
use super::{RdataError, RdataFault, Wire, address_prefix, bitmap, location, ports, service};

/// Reads one field past its octets.
///
/// # Errors
/// The first rule that they break.
pub(super) fn check_field(field: Field, wire: &mut Wire<'_>) -> Result<(), RdataError> {
    let start = wire.at();
    wire.what = field.0;
    match field.1 {
        Format::Name => wire.name_range().map(drop),
        Format::Names => {
            while !wire.left().is_empty() {
                wire.name_range()?;
            }
            Ok(())
        }
        Format::U8 | Format::Algorithm => wire.take(1).map(drop),
        Format::U16 | Format::Rtype | Format::CertificateType => wire.take(2).map(drop),
        Format::U32 | Format::Period | Format::Time | Format::Ipv4 => wire.take(4).map(drop),
        Format::Locator => wire.take(8).map(drop),
        Format::Ipv6 => wire.take(16).map(drop),
        Format::Eui(octets) => wire.take(octets.into()).map(drop),
        Format::CharString | Format::Salt => wire.char_string().map(drop),
        Format::CharStrings => {
            wire.char_string()?;
            while !wire.left().is_empty() {
                wire.char_string()?;
            }
            Ok(())
        }
        Format::MaybeCharString if wire.left().is_empty() => Ok(()),
        Format::MaybeCharString => wire.char_string().map(drop),
        Format::Text { may_be_empty } => match wire.rest() {
            [] if !may_be_empty => Err(wire.rule(start, "must not be empty")),
            _ => Ok(()),
        },
        Format::Tag => match wire.char_string()? {
            [] => Err(wire.rule(start, "must not be empty")),
            tag if tag.iter().all(u8::is_ascii_alphanumeric) => Ok(()),
            _ => Err(wire.rule(start, "must consist of letters and digits")),
        },
        Format::Base64 { least } => match wire.rest().len() {
            len if len < least.into() => Err(wire.fault(start, RdataFault::Cut)),
            _ => Ok(()),
        },
        Format::Hex | Format::Nsap => match wire.rest() {
            [] => Err(wire.fault(start, RdataFault::Cut)),
            _ => Ok(()),
        },
        Format::Digest(kind) => {
            let digest_type = wire.before().last().copied().unwrap_or(0);
            let found = wire.rest().len();
            match kind.octets(digest_type) {
                Some(octets) if octets != found => {
                    Err(wire.rule(start, "must have exactly the length of its digest type"))
                }
                None if found == 0 => Err(wire.fault(start, RdataFault::Cut)),
                _ => Ok(()),
            }
        }
        Format::NextHash => match wire.char_string()? {
            [] => Err(wire.rule(start, "must not be empty")),
            _ => Ok(()),
        },
        Format::Types { may_be_empty } => bitmap::check(may_be_empty, wire),
        Format::ServiceParameters => service::check(wire),
        Format::Location => location::check(wire),
        Format::AddressPrefixes => address_prefix::check(wire),
        Format::Ports => ports::check(wire),
        Format::Gateway => match gateway_kind(wire.before()) {
            Some(GatewayKind::None) => Ok(()),
            Some(GatewayKind::Ipv4) => wire.take(4).map(drop),
            Some(GatewayKind::Ipv6) => wire.take(16).map(drop),
            Some(GatewayKind::Name) => wire.name_range().map(drop),
            None => Err(wire.rule(start, "must be of type 0, 1, 2 or 3")),
        },
        Format::HostIdentity => {
            let (tag, _, key) = (wire.u8()?, wire.u8()?, wire.u16()?);
            if tag == 0 || key == 0 {
                return Err(wire.rule(start, "must have an identity tag and a public key"));
            }
            wire.take(usize::from(tag) + usize::from(key)).map(drop)
        }
    }
}

/// What an IPSECKEY names as gateway. Source: RFC 4025 §2.3.
pub(super) enum GatewayKind {
    None,
    Ipv4,
    Ipv6,
    Name,
}

/// The gateway's kind, which stands before the algorithm at the end of the octets so far.
pub(super) fn gateway_kind(before: &[u8]) -> Option<GatewayKind> {
    match before {
        [.., 0, _] => Some(GatewayKind::None),
        [.., 1, _] => Some(GatewayKind::Ipv4),
        [.., 2, _] => Some(GatewayKind::Ipv6),
        [.., 3, _] => Some(GatewayKind::Name),
        _ => None,
    }
}
