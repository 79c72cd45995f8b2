//! Text that is to become part of a zone, read as the loader reads it, without a zone around it.

use std::path::{Path, PathBuf};

use super::super::files::Files;
use super::super::finding::{Findings, Severity, Span};
use super::super::pending::Pending;
use super::super::source::{KeyFiles, parse_identifier, ready};
use super::super::sources::Sources;
use super::{Problem, ReadLimits, Reader, RecordBody, Scope, Sink, Subject};
use crate::clock::UnixTime;
use crate::record::scan::{Scanner, Token};
use crate::record::{Name, Rdata, Record, Ttl};
use crate::statement::DraftText;

/// Something wrong at an offset of a text.
pub(crate) struct TextFault {
    pub(crate) offset: usize,
    pub(crate) severity: Severity,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

/// Checks pieces of zone text one by one: each piece names its identifiers itself.
pub(crate) struct TextCheck<'a> {
    files: &'a dyn Files,
    keys: KeyFiles<'a>,
    origin: Name,
    now: UnixTime,
    limits: ReadLimits,
}

impl<'a> TextCheck<'a> {
    /// Keys of drafts are in `files`, relative to `folder`; relative names are completed by `origin`.
    pub(crate) fn new(files: &'a dyn Files, folder: PathBuf, origin: Name, now: UnixTime) -> Self {
        Self { files, keys: KeyFiles::new(files, folder), origin, now, limits: ReadLimits::default() }
    }

    /// What the loader would say of the text, in its order; a draft with `sign=-` is one that is still to be
    /// signed. A time to live need not be stated.
    pub(crate) fn faults(&self, text: &[u8]) -> Vec<TextFault> {
        let (mut sources, mut findings) = (Sources::new(), Findings::default());
        let mut sink = Checked { keys: &self.keys, now: self.now, identifiers: 0 };
        let Ok(file) = sources.add(Path::new("").to_owned(), text) else { return Vec::new() };
        let mut reader = Reader::new(self.files, &self.limits, &mut sources, &mut findings, &mut sink);
        reader.default_ttl = Some(Ttl::ZERO);
        reader.whole_text(file, Scope { origin: Some(self.origin.clone()), ..Scope::default() });
        let faults = findings.into_faults().into_iter();
        faults
            .map(|fault| TextFault {
                // Offsets in a text that is in memory fit.
                offset: usize::try_from(fault.span.offset).unwrap_or(usize::MAX),
                severity: fault.severity,
                code: fault.code,
                message: fault.message,
                remedy: fault.remedy,
            })
            .collect()
    }
}

/// Whether the text is one entry: one record, whatever words it was put together from.
pub(crate) fn is_one_entry(text: &[u8]) -> bool {
    let (mut scanner, mut tokens) = (Scanner::new(text), Vec::new());
    matches!(scanner.next_entry(&mut tokens), Some(Ok(_))) && scanner.next_entry(&mut tokens).is_none()
}

struct Checked<'k, 'a> {
    keys: &'k KeyFiles<'a>,
    now: UnixTime,
    identifiers: usize,
}

impl Sink for Checked<'_, '_> {
    fn record(&mut self, _: Record, _: Span) {}

    fn run(&mut self, _: Pending) {}

    fn subject(&mut self, token: &Token<'_>, _: Span) -> Result<Subject, Problem> {
        parse_identifier(token)?;
        self.identifiers += 1;
        Ok(Subject(self.identifiers - 1))
    }

    fn sign(&mut self, _: Subject, draft: &[Token<'_>]) -> Result<Rdata, Problem> {
        if draft.last().is_some_and(|token| token.raw == b"sign=-") {
            // No file is needed to see whether it is well formed, but those whose public keys it names.
            return match DraftText::parse(draft, self.now, self.keys) {
                Ok(text) => Ok(text.draft().unsigned().into()),
                Err(error) => Err(super::super::source::bad_draft(draft, &error)),
            };
        }
        Ok(ready(draft, self.now, self.keys)?.draft.unsigned().into())
    }

    fn subject_record(&mut self, _: Subject, _: RecordBody, _: Span) {}
}
