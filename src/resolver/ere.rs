//! POSIX extended regular expressions over octets, in bounded time.
//!
//! The match is the leftmost, of those the longest, and its sub-expressions follow POSIX: from left
//! to right each takes the longest string that leaves the whole match as it is; of alternatives
//! that match the same string the left one counts; a repeated group reports its last iteration, and
//! groups inside that did not take part in it report nothing; an iteration matches the empty string
//! only where nothing else can, or to reach the smallest count.
//!
//! A character is an octet, as in the POSIX locale; `.` matches every octet; classes and the flag
//! for case know ASCII only. What POSIX leaves undefined (`a**`, `^+44`, `()`, `a||b`, `\d`, a lone
//! `{`) is refused, because implementations differ on what it means.
//!
//! There is no backtracking. One table, filled from the end of the text to its front, says for each
//! state and position how far a match can get; sub-expressions come out of such tables for each
//! part of the pattern. The work is at most `states × (text + 1) × (nesting + 2)²` steps, each
//! factor with a fixed limit. Source: POSIX.1-2017 XBD 9.4 and `regexec`; RFC 3402 §3.2.

mod compile;
mod matcher;
mod octets;
mod syntax;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

use std::ops::Range;

use compile::Program;
use syntax::Fault;

/// The longest pattern: a NAPTR record's field holds no more.
pub(super) const MAX_PATTERN: usize = 255;
/// The longest text.
pub(super) const MAX_TEXT: usize = 255;
/// The most states, intervals written out.
const MAX_STATES: usize = 2048;
/// How deep groups may be nested.
const MAX_NESTING: usize = 8;
/// The largest count in an interval. Source: POSIX.1-2017 `RE_DUP_MAX`.
const MAX_COUNT: u16 = 255;

/// How a pattern is read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Options {
    /// ASCII letters match in either case.
    pub(super) ignore_case: bool,
    /// An octet that stands for itself after a backslash, in bracket expressions too, besides
    /// those that do in every pattern.
    pub(super) delimiter: Option<u8>,
}

/// A pattern, ready to be matched.
#[derive(Debug, Clone)]
pub(super) struct Ere {
    program: Program,
    groups: usize,
}

/// What is wrong with a pattern, and where: its author's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{fault} (octet {} of the pattern)", at + 1)]
pub struct EreError {
    at: usize,
    fault: Fault,
}

/// Where the whole pattern (0) and its groups (1 to 9) matched, as offsets in the text.
pub(super) type Captures = [Option<Range<usize>>; 10];

/// A text of more than 255 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is longer than {MAX_TEXT} octets")]
pub(super) struct TextTooLong;

impl Ere {
    pub(super) fn parse(pattern: &[u8], options: Options) -> Result<Self, EreError> {
        let (syntax, groups) = syntax::parse(pattern, options)?;
        let program = compile::compile(&syntax)
            .map_err(|compile::TooLarge| EreError { at: 0, fault: Fault::TooLarge })?;
        Ok(Self { program, groups })
    }

    /// How many groups the pattern has.
    pub(super) fn groups(&self) -> usize {
        self.groups
    }

    /// The leftmost longest match.
    pub(super) fn find(&self, text: &[u8]) -> Result<Option<Captures>, TextTooLong> {
        self.find_counted(text).map(|(found, _)| found)
    }

    /// The match, and how many steps it took.
    fn find_counted(&self, text: &[u8]) -> Result<(Option<Captures>, u64), TextTooLong> {
        if text.len() > MAX_TEXT {
            return Err(TextTooLong);
        }
        Ok(matcher::find(&self.program, text))
    }
}
