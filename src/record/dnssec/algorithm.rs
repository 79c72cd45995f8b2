//! Numbers of algorithms and digests. Source: IANA, "DNS Security Algorithm Numbers" and "DS RR Type Digest
//! Algorithms".

use std::fmt;
use std::str::FromStr;

use crate::record::MnemonicError;

/// The algorithm of a key and its signatures. Wire form: u8. Printed as its mnemonic, or as its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Algorithm(pub u8);

/// The algorithm of a DS record's digest. Wire form: u8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DigestType(pub u8);

macro_rules! numbers {
    ($kind:ident: $($name:ident = $number:literal $mnemonic:literal),* $(,)?) => {
        #[expect(missing_docs, reason = "the IANA registry's own mnemonics")]
        impl $kind {
            $(pub const $name: Self = Self($number);)*

            const MNEMONICS: &'static [(&'static str, Self)] = &[$(($mnemonic, Self::$name)),*];
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match Self::MNEMONICS.iter().find(|(_, number)| number == self) {
                    Some((mnemonic, _)) => f.pad(mnemonic),
                    None => self.0.fmt(f),
                }
            }
        }

        impl FromStr for $kind {
            type Err = MnemonicError;

            /// By mnemonic, in any case, or by number.
            fn from_str(text: &str) -> Result<Self, MnemonicError> {
                let known = Self::MNEMONICS.iter().find(|(mnemonic, _)| mnemonic.eq_ignore_ascii_case(text));
                let number = || text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok()).flatten();
                known.map(|&(_, number)| number).or_else(|| number().map(Self)).ok_or(MnemonicError)
            }
        }
    };
}

numbers! { Algorithm:
    RSASHA1 = 5 "RSASHA1",
    RSASHA1_NSEC3 = 7 "NSEC3RSASHA1",
    RSASHA256 = 8 "RSASHA256",
    RSASHA512 = 10 "RSASHA512",
    ECDSAP256SHA256 = 13 "ECDSAP256SHA256",
    ECDSAP384SHA384 = 14 "ECDSAP384SHA384",
    ED25519 = 15 "ED25519",
    ED448 = 16 "ED448",
}

numbers! { DigestType:
    SHA1 = 1 "SHA-1",
    SHA256 = 2 "SHA-256",
    SHA384 = 4 "SHA-384",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mnemonics_and_numbers_read_back() {
        for number in 0..=u8::MAX {
            assert_eq!(Algorithm(number).to_string().parse(), Ok(Algorithm(number)));
            assert_eq!(DigestType(number).to_string().parse(), Ok(DigestType(number)));
        }
        assert_eq!("ed25519".parse(), Ok(Algorithm::ED25519));
        assert_eq!("13".parse(), Ok(Algorithm::ECDSAP256SHA256));
        for text in ["", "+1", "256", "ED2551"] {
            assert_eq!(text.parse::<Algorithm>(), Err(MnemonicError), "{text}");
        }
    }
}
