//! Writing files: as a whole or not at all.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

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
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = Path::new(&beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if before.is_some() {
        // Until it has the mode of the file before, nobody else may read it.
        options.mode(0o600);
    }
    let mut file = options.open(beside)?;
    let written = (|| {
        file.write_all(octets)?;
        if let Some(before) = before {
            take_after(&file, before)?;
        }
        file.sync_all()?;
        std::fs::rename(beside, path)
    })();
    if written.is_err() {
        // What can't be removed either has been told by the error that led here.
        let _ = std::fs::remove_file(beside);
    }
    written
}

fn take_after(file: &File, before: &Metadata) -> io::Result<()> {
    let mine = file.metadata()?;
    if (mine.uid(), mine.gid()) != (before.uid(), before.gid()) {
        // Only root may give files away; to others the file then belongs.
        let _ = fchown(file, Some(before.uid()), Some(before.gid()));
    }
    file.set_permissions(PermissionsExt::from_mode(before.mode() & 0o777))
}

#[cfg(test)]
mod tests {
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
