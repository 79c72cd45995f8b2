//! Trust anchors.

use crate::record::dnssec::{DigestType, Dnskey, Ds};
use crate::record::scan::{Scanner, Token, line_column};
use crate::record::{Name, Rdata, Rtype, rdata};

/// The root zone's keys: KSK-2017 (since 2018-10-11) and KSK-2024 (since 2025-01-11). Source: IANA, "Root Trust
/// Anchors" (RFC 9718).
const IANA_ROOT: &str = ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16";

/// The keys that a zone is known to be signed with, without a parent that says so. Source: RFC 4035 §5.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustAnchor {
    owner: Name,
    ds: Vec<Rdata>,
}

/// Why text is no trust anchor: its author's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorError {
    /// Not a record of a type that anchors trust.
    #[error("line {line}: a trust anchor is a DS or DNSKEY record: OWNER [TTL] [IN] DS|DNSKEY DATA")]
    NotARecord {
        /// From 1.
        line: usize,
    },
    /// Its owner is no absolute name.
    #[error("line {line}: {error}")]
    Owner {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        error: crate::record::NameError,
    },
    /// Its data is ill formed.
    #[error("line {line}: {error}")]
    Data {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        error: rdata::RdataError,
    },
    /// A key that may not sign zones, or has been revoked (RFC 5011 §2.1).
    #[error("line {line}: the key is none for zones, or has been revoked")]
    Key {
        /// From 1.
        line: usize,
    },
}

impl TrustAnchor {
    /// The root's, as IANA publishes it.
    #[must_use]
    pub fn iana_root() -> Self {
        let anchors = Self::parse(IANA_ROOT).expect("what is shipped is well formed");
        anchors.into_iter().next().expect("the root's")
    }

    /// Reads DS and DNSKEY records in presentation form; those of one owner make one anchor.
    ///
    /// # Errors
    /// What is wrong with the first line that is wrong.
    pub fn parse(text: &str) -> Result<Vec<Self>, AnchorError> {
        let (mut scanner, mut tokens) = (Scanner::new(text.as_bytes()), Vec::new());
        let mut anchors: Vec<Self> = Vec::new();
        while let Some(entry) = scanner.next_entry(&mut tokens) {
            let line_of = |offset| line_column(text.as_bytes(), offset).0;
            let entry = entry.map_err(|error| AnchorError::NotARecord { line: line_of(error.offset) })?;
            let line = line_of(entry.offset);
            if entry.starts_blank {
                return Err(AnchorError::NotARecord { line });
            }
            let (owner, ds) = record(&tokens, line)?;
            match anchors.iter_mut().find(|anchor| anchor.owner == owner) {
                Some(anchor) if anchor.ds.contains(&ds) => {}
                Some(anchor) => anchor.ds.push(ds),
                None => anchors.push(Self { owner, ds: vec![ds] }),
            }
        }
        Ok(anchors)
    }

    /// The zone.
    #[must_use]
    pub fn owner(&self) -> &Name {
        &self.owner
    }

    /// Record data of DS; of keys that were given whole, their digests.
    #[must_use]
    pub fn ds(&self) -> &[Rdata] {
        &self.ds
    }
}

/// Owner and DS record data of one record.
fn record(tokens: &[Token<'_>], line: usize) -> Result<(Name, Rdata), AnchorError> {
    let (owner, rest) = tokens.split_first().ok_or(AnchorError::NotARecord { line })?;
    let is_front = |token: &&Token<'_>| token.is_word("IN") || token.raw.iter().all(u8::is_ascii_digit);
    let front = rest.iter().take(2).take_while(is_front).count();
    let (rtype, data) = rest[front..].split_first().ok_or(AnchorError::NotARecord { line })?;
    let owner =
        Name::parse(owner.raw, Some(&Name::root())).map_err(|error| AnchorError::Owner { line, error })?;
    let rtype = [Rtype::DS, Rtype::DNSKEY].into_iter().find(|known| rtype.is_word(&known.to_string()));
    let rtype = rtype.ok_or(AnchorError::NotARecord { line })?;
    let mut octets = Vec::new();
    rdata::parse(rtype, data, &owner, &mut octets).map_err(|error| AnchorError::Data { line, error })?;
    if rtype == Rtype::DNSKEY {
        let key = Dnskey::parse(&octets).filter(|key| key.is_zone_key() && !key.is_revoked());
        let key = key.ok_or(AnchorError::Key { line })?;
        octets = Ds::rdata_of(&owner, &key, DigestType::SHA256).expect("a digest that is made here");
    }
    Ok((owner, octets.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As in Debian's `dns-root-data`, which has them from IANA.
    const KEYS: &str = ". IN DNSKEY 257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU= ; keytag 20326
. 172800 IN DNSKEY 257 3 8 AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGwCJNnOAlFNKF2jBosZBU5eeHspaQWOmOElZsjICMQMC3aeHbGiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo+siFUiRAAxm9qyJNg/wOZqqzL/dL/q8PkcRU5oUKEpUge71M3ej2/7CPqpdVwuMoTvoB+ZOT4YeGyxMvHmbrxlFzGOHOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2vaF18UYH9Z9GNUUeayffKC73PYc= ; keytag 38696";

    #[test]
    fn the_keys_of_the_root_are_those_of_its_digests() {
        let root = TrustAnchor::iana_root();
        assert_eq!(TrustAnchor::parse(KEYS), Ok(vec![root.clone()]));
        let tags: Vec<_> = root.ds().iter().map(|ds| Ds::parse(ds).unwrap().key_tag).collect();
        assert_eq!((root.owner(), &*tags), (&Name::root(), &[20326, 38696][..]));
    }

    #[test]
    fn several_zones_in_any_spelling() {
        let digest = "00".repeat(32);
        let text = format!(
            "a.example IN DS 1 15 2 {digest} ; one\n\nB. 3600 ds ( 2 15 2\n {digest} )\nA.example. DS 3 15 2 {digest}\n"
        );
        let anchors = TrustAnchor::parse(&text).unwrap();
        let shown: Vec<_> =
            anchors.iter().map(|anchor| (anchor.owner().to_string(), anchor.ds().len())).collect();
        assert_eq!(shown, [("a.example.".to_owned(), 2), ("B.".to_owned(), 1)]);
        assert_eq!(TrustAnchor::parse("; nothing\n"), Ok(vec![]));
    }

    #[test]
    fn what_anchors_nothing() {
        let key = "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=";
        for (text, wanted) in [
            ("a. A 192.0.2.1", "line 1: a trust anchor is"),
            ("\n. IN", "line 2: a trust anchor is"),
            (" DS 1 15 2 00", "line 1: a trust anchor is"),
            ("a..b. DS 1 15 2 00", "line 1: a label is empty"),
            ("a. DS 1 15", "line 1: "),
            (&format!("a. DNSKEY 1 3 15 {key}"), "line 1: the key is none for zones"),
            (&format!("a. DNSKEY 385 3 15 {key}"), "line 1: the key is none for zones"),
            (&format!("a. DNSKEY 257 2 15 {key}"), "line 1: "),
        ] {
            let error = TrustAnchor::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(wanted), "{text}: {error}");
        }
    }
}
