//! Signatures made when absences are asked for.

mod kept;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kept::Origin;

use super::key::SigningKey;
use super::sign::ZoneKeys;
use crate::clock::UnixTime;
use crate::record::dnssec::{Algorithm, RrsigHead, signed_data};
use crate::record::{Name, Rdata, Rrset};
use crate::zone::OnlineSigner;

/// Signatures of one period are the same, so that they can be kept, and no two tell when they were asked for.
const PERIOD: u64 = 3600;

/// The keys of a zone, ready to sign what is not there.
///
/// A request costs one signature by each algorithm at most. Signatures are made for hours, so that those of questions
/// which repeat can be kept: by each thread for itself, some thousand of them.
pub struct OnlineDenial {
    apex: Name,
    keys: Vec<Key>,
    validity: u64,
    backdate: u64,
    /// No other has this number, nor ever had.
    number: u64,
}

static NEXT: AtomicU64 = AtomicU64::new(0);

struct Key {
    key: Arc<SigningKey>,
    tag: u16,
}

impl OnlineDenial {
    /// For the zone of this apex, with those of its keys that sign the zone: one of each algorithm, a published one
    /// where there is one. A new algorithm signs before its key is published (RFC 6781 §4.1.4). Signatures are
    /// good from `backdate` seconds before they are made, and for `validity` after, less the hour in which they are
    /// kept; both in seconds. `None` where no key signs the zone.
    #[must_use]
    pub fn new(apex: &Name, keys: &ZoneKeys, validity: u64, backdate: u64) -> Option<Self> {
        let mut chosen: Vec<Key> = Vec::new();
        let mut signing: Vec<_> = keys.keys.iter().filter(|key| key.signs_zone).collect();
        signing.sort_by_key(|key| !key.published);
        for key in signing {
            let is_same = |other: &Key| other.key.algorithm() == key.key.algorithm();
            if !chosen.iter().any(is_same) {
                chosen.push(Key { key: Arc::clone(&key.key), tag: key.key_tag() });
            }
        }
        (!chosen.is_empty()).then(|| Self {
            apex: apex.to_lowercase(),
            keys: chosen,
            validity,
            backdate,
            number: NEXT.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// The algorithms that sign.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.keys.iter().map(|key| key.key.algorithm())
    }

    fn make(&self, rrset: &Rrset, begin: u64) -> Vec<Rdata> {
        #[expect(clippy::cast_possible_truncation, reason = "times are kept modulo 2^32 (RFC 4034 §3.1.5)")]
        let time = |seconds: u64| seconds as u32;
        let sign = |key: &Key| {
            let head = RrsigHead {
                type_covered: rrset.rtype,
                algorithm: key.key.algorithm(),
                labels: RrsigHead::labels_of(&rrset.owner),
                original_ttl: rrset.ttl.as_secs(),
                expiration: time(begin + self.validity),
                inception: time(begin.saturating_sub(self.backdate)),
                key_tag: key.tag,
                signer: self.apex.clone(),
            };
            let rdatas = rrset.rdatas.iter().map(|rdata| &rdata[..]);
            let octets = signed_data(&head, &rrset.owner, rrset.class, rdatas)?;
            Some(head.rdata(&key.key.sign(&octets)).into())
        };
        self.keys.iter().filter_map(sign).collect()
    }
}

impl OnlineSigner for OnlineDenial {
    fn sign(&self, rrset: &Rrset, now: UnixTime) -> Vec<Rdata> {
        let begin = now.0 - now.0 % PERIOD;
        kept::signatures(Origin { signer: self.number, period: begin }, rrset, || self.make(rrset, begin))
    }
}

impl fmt::Debug for OnlineDenial {
    /// Without what was asked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OnlineDenial({}, {} keys)", self.apex, self.keys.len())
    }
}
