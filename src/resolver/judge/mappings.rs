//! Where the identifier is reached: the mappings of those that the wishes list, or legacy ones.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::newest::{Candidate, Standing};
use super::possession::Contest;
use super::verdict::{Ignored, Rejected, Verdict};
use super::wishes::BelievedWishes;
use super::{BelievedMapping, Bench, Holding};
use crate::record::Name;
use crate::record::mimisig::{Basis, Body, Kind, Mapping, Mimisig, Proof};
use crate::resolver::budget::Resource;
use crate::resolver::policy::GrantKind;

/// Why a mapping is not looked at any further.
type Refusal = Verdict;

impl<'a> Bench<'a> {
    /// Judges every mapping.
    pub(super) fn mappings(
        &mut self,
        possession: &Contest,
        wishes: Option<&BelievedWishes>,
    ) -> Vec<BelievedMapping> {
        let mut by_issuer: BTreeMap<&Name, Vec<Candidate<'a>>> = BTreeMap::new();
        for (index, statement) in self.statements() {
            let Body::Mapping(mapping) = statement.body() else { continue };
            match self.mapping_candidate(index, statement, mapping, possession, wishes) {
                Ok(candidate) => by_issuer.entry(&mapping.issuer).or_default().push(candidate),
                Err(verdict) => self.set(index, verdict),
            }
        }
        // Where the signatures' budget does not suffice for all: the holder's first choice, or the
        // strongest proof, comes first.
        let mut groups: Vec<_> = by_issuer.into_iter().collect();
        groups.sort_by_key(|(issuer, group)| {
            let rank =
                wishes.and_then(|wishes| wishes.at.iter().find(|at| at.msp == **issuer)).map(|at| at.rank);
            let proof = group.iter().filter_map(|candidate| legacy_proof(candidate.statement)).max();
            (rank, Reverse(proof))
        });
        let mut believed = Vec::new();
        for (issuer, group) in groups {
            let Some(newest) = self.newest(Kind::Mapping, issuer.as_wire(), group) else { continue };
            match believe(&newest, possession, wishes) {
                Ok(mapping) => {
                    let endpoints = mapping.mapping.endpoints.len() as u64;
                    if self.case.budget.spend(Resource::Rules, endpoints).is_err() {
                        self.settle(&newest, Verdict::Ignored(Ignored::OverLimit));
                        continue;
                    }
                    self.settle(&newest, Verdict::Believed);
                    believed.push(mapping);
                }
                Err(reason) => self.settle(&newest, Verdict::Rejected(reason)),
            }
        }
        believed
    }

    fn mapping_candidate(
        &mut self,
        index: usize,
        statement: &'a Mimisig,
        mapping: &Mapping,
        possession: &Contest,
        wishes: Option<&BelievedWishes>,
    ) -> Result<Candidate<'a>, Refusal> {
        match mapping.basis {
            Basis::Legacy(_) if possession.holding() != Holding::Unknown => {
                return Err(Verdict::Ignored(Ignored::BesidePossession));
            }
            Basis::Legacy(proof) => {
                self.check_time(statement).map_err(Verdict::Rejected)?;
                self.check_grant(&mapping.issuer, GrantKind::LegacyMapping, proof)
                    .map_err(Verdict::Rejected)?;
            }
            Basis::Holder { holder, .. } => {
                let Some(wishes) = wishes else {
                    let missing = if possession.holding() == Holding::Holder(holder) {
                        Rejected::WishesMissing
                    } else {
                        Rejected::PossessionMissing
                    };
                    return Err(Verdict::Rejected(missing));
                };
                if wishes.at.iter().all(|at| at.msp != mapping.issuer) {
                    return Err(Verdict::Ignored(Ignored::NotListed));
                }
                self.check_time(statement).map_err(Verdict::Rejected)?;
            }
        }
        let key = self.domain_key(&mapping.issuer, statement.key_id()).map_err(Verdict::Rejected)?;
        Ok(Candidate { index, statement, key })
    }
}

fn legacy_proof(statement: &Mimisig) -> Option<Proof> {
    match statement.body() {
        Body::Mapping(Mapping { basis: Basis::Legacy(proof), .. }) => Some(*proof),
        _ => None,
    }
}

/// The last conditions, which only the newest mapping of an MSP has to meet: an older one that
/// would meet them was replaced by its own signer.
fn believe(
    newest: &Standing<'_>,
    possession: &Contest,
    wishes: Option<&BelievedWishes>,
) -> Result<BelievedMapping, Rejected> {
    let statement = newest.statement();
    let Body::Mapping(mapping) = statement.body() else { return Err(Rejected::Malformed) };
    let expiration = statement.expiration();
    match mapping.basis {
        Basis::Legacy(proof) => {
            Ok(BelievedMapping { mapping: mapping.clone(), at: None, proof, valid_until: expiration })
        }
        Basis::Holder { holder, consent } => {
            let winner = possession.winner().ok_or(Rejected::PossessionMissing)?;
            let wishes = wishes.ok_or(Rejected::WishesMissing)?;
            if holder != wishes.holder {
                return Err(Rejected::PossessionMissing);
            }
            if consent > wishes.inception {
                return Err(Rejected::ConsentTooNew);
            }
            let at = wishes.at.iter().find(|at| at.msp == mapping.issuer).cloned();
            let valid_until = expiration.min(wishes.expiration).min(winner.expiration);
            Ok(BelievedMapping { mapping: mapping.clone(), at, proof: winner.proof, valid_until })
        }
    }
}
