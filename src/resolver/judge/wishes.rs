//! Where the holder wants to be reached.

use super::newest::Candidate;
use super::possession::Contest;
use super::verdict::{Rejected, Verdict};
use super::{Bench, Holding};
use crate::clock::UnixTime;
use crate::record::mimisig::{At, Body, KeyHash, Kind, Mimisig};
use crate::statement::PublicKey;

/// The wishes of the holder who won.
pub(super) struct BelievedWishes {
    pub(super) holder: KeyHash,
    pub(super) at: Vec<At>,
    pub(super) inception: UnixTime,
    pub(super) expiration: UnixTime,
}

impl<'a> Bench<'a> {
    /// Judges all wishes: only those of the believed holder are verified.
    pub(super) fn wishes(&mut self, possession: &Contest) -> Option<BelievedWishes> {
        let key = possession
            .winner()
            .and_then(|winner| winner.holder_key.as_ref())
            .and_then(|raw| PublicKey::from_raw(raw).ok());
        let mut candidates = Vec::new();
        for (index, statement) in self.statements() {
            let Body::Wishes(wishes) = statement.body() else { continue };
            if possession.holding() != Holding::Holder(wishes.holder) {
                self.reject(index, Rejected::PossessionMissing);
                continue;
            }
            match self.holder_key(statement, key.as_ref()) {
                Ok(key) => candidates.push(Candidate { index, statement, key }),
                Err(reason) => self.reject(index, reason),
            }
        }
        let Holding::Holder(holder) = possession.holding() else { return None };
        let newest = self.newest(Kind::Wishes, &holder.0, candidates)?;
        self.settle(&newest, Verdict::Believed);
        let Body::Wishes(wishes) = newest.statement().body() else { return None };
        Some(BelievedWishes {
            holder,
            at: wishes.at.clone(),
            inception: newest.statement().inception(),
            expiration: newest.statement().expiration(),
        })
    }

    fn holder_key(&self, statement: &Mimisig, key: Option<&PublicKey>) -> Result<PublicKey, Rejected> {
        self.check_time(statement)?;
        if self.case.policy.keys.is_revoked(statement.key_id()) {
            return Err(Rejected::KeyRevoked);
        }
        key.filter(|key| key.key_id() == statement.key_id()).copied().ok_or(Rejected::KeyUnknown)
    }
}
