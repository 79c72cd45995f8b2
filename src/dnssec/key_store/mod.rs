//! The keys of a zone on disk: a folder with BIND's key files and one file of our own, that says how far each
//! key has come.
//!
//! Keys are written before the file that names them, and that file is replaced as a whole: whatever happens to
//! the machine, a former state or a later one is there afterwards, with all its keys. A state without keys comes
//! before the first key: keys without a state are thus always those of another program, never ours that nobody has
//! seen. One process at a time works on a folder; a server lets go of it between its steps, so that commands can.

mod files;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::key_file::{KeyFile, KeyFileError, KeyFileFault, KeyTimes, read_half_keys, read_key_folder};
use super::lifecycle::{Key, KeyId, KeyPolicy, KeyRing, NewKey, RingError, RingTextError, Role};
use crate::clock::UnixTime;
use crate::record::Name;
use crate::record::dnssec::Dnskey;
use files::Writes;

pub use files::Stamp;

/// The file that says how far each key has come.
const STATE: &str = "state";
const LOCK: &str = "lock";
/// No ring's text is longer.
const MAX_STATE: u64 = 1 << 20;

/// Where the keys of one zone are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStore {
    folder: PathBuf,
    apex: Name,
}

/// Why keys on disk can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyStoreError {
    /// The system's reason.
    #[error("the keys in {} can't be used", folder.display())]
    Unusable {
        /// The zone's folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else could put keys there.
    #[error("others may write to {}: whoever does chooses the keys; `chmod go-w` mends it", .0.display())]
    Open(PathBuf),
    /// For too long.
    #[error("another process works on the keys in {}", .0.display())]
    Busy(PathBuf),
    /// The file of states was changed, or is that of another program.
    #[error("{} can't be read: {fault}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: RingTextError,
    },
    /// A key that is in use is gone or can't be read, or one can't be written.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// There can't be another key.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// There is no key of this algorithm to be had.
    #[error(transparent)]
    Make(#[from] super::key::SigningKeyError),
}

/// A zone's keys, held by this process until this is dropped.
pub struct OpenKeys {
    folder: PathBuf,
    apex: Name,
    /// The system gives it up when the process ends, however it ends.
    _lock: File,
    /// How far each key has come.
    pub ring: KeyRing,
    /// Those that are not removed.
    files: BTreeMap<KeyId, KeyFile>,
    /// Whether there is a file of states.
    is_new: bool,
    writes: Writes,
}

impl KeyStore {
    /// The keys of the zone at `apex`, in a folder of its own in `keys`.
    #[must_use]
    pub fn new(keys: &Path, apex: &Name) -> Self {
        Self { folder: keys.join(folder_name(apex)), apex: apex.clone() }
    }

    /// Every zone that has a folder in `keys`, in the order of their names.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn all(keys: &Path) -> io::Result<Vec<Self>> {
        let mut stores = Vec::new();
        for entry in std::fs::read_dir(keys)? {
            let entry = entry?;
            let apex = entry.file_name().to_str().and_then(apex_of);
            stores.extend(apex.filter(|_| entry.path().is_dir()).map(|apex| Self::new(keys, &apex)));
        }
        stores.sort_by(|one, other| one.apex.cmp(&other.apex));
        Ok(stores)
    }

    /// The zone's own folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether there is anything.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.folder.join(STATE).exists()
            || read_key_folder(&self.folder, &self.apex).is_ok_and(|keys| !keys.is_empty())
            || read_half_keys(&self.folder, &self.apex).is_ok_and(|keys| !keys.is_empty())
    }

    /// What changes whenever somebody saves something.
    #[must_use]
    pub fn stamp(&self) -> Option<Stamp> {
        Stamp::of(&self.folder.join(STATE))
    }

    /// Takes the folder, which is made with mode 0700 where it is not there, and reads it. Waits a while for
    /// another process that has it.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    pub fn open(&self) -> Result<OpenKeys, KeyStoreError> {
        let lock = files::take(&self.folder)?;
        let path = self.folder.join(STATE);
        let unusable = |source| KeyStoreError::Unusable { folder: self.folder.clone(), source };
        let text = files::read(&path, MAX_STATE).map_err(unusable)?;
        let ring = match &text {
            Some(text) => KeyRing::parse(text).map_err(|fault| KeyStoreError::State { path, fault })?,
            None => KeyRing::new(),
        };
        let mut files = BTreeMap::new();
        for key in ring.keys().iter().filter(|key| key.removed.is_none()) {
            let stem = KeyFile::stem_of(&self.apex, key.id.algorithm, key.id.tag);
            files.insert(key.id, KeyFile::read(&self.folder.join(stem))?);
        }
        let (folder, apex) = (self.folder.clone(), self.apex.clone());
        Ok(OpenKeys {
            folder,
            apex,
            _lock: lock,
            ring,
            files,
            is_new: text.is_none(),
            writes: Writes::default(),
        })
    }
}

impl OpenKeys {
    /// The zone.
    #[must_use]
    pub fn apex(&self) -> &Name {
        &self.apex
    }

    /// A key that is not removed.
    #[must_use]
    pub fn file(&self, id: KeyId) -> Option<&KeyFile> {
        self.files.get(&id)
    }

    /// Takes in keys that others made, by their times; only where there is no state yet. How many there are.
    ///
    /// # Errors
    /// A key that can't be read, that has no secret and is not out of the zone, or that can't be taken in.
    pub fn adopt(&mut self, policy: &KeyPolicy, now: UnixTime) -> Result<usize, KeyStoreError> {
        if !self.is_new || !self.ring.keys().is_empty() {
            return Ok(0);
        }
        // A secret alone is what is left where this was killed before the key was whole: nobody has seen that key.
        let halves = read_half_keys(&self.folder, &self.apex)?;
        if let Some(half) = halves.into_iter().find(|half| half.dnskey.is_some() && !half.is_gone(now)) {
            return Err(KeyFileError { path: half.missing, fault: KeyFileFault::NoSecret }.into());
        }
        let found = read_key_folder(&self.folder, &self.apex)?;
        let keys: Vec<_> = found.into_iter().map(|file| (id_of(&file), file)).collect();
        let adopted = keys.iter().map(|(id, file)| adopted(*id, file, &keys, now)).collect();
        self.ring = KeyRing::adopt(adopted, policy, now)?;
        self.files = keys.into_iter().collect();
        Ok(self.files.len())
    }

    /// Makes a key and takes it in. It counts once it is saved.
    ///
    /// # Errors
    /// There are too many, none can be made, or it can't be written.
    pub fn make(&mut self, new: NewKey, now: UnixTime) -> Result<KeyId, KeyStoreError> {
        if !self.ring.has_room_for(1) {
            return Err(RingError::TooMany.into());
        }
        let mut taken: Vec<u16> = self.ring.keys().iter().map(|key| key.id.tag).collect();
        // What was made and never saved is of no use, and in the way.
        taken.extend(files::tags_in(&self.folder));
        let entry = if new.role.signs_keys() { Dnskey::SECURE_ENTRY_POINT } else { 0 };
        let times = KeyTimes { created: Some(now), ..KeyTimes::default() };
        let file = KeyFile::generate(&self.apex, new.algorithm, Dnskey::ZONE | entry, times, &taken)?;
        if self.is_new {
            // Who is stopped after the key and before the state would take the key for one that was published since
            // it was made, and ask the parent to point to it at once (RFC 7344 §4.1, RFC 7583 §3.3).
            self.save_state()?;
        }
        self.writes.step().map_err(|source| self.unusable(source))?;
        file.create(&self.folder)?;
        self.writes.step().map_err(|source| self.unusable(source))?;
        let id = id_of(&file);
        self.ring.add(id, new.role, now)?;
        self.files.insert(id, file);
        Ok(id)
    }

    /// Keeps the ring as it is now; then writes its times into the keys' files, and takes away those of keys
    /// that were removed long ago.
    ///
    /// # Errors
    /// The system can't write there. What was saved before is there still, or this.
    pub fn save(&mut self, now: UnixTime) -> Result<(), KeyStoreError> {
        let purged = self.ring.purge(now);
        self.save_state()?;
        for key in self.ring.keys() {
            let Some(file) = self.files.get_mut(&key.id) else { continue };
            let times = times_of(key, file.times);
            if times != file.times {
                file.times = times;
                self.writes
                    .step()
                    .map_err(|source| KeyStoreError::Unusable { folder: self.folder.clone(), source })?;
                file.replace(&self.folder)?;
            }
        }
        for id in purged {
            self.files.remove(&id);
            let stem = KeyFile::stem_of(&self.apex, id.algorithm, id.tag);
            self.writes.remove(&self.folder, &stem).map_err(|source| self.unusable(source))?;
        }
        Ok(())
    }

    /// Keeps the ring, and nothing else.
    fn save_state(&mut self) -> Result<(), KeyStoreError> {
        let text = self.ring.to_text();
        let saved = self.writes.replace(&self.folder, STATE, text.as_bytes());
        saved.map_err(|source| self.unusable(source))?;
        self.is_new = false;
        Ok(())
    }

    fn unusable(&self, source: io::Error) -> KeyStoreError {
        KeyStoreError::Unusable { folder: self.folder.clone(), source }
    }
}

fn id_of(file: &KeyFile) -> KeyId {
    KeyId { algorithm: file.key.algorithm(), tag: file.key_tag() }
}

/// The role and times of a key that another program made. Keys of an algorithm share the work by their flags.
fn adopted(id: KeyId, file: &KeyFile, all: &[(KeyId, KeyFile)], now: UnixTime) -> super::lifecycle::Adopted {
    let entry = file.is_secure_entry_point();
    let shared = all
        .iter()
        .any(|(other, file)| other.algorithm == id.algorithm && file.is_secure_entry_point() != entry);
    let role = match (shared, entry) {
        (false, _) => Role::Csk,
        (true, true) => Role::Ksk,
        (true, false) => Role::Zsk,
    };
    let KeyTimes { created, publish, activate, inactive, delete, .. } = file.times;
    // A key without times, as of ldns, does all it can since it is there.
    let (from, created) = (created.unwrap_or(UnixTime(0)), created.unwrap_or(now));
    let timeless = publish.is_none() && activate.is_none();
    let (publish, activate) = if timeless { (Some(from), Some(from)) } else { (publish, activate) };
    super::lifecycle::Adopted { id, role, created, publish, activate, inactive, delete }
}

/// A key's times as other programs call them.
fn times_of(key: &Key, before: KeyTimes) -> KeyTimes {
    KeyTimes {
        created: Some(key.created),
        publish: key.published,
        activate: if key.role.signs_keys() { key.published } else { key.active },
        inactive: key.leaving.filter(|_| key.removed.is_some() || key.role.signs_keys()),
        delete: key.removed,
        sync_publish: key.ds.requested,
        sync_delete: key.ds.dropped,
        ..before
    }
}

/// A folder's name for the zone: its apex in lower case without the final dot, `@` for the root; all but letters,
/// digits, hyphens and underlines as `%XX`.
fn folder_name(apex: &Name) -> String {
    let label = |label: &[u8]| -> String {
        let octet = |octet: u8| match octet.to_ascii_lowercase() {
            octet @ (b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_') => char::from(octet).to_string(),
            octet => format!("%{octet:02X}"),
        };
        label.iter().copied().map(octet).collect()
    };
    let labels: Vec<String> = apex.labels().map(label).collect();
    if labels.is_empty() { "@".to_owned() } else { labels.join(".") }
}

/// The apex of a folder that [`folder_name`] named.
fn apex_of(folder: &str) -> Option<Name> {
    if folder == "@" {
        return Some(Name::root());
    }
    // What stands escaped there can be escaped in text too, by its number.
    let mut parts = folder.split('%');
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        text.push_str(&format!("\\{:03}{rest}", u8::from_str_radix(digits, 16).ok()?));
    }
    let apex: Name = text.parse().ok()?;
    (folder_name(&apex) == folder).then_some(apex)
}
