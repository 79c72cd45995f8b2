//! What the store asks of the system.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::{KeyStoreError, LOCK};

/// Who holds a folder does so for as long as it takes to make a few keys and write a few files.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);
/// Permission to write for others than a folder's owner.
const OTHERS_WRITE: u32 = 0o022;

/// What the system changes whenever another file is put in the place of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    place: (u64, u64),
    modified: (i64, i64),
}

impl Stamp {
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        Some(Self {
            place: (metadata.dev(), metadata.ino()),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }
}

/// Makes the folder where it is not there, and takes it.
pub(super) fn take(folder: &Path) -> Result<File, KeyStoreError> {
    let unusable = |source: io::Error| KeyStoreError::Unusable { folder: folder.to_owned(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unusable)?;
    if folder.metadata().map_err(unusable)?.permissions().mode() & OTHERS_WRITE != 0 {
        return Err(KeyStoreError::Open(folder.to_owned()));
    }
    let mut options = OpenOptions::new();
    let lock = options.write(true).create(true).truncate(false).mode(0o600).open(folder.join(LOCK));
    let lock = lock.map_err(unusable)?;
    let end = Instant::now() + PATIENCE;
    loop {
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(lock),
            Err(Errno::WOULDBLOCK) if Instant::now() < end => std::thread::sleep(PAUSE),
            Err(Errno::WOULDBLOCK) => return Err(KeyStoreError::Busy(folder.to_owned())),
            Err(error) => return Err(unusable(error.into())),
        }
    }
}

/// A file's text; none where it is not there.
pub(super) fn read(path: &Path, most: u64) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut text = String::new();
    file.take(most + 1).read_to_string(&mut text)?;
    if text.len() as u64 > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(Some(text)) }
}

/// The tags in the names of key files in a folder.
pub(super) fn tags_in(folder: &Path) -> Vec<u16> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let tag = |entry: io::Result<fs::DirEntry>| {
        let name = entry.ok()?.file_name();
        let (stem, _) = name.to_str()?.split_once(".private").or(name.to_str()?.split_once(".key"))?;
        stem.rsplit_once('+')?.1.parse().ok()
    };
    entries.filter_map(tag).collect()
}

/// Everything that changes the disk. Tests stop it between any two steps, as a machine may.
#[derive(Default)]
pub(super) struct Writes {
    #[cfg(test)]
    pub(super) left: Option<usize>,
}

impl Writes {
    /// One step more.
    #[cfg_attr(not(test), expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "tests stop it"))]
    pub(super) fn step(&mut self) -> io::Result<()> {
        #[cfg(test)]
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1).ok_or(io::Error::other("stopped"))?;
        }
        Ok(())
    }

    /// Puts these octets in the place of a file's, or leaves the file as it was.
    pub(super) fn replace(&mut self, folder: &Path, name: &str, octets: &[u8]) -> io::Result<()> {
        // Who works here has the folder: a part that was left over is of no use to anybody.
        let part = folder.join(format!("{name}.part"));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        let (half, rest) = octets.split_at(octets.len() / 2);
        for octets in [half, rest] {
            self.step()?;
            file.write_all(octets)?;
        }
        self.step()?;
        file.sync_all()?;
        self.step()?;
        fs::rename(&part, folder.join(name))?;
        self.step()?;
        File::open(folder)?.sync_all()
    }

    /// Takes the files of a key away; they may be gone already.
    pub(super) fn remove(&mut self, folder: &Path, stem: &str) -> io::Result<()> {
        for ending in [".private", ".key"] {
            self.step()?;
            match fs::remove_file(folder.join(format!("{stem}{ending}"))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}
