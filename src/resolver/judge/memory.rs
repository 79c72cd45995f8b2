//! What was seen before, so that a provider can't bring back what a signer has replaced.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::clock::UnixTime;
use crate::identifier::Identifier;

/// Remembers the newest inception that was verified of each subject.
///
/// Kept as long as its owner likes: the more is forgotten, the less a rollback is noticed.
pub trait Memory: Send + Sync {
    /// The newest inception that was remembered.
    fn newest(&self, subject: &Subject) -> Option<UnixTime>;

    /// Remembers an inception; an older one than is known changes nothing.
    fn remember(&self, subject: Subject, inception: UnixTime);
}

/// One kind of statement, of one signer, about one identifier: 32 octets.
///
/// A SHA-256 hash. Whoever gets hold of a stored memory can try every telephone number against it,
/// so it deserves the care that the identifiers themselves do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject([u8; 32]);

impl Subject {
    /// Hashes `"mimi1 memory" 0x00 | kind | length u16 | signer | identifier`.
    pub(super) fn new(kind: u8, signer: &[u8], identifier: &Identifier) -> Self {
        // A signer is a name or a hash, so its length fits.
        let length = u16::try_from(signer.len()).unwrap_or(u16::MAX).to_be_bytes();
        let hash = Sha256::new()
            .chain_update(b"mimi1 memory\0")
            .chain_update([kind])
            .chain_update(length)
            .chain_update(signer)
            .chain_update(identifier.as_str());
        Self(hash.finalize().into())
    }

    /// The octets, as key of a store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Subject {
    /// Without the hash, which leads back to the identifier.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subject")
    }
}

/// A memory of bounded size that ends with the program; the oldest subjects are forgotten first.
#[derive(Debug)]
pub struct RecentMemory {
    capacity: usize,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    newest: HashMap<Subject, UnixTime>,
    order: VecDeque<Subject>,
}

impl RecentMemory {
    /// A memory of at most `capacity` subjects, about 100 octets each.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, seen: Mutex::default() }
    }
}

impl Memory for RecentMemory {
    fn newest(&self, subject: &Subject) -> Option<UnixTime> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).newest.get(subject).copied()
    }

    fn remember(&self, subject: Subject, inception: UnixTime) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(newest) = seen.newest.get_mut(&subject) {
            *newest = inception.max(*newest);
            return;
        }
        if self.capacity == 0 {
            return;
        }
        if seen.order.len() == self.capacity
            && let Some(oldest) = seen.order.pop_front()
        {
            seen.newest.remove(&oldest);
        }
        seen.newest.insert(subject, inception);
        seen.order.push_back(subject);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(kind: u8) -> Subject {
        Subject::new(kind, b"ap", &Identifier::parse("tel:+442079460148").unwrap())
    }

    #[test]
    fn an_older_inception_changes_nothing() {
        let memory = RecentMemory::new(2);
        memory.remember(subject(1), UnixTime(20));
        memory.remember(subject(1), UnixTime(10));
        assert_eq!(memory.newest(&subject(1)), Some(UnixTime(20)));
    }

    #[test]
    fn the_oldest_subject_makes_room() {
        let memory = RecentMemory::new(2);
        for kind in 1..=3 {
            memory.remember(subject(kind), UnixTime(u64::from(kind)));
        }
        assert_eq!(memory.newest(&subject(1)), None);
        assert_eq!(memory.newest(&subject(2)), Some(UnixTime(2)));
        assert_eq!(memory.newest(&subject(3)), Some(UnixTime(3)));
        assert_eq!(memory.seen.lock().unwrap().newest.len(), 2);
    }

    #[test]
    fn subjects_differ_by_kind_signer_and_identifier_and_hide_them() {
        let other = Identifier::parse("tel:+442079460149").unwrap();
        let first = subject(1);
        assert_ne!(first, subject(2));
        assert_ne!(first, Subject::new(1, b"ap", &other));
        assert_ne!(first, Subject::new(1, b"aq", &other));
        assert_eq!(format!("{first:?}"), "Subject");
    }
}
