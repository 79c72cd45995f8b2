//! Pages of hashes that somebody else may have written.

use super::super::super::image::{Checked, Frame, Octet, records};
use super::super::super::node::LARGEST_RRSET;
use super::{HASH, HashPage, NUMBER};
use crate::record::Rtype;
use crate::record::dnssec::Nsec3Hash;

impl Checked for HashPage {
    fn check(mut octets: &[u8], frame: Frame) -> Option<usize> {
        let count = usize::try_from(u32::from_le_bytes(octets.take_array()?)).ok()?;
        let hashes: &[Nsec3Hash] = octets.take_some(count.checked_mul(HASH)?)?.as_chunks().0;
        let ends: &[[u8; NUMBER]] = octets.take_some(count.checked_mul(NUMBER)?)?.as_chunks().0;
        let mut at = 0;
        for end in ends {
            let end = usize::try_from(u32::from_le_bytes(*end)).ok()?;
            check_link(octets.take_some(end.checked_sub(at)?)?, frame)?;
            at = end;
        }
        let in_order = hashes.is_sorted_by(|one, other| one < other);
        (octets.is_empty() && in_order).then_some(count)
    }
}

/// NSEC3 records, then what covers them.
fn check_link(octets: &[u8], frame: Frame) -> Option<()> {
    let mut rest = octets;
    while rest.get(2..4).is_some_and(|rtype| rtype == Rtype::NSEC3.0.to_be_bytes()) {
        let len = u16::from_be_bytes([*rest.get(10)?, *rest.get(11)?]);
        rest.take_some(12 + usize::from(len))?;
    }
    let (nsec3, signatures) = octets.split_at(octets.len() - rest.len());
    records(nsec3, Rtype::NSEC3, frame.class)?;
    records(signatures, Rtype::RRSIG, frame.class)?;
    (octets.len() <= LARGEST_RRSET).then_some(())
}
