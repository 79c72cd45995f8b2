//! Bitmaps of types, as in NSEC, NSEC3 and CSYNC. Source: RFC 4034 §4.1.2.

use crate::record::Rtype;

/// The most octets of one window.
const WINDOW: usize = 32;

/// A bitmap of types in wire form: windows in ascending order, each a number, a length and 1 to 32 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeBitmap<'a>(&'a [u8]);

impl<'a> TypeBitmap<'a> {
    /// Octets from record data; where they are ill formed, the map ends there.
    #[must_use]
    pub fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// Whether the type is in the map.
    #[must_use]
    pub fn contains(&self, rtype: Rtype) -> bool {
        let [window, low] = rtype.0.to_be_bytes();
        let bits = self.windows().find(|&(number, _)| number == window).map(|(_, bits)| bits);
        bits.and_then(|bits| bits.get(usize::from(low >> 3)))
            .is_some_and(|octet| octet & (0x80 >> (low & 7)) != 0)
    }

    /// The types in the map, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Rtype> + use<'a> {
        self.windows().flat_map(|(window, bits)| {
            let bits = (0..).zip(bits).take(WINDOW);
            bits.flat_map(move |(at, octet)| {
                let set = (0..8_u16).filter(move |bit| octet & (0x80 >> bit) != 0);
                set.map(move |bit| Rtype(u16::from(window) << 8 | at << 3 | bit))
            })
        })
    }

    /// Whether no type is in the map.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Puts the map of these types, which come in any order, at the end of `out`.
    pub fn write(rtypes: impl IntoIterator<Item = Rtype>, out: &mut Vec<u8>) {
        let mut rtypes: Vec<u16> = rtypes.into_iter().map(|rtype| rtype.0).collect();
        rtypes.sort_unstable();
        for window in rtypes.chunk_by(|one, other| one >> 8 == other >> 8) {
            let (mut bits, mut len) = ([0_u8; WINDOW], 0);
            for rtype in window {
                let [_, low] = rtype.to_be_bytes();
                bits[usize::from(low >> 3)] |= 0x80 >> (low & 7);
                len = (low >> 3) + 1;
            }
            let [high, _] = window[0].to_be_bytes();
            out.extend_from_slice(&[high, len]);
            out.extend_from_slice(&bits[..len.into()]);
        }
    }

    fn windows(&self) -> impl Iterator<Item = (u8, &'a [u8])> + use<'a> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let (&[window, len], rest) = left.split_first_chunk()?;
            let (bits, rest) = rest.split_at_checked(len.into())?;
            left = rest;
            Some((window, bits))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_4034() {
        let rtypes = [Rtype::A, Rtype(1234), Rtype::MX, Rtype::RRSIG, Rtype::NSEC];
        let mut octets = Vec::new();
        TypeBitmap::write(rtypes, &mut octets);
        let mut wanted = vec![0, 6, 0x40, 1, 0, 0, 0, 3, 4, 27];
        wanted.extend([0; 26]);
        wanted.push(0x20);
        assert_eq!(octets, wanted, "RFC 4034 §4.3");
        let map = TypeBitmap::new(&octets);
        assert_eq!(
            map.iter().collect::<Vec<_>>(),
            [Rtype::A, Rtype::MX, Rtype::RRSIG, Rtype::NSEC, Rtype(1234)]
        );
        assert!(map.contains(Rtype(1234)) && map.contains(Rtype::A) && !map.contains(Rtype::NS));
    }

    #[test]
    fn ill_formed_octets_end_the_map() {
        for octets in [&[0, 6, 0x40][..], &[0], &[]] {
            assert!(TypeBitmap::new(octets).is_empty());
        }
        let long = [&[0, 40][..], &[0xff; 40]].concat();
        assert_eq!(TypeBitmap::new(&long).iter().count(), 256);
    }
}
