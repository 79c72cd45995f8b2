//! Two texts side by side, as `diff -u` shows them.

use std::io::{self, Write};
use std::path::Path;

/// Lines around a change.
const CONTEXT: usize = 3;

/// Prints the lines that differ. Lines at the front and at the end that are the same are found first, so
/// that texts which differ in a few places cost little; between them each line is looked for once.
pub(super) fn print(path: &Path, old: &[u8], new: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let (old, new) = (lines(old), lines(new));
    writeln!(out, "--- {0}\n+++ {0}", path.display())?;
    let steps = steps(&old, &new);
    let changed: Vec<usize> = steps
        .iter()
        .enumerate()
        .filter(|(_, step)| !matches!(step, Step::Same(..)))
        .map(|(at, _)| at)
        .collect();
    let runs = changed.chunk_by(|one, other| other - one <= 2 * CONTEXT + 1);
    for run in runs {
        let (first, last) =
            (run[0].saturating_sub(CONTEXT), (run[run.len() - 1] + CONTEXT).min(steps.len() - 1));
        let hunk = &steps[first..=last];
        let count = |sides: fn(&Step) -> bool| hunk.iter().filter(|step| sides(step)).count();
        let begin = |sides: fn(&Step) -> bool| steps[..first].iter().filter(|step| sides(step)).count() + 1;
        writeln!(out, "@@ -{},{} +{},{} @@", begin(of_old), count(of_old), begin(of_new), count(of_new))?;
        for step in hunk {
            let (sign, line) = match *step {
                Step::Same(at, _) => (b" ", old[at]),
                Step::Removed(at) => (b"-", old[at]),
                Step::Added(at) => (b"+", new[at]),
            };
            out.write_all(&[sign, line].concat())?;
            if !line.ends_with(b"\n") {
                out.write_all(b"\n\\ No newline at end of file\n")?;
            }
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Same(usize, usize),
    Removed(usize),
    Added(usize),
}

fn of_old(step: &Step) -> bool {
    !matches!(step, Step::Added(_))
}

fn of_new(step: &Step) -> bool {
    !matches!(step, Step::Removed(_))
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|&octet| octet == b'\n').collect()
}

fn steps(old: &[&[u8]], new: &[&[u8]]) -> Vec<Step> {
    let (mut steps, mut at, mut to) = (Vec::new(), 0, 0);
    let front = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let back = old[front..].iter().rev().zip(new[front..].iter().rev());
    let back = back.take_while(|(one, other)| one == other).count();
    let (whole_old, whole_new) = (old.len(), new.len());
    let (old, new) = (&old[..whole_old - back], &new[..whole_new - back]);
    // Few places change, so what differs is soon followed by what is the same again.
    while at < old.len() || to < new.len() {
        match (old.get(at), new.get(to)) {
            (Some(one), Some(other)) if one == other => {
                steps.push(Step::Same(at, to));
                (at, to) = (at + 1, to + 1);
            }
            _ => {
                let (removed, added) = resume(&old[at..], &new[to..]);
                if removed == 0 && added == 0 {
                    // Nothing is the same any more, but for the end: looking on would cost more than it shows.
                    steps.extend((at..old.len()).map(Step::Removed));
                    steps.extend((to..new.len()).map(Step::Added));
                    break;
                }
                steps.extend((at..at + removed).map(Step::Removed));
                steps.extend((to..to + added).map(Step::Added));
                (at, to) = (at + removed, to + added);
            }
        }
    }
    let same = (old.len()..whole_old).zip(new.len()..whole_new);
    steps.extend(same.map(|(at, to)| Step::Same(at, to)));
    steps
}

/// How many lines to drop and to add until both are the same again, the fewest in all.
fn resume(old: &[&[u8]], new: &[&[u8]]) -> (usize, usize) {
    const FURTHEST: usize = 200;
    for sum in 1..=FURTHEST {
        for removed in (0..=sum).rev() {
            let added = sum - removed;
            if removed > old.len() || added > new.len() {
                continue;
            }
            let (one, other) = (&old[removed..], &new[added..]);
            let both_end = one.is_empty() && other.is_empty();
            if both_end || one.first().is_some_and(|line| Some(line) == other.first()) {
                return (removed, added);
            }
        }
    }
    (0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &str, new: &str) -> String {
        let mut out = Vec::new();
        print(Path::new("f"), old.as_bytes(), new.as_bytes(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_that_differ_with_those_around_them() {
        assert_eq!(
            shown("1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\nx\ny\n6\n"),
            "--- f\n+++ f\n@@ -2,5 +2,6 @@\n 2\n 3\n 4\n-5\n+x\n+y\n 6\n"
        );
        assert_eq!(
            shown("a\n", "a\nb"),
            "--- f\n+++ f\n@@ -1,1 +1,2 @@\n a\n+b\n\\ No newline at end of file\n"
        );
        let many: String = (0..300).map(|n| format!("{n}\n")).collect();
        let gone = shown(&format!("a\n{many}b\n"), "a\nb\n");
        assert_eq!((gone.lines().count(), gone.ends_with("-299\n b\n")), (2 + 1 + 302, true), "{gone}");
        let twenty: String = (0..20).map(|n| format!("{n}\n")).collect();
        let changed = twenty.replace("1\n2\n", "2\n").replace("18\n", "18\nnew\n");
        assert_eq!(shown(&twenty, &changed).matches("@@ -").count(), 2);
    }
}
