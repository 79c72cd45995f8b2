//! Where zone text comes from: folders, confined, or memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Component, Path, PathBuf};

/// A file's octets and the one path that tells it from every other file.
#[derive(Clone, PartialEq, Eq)]
pub struct FileText {
    /// Without symbolic links, `.` and `..`.
    pub path: PathBuf,
    /// What is in it.
    pub octets: Vec<u8>,
}

/// A file that is read from its front to its end, so that not all of it need be in memory.
pub struct OpenFile<'f> {
    /// Without symbolic links, `.` and `..`.
    pub path: PathBuf,
    /// How many octets it had when it was opened.
    pub len: u64,
    /// What is in it.
    pub octets: Box<dyn Read + 'f>,
}

/// A source of files: of zones, of what they include, and of the keys that they name.
pub trait Files {
    /// Reads the whole of a file of at most `most` octets.
    ///
    /// # Errors
    /// As reading a file; [`io::ErrorKind::PermissionDenied`] also where the file stands outside of
    /// what may be read, [`io::ErrorKind::FileTooLarge`] where it has more octets.
    fn read(&self, path: &Path, most: u64) -> io::Result<FileText>;

    /// Opens a file of at most `most` octets that may be long.
    ///
    /// # Errors
    /// As [`Files::read`].
    fn open(&self, path: &Path, most: u64) -> io::Result<OpenFile<'_>> {
        let FileText { path, octets } = self.read(path, most)?;
        // A file that fits memory has a length that fits.
        let len = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        Ok(OpenFile { path, len, octets: Box::new(Cursor::new(octets)) })
    }
}

/// Files below one folder, links resolved: a zone's text can't make its reader open anything else.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
    /// The file that was named by the operator rather than by zone text.
    named: Option<PathBuf>,
    confined: bool,
}

impl Folder {
    /// The files of the folder `root`.
    ///
    /// # Errors
    /// There is no such folder, or it can't be reached.
    pub fn new(root: &Path) -> io::Result<Self> {
        Ok(Self { root: root.canonicalize()?, named: None, confined: true })
    }

    /// The files of the folder in which the zone file `zone` stands, and `zone` itself, even where it
    /// is a link that leads elsewhere: the operator named it.
    ///
    /// # Errors
    /// There is no such file, or it can't be reached.
    pub fn around(zone: &Path) -> io::Result<Self> {
        let root = match zone.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        Ok(Self { named: Some(zone.canonicalize()?), ..Self::new(root)? })
    }

    /// The same, without the confinement.
    #[must_use]
    pub fn allowing_outside(self) -> Self {
        Self { confined: false, ..self }
    }
}

impl Folder {
    /// The file, its path and its length, if it may be read.
    fn find(&self, path: &Path) -> io::Result<(File, PathBuf, u64)> {
        let path = path.canonicalize()?;
        if self.confined && !path.starts_with(&self.root) && self.named.as_ref() != Some(&path) {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "it stands outside of the zone's folder",
            ));
        }
        // Asked before it is opened: opening a pipe would wait for its other end.
        let metadata = path.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        Ok((File::open(&path)?, path, metadata.len()))
    }
}

impl Files for Folder {
    fn read(&self, path: &Path, most: u64) -> io::Result<FileText> {
        let (file, path, len) = self.find(path)?;
        // Room for all of it and for seeing that there is no more, so that nothing is copied.
        let len = usize::try_from(len.min(most)).unwrap_or(0);
        let mut octets = Vec::new();
        octets.try_reserve_exact(len.saturating_add(1)).map_err(|_| io::ErrorKind::OutOfMemory)?;
        file.take(most.saturating_add(1)).read_to_end(&mut octets)?;
        if u64::try_from(octets.len()).unwrap_or(u64::MAX) > most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(FileText { path, octets })
    }

    fn open(&self, path: &Path, most: u64) -> io::Result<OpenFile<'_>> {
        let (file, path, len) = self.find(path)?;
        if len > most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(OpenFile { path, len, octets: Box::new(file) })
    }
}

/// Files that are kept in memory: for tests, and for programs that embed zones.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl MemoryFiles {
    /// No files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more file, or with another text for it.
    #[must_use]
    pub fn with(mut self, path: impl AsRef<Path>, octets: impl Into<Vec<u8>>) -> Self {
        self.files.insert(plain(path.as_ref()), octets.into());
        self
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &Path, most: u64) -> io::Result<FileText> {
        let path = plain(path);
        let octets = self.files.get(&path).ok_or(io::ErrorKind::NotFound)?;
        if u64::try_from(octets.len()).unwrap_or(u64::MAX) > most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(FileText { path, octets: octets.clone() })
    }
}

/// The path without `.` and with each `..` taken against what stands before it.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// The zone files that `path` stands for: itself, or in a folder every file whose name ends in
/// `.zone`, without those of its folders and hidden ones, in the order of their names.
///
/// # Errors
/// There is nothing at `path`, or it can't be read.
pub fn find_zone_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.metadata()?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in path.read_dir()? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let zone = path.extension().is_some_and(|extension| extension == "zone");
        if zone && !hidden && !path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const MOST: u64 = 1000;

    /// `zones/a.zone`, `zones/keys/k`, `secret`, and links between them.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("zones/keys")).unwrap();
        fs::create_dir(at("zones/folder.zone")).unwrap();
        for path in ["zones/a.zone", "zones/b.zone", "zones/.c.zone", "zones/d.inc", "zones/keys/k", "secret"]
        {
            fs::write(at(path), path).unwrap();
        }
        folder
    }

    fn kind(result: io::Result<FileText>) -> io::ErrorKind {
        result.err().expect("it can't be read").kind()
    }

    #[test]
    fn a_folder_reads_what_is_below_it() {
        let folder = folder();
        let zone = folder.path().join("zones/a.zone");
        let files = Folder::around(&zone).unwrap();
        assert_eq!(files.read(&zone, MOST).unwrap().octets, b"zones/a.zone");
        let key = files.read(&folder.path().join("zones/./keys/../keys/k"), MOST).unwrap();
        assert_eq!(key.path, folder.path().canonicalize().unwrap().join("zones/keys/k"));
    }

    #[test]
    fn a_folder_reads_nothing_outside_unless_allowed() {
        let folder = folder();
        let zone = folder.path().join("zones/a.zone");
        let files = Folder::around(&zone).unwrap();
        let secret = folder.path().join("zones/../secret");
        assert_eq!(kind(files.read(&secret, MOST)), io::ErrorKind::PermissionDenied);
        assert_eq!(kind(files.read(&folder.path().join("secret"), MOST)), io::ErrorKind::PermissionDenied);
        assert_eq!(files.allowing_outside().read(&secret, MOST).unwrap().octets, b"secret");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_judged_by_where_it_leads() {
        let folder = folder();
        let at = |path: &str| folder.path().join(path);
        std::os::unix::fs::symlink(at("secret"), at("zones/link")).unwrap();
        std::os::unix::fs::symlink(at("zones/d.inc"), at("zones/inside")).unwrap();
        let files = Folder::around(&at("zones/a.zone")).unwrap();
        assert_eq!(kind(files.read(&at("zones/link"), MOST)), io::ErrorKind::PermissionDenied);
        assert_eq!(files.read(&at("zones/inside"), MOST).unwrap().octets, b"zones/d.inc");
        // The operator named this one.
        let named = Folder::around(&at("zones/link")).unwrap();
        assert_eq!(named.read(&at("zones/link"), MOST).unwrap().octets, b"secret");
    }

    #[test]
    fn only_regular_files_up_to_the_size_that_is_asked_for() {
        let folder = folder();
        let files = Folder::new(folder.path()).unwrap();
        assert_eq!(kind(files.read(&folder.path().join("zones"), MOST)), io::ErrorKind::InvalidInput);
        assert_eq!(kind(files.read(&folder.path().join("secret"), 5)), io::ErrorKind::FileTooLarge);
        assert_eq!(files.read(&folder.path().join("secret"), 6).unwrap().octets, b"secret");
        assert_eq!(kind(files.read(&folder.path().join("nothing"), MOST)), io::ErrorKind::NotFound);
    }

    #[test]
    fn files_in_memory() {
        let files = MemoryFiles::new().with("zones/a.zone", "text");
        assert_eq!(files.read(Path::new("zones/./keys/../a.zone"), 4).unwrap().octets, b"text");
        assert_eq!(kind(files.read(Path::new("zones/a.zone"), 3)), io::ErrorKind::FileTooLarge);
        assert_eq!(kind(files.read(Path::new("a.zone"), 3)), io::ErrorKind::NotFound);
    }

    #[test]
    fn zone_files_of_a_path() {
        let folder = folder();
        let zones = folder.path().join("zones");
        assert_eq!(find_zone_files(&zones).unwrap(), [zones.join("a.zone"), zones.join("b.zone")]);
        assert_eq!(find_zone_files(&zones.join("d.inc")).unwrap(), [zones.join("d.inc")]);
        assert!(find_zone_files(&zones.join("nothing")).is_err());
    }
}
