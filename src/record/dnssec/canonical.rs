//! The canonical form of record data.

use std::borrow::Cow;

use crate::record::Rtype;
use crate::record::rdata::{folds_names, names};

/// Record data with the names in it in lower case, for the types of which RFC 4034 §6.2 wants it, as RFC 6840
/// §5.1 corrects its list. The data is uncompressed.
#[must_use]
pub fn canonical_rdata(rtype: Rtype, rdata: &[u8]) -> Cow<'_, [u8]> {
    if !folds_names(rtype) || !rdata.iter().any(u8::is_ascii_uppercase) {
        return Cow::Borrowed(rdata);
    }
    let mut folded = rdata.to_vec();
    for range in names(rtype, rdata) {
        folded[range].make_ascii_lowercase();
    }
    Cow::Owned(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_and_nothing_else() {
        let mx = [&[0x41, 0x42][..], b"\x01A\x02bC\x00"].concat();
        assert_eq!(*canonical_rdata(Rtype::MX, &mx), *[&[0x41, 0x42][..], b"\x01a\x02bc\x00"].concat());
        assert_eq!(*canonical_rdata(Rtype::TXT, b"\x02AB"), *b"\x02AB");
        assert_eq!(*canonical_rdata(Rtype::NSEC, b"\x01A\x00\x00\x01\x40"), *b"\x01A\x00\x00\x01\x40");
    }
}
