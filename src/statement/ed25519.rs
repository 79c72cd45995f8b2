//! Ed25519 so that every implementation gives the same verdict, one at a time and in batches.
//!
//! R is canonical and not of small order (the key's own checks are in [`PublicKey`]), S < L, and
//! `8·S·B = 8·R + 8·k·A` (RFC 8032 §5.1.7). Without the factor 8, a batch and a single verification
//! can disagree about keys and R with a component of small order.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use curve25519_dalek::{EdwardsPoint, Scalar};
use sha2::{Digest, Sha512};

use super::key::{PublicKey, decompress_canonical};
use super::verify::VerifyError;
use crate::record::mimisig::SIGNATURE_LEN;

/// A signature whose form is right, with the challenge that its equation needs.
pub(crate) struct Equation<'a> {
    key: &'a PublicKey,
    r: EdwardsPoint,
    s: Scalar,
    challenge: Scalar,
}

impl<'a> Equation<'a> {
    /// Checks the form of a signature; the equation itself stays to be checked.
    pub(crate) fn new(
        key: &'a PublicKey,
        message: &[u8],
        signature: &[u8; SIGNATURE_LEN],
    ) -> Result<Self, VerifyError> {
        let (mut r_octets, mut s_octets) = ([0; 32], [0; 32]);
        r_octets.copy_from_slice(&signature[..32]);
        s_octets.copy_from_slice(&signature[32..]);
        let r = decompress_canonical(r_octets).ok_or(VerifyError::NotCanonical)?;
        if r.is_small_order() {
            return Err(VerifyError::SmallOrder);
        }
        let s = Option::from(Scalar::from_canonical_bytes(s_octets)).ok_or(VerifyError::LargeS)?;
        let digest = Sha512::new()
            .chain_update(r_octets)
            .chain_update(key.as_octets())
            .chain_update(message)
            .finalize();
        Ok(Self { key, r, s, challenge: Scalar::from_bytes_mod_order_wide(&digest.into()) })
    }

    pub(crate) fn holds(&self) -> bool {
        let difference =
            EdwardsPoint::vartime_double_scalar_mul_basepoint(&self.challenge, &-self.key.point(), &self.s)
                - self.r;
        difference.mul_by_cofactor().is_identity()
    }
}

/// So few of which one does not hold are looked at one by one.
const FEW: usize = 4;

/// Which equations hold, in order. Where one in many does not, it is found by halving: what a hostile signer can
/// make of it is some batches over all of them, the logarithm of their number, before each is looked at by itself.
pub(crate) fn holding(equations: &[&Equation<'_>]) -> Vec<bool> {
    let mut verdicts = vec![true; equations.len()];
    halve(equations, &mut verdicts);
    verdicts
}

fn halve(equations: &[&Equation<'_>], verdicts: &mut [bool]) {
    if equations.len() > 1 && all_hold(equations) {
        return;
    }
    if equations.len() <= FEW {
        for (equation, verdict) in equations.iter().zip(verdicts) {
            *verdict = equation.holds();
        }
        return;
    }
    let middle = equations.len() / 2;
    let (front, back) = verdicts.split_at_mut(middle);
    halve(&equations[..middle], front);
    halve(&equations[middle..], back);
}

/// Whether all equations hold: the sum of them, each times a factor of its own. A key that stands in several is
/// one point.
fn all_hold(equations: &[&Equation<'_>]) -> bool {
    let factors = factors(equations);
    let base: Scalar = equations.iter().zip(&factors).map(|(equation, factor)| equation.s * factor).sum();
    let mut places: HashMap<&[u8; 32], usize> = HashMap::new();
    let mut keys: Vec<(Scalar, EdwardsPoint)> = Vec::new();
    for (equation, factor) in equations.iter().zip(&factors) {
        let share = equation.challenge * factor;
        match places.entry(equation.key.as_octets()) {
            Entry::Occupied(place) => keys[*place.get()].0 += share,
            Entry::Vacant(place) => {
                place.insert(keys.len());
                keys.push((share, *equation.key.point()));
            }
        }
    }
    let scalars = factors.iter().copied().chain(keys.iter().map(|(share, _)| *share)).chain([-base]);
    let points = equations
        .iter()
        .map(|equation| equation.r)
        .chain(keys.iter().map(|(_, point)| *point))
        .chain([ED25519_BASEPOINT_POINT]);
    EdwardsPoint::vartime_multiscalar_mul(scalars, points).mul_by_cofactor().is_identity()
}

/// One factor of 128 bits for each equation. They depend on everything in the batch, so nobody can
/// choose signatures whose faults cancel out; the same batch always has the same factors.
fn factors(equations: &[&Equation<'_>]) -> Vec<Scalar> {
    let mut transcript = Sha512::new().chain_update(b"MIMISIG batch\0");
    for equation in equations {
        // The challenge commits to R, the key and the message.
        transcript.update(equation.challenge.as_bytes());
        transcript.update(equation.s.as_bytes());
    }
    let seed = transcript.finalize();
    let factor = |index: usize| {
        let digest = Sha512::new().chain_update(seed).chain_update(index.to_be_bytes()).finalize();
        let mut octets = [0; 32];
        octets[..16].copy_from_slice(&digest[..16]);
        Scalar::from_bytes_mod_order(octets)
    };
    (0..equations.len()).map(factor).collect()
}
