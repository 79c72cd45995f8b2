//! The file of cookie secrets that a configuration names.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::server::CookieSecrets;

/// Larger files hold no secrets.
pub(in crate::cli) const LARGEST: u64 = 4096;

/// Reads it.
///
/// # Errors
/// It can't be read, or holds something else. Nothing of it is quoted.
pub(in crate::cli) fn from_file(path: &Path) -> anyhow::Result<CookieSecrets> {
    // Asked before it is opened: opening a pipe would wait for its other end.
    if !path.metadata()?.is_file() {
        anyhow::bail!("it is not a regular file");
    }
    let mut octets = Zeroizing::new(Vec::new());
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut octets)?;
    if octets.len() as u64 > LARGEST {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge).into());
    }
    parse(&octets)
}

/// One secret a line.
///
/// # Errors
/// It is something else.
pub(in crate::cli) fn parse(octets: &[u8]) -> anyhow::Result<CookieSecrets> {
    Ok(str::from_utf8(octets)?.parse()?)
}
