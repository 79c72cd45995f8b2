//! Which files a zone was read from, and whether any of them is another one now.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_128_with_secret};

use crate::clock::UnixTime;
use crate::zone::{FileText, Files, OpenFile};

/// A file that was written in the second in which it was read may have been written again since,
/// with nothing to tell it by but its content.
const SETTLED: u64 = 2;
/// Words of a secret: fewer do not do.
const WORDS: usize = 24;

/// Files, and a note of each that is read.
pub(super) struct Noting<F> {
    files: F,
    seen: RefCell<BTreeMap<PathBuf, Seen>>,
}

/// Every file that was read, or that could not be, and how it was then.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct FilesSeen {
    /// What their contents were told by.
    secret: Secret,
    files: BTreeMap<PathBuf, Seen>,
}

/// Nobody who does not know it can make two contents that are taken for one. It outlives the process with what was seen,
/// for its eyes alone.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
struct Secret(Arc<[u8]>);

#[derive(Clone, Serialize, Deserialize)]
struct Seen {
    /// Before the file was read, so that what is written meanwhile is noticed. None where there was no file.
    stamp: Option<Stamp>,
    /// In seconds since 1970.
    at: u64,
    /// None where it could not be read.
    content: Option<[u8; 16]>,
    most: u64,
}

/// What the system changes whenever somebody writes a file, or puts another one in its place.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    place: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl<F: Files> Noting<F> {
    pub(super) fn new(files: F) -> Self {
        Self { files, seen: RefCell::default() }
    }

    pub(super) fn into_seen(self) -> FilesSeen {
        FilesSeen { secret: Secret::own(), files: self.seen.into_inner() }
    }
}

impl<F: Files> Files for Noting<F> {
    fn read(&self, path: &Path, most: u64) -> io::Result<FileText> {
        let (stamp, at) = (Stamp::of(path), UnixTime::now().0);
        let read = self.files.read(path, most);
        let content = read.as_ref().ok().map(|read| Secret::own().digest(&read.octets));
        // Wherever somebody looks again.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.seen.borrow_mut().insert(path, Seen { stamp, at, content, most });
        read
    }

    fn open(&self, path: &Path, most: u64) -> io::Result<OpenFile<'_>> {
        let (stamp, at) = (Stamp::of(path), UnixTime::now().0);
        let opened = self.files.open(path, most);
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let note = Seen { stamp, at, content: None, most };
        if opened.is_err() || self.seen.borrow().contains_key(&path) {
            // As it was the first time: who sees another one then sees that it has changed.
            self.seen.borrow_mut().entry(path).or_insert(note);
            return opened;
        }
        let OpenFile { path: of, len, octets } = opened?;
        let content = Secret::own().hasher();
        let octets = Box::new(NotingRead { octets, content, path, note: Some(note), seen: &self.seen });
        Ok(OpenFile { path: of, len, octets })
    }
}

/// A file that is read from its front on. It is noted when that ends, by as much as was read.
struct NotingRead<'f> {
    octets: Box<dyn Read + 'f>,
    content: Xxh3,
    path: PathBuf,
    note: Option<Seen>,
    seen: &'f RefCell<BTreeMap<PathBuf, Seen>>,
}

impl Read for NotingRead<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.octets.read(buffer)?;
        self.content.update(&buffer[..count]);
        Ok(count)
    }
}

impl Drop for NotingRead<'_> {
    fn drop(&mut self) {
        if let Some(note) = self.note.take() {
            let content = Some(self.content.digest128().to_le_bytes());
            let path = std::mem::take(&mut self.path);
            self.seen.borrow_mut().entry(path).or_insert(Seen { content, ..note });
        }
    }
}

impl FilesSeen {
    /// Whether all of them are as they were. Those with another stamp are read again, but no zone is
    /// parsed: a file that was touched, or written anew with the same content, has not changed.
    pub(super) fn are_unchanged(&mut self, files: &impl Files) -> bool {
        self.files.iter_mut().all(|(path, seen)| seen.is_unchanged(path, files, &self.secret))
    }

    /// How the files are now; none where they are as they were, by their stamps.
    pub(super) fn moved(&self) -> Option<Vec<Option<Stamp>>> {
        let stamps: Vec<_> = self.files.keys().map(|path| Stamp::of(path)).collect();
        self.files.values().map(|seen| seen.stamp).ne(stamps.iter().copied()).then_some(stamps)
    }
}

impl Seen {
    fn is_unchanged(&mut self, path: &Path, files: &impl Files, secret: &Secret) -> bool {
        let (stamp, at) = (Stamp::of(path), UnixTime::now().0);
        if stamp == self.stamp && stamp.is_none_or(|stamp| stamp.is_settled(self.at)) {
            return true;
        }
        let content = files.read(path, self.most).ok().map(|read| secret.digest(&read.octets));
        let unchanged = content == self.content;
        if unchanged {
            (self.stamp, self.at) = (stamp, at);
        }
        unchanged
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        Some(Self {
            place: (metadata.dev(), metadata.ino()),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }

    fn is_settled(&self, read_at: u64) -> bool {
        let latest = self.modified.0.max(self.changed.0);
        u64::try_from(latest).is_ok_and(|latest| latest.saturating_add(SETTLED) <= read_at)
    }
}

impl Secret {
    /// That of this process.
    fn own() -> Self {
        static OWN: LazyLock<Secret> = LazyLock::new(|| {
            let random = RandomState::new();
            Secret((0..WORDS).flat_map(|word| random.hash_one(word).to_le_bytes()).collect())
        });
        OWN.clone()
    }

    /// Makes the same of octets that come piece by piece.
    fn hasher(&self) -> Xxh3 {
        Xxh3::with_secret(*self.0.first_chunk().expect("a secret is made, and read, with so many octets"))
    }

    fn digest(&self, octets: &[u8]) -> [u8; 16] {
        xxh3_128_with_secret(octets, &self.0).to_le_bytes()
    }
}

impl TryFrom<Vec<u8>> for Secret {
    type Error = &'static str;

    fn try_from(secret: Vec<u8>) -> Result<Self, Self::Error> {
        if secret.len() == size_of::<[u64; WORDS]>() { Ok(Self(secret.into())) } else { Err("no secret") }
    }
}

impl From<Secret> for Vec<u8> {
    fn from(secret: Secret) -> Self {
        secret.0.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::Folder;

    const MOST: u64 = 1000;

    fn seen(folder: &Path, names: &[&str]) -> FilesSeen {
        let files = Noting::new(Folder::new(folder).unwrap());
        for name in names {
            // That some are not there is what is noted.
            let _ = files.read(&folder.join(name), MOST);
        }
        files.into_seen()
    }

    #[test]
    fn a_file_changes_with_its_content_only() {
        let folder = tempfile::tempdir().unwrap();
        let (path, files) = (folder.path(), Folder::new(folder.path()).unwrap());
        for name in ["a", "b"] {
            std::fs::write(path.join(name), "one").unwrap();
        }
        let mut seen = seen(path, &["a", "b"]);
        assert!(seen.are_unchanged(&files));
        std::fs::write(path.join("b"), "one").unwrap();
        assert!(seen.are_unchanged(&files), "the same was written again");
        // As long as before, and within the same tick of the clock perhaps.
        std::fs::write(path.join("b"), "two").unwrap();
        assert!(!seen.are_unchanged(&files));
        assert!(!seen.are_unchanged(&files), "and stays changed until it is loaded");
    }

    #[test]
    fn a_file_that_is_read_in_pieces_is_noted_as_one_that_is_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (path, files) = (folder.path().join("a"), Folder::new(folder.path()).unwrap());
        for len in [0, 1, 200, 240, 241, 5000] {
            std::fs::write(&path, vec![b'x'; len]).unwrap();
            let noting = Noting::new(files.clone());
            let mut octets = noting.open(&path, 10_000).unwrap().octets;
            while octets.read(&mut [0; 7]).unwrap() > 0 {}
            drop(octets);
            let mut seen = noting.into_seen();
            std::fs::write(&path, vec![b'x'; len]).unwrap();
            assert!(seen.are_unchanged(&files), "{len}");
            std::fs::write(&path, vec![b'y'; len + 1]).unwrap();
            assert!(!seen.are_unchanged(&files), "{len}");
        }
    }

    #[test]
    fn files_come_and_go() {
        let folder = tempfile::tempdir().unwrap();
        let (path, files) = (folder.path(), Folder::new(folder.path()).unwrap());
        std::fs::write(path.join("a"), "one").unwrap();
        let mut both = seen(path, &["a", "b"]);
        assert!(both.are_unchanged(&files));
        std::fs::write(path.join("b"), "one").unwrap();
        assert!(!both.are_unchanged(&files), "what was missing is there");
        let mut both = seen(path, &["a", "b"]);
        std::fs::remove_file(path.join("a")).unwrap();
        assert!(!both.are_unchanged(&files), "what was there is missing");
    }

    #[test]
    fn old_files_are_told_by_their_stamps() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "one").unwrap();
        let mut seen = seen(folder.path(), &["a"]);
        for seen in seen.files.values_mut() {
            seen.at = UnixTime::now().plus(SETTLED).0;
        }
        /// Must not be read.
        struct Closed;
        impl Files for Closed {
            fn read(&self, _: &Path, _: u64) -> io::Result<FileText> {
                Err(io::ErrorKind::PermissionDenied.into())
            }
        }
        assert!(seen.are_unchanged(&Closed));
        std::fs::write(&path, "one and more").unwrap();
        assert!(!seen.are_unchanged(&Closed));
    }
}
