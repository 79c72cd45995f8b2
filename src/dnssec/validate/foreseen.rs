//! Signatures of several answers, checked together before each answer is checked by itself.
//!
//! This may only spare work: a signature that was found to hold is not checked again, and of every other nothing is said.
//! [`crate::dnssec::verify`] takes by itself what holds here, so no verdict depends on who came together.

use std::collections::HashMap;

use super::KeySet;
use super::rrset::in_time;
use crate::clock::UnixTime;
use crate::record::dnssec::{Algorithm, Rrsig, signed_data};
use crate::record::{Rdata, Rrset};
use crate::statement::{Equation, PublicKey, holding};

/// A signature by Ed25519 that will be asked about: key, octets, signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreseen {
    key: [u8; 32],
    octets: Vec<u8>,
    signature: [u8; 64],
}

/// One that holds: [`hold_together`] alone makes it.
#[derive(Debug, Clone)]
pub struct Held(Foreseen);

impl Foreseen {
    /// The signature that [`super::verify_rrset`] is going to check, where it is by Ed25519 and nothing that is cheap
    /// speaks against it.
    #[must_use]
    pub fn new(rrset: &Rrset, signatures: &[Rdata], keys: &KeySet, now: UnixTime) -> Option<Self> {
        let parsed = signatures.iter().filter_map(|rdata| Rrsig::parse(rdata));
        let mut fitting = parsed.filter(|rrsig| {
            let head = &rrsig.head;
            head.type_covered == rrset.rtype
                && head.algorithm == Algorithm::ED25519
                && head.signer == *keys.zone()
                && in_time(head, now).is_ok()
        });
        let rrsig = fitting.next()?;
        let head = &rrsig.head;
        let mut named = keys.keys().iter().filter(|key| key.tag == head.key_tag && key.is_fit().is_ok());
        let key = named.find(|key| key.dnskey().algorithm == head.algorithm)?;
        let rdatas = rrset.rdatas.iter().map(|rdata| &**rdata);
        Some(Self {
            key: key.dnskey().public_key.try_into().ok()?,
            octets: signed_data(head, &rrset.owner, rrset.class, rdatas)?,
            signature: rrsig.signature.try_into().ok()?,
        })
    }
}

impl Held {
    /// Whether it is this one.
    pub(super) fn is(&self, key: &[u8], octets: &[u8], signature: &[u8]) -> bool {
        (&self.0.key[..], &self.0.octets[..], &self.0.signature[..]) == (key, octets, signature)
    }
}

/// Checks these together, in their order; `None` of those about which nothing is said.
#[must_use]
pub fn hold_together(all: Vec<Foreseen>) -> Vec<Option<Held>> {
    let mut keys: HashMap<[u8; 32], Option<PublicKey>> = HashMap::new();
    for foreseen in &all {
        keys.entry(foreseen.key).or_insert_with(|| PublicKey::from_octets(&foreseen.key).ok());
    }
    let equation = |one: &Foreseen| Equation::new(keys[&one.key].as_ref()?, &one.octets, &one.signature).ok();
    let equations: Vec<_> = all.iter().map(equation).collect();
    let mut verdicts = holding(&equations.iter().flatten().collect::<Vec<_>>()).into_iter();
    let holds: Vec<bool> =
        equations.iter().map(|equation| equation.is_some() && verdicts.next() == Some(true)).collect();
    drop(equations);
    all.into_iter().zip(holds).map(|(foreseen, holds)| holds.then_some(Held(foreseen))).collect()
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::constants::{ED25519_BASEPOINT_TABLE, EIGHT_TORSION};
    use curve25519_dalek::{EdwardsPoint, Scalar};
    use sha2::{Digest, Sha512};

    use super::*;
    use crate::dnssec::validate::testing::{NOW, Signer, rrset};
    use crate::dnssec::validate::{Fault, Work, WorkLimits, verify_rrset};
    use crate::dnssec::verify;
    use crate::record::Rtype;

    /// Each of twenty answers, every third of them spoiled in its signature or its records.
    fn answers(signers: &[Signer]) -> Vec<(Rrset, Vec<Rdata>, KeySet, bool)> {
        let answer = |number: usize| {
            let signer = &signers[number % signers.len()];
            let mut records = rrset(&format!("n{number}.example."), Rtype::TXT, &["a"]);
            let mut rrsig = signer.sign(&records);
            match number % 6 {
                2 => *rrsig.last_mut().unwrap() ^= 0x10,
                5 => records.rdatas[0][1] ^= 1,
                _ => {}
            }
            (records, vec![rrsig], signer.keys(), number % 3 != 2)
        };
        (0..20).map(answer).collect()
    }

    #[test]
    fn verdicts_are_those_of_each_alone() {
        let answers = answers(&[Signer::new("example."), Signer::new("example.")]);
        let foreseen = |(records, signatures, keys, _): &(Rrset, Vec<Rdata>, KeySet, bool)| {
            Foreseen::new(records, signatures, keys, NOW).unwrap()
        };
        let held = hold_together(answers.iter().map(foreseen).collect());
        for ((records, signatures, keys, good), held) in answers.iter().zip(held) {
            assert_eq!(held.is_some(), *good);
            let alone = verify_rrset(records, signatures, keys, NOW, &mut Work::default());
            assert_eq!(alone.is_ok(), *good);
            let mut work = Work::default();
            held.into_iter().for_each(|held| work.remember(held));
            assert_eq!(verify_rrset(records, signatures, keys, NOW, &mut work), alone);
            assert_eq!(work.spent().signatures, 1);
        }
    }

    #[test]
    fn what_holds_serves_nothing_else_and_is_paid_for() {
        let signer = Signer::new("example.");
        let (one, other) = (rrset("a.example.", Rtype::TXT, &["a"]), rrset("b.example.", Rtype::TXT, &["a"]));
        let (rrsig, keys) = ([signer.sign(&one)], signer.keys());
        let held = |limits| {
            let foreseen = Foreseen::new(&one, &rrsig, &keys, NOW).unwrap();
            let mut work = Work::new(limits);
            work.remember(hold_together(vec![foreseen]).remove(0).unwrap());
            work
        };
        let mut work = held(WorkLimits::default());
        let wrong = verify_rrset(&other, &rrsig, &keys, NOW, &mut work);
        assert_eq!(wrong, Err(Fault::SignatureWrong));
        let mut work = held(WorkLimits { signatures: 0, ..WorkLimits::default() });
        assert_eq!(verify_rrset(&one, &rrsig, &keys, NOW, &mut work), Err(Fault::TooMuchWork));
        // What is cheap to refuse is not foreseen.
        let expired = signer.sign_as(&one, |head| head.expiration = head.inception);
        assert_eq!(Foreseen::new(&one, &[expired], &keys, NOW), None);
        assert_eq!(Foreseen::new(&one, &rrsig, &Signer::new("example.").keys(), NOW), None);
    }

    /// Whoever has a key can make signatures of which only the equation with the factor 8 holds.
    #[test]
    fn a_point_of_small_order_in_a_signature_makes_no_difference_between_one_and_many() {
        let (secret, nonce) = (Scalar::from(0x5eed_u64), Scalar::from(0x0dd_u64));
        let key: EdwardsPoint = &secret * ED25519_BASEPOINT_TABLE;
        let key = key.compress().to_bytes();
        let sign = |octets: &[u8], torsion: EdwardsPoint| {
            let r = (&nonce * ED25519_BASEPOINT_TABLE + torsion).compress();
            let digest =
                Sha512::new().chain_update(r.as_bytes()).chain_update(key).chain_update(octets).finalize();
            let s = nonce + Scalar::from_bytes_mod_order_wide(&digest.into()) * secret;
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(r.as_bytes());
            signature[32..].copy_from_slice(s.as_bytes());
            signature
        };
        let signed: Vec<_> = EIGHT_TORSION
            .iter()
            .zip(0_u8..)
            .map(|(&torsion, number)| Foreseen {
                key,
                octets: vec![number],
                signature: sign(&[number], torsion),
            })
            .collect();
        for one in &signed {
            verify(Algorithm::ED25519, &one.key, &one.octets, &one.signature).unwrap();
        }
        assert!(hold_together(signed).iter().all(Option::is_some));
    }

    #[test]
    fn keys_and_signatures_that_are_none_hold_nothing() {
        let foreseen = |key, signature| Foreseen { key, octets: vec![1], signature };
        let of_small_order = EIGHT_TORSION[1].compress().to_bytes();
        let all = [[0xff; 32], of_small_order].map(|key| foreseen(key, [0; 64]));
        assert!(hold_together(all.to_vec()).iter().all(Option::is_none));
        assert!(hold_together(Vec::new()).is_empty());
    }
}
