//! The zone files under the paths that a server was told, and whether they are still the same.

use std::io;
use std::path::{Path, PathBuf};

use crate::zone::find_zone_files;

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
    pub(super) fn of(paths: &[PathBuf]) -> Self {
        let shelved = list(paths);
        Self { looked: shelved.clone(), shelved, moved: false }
    }

    pub(super) fn look(&mut self, paths: &[PathBuf]) {
        let now = list(paths);
        self.moved = now != self.shelved && now == self.looked;
        self.looked = now;
    }
}

fn list(paths: &[PathBuf]) -> Vec<Option<Vec<PathBuf>>> {
    paths.iter().map(|path| find_zone_files(path).ok()).collect()
}

/// The zone files of a path, as [`find_zone_files`]: at least one, where there were any before. A folder that is
/// empty all of a sudden is one that is not mounted.
pub(super) fn files_of(path: &Path, held_any: bool) -> io::Result<Vec<PathBuf>> {
    let files = find_zone_files(path)?;
    if files.is_empty() && held_any {
        return Err(io::Error::new(io::ErrorKind::NotFound, "it holds no file whose name ends in .zone"));
    }
    Ok(files)
}
