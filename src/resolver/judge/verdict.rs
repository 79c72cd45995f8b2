//! What became of a statement, and why: every reason with a stable code and its wording.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::resolver::reason::reasons;

/// What the resolver made of one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "verdict", content = "code", rename_all = "kebab-case")]
pub enum Verdict {
    /// It counts.
    Believed,
    /// It does not count, and that is nobody's fault.
    Ignored(Ignored),
    /// It does not count, and where nothing else does, the answer is not to be believed.
    Rejected(Rejected),
}

impl fmt::Display for Verdict {
    /// The verdict, and the reason in words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Believed => f.write_str("believed"),
            Self::Ignored(reason) => write!(f, "ignored: {reason}"),
            Self::Rejected(reason) => write!(f, "rejected: {reason}"),
        }
    }
}

reasons! {
    /// Why a statement was left aside without prejudice.
    Ignored {
        NotUnderstood = "not-understood":
            "its version, kind, algorithm or a critical parameter is not known here",
        OverLimit = "over-limit":
            "the resolution's budget of signatures or rules was used up before its turn",
        NotNewest = "not-newest":
            "two newer statements of the same kind and signer came from the same provider",
        Superseded = "superseded":
            "a newer statement of the same kind and signer replaces it",
        NotListed = "not-listed":
            "the holder's wishes do not list this provider",
        BesidePossession = "beside-possession":
            "a possession or tombstone is believed, so what does not ask the holder does not count",
        PossessionUnread = "possession-unread":
            "there is a possession that could not be judged, since its signer's keys could not be had",
    }
}

reasons! {
    /// Why a statement is not believed.
    Rejected {
        Malformed = "malformed":
            "it breaks the form of its record",
        NotYetValid = "not-yet-valid":
            "its inception is more than five minutes away",
        Expired = "expired":
            "it has expired",
        Inverted = "inverted":
            "it expires before it begins",
        LifetimeTooLong = "lifetime-too-long":
            "it is made to live longer than the policy allows",
        NotGranted = "not-granted":
            "the policy grants its issuer no statements of this kind",
        OutOfScope = "out-of-scope":
            "the policy's grant to its issuer does not cover this identifier",
        ClaimsTooMuch = "claims-too-much":
            "it claims a stronger proof than the policy grants its issuer",
        ProofInFuture = "proof-in-future":
            "it claims a proof that is more than five minutes away",
        KeyUnknown = "key-unknown":
            "no key of its signer has this key id",
        KeyNotProven = "key-not-proven":
            "the policy pins no key of its signer, and DNSSEC does not prove those that the DNS has",
        KeyUnreached = "key-unreached":
            "the policy pins no key of its signer, and the DNS could not be asked for them",
        KeyRevoked = "key-revoked":
            "the policy revokes the key that signed it",
        KeyCollision = "key-collision":
            "two keys of its signer have this key id, so neither is believed",
        BadSignature = "bad-signature":
            "its signature is not that key's over this statement and identifier",
        Conflict = "conflict":
            "its signer made a different statement with the same inception",
        Rollback = "rollback":
            "a newer statement of this kind and signer was seen before and is gone",
        Contradicted = "contradicted":
            "another possession, with a better claim, names another holder",
        PossessionMissing = "possession-missing":
            "no believed possession names its holder",
        WishesMissing = "wishes-missing":
            "no believed wishes of its holder are there",
        ConsentTooNew = "consent-too-new":
            "it acts on newer wishes of the holder than those that are there",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_told_apart_and_read_back() {
        let ignored = Ignored::ALL.iter().map(|&reason| Verdict::Ignored(reason));
        let rejected = Rejected::ALL.iter().map(|&reason| Verdict::Rejected(reason));
        let mut seen = BTreeSet::new();
        for verdict in ignored.chain(rejected).chain([Verdict::Believed]) {
            let json = serde_json::to_string(&verdict).unwrap();
            assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);
            assert!(seen.insert(json));
        }
        let json = serde_json::to_value(Verdict::Rejected(Rejected::ConsentTooNew)).unwrap();
        assert_eq!(json, serde_json::json!({ "verdict": "rejected", "code": "consent-too-new" }));
    }
}
