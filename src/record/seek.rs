//! The first octet of a kind, many octets at a time.

/// Octets of some kind: one of a few, or in a range.
#[derive(Clone, Copy)]
pub(crate) struct Kind<const N: usize> {
    pub(crate) ones: [u8; N],
    /// The first and the last; a range of one octet where there is none.
    pub(crate) range: (u8, u8),
}

impl<const N: usize> Kind<N> {
    /// These and no others.
    pub(crate) const fn of(ones: [u8; N]) -> Self {
        Self { ones, range: (ones[0], ones[0]) }
    }

    #[inline(always)]
    pub(crate) fn holds(self, octet: u8) -> bool {
        let is_within = octet.wrapping_sub(self.range.0) <= self.range.1 - self.range.0;
        is_within || self.ones.contains(&octet)
    }
}

/// Where the first octet of this kind stands, from `from` on, which lies in the text; its end where there is none.
#[inline(always)]
pub(crate) fn seek<const N: usize>(text: &[u8], from: usize, kind: &Kind<N>) -> usize {
    let mut at = from;
    while let Some(octets) = text[at..].first_chunk() {
        match step::first(octets, kind) {
            Some(found) => return at + found,
            None => at += step::OCTETS,
        }
    }
    text[at..].iter().position(|&octet| kind.holds(octet)).map_or(text.len(), |count| at + count)
}

/// All octets of a step in a few instructions. Of a plain loop that says where, not only whether, a compiler made code that
/// looked at one after the other, and a quarter of a load's time was spent there.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "what a compiler makes of it without looks at each octet")]
mod step {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x,
        _mm_set1_epi8, _mm_sub_epi8,
    };

    use super::Kind;

    pub(super) const OCTETS: usize = 16;

    #[inline(always)]
    pub(super) fn first<const N: usize>(octets: &[u8; OCTETS], kind: &Kind<N>) -> Option<usize> {
        let (halves, _) = octets.as_chunks();
        let [low, high] = [halves[0], halves[1]].map(i64::from_le_bytes);
        // SAFETY: these instructions take no pointers, and every x86_64 has them (SSE2).
        let found = unsafe {
            let octets = _mm_set_epi64x(high, low);
            let all = |octet: u8| _mm_set1_epi8(octet.cast_signed());
            let (first, last) = kind.range;
            // Not greater than the width of the range, counted from its beginning.
            let from_first = _mm_sub_epi8(octets, all(first));
            let mut is_one: __m128i = _mm_cmpeq_epi8(_mm_min_epu8(from_first, all(last - first)), from_first);
            for one in kind.ones {
                is_one = _mm_or_si128(is_one, _mm_cmpeq_epi8(octets, all(one)));
            }
            _mm_movemask_epi8(is_one)
        };
        (found != 0).then(|| found.trailing_zeros() as usize)
    }
}

/// Elsewhere eight as one number.
#[cfg(not(target_arch = "x86_64"))]
mod step {
    use super::Kind;

    pub(super) const OCTETS: usize = 8;

    #[inline(always)]
    pub(super) fn first<const N: usize>(octets: &[u8; OCTETS], kind: &Kind<N>) -> Option<usize> {
        let found = u64::from_le_bytes(octets.map(|octet| u8::from(kind.holds(octet))));
        (found != 0).then(|| found.trailing_zeros() as usize / 8)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_what_looking_at_each_octet_finds(
            text in prop::collection::vec(prop_oneof![20 => b'a'..=b'z', 1 => any::<u8>()], 0..100),
            from in 0..100_usize,
            range in prop_oneof![Just((0, b'"')), Just((b'\t', b'\r')), Just((0xf0, 0xff)), Just((b'\\', b'\\'))],
        ) {
            let from = from.min(text.len());
            let is_wanted = |octet: u8| (range.0..=range.1).contains(&octet) || b"\\\xff".contains(&octet);
            let first = text[from..].iter().position(|&octet| is_wanted(octet));
            let kind = Kind { ones: *b"\\\xff", range };
            prop_assert_eq!(seek(&text, from, &kind), first.map_or(text.len(), |count| from + count));
        }
    }
}
