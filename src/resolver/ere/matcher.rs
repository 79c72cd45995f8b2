//! Where a program matches, and where its groups do.

use std::ops::Range;

use super::Captures;
use super::compile::{Kind, Max, Part, Program, Repeated, State};

/// For each position of a window: how far from there, `None` is nowhere.
type Reach = Vec<Option<usize>>;

/// The leftmost longest match, and how many steps it took.
pub(super) fn find(program: &Program, text: &[u8]) -> (Option<Captures>, u64) {
    let mut matcher = Matcher { program, text, captures: Captures::default(), steps: 0 };
    let everywhere: Reach = (0..=text.len()).map(Some).collect();
    let reach = matcher.furthest(&program.root.block, 0, &everywhere);
    let leftmost = reach.iter().enumerate().find_map(|(start, end)| end.map(|end| start..end));
    let found = leftmost.map(|matched| {
        matcher.captures[0] = Some(matched.clone());
        matcher.assign(&program.root, matched.start, matched.end);
        std::mem::take(&mut matcher.captures)
    });
    (found, matcher.steps)
}

struct Matcher<'a> {
    program: &'a Program,
    text: &'a [u8],
    captures: Captures,
    steps: u64,
}

impl Matcher<'_> {
    /// How far the block matches from each position of a window of the text, among the positions
    /// where it may leave.
    ///
    /// The window begins at `from` and has the length of `exits`. `exits[i]` is the value of
    /// leaving at position `from + i`; the result is the largest value within reach, which is the
    /// furthest position where each exit's value is its own position.
    fn furthest(&mut self, block: &Range<usize>, from: usize, exits: &[Option<usize>]) -> Reach {
        let states = &self.program.states[block.clone()];
        let exit = states.len();
        let mut here = vec![None; exit + 1];
        let mut next = here.clone();
        let mut reach = vec![None; exits.len()];
        for (index, leave) in exits.iter().enumerate().rev() {
            let position = from + index;
            std::mem::swap(&mut here, &mut next);
            here.fill(None);
            here[exit] = *leave;
            // Only the jumps of repetitions go back: each round settles one more level of them.
            let mut settled = false;
            while !settled {
                settled = true;
                for (at, state) in states.iter().enumerate().rev() {
                    self.steps += 1;
                    let value = match *state {
                        State::Octets(set) => {
                            let octet = self.text.get(position).filter(|_| index + 1 < exits.len());
                            octet.filter(|&&octet| set.contains(octet)).and(next[at + 1])
                        }
                        State::Start => here[at + 1].filter(|_| position == 0),
                        State::End => here[at + 1].filter(|_| position == self.text.len()),
                        State::Split(one, other) => here[one - block.start].max(here[other - block.start]),
                        State::Jump(to) => here[to - block.start],
                    };
                    settled &= value == here[at];
                    here[at] = value;
                }
            }
            reach[index] = here[0];
        }
        reach
    }

    /// Sets the groups inside `part`, which matches from `from` to `to` exactly.
    fn assign(&mut self, part: &Part, from: usize, to: usize) {
        match &part.kind {
            Kind::Plain => {}
            Kind::Group(number, body) => {
                if let Some(capture) = self.captures.get_mut(*number) {
                    *capture = Some(from..to);
                }
                self.assign(body, from, to);
            }
            Kind::Concatenation(parts) => self.assign_each(parts, from, to),
            Kind::Alternation(branches) => {
                let end = only_at(from, to);
                if let Some(branch) =
                    branches.iter().find(|branch| self.furthest(&branch.block, from, &end)[0].is_some())
                {
                    self.assign(branch, from, to);
                }
            }
            Kind::Repetition(repeated) => self.assign_last(repeated, from, to),
        }
    }

    /// Each part in turn takes the longest string from which the parts after it can still reach `to`.
    fn assign_each(&mut self, parts: &[Part], from: usize, to: usize) {
        let mut exits = only_at(from, to);
        let mut reaches = Vec::with_capacity(parts.len());
        for part in parts.iter().rev() {
            let reach = self.furthest(&part.block, from, &exits);
            exits = positions(from, &reach, None);
            reaches.push(reach);
        }
        let mut position = from;
        for (part, reach) in parts.iter().zip(reaches.iter().rev()) {
            let Some(end) = reach[position - from] else { return };
            self.assign(part, position, end);
            position = end;
        }
    }

    /// Iterates as [`Matcher::assign_each`] over parts; what remains set is of the last iteration.
    fn assign_last(&mut self, repeated: &Repeated, from: usize, to: usize) {
        let Repeated { body, min, max, groups } = repeated;
        let min = usize::from(*min);
        // From the last iteration to the first: where it must end so that the others can follow.
        let (mut exits, optional) = match max {
            Max::Count(max) => (only_at(from, to), usize::from(*max) - min),
            Max::Endless(block) => {
                let reach = self.furthest(block, from, &only_at(from, to));
                (positions(from, &reach, Some(to)), 1)
            }
        };
        let mut reaches = Vec::with_capacity(min + optional);
        for iteration in (0..min + optional).rev() {
            let reach = self.furthest(&body.block, from, &exits);
            exits = positions(from, &reach, (iteration >= min).then_some(to));
            reaches.push(reach);
        }
        reaches.reverse();

        let mut position = from;
        for iteration in 0.. {
            // Past the smallest count an iteration is empty only if it is all there is.
            if position == to && iteration >= min.max(1) {
                return;
            }
            let last = match max {
                Max::Endless(_) => iteration.min(min),
                Max::Count(_) => iteration,
            };
            let Some(end) = reaches.get(last).and_then(|reach| reach[position - from]) else { return };
            for capture in self.captures.iter_mut().take(groups.end).skip(groups.start) {
                *capture = None;
            }
            self.assign(body, position, end);
            position = end;
        }
    }
}

/// A window from `from` to `to` that can be left at its end only.
fn only_at(from: usize, to: usize) -> Reach {
    let mut exits = vec![None; to - from + 1];
    exits[to - from] = Some(to);
    exits
}

/// The positions from which something is within reach, and `also`, each with itself as value.
fn positions(from: usize, reach: &[Option<usize>], also: Option<usize>) -> Reach {
    let reached = reach.iter().zip(from..);
    reached.map(|(reach, position)| (reach.is_some() || also == Some(position)).then_some(position)).collect()
}
