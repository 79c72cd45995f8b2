//! The canonical order of names, for names of one zone without their common end. Source: RFC 4034 §6.1.

use std::cmp::Ordering;

use crate::record::MAX_NAME;

/// A name that is compared with many.
pub(super) struct Place<'n> {
    below: &'n [u8],
    borders: Borders,
    key: u64,
}

/// Where labels begin, and how many there are.
type Borders = ([u8; MAX_NAME.div_ceil(2)], usize);

impl<'n> Place<'n> {
    /// `below`: labels in wire form, without the root.
    pub(super) fn of(below: &'n [u8]) -> Self {
        let borders = borders(below);
        Self { below, borders, key: key_of(below, &borders) }
    }

    /// As [`key`].
    pub(super) fn key(&self) -> u64 {
        self.key
    }

    /// Where this name stands as seen from `other`.
    pub(super) fn order(&self, other: &[u8]) -> Ordering {
        if is_single(self.below) && is_single(other) {
            return order_of_labels(&self.below[1..], &other[1..]);
        }
        let ((mine, my_count), (theirs, their_count)) = (&self.borders, &borders(other));
        for (&a, &b) in mine[..*my_count].iter().rev().zip(theirs[..*their_count].iter().rev()) {
            let order = order_of_labels(label_at(self.below, a), label_at(other, b));
            if order != Ordering::Equal {
                return order;
            }
        }
        my_count.cmp(their_count)
    }
}

/// The front of what names are ordered by: of two names with different keys the one with the lesser key comes first.
pub(super) fn key(below: &[u8]) -> u64 {
    key_of(below, &borders(below))
}

/// Labels from the right, each closed by a zero, so that what is shorter comes first; the octets 0 and 1 are two, so
/// that none is taken for that.
fn key_of(below: &[u8], (starts, count): &Borders) -> u64 {
    let (mut key, mut left) = (0, u64::BITS);
    let labels = starts[..*count].iter().rev().map(|&start| label_at(below, start));
    let octets = labels.flat_map(|label| {
        let escaped = |octet: &u8| match *octet {
            low @ (0 | 1) => [Some(1), Some(low + 1)],
            octet => [Some(octet.to_ascii_lowercase()), None],
        };
        label.iter().flat_map(escaped).flatten().chain([0])
    });
    for octet in octets {
        if left == 0 {
            break;
        }
        left -= u8::BITS;
        key |= u64::from(octet) << left;
    }
    key
}

/// Which of two names comes first.
pub(super) fn canonical_order(one: &[u8], other: &[u8]) -> Ordering {
    if is_single(one) && is_single(other) {
        return order_of_labels(&one[1..], &other[1..]);
    }
    Place::of(one).order(other)
}

fn is_single(name: &[u8]) -> bool {
    name.first().is_some_and(|&len| usize::from(len) + 1 == name.len())
}

fn borders(name: &[u8]) -> Borders {
    let (mut found, mut count, mut at) = ([0; MAX_NAME.div_ceil(2)], 0, 0);
    while let Some(&len) = name.get(at) {
        found[count] = u8::try_from(at).expect("a name is at most 255 octets");
        count += 1;
        at += 1 + usize::from(len);
    }
    (found, count)
}

fn label_at(name: &[u8], at: u8) -> &[u8] {
    let at = usize::from(at);
    &name[at + 1..=at + usize::from(name[at])]
}

fn order_of_labels(one: &[u8], other: &[u8]) -> Ordering {
    one.iter().map(u8::to_ascii_lowercase).cmp(other.iter().map(u8::to_ascii_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Name;

    #[test]
    fn the_example_of_rfc_4034() {
        let names = ["", "a.", "yljkjljk.a.", "Z.a.", "zABC.a.", "z.", "\\001.z.", "*.z.", "\\200.z."];
        let wire = |text: &&str| -> Vec<u8> {
            let name: Name = format!("{text}example.").parse().unwrap();
            name.as_wire()[..name.as_wire().len() - 9].to_vec()
        };
        let names: Vec<Vec<u8>> = names.iter().map(wire).collect();
        for (one, other) in names.iter().zip(&names[1..]) {
            assert_eq!(canonical_order(one, other), Ordering::Less);
            assert_eq!(Place::of(other).order(one), Ordering::Greater);
        }
    }

    #[test]
    fn keys_are_in_the_order_of_names() {
        let octets = [0, 1, 2, b'-', b'A', b'a', b'b', 0xff];
        let mut labels: Vec<Vec<u8>> = octets.iter().map(|&octet| vec![1, octet]).collect();
        labels.extend(octets.iter().flat_map(|&one| octets.map(|two| vec![2, one, two])));
        let mut names = labels.clone();
        names.extend(
            labels.iter().flat_map(|one| labels.iter().step_by(3).map(move |two| [&one[..], two].concat())),
        );
        names.push(Vec::new());
        let mut differ = 0;
        for one in &names {
            for other in names.iter().step_by(7) {
                let by_key = key(one).cmp(&key(other));
                assert!(by_key.is_eq() || by_key == canonical_order(one, other), "{one:?} {other:?}");
                differ += usize::from(by_key.is_ne());
            }
        }
        assert!(differ > names.len());
        assert_eq!(Place::of(b"\x01a").key(), key(b"\x01A"));
    }
}
