//! The zone files under the paths that a server was told, and whether they are still the same.

use std::io;
use std::path::PathBuf;

use crate::cli::config::ZoneSource;
use crate::cli::zone_paths::zone_files;

/// Which files there are under the paths.
#[derive(Default)]
pub(super) struct Listed {
    /// As they were found when they were shelved.
    shelved: Vec<Option<Vec<PathBuf>>>,
    /// At the last look.
    looked: Vec<Option<Vec<PathBuf>>>,
    /// Whether others are there now, and were at the last look.
    pub(super) moved: bool,
}

impl Listed {
    pub(super) fn of(sources: &[ZoneSource]) -> Self {
        let shelved = list(sources);
        Self { looked: shelved.clone(), shelved, moved: false }
    }

    pub(super) fn look(&mut self, sources: &[ZoneSource]) {
        let now = list(sources);
        self.moved = now != self.shelved && now == self.looked;
        self.looked = now;
    }
}

fn list(sources: &[ZoneSource]) -> Vec<Option<Vec<PathBuf>>> {
    sources.iter().map(|source| files_of(source, false).ok()).collect()
}

/// The file of a zone that is named, whether or not it is there: the loader tells. Else the zone files of a path, as
/// [`zone_files`]: at least one, where there were any before. A folder that is empty all of a sudden is one that is not
/// mounted.
pub(super) fn files_of(source: &ZoneSource, held_any: bool) -> io::Result<Vec<PathBuf>> {
    if source.apex.is_some() {
        return Ok(vec![source.path.clone()]);
    }
    let files = zone_files(&source.path)?;
    if files.is_empty() && held_any {
        return Err(io::Error::new(io::ErrorKind::NotFound, "it holds no zone file any more"));
    }
    Ok(files)
}
