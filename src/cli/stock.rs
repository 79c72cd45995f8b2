//! The zones that `zone check` finds under the paths it is given.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::args::Load;
use super::zone_paths::zone_files;
use crate::clock::UnixTime;
use crate::record::Name;
use crate::zone::{Finding, Loaded, Severity, load_file};

/// One zone file that was loaded.
pub(super) struct Stocked {
    pub(super) file: PathBuf,
    pub(super) loaded: Loaded,
}

/// Loads every zone file that the paths stand for, each once, in their order. A path that is not there, that can't be
/// read or that stands for none is a finding.
pub(super) fn load(paths: &[PathBuf], load: &Load, now: UnixTime) -> (Vec<Stocked>, Vec<Finding>) {
    let (mut files, mut findings): (Vec<PathBuf>, Vec<Finding>) = (Vec::new(), Vec::new());
    for path in paths {
        match zone_files(path) {
            Ok(found) if found.is_empty() => {
                findings.push(unreadable(path, "holds no file whose name ends in .zone".to_owned()));
            }
            Ok(found) => files.extend(found),
            Err(error) => findings.push(unreadable(path, format!("can't be read: {error}"))),
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())));
    let options = load.options(now);
    let stocked = |file: PathBuf| Stocked { loaded: load_file(&file, load.allow_outside, &options), file };
    (files.into_iter().map(stocked).collect(), findings)
}

fn unreadable(path: &Path, why: String) -> Finding {
    Finding {
        at: None,
        owner: None,
        severity: Severity::Error,
        code: "unreadable-file",
        message: format!("{} {why}", path.display()),
        remedy: String::new(),
    }
}

/// Two files that hold a zone of the same apex: which should be served?
pub(super) fn twice(stock: &[Stocked]) -> Vec<Finding> {
    let mut first: BTreeMap<&Name, &Path> = BTreeMap::new();
    let mut findings = Vec::new();
    for stocked in stock {
        let Some(zone) = &stocked.loaded.zone else { continue };
        match first.get(zone.apex()) {
            None => {
                first.insert(zone.apex(), &stocked.file);
            }
            Some(other) => {
                let at = stocked.loaded.soa.and_then(|soa| stocked.loaded.sources.locate(soa));
                findings.push(Finding { at, ..zone_twice(zone.apex(), other, &stocked.file) });
            }
        }
    }
    findings
}

pub(super) fn zone_twice(apex: &Name, one: &Path, other: &Path) -> Finding {
    Finding {
        at: None,
        owner: Some(apex.clone()),
        severity: Severity::Error,
        code: "zone-twice",
        message: format!("both {} and {} hold this zone", one.display(), other.display()),
        remedy: "serve one of them".to_owned(),
    }
}

/// How many errors and warnings.
pub(super) fn count<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> (usize, usize) {
    findings.into_iter().fold((0, 0), |(errors, warnings), finding| match finding.severity {
        Severity::Error => (errors + 1, warnings),
        Severity::Warning => (errors, warnings + 1),
    })
}
