//! The name that a look-up is about: borrowed, with the borders of its labels.

use std::hash::{BuildHasher, RandomState};

use crate::record::{MAX_NAME, Name, NameError};

/// A name to be looked up: uncompressed wire form that somebody else holds, and where each of its
/// labels begins, so that every ancestor is a slice.
#[derive(Clone)]
pub struct QueryName<'a> {
    wire: &'a [u8],
    /// Offsets of the first length octets, leftmost label first. Names of more labels are hardly ever asked for, and
    /// room for all of them would be moved about with each.
    starts: [u8; FEW_LABELS],
    labels: u8,
}

/// The label that a wildcard begins with, in wire form.
pub(super) const WILDCARD: &[u8] = b"\x01*";

/// As many as a telephone number of 15 digits has below `e164.arpa`, with a few more.
const FEW_LABELS: usize = 22;

impl<'a> QueryName<'a> {
    /// Reads the uncompressed name at the front of `wire`; what follows it is left alone.
    ///
    /// # Errors
    /// [`NameError::BadWire`] for a name that is cut or compressed, or a length error: the
    /// sender's fault.
    pub fn parse(wire: &'a [u8]) -> Result<Self, NameError> {
        let (mut starts, mut labels, mut at) = ([0; FEW_LABELS], 0_u8, 0);
        loop {
            let len = usize::from(*wire.get(at).ok_or(NameError::BadWire)?);
            if len > crate::record::MAX_LABEL {
                return Err(NameError::BadWire);
            }
            let start_at = u8::try_from(at).map_err(|_| NameError::TooLong)?;
            if let Some(start) = starts.get_mut(usize::from(labels)) {
                *start = start_at;
            }
            at += 1 + len;
            if at > MAX_NAME {
                return Err(NameError::TooLong);
            }
            if len == 0 {
                let wire = wire.get(..at).ok_or(NameError::BadWire)?;
                return Ok(Self { wire, starts, labels });
            }
            // A name of 255 octets has at most 127 labels and the root.
            labels += 1;
        }
    }

    /// The whole name in wire form.
    #[must_use]
    pub fn as_wire(&self) -> &'a [u8] {
        self.wire
    }

    /// How many labels, without the root.
    #[must_use]
    pub fn label_count(&self) -> usize {
        self.labels.into()
    }

    /// How many octets stand in front of the ancestor that has `labels` labels; of the name
    /// itself where it has no more than that.
    #[must_use]
    pub fn offset_of(&self, labels: usize) -> usize {
        let index = self.label_count().saturating_sub(labels);
        match self.starts.get(index) {
            Some(&start) => start.into(),
            None => self.far_start(index),
        }
    }

    /// Where a label begins that is not among the first.
    #[cold]
    fn far_start(&self, index: usize) -> usize {
        let (known, first) = (FEW_LABELS - 1, usize::from(self.starts[FEW_LABELS - 1]));
        (known..index).fold(first, |start, _| start + 1 + usize::from(self.wire[start]))
    }

    /// Hands each label of the ancestor with `labels` labels that stands in front of the one with `above` to `take`,
    /// from the right.
    fn each_label(&self, above: usize, labels: usize, mut take: impl FnMut(&'a [u8])) {
        if self.label_count() < FEW_LABELS {
            (above + 1..=labels).for_each(|labels| take(self.between(labels, labels - 1)));
            return;
        }
        // Each octet is looked at once, however many labels there are.
        let (mut starts, mut count) = ([0; MOST_LABELS], 0);
        let (mut at, end) = (self.offset_of(labels), self.offset_of(above));
        while at < end {
            starts[count] = at;
            count += 1;
            at += 1 + usize::from(self.wire[at]);
        }
        for &start in starts[..count].iter().rev() {
            take(&self.wire[start..=start + usize::from(self.wire[start])]);
        }
    }

    /// The ancestor that has `labels` labels, in wire form.
    #[must_use]
    pub fn ancestor(&self, labels: usize) -> &'a [u8] {
        &self.wire[self.offset_of(labels)..]
    }

    /// The octets of the ancestor with `labels` labels that stand in front of the one with `above`.
    pub(super) fn between(&self, labels: usize, above: usize) -> &'a [u8] {
        &self.wire[self.offset_of(labels)..self.offset_of(above)]
    }
}

impl<'a> From<&'a Name> for QueryName<'a> {
    fn from(name: &'a Name) -> Self {
        Self::parse(name.as_wire()).expect("a name's wire form is always well formed")
    }
}

/// A keyed hash of names that is blind to the case of ASCII letters and goes label by label from
/// the top down, so that one pass over a name yields the hashes of all of its ancestors.
///
/// The key is random: who chooses names can't choose where they collide.
#[derive(Clone, Copy)]
pub(super) struct NameHash {
    key: u64,
}

/// The hashes of a name and of its ancestors, by number of labels above the starting point.
pub(super) struct PathHashes<const N: usize = MOST_LABELS> {
    hashes: [u64; N],
    base: usize,
}

/// A name of 255 octets has 127 labels and the root.
pub(super) const MOST_LABELS: usize = MAX_NAME.div_ceil(2);

impl NameHash {
    pub(super) fn new() -> Self {
        Self { key: RandomState::new().hash_one(0_u8) | 1 }
    }

    /// The one with this key.
    #[cfg(feature = "server")]
    pub(super) fn with_key(key: u64) -> Self {
        Self { key }
    }

    /// What tells it from others.
    #[cfg(feature = "server")]
    pub(super) fn key(self) -> u64 {
        self.key
    }

    /// The hash of the starting point, the name that all others stand below.
    pub(super) fn start(self) -> u64 {
        self.mix(0, 0)
    }

    /// The hash of a child: `label` with its length octet.
    pub(super) fn child(self, parent: u64, label: &[u8]) -> u64 {
        let mut hash = parent;
        let mut words = label.chunks_exact(8);
        for word in &mut words {
            let mut octets = [0; 8];
            octets.copy_from_slice(word);
            hash = self.mix(hash, lower_case(u64::from_le_bytes(octets)));
        }
        let rest = words.remainder();
        let mut octets = [0; 8];
        octets[..rest.len()].copy_from_slice(rest);
        // The length octet stands inside the first word, so padding can't make two labels equal.
        self.mix(hash, lower_case(u64::from_le_bytes(octets)))
    }

    /// The hashes of all ancestors of `name` that have `base` labels or more.
    pub(super) fn path(self, name: &QueryName<'_>, base: usize) -> PathHashes {
        self.path_to(name, base, name.label_count())
    }

    /// The hashes of those that have from `base` to `deepest` labels: less than `N` of them.
    pub(super) fn path_to<const N: usize>(
        self,
        name: &QueryName<'_>,
        base: usize,
        deepest: usize,
    ) -> PathHashes<N> {
        let mut hashes = [0; N];
        hashes[0] = self.start();
        let mut last = 0;
        name.each_label(base, deepest, |label| {
            hashes[last + 1] = self.child(hashes[last], label);
            last += 1;
        });
        PathHashes { hashes, base }
    }

    /// The hash of the ancestor of `name` that has `labels` labels, as in a path from `base` on.
    pub(super) fn of(self, name: &QueryName<'_>, base: usize, labels: usize) -> u64 {
        let mut hash = self.start();
        name.each_label(base, labels, |label| hash = self.child(hash, label));
        hash
    }

    /// The hash of a name: its labels without those of the starting point.
    pub(super) fn of_below(self, below: &[u8]) -> u64 {
        let (mut starts, mut labels, mut at) = ([0; MOST_LABELS], 0, 0);
        while let Some(&len) = below.get(at) {
            starts[labels] = at;
            labels += 1;
            at += 1 + usize::from(len);
        }
        starts[..labels].iter().rev().fold(self.start(), |hash, &start| {
            self.child(hash, &below[start..=start + usize::from(below[start])])
        })
    }

    fn mix(self, hash: u64, word: u64) -> u64 {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        let product = u128::from(hash ^ word ^ self.key) * u128::from(self.key.rotate_left(32) ^ ODD | 1);
        #[expect(clippy::cast_possible_truncation, reason = "the two halves are folded on purpose")]
        let folded = (product >> 64) as u64 ^ product as u64;
        folded.wrapping_add(hash.rotate_left(23)) ^ ODD
    }
}

impl<const N: usize> PathHashes<N> {
    /// Of the ancestor that has `labels` labels.
    pub(super) fn of(&self, labels: usize) -> u64 {
        self.hashes[labels - self.base]
    }
}

/// Eight octets with their ASCII letters in lower case.
fn lower_case(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let low_seven = word & (0x7f * EACH);
    let from_a = low_seven + (0x80 - u64::from(b'A')) * EACH;
    let after_z = low_seven + (0x7f - u64::from(b'Z')) * EACH;
    let upper = !word & (from_a ^ after_z) & (0x80 * EACH);
    word | upper >> 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_as_octets_are() {
        for octet in 0..=u8::MAX {
            let octets = [octet, b'A', 0xff, octet, 0, octet, b'Z', octet];
            assert_eq!(
                lower_case(u64::from_le_bytes(octets)).to_le_bytes(),
                octets.map(|octet| octet.to_ascii_lowercase()),
            );
        }
    }

    #[test]
    fn ancestors_are_slices() {
        let name: Name = "a.bc.example.".parse().unwrap();
        let query = QueryName::from(&name);
        assert_eq!(query.label_count(), 3);
        assert_eq!(query.ancestor(3), name.as_wire());
        assert_eq!(query.ancestor(1), b"\x07example\x00");
        assert_eq!(query.ancestor(0), b"\x00");
        assert_eq!(query.between(3, 1), b"\x01a\x02bc");
    }

    #[test]
    fn the_longest_name_and_the_most_labels_fit() {
        let most: Vec<u8> = b"\x01a".iter().copied().cycle().take(254).chain([0]).collect();
        let deep = QueryName::parse(&most).unwrap();
        assert_eq!(deep.label_count(), 127);
        for labels in 0..=127 {
            assert_eq!(deep.offset_of(labels), 2 * (127 - labels));
            let whole: Name = Name::from_wire(deep.ancestor(labels)).unwrap();
            let (hash, base) = (NameHash::new(), labels.min(1));
            let expected = hash.of(&QueryName::from(&whole), base, labels);
            assert_eq!(hash.of(&deep, base, labels), expected);
            assert_eq!(hash.path(&deep, base).of(labels), expected);
            assert_eq!(hash.of_below(deep.between(labels, base)), expected);
        }
        let over: Vec<u8> = b"\x01a".iter().copied().cycle().take(256).chain([0]).collect();
        assert_eq!(QueryName::parse(&over).err(), Some(NameError::TooLong));
        assert_eq!(QueryName::parse(b"\xc0\x0c").err(), Some(NameError::BadWire));
        assert_eq!(QueryName::parse(b"\x03ab").err(), Some(NameError::BadWire));
    }

    #[test]
    fn hashes_are_blind_to_case_and_go_by_label() {
        let hash = NameHash::new();
        let (one, two): (Name, Name) =
            ("www.LongLabelHere.EXAMPLE.".parse().unwrap(), "WWW.longlabelhere.example.".parse().unwrap());
        let (one, two) = (hash.path(&(&one).into(), 1), hash.path(&(&two).into(), 1));
        for labels in 1..=3 {
            assert_eq!(one.of(labels), two.of(labels));
        }
        assert_eq!(hash.of_below(b""), hash.start());
        let name: Name = "www.longlabelhere.example.".parse().unwrap();
        assert_eq!(hash.of_below(&name.as_wire()[..18]), one.of(3));
        assert_ne!(hash.child(1, b"\x01a"), hash.child(1, b"\x02a\0"));
        assert_ne!(hash.child(1, b"\x07abcdefg"), hash.child(1, b"\x08abcdefg\0"));
    }
}
