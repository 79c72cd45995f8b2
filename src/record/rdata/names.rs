//! Where names stand in record data.

use std::ops::Range;

use super::Wire;
use super::check::{GatewayKind, check_field, gateway_kind};
use super::format::{Field, Format, fields};
use crate::record::Rtype;

/// Where the names in record data stand, each range with its root label, in order; ends at a fault.
///
/// For additional data, and, where [`folds_names`] says so, for the canonical form of DNSSEC.
pub fn names(rtype: Rtype, rdata: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut fields = fields(rtype).unwrap_or_default();
    let mut wire = Wire::new(rdata);
    std::iter::from_fn(move || {
        while let [field, rest @ ..] = fields {
            let (is_name, last) = match field.1 {
                Format::Name => (true, true),
                Format::Names => (!wire.left().is_empty(), false),
                Format::Gateway => (matches!(gateway_kind(wire.before()), Some(GatewayKind::Name)), true),
                _ => (false, true),
            };
            if !is_name || last {
                fields = rest;
            }
            if is_name {
                return wire.name_range().ok();
            }
            skip(*field, rest, &mut wire)?;
        }
        None
    })
}

/// Passes a field, unless no name can follow it.
fn skip(field: Field, rest: &[Field], wire: &mut Wire<'_>) -> Option<()> {
    if rest.is_empty() { None } else { check_field(field, wire).ok() }
}

/// Whether names in the data of the type are put into lower case for DNSSEC's canonical form, and may
/// be compressed by senders. Source: RFC 4034 §6.2, as RFC 6840 §5.1 corrects its list.
#[must_use]
pub const fn folds_names(rtype: Rtype) -> bool {
    matches!(
        rtype,
        Rtype::NS
            | Rtype::MD
            | Rtype::MF
            | Rtype::CNAME
            | Rtype::SOA
            | Rtype::MB
            | Rtype::MG
            | Rtype::MR
            | Rtype::PTR
            | Rtype::MINFO
            | Rtype::MX
            | Rtype::RP
            | Rtype::AFSDB
            | Rtype::RT
            | Rtype::SIG
            | Rtype::PX
            | Rtype::NAPTR
            | Rtype::KX
            | Rtype::SRV
            | Rtype::DNAME
            | Rtype::RRSIG
    )
}
