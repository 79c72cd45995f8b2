//! What runs of octets must be, so that who reads them need not ask.

use super::super::spine::Run;
use crate::record::{Class, MAX_LABEL, MAX_NAME, Rtype};

/// The zone that runs are of.
#[derive(Clone, Copy)]
pub(in crate::zone) struct Frame {
    pub(in crate::zone) class: Class,
    /// Octets of the apex in wire form.
    pub(in crate::zone) apex: usize,
}

/// Runs that can be looked at before they are read.
pub(in crate::zone) trait Checked: Run {
    /// How many names or hashes stand in these octets; `None` where anything in them leads astray. Looks at each
    /// octet that tells of others once.
    fn check(octets: &[u8], frame: Frame) -> Option<usize>;
}

/// Octets that are taken from the front, as long as there are any.
pub(in crate::zone) trait Octet<'o> {
    fn take_some(&mut self, len: usize) -> Option<&'o [u8]>;

    fn take_array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take_some(N)?.try_into().ok()
    }

    fn take_octet(&mut self) -> Option<u8> {
        self.take_array().map(|[octet]| octet)
    }
}

impl<'o> Octet<'o> for &'o [u8] {
    fn take_some(&mut self, len: usize) -> Option<&'o [u8]> {
        let (some, rest) = self.split_at_checked(len)?;
        *self = rest;
        Some(some)
    }
}

impl Frame {
    /// Whether these are labels, without the root, of a name below the apex.
    pub(in crate::zone) fn is_below(self, below: &[u8]) -> bool {
        let mut rest = below;
        while let Some(&len) = rest.first() {
            let len = usize::from(len);
            if len == 0 || len > MAX_LABEL {
                return false;
            }
            let Some(next) = rest.get(1 + len..) else { return false };
            rest = next;
        }
        below.len() + self.apex <= MAX_NAME
    }
}

/// How many records stand in these octets, all of one type and class and in the form in which they leave; `None` where
/// anything else does.
pub(in crate::zone) fn records(mut octets: &[u8], rtype: Rtype, class: Class) -> Option<u32> {
    let ([type_high, type_low], [class_high, class_low]) = (rtype.0.to_be_bytes(), class.0.to_be_bytes());
    let mut count = 0;
    while let Some((&[0xc0, 0x0c, a, b, c, d, _, _, _, _, high, low], rest)) = octets.split_first_chunk() {
        if [a, b, c, d] != [type_high, type_low, class_high, class_low] {
            return None;
        }
        octets = rest.get(usize::from(u16::from_be_bytes([high, low]))..)?;
        count += 1;
    }
    octets.is_empty().then_some(count)
}
