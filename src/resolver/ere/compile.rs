//! From the parts of a pattern to a program of states.
//!
//! Each part's states are one block; a match of the part enters at the block's first state and
//! leaves at the state behind its last. So a block can be run alone, and the tree of parts is kept
//! beside the program to find sub-expressions.

use std::ops::Range;

use super::MAX_STATES;
use super::octets::OctetSet;
use super::syntax::{Repetition, Syntax};

/// A state. Where nothing else is said the next one follows.
#[derive(Debug, Clone, Copy)]
pub(super) enum State {
    /// Goes on over an octet of the set.
    Octets(OctetSet),
    /// Goes on at the start of the text.
    Start,
    /// Goes on at its end.
    End,
    /// Goes on at either.
    Split(usize, usize),
    /// Goes on there.
    Jump(usize),
}

#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) states: Vec<State>,
    pub(super) root: Part,
}

/// A part of the pattern and its block of states.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) block: Range<usize>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// Holds no group.
    Plain,
    Group(usize, Box<Part>),
    Concatenation(Vec<Part>),
    Alternation(Vec<Part>),
    Repetition(Box<Repeated>),
}

impl Kind {
    fn holds_group(&self) -> bool {
        let any = |parts: &[Part]| parts.iter().any(|part| part.kind.holds_group());
        match self {
            Self::Plain => false,
            Self::Group(..) => true,
            Self::Concatenation(parts) | Self::Alternation(parts) => any(parts),
            Self::Repetition(repeated) => repeated.body.kind.holds_group(),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Repeated {
    /// One copy of what repeats.
    pub(super) body: Part,
    pub(super) min: u16,
    pub(super) max: Max,
    /// The numbers of the groups inside.
    pub(super) groups: Range<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum Max {
    Count(u16),
    /// Any number of iterations; this block matches one or more, or none or more.
    Endless(Range<usize>),
}

pub(super) struct TooLarge;

pub(super) fn compile(syntax: &Syntax) -> Result<Program, TooLarge> {
    let mut compiler = Compiler { states: Vec::new(), next_group: 1 };
    let root = compiler.part(syntax)?;
    Ok(Program { states: compiler.states, root })
}

struct Compiler {
    states: Vec<State>,
    next_group: usize,
}

impl Compiler {
    /// Every part emits a state at least, so the limit on states bounds this work too.
    fn part(&mut self, syntax: &Syntax) -> Result<Part, TooLarge> {
        let start = self.states.len();
        let kind = match syntax {
            Syntax::Octets(set) => self.plain(State::Octets(*set))?,
            Syntax::Start => self.plain(State::Start)?,
            Syntax::End => self.plain(State::End)?,
            Syntax::Group(number, body) => {
                self.next_group = number + 1;
                Kind::Group(*number, Box::new(self.part(body)?))
            }
            Syntax::Concatenation(parts) => {
                Kind::Concatenation(parts.iter().map(|part| self.part(part)).collect::<Result<_, _>>()?)
            }
            Syntax::Alternation(branches) => self.alternation(branches)?,
            Syntax::Repetition(repetition) => self.repetition(repetition)?,
        };
        let kind = if kind.holds_group() { kind } else { Kind::Plain };
        Ok(Part { block: start..self.states.len(), kind })
    }

    fn plain(&mut self, state: State) -> Result<Kind, TooLarge> {
        self.emit(state).map(|_| Kind::Plain)
    }

    fn alternation(&mut self, branches: &[Syntax]) -> Result<Kind, TooLarge> {
        let mut parts = Vec::with_capacity(branches.len());
        let mut jumps = Vec::with_capacity(branches.len());
        for (index, branch) in branches.iter().enumerate() {
            if index + 1 == branches.len() {
                parts.push(self.part(branch)?);
                break;
            }
            let split = self.emit(State::Jump(0))?;
            parts.push(self.part(branch)?);
            jumps.push(self.emit(State::Jump(0))?);
            self.states[split] = State::Split(split + 1, self.states.len());
        }
        let end = self.states.len();
        jumps.into_iter().for_each(|jump| self.states[jump] = State::Jump(end));
        Ok(Kind::Alternation(parts))
    }

    fn repetition(&mut self, Repetition { body, min, max }: &Repetition) -> Result<Kind, TooLarge> {
        let first_group = self.next_group;
        let mut part = None;
        let (min, max) = match *max {
            Some(0) => {
                // No state stands for an empty part, and each must have one.
                let here = self.emit(State::Jump(0))?;
                self.states[here] = State::Jump(here + 1);
                return Ok(Kind::Plain);
            }
            Some(max) => {
                let mut splits = Vec::new();
                for copy in 0..max {
                    if copy >= *min {
                        splits.push(self.emit(State::Jump(0))?);
                    }
                    part = Some(self.part(body)?);
                }
                let end = self.states.len();
                splits.into_iter().for_each(|split| self.states[split] = State::Split(split + 1, end));
                (*min, Max::Count(max))
            }
            None if *min == 0 => {
                let split = self.emit(State::Jump(0))?;
                part = Some(self.part(body)?);
                self.emit(State::Jump(split))?;
                let end = self.states.len();
                self.states[split] = State::Split(split + 1, end);
                (0, Max::Endless(split..end))
            }
            None => {
                for _ in 1..*min {
                    self.part(body)?;
                }
                let start = self.states.len();
                part = Some(self.part(body)?);
                let split = self.emit(State::Jump(0))?;
                self.states[split] = State::Split(start, split + 1);
                (*min, Max::Endless(start..split + 1))
            }
        };
        let groups = first_group..self.next_group;
        Ok(part.map_or(Kind::Plain, |body| Kind::Repetition(Box::new(Repeated { body, min, max, groups }))))
    }

    fn emit(&mut self, state: State) -> Result<usize, TooLarge> {
        if self.states.len() == MAX_STATES {
            return Err(TooLarge);
        }
        self.states.push(state);
        Ok(self.states.len() - 1)
    }
}
