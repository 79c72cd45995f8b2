//! Of one kind and signer, the newest statement that verifies.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::verdict::{Ignored, Rejected, Verdict};
use super::{Bench, Subject};
use crate::clock::UnixTime;
use crate::record::mimisig::{Kind, Mimisig};
use crate::resolver::budget::Resource;
use crate::statement::{PublicKey, Verified};

/// How many statements of one kind and signer each provider gets verified.
const NEWEST: usize = 2;

/// A statement that is in time, granted and names a known key: worth a signature's verification.
pub(super) struct Candidate<'a> {
    pub(super) index: usize,
    pub(super) statement: &'a Mimisig,
    pub(super) key: PublicKey,
}

/// The statement that stands for its kind and signer: verified, newest, not contradicted by its
/// own signer, and no older than what was seen before.
pub(super) struct Standing<'a> {
    verified: Verified<'a>,
    /// Where it is in the pool, and where its like with other signatures are.
    indices: Vec<usize>,
}

impl<'a> Standing<'a> {
    pub(super) fn statement(&self) -> &'a Mimisig {
        self.verified.statement()
    }
}

impl<'a> Bench<'a> {
    /// Verifies the newest of `candidates`, which are all of one kind and signer, and leaves a
    /// verdict on each but those of the result.
    ///
    /// Newest two are counted for each provider, not over the pool: otherwise one provider could
    /// invent two statements with bad signatures and so displace what the others deliver.
    pub(super) fn newest(
        &mut self,
        kind: Kind,
        signer: &[u8],
        mut candidates: Vec<Candidate<'a>>,
    ) -> Option<Standing<'a>> {
        candidates
            .sort_by_key(|candidate| (Reverse(candidate.statement.inception()), candidate.statement.rdata()));
        let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
        let mut verified: Vec<(usize, Verified<'a>)> = Vec::new();
        for Candidate { index, statement, key } in candidates {
            let providers = &self.pool[index].providers;
            if providers.iter().all(|provider| taken.get(provider).is_some_and(|count| *count >= NEWEST)) {
                self.ignore(index, Ignored::NotNewest);
                continue;
            }
            for provider in providers {
                *taken.entry(*provider).or_default() += 1;
            }
            if self.case.budget.spend(Resource::Signatures, 1).is_err() {
                self.ignore(index, Ignored::OverLimit);
                continue;
            }
            match self.case.verdicts.verify(statement, self.case.identifier, &key) {
                Ok(statement) => verified.push((index, statement)),
                Err(_) => self.reject(index, Rejected::BadSignature),
            }
        }
        self.one_of(kind, signer, verified)
    }

    /// Supersession, conflict and rollback among verified statements, newest first.
    fn one_of(
        &mut self,
        kind: Kind,
        signer: &[u8],
        verified: Vec<(usize, Verified<'a>)>,
    ) -> Option<Standing<'a>> {
        let newest = verified.first().map(|(_, verified)| *verified)?;
        let (inception, unsigned) = (newest.statement().inception(), newest.statement().unsigned());
        let (top, older): (Vec<_>, Vec<_>) =
            verified.into_iter().partition(|(_, verified)| verified.statement().inception() == inception);
        for (index, _) in older {
            self.ignore(index, Ignored::Superseded);
        }
        let before = self.remembered(kind, signer, inception);
        let verdict = if top.iter().any(|(_, verified)| verified.statement().unsigned() != unsigned) {
            Some(Rejected::Conflict)
        } else if before.is_some_and(|before| before > inception) {
            Some(Rejected::Rollback)
        } else {
            None
        };
        let indices: Vec<_> = top.iter().map(|(index, _)| *index).collect();
        match verdict {
            None => Some(Standing { verified: newest, indices }),
            Some(reason) => {
                for index in indices {
                    self.reject(index, reason);
                }
                None
            }
        }
    }

    /// What a memory knew; notes what it ought to know from now on.
    fn remembered(&mut self, kind: Kind, signer: &[u8], inception: UnixTime) -> Option<UnixTime> {
        let memory = self.case.memory?;
        let subject = Subject::new(kind.number(), signer, self.case.identifier);
        self.seen.push((subject, inception));
        memory.newest(&subject)
    }

    /// Leaves the same verdict on a statement and its like.
    pub(super) fn settle(&mut self, standing: &Standing<'_>, verdict: Verdict) {
        for &index in &standing.indices {
            self.set(index, verdict);
        }
    }
}
