//! Writing files: as a whole or not at all.

mod apart;
mod beside;

use std::fs::{File, Metadata, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

pub(super) use self::apart::apart;
use self::beside::Beside;

/// Writes a file as a whole or not at all: beside its place first, then into it. A file that was
/// there before keeps its mode and, where the system lets it, its owner. A link is followed; what is no
/// regular file, as a pipe or a device, is written to and never replaced.
pub(super) fn replace_file(path: &Path, octets: &[u8]) -> io::Result<()> {
    match path.metadata() {
        Ok(before) if before.is_file() => replace(&path.canonicalize()?, Some(&before), octets),
        Ok(_) => OpenOptions::new().write(true).open(path)?.write_all(octets),
        Err(error) if error.kind() == io::ErrorKind::NotFound => replace(path, None, octets),
        Err(error) => Err(error),
    }
}

fn replace(path: &Path, before: Option<&Metadata>, octets: &[u8]) -> io::Result<()> {
    let mut beside = Beside::create(path, before)?;
    beside.file.write_all(octets)?;
    beside.into_place()
}

/// A file that is written piece by piece, and takes its place as a whole or not at all; as [`replace_file`] for
/// all else.
pub(super) enum Replacement {
    Beside(Box<Buffered>),
    /// A pipe or a device.
    Direct(File),
}

/// Many small pieces in few writes.
pub(super) struct Buffered {
    pieces: Vec<u8>,
    beside: Beside,
}

impl Replacement {
    /// What is going to stand at `path`, which must be none of the files that were read for it; what processes
    /// that were killed left beside it is removed.
    pub(super) fn begin(path: &Path, read: &[PathBuf]) -> io::Result<Self> {
        apart(path, read)?;
        beside::sweep(path);
        let buffered = |beside| Self::Beside(Box::new(Buffered { pieces: Vec::new(), beside }));
        match path.metadata() {
            Ok(before) if before.is_file() => {
                Beside::create(&path.canonicalize()?, Some(&before)).map(buffered)
            }
            Ok(_) => OpenOptions::new().write(true).open(path).map(Self::Direct),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Beside::create(path, None).map(buffered),
            Err(error) => Err(error),
        }
    }

    /// Puts it into its place.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        match self {
            Self::Beside(buffered) => buffered.beside.into_place(),
            Self::Direct(_) => Ok(()),
        }
    }
}

impl Write for Replacement {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        const PIECE: usize = 1 << 16;
        match self {
            Self::Direct(file) => file.write(octets),
            Self::Beside(buffered) => {
                let Buffered { pieces, beside } = &mut **buffered;
                pieces.extend_from_slice(octets);
                if pieces.len() >= PIECE {
                    beside.file.write_all(pieces)?;
                    pieces.clear();
                }
                Ok(octets.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Direct(file) => file.flush(),
            Self::Beside(buffered) => {
                let Buffered { pieces, beside } = &mut **buffered;
                beside.file.write_all(pieces)?;
                pieces.clear();
                Ok(())
            }
        }
    }
}

/// A file of no name, for what is held back until it is whole; nobody else may read it, and it is gone with its last
/// user. It stands where the system keeps such files: `TMPDIR`, or /tmp.
pub(super) fn nameless() -> io::Result<File> {
    // A name that nobody can take before.
    let name = RandomState::new().hash_one(std::process::id());
    let place = std::env::temp_dir().join(format!("mimi-dns.{name:016x}.part"));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&place)?;
    std::fs::remove_file(&place)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    #[test]
    fn a_file_keeps_its_mode_and_a_link_its_target() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        std::fs::write(&file, "before").unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace_file(&link, b"after").unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read(&file).unwrap(), b"after");
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o640);
        assert_eq!(folder.path().read_dir().unwrap().count(), 2);
    }

    #[test]
    fn what_is_no_file_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let device = folder.path().join("device");
        std::os::unix::fs::symlink("/dev/null", &device).unwrap();
        replace_file(&device, b"text").unwrap();
        assert!(!device.metadata().unwrap().is_file(), "the device was replaced by a file");
        replace_file(folder.path(), b"text").unwrap_err();
    }

    #[test]
    fn nothing_is_left_where_it_fails() {
        let folder = tempfile::tempdir().unwrap();
        replace_file(&folder.path().join("nowhere/file"), b"text").unwrap_err();
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
