//! Reading what a command is given.

use std::io::{self, Read};
use std::path::Path;

use anyhow::Context;

/// More than any text that fits a machine's memory well.
const MOST: u64 = 1 << 30;

/// A file, or standard input for `-`.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    let whole = if path == Path::new("-") {
        io::stdin().lock().take(MOST + 1).read_to_end(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MOST + 1).read_to_end(&mut text))
    };
    whole.with_context(|| format!("{} can't be read", path.display()))?;
    anyhow::ensure!(text.len() as u64 <= MOST, "{} has more than 1 GiB", path.display());
    Ok(text)
}

/// The folder in which a file stands.
pub(super) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
