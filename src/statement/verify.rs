//! What is signed, and whether it is.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::ed25519::{Equation, holding};
use super::key::PublicKey;
use crate::identifier::Identifier;
use crate::record::mimisig::{Body, KeyHash, Mimisig};

/// In front of everything that is signed, so that no other protocol's message can be a statement.
const CONTEXT: &[u8] = b"MIMISIG-1\0";

/// A statement whose signature is good for one identifier and one key.
///
/// [`verify`], [`verify_batch`] and [`Verdicts`] are its only makers. It says nothing about time
/// ([`super::in_time`]) nor about whether anybody believes the key.
#[derive(Debug, Clone, Copy)]
pub struct Verified<'a> {
    statement: &'a Mimisig,
    signed_by: KeyHash,
}

impl<'a> Verified<'a> {
    /// The statement.
    #[must_use]
    pub const fn statement(&self) -> &'a Mimisig {
        self.statement
    }

    /// Hash of the key that signed it.
    #[must_use]
    pub const fn signed_by(&self) -> KeyHash {
        self.signed_by
    }
}

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The record names another key than the one it is verified with.
    #[error("another key is said to have signed it")]
    OtherKey,
    /// Wishes whose holder is not the key that they are verified with.
    #[error("the wishes are another holder's")]
    OtherHolder,
    /// R is not the canonical encoding of a point.
    #[error("R is not the canonical encoding of a point")]
    NotCanonical,
    /// R is a point of small order.
    #[error("R is a point of small order")]
    SmallOrder,
    /// S is not below the order of the group.
    #[error("S is not below the order of the group")]
    LargeS,
    /// Signed with another key, for another identifier, or changed since.
    #[error("the signature does not fit key, identifier and statement")]
    BadSignature,
}

/// The octets to be signed: context, algorithm, hash of the key, the identifier after its length,
/// and `unsigned`, which is the record data from version through parameters.
#[must_use]
pub fn to_be_signed(identifier: &Identifier, key: &PublicKey, unsigned: &[u8]) -> Vec<u8> {
    let identifier = identifier.as_str().as_bytes();
    let len = u16::try_from(identifier.len()).expect("canonical identifiers are at most 1024 octets long");
    [CONTEXT, &[key.algorithm()], &key.key_hash().0, &len.to_be_bytes(), identifier, unsigned].concat()
}

/// Verifies one signature.
///
/// # Errors
/// [`VerifyError`]: whoever published the statement is at fault, or it is not this key's or this
/// identifier's.
pub fn verify<'a>(
    statement: &'a Mimisig,
    identifier: &Identifier,
    key: &PublicKey,
) -> Result<Verified<'a>, VerifyError> {
    let claim = Claim::new(statement, identifier, key)?;
    let holds = claim.equation.holds();
    claim.judged(holds)
}

/// Verifies several signatures at once, which is faster: the verdicts, in the same order, are those
/// of [`verify`].
#[must_use]
pub fn verify_batch<'a>(
    statements: &[(&'a Mimisig, &Identifier, &PublicKey)],
) -> Vec<Result<Verified<'a>, VerifyError>> {
    let claims: Vec<_> = statements
        .iter()
        .map(|(statement, identifier, key)| Claim::new(statement, identifier, key))
        .collect();
    let equations: Vec<_> = claims.iter().flatten().map(|claim| &claim.equation).collect();
    let mut verdicts = holding(&equations).into_iter();
    claims
        .into_iter()
        .map(|claim| {
            let claim = claim?;
            let holds = verdicts.next().expect("a verdict for each equation");
            claim.judged(holds)
        })
        .collect()
}

/// Verdicts on signatures that were verified together before anybody asked for them one by one.
///
/// Holds 32 octets for each: a hash of signature, key, identifier and statement.
#[derive(Debug, Default)]
pub struct Verdicts {
    known: HashMap<[u8; 32], Result<(), VerifyError>>,
}

impl Verdicts {
    /// Verifies these together, as [`verify_batch`], and keeps what came of it.
    pub fn verify_batch(&mut self, statements: &[(&Mimisig, &Identifier, &PublicKey)]) {
        let new: Vec<_> = statements
            .iter()
            .map(|&(statement, identifier, key)| {
                (Self::subject(statement, identifier, key), (statement, identifier, key))
            })
            .filter(|(subject, _)| !self.known.contains_key(subject))
            .collect();
        let all: Vec<_> = new.iter().map(|(_, statement)| *statement).collect();
        let verdicts = verify_batch(&all).into_iter().map(|verdict| verdict.map(drop));
        self.known.extend(new.iter().map(|(subject, _)| *subject).zip(verdicts));
    }

    /// As [`verify`], which is not needed where the verdict is known.
    ///
    /// # Errors
    /// As [`verify`].
    pub fn verify<'a>(
        &self,
        statement: &'a Mimisig,
        identifier: &Identifier,
        key: &PublicKey,
    ) -> Result<Verified<'a>, VerifyError> {
        match self.known.get(&Self::subject(statement, identifier, key)) {
            Some(verdict) => verdict.map(|()| Verified { statement, signed_by: key.key_hash() }),
            None => verify(statement, identifier, key),
        }
    }

    /// All that a verdict depends on. The octets to be signed hold the key and each field behind its length; the
    /// algorithm and the key id are the statement's own word.
    fn subject(statement: &Mimisig, identifier: &Identifier, key: &PublicKey) -> [u8; 32] {
        Sha256::new()
            .chain_update([statement.algorithm()])
            .chain_update(statement.key_id().0)
            .chain_update(statement.signature())
            .chain_update(to_be_signed(identifier, key, statement.unsigned()))
            .finalize()
            .into()
    }
}

/// A signature of the right form by the right key, its equation unchecked.
struct Claim<'a, 'k> {
    statement: &'a Mimisig,
    signed_by: KeyHash,
    equation: Equation<'k>,
}

impl<'a, 'k> Claim<'a, 'k> {
    fn new(statement: &'a Mimisig, identifier: &Identifier, key: &'k PublicKey) -> Result<Self, VerifyError> {
        let signed_by = key.key_hash();
        if statement.algorithm() != key.algorithm() || statement.key_id() != signed_by.key_id() {
            return Err(VerifyError::OtherKey);
        }
        if matches!(statement.body(), Body::Wishes(wishes) if wishes.holder != signed_by) {
            return Err(VerifyError::OtherHolder);
        }
        let message = to_be_signed(identifier, key, statement.unsigned());
        Ok(Self { statement, signed_by, equation: Equation::new(key, &message, statement.signature())? })
    }

    /// Where a [`Verified`] is made, but for those of which [`Verdicts`] knows already.
    fn judged(self, equation_holds: bool) -> Result<Verified<'a>, VerifyError> {
        match equation_holds {
            true => Ok(Verified { statement: self.statement, signed_by: self.signed_by }),
            false => Err(VerifyError::BadSignature),
        }
    }
}
