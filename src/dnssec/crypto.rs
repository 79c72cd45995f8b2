//! Signatures by the algorithms of DNSSEC, over octets.

use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};

use crate::record::dnssec::Algorithm;
use crate::statement::{Equation, PublicKey};

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// See [`is_supported`].
    #[error("the algorithm is not supported")]
    Unsupported,
    /// The key's octets are none of its algorithm, or not of a length that is taken.
    #[error("the key is ill formed")]
    Key,
    /// The key did not make this signature over these octets.
    #[error("the signature does not fit")]
    Signature,
}

/// Whether signatures by this algorithm can be checked: RSA with SHA-256 or SHA-512, ECDSA with P-256 or
/// P-384, Ed25519.
///
/// What is signed with others counts as not signed (RFC 4035 §5.2): those with SHA-1, as RFC 9905 wants, and
/// Ed448, for want of a well-kept library.
#[must_use]
pub const fn is_supported(algorithm: Algorithm) -> bool {
    matches!(
        algorithm,
        Algorithm::RSASHA256
            | Algorithm::RSASHA512
            | Algorithm::ECDSAP256SHA256
            | Algorithm::ECDSAP384SHA384
            | Algorithm::ED25519
    )
}

/// Checks a signature by a key as it stands in DNSKEY.
///
/// RSA keys have 1024 to 8192 bits. Source: RFC 5702, 6605 and 8080.
///
/// # Errors
/// [`CryptoError`]: the signer's fault, or that of who changed the octets.
pub fn verify(
    algorithm: Algorithm,
    public_key: &[u8],
    octets: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    match algorithm {
        Algorithm::RSASHA256 => {
            rsa(&signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, public_key, octets, signature)
        }
        Algorithm::RSASHA512 => {
            rsa(&signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, public_key, octets, signature)
        }
        Algorithm::ECDSAP256SHA256 => {
            curve::<64>(&signature::ECDSA_P256_SHA256_FIXED, public_key, octets, signature)
        }
        Algorithm::ECDSAP384SHA384 => {
            curve::<96>(&signature::ECDSA_P384_SHA384_FIXED, public_key, octets, signature)
        }
        Algorithm::ED25519 => {
            unparsed::<32>(&signature::ED25519, public_key, octets, signature).or_else(|error| {
                if holds_times_eight(public_key, octets, signature) { Ok(()) } else { Err(error) }
            })
        }
        _ => Err(CryptoError::Unsupported),
    }
}

/// Whether the equation of RFC 8032 §5.1.7 holds, the one with the factor 8. Of honest signatures ring's, without it, says
/// the same and is asked first; but many signatures together can be checked with the factor only, and no verdict may
/// depend on which were checked together.
fn holds_times_eight(public_key: &[u8], octets: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (PublicKey::from_octets(public_key), signature.try_into()) else {
        return false;
    };
    Equation::new(&key, octets, signature).is_ok_and(|equation| equation.holds())
}

/// Source: RFC 3110 §2 for the key.
fn rsa(
    parameters: &'static signature::RsaParameters,
    public_key: &[u8],
    octets: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    let (len, rest) = match public_key {
        [0, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        [len, rest @ ..] => (usize::from(*len), rest),
        [] => return Err(CryptoError::Key),
    };
    let (e, n) = rest.split_at_checked(len).ok_or(CryptoError::Key)?;
    // ring wants numbers without leading zeros.
    let [e, n] = [e, n].map(|number| &number[number.iter().take_while(|&&octet| octet == 0).count()..]);
    if e.is_empty() || n.is_empty() {
        return Err(CryptoError::Key);
    }
    let key = RsaPublicKeyComponents { n, e };
    key.verify(parameters, octets, signature).map_err(|_| CryptoError::Signature)
}

/// A point without the octet that says that it is uncompressed. Source: RFC 6605 §4.
fn curve<const LEN: usize>(
    algorithm: &'static dyn VerificationAlgorithm,
    public_key: &[u8],
    octets: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    let point: &[u8; LEN] = public_key.try_into().map_err(|_| CryptoError::Key)?;
    let key = UnparsedPublicKey::new(algorithm, [&[4], &point[..]].concat());
    key.verify(octets, signature).map_err(|_| CryptoError::Signature)
}

fn unparsed<const LEN: usize>(
    algorithm: &'static dyn VerificationAlgorithm,
    public_key: &[u8],
    octets: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    let key: &[u8; LEN] = public_key.try_into().map_err(|_| CryptoError::Key)?;
    UnparsedPublicKey::new(algorithm, key).verify(octets, signature).map_err(|_| CryptoError::Signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::dnssec::{Dnskey, Rrsig, signed_data};
    use crate::record::{Class, Name, Rtype, rdata};

    struct Example {
        algorithm: Algorithm,
        owner: &'static str,
        rtype: Rtype,
        key: &'static str,
        record: &'static str,
        rrsig: &'static str,
    }

    const EXAMPLES: [Example; 3] = [
        // RFC 5702 §6.1
        Example {
            algorithm: Algorithm::RSASHA256,
            owner: "www.example.net.",
            rtype: Rtype::A,
            key: "256 3 8 AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4cAgtvd4Qs8PkxUdp6p/DlUmObdk=",
            record: "192.0.2.91",
            rrsig: "A 8 3 3600 20300101000000 20000101000000 9033 example.net. kRCOH6u7l0QGy9qpC9l1sLncJcOKFLJ7GhiUOibu4teYp5VE9RncriShZNz85mwlMgNEacFYK/lPtPiVYP4bwg==",
        },
        // RFC 6605 §6.1
        Example {
            algorithm: Algorithm::ECDSAP256SHA256,
            owner: "www.example.net.",
            rtype: Rtype::A,
            key: "257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==",
            record: "192.0.2.1",
            rrsig: "A 13 3 3600 20100909100439 20100812100439 55648 example.net. qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==",
        },
        // RFC 8080 §6.1
        Example {
            algorithm: Algorithm::ED25519,
            owner: "example.com.",
            rtype: Rtype::MX,
            key: "257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
            record: "10 mail.example.com.",
            rrsig: "MX 15 2 3600 1440021600 1438207200 3613 example.com. oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==",
        },
    ];

    #[test]
    fn the_examples_of_the_rfcs() {
        for example in EXAMPLES {
            let key = rdata::from_text(Rtype::DNSKEY, example.key).unwrap();
            let key = Dnskey::parse(&key).unwrap();
            let record = rdata::from_text(example.rtype, example.record).unwrap();
            let rrsig = rdata::from_text(Rtype::RRSIG, example.rrsig).unwrap();
            let rrsig = Rrsig::parse(&rrsig).unwrap();
            let owner: Name = example.owner.parse().unwrap();
            assert_eq!((key.algorithm, rrsig.head.key_tag), (example.algorithm, key.key_tag()));
            let mut octets = signed_data(&rrsig.head, &owner, Class::IN, [&*record]).unwrap();
            let check = |octets: &[u8]| verify(key.algorithm, key.public_key, octets, rrsig.signature);
            // 512 bits are too few, and the example is the only one there is.
            let known =
                if example.algorithm == Algorithm::RSASHA256 { Err(CryptoError::Signature) } else { Ok(()) };
            assert_eq!(check(&octets), known, "{}", example.algorithm);
            octets[30] ^= 1;
            assert_eq!(check(&octets), Err(CryptoError::Signature));
        }
    }

    #[test]
    fn keys_of_no_length_are_refused() {
        for (number, key) in [
            (8, &[][..]),
            (8, &[0]),
            (8, &[0, 0, 9, 1]),
            (8, &[1, 0, 0]),
            (13, &[1; 63]),
            (14, &[]),
            (15, &[1; 33]),
        ] {
            assert_eq!(verify(Algorithm(number), key, b"", &[0; 64]), Err(CryptoError::Key), "{number}");
        }
        for number in [0, 1, 5, 7, 12, 16, 253] {
            assert_eq!(verify(Algorithm(number), &[1; 32], b"", &[0; 64]), Err(CryptoError::Unsupported));
            assert!(!is_supported(Algorithm(number)));
        }
    }
}
