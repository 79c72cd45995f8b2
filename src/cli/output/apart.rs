//! What an output must not be: a file that was read for it, or a secret key.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// No file of a key is longer.
const LONGEST_KEY: u64 = 65_536;

/// Refuses an output that is one of the files that were read, by whatever path or link: a source would be gone. `-` is
/// standard input among these, and standard output.
pub(in crate::cli) fn apart(path: &Path, read: &[PathBuf]) -> io::Result<()> {
    // Into a pipe, a terminal or a device one may write what comes from there.
    let Some(output) = path.metadata().ok().filter(Metadata::is_file) else { return Ok(()) };
    if path == Path::new("-") {
        return Ok(());
    }
    for file in read {
        let from = if file == Path::new("-") { standard_input() } else { file.metadata() };
        if from.is_ok_and(|from| (from.dev(), from.ino()) == (output.dev(), output.ino())) {
            let file = file.display();
            return Err(io::Error::other(format!("{file} is the same file, and was read: write to another")));
        }
    }
    Ok(())
}

fn standard_input() -> io::Result<Metadata> {
    File::from(io::stdin().as_fd().try_clone_to_owned()?).metadata()
}

/// Refuses to replace a file that holds a secret key: there may be no other copy.
pub(super) fn no_secret(path: &Path) -> io::Result<()> {
    let mut text = Zeroizing::new(Vec::with_capacity(LONGEST_KEY as usize));
    // What can't be read may be replaced all the same: it is no key that this user works with.
    let Ok(file) = File::open(path) else { return Ok(()) };
    file.take(LONGEST_KEY).read_to_end(&mut text)?;
    let is_secret = |line: &[u8]| {
        let line = line.trim_ascii();
        let is_pem = line.starts_with(b"-----BEGIN ") && line.ends_with(b"PRIVATE KEY-----");
        is_pem || line.starts_with(b"Private-key-format:")
    };
    if text.split(|&octet| octet == b'\n').any(is_secret) {
        return Err(io::Error::other(
            "it holds a secret key, which is never replaced: write to another file",
        ));
    }
    Ok(())
}
