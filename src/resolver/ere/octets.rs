//! Sets of octets: what a bracket expression or a single character matches.

use std::fmt;
use std::ops::RangeInclusive;

#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct OctetSet([u64; 4]);

impl OctetSet {
    pub(super) fn all() -> Self {
        Self([u64::MAX; 4])
    }

    pub(super) fn of(octet: u8) -> Self {
        let mut set = Self::default();
        set.insert(octet);
        set
    }

    pub(super) fn insert(&mut self, octet: u8) {
        self.0[usize::from(octet >> 6)] |= 1 << (octet & 63);
    }

    pub(super) fn insert_range(&mut self, range: RangeInclusive<u8>) {
        range.for_each(|octet| self.insert(octet));
    }

    pub(super) fn contains(self, octet: u8) -> bool {
        self.0[usize::from(octet >> 6)] >> (octet & 63) & 1 == 1
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    pub(super) fn negated(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// With each ASCII letter in both cases.
    pub(super) fn in_both_cases(mut self) -> Self {
        for lower in b'a'..=b'z' {
            let upper = lower.to_ascii_uppercase();
            if self.contains(lower) || self.contains(upper) {
                self.insert(lower);
                self.insert(upper);
            }
        }
        self
    }

    /// The character class of this name. Source: POSIX.1-2017 XBD 7.3.1, POSIX locale.
    pub(super) fn class(name: &[u8]) -> Option<Self> {
        let member: fn(&u8) -> bool = match name {
            b"alnum" => u8::is_ascii_alphanumeric,
            b"alpha" => u8::is_ascii_alphabetic,
            b"blank" => |octet| matches!(octet, b' ' | b'\t'),
            b"cntrl" => u8::is_ascii_control,
            b"digit" => u8::is_ascii_digit,
            b"graph" => u8::is_ascii_graphic,
            b"lower" => u8::is_ascii_lowercase,
            b"print" => |octet| matches!(octet, b' '..=b'~'),
            b"punct" => u8::is_ascii_punctuation,
            b"space" => |octet| matches!(octet, b' ' | b'\t'..=b'\r'),
            b"upper" => u8::is_ascii_uppercase,
            b"xdigit" => u8::is_ascii_hexdigit,
            _ => return None,
        };
        let mut set = Self::default();
        (0..=u8::MAX).filter(member).for_each(|octet| set.insert(octet));
        Some(set)
    }
}

impl fmt::Debug for OctetSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let members = (0..=u8::MAX).filter(|&octet| self.contains(octet));
        f.debug_list().entries(members.map(char::from)).finish()
    }
}
