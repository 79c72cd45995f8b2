//! What is noted in an image: all that the zone in it depends on.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::super::seen::FilesSeen;
use super::super::signing::KeptSigning;
use crate::cli::config::ZoneSource;

#[derive(Serialize, Deserialize)]
pub(super) struct Notes {
    pub(super) build: Build,
    /// The zone file, as an absolute path.
    pub(super) file: PathBuf,
    pub(super) settings: Settings,
    pub(super) seen: FilesSeen,
    /// In seconds since 1970.
    pub(super) due: Option<u64>,
    pub(super) loaded_at: u64,
    pub(super) example: Option<String>,
    pub(super) warnings: usize,
    pub(super) signing: Option<KeptSigning>,
}

/// How the file was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settings {
    allow_outside: bool,
    /// The zone that had to be there, to which relative names belonged.
    apex: Option<String>,
}

impl Settings {
    pub(super) fn of(source: &ZoneSource) -> Self {
        Self { allow_outside: source.allow_outside, apex: source.apex.as_ref().map(ToString::to_string) }
    }
}

/// Which program loaded the zone: another one may read text otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Build {
    version: String,
    /// Place, size and times of the program's file; none where the system does not say.
    program: Option<[i64; 7]>,
}

impl Build {
    /// Whether it is told apart from others.
    pub(super) fn is_known(&self) -> bool {
        self.program.is_some()
    }

    /// This one.
    pub(super) fn own() -> Self {
        let file = std::env::current_exe().and_then(|path| path.metadata()).ok();
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            program: file.map(|file| {
                let [place, inode, size] = [file.dev(), file.ino(), file.size()].map(u64::cast_signed);
                [place, inode, size, file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()]
            }),
        }
    }
}
