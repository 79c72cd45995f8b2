//! Where the records of some names stand in the text that a zone was loaded from.
//!
//! A zone keeps no places: they would cost memory in a server. Who has something to tell of a few names reads the text
//! once more, as the loader did, so that they are found through `$INCLUDE`, `$GENERATE` and `$IDENTIFIER` too.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;

use super::files::{FileText, Files};
use super::finding::{Findings, Span};
use super::load::Loaded;
use super::pending::Pending;
use super::reader::{Problem, ReadLimits, Reader, RecordBody, Sink, Subject};
use super::source::{SourceIdentifier, parse_identifier};
use super::sources::Sources;
use crate::identifier::Identifier;
use crate::record::parameters::HashCeiling;
use crate::record::scan::Token;
use crate::record::{Name, Rdata, Record, Rtype};

/// The places of some names' records. Made by [`Loaded::spots`].
#[derive(Default)]
pub(crate) struct Spots {
    of_names: HashMap<Name, Vec<Spot>>,
}

struct Spot {
    rtype: Rtype,
    rdata: Rdata,
    span: Span,
}

impl Spots {
    /// The place of this record; where it is not written so, of one of its type at the name, else of one at the name.
    pub(crate) fn find(&self, owner: &Name, rtype: Rtype, rdata: Option<&[u8]>) -> Option<Span> {
        let spots = self.of_names.get(owner)?;
        let exact = spots.iter().find(|spot| spot.rtype == rtype && rdata == Some(&*spot.rdata));
        let alike = || spots.iter().find(|spot| spot.rtype == rtype);
        exact.or_else(alike).or(spots.first()).map(|spot| spot.span)
    }
}

impl Loaded {
    /// Reads the text again for the places of these names' records.
    pub(crate) fn spots(&self, names: HashSet<Name>) -> Spots {
        let Some(path) = self.sources.path(0) else { return Spots::default() };
        let is_wanted = |source: &&SourceIdentifier| source.owners.iter().any(|owner| names.contains(owner));
        let identifiers: Vec<&SourceIdentifier> = self.identifiers.iter().filter(is_wanted).collect();
        let numbers =
            identifiers.iter().enumerate().map(|(number, source)| (&source.identifier, number)).collect();
        let mut search = Search { names, identifiers, numbers, spots: Spots::default() };
        search.statements();
        let again = Again { sources: &self.sources, next: Cell::new(0) };
        let (mut sources, mut findings) = (Sources::new(), Findings::default());
        let mut reader = Reader::new(&again, &UNBOUNDED, &mut sources, &mut findings, &mut search);
        // What was read once is read again; if it could not be, there would be places less.
        let _ = reader.read(path, self.origin.clone());
        search.spots
    }
}

/// For text that was read within bounds before.
const UNBOUNDED: ReadLimits = ReadLimits {
    include_depth: usize::MAX,
    octets: u64::MAX,
    includes: u64::MAX,
    generated: u64::MAX,
    generated_octets: u64::MAX,
    hash: HashCeiling { m_kib: 0, t: 0, p: 0 },
};

/// The files as they were read, in that order: what stands on the disk may be another text by now.
struct Again<'s> {
    sources: &'s Sources,
    next: Cell<u32>,
}

impl Files for Again<'_> {
    fn read(&self, path: &Path, _: u64) -> io::Result<FileText> {
        let number = self.next.get();
        let text = self.sources.text(number).filter(|_| self.sources.path(number) == Some(path));
        let octets = text.ok_or(io::ErrorKind::NotFound)?.to_vec();
        self.next.set(number + 1);
        Ok(FileText { path: path.to_owned(), octets })
    }
}

/// Takes what is read, and keeps what was asked for.
struct Search<'l> {
    names: HashSet<Name>,
    /// Those whose owner names are among the names.
    identifiers: Vec<&'l SourceIdentifier>,
    numbers: HashMap<&'l Identifier, usize>,
    spots: Spots,
}

impl Search<'_> {
    fn keep(&mut self, owner: &Name, rtype: Rtype, rdata: Rdata, span: Span) {
        if self.names.contains(owner) {
            let spots = self.spots.of_names.entry(owner.clone()).or_default();
            spots.push(Spot { rtype, rdata, span });
        }
    }

    /// At names that were made of an identifier.
    fn keep_of(&mut self, number: usize, rtype: Rtype, rdata: &Rdata, span: Span) {
        let Some(&source) = self.identifiers.get(number) else { return };
        source.owners.iter().for_each(|owner| self.keep(owner, rtype, rdata.clone(), span));
    }

    /// Those that are drafts in the text were signed already.
    fn statements(&mut self) {
        for number in 0..self.identifiers.len() {
            for (span, rdata) in &self.identifiers[number].statements {
                self.keep_of(number, Rtype::MIMISIG, rdata, *span);
            }
        }
    }
}

impl Sink for Search<'_> {
    fn record(&mut self, record: Record, span: Span) {
        self.keep(&record.owner, record.rtype, record.rdata, span);
    }

    fn run(&mut self, records: Pending) {
        for (index, owner) in records.owners.iter().enumerate() {
            let owner = records.name(*owner);
            if self.names.contains(&owner) {
                for record in records.of_owner(index) {
                    self.keep(&owner, record.rtype, records.rdata(record).into(), record.span);
                }
            }
        }
    }

    fn subject(&mut self, identifier: &Token<'_>, _: Span) -> Result<Subject, Problem> {
        let identifier = parse_identifier(identifier)?;
        Ok(Subject(self.numbers.get(&identifier).copied().unwrap_or(usize::MAX)))
    }

    fn sign(&mut self, _: Subject, _: &[Token<'_>]) -> Result<Rdata, Problem> {
        Ok(Rdata::default())
    }

    fn subject_record(&mut self, subject: Subject, record: RecordBody, span: Span) {
        if record.rtype != Rtype::MIMISIG {
            self.keep_of(subject.0, record.rtype, &record.rdata, span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::{LoadOptions, MemoryFiles, load};

    fn place(loaded: &Loaded, owner: &str, rtype: Rtype) -> Option<String> {
        let owner: Name = owner.parse().unwrap();
        let spots = loaded.spots(HashSet::from([owner.clone()]));
        let at = loaded.sources.locate(spots.find(&owner, rtype, None)?)?;
        Some(format!("{}:{}:{}", at.file.display(), at.line, at.column))
    }

    #[test]
    fn through_includes_generated_lines_and_identifiers() {
        let text = "$ORIGIN example.\n$TTL 1h\n@ SOA ns h 1 1h 1h 1w 60\n@ NS ns\nns A 127.0.0.1\n\
                    $INCLUDE b.inc b\n$INCLUDE b.inc c\n$GENERATE 1-3 g$ A 127.0.0.$\n\
                    _mimi TXT \"v=mimi1; epoch=1; hash=sha256; salt=00112233445566778899aabbccddeeff; from=20260101000000\"\n\
                    $IDENTIFIER tel:+442079460148\n@ TXT a\n  HINFO a b\n";
        let files = MemoryFiles::new().with("a.zone", text).with("b.inc", "; x\n\nx TXT b\n A 127.0.0.1\n");
        let loaded = load(Path::new("a.zone"), &files, &LoadOptions::default());
        assert!(loaded.zone.is_some(), "{:?}", loaded.findings);
        for (owner, rtype, expected) in [
            ("NS.example.", Rtype::A, "a.zone:5:4"),
            ("ns.example.", Rtype::RRSIG, "a.zone:5:4"),
            ("x.b.example.", Rtype::TXT, "b.inc:3:3"),
            ("x.c.example.", Rtype::A, "b.inc:4:2"),
            ("g2.example.", Rtype::A, "a.zone:8:1"),
            (&loaded.identifiers[0].owners[0].to_string(), Rtype::HINFO, "a.zone:12:3"),
        ] {
            assert_eq!(place(&loaded, owner, rtype).as_deref(), Some(expected), "{owner} {rtype}");
        }
        assert_eq!(place(&loaded, "none.example.", Rtype::A), None);
    }
}
