//! "Did you mean": the known word nearest to one that was mistyped.

/// The candidate that is nearest to `word`, blind to case: one mistake away, or two in a word of
/// five letters or more. A mistake is a letter too many, missing, wrong, or swapped with the next.
pub(crate) fn nearest<'a>(word: &[u8], candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 32;
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let allowed = if word.len() < 5 { 1 } else { 2 };
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST && candidate.len().abs_diff(word.len()) <= allowed)
        .map(|candidate| (distance(word, candidate.as_bytes()), candidate))
        .filter(|&(distance, _)| distance <= allowed)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The optimal string alignment distance.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let same = |i: usize, j: usize| a[i].eq_ignore_ascii_case(&b[j]);
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(!same(i - 1, j - 1));
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1) {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 5] = ["A", "AAAA", "NAPTR", "$ORIGIN", "$TTL"];

    #[test]
    fn the_nearest_word_is_found() {
        for (word, expected) in [
            ("NAPTER", Some("NAPTR")),
            ("natpr", Some("NAPTR")),
            ("$ORIGN", Some("$ORIGIN")),
            ("$TLT", Some("$TTL")),
            ("AAA", Some("AAAA")),
            ("mail", None),
            ("", None),
            ("www", None),
        ] {
            assert_eq!(nearest(word.as_bytes(), WORDS), expected, "{word}");
        }
    }
}
