//! The key files that drafts name, read through the same confinement as the zone.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::super::files::Files;
use crate::statement::{KeyFileError, Keys, PublicKey, SecretKey, Signer};

/// Larger files hold no key.
const LARGEST: u64 = 16 * 1024;

/// The keys of one zone's drafts. Each file is read once; their paths are relative to the zone's folder.
pub struct KeyFiles<'a> {
    files: &'a dyn Files,
    folder: PathBuf,
    read: RefCell<HashMap<String, Result<Key, KeyFileError>>>,
}

#[derive(Clone)]
enum Key {
    Public(PublicKey),
    Secret(Arc<SecretKey>),
}

impl<'a> KeyFiles<'a> {
    /// Keys in `files`, their names relative to `folder`.
    #[must_use]
    pub fn new(files: &'a dyn Files, folder: PathBuf) -> Self {
        Self { files, folder, read: RefCell::default() }
    }

    /// The files that held keys.
    pub fn into_paths(self) -> impl Iterator<Item = PathBuf> {
        let Self { folder, read, .. } = self;
        let good = read.into_inner().into_iter().filter(|(_, key)| key.is_ok());
        good.map(move |(file, _)| folder.join(file))
    }

    fn key(&self, file: &str) -> Result<Key, KeyFileError> {
        if let Some(known) = self.read.borrow().get(file) {
            return known.clone();
        }
        let key = self.open(file);
        self.read.borrow_mut().insert(file.to_owned(), key.clone());
        key
    }

    fn open(&self, file: &str) -> Result<Key, KeyFileError> {
        let unreadable = |why: String| KeyFileError::Read { file: file.to_owned(), why };
        let read = self
            .files
            .read(&self.folder.join(file), LARGEST)
            .map_err(|error| unreadable(error.to_string()))?;
        let octets = Zeroizing::new(read.octets);
        let text = str::from_utf8(&octets).map_err(|_| KeyFileError::NotPublic { file: file.to_owned() })?;
        if let Ok(secret) = SecretKey::from_pem(text.trim_ascii()) {
            return Ok(Key::Secret(Arc::new(secret)));
        }
        let public = PublicKey::parse_file(text).map(Key::Public);
        public.ok_or_else(|| KeyFileError::NotPublic { file: file.to_owned() })
    }
}

impl Keys for KeyFiles<'_> {
    fn public_key(&self, file: &str) -> Result<PublicKey, KeyFileError> {
        Ok(match self.key(file)? {
            Key::Public(key) => key,
            Key::Secret(key) => key.public_key(),
        })
    }

    fn signer(&self, file: &str) -> Result<Arc<dyn Signer + Send + Sync>, KeyFileError> {
        match self.key(file)? {
            Key::Public(_) => Err(KeyFileError::NotSecret { file: file.to_owned() }),
            Key::Secret(key) => Ok(key),
        }
    }
}
