//! Record types, classes and times to live, by number and by mnemonic.

use std::fmt;
use std::str::FromStr;

/// A record type or query type. Wire form: u16. Printed as its mnemonic, or as `TYPEn` (RFC 3597 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rtype(pub u16);

/// A mnemonic or number that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a known mnemonic, nor TYPE or CLASS and a number up to 65535")]
pub struct MnemonicError;

macro_rules! rtypes {
    ($($name:ident = $number:literal),* $(,)?) => {
        #[expect(missing_docs, reason = "the IANA registry's own mnemonics")]
        impl Rtype {
            $(pub const $name: Self = Self($number);)*

            const MNEMONICS: &'static [(&'static str, Self)] =
                &[$((stringify!($name), Self::$name)),*];
        }
    };
}

rtypes! {
    A = 1, NS = 2, MD = 3, MF = 4, CNAME = 5, SOA = 6, MB = 7, MG = 8, MR = 9, NULL = 10, WKS = 11,
    PTR = 12, HINFO = 13, MINFO = 14, MX = 15, TXT = 16, RP = 17, AFSDB = 18, X25 = 19, ISDN = 20,
    RT = 21, NSAP = 22, SIG = 24, KEY = 25, PX = 26, GPOS = 27, AAAA = 28, LOC = 29, NXT = 30,
    SRV = 33, NAPTR = 35, KX = 36, CERT = 37, DNAME = 39, OPT = 41, APL = 42, DS = 43, SSHFP = 44,
    IPSECKEY = 45, RRSIG = 46, NSEC = 47, DNSKEY = 48, DHCID = 49, NSEC3 = 50, NSEC3PARAM = 51,
    TLSA = 52, SMIMEA = 53, HIP = 55, CDS = 59, CDNSKEY = 60, OPENPGPKEY = 61, CSYNC = 62,
    ZONEMD = 63, SVCB = 64, HTTPS = 65, NXNAME = 128, SPF = 99, NID = 104, L32 = 105, L64 = 106, LP = 107,
    EUI48 = 108, EUI64 = 109, TKEY = 249, TSIG = 250, IXFR = 251, AXFR = 252, MAILB = 253,
    MAILA = 254, ANY = 255, URI = 256, CAA = 257, AVC = 258, MIMISIG = 65400,
}

impl Rtype {
    /// The mnemonics that are known.
    pub(crate) fn mnemonics() -> impl Iterator<Item = &'static str> {
        Self::MNEMONICS.iter().map(|&(mnemonic, _)| mnemonic)
    }

    /// Types that ask or carry something about the message and never stand in a zone: OPT and
    /// 128 to 255. Source: RFC 6895 §3.1.
    #[must_use]
    pub const fn is_meta(self) -> bool {
        self.0 == Self::OPT.0 || (self.0 >= 128 && self.0 <= 255)
    }

    /// Whether NSD 4.6, Knot 3.2, BIND 9.18 and PowerDNS 4.7 all read the type's mnemonic and its own
    /// presentation form; numbers and the generic form of every other they read too.
    pub(crate) const fn is_known_everywhere(self) -> bool {
        matches!(
            self,
            Self::A
                | Self::NS
                | Self::CNAME
                | Self::SOA
                | Self::PTR
                | Self::HINFO
                | Self::MINFO
                | Self::MX
                | Self::TXT
                | Self::RP
                | Self::AFSDB
                | Self::KEY
                | Self::AAAA
                | Self::LOC
                | Self::SRV
                | Self::NAPTR
                | Self::KX
                | Self::CERT
                | Self::DNAME
                | Self::APL
                | Self::DS
                | Self::SSHFP
                | Self::IPSECKEY
                | Self::RRSIG
                | Self::NSEC
                | Self::DNSKEY
                | Self::DHCID
                | Self::NSEC3
                | Self::NSEC3PARAM
                | Self::TLSA
                | Self::SMIMEA
                | Self::CDS
                | Self::CDNSKEY
                | Self::OPENPGPKEY
                | Self::CSYNC
                | Self::ZONEMD
                | Self::SVCB
                | Self::HTTPS
                | Self::SPF
                | Self::NID
                | Self::L32
                | Self::L64
                | Self::LP
                | Self::EUI48
                | Self::EUI64
                | Self::URI
                | Self::CAA
        )
    }
}

impl fmt::Display for Rtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::MNEMONICS.iter().find(|(_, rtype)| rtype == self) {
            Some((mnemonic, _)) => f.pad(mnemonic),
            None => f.pad(&format!("TYPE{}", self.0)),
        }
    }
}

impl FromStr for Rtype {
    type Err = MnemonicError;

    fn from_str(text: &str) -> Result<Self, MnemonicError> {
        Self::MNEMONICS
            .iter()
            .find(|(mnemonic, _)| mnemonic.eq_ignore_ascii_case(text))
            .map(|&(_, rtype)| rtype)
            .or_else(|| numbered(text, "TYPE").map(Self))
            .ok_or(MnemonicError)
    }
}

/// A class. Wire form: u16. Printed as its mnemonic, or as `CLASSn` (RFC 3597 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(pub u16);

impl Class {
    /// Internet.
    pub const IN: Self = Self(1);
    /// Chaos.
    pub const CH: Self = Self(3);
    /// Hesiod.
    pub const HS: Self = Self(4);
    /// None, in updates only. Source: RFC 2136 §2.4.
    pub const NONE: Self = Self(254);
    /// Any class, in questions only.
    pub const ANY: Self = Self(255);

    const MNEMONICS: [(&'static str, Self); 3] = [("IN", Self::IN), ("CH", Self::CH), ("HS", Self::HS)];
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::MNEMONICS.iter().find(|(_, class)| class == self) {
            Some((mnemonic, _)) => f.pad(mnemonic),
            None => f.pad(&format!("CLASS{}", self.0)),
        }
    }
}

impl FromStr for Class {
    type Err = MnemonicError;

    fn from_str(text: &str) -> Result<Self, MnemonicError> {
        Self::MNEMONICS
            .iter()
            .find(|(mnemonic, _)| mnemonic.eq_ignore_ascii_case(text))
            .map(|&(_, class)| class)
            .or_else(|| numbered(text, "CLASS").map(Self))
            .ok_or(MnemonicError)
    }
}

/// A time to live in seconds, at most 2^31 - 1. Source: RFC 2181 §8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ttl(u32);

impl Ttl {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The largest.
    pub const MAX: Self = Self(0x7fff_ffff);

    /// A time to live from the wire or from arithmetic: what has the top bit set is 0 (RFC 2181 §8).
    #[must_use]
    pub const fn from_secs(seconds: u32) -> Self {
        if seconds > Self::MAX.0 { Self::ZERO } else { Self(seconds) }
    }

    /// In seconds.
    #[must_use]
    pub const fn as_secs(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn numbered(text: &str, word: &str) -> Option<u16> {
    let (front, digits) = text.split_at_checked(word.len())?;
    let plain = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
    if !front.eq_ignore_ascii_case(word) || !plain {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mnemonics_and_numbers_read_back() {
        for number in 0..=u16::MAX {
            assert_eq!(Rtype(number).to_string().parse(), Ok(Rtype(number)));
            assert_eq!(Class(number).to_string().parse(), Ok(Class(number)));
        }
        assert_eq!("naptr".parse(), Ok(Rtype::NAPTR));
        assert_eq!("TYPE35".parse(), Ok(Rtype::NAPTR));
        assert_eq!("type65400".parse(), Ok(Rtype::MIMISIG));
        assert_eq!("CLASS1".parse(), Ok(Class::IN));
        for text in ["", "TYPE", "TYPE+1", "TYPE65536", "TYPE-1", "NAPTRS"] {
            assert_eq!(text.parse::<Rtype>(), Err(MnemonicError), "{text}");
        }
    }

    #[test]
    fn meta_types_are_opt_and_128_to_255() {
        let meta = [Rtype::OPT, Rtype::TSIG, Rtype::AXFR, Rtype::ANY, Rtype::NXNAME];
        assert!(meta.iter().all(|rtype| rtype.is_meta()));
        assert!(![Rtype::A, Rtype::URI, Rtype::MIMISIG, Rtype(127)].iter().any(|rtype| rtype.is_meta()));
    }

    #[test]
    fn a_ttl_with_the_top_bit_is_zero() {
        assert_eq!(Ttl::from_secs(0x7fff_ffff), Ttl::MAX);
        assert_eq!(Ttl::from_secs(0x8000_0000), Ttl::ZERO);
    }
}
