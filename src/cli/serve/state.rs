//! Folders that are the server's alone: what must outlive it, and what it need not make again.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::clock::UnixTime;

const LOCK: &str = "lock";
/// How what is being written ends.
const PART: &str = ".part";

/// The folder, held by this process.
pub(super) struct StateFolder {
    path: PathBuf,
    /// The system gives it up when the process ends, however it ends.
    _lock: File,
}

/// Why there is no state.
#[derive(Debug, thiserror::Error)]
pub(super) enum StateError {
    #[error("the folder {} is in use by another server", .0.display())]
    InUse(PathBuf),
    #[error("the folder {} can't be used", path.display())]
    Unusable { path: PathBuf, source: io::Error },
    #[error("others may write to the folder {}: whoever does chooses what the server believes; `chmod go-w` mends it", .0.display())]
    Open(PathBuf),
    #[error("the folder {} belongs to another user, who chooses what the server believes", .0.display())]
    Foreign(PathBuf),
}

/// Permission to write for others than a folder's owner.
const OTHERS_WRITE: u32 = 0o022;

impl StateFolder {
    /// Makes the folder, readable by its owner alone, where it is not there, and takes it.
    ///
    /// # Errors
    /// Another server has it, others may write to it, or the system refuses to make it or to write there.
    pub(super) fn open(path: &Path) -> Result<Self, StateError> {
        let unusable = |source: io::Error| StateError::Unusable { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
        if path.metadata().map_err(unusable)?.permissions().mode() & OTHERS_WRITE != 0 {
            return Err(StateError::Open(path.to_owned()));
        }
        let mut options = OpenOptions::new();
        let lock = options.write(true).create(true).truncate(false).mode(0o600).open(path.join(LOCK));
        let lock = lock.map_err(unusable)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(Errno::WOULDBLOCK) => Err(StateError::InUse(path.to_owned())),
            Err(error) => Err(unusable(error.into())),
        }
    }

    /// A file's octets; none where it was never written.
    ///
    /// # Errors
    /// It is there and can't be read, or holds more than `most` octets.
    pub(super) fn read(&self, name: &str, most: u64) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let file = match File::open(self.path.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut octets = Zeroizing::new(Vec::new());
        file.take(most.saturating_add(1)).read_to_end(&mut octets)?;
        if octets.len() as u64 > most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(Some(octets))
    }

    /// When a file was written last; none where it never was.
    pub(super) fn written_at(&self, name: &str) -> Option<UnixTime> {
        let written = self.path.join(name).metadata().ok()?.modified().ok()?;
        Some(UnixTime(written.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())))
    }

    /// Puts these octets in place of a file's, or leaves the file as it was. Whatever happens to the machine,
    /// one or the other is there afterwards.
    ///
    /// # Errors
    /// The system can't write there.
    pub(super) fn write(&self, name: &str, octets: &[u8]) -> io::Result<()> {
        self.write_with(name, |file| file.write_all(octets)).map(drop)
    }

    /// The same with what `fill` writes; how many octets that were.
    ///
    /// # Errors
    /// The system can't write there, or `fill` fails.
    pub(super) fn write_with(
        &self,
        name: &str,
        fill: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<u64> {
        // Nobody else writes in this folder: a part that was left over is of no use to anybody.
        let part = self.path.join(format!("{name}{PART}"));
        let written = (|| {
            let mut file =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
            fill(&mut file)?;
            file.sync_all()?;
            std::fs::rename(&part, self.path.join(name))?;
            File::open(&self.path)?.sync_all()?;
            Ok(file.metadata()?.len())
        })();
        if written.is_err() {
            // Half of something large would only keep others from being written.
            let _ = std::fs::remove_file(&part);
        }
        written
    }

    /// Whether it belongs to the user that this process runs as, or to root.
    ///
    /// # Errors
    /// The folder can't be looked at.
    pub(super) fn is_own(&self) -> io::Result<bool> {
        let owner = self.path.metadata()?.uid();
        Ok(owner == 0 || owner == rustix::process::geteuid().as_raw())
    }

    /// Removes what was being written, by a process that is gone, under names that end so.
    ///
    /// # Errors
    /// The folder can't be read, or a file not be removed.
    pub(super) fn remove_parts(&self, end: &str) -> io::Result<()> {
        let end = format!("{end}{PART}");
        self.remove(|name| name.ends_with(&end))
    }

    /// Where a file is, or would be.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Removes files that are `unwanted`, by their names.
    ///
    /// # Errors
    /// The folder can't be read, or a file not be removed.
    pub(super) fn remove(&self, unwanted: impl Fn(&str) -> bool) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_name().to_str().is_some_and(&unwanted) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn it_is_made_for_its_owner_alone_and_keeps_what_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/state");
        let state = StateFolder::open(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        assert_eq!(state.read("secrets", 100).unwrap(), None);
        state.write("secrets", b"one").unwrap();
        state.write("secrets", b"two").unwrap();
        assert_eq!(state.read("secrets", 3).unwrap().unwrap().as_slice(), b"two");
        assert_eq!(state.read("secrets", 2).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(mode(&path.join("secrets")), 0o600);
        assert!(!path.join("secrets.part").exists());
        drop(state);
        let again = StateFolder::open(&path).unwrap();
        assert_eq!(again.read("secrets", 100).unwrap().unwrap().as_slice(), b"two");
    }

    #[test]
    fn two_servers_do_not_share_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = StateFolder::open(folder.path()).unwrap();
        assert!(matches!(StateFolder::open(folder.path()), Err(StateError::InUse(_))));
        drop(first);
        StateFolder::open(folder.path()).unwrap();
    }

    #[test]
    fn one_that_others_may_write_to_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (mode, accepted) in [(0o777, false), (0o720, false), (0o755, true)] {
            std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(mode)).unwrap();
            let opened = StateFolder::open(folder.path());
            assert_eq!(opened.is_ok(), accepted, "{mode:o}");
            assert!(accepted || matches!(opened, Err(StateError::Open(_))));
        }
    }

    #[test]
    fn what_is_no_folder_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(StateFolder::open(file.path()), Err(StateError::Unusable { .. })));
    }
}
