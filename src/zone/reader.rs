//! The reader of master files: text in, records with their places out.
//!
//! Source: RFC 1035 §5.1; `$TTL` RFC 2308 §4; `$GENERATE` BIND 9. Beyond them `$IDENTIFIER`, which
//! names a subject whose owner names are hashed later. A fault ends its entry and nothing else, so
//! one run tells them all.

#[cfg(feature = "cli")]
mod check;
mod directive;
mod long;
mod record;
mod run;

#[cfg(feature = "cli")]
pub(crate) use self::check::{TextCheck, is_one_entry};
pub(super) use self::directive::DIRECTIVES;
pub(super) use self::long::Windows;
pub(super) use self::record::type_index;

use self::long::{Opened, Window};

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::fault::BuildFault;
use super::files::{FileText, Files, OpenFile};
use super::finding::{Findings, Severity, Span, quote};
use super::pending::Pending;
use super::sources::Sources;
use crate::record::parameters::HashCeiling;
use crate::record::scan::{Entry, Scanner, Token};
use crate::record::{Class, Name, Rdata, Record, Rtype, Ttl};

/// What bounds the work that one zone's text can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadLimits {
    /// How deep `$INCLUDE` may nest.
    pub include_depth: usize,
    /// Octets of text in all, a file counted as often as it is included.
    pub octets: u64,
    /// How often `$INCLUDE` may stand in all, counted again in each file that is read again.
    pub includes: u64,
    /// Records from `$GENERATE` in all.
    pub generated: u64,
    /// Octets of the text that `$GENERATE` makes in all.
    pub generated_octets: u64,
    /// The dearest hash that owner names are made with.
    pub hash: HashCeiling,
}

impl Default for ReadLimits {
    /// 16 files deep, 8 GiB, 100,000 inclusions; 10 million generated records of 1 GiB of text;
    /// Argon2id of 256 MiB, 16 passes, 16 lanes.
    fn default() -> Self {
        let hash = HashCeiling { m_kib: 256 * 1024, t: 16, p: 16 };
        Self {
            include_depth: 16,
            octets: 8 << 30,
            includes: 100_000,
            generated: 10_000_000,
            generated_octets: 1 << 30,
            hash,
        }
    }
}

/// An identifier that `$IDENTIFIER` named, by the number that the sink gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subject(pub(super) usize);

/// A record, all but its owner name.
#[derive(Debug, Clone)]
pub(super) struct RecordBody {
    pub(super) class: Class,
    pub(super) ttl: Ttl,
    pub(super) rtype: Rtype,
    pub(super) rdata: Rdata,
}

/// What takes what is read.
pub(super) trait Sink {
    /// A record with an owner name.
    fn record(&mut self, record: Record, span: Span);
    /// Records with owner names, well formed, none of them an SOA record or at the name of parameters.
    fn run(&mut self, records: Pending);
    /// The identifier after `$IDENTIFIER`.
    fn subject(&mut self, identifier: &Token<'_>, span: Span) -> Result<Subject, Problem>;
    /// A MIMISIG that is to be signed now: the record data made of the draft.
    fn sign(&mut self, subject: Subject, draft: &[Token<'_>]) -> Result<Rdata, Problem>;
    /// A record of a subject.
    fn subject_record(&mut self, subject: Subject, record: RecordBody, span: Span);
}

/// What is wrong, at an offset of the text that is being read.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) offset: usize,
    pub(super) owner: Option<Name>,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) remedy: String,
}

impl Problem {
    pub(super) fn new(
        offset: usize,
        code: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { offset, owner: None, code, message: message.into(), remedy: remedy.into() }
    }
}

/// Whose a record is.
#[derive(Debug, Clone)]
enum Owner {
    Name(Name),
    Subject(Subject),
    /// It could not be read, and that was reported: what follows is checked and dropped.
    Unreadable,
}

/// What holds up to the end of a file; `$INCLUDE` passes it on and restores it.
#[derive(Debug, Clone, Default)]
struct Scope {
    origin: Option<Name>,
    /// Whose the next record is if its line begins with a blank.
    owner: Option<Owner>,
    /// Whom `@` means since `$IDENTIFIER`, in place of the origin.
    section: Option<Owner>,
}

impl Scope {
    /// Sets the origin; that ends an identifier's records.
    fn set_origin(&mut self, origin: Option<Name>) {
        if self.section.take().is_some() && !matches!(self.owner, Some(Owner::Name(_))) {
            self.owner = None;
        }
        self.origin = origin;
    }
}

/// Where a token of the text being read stands in the sources.
#[derive(Debug, Clone, Copy)]
enum Anchor {
    /// The text begins so many octets after the beginning of what spans count from.
    File { file: u32, base: usize },
    /// The text was made by the directive that stands here.
    Generated(Span),
}

impl Anchor {
    fn span(self, offset: usize) -> Span {
        match self {
            // `Sources` takes no text whose offsets don't fit.
            Self::File { file, base } => {
                Span { file, offset: u32::try_from(base + offset).unwrap_or(u32::MAX) }
            }
            Self::Generated(span) => span,
        }
    }
}

/// Reads one zone's text, with all that it includes, into a [`Sink`].
pub(super) struct Reader<'a, S> {
    files: &'a dyn Files,
    limits: &'a ReadLimits,
    sources: &'a mut Sources,
    findings: &'a mut Findings,
    sink: &'a mut S,
    /// The folder that paths in the text are relative to.
    folder: PathBuf,
    /// The files being read, outermost first.
    open: Vec<PathBuf>,
    octets: u64,
    includes: u64,
    generated: u64,
    generated_octets: u64,
    class: Option<Class>,
    default_ttl: Option<Ttl>,
    last_ttl: Option<Ttl>,
    reported_no_origin: bool,
    reported_no_ttl: bool,
    reported_implicit_ttl: bool,
    types: record::TypeCache,
    cut: run::Cut,
    /// How long texts are read, where they are not to be kept.
    pub(super) windows: Option<Windows>,
    /// Octets of the next run, where the last came to its end.
    pace: usize,
    /// An SOA record was begun, whether or not it could be read.
    pub(super) met_soa: bool,
    rdata: Vec<u8>,
}

impl<'a, S: Sink> Reader<'a, S> {
    pub(super) fn new(
        files: &'a dyn Files,
        limits: &'a ReadLimits,
        sources: &'a mut Sources,
        findings: &'a mut Findings,
        sink: &'a mut S,
    ) -> Self {
        Self {
            files,
            limits,
            sources,
            findings,
            sink,
            folder: PathBuf::new(),
            open: Vec::new(),
            octets: 0,
            includes: 0,
            generated: 0,
            generated_octets: 0,
            class: None,
            default_ttl: None,
            last_ttl: None,
            reported_no_origin: false,
            reported_no_ttl: false,
            reported_implicit_ttl: false,
            types: record::TypeCache::default(),
            cut: run::Cut::default(),
            windows: None,
            pace: 0,
            met_soa: false,
            rdata: Vec::new(),
        }
    }

    /// Reads the zone file at `path`; what is wrong goes to the findings.
    ///
    /// # Errors
    /// The file can't be opened.
    pub(super) fn read(&mut self, path: &Path, origin: Option<Name>) -> io::Result<()> {
        self.folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let opened = self.open(path.to_owned())?;
        self.text(opened, Scope { origin, ..Scope::default() });
        Ok(())
    }

    /// Opens a file, which then is the innermost.
    fn open(&mut self, path: PathBuf) -> io::Result<Opened<'a>> {
        let most = self.limits.octets - self.octets;
        let (of, octets, window) = match self.windows {
            None => {
                let FileText { path, octets } = self.files.read(&path, most)?;
                (path, octets, None)
            }
            Some(windows) => {
                let OpenFile { path, len, octets } = self.files.open(&path, most)?;
                // What was added since is for the next time.
                let (mut octets, mut text) = (octets.take(len), Vec::new());
                if usize::try_from(len).is_ok_and(|len| len <= windows.octets) {
                    octets.read_to_end(&mut text)?;
                    (path, text, None)
                } else {
                    self.octets += len;
                    (path, text, Some(Window::new(octets)))
                }
            }
        };
        // The files' sizes sum up to what was allowed at most.
        self.octets += octets.len() as u64;
        let file = match &window {
            None => self.sources.add(path, octets),
            Some(_) => self.sources.add_passed(path),
        };
        let file = file.map_err(io::Error::other)?;
        self.open.push(of);
        Ok(Opened { file, window })
    }

    /// Reads the innermost file to its end and closes it.
    fn text(&mut self, opened: Opened<'_>, scope: Scope) {
        match opened.window {
            Some(window) => self.long_text(opened.file, window, scope),
            None => self.whole_text(opened.file, scope),
        }
        self.open.pop();
    }

    fn whole_text(&mut self, file: u32, mut scope: Scope) {
        let text = self.sources.shared(file).unwrap_or_default();
        self.entries(&text, 0, &mut scope, Anchor::File { file, base: 0 }, true);
    }

    /// Reads entries from `from` on, and says where they end. Where what comes after the text is not known, so that it is
    /// not the last of its file, that may be in front of an entry that seems not to be right.
    fn entries(
        &mut self,
        text: &[u8],
        from: usize,
        scope: &mut Scope,
        anchor: Anchor,
        is_last: bool,
    ) -> usize {
        let (mut scanner, mut tokens) = (Scanner::starting_at(text, from), Vec::new());
        loop {
            let end = self.runs(text, scanner.offset(), scope, anchor);
            if end > scanner.offset() {
                scanner = Scanner::starting_at(text, end);
            }
            let begin = scanner.offset();
            let Some(scanned) = scanner.next_entry(&mut tokens) else { return text.len() };
            let outcome = match scanned {
                Ok(entry) => self.entry(text, scope, entry, &tokens, anchor),
                Err(_) if !is_last => return begin,
                Err(error) => {
                    // Whose record it was can't be told, so neither whose the next blank lines are.
                    scope.owner = Some(Owner::Unreadable);
                    self.met_soa |= tokens.iter().any(|token| token.is_word("SOA"));
                    Err(Problem::new(
                        error.offset,
                        "unreadable",
                        error.fault.to_string(),
                        error.fault.remedy(),
                    ))
                }
            };
            if let Err(problem) = outcome {
                self.push(anchor, Severity::Error, problem);
            }
        }
    }

    fn entry(
        &mut self,
        text: &[u8],
        scope: &mut Scope,
        entry: Entry,
        tokens: &[Token<'_>],
        anchor: Anchor,
    ) -> Result<(), Problem> {
        let Some((first, rest)) = tokens.split_first() else { return Ok(()) };
        if first.quoted || !first.raw.starts_with(b"$") {
            return self.record(scope, entry, tokens, anchor);
        }
        if entry.starts_blank {
            return Err(Problem::new(
                first.offset,
                "indented-directive",
                format!("the directive {} does not stand at the beginning of its line", quote(first.raw)),
                "remove the blanks before it; if it is no directive, write the `$` as `\\$`",
            ));
        }
        self.directive(text, scope, first, rest, anchor)
    }

    fn push(&mut self, anchor: Anchor, severity: Severity, problem: Problem) {
        let Problem { offset, owner, code, message, remedy } = problem;
        self.findings.push(BuildFault { span: anchor.span(offset), owner, severity, code, message, remedy });
    }
}

#[cfg(test)]
mod tests;
