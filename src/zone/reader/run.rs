//! Runs of plain records: most of a large zone, read by several threads at once.
//!
//! A run is begun where the reader's state is known and ends in front of the first entry that could change it or
//! that is not right: directives, `@`, the SOA record, drafts, faults. That entry is for the reader itself, which
//! so stays the only one that tells faults, and the outcome is the same as if it had read everything.
//!
//! Large runs are cut at the beginnings of lines that state an owner name. Whether such a line begins an entry
//! is a guess (it may stand in parentheses): the piece is taken only where the one before it came to its end.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::super::pending::{Head, Pending};
use super::record::{TypeCache, header};
use super::{Anchor, Owner, Reader, Scope, Sink};
use crate::record::parameters::PARAMETERS_LABEL;
use crate::record::scan::{Entry, Scanner, Token};
use crate::record::{Class, MAX_NAME, Name, Rtype, Ttl, rdata};
use crate::statement::DraftText;

/// How far a piece's beginning is looked for.
const NEAR: usize = 64 << 10;

/// How runs are cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// How many threads read.
    pub(super) threads: usize,
    /// Octets of the first run after an entry that was not plain; each that comes to its end doubles the next.
    pub(super) first: usize,
    /// Runs of so many octets are worth other threads.
    pub(super) worthwhile: usize,
    /// Octets of a piece that one thread reads, where it need not be larger to be half of a thread's share.
    pub(super) piece: usize,
}

impl Default for Cut {
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        Self { threads, first: 4 << 10, worthwhile: 1 << 20, piece: 1 << 20 }
    }
}

/// What holds all through a run.
#[derive(Clone, Copy)]
struct Conditions<'a> {
    origin: &'a Name,
    class: Option<Class>,
    default_ttl: Option<Ttl>,
    anchor: Anchor,
}

/// What was read.
struct Run {
    records: Pending,
    /// Where the first entry begins that was not read, or the end.
    end: usize,
    last_ttl: Option<Ttl>,
    /// The owner of the last record, as it was spelled there.
    owner: Option<Name>,
}

impl<S: Sink> Reader<'_, S> {
    /// Reads plain records from `from` on, as many as there are in a row, and says where they end.
    pub(super) fn runs(&mut self, text: &[u8], mut from: usize, scope: &mut Scope, anchor: Anchor) -> usize {
        let cut = self.cut;
        while from < text.len() && cut.threads > 0 {
            let (Some(origin), None) = (scope.origin.clone(), &scope.section) else { return from };
            let conditions =
                Conditions { origin: &origin, class: self.class, default_ttl: self.default_ttl, anchor };
            let owner = match &scope.owner {
                Some(Owner::Name(name)) => Some(name),
                _ => None,
            };
            let pieces = pieces(text, from, from.saturating_add(self.pace.max(cut.first)), cut);
            let end = pieces[pieces.len() - 1].1;
            for run in read_pieces(text, &pieces, owner, conditions, cut.threads) {
                if run.end == from {
                    break;
                }
                from = run.end;
                if let Some(last) = run.owner {
                    scope.owner = Some(Owner::Name(last));
                }
                self.last_ttl = run.last_ttl.or(self.last_ttl);
                self.sink.run(run.records);
            }
            if from < end {
                self.pace = 0;
                return from;
            }
            self.pace = self.pace.max(cut.first).saturating_mul(2);
        }
        from
    }
}

/// Borders of what is read apart, one after the other: one piece, or many where that is worth it.
fn pieces(text: &[u8], from: usize, until: usize, cut: Cut) -> Vec<(usize, usize)> {
    let until = next_line(text, until.min(text.len()));
    let mut pieces = Vec::new();
    let mut start = from;
    if until - from >= cut.worthwhile {
        // Larger ones where there is more, or there would be thousands.
        let share = (until - from) / cut.threads;
        let size = cut.piece.min(share).max(share / 2).max(1);
        while until - start > size {
            let Some(border) = owner_line(text, start + size) else { break };
            if border >= until {
                break;
            }
            pieces.push((start, border));
            start = border;
        }
    }
    pieces.push((start, until));
    pieces
}

/// Where the line after the one of `at` begins; `at` itself where a line begins there.
fn next_line(text: &[u8], at: usize) -> usize {
    let from = at.saturating_sub(1);
    text[from..].iter().position(|&octet| octet == b'\n').map_or(text.len(), |found| from + found + 1)
}

/// The next line that seems to begin with an owner name.
fn owner_line(text: &[u8], at: usize) -> Option<usize> {
    let mut line = next_line(text, at);
    while line < text.len().min(at + NEAR) {
        if text[line].is_ascii_alphanumeric() {
            return Some(line);
        }
        line = next_line(text, line + 1);
    }
    None
}

/// Reads the pieces, up to the first that does not come to its end.
fn read_pieces(
    text: &[u8],
    pieces: &[(usize, usize)],
    owner: Option<&Name>,
    conditions: Conditions<'_>,
    threads: usize,
) -> Vec<Run> {
    let (next, broken) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
    let work = || {
        let mut runs = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(&(from, until)) = pieces.get(number) else { return runs };
            if number > broken.load(Ordering::Relaxed) {
                return runs;
            }
            let owner = owner.filter(|_| number == 0);
            let run = Plain::new(owner, conditions).read(&text[..until], from);
            if run.end < until {
                broken.fetch_min(number, Ordering::Relaxed);
            }
            runs.push((number, run));
        }
    };
    let mut runs = thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(pieces.len())).map(|_| scope.spawn(work)).collect();
        let mut runs = work();
        for other in others {
            runs.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        runs
    });
    runs.sort_unstable_by_key(|(number, _)| *number);
    let broken = broken.into_inner();
    runs.into_iter().take_while(|(number, _)| *number <= broken).map(|(_, run)| run).collect()
}

/// Reads plain records.
struct Plain<'a, 't> {
    conditions: Conditions<'a>,
    types: TypeCache,
    /// The owner as it was written last: mostly the next record has the same.
    written: &'t [u8],
    owner: [u8; MAX_NAME],
    /// Octets of the owner; 0 where none is known.
    owner_len: usize,
    run: Run,
}

impl<'a, 't> Plain<'a, 't> {
    fn new(owner: Option<&Name>, conditions: Conditions<'a>) -> Self {
        let run = Run { records: Pending::default(), end: 0, last_ttl: None, owner: None };
        let types = TypeCache::default();
        let mut plain = Self { conditions, types, written: b"", owner: [0; MAX_NAME], owner_len: 0, run };
        if let Some(name) = owner {
            plain.owner_len = name.as_wire().len();
            plain.owner[..plain.owner_len].copy_from_slice(name.as_wire());
        }
        plain
    }

    /// Reads `text` from `from` on, which ends with a line.
    fn read(mut self, text: &'t [u8], from: usize) -> Run {
        let (mut scanner, mut tokens) = (Scanner::starting_at(text, from), Vec::new());
        self.run.end = from;
        self.run.records = Pending::for_text(text.len() - from);
        loop {
            match scanner.next_entry(&mut tokens) {
                Some(Ok(entry)) if self.record(entry, &tokens).is_some() => self.run.end = scanner.offset(),
                Some(_) => break,
                None => {
                    self.run.end = text.len();
                    break;
                }
            }
        }
        // An entry that is not plain may have stated another already, but then it is read again.
        if self.run.records.record_count() > 0 {
            self.run.owner = Name::from_wire(&self.owner[..self.owner_len]).ok();
        }
        self.run
    }

    /// Takes one record; `None`, and nothing is taken, where it is not plain.
    fn record(&mut self, entry: Entry, tokens: &[Token<'t>]) -> Option<()> {
        let (stated, fields) = match tokens.split_first()? {
            (first, rest) if !entry.starts_blank => (Some(first), rest),
            _ => (None, tokens),
        };
        if let Some(token) = stated.filter(|token| token.quoted || token.raw != self.written) {
            if token.quoted || matches!(token.raw, [b'$', ..] | b"@") {
                return None;
            }
            self.owner_len =
                Name::parse_into(token.raw, Some(self.conditions.origin), &mut self.owner).ok()?;
            self.written = token.raw;
        } else if self.owner_len == 0 {
            return None;
        }
        let header = header(fields, stated, entry.offset, &mut self.types).ok()?;
        let class = match (header.class, self.conditions.class) {
            (Some(_), None) => return None,
            (stated, known) => stated.or(known).unwrap_or(Class::IN),
        };
        let ttl = header.ttl.or(self.conditions.default_ttl)?;
        let owner = &self.owner[..self.owner_len];
        if header.rtype == Rtype::SOA
            || (header.rtype == Rtype::MIMISIG && DraftText::is_draft(header.data))
            || (header.rtype == Rtype::TXT && has_parameters(owner))
        {
            return None;
        }
        let head =
            Head { rtype: header.rtype, class, ttl, span: self.conditions.anchor.span(header.type_offset) };
        let write = |out: &mut Vec<u8>| rdata::parse(header.rtype, header.data, self.conditions.origin, out);
        self.run.records.push_with(owner, head, write).ok()?;
        self.run.last_ttl = header.ttl.or(self.run.last_ttl);
        Some(())
    }
}

/// Whether the sink looks at TXT records of this owner.
fn has_parameters(owner: &[u8]) -> bool {
    let label = owner.split_first().and_then(|(&len, rest)| rest.get(..usize::from(len)));
    label.is_some_and(|label| label.eq_ignore_ascii_case(PARAMETERS_LABEL.as_bytes()))
}

#[cfg(test)]
mod tests;
