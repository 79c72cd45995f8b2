//! The first octet of a kind, many octets at a time.

/// Octets that are judged at once.
const STEP: usize = 16;

/// Where the first octet that is wanted stands, from `from` on, which lies in the text; its end where there is none.
#[inline(always)]
pub(crate) fn seek(text: &[u8], from: usize, is_wanted: impl Fn(u8) -> bool) -> usize {
    let mut at = from;
    while let Some(octets) = text[at..].first_chunk::<STEP>() {
        // An octet of 0 or 1 for each, as one number: so a compiler judges them with one instruction each.
        let found = u128::from_le_bytes(octets.map(|octet| u8::from(is_wanted(octet))));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += STEP;
    }
    text[at..].iter().position(|&octet| is_wanted(octet)).map_or(text.len(), |count| at + count)
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
        ) {
            let from = from.min(text.len());
            let is_wanted = |octet: u8| octet <= b'"' || octet == b'\\' || octet == 0xff;
            let first = text[from..].iter().position(|&octet| is_wanted(octet));
            prop_assert_eq!(seek(&text, from, is_wanted), first.map_or(text.len(), |count| from + count));
        }
    }
}
