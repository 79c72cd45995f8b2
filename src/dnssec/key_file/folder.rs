//! Folders of keys: which files are a zone's, and writing them whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{KeyFile, KeyFileError, KeyTimes, both, read_bounded, text};
use crate::clock::UnixTime;
use crate::record::Name;
use crate::record::dnssec::Algorithm;

/// A key of which only one of the two files is there.
#[derive(Debug, Clone)]
pub struct HalfKey {
    /// The file that is there.
    pub path: PathBuf,
    /// The one that is not.
    pub missing: PathBuf,
    /// The data of its DNSKEY record, where the `.key` file is the one that is there.
    pub dnskey: Option<Vec<u8>>,
    /// Its tag, as the files' names have it.
    pub key_tag: u16,
    /// When it does what.
    pub times: KeyTimes,
}

impl HalfKey {
    /// Whether its times say that it is out of the zone, so that nobody needs the other file.
    #[must_use]
    pub fn is_gone(&self, now: UnixTime) -> bool {
        self.times.delete.is_some_and(|delete| delete <= now)
    }

    fn read(path: &Path, key_tag: u16) -> Result<Self, KeyFileError> {
        let [public, private] = both(path);
        let is_public = path == public;
        let parsed = read_bounded(path).and_then(|text| match is_public {
            true => Ok((Some(text::parse_key(&text)?.dnskey()), text::times_in_comments(&text)?)),
            false => Ok((None, text::parse_private(&text)?.times)),
        });
        let path = path.to_owned();
        let (dnskey, times) = parsed.map_err(|fault| KeyFileError { path: path.clone(), fault })?;
        Ok(Self { path, missing: if is_public { private } else { public }, dnskey, key_tag, times })
    }
}

/// The keys of the zone at `owner` in a folder, by their files' names: those with both files. The others are
/// told by [`read_half_keys`].
///
/// # Errors
/// A folder or a key that can't be read.
pub fn read_key_folder(folder: &Path, owner: &Name) -> Result<Vec<KeyFile>, KeyFileError> {
    let files = files_of(folder, owner)?;
    files
        .iter()
        .filter(|(path, _)| is_public(path) && is_whole(path))
        .map(|(path, _)| KeyFile::read(path))
        .collect()
}

/// Keys of the zone at `owner` in a folder of which only one file is there: keys that are meant to be used, perhaps, and
/// can't be. Who signs without them may break the zone.
///
/// # Errors
/// A folder or a file that can't be read.
pub fn read_half_keys(folder: &Path, owner: &Name) -> Result<Vec<HalfKey>, KeyFileError> {
    let files = files_of(folder, owner)?;
    files.iter().filter(|(path, _)| !is_whole(path)).map(|(path, tag)| HalfKey::read(path, *tag)).collect()
}

/// The `.key` and `.private` files of the zone's keys, sorted, with their tags.
fn files_of(folder: &Path, owner: &Name) -> Result<Vec<(PathBuf, u16)>, KeyFileError> {
    let at = |error: io::Error| KeyFileError { path: folder.to_owned(), fault: error.into() };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(at)? {
        let path = entry.map_err(at)?.path();
        files.extend(tag_of(&path, owner).map(|tag| (path, tag)));
    }
    files.sort_unstable();
    Ok(files)
}

fn is_public(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "key")
}

fn is_whole(path: &Path) -> bool {
    both(path).iter().all(|path| path.exists())
}

/// The tag of the zone's key of which this is a file.
fn tag_of(path: &Path, owner: &Name) -> Option<u16> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(".key").or_else(|| name.strip_suffix(".private"))?;
    let (front, tag) = stem.rsplit_once('+')?;
    let (_, algorithm) = front.rsplit_once('+')?;
    let (algorithm, tag) = (algorithm.parse().ok()?, tag.parse().ok()?);
    (stem == text::stem(owner, Algorithm(algorithm), tag)).then_some(tag)
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
