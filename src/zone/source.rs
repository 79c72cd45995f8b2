//! Zone sources: records that belong to identifiers rather than to owner names, and how they get
//! their owner names, signatures and projections.
//!
//! Owner names need the zone's apex and parameters, which may stand later in the text, so records of
//! identifiers wait until all is read.

mod expand;
mod keys;
mod project;
mod remembered;
mod signing;

use std::collections::HashMap;
use std::sync::Arc;

pub use self::keys::KeyFiles;
pub use self::remembered::RememberedNames;
use self::signing::Waiting;
use super::builder::{Built, ZoneBuilder};
use super::fault::BuildFault;
use super::finding::{Findings, Span};
use super::pending::Pending;
use super::reader::{Problem, RecordBody, Sink, Subject};
use crate::clock::UnixTime;
use crate::identifier::{Identifier, MAX_IDENTIFIER};
use crate::record::mimisig::TextError;
use crate::record::parameters::{HashCeiling, PARAMETERS_LABEL};
use crate::record::scan::Token;
use crate::record::{Name, Rdata, Record, Rtype, decode};
use crate::statement::{Draft, DraftText, Keys as _, Signer};

/// What a source says about one identifier.
///
/// `Debug` shows neither the identifier nor what it owns.
pub struct SourceIdentifier {
    /// The identifier.
    pub identifier: Identifier,
    /// Where it was named first.
    pub span: Span,
    /// Its owner names, one for each epoch of the zone's parameters whose names differ.
    pub owners: Vec<Name>,
    /// The record data of its MIMISIG records, and where they stand.
    pub statements: Vec<(Span, Rdata)>,
}

impl std::fmt::Debug for SourceIdentifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "SourceIdentifier({:?}, {} owners, {} statements)",
            self.identifier,
            self.owners.len(),
            self.statements.len()
        )
    }
}

/// Takes what the reader reads: records of owner names into the builder, those of identifiers aside.
pub(super) struct Source<'a> {
    keys: &'a KeyFiles<'a>,
    now: UnixTime,
    ceiling: HashCeiling,
    remembered: RememberedNames,
    builder: ZoneBuilder,
    /// TXT records at names that may turn out to be the parameters' one.
    parameters: Vec<(Name, Rdata, Span)>,
    subjects: Vec<SubjectRecords>,
    numbers: HashMap<Identifier, Subject>,
    /// The draft whose record comes next.
    next: Option<Ready>,
    /// Drafts whose records hold what is not signed yet.
    waiting: Vec<Waiting>,
    /// What could not be signed.
    unsigned: Vec<BuildFault>,
    /// Drafts that were signed.
    pub(super) drafts: usize,
}

/// A draft, and who is going to sign it.
pub(super) struct Ready {
    pub(super) draft: Draft,
    pub(super) signer: Arc<dyn Signer + Send + Sync>,
}

struct SubjectRecords {
    identifier: Identifier,
    span: Span,
    records: Vec<(RecordBody, Span)>,
}

impl<'a> Source<'a> {
    /// Signs with these keys as of `now`; hashes that cost more than `ceiling` are refused.
    pub(super) fn new(
        keys: &'a KeyFiles<'a>,
        now: UnixTime,
        ceiling: HashCeiling,
        remembered: RememberedNames,
    ) -> Self {
        Self {
            keys,
            now,
            ceiling,
            remembered,
            builder: ZoneBuilder::new(),
            parameters: Vec::new(),
            subjects: Vec::new(),
            numbers: HashMap::new(),
            next: None,
            waiting: Vec::new(),
            unsigned: Vec::new(),
            drafts: 0,
        }
    }

    /// Gives the identifiers' records their owner names and builds the zone.
    pub(super) fn finish(mut self, findings: &mut Findings) -> (Built, Vec<SourceIdentifier>) {
        self.sign_waiting();
        self.unsigned.drain(..).for_each(|fault| findings.push(fault));
        let identifiers = match self.builder.apex() {
            Some(apex) => self.expand(&apex, findings),
            // That there is no SOA record is told by the builder.
            None => Vec::new(),
        };
        (self.builder.build(), identifiers)
    }
}

impl Sink for Source<'_> {
    fn record(&mut self, record: Record, span: Span) {
        let first = record.owner.labels().next();
        if record.rtype == Rtype::TXT
            && first.is_some_and(|label| label.eq_ignore_ascii_case(PARAMETERS_LABEL.as_bytes()))
        {
            self.parameters.push((record.owner.clone(), record.rdata.clone(), span));
        }
        self.builder.add(&record, span);
    }

    fn run(&mut self, records: Pending) {
        self.builder.append(records);
    }

    fn subject(&mut self, token: &Token<'_>, span: Span) -> Result<Subject, Problem> {
        let identifier = parse_identifier(token)?;
        if let Some(subject) = self.numbers.get(&identifier) {
            return Ok(*subject);
        }
        let subject = Subject(self.subjects.len());
        self.numbers.insert(identifier.clone(), subject);
        self.subjects.push(SubjectRecords { identifier, span, records: Vec::new() });
        Ok(subject)
    }

    fn sign(&mut self, _: Subject, draft: &[Token<'_>]) -> Result<Rdata, Problem> {
        let ready = ready(draft, self.now, self.keys)?;
        let unsigned = ready.draft.unsigned().into();
        self.next = Some(ready);
        self.drafts += 1;
        Ok(unsigned)
    }

    fn subject_record(&mut self, subject: Subject, record: RecordBody, span: Span) {
        // A draft may be left over from a line that had another fault: it is signed for its own record alone.
        let next = self.next.take().filter(|next| *next.draft.unsigned() == record.rdata[..]);
        let records = &mut self.subjects[subject.0].records;
        let place = records.len();
        records.push((record, span));
        if let Some(Ready { draft, signer }) = next {
            self.wait(Waiting { subject, place, draft, signer });
        }
    }
}

/// A draft that its key can sign; nothing is signed yet.
pub(super) fn ready(draft: &[Token<'_>], now: UnixTime, keys: &KeyFiles<'_>) -> Result<Ready, Problem> {
    let end = draft.last().map_or(0, |token| token.offset);
    let text = DraftText::parse(draft, now, keys).map_err(|error| bad_draft(draft, &error))?;
    let signer = keys.signer(text.key_file()).map_err(|error| {
        let remedy = "name a PKCS#8 PEM file, relative to the zone's folder";
        Problem::new(end, "bad-key", error.to_string(), remedy)
    })?;
    text.draft().check_key(&signer.public_key()).map_err(|error| {
        let message = format!("the statement can't be signed: {error}");
        Problem::new(end, "unsigned", message, "name the right key")
    })?;
    Ok(Ready { draft: text.into_draft(), signer })
}

pub(super) fn bad_draft(draft: &[Token<'_>], error: &TextError) -> Problem {
    let end = draft.last().map_or(0, |token| token.offset);
    let message = format!("MIMISIG: {error}");
    Problem::new(error.offset.unwrap_or(end), "bad-statement", message, error.fault.remedy())
}

/// Reads the canonical form, and tells it to whoever wrote another.
pub(super) fn parse_identifier(token: &Token<'_>) -> Result<Identifier, Problem> {
    let problem =
        |message: String, remedy: String| Problem::new(token.offset, "bad-identifier", message, remedy);
    let mut octets = Vec::new();
    decode(token, MAX_IDENTIFIER, &mut octets)
        .map_err(|error| problem(error.to_string(), error.remedy().to_owned()))?;
    let text = str::from_utf8(&octets).map_err(|_| {
        problem("the identifier is not UTF-8".to_owned(), "save the file as UTF-8".to_owned())
    })?;
    Identifier::parse(text).map_err(|error| match Identifier::typed(text).parse() {
        Ok(canonical) => problem(
            format!("the identifier is not in canonical form: {error}"),
            format!("write `$IDENTIFIER {}`", canonical.as_str()),
        ),
        Err(_) => problem(
            error.at_terminal(text).to_string(),
            "write it as in `tel:+442079460148`, `mailto:jo@example.org`, `mimi://names.example/u/jo`"
                .to_owned(),
        ),
    })
}

#[cfg(test)]
mod tests;
