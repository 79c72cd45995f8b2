//! Statements put together octet by octet, so that they can be wrong in every way.

use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};

pub(crate) const NOW: u64 = 1_793_491_200; // 2026-11-01T00:00:00Z
pub(crate) const DAY: u64 = 86_400;
pub(crate) const TELEPHONE: &str = "tel:+442079460148";

pub(crate) const POSSESSION: u8 = 1;
pub(crate) const MAPPING: u8 = 2;
pub(crate) const WISHES: u8 = 3;

pub(crate) const ISSUER: u16 = 1;
pub(crate) const HOLDER_KEY: u16 = 2;
pub(crate) const HOLDER: u16 = 3;
pub(crate) const PROOF: u16 = 4;
pub(crate) const ENDPOINT: u16 = 5;
pub(crate) const CONSENT: u16 = 6;
pub(crate) const AT: u16 = 7;

/// One vector.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// What it shows; of a hostile one, its fault.
    pub(crate) name: &'static str,
    pub(crate) identifier: &'static str,
    pub(crate) public_key: [u8; 32],
    pub(crate) now: u64,
    pub(crate) rdata: Vec<u8>,
    pub(crate) verdict: &'static str,
}

/// A statement before it is signed.
#[derive(Debug, Clone)]
pub(crate) struct Raw {
    pub(crate) version: u8,
    pub(crate) kind: u8,
    pub(crate) inception: u64,
    pub(crate) expiration: u64,
    pub(crate) parameters: Vec<(u16, Vec<u8>)>,
    pub(crate) algorithm: u8,
}

impl Raw {
    pub(crate) fn new(kind: u8, parameters: Vec<(u16, Vec<u8>)>) -> Self {
        let days = [800, 10, 400][usize::from(kind) - 1];
        let inception = NOW - 3_600;
        let expiration = inception + days * DAY;
        Self { version: 1, kind, inception, expiration, parameters, algorithm: 15 }
    }

    pub(crate) fn parameters(&self) -> Vec<u8> {
        let one = |(key, value): &(u16, Vec<u8>)| {
            let len = u16::try_from(value.len()).expect("values of vectors are short");
            [&key.to_be_bytes(), &len.to_be_bytes(), &value[..]].concat()
        };
        self.parameters.iter().flat_map(one).collect()
    }

    pub(crate) fn unsigned(&self) -> Vec<u8> {
        let parameters = self.parameters();
        let len = u16::try_from(parameters.len()).expect("vectors are short");
        [
            &[self.version, self.kind][..],
            &self.inception.to_be_bytes(),
            &self.expiration.to_be_bytes(),
            &len.to_be_bytes(),
            &parameters,
        ]
        .concat()
    }

    /// Record data, signed by `key`.
    pub(crate) fn sign(&self, key: &SigningKey, identifier: &str) -> Vec<u8> {
        let public = key.verifying_key().to_bytes();
        let unsigned = self.unsigned();
        let signature = key.sign(&to_be_signed(identifier, &public, &unsigned)).to_bytes();
        self.with_signature(&public, &signature)
    }

    pub(crate) fn with_signature(&self, public: &[u8; 32], signature: &[u8; 64]) -> Vec<u8> {
        [&self.unsigned()[..], &[self.algorithm], &key_hash(public)[..8], signature].concat()
    }

    /// A vector of this statement, signed by `key` for [`TELEPHONE`].
    pub(crate) fn case(&self, key: &SigningKey, name: &'static str, verdict: &'static str) -> Case {
        case(key, self.sign(key, TELEPHONE), name, verdict)
    }
}

/// A vector of finished record data, for [`TELEPHONE`] at [`NOW`].
pub(crate) fn case(key: &SigningKey, rdata: Vec<u8>, name: &'static str, verdict: &'static str) -> Case {
    let public_key = key.verifying_key().to_bytes();
    Case { name, identifier: TELEPHONE, public_key, now: NOW, rdata, verdict }
}

pub(crate) fn to_be_signed(identifier: &str, public: &[u8; 32], unsigned: &[u8]) -> Vec<u8> {
    let len = u16::try_from(identifier.len()).expect("identifiers are short");
    [b"MIMISIG-1\0", &[15][..], &key_hash(public), &len.to_be_bytes(), identifier.as_bytes(), unsigned]
        .concat()
}

pub(crate) fn key_hash(public: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([15]).chain_update(public).finalize().into()
}

/// An authentication provider's, a messaging provider's and a holder's key: never use them.
pub(crate) fn ap() -> SigningKey {
    key("ap")
}

pub(crate) fn msp() -> SigningKey {
    key("msp")
}

pub(crate) fn holder() -> SigningKey {
    key("holder")
}

pub(crate) fn key(who: &str) -> SigningKey {
    let seed = Sha256::digest(format!("mimi-dns test vectors: {who}"));
    SigningKey::from_bytes(&seed.into())
}

pub(crate) fn name(text: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    for label in text.split('.') {
        wire.push(u8::try_from(label.len()).expect("labels are short"));
        wire.extend_from_slice(label.as_bytes());
    }
    wire.push(0);
    wire
}

pub(crate) fn proof(method: u8, time: u64) -> Vec<u8> {
    [&[method][..], &time.to_be_bytes()].concat()
}

pub(crate) fn raw_key(key: &SigningKey) -> Vec<u8> {
    [&[15][..], key.verifying_key().as_bytes()].concat()
}

pub(crate) fn naptr(preference: u16, uri: &str) -> Vec<u8> {
    naptr_fields(100, preference, "U", "x-mimi:x-mimi", &format!("!.*!{uri}!"), &[0])
}

pub(crate) fn naptr_fields(
    order: u16,
    preference: u16,
    flags: &str,
    services: &str,
    regexp: &str,
    replacement: &[u8],
) -> Vec<u8> {
    let mut value = [35u16, order, preference].map(u16::to_be_bytes).concat();
    for field in [flags, services, regexp] {
        value.push(u8::try_from(field.len()).expect("fields are short"));
        value.extend_from_slice(field.as_bytes());
    }
    [&value, replacement].concat()
}

pub(crate) fn uri(priority: u16, weight: u16, uri: &str) -> Vec<u8> {
    [&[256u16, priority, weight].map(u16::to_be_bytes).concat(), uri.as_bytes()].concat()
}

pub(crate) fn at(msp: &str, rank: u16, tags: &[&str], key: &[u8]) -> Vec<u8> {
    let mut value = name(msp);
    value.extend_from_slice(&rank.to_be_bytes());
    value.push(u8::try_from(tags.len()).expect("few tags"));
    for tag in tags {
        value.push(u8::try_from(tag.len()).expect("tags are short"));
        value.extend_from_slice(tag.as_bytes());
    }
    [&value, key].concat()
}

/// A possession without a fault.
pub(crate) fn possession() -> Raw {
    let parameters = vec![
        (ISSUER, name("ap.example")),
        (HOLDER_KEY, raw_key(&holder())),
        (PROOF, proof(2, NOW - 30 * DAY)),
    ];
    Raw::new(POSSESSION, parameters)
}

/// A mapping of `endpoint` without any other fault.
pub(crate) fn mapping(endpoint: Vec<u8>) -> Raw {
    let holder = key_hash(holder().verifying_key().as_bytes());
    let parameters = vec![
        (ISSUER, name("msp.example")),
        (HOLDER, holder.into()),
        (ENDPOINT, endpoint),
        (CONSENT, (NOW - 7 * DAY).to_be_bytes().into()),
    ];
    Raw::new(MAPPING, parameters)
}

/// Wishes of the holder without a fault, if `at` has none.
pub(crate) fn wishes(at: Vec<Vec<u8>>) -> Raw {
    let holder = key_hash(holder().verifying_key().as_bytes());
    let at = at.into_iter().map(|value| (AT, value));
    Raw::new(WISHES, std::iter::once((HOLDER, holder.into())).chain(at).collect())
}
