//! Signatures of several identifiers, verified together before each is judged by itself.

use super::pool::Delivered;
use super::{Case, key_hash};
use crate::identifier::Identifier;
use crate::record::mimisig::{Body, Mimisig};
use crate::resolver::policy::KeyFinding;
use crate::statement::{PublicKey, Verdicts, in_time};

/// Verifies what the judge is going to ask about as far as that can be foreseen: statements that are in time, with
/// the keys that are known of their domains, and wishes with the keys that possessions beside them name.
///
/// Of each identifier no more signatures than its budget has. Whether a statement counts, the judge decides.
pub(in crate::resolver) fn verify_together<'a>(
    cases: impl IntoIterator<Item = (Case<'a>, Vec<Delivered<'a>>)>,
    verdicts: &mut Verdicts,
) {
    let mut all: Vec<(Mimisig, &Identifier, PublicKey)> = Vec::new();
    for (case, delivered) in cases {
        let most = usize::try_from(case.policy.limits.signatures).unwrap_or(usize::MAX);
        let mut rdatas: Vec<&[u8]> = delivered.iter().map(|one| one.rdata).collect();
        rdatas.sort_unstable();
        rdatas.dedup();
        let parsed = rdatas.into_iter().filter_map(|rdata| Mimisig::parse(rdata).ok());
        let parsed: Vec<Mimisig> =
            parsed.filter(|statement| in_time(statement, case.now, &case.policy.lifetimes).is_ok()).collect();
        let keys: Vec<_> = parsed.iter().map(|statement| foreseen(&case, statement, &parsed)).collect();
        let signed = parsed
            .into_iter()
            .zip(keys)
            .filter_map(|(statement, key)| Some((statement, case.identifier, key?)));
        all.extend(signed.take(most));
    }
    let all: Vec<_> = all.iter().map(|(statement, identifier, key)| (statement, *identifier, key)).collect();
    verdicts.verify_batch(&all);
}

/// The key that a statement will be verified with.
fn foreseen(case: &Case<'_>, statement: &Mimisig, beside: &[Mimisig]) -> Option<PublicKey> {
    let issuer = match statement.body() {
        Body::Possession(possession) => &possession.issuer,
        Body::Mapping(mapping) => &mapping.issuer,
        Body::Wishes(wishes) => {
            let raw = beside.iter().find_map(|other| match other.body() {
                Body::Possession(possession) => {
                    possession.holder_key.as_ref().filter(|key| key_hash(key) == wishes.holder)
                }
                Body::Mapping(_) | Body::Wishes(_) => None,
            });
            let key = PublicKey::from_raw(raw?).ok()?;
            return (key.key_id() == statement.key_id()).then_some(key);
        }
    };
    match case.find_key(issuer, statement.key_id())? {
        Ok(KeyFinding::Known(key)) => Some(*key),
        Ok(_) | Err(_) => None,
    }
}
