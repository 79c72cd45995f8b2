//! Signatures on which verifiers are known to differ, wrong ones, and statements out of time.
//!
//! Source: Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs", 2020.

use curve25519_dalek::constants::{ED25519_BASEPOINT_TABLE, EIGHT_TORSION};
use curve25519_dalek::traits::Identity;
use curve25519_dalek::{EdwardsPoint, Scalar};
use sha2::{Digest, Sha512};

use super::raw::*;

/// The order of the group, little-endian.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

pub(crate) fn cases() -> Vec<Case> {
    [keys(), signatures(), replays(), times()].concat()
}

/// A signature of RFC 8032's equation with any encodings of A and R: `S = r + k·a`.
fn forge(
    name: &'static str,
    verdict: &'static str,
    a: Scalar,
    a_octets: [u8; 32],
    r: Scalar,
    r_octets: [u8; 32],
) -> Case {
    let raw = possession();
    let message = to_be_signed(TELEPHONE, &a_octets, &raw.unsigned());
    let digest = Sha512::new().chain_update(r_octets).chain_update(a_octets).chain_update(message).finalize();
    let s = r + Scalar::from_bytes_mod_order_wide(&digest.into()) * a;
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r_octets);
    signature[32..].copy_from_slice(s.as_bytes());
    let rdata = raw.with_signature(&a_octets, &signature);
    Case { name, identifier: TELEPHONE, public_key: a_octets, now: NOW, rdata, verdict }
}

fn secret(who: &str) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&Sha512::digest(format!("mimi-dns test vectors: {who}")).into())
}

fn base(scalar: Scalar) -> EdwardsPoint {
    &scalar * ED25519_BASEPOINT_TABLE
}

fn octets(point: EdwardsPoint) -> [u8; 32] {
    point.compress().0
}

/// y = p + `small`: not below p, as it should be.
fn large_y(small: u8) -> [u8; 32] {
    let mut octets = [0xff; 32];
    octets[0] = 0xed + small;
    octets[31] = 0x7f;
    octets
}

fn keys() -> Vec<Case> {
    let (a, r) = (secret("a"), secret("r"));
    let torsion = EIGHT_TORSION[1];
    let mut cases = vec![
        forge("mixed-order-key", "verified", a, octets(base(a) + torsion), r, octets(base(r))),
        forge("mixed-order-r", "verified", a, octets(base(a)), r, octets(base(r) + torsion)),
        forge(
            "mixed-order-key-and-r",
            "verified",
            a,
            octets(base(a) + torsion),
            r,
            octets(base(r) - torsion),
        ),
    ];
    let names = [
        "small-order-key-1",
        "small-order-key-8",
        "small-order-key-4",
        "small-order-key-8-second",
        "small-order-key-2",
        "small-order-key-8-third",
        "small-order-key-4-second",
        "small-order-key-8-fourth",
    ];
    for (name, point) in names.into_iter().zip(EIGHT_TORSION) {
        cases.push(forge(name, "rejected: key-small-order", Scalar::ZERO, octets(point), r, octets(base(r))));
    }
    let mut minus_zero = octets(EdwardsPoint::identity());
    minus_zero[31] |= 0x80;
    let not_canonical = "rejected: key-not-canonical";
    for (name, key) in [
        ("key-y-not-below-p", large_y(3)),
        ("key-y-is-p", large_y(0)),
        ("key-y-is-p-plus-1", large_y(1)),
        ("key-x-is-minus-zero", minus_zero),
        ("key-not-on-the-curve", {
            let mut two = [0; 32];
            two[0] = 2;
            two
        }),
    ] {
        cases.push(forge(name, not_canonical, Scalar::ZERO, key, r, octets(base(r))));
    }
    cases
}

fn signatures() -> Vec<Case> {
    let a = secret("a");
    let key = octets(base(a));
    let mut minus_zero = octets(EdwardsPoint::identity());
    minus_zero[31] |= 0x80;
    let mut cases = Vec::new();
    for (name, point) in [
        ("small-order-r-1", EIGHT_TORSION[0]),
        ("small-order-r-8", EIGHT_TORSION[1]),
        ("small-order-r-4", EIGHT_TORSION[2]),
        ("small-order-r-2", EIGHT_TORSION[4]),
    ] {
        cases.push(forge(name, "rejected: r-small-order", a, key, Scalar::ZERO, octets(point)));
    }
    for (name, r) in [
        ("r-y-not-below-p", large_y(1)),
        ("r-x-is-minus-zero", minus_zero),
        ("r-not-on-the-curve", {
            let mut two = [0; 32];
            two[0] = 2;
            two
        }),
    ] {
        cases.push(forge(name, "rejected: r-not-canonical", a, key, Scalar::ZERO, r));
    }
    let good = possession().sign(&ap(), TELEPHONE);
    let mut large_s = good.clone();
    let s = large_s.len() - 32;
    let mut carry = 0;
    for (octet, l) in large_s[s..].iter_mut().zip(L) {
        let [low, high] = (u16::from(*octet) + u16::from(l) + carry).to_le_bytes();
        *octet = low;
        carry = high.into();
    }
    let mut s_is_l = good.clone();
    s_is_l[s..].copy_from_slice(&L);
    let mut flipped = good.clone();
    flipped[s] ^= 1;
    let mut changed = good.clone();
    changed[17] -= 1;
    cases.extend([
        case(&ap(), large_s, "s-plus-l", "rejected: s-too-large"),
        case(&ap(), s_is_l, "s-is-l", "rejected: s-too-large"),
        case(&ap(), flipped, "signature-bit-flipped", "rejected: bad-signature"),
        case(&ap(), changed, "expiration-changed", "rejected: bad-signature"),
    ]);
    cases
}

fn replays() -> Vec<Case> {
    let possession = possession();
    let by_msp = possession.sign(&msp(), TELEPHONE);
    let mut claims_ap = by_msp.clone();
    let key_id = claims_ap.len() - 72;
    claims_ap[key_id..key_id + 8].copy_from_slice(&key_hash(ap().verifying_key().as_bytes())[..8]);
    let elsewhere = possession.sign(&ap(), "tel:+442079460149");
    let shorter = possession.sign(&ap(), "tel:+44207946014");
    let of_other_holder = wishes(vec![]).sign(&key("another holder"), TELEPHONE);
    let mut inception_changed = possession.sign(&ap(), TELEPHONE);
    inception_changed[9] ^= 1;
    let tombstone_as_possession = {
        // The parameters of one signed statement under the signature of another.
        let mut tombstone = possession.clone();
        tombstone.parameters.remove(1);
        let signed = tombstone.sign(&ap(), TELEPHONE);
        let signature: [u8; 64] = signed[signed.len() - 64..].try_into().expect("64 octets");
        possession.with_signature(ap().verifying_key().as_bytes(), &signature)
    };
    vec![
        case(&ap(), elsewhere, "replayed-on-another-identifier", "rejected: bad-signature"),
        case(&ap(), shorter, "replayed-on-a-longer-identifier", "rejected: bad-signature"),
        case(&ap(), by_msp, "wrong-signer", "rejected: other-key"),
        case(&ap(), claims_ap, "wrong-signer-with-the-right-key-id", "rejected: bad-signature"),
        case(
            &key("another holder"),
            of_other_holder,
            "wishes-signed-by-another-holder",
            "rejected: other-holder",
        ),
        case(&ap(), inception_changed, "inception-changed", "rejected: bad-signature"),
        case(&ap(), tombstone_as_possession, "signature-of-another-statement", "rejected: bad-signature"),
    ]
}

fn times() -> Vec<Case> {
    let with = |raw: Raw, inception, expiration, name, verdict| {
        Raw { inception, expiration, ..raw }.case(&ap(), name, verdict)
    };
    let possession = || possession();
    let signed = |raw: Raw, key, days: u64, name| {
        let late = Raw { inception: NOW, expiration: NOW + days * DAY + 1, ..raw };
        late.case(&key, name, "rejected: too-long")
    };
    vec![
        with(possession(), NOW + 301, NOW + DAY, "not-yet-valid", "rejected: not-yet-valid"),
        with(possession(), NOW - DAY, NOW, "expired", "rejected: expired"),
        with(possession(), 0, 0, "expired-since-1970", "rejected: expired"),
        with(possession(), NOW + 10, NOW + 10, "expires-when-it-begins", "rejected: inverted"),
        with(possession(), NOW + 20, NOW + 10, "expires-before-it-begins", "rejected: inverted"),
        with(possession(), 0, u64::MAX, "valid-for-ever", "rejected: too-long"),
        signed(possession(), ap(), 800, "possession-too-long"),
        signed(mapping(naptr(10, "mimi://msp.example/u/7d1k9")), msp(), 10, "mapping-too-long"),
        signed(wishes(vec![]), holder(), 400, "wishes-too-long"),
    ]
}
