//! Keys in files, in BIND's form: `Kname.+015+12345.key` holds the DNSKEY record, `.private` the secret and
//! the times, "Private-key-format: v1.3". dnssec-keygen, dnssec-settime, dnssec-signzone, keymgr and
//! ldns-signzone read them, and theirs are read here.

mod folder;
mod text;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use zeroize::Zeroizing;

pub use self::folder::{HalfKey, read_half_keys, read_key_folder};
use super::key::{SigningKey, SigningKeyError};
use crate::clock::UnixTime;
use crate::record::dnssec::{Algorithm, Dnskey};
use crate::record::{Name, Ttl};

/// No file of a key is longer.
const MAX_FILE: u64 = 65_536;

/// A zone's key as two files hold it.
#[derive(Debug, Clone)]
pub struct KeyFile {
    /// The zone's apex.
    pub owner: Name,
    /// The flags of its DNSKEY record: [`Dnskey::ZONE`] and others.
    pub flags: u16,
    /// The TTL that the record has in the file, where it has one.
    pub ttl: Option<Ttl>,
    /// The key itself.
    pub key: Arc<SigningKey>,
    /// When it does what.
    pub times: KeyTimes,
    /// Lines of the secret's file that are not understood here; they are kept when times are written.
    pub others: Vec<String>,
}

/// When a key does what; none for what it does not do, or not yet known when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyTimes {
    /// When it was made.
    pub created: Option<UnixTime>,
    /// From when its DNSKEY record is published.
    pub publish: Option<UnixTime>,
    /// From when it signs.
    pub activate: Option<UnixTime>,
    /// From when its record has the REVOKE flag.
    pub revoke: Option<UnixTime>,
    /// From when it signs no more.
    pub inactive: Option<UnixTime>,
    /// From when its DNSKEY record is not published any more.
    pub delete: Option<UnixTime>,
    /// From when its CDS and CDNSKEY records are published.
    pub sync_publish: Option<UnixTime>,
    /// From when they are not any more.
    pub sync_delete: Option<UnixTime>,
}

/// A key's file that can't be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {fault}", path.display())]
pub struct KeyFileError {
    /// The file.
    pub path: PathBuf,
    /// Why; told with the file, so that it is no source.
    pub fault: KeyFileFault,
}

/// Why a key's file can't be read or written. Nothing of its text is told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileFault {
    /// The system's reason.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// No DNSKEY record.
    #[error("it holds no DNSKEY record")]
    NoDnskey,
    /// Not "Private-key-format: v1", or no algorithm or secret in it.
    #[error("it is no secret key in the form of BIND (\"Private-key-format: v1.3\")")]
    NotPrivate,
    /// A time that is not of the form `YYYYMMDDHHmmSS`.
    #[error("the time of {0} can't be read")]
    Time(&'static str),
    /// The two files name different algorithms.
    #[error("its algorithm is not that of the DNSKEY record")]
    OtherAlgorithm,
    /// Only the `.key` file is there.
    #[error("the secret of this key is missing: bring it back, or take its .key file away")]
    NoSecret,
    /// The secret can't be used.
    #[error(transparent)]
    Key(#[from] SigningKeyError),
}

impl KeyFile {
    /// A new key for the zone at `owner`, with no tag in `taken`, not in any file yet.
    ///
    /// # Errors
    /// As [`SigningKey::generate`].
    pub fn generate(
        owner: &Name,
        algorithm: Algorithm,
        flags: u16,
        times: KeyTimes,
        taken: &[u16],
    ) -> Result<Self, SigningKeyError> {
        loop {
            let key = SigningKey::generate(algorithm)?;
            // A key that is revoked later has another tag then. Source: RFC 5011 §2.1.
            let tags = [flags, flags | Dnskey::REVOKE].map(|flags| key.key_tag(flags));
            if !tags.iter().any(|tag| taken.contains(tag)) {
                let (owner, key) = (owner.clone(), Arc::new(key));
                return Ok(Self { owner, flags, ttl: None, key, times, others: Vec::new() });
            }
        }
    }

    /// The key's tag.
    #[must_use]
    pub fn key_tag(&self) -> u16 {
        self.key.key_tag(self.flags)
    }

    /// Whether it is a key that a parent's DS record points to, by its flag.
    #[must_use]
    pub fn is_secure_entry_point(&self) -> bool {
        self.flags & Dnskey::SECURE_ENTRY_POINT != 0
    }

    /// The names of its files without their endings.
    #[must_use]
    pub fn stem(&self) -> String {
        text::stem(&self.owner, self.key.algorithm(), self.key_tag())
    }

    /// The same of a key that is named by its algorithm and tag.
    #[must_use]
    pub fn stem_of(owner: &Name, algorithm: Algorithm, key_tag: u16) -> String {
        text::stem(owner, algorithm, key_tag)
    }

    /// Reads the two files of a key; `path` is one of them, or both without their endings.
    ///
    /// # Errors
    /// Why it can't be read: the file's fault, or the system's.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let [public, private] = both(path);
        let at = |path: &Path| {
            let path = path.to_owned();
            move |fault| KeyFileError { path, fault }
        };
        let record = read_bounded(&public).and_then(|text| text::parse_key(&text)).map_err(at(&public))?;
        let secret = read_bounded(&private).and_then(|text| text::parse_private(&text));
        let secret = secret.map_err(at(&private))?;
        let key = text::key(&record, &secret).map_err(at(&private))?;
        let (times, others) = (secret.times, secret.others);
        Ok(Self {
            owner: record.owner,
            flags: record.flags,
            ttl: record.ttl,
            key: Arc::new(key),
            times,
            others,
        })
    }

    /// Writes the two files into a folder, the secret first. What is there already is never replaced.
    ///
    /// Only their owner can read the secret. Each file is there as a whole or not at all, also after a crash.
    ///
    /// # Errors
    /// The system's reason; [`io::ErrorKind::AlreadyExists`] where there is such a key.
    pub fn create(&self, folder: &Path) -> Result<PathBuf, KeyFileError> {
        self.write(folder, folder::create)
    }

    /// Writes the key's times, and its flags' record, in the place of the files in the folder.
    ///
    /// # Errors
    /// The system's reason.
    pub fn replace(&self, folder: &Path) -> Result<PathBuf, KeyFileError> {
        self.write(folder, folder::replace)
    }

    fn write(
        &self,
        folder: &Path,
        how: fn(&Path, &[u8], u32) -> io::Result<()>,
    ) -> Result<PathBuf, KeyFileError> {
        let [public, private] = both(&folder.join(self.stem()));
        let at = |path: &Path, error: io::Error| KeyFileError { path: path.to_owned(), fault: error.into() };
        how(&private, text::print_private(self).as_bytes(), 0o600).map_err(|error| at(&private, error))?;
        how(&public, text::print_key(self).as_bytes(), 0o644).map_err(|error| at(&public, error))?;
        Ok(public)
    }
}

/// The `.key` and the `.private` file.
fn both(path: &Path) -> [PathBuf; 2] {
    let name = path.as_os_str().to_string_lossy();
    let stem = name.strip_suffix(".key").or_else(|| name.strip_suffix(".private")).unwrap_or(&name);
    [".key", ".private"].map(|ending| PathBuf::from(format!("{stem}{ending}")))
}

fn read_bounded(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyFileFault> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > MAX_FILE {
        return Err(io::Error::other("it is not a small regular file").into());
    }
    Ok(Zeroizing::new(fs::read(path)?))
}

#[cfg(test)]
mod tests;
