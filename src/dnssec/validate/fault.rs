//! What validation ends in, and why.

use std::fmt;

/// What is known of an RRset or an absence. Source: RFC 4035 §4.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Security {
    /// A chain of signatures leads to it from a trust anchor.
    Secure,
    /// It is proven that no such chain must be.
    Insecure(InsecureReason),
    /// A chain must be, and is broken: not to be believed.
    Bogus(Fault),
    /// No trust anchor, or what is needed could not be had.
    Indeterminate,
}

/// What stands in the way of proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// It is proven that there need not be one.
    #[error("not signed: {0}")]
    Insecure(InsecureReason),
    /// There must be one.
    #[error("{0}")]
    Bogus(#[from] Fault),
}

/// Why what is there counts as not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InsecureReason {
    /// A signed zone says that its delegation has no DS records.
    NoDs,
    /// It lies where a zone leaves out delegations that are not signed (RFC 5155 §6).
    OptOut,
    /// The zone is signed with algorithms that are not supported (RFC 4035 §5.2).
    Algorithm,
    /// Its parent points to it with digests that are not supported (RFC 6840 §5.2).
    Digest,
    /// Its names are hashed more often than anybody should have to (RFC 9276 §3.2).
    Nsec3Iterations,
}

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $extended:literal, $words:literal;)*) => {
        /// Why something is bogus. Its code is stable; `Display` tells it in words.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Fault { $($(#[$doc])* $name,)* }

        impl Fault {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name that programs know it by.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The code of the extended error that tells it. Source: RFC 8914 §4.
            #[must_use]
            pub const fn extended_error(self) -> u16 {
                match self { $(Self::$name => $extended,)* }
            }

            /// Of the faults of several signatures, which one came nearest to being verified: the highest.
            pub(super) const fn nearness(self) -> u8 {
                self as u8
            }

            const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)* }
            }
        }
    };
}

faults! {
    /// The parent points to keys, and the zone has none.
    KeysMissing = "dnskey-missing", 9, "the parent says that the zone is signed, and it has no DNSKEY records";
    /// No key of the zone is one that the parent, or the trust anchor, points to.
    NoKeyForDs = "no-key-for-ds", 9, "no DNSKEY record is one that the DS records point to";
    // The faults of signatures, in the order in which they are looked for.
    /// No signature is there.
    SignatureMissing = "signature-missing", 10, "there is no RRSIG record over it, and the zone is signed";
    /// Signatures are there, but none is well formed.
    SignatureIllFormed = "signature-ill-formed", 6, "its RRSIG record is ill formed";
    /// Somebody else has signed (RFC 4035 §5.3.1).
    SignerNotZone = "signer-not-zone", 6, "it is signed in the name of another zone";
    /// The records' owner has fewer labels than the signature tells (RFC 4035 §5.3.1).
    LabelsTooMany = "labels-too-many", 6, "the signature is for an owner name with more labels";
    /// The records come from a wildcard, where none can be.
    NotExpandable = "not-expandable", 6, "the signature is a wildcard's, and these records come from no wildcard";
    /// The zone is signed with an algorithm that is supported, this RRset is not.
    SignatureAlgorithm = "signature-algorithm", 6, "it is signed with an algorithm that is not supported, the zone with one that is";
    /// The zone has no such key.
    SignatureKey = "no-key-for-signature", 9, "no key of the zone has its signature's key tag and algorithm";
    /// The key may not sign zones (RFC 4034 §2.1.1), or has another protocol (§2.1.2).
    NotZoneKey = "not-a-zone-key", 11, "the key is none for zones: its zone flag is not set, or its protocol is not 3";
    /// The key has been revoked (RFC 5011 §2.1).
    KeyRevoked = "key-revoked", 9, "the key has been revoked";
    /// The signature ends before it begins.
    SignatureTimes = "signature-times", 25, "its signature expires before it becomes valid";
    /// The signature has ended.
    SignatureExpired = "signature-expired", 7, "its signature has expired";
    /// The signature has not begun.
    SignatureNotYetValid = "signature-not-yet-valid", 8, "its signature is not valid yet";
    /// The zone's key did not make the signature over these records.
    SignatureWrong = "signature-wrong", 6, "its signature does not fit the records and the zone's key";
    /// The records are not of this zone.
    OutOfZone = "out-of-zone", 6, "it is not in the zone whose keys are known";
    /// No NSEC and no NSEC3 record is there.
    DenialMissing = "denial-missing", 12, "it is said to be absent, without NSEC or NSEC3 records that prove it";
    /// The records that deny are about other names.
    NameNotDenied = "name-not-denied", 12, "no NSEC or NSEC3 record covers the name";
    /// A wildcard could give what is said to be absent.
    WildcardNotDenied = "wildcard-not-denied", 12, "no NSEC or NSEC3 record denies the wildcard that could give it";
    /// A name nearer than the wildcard's may exist (RFC 4035 §5.3.4).
    ExpansionNotProven = "expansion-not-proven", 12, "no NSEC or NSEC3 record shows that the wildcard's answer is for this name";
    /// No NSEC3 record shows the nearest name that exists (RFC 5155 §8.3).
    EncloserNotProven = "encloser-not-proven", 12, "no NSEC3 record shows which of the names above exists";
    /// The record that is to deny says that it exists.
    DenialContradicts = "denial-contradicts", 6, "it is said to be absent, and the zone's own record says that it exists";
    /// The record that is to deny is of the wrong side of a zone cut, or above one (RFC 6840 §4.1 and §4.4).
    DenialAcrossCut = "denial-across-cut", 6, "the record that is to prove absence is of the other side of a zone cut";
    /// The record that is to deny has itself been made from a wildcard.
    DenialExpanded = "denial-expanded", 6, "the record that is to prove absence has been made from a wildcard";
    /// An NSEC record's next name is not in the zone, or comes before its owner and is not the apex.
    NextOutOfZone = "next-out-of-zone", 6, "the next name of an NSEC record is not in the zone, or not after its owner";
    /// NSEC3 records that can't be read: hash, flags or lengths.
    Nsec3IllFormed = "nsec3-ill-formed", 6, "an NSEC3 record has an unknown hash or flag, or hashes of another length";
    /// Its records cause more work than the budget has.
    TooMuchWork = "too-much-work", 6, "it would take more signatures or hashes to prove than anybody should have to check";
    /// A validating resolver that was asked for a part of the proof refused it as bogus: SERVFAIL, info-codes 6 to 12 of
    /// RFC 8914 §4.
    BogusUpstream = "bogus-upstream", 6, "the resolver that was asked for its proof says that this is bogus";
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}

impl std::error::Error for Fault {}

impl InsecureReason {
    /// The name that programs know it by.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoDs => "no-ds",
            Self::OptOut => "opt-out",
            Self::Algorithm => "algorithm-unsupported",
            Self::Digest => "digest-unsupported",
            Self::Nsec3Iterations => "nsec3-iterations",
        }
    }

    /// The code of the extended error that tells it, where there is one. Source: RFC 8914 §4, RFC 9276 §3.2.
    #[must_use]
    pub const fn extended_error(self) -> Option<u16> {
        match self {
            Self::NoDs | Self::OptOut => None,
            Self::Algorithm => Some(1),
            Self::Digest => Some(2),
            Self::Nsec3Iterations => Some(27),
        }
    }
}

impl fmt::Display for InsecureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NoDs => "the parent proves that it has no DS records for the zone",
            Self::OptOut => "the zone leaves out delegations here that are not signed (opt-out)",
            Self::Algorithm => "the zone is signed with algorithms that are not supported",
            Self::Digest => "the parent points to the zone's keys with digests that are not supported",
            Self::Nsec3Iterations => "the zone hashes its names more often than is supported",
        })
    }
}

impl From<Unproven> for Security {
    fn from(unproven: Unproven) -> Self {
        match unproven {
            Unproven::Insecure(reason) => Self::Insecure(reason),
            Unproven::Bogus(fault) => Self::Bogus(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_a_code_of_its_own() {
        let mut codes: Vec<_> = Fault::ALL.iter().map(|fault| fault.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Fault::ALL.len());
        for fault in Fault::ALL {
            assert!(
                fault.code().bytes().all(|octet| octet.is_ascii_lowercase() || matches!(octet, b'-' | b'3'))
            );
            assert!([6, 7, 8, 9, 10, 11, 12, 25].contains(&fault.extended_error()), "{fault}");
        }
    }
}
