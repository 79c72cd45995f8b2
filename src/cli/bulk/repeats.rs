//! Finds statements that rows would make twice, however far apart the rows are.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// The statements of a table: 16 octets for each, since a table may have millions.
///
/// Two different statements of one signer from the same time would be a conflict, and neither would count
/// (protocol.md, section 9). Kept is a digest of 96 bits, keyed at random, so that no table can be made in
/// which two are taken for one, and the line. That two of ten million are alike by chance is less likely than one in
/// 10^15.
#[derive(Default)]
pub(super) struct Repeats {
    keys: [RandomState; 2],
    seen: Vec<u128>,
}

impl Repeats {
    /// A statement that begins at this line. `what` is all by which it may be told from others.
    pub(super) fn note(&mut self, what: [&str; 3], line: u32) {
        let [high, low] = self.keys.each_ref().map(|key| u128::from(key.hash_one(what)));
        self.seen.push((high << 64) | ((low >> 32) << 32) | u128::from(line));
    }

    /// The lines of statements that there were before, each with that of the first, in their order.
    pub(super) fn found(mut self) -> Vec<(u32, u32)> {
        self.seen.sort_unstable();
        let mut found = Vec::new();
        for alike in self.seen.chunk_by(|one, other| one >> 32 == other >> 32) {
            let line = |seen: &u128| u32::try_from(seen & u128::from(u32::MAX)).unwrap_or_default();
            let mut lines = alike.iter().map(line);
            let first = lines.next().unwrap_or_default();
            found.extend(lines.map(|line| (line, first)));
        }
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_is_found_with_the_first() {
        let mut repeats = Repeats::default();
        for (line, what) in [(9, "a"), (2, "b"), (4, "c"), (7, "b"), (5, "b"), (11, "a")] {
            repeats.note([what, "", ""], line);
        }
        // What is put together must not look alike.
        repeats.note(["x", "yz", ""], 20);
        repeats.note(["xy", "z", ""], 21);
        assert_eq!(repeats.found(), [(5, 2), (7, 2), (11, 9)]);
    }

    #[test]
    fn many_are_told_apart() {
        let mut repeats = Repeats::default();
        for line in 0..200_000_u32 {
            repeats.note([&line.to_string(), "msp.example.", "now-1h"], line);
        }
        assert!(repeats.found().is_empty());
    }
}
