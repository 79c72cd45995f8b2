//! A file that takes another's place once it is whole; until then nobody sees it, where the filesystem can do that.

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::apart::no_secret;

/// A file that is going to stand at `path`; it is gone with this, unless it was put there.
pub(super) struct Beside {
    pub(super) file: File,
    /// Its own name, if it has one; without, it is gone with the process, however that ends.
    part: Option<PathBuf>,
    path: PathBuf,
    before: Option<Metadata>,
    /// The mode that a new file has there.
    mode: u32,
}

impl Beside {
    pub(super) fn create(path: &Path, before: Option<&Metadata>) -> io::Result<Self> {
        if before.is_some() {
            no_secret(path)?;
        }
        match nameless(folder_of(path)) {
            Some(file) => Self::of(file, None, path, before),
            None => Self::named(path, before),
        }
    }

    /// Where no file can be without a name. Until it stands in its place, nobody else may read it.
    fn named(path: &Path, before: Option<&Metadata>) -> io::Result<Self> {
        let part = part_of(path);
        make_room(&part);
        let file = OpenOptions::new().write(true).create_new(true).open(&part)?;
        let mut beside = Self::of(file, Some(part), path, before)?;
        beside.mode = beside.file.metadata()?.mode();
        beside.file.set_permissions(PermissionsExt::from_mode(0o600))?;
        Ok(beside)
    }

    fn of(file: File, part: Option<PathBuf>, path: &Path, before: Option<&Metadata>) -> io::Result<Self> {
        // Says that whoever writes it is alive. Some filesystems have no locks; the number in its name says so too.
        let _ = flock(&file, FlockOperation::NonBlockingLockExclusive);
        let mode = file.metadata()?.mode();
        Ok(Self { file, part, path: path.to_owned(), before: before.cloned(), mode })
    }

    pub(super) fn into_place(mut self) -> io::Result<()> {
        match &self.before {
            Some(before) => take_after(&self.file, before)?,
            None => self.file.set_permissions(PermissionsExt::from_mode(self.mode & 0o777))?,
        }
        self.file.sync_all()?;
        if self.part.is_none() {
            if self.before.is_none() && link(&self.file, &self.path).is_ok() {
                return Ok(());
            }
            // A link can't take the place of what is there, only a rename can.
            let part = part_of(&self.path);
            make_room(&part);
            link(&self.file, &part)?;
            self.part = Some(part);
        }
        if let Some(part) = &self.part {
            std::fs::rename(part, &self.path)?;
        }
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            // It is gone already where it was put into its place; what else can't be removed has been told by the
            // error that led here.
            let _ = std::fs::remove_file(part);
        }
    }
}

/// `FILE.<number of the process>.part`.
fn part_of(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    PathBuf::from(part)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file without a name in a folder, with the mode that a new file has; none where the filesystem has no such files.
#[cfg(target_os = "linux")]
fn nameless(folder: &Path) -> Option<File> {
    use rustix::fs::{Mode, OFlags};
    // It gets its name by this.
    if !Path::new("/proc/self/fd").is_dir() {
        return None;
    }
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    rustix::fs::open(folder, flags, Mode::from_raw_mode(0o666)).ok().map(File::from)
}

#[cfg(not(target_os = "linux"))]
fn nameless(_: &Path) -> Option<File> {
    None
}

/// Gives a file without a name this one, where there is nothing yet.
fn link(file: &File, path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    use rustix::fs::{AtFlags, CWD, linkat};
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, open, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

/// Removes what a process of the same number left when it was killed, as that of each container is 1.
fn make_room(part: &Path) {
    if is_nobodys(part) {
        // What is there still is told by whoever finds its place taken.
        let _ = std::fs::remove_file(part);
    }
}

/// Removes what processes that were killed left beside a file.
pub(super) fn sweep(path: &Path) {
    let Ok(path) = path.canonicalize().or_else(|_| std::path::absolute(path)) else { return };
    let (Some(name), Ok(entries)) = (path.file_name(), folder_of(&path).read_dir()) else { return };
    for entry in entries.flatten() {
        if is_left_over(&entry.file_name(), name) && is_nobodys(&entry.path()) {
            // It is in nobody's way.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Whether this is the name of a part of the file, and its process is no more.
fn is_left_over(part: &OsStr, name: &OsStr) -> bool {
    let number = || {
        let number = part.as_encoded_bytes().strip_prefix(name.as_encoded_bytes())?;
        let number = number.strip_prefix(b".")?.strip_suffix(b".part")?;
        rustix::process::Pid::from_raw(str::from_utf8(number).ok()?.parse().ok()?)
    };
    number().is_some_and(|pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}

/// Whether it is a file on which no process has a lock: one in a container of its own has a number that says nothing here.
fn is_nobodys(part: &Path) -> bool {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags((rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed())
        .open(part);
    file.is_ok_and(|file| {
        file.metadata().is_ok_and(|metadata| metadata.is_file())
            && flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
    })
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
    use std::io::Write;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = folder
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn with_a_name_or_without_the_same_stands_there_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(folder.path().join("usual"), "").unwrap();
        let usual = folder.path().join("usual").metadata().unwrap().mode();
        for create in [Beside::create, Beside::named] {
            for mode in [None, Some(0o640)] {
                if let Some(mode) = mode {
                    std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
                }
                let before = path.metadata().ok();
                let mut beside = create(&path, before.as_ref()).unwrap();
                beside.file.write_all(b"text").unwrap();
                if let Some(part) = &beside.part {
                    assert_eq!(part.metadata().unwrap().mode() & 0o777, 0o600);
                }
                beside.into_place().unwrap();
                assert_eq!(std::fs::read(&path).unwrap(), b"text");
                let expected = mode.unwrap_or(usual & 0o777);
                assert_eq!(path.metadata().unwrap().mode() & 0o777, expected);
                assert_eq!(names(folder.path()), ["file", "usual"]);
                let before = path.metadata().unwrap();
                drop(create(&path, Some(&before)).unwrap());
                assert_eq!(names(folder.path()), ["file", "usual"]);
            }
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn another_file_that_came_meanwhile_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let beside = Beside::create(&path, None).unwrap();
        std::fs::write(&path, "other").unwrap();
        beside.into_place().unwrap();
        assert_eq!(
            (std::fs::read(&path).unwrap(), names(folder.path())),
            (Vec::new(), vec!["file".to_owned()])
        );
    }

    #[test]
    fn what_a_process_of_the_same_number_left_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for create in [Beside::create, Beside::named] {
            for before in ["new", "old"] {
                std::fs::write(part_of(&path), "left").unwrap();
                let metadata = path.metadata().ok();
                let mut beside = create(&path, metadata.as_ref()).unwrap();
                beside.file.write_all(before.as_bytes()).unwrap();
                beside.into_place().unwrap();
                assert_eq!(std::fs::read(&path).unwrap(), before.as_bytes());
            }
            assert_eq!(names(folder.path()), ["file"]);
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn only_parts_of_processes_that_are_no_more_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        // No process has so large a number.
        let left = format!("file.{}.part", i32::MAX);
        let alive = format!("file.{}.part", std::process::id());
        let others = [alive.as_str(), "file.0.part", "file.x.part", "file2.2147483647.part", "file.part"];
        for name in others.iter().chain([&left.as_str()]) {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let lock = File::open(folder.path().join(&left)).unwrap();
        flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
        sweep(&path);
        assert_eq!(names(folder.path()).len(), 6, "somebody has it");
        drop(lock);
        sweep(&path);
        let mut expected = others.map(str::to_owned).to_vec();
        expected.sort();
        assert_eq!(names(folder.path()), expected);
    }
}
