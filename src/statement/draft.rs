//! Statements that are still to be signed.

use super::key::PublicKey;
use super::signer::{Signer, SignerError};
use super::verify::{VerifyError, to_be_signed, verify_batch};
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::record::mimisig::{self, Body, Fault, KeyHash, Kind, Mimisig, SIGNATURE_LEN};

/// An unsigned statement that keeps every rule of its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    unsigned: Vec<u8>,
    kind: Kind,
    /// Of wishes, whose they are.
    wisher: Option<KeyHash>,
}

/// Why there can be no such statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// It expires before it begins.
    #[error("it expires before it begins")]
    Inverted,
    /// Its parameters are longer than a record can carry.
    #[error("it is longer than a record can be")]
    TooLong,
    /// It would be refused by whoever reads it.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why a draft was not signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// Wishes of another holder than the one who signs.
    #[error("wishes are signed with their holder's own key, and this is another")]
    OtherHolder,
    /// The signer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The signer gave a signature that its own public key does not verify.
    #[error("the signer's signature does not verify: {0}")]
    BadSigner(VerifyError),
}

impl Draft {
    /// A draft of this body; what is a list in it is put in the order of the wire.
    ///
    /// # Errors
    /// [`DraftError`], the same that a reader would find: the caller's fault.
    pub fn new(inception: UnixTime, expiration: UnixTime, body: &Body) -> Result<Self, DraftError> {
        let unsigned = mimisig::unsigned_octets(inception, expiration, body).ok_or(DraftError::TooLong)?;
        Self::from_unsigned(unsigned)
    }

    /// A draft of record data from version through parameters.
    pub(super) fn from_unsigned(unsigned: Vec<u8>) -> Result<Self, DraftError> {
        let placeholder = mimisig::signed_octets(&unsigned, mimisig::KeyId([0; 8]), &[0; SIGNATURE_LEN]);
        if placeholder.len() > usize::from(u16::MAX) {
            return Err(DraftError::TooLong);
        }
        let statement = Mimisig::parse(&placeholder)?;
        if statement.inception() >= statement.expiration() {
            return Err(DraftError::Inverted);
        }
        let wisher = match statement.body() {
            Body::Wishes(wishes) => Some(wishes.holder),
            Body::Possession(_) | Body::Mapping(_) => None,
        };
        Ok(Self { kind: statement.kind(), wisher, unsigned })
    }

    /// What it will be.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Record data from version through parameters.
    #[must_use]
    pub fn unsigned(&self) -> &[u8] {
        &self.unsigned
    }

    /// Signs it for one identifier, and verifies what the signer gave.
    ///
    /// # Errors
    /// [`SignError`]: the signer's fault, or the caller's who chose it.
    pub fn sign(&self, identifier: &Identifier, signer: &dyn Signer) -> Result<Mimisig, SignError> {
        let mut signed = Self::sign_batch(&[(self, identifier)], signer);
        signed.pop().expect("one statement for each draft")
    }

    /// Signs several, each for its identifier, and verifies together what the signer gave, which is faster: what
    /// [`Draft::sign`] gives for each of them, in the same order.
    #[must_use]
    pub fn sign_batch(
        drafts: &[(&Self, &Identifier)],
        signer: &dyn Signer,
    ) -> Vec<Result<Mimisig, SignError>> {
        let key = signer.public_key();
        let mut signed: Vec<_> =
            drafts.iter().map(|(draft, identifier)| draft.unverified(identifier, signer, &key)).collect();
        let (mut places, mut statements) = (Vec::new(), Vec::new());
        for (place, (statement, (_, identifier))) in signed.iter().zip(drafts).enumerate() {
            if let Ok(statement) = statement {
                places.push(place);
                statements.push((statement, *identifier, &key));
            }
        }
        let faults: Vec<Option<VerifyError>> =
            verify_batch(&statements).into_iter().map(Result::err).collect();
        for (place, fault) in places.into_iter().zip(faults) {
            if let Some(fault) = fault {
                signed[place] = Err(SignError::BadSigner(fault));
            }
        }
        signed
    }

    /// Whether this key's signature would count.
    ///
    /// # Errors
    /// [`SignError::OtherHolder`]: the caller's fault who chose it.
    pub fn check_key(&self, key: &PublicKey) -> Result<(), SignError> {
        match self.wisher {
            Some(holder) if holder != key.key_hash() => Err(SignError::OtherHolder),
            _ => Ok(()),
        }
    }

    fn unverified(
        &self,
        identifier: &Identifier,
        signer: &dyn Signer,
        key: &PublicKey,
    ) -> Result<Mimisig, SignError> {
        self.check_key(key)?;
        let signature = signer.sign(&to_be_signed(identifier, key, &self.unsigned))?;
        let rdata = mimisig::signed_octets(&self.unsigned, key.key_id(), &signature);
        Ok(Mimisig::parse(&rdata).expect("a draft has been parsed with every check"))
    }
}
