//! Nodes that somebody else may have written.

use super::super::image::{Frame, Octet, records};
use super::{COMMON, ENTRY_CODE, ENTRY_OF_ONE, ENTRY_SIGNED, LARGEST_RRSET};
use crate::record::Rtype;

/// Takes a node from the front of `octets`; `None` where [`Node::read`](super::Node::read) and what it yields would read
/// what is none.
pub(in crate::zone) fn take_node(octets: &mut &[u8], frame: Frame) -> Option<()> {
    let len = octets.take_octet()?;
    let below = octets.take_some(len.into())?;
    let _flags = octets.take_octet()?;
    let _children = number(octets)?;
    let directory = number(octets)?;
    let mut directory = octets.take_some(directory)?;
    while !directory.is_empty() {
        take_entry(&mut directory, octets, frame)?;
    }
    frame.is_below(below).then_some(())
}

/// Takes an entry from the directory, and from `octets` what it tells of.
fn take_entry(directory: &mut &[u8], octets: &mut &[u8], frame: Frame) -> Option<()> {
    let head = directory.take_octet()?;
    let rtype = match COMMON.get(usize::from(head & ENTRY_CODE).wrapping_sub(1)) {
        Some(&rtype) => rtype,
        None => Rtype(u16::from_be_bytes(directory.take_array()?)),
    };
    let count = if head & ENTRY_OF_ONE == 0 { number(directory)? } else { 1 };
    let octets_of_records = number(directory)?;
    let (mut signature_count, mut octets_of_signatures) = (0, 0);
    if head & ENTRY_SIGNED != 0 {
        signature_count = number(directory)?;
        octets_of_signatures = number(directory)?;
    }
    if octets_of_records + octets_of_signatures > LARGEST_RRSET {
        return None;
    }
    let counts = |octets: &[u8], rtype, count| {
        records(octets, rtype, frame.class).is_some_and(|found| found as usize == count)
    };
    let fits = counts(octets.take_some(octets_of_records)?, rtype, count)
        && counts(octets.take_some(octets_of_signatures)?, Rtype::RRSIG, signature_count);
    fits.then_some(())
}

/// As [`take_number`](super::take_number).
fn number(octets: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for shift in [0, 7, 14, 21, 28] {
        let octet = octets.take_octet()?;
        let part = u32::from(octet & 0x7f);
        if part > u32::MAX >> shift {
            return None;
        }
        number |= part << shift;
        if octet < 0x80 {
            return usize::try_from(number).ok();
        }
    }
    None
}
