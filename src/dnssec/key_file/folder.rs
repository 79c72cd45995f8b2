//! Folders of keys: which files are a zone's, and writing them whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{KeyFile, KeyFileError, text};
use crate::record::Name;
use crate::record::dnssec::Algorithm;

/// The keys of the zone at `owner` in a folder, by their files' names: those with both files.
///
/// # Errors
/// A folder or a key that can't be read.
pub fn read_key_folder(folder: &Path, owner: &Name) -> Result<Vec<KeyFile>, KeyFileError> {
    let at = |error: io::Error| KeyFileError { path: folder.to_owned(), fault: error.into() };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(at)? {
        let path = entry.map_err(at)?.path();
        if is_of(&path, owner) && path.with_extension("private").exists() {
            paths.push(path);
        }
    }
    paths.sort_unstable();
    paths.iter().map(|path| KeyFile::read(path)).collect()
}

/// Whether this is the `.key` file of a key of the zone.
fn is_of(path: &Path, owner: &Name) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    let parts = || {
        let (front, tag) = name.strip_suffix(".key")?.rsplit_once('+')?;
        let (_, algorithm) = front.rsplit_once('+')?;
        Some((algorithm.parse().ok()?, tag.parse().ok()?))
    };
    parts().is_some_and(|(algorithm, tag)| {
        name == format!("{}.key", text::stem(owner, Algorithm(algorithm), tag))
    })
}

/// Writes a file that must not be there yet.
pub(super) fn create(path: &Path, octets: &[u8], mode: u32) -> io::Result<()> {
    // A link is made only where nothing is; a rename would replace what is there.
    write(path, octets, mode, |beside| {
        fs::hard_link(beside, path)?;
        fs::remove_file(beside)
    })
}

/// Writes a file in the place of the one that is there.
pub(super) fn replace(path: &Path, octets: &[u8], mode: u32) -> io::Result<()> {
    write(path, octets, mode, |beside| fs::rename(beside, path))
}

fn write(path: &Path, octets: &[u8], mode: u32, put: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = PathBuf::from(beside);
    // What a process of the same number left behind when it was killed.
    let _ = fs::remove_file(&beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let mut file = options.open(&beside)?;
    let written = file.write_all(octets).and_then(|()| file.sync_all()).and_then(|()| put(&beside));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
        return written;
    }
    // The name is in the folder only once the folder is on disk.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
