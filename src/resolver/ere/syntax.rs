//! From the text of a pattern to its parts.

use super::octets::OctetSet;
use super::{EreError, MAX_COUNT, MAX_NESTING, MAX_PATTERN, Options};

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Syntax {
    /// One octet of a set.
    Octets(OctetSet),
    /// `^`
    Start,
    /// `$`
    End,
    /// `( )`, by number, from 1.
    Group(usize, Box<Syntax>),
    /// Parts one after another, two or more.
    Concatenation(Vec<Syntax>),
    /// `|`, two or more.
    Alternation(Vec<Syntax>),
    /// `*`, `+`, `?` and `{ }`.
    Repetition(Box<Repetition>),
}

/// A part that repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repetition {
    pub(super) body: Syntax,
    pub(super) min: u16,
    /// `None` is without end.
    pub(super) max: Option<u16>,
}

/// What can be wrong with a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("the pattern is longer than {MAX_PATTERN} octets")]
    TooLong,
    #[error("the pattern with its intervals written out is too large")]
    TooLarge,
    #[error("groups are nested deeper than {MAX_NESTING}")]
    TooDeep,
    #[error("nothing stands where an expression must: a pattern, group or alternative is empty")]
    Empty,
    #[error("nothing is here that could be repeated; a literal `*`, `+`, `?` or `{{` needs a backslash")]
    NothingToRepeat,
    #[error("a repetition is repeated, which POSIX does not define")]
    RepeatedTwice,
    #[error("`(` has no `)`")]
    OpenGroup,
    #[error("`[` has no `]`")]
    OpenBracket,
    #[error("a backslash must stand before one of `^.[]$()|*+?{{}}\\`, or before the delimiter")]
    BadEscape,
    #[error("an interval must be `{{m}}`, `{{m,}}` or `{{m,n}}` with m ≤ n ≤ {MAX_COUNT}")]
    BadInterval,
    #[error("a range must go upwards from one character to another")]
    BadRange,
    #[error("not a character class of POSIX")]
    BadClass,
    #[error("only one character can stand in `[. .]` and `[= =]`")]
    BadCollation,
}

/// The parts, and how many groups there are.
pub(super) fn parse(pattern: &[u8], options: Options) -> Result<(Syntax, usize), EreError> {
    if pattern.len() > MAX_PATTERN {
        return Err(EreError { at: MAX_PATTERN, fault: Fault::TooLong });
    }
    let mut parser = Parser { pattern, at: 0, groups: 0, nesting: 0, options };
    let syntax = parser.alternation()?;
    debug_assert_eq!(parser.at, pattern.len(), "an unmatched `)` is literal, so nothing is left");
    Ok((syntax, parser.groups))
}

struct Parser<'a> {
    pattern: &'a [u8],
    at: usize,
    groups: usize,
    nesting: usize,
    options: Options,
}

impl Parser<'_> {
    fn alternation(&mut self) -> Result<Syntax, EreError> {
        let first = self.concatenation()?;
        let mut branches = vec![first];
        while self.eat(b'|') {
            branches.push(self.concatenation()?);
        }
        Ok(one_or(branches, Syntax::Alternation))
    }

    fn concatenation(&mut self) -> Result<Syntax, EreError> {
        let mut parts = Vec::new();
        while let Some(octet) = self.peek() {
            // A `)` without its `(` stands for itself.
            if octet == b'|' || (octet == b')' && self.nesting > 0) {
                break;
            }
            parts.push(self.repeated()?);
        }
        if parts.is_empty() {
            return Err(self.fault(Fault::Empty));
        }
        Ok(one_or(parts, Syntax::Concatenation))
    }

    fn repeated(&mut self) -> Result<Syntax, EreError> {
        let body = self.single()?;
        let at = self.at;
        let Some((min, max)) = self.repetition()? else { return Ok(body) };
        if body == Syntax::Start {
            return Err(EreError { at, fault: Fault::NothingToRepeat });
        }
        if matches!(self.peek(), Some(b'*' | b'+' | b'?' | b'{')) {
            return Err(self.fault(Fault::RepeatedTwice));
        }
        Ok(Syntax::Repetition(Box::new(Repetition { body, min, max })))
    }

    fn repetition(&mut self) -> Result<Option<(u16, Option<u16>)>, EreError> {
        let range = match self.peek() {
            Some(b'*') => (0, None),
            Some(b'+') => (1, None),
            Some(b'?') => (0, Some(1)),
            Some(b'{') => return self.interval().map(Some),
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(range))
    }

    fn interval(&mut self) -> Result<(u16, Option<u16>), EreError> {
        let bad = self.fault(Fault::BadInterval);
        self.at += 1;
        let min = self.count().ok_or(bad)?;
        let max = if self.eat(b',') {
            if self.peek() == Some(b'}') { None } else { Some(self.count().ok_or(bad)?) }
        } else {
            Some(min)
        };
        if !self.eat(b'}') || max.is_some_and(|max| max < min) {
            return Err(bad);
        }
        Ok((min, max))
    }

    fn count(&mut self) -> Option<u16> {
        let mut count = None;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let value = count.unwrap_or(0) * 10 + u16::from(digit - b'0');
            if value > MAX_COUNT {
                return None;
            }
            count = Some(value);
            self.at += 1;
        }
        count
    }

    fn single(&mut self) -> Result<Syntax, EreError> {
        let at = self.at;
        let octet = self.next().ok_or(EreError { at, fault: Fault::Empty })?;
        match octet {
            b'^' => Ok(Syntax::Start),
            b'$' => Ok(Syntax::End),
            b'.' => Ok(Syntax::Octets(OctetSet::all())),
            b'(' => self.group(at),
            b'[' => self.bracket(at).map(Syntax::Octets),
            b'\\' => match self.next() {
                Some(octet) if self.is_escapable(octet) => Ok(self.literal(octet)),
                _ => Err(EreError { at, fault: Fault::BadEscape }),
            },
            b'*' | b'+' | b'?' | b'{' => Err(EreError { at, fault: Fault::NothingToRepeat }),
            octet => Ok(self.literal(octet)),
        }
    }

    fn is_escapable(&self, octet: u8) -> bool {
        br"^.[]$()|*+?{}\".contains(&octet) || self.options.delimiter == Some(octet)
    }

    fn literal(&self, octet: u8) -> Syntax {
        Syntax::Octets(self.cased(OctetSet::of(octet)))
    }

    fn cased(&self, set: OctetSet) -> OctetSet {
        if self.options.ignore_case { set.in_both_cases() } else { set }
    }

    fn group(&mut self, at: usize) -> Result<Syntax, EreError> {
        if self.nesting == MAX_NESTING {
            return Err(EreError { at, fault: Fault::TooDeep });
        }
        self.groups += 1;
        let number = self.groups;
        self.nesting += 1;
        let body = self.alternation()?;
        self.nesting -= 1;
        if !self.eat(b')') {
            return Err(EreError { at, fault: Fault::OpenGroup });
        }
        Ok(Syntax::Group(number, Box::new(body)))
    }

    /// What follows `[`. Source: POSIX.1-2017 XBD 9.3.5.
    fn bracket(&mut self, open: usize) -> Result<OctetSet, EreError> {
        let negated = self.eat(b'^');
        let mut set = OctetSet::default();
        let mut first = true;
        while first || self.peek() != Some(b']') {
            first = false;
            let at = self.at;
            match self.member(open)? {
                Member::Class(class) => set = set.union(class),
                Member::Octet(low) => match self.range_end(open)? {
                    None => set.insert(low),
                    Some(high) if low <= high => set.insert_range(low..=high),
                    Some(_) => return Err(EreError { at, fault: Fault::BadRange }),
                },
            }
        }
        self.at += 1;
        // Case first: `[^a]` must match neither `a` nor `A`.
        let set = self.cased(set);
        Ok(if negated { set.negated() } else { set })
    }

    /// The end of a range, if one begins here. A `-` before the closing `]` is literal.
    fn range_end(&mut self, open: usize) -> Result<Option<u8>, EreError> {
        let at = self.at;
        if !matches!(self.pattern.get(at..), Some([b'-', after, ..]) if *after != b']') {
            return Ok(None);
        }
        self.at += 1;
        let Member::Octet(high) = self.member(open)? else {
            return Err(EreError { at, fault: Fault::BadRange });
        };
        // An end that begins another range, as in `a-c-e`, is undefined.
        match self.pattern.get(self.at..) {
            Some([b'-', after, ..]) if *after != b']' => Err(EreError { at, fault: Fault::BadRange }),
            _ => Ok(Some(high)),
        }
    }

    fn member(&mut self, open: usize) -> Result<Member, EreError> {
        let at = self.at;
        let octet = self.next().ok_or(EreError { at: open, fault: Fault::OpenBracket })?;
        match (octet, self.peek()) {
            (b'[', Some(kind @ (b':' | b'.' | b'='))) => {
                self.at += 1;
                let rest = &self.pattern[self.at..];
                let end = rest.windows(2).position(|pair| pair == [kind, b']']);
                let name = &rest[..end.ok_or(EreError { at, fault: Fault::OpenBracket })?];
                self.at += name.len() + 2;
                match (kind, name) {
                    (b':', _) => OctetSet::class(name)
                        .map(Member::Class)
                        .ok_or(EreError { at, fault: Fault::BadClass }),
                    (_, &[octet]) => Ok(Member::Octet(octet)),
                    _ => Err(EreError { at, fault: Fault::BadCollation }),
                }
            }
            // Only the delimiter can be escaped here: a backslash is a member like any other.
            (b'\\', Some(after)) if self.options.delimiter == Some(after) => {
                self.at += 1;
                Ok(Member::Octet(after))
            }
            _ => Ok(Member::Octet(octet)),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.pattern.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let octet = self.peek()?;
        self.at += 1;
        Some(octet)
    }

    fn eat(&mut self, octet: u8) -> bool {
        let found = self.peek() == Some(octet);
        self.at += usize::from(found);
        found
    }

    fn fault(&self, fault: Fault) -> EreError {
        EreError { at: self.at, fault }
    }
}

enum Member {
    Octet(u8),
    Class(OctetSet),
}

fn one_or(mut parts: Vec<Syntax>, several: fn(Vec<Syntax>) -> Syntax) -> Syntax {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            several(parts)
        }
    }
}
