//! Who has the identifier.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use super::newest::{Candidate, Standing};
use super::verdict::{Rejected, Verdict};
use super::{Bench, Claim, Holding};
use crate::clock::UnixTime;
use crate::record::Name;
use crate::record::mimisig::{Body, Kind, Mimisig, Possession, Proof, RawKey};
use crate::resolver::policy::{GrantKind, Ungranted};
use crate::statement::CLOCK_SKEW;

/// The verified claims, at most one for each AP, the winner first.
pub(super) struct Contest {
    claims: Vec<Claim>,
    winner: Option<Winner>,
}

pub(super) struct Winner {
    /// `None`: a tombstone.
    pub(super) holder_key: Option<RawKey>,
    pub(super) proof: Proof,
    pub(super) expiration: UnixTime,
}

impl Contest {
    pub(super) fn winner(&self) -> Option<&Winner> {
        self.winner.as_ref()
    }

    pub(super) fn holding(&self) -> Holding {
        match self.claims.first() {
            None => Holding::Unknown,
            Some(Claim { holder: None, .. }) => Holding::Nobody,
            Some(Claim { holder: Some(holder), .. }) => Holding::Holder(*holder),
        }
    }

    pub(super) fn valid_until(&self) -> Option<UnixTime> {
        self.winner.as_ref().map(|winner| winner.expiration)
    }

    /// All claims, where they differ.
    pub(super) fn contradiction(self) -> Vec<Claim> {
        let differ = self.claims.iter().any(|claim| claim.holder != self.claims[0].holder);
        if differ { self.claims } else { Vec::new() }
    }
}

/// Better claims first: stronger proof, later proof, later inception, smaller holder hash; a
/// tombstone competes as an empty hash. The issuer decides only which of two equal claims is named.
fn by_claim(a: &Claim, b: &Claim) -> Ordering {
    let key = |claim: &Claim| {
        (Reverse(claim.proof.method), Reverse(claim.proof.time), Reverse(claim.inception), claim.holder)
    };
    key(a).cmp(&key(b)).then_with(|| a.issuer.cmp(&b.issuer))
}

impl<'a> Bench<'a> {
    /// Judges every possession.
    pub(super) fn possession(&mut self) -> Contest {
        let mut by_issuer: BTreeMap<&Name, Vec<(Candidate<'a>, Claim)>> = BTreeMap::new();
        for (index, statement) in self.statements() {
            let Body::Possession(possession) = statement.body() else { continue };
            match self.possession_candidate(index, statement, possession) {
                Ok(candidate) => {
                    let claim = Claim::new(possession, statement.inception());
                    by_issuer.entry(&possession.issuer).or_default().push((candidate, claim));
                }
                Err(reason) => self.reject(index, reason),
            }
        }
        // Where the signatures' budget does not suffice for all, the best claims come first.
        let mut groups: Vec<_> = by_issuer.into_iter().collect();
        groups.sort_by(|(_, a), (_, b)| {
            let best = |group: &[(_, Claim)]| group.iter().map(|(_, claim)| claim.clone()).min_by(by_claim);
            match (best(a), best(b)) {
                (Some(a), Some(b)) => by_claim(&a, &b),
                (a, b) => a.is_none().cmp(&b.is_none()),
            }
        });
        let mut standing = Vec::new();
        for (issuer, group) in groups {
            let candidates = group.into_iter().map(|(candidate, _)| candidate).collect();
            if let Some(newest) = self.newest(Kind::Possession, issuer.as_wire(), candidates) {
                standing.push(newest);
            }
        }
        self.contest(standing)
    }

    fn possession_candidate(
        &mut self,
        index: usize,
        statement: &'a Mimisig,
        possession: &Possession,
    ) -> Result<Candidate<'a>, Rejected> {
        self.check_time(statement)?;
        self.check_grant(&possession.issuer, GrantKind::Possession, possession.proof)?;
        let key = self.domain_key(&possession.issuer, statement.key_id())?;
        Ok(Candidate { index, statement, key })
    }

    pub(super) fn check_grant(&self, issuer: &Name, kind: GrantKind, proof: Proof) -> Result<(), Rejected> {
        // The later proof wins a contradiction: a claim on the future would win every one.
        if proof.time > self.case.now.plus(CLOCK_SKEW) {
            return Err(Rejected::ProofInFuture);
        }
        let granted = self.case.policy.granted(issuer, kind, self.case.identifier, proof);
        granted.map_err(|ungranted| match ungranted {
            Ungranted::NoGrant => Rejected::NotGranted,
            Ungranted::OutOfScope => Rejected::OutOfScope,
            Ungranted::ClaimsTooMuch => Rejected::ClaimsTooMuch,
        })
    }

    fn contest(&mut self, standing: Vec<Standing<'a>>) -> Contest {
        let mut entries: Vec<_> = standing
            .into_iter()
            .filter_map(|standing| match standing.statement().body() {
                Body::Possession(possession) => {
                    let claim = Claim::new(possession, standing.statement().inception());
                    let winner = Winner {
                        holder_key: possession.holder_key.clone(),
                        proof: possession.proof,
                        expiration: standing.statement().expiration(),
                    };
                    Some((claim, winner, standing))
                }
                Body::Mapping(_) | Body::Wishes(_) => None,
            })
            .collect();
        entries.sort_by(|(a, ..), (b, ..)| by_claim(a, b));
        let holder = entries.first().map(|(claim, ..)| claim.holder);
        for (claim, _, standing) in &entries {
            let verdict = if Some(claim.holder) == holder {
                Verdict::Believed
            } else {
                Verdict::Rejected(Rejected::Contradicted)
            };
            self.settle(standing, verdict);
        }
        let mut winner = None;
        let mut claims = Vec::new();
        for (claim, candidate, _) in entries {
            winner.get_or_insert(candidate);
            claims.push(claim);
        }
        Contest { claims, winner }
    }
}
