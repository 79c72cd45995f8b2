//! Owner names that cost much to make, kept from one load of a zone to the next.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::identifier::Identifier;
use crate::record::Name;
use crate::record::parameters::{Hash, Parameters};

/// The most names that are kept, each in some 130 octets; those beyond are made anew each time.
const MOST: usize = 1 << 20;

/// Owner names of one zone that Argon2id made when it was loaded last, so that a change of one identifier does not
/// cost a hash of each. Clones share them.
///
/// Identifiers are not in it: names are found by a digest of the identifier, with a key that is random in each
/// process. That is no secrecy from who can read the process's memory, where the key is too.
#[derive(Clone, Default)]
pub struct RememberedNames(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    /// None before something is to be kept.
    key: Option<[u8; 32]>,
    names: Arc<HashMap<Tag, Name>>,
}

/// What a name is found by: identifier, parameters and apex, in half a digest.
pub(super) type Tag = [u8; 16];

/// What was kept, for one load.
pub(super) struct Recalled {
    key: [u8; 32],
    names: Arc<HashMap<Tag, Name>>,
}

impl RememberedNames {
    /// What was kept; none where the system has no random key.
    pub(super) fn recall(&self) -> Option<Recalled> {
        let mut kept = self.lock();
        let key = match kept.key {
            Some(key) => key,
            None => {
                let mut key = [0; 32];
                getrandom::fill(&mut key).ok()?;
                *kept.key.insert(key)
            }
        };
        Some(Recalled { key, names: Arc::clone(&kept.names) })
    }

    /// Keeps these names in the place of those that were kept. Where there are none the zone was not read far
    /// enough, and what was kept stays.
    pub(super) fn keep(&self, names: Vec<(Tag, Name)>) {
        if !names.is_empty() {
            self.lock().names = Arc::new(names.into_iter().take(MOST).collect());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recalled {
    /// What the name of an identifier is found by; none where it costs so little that it is not kept.
    pub(super) fn tag(&self, epoch: &Parameters, apex: &Name, identifier: &Identifier) -> Option<Tag> {
        if !matches!(epoch.hash(), Hash::Argon2id { .. }) {
            return None;
        }
        let parameters = epoch.to_string();
        let mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        // The text has its length in front, the apex has an end, and the identifier is what is left.
        let mac = mac.chain_update(parameters.len().to_le_bytes()).chain_update(parameters);
        let digest =
            mac.chain_update(apex.as_wire()).chain_update(identifier.as_str()).finalize().into_bytes();
        digest.first_chunk().copied()
    }

    pub(super) fn name(&self, tag: &Tag) -> Option<Name> {
        self.names.get(tag).cloned()
    }
}

impl fmt::Debug for RememberedNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RememberedNames({})", self.lock().names.len())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::clock::UnixTime;
    use crate::zone::{LoadOptions, MemoryFiles, load};

    fn zone(hash: &str, identifiers: &[&str]) -> String {
        let mut text = format!(
            "$ORIGIN example.\n$TTL 60\n@ SOA ns mail 1 2 3 4 60\n@ NS ns.other.\n_mimi TXT \"v=mimi1; epoch=1; {hash}; salt=a3c1f2e4d5b6978890a1b2c3d4e5f607; shard=0; from=20200101000000\"\n"
        );
        for identifier in identifiers {
            text.push_str(&format!("$IDENTIFIER {identifier}\n@ TXT x\n"));
        }
        text
    }

    fn owners(text: &str, names: &RememberedNames) -> Vec<Name> {
        let files = MemoryFiles::new().with("a.zone", text);
        let options =
            LoadOptions { now: UnixTime(1_800_000_000), names: names.clone(), ..LoadOptions::default() };
        let loaded = load(Path::new("a.zone"), &files, &options);
        assert!(loaded.zone.is_some(), "{:?}", loaded.findings);
        loaded.identifiers.into_iter().flat_map(|source| source.owners).collect()
    }

    /// Puts another name in the place of each, which tells what was recalled from what was made.
    fn mark(names: &RememberedNames) {
        let mut kept = names.lock();
        let tags: Vec<Tag> = kept.names.keys().copied().collect();
        kept.names = Arc::new(tags.into_iter().map(|tag| (tag, marked())).collect());
    }

    fn marked() -> Name {
        "marked.example.".parse().unwrap()
    }

    const CHEAP: &str = "hash=argon2id; m=8; t=1; p=1";
    const ONE: &str = "tel:+442079460148";
    const TWO: &str = "tel:+442079460149";

    #[test]
    fn a_name_is_made_once_and_kept_as_long_as_its_identifier_is_there() {
        let names = RememberedNames::default();
        let first = owners(&zone(CHEAP, &[ONE]), &names);
        assert_eq!(first, owners(&zone(CHEAP, &[ONE]), &names));
        assert_eq!(first, owners(&zone(CHEAP, &[ONE]), &RememberedNames::default()));
        mark(&names);
        let both = owners(&zone(CHEAP, &[ONE, TWO]), &names);
        assert_eq!(both[0], marked());
        assert_ne!(both[1], marked());
        assert_eq!(format!("{names:?}"), "RememberedNames(2)");
        owners(&zone(CHEAP, &[TWO]), &names);
        assert_eq!(owners(&zone(CHEAP, &[ONE]), &names), first, "it was gone for a while, and is made again");
    }

    #[test]
    fn other_parameters_make_other_names() {
        let names = RememberedNames::default();
        owners(&zone(CHEAP, &[ONE]), &names);
        mark(&names);
        assert_ne!(owners(&zone("hash=argon2id; m=9; t=1; p=1", &[ONE]), &names), [marked()]);
    }

    #[test]
    fn a_zone_without_them_leaves_them_alone_and_cheap_ones_are_not_kept() {
        let names = RememberedNames::default();
        owners(&zone(CHEAP, &[ONE]), &names);
        mark(&names);
        owners(&zone("hash=sha256", &[ONE]), &names);
        assert_eq!(owners(&zone(CHEAP, &[ONE]), &names), [marked()]);
    }
}
