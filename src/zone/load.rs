//! From a path to a zone: what the server starts with, what `zone check` and `zone build` do.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::fault::BuildFault;
use super::files::{Files, Folder};
use super::finding::{Finding, Findings, Severity, Span, quote};
use super::reader::{ReadLimits, Reader, Windows};
use super::snapshot::Zone;
use super::source::{KeyFiles, RememberedNames, Source, SourceIdentifier};
use super::sources::Sources;
use crate::clock::UnixTime;
use crate::record::Name;

/// The builder's code for a zone without SOA record.
const NO_SOA: &str = "no-soa";

/// How a zone is loaded.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// When: drafts are signed relative to it, and what has expired is told.
    pub now: UnixTime,
    /// The origin before the first `$ORIGIN`, for files that rely on their server's configuration.
    pub origin: Option<Name>,
    /// The zone that it must be, where that is known: another is an error.
    pub apex: Option<Name>,
    /// Whether long texts are read piece by piece and not kept: [`Loaded::sources`] lacks them then.
    pub passes_text: bool,
    /// What bounds the work.
    pub limits: ReadLimits,
    /// Owner names that were dear to make: who loads a zone again and again passes the same each time, and another
    /// for each zone.
    pub names: RememberedNames,
}

/// What came of loading.
pub struct Loaded {
    /// The zone's apex, whether or not there is a zone; none where no SOA record was read.
    pub apex: Option<Name>,
    /// The zone; none where one of the findings is an error.
    pub zone: Option<Zone>,
    /// What is wrong, in the order of the text.
    pub findings: Vec<Finding>,
    /// The identifiers that a source names, in its order.
    pub identifiers: Vec<SourceIdentifier>,
    /// How many drafts were signed: the zone runs out of their validity unless it is loaded again.
    pub drafts: usize,
    /// Every file that was read, zone text and keys, sorted.
    pub files: Vec<PathBuf>,
    /// The text, for locating the identifiers and their statements.
    pub sources: Sources,
    /// The origin before the first `$ORIGIN`.
    #[cfg(feature = "cli")]
    pub(super) origin: Option<Name>,
    /// Where the SOA record stands, where one was read.
    #[cfg(feature = "cli")]
    pub(crate) soa: Option<Span>,
}

/// Loads the zone of the file at `path`, which is among `files`.
///
/// A file holds one zone; its apex is the owner name of its SOA record.
#[must_use]
pub fn load(path: &Path, files: &dyn Files, options: &LoadOptions) -> Loaded {
    let (mut sources, mut findings) = (Sources::new(), Findings::default());
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let keys = KeyFiles::new(files, folder);
    let mut source = Source::new(&keys, options.now, options.limits.hash, options.names.clone());
    let mut reader = Reader::new(files, &options.limits, &mut sources, &mut findings, &mut source);
    reader.windows = options.passes_text.then(Windows::default);
    if let Err(error) = reader.read(path, options.origin.clone()) {
        return unreadable(path, &error);
    }
    let met_soa = reader.met_soa;
    let drafts = source.drafts;
    let (built, identifiers) = source.finish(&mut findings);
    let broken_text = findings.has_errors();
    for fault in built.faults {
        // An SOA record that could not be read has been told.
        if !(broken_text && met_soa && fault.code == NO_SOA) {
            findings.push(fault);
        }
    }
    if let (Some(wanted), Some(apex)) = (&options.apex, &built.apex)
        && wanted != apex
    {
        findings.push(other_apex(wanted, apex, built.soa));
    }
    let zone = built.zone.filter(|_| !findings.has_errors());
    if let (Some(zone), true) = (&zone, built.is_signed) {
        let faults = zone.faults_of_time(options.now, built.soa);
        faults.into_iter().for_each(|fault| findings.push(fault));
    }
    #[cfg(feature = "cli")]
    let soa = built.apex.is_some().then_some(built.soa);
    let read = sources.paths().map(Path::to_owned).chain(keys.into_paths()).collect::<BTreeSet<_>>();
    Loaded {
        apex: built.apex,
        zone,
        findings: findings.locate(&sources, files),
        identifiers,
        drafts,
        files: read.into_iter().collect(),
        sources,
        #[cfg(feature = "cli")]
        origin: options.origin.clone(),
        #[cfg(feature = "cli")]
        soa,
    }
}

fn other_apex(wanted: &Name, apex: &Name, soa: Span) -> BuildFault {
    BuildFault {
        span: soa,
        owner: Some(apex.clone()),
        severity: Severity::Error,
        code: "other-apex",
        message: format!("the file should hold the zone {wanted}, and holds this one"),
        remedy: "name this zone in the configuration, or the file that holds the other".to_owned(),
    }
}

/// Loads the zone of a file; what it includes, and the keys that it names, must stand in its folder,
/// unless `allow_outside`.
#[must_use]
pub fn load_file(path: &Path, allow_outside: bool, options: &LoadOptions) -> Loaded {
    match Folder::around(path) {
        Ok(folder) if allow_outside => load(path, &folder.allowing_outside(), options),
        Ok(folder) => load(path, &folder, options),
        Err(error) => unreadable(path, &error),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Loaded {
    let finding = Finding {
        at: None,
        owner: None,
        severity: Severity::Error,
        code: "unreadable-file",
        message: format!("{} can't be read: {error}", quote(path.as_os_str().as_encoded_bytes())),
        remedy: "a zone is a regular file of text".to_owned(),
    };
    Loaded {
        apex: None,
        zone: None,
        findings: vec![finding],
        identifiers: Vec::new(),
        drafts: 0,
        files: vec![path.to_owned()],
        sources: Sources::new(),
        #[cfg(feature = "cli")]
        origin: None,
        #[cfg(feature = "cli")]
        soa: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::files::MemoryFiles;
    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        let files = MemoryFiles::new().with("a.zone", text);
        let loaded = load(Path::new("a.zone"), &files, &LoadOptions::default());
        assert!(loaded.zone.is_none());
        loaded.findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn another_zone_than_was_wanted_is_told_at_its_soa_record() {
        let files =
            MemoryFiles::new().with("a.zone", "$TTL 60\n@ SOA ns h 1 1h 1h 1w 60\n@ NS ns\nns A 192.0.2.1\n");
        let of = |apex: &str, origin: &str| {
            let name = |name: &str| Some(name.parse().unwrap());
            let options = LoadOptions { apex: name(apex), origin: name(origin), ..LoadOptions::default() };
            let loaded = load(Path::new("a.zone"), &files, &options);
            (loaded.zone.is_some(), loaded.findings.first().map(|finding| finding.to_string()))
        };
        assert_eq!(of("A.example", "a.example"), (true, None));
        let (served, told) = of("b.example", "a.example");
        let expected = "a.zone:2:3: error[other-apex]: a.example.: the file should hold the zone b.example., and holds this one";
        assert!(!served && told.as_ref().is_some_and(|told| told.starts_with(expected)), "{told:?}");
    }

    #[test]
    fn a_missing_soa_record_is_told_and_a_broken_one_once() {
        assert_eq!(codes("$ORIGIN example.\n$TTL 60\n@ NS ns\n"), ["no-soa"]);
        assert_eq!(codes("$ORIGIN example.\n$TTL 60\n@ NS ns\na A x\n"), ["no-soa", "bad-data"]);
        assert_eq!(codes("$ORIGIN example.\n@ SOA ns mail 1 2 3 4 x\n@ NS ns\n"), ["bad-data"]);
        assert_eq!(codes("$ORIGIN example.\n@ SOA ( ns mail 1 2 3 4 5\n@ NS ns\n"), ["unreadable"]);
        assert_eq!(codes("@ SOA ns mail 1 2 3 4 5\n@ NS ns\n"), ["no-origin"]);
    }

    #[test]
    fn a_file_that_is_not_there_is_a_finding() {
        let loaded = load_file(Path::new("/nowhere/a.zone"), false, &LoadOptions::default());
        assert!(loaded.zone.is_none());
        assert_eq!(loaded.findings.len(), 1);
        assert_eq!(loaded.findings[0].code, "unreadable-file");
    }

    #[test]
    fn an_origin_from_outside_completes_names() {
        let files = MemoryFiles::new().with("a.zone", "@ 60 SOA ns.x. mail 1 2 3 4 5\n@ 60 NS ns.x.\n");
        let origin = Some("example.net".parse().unwrap());
        let loaded = load(Path::new("a.zone"), &files, &LoadOptions { origin, ..LoadOptions::default() });
        assert_eq!(loaded.zone.unwrap().apex().to_string(), "example.net.");
    }
}
