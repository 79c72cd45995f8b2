//! RRSIG, and what a signature is made over. Source: RFC 4034 §3.

use super::{Algorithm, canonical_rdata};
use crate::clock::UnixTime;
use crate::record::{Class, Name, Rtype, Ttl};

/// A signature over an RRset and who made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rrsig<'a> {
    /// All but the signature.
    pub head: RrsigHead,
    /// In the algorithm's own form.
    pub signature: &'a [u8],
}

/// The fields of RRSIG in front of the signature, which it covers too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RrsigHead {
    /// The type of the RRset.
    pub type_covered: Rtype,
    /// The key's algorithm.
    pub algorithm: Algorithm,
    /// How many labels the owner had when it was signed, without the root and without a `*` in front.
    pub labels: u8,
    /// The TTL of the RRset when it was signed.
    pub original_ttl: u32,
    /// Until when it counts: seconds since 1970 modulo 2^32 (RFC 4034 §3.1.5).
    pub expiration: u32,
    /// From when it counts, likewise.
    pub inception: u32,
    /// The key's tag.
    pub key_tag: u16,
    /// The apex of the zone whose key it is.
    pub signer: Name,
}

impl<'a> Rrsig<'a> {
    /// Reads record data; `None` where it is ill formed.
    #[must_use]
    pub fn parse(rdata: &'a [u8]) -> Option<Self> {
        let (fixed, rest) = rdata.split_first_chunk::<18>()?;
        let [a, b, algorithm, labels, rest_of @ ..] = *fixed;
        let number =
            |at: usize| u32::from_be_bytes([rest_of[at], rest_of[at + 1], rest_of[at + 2], rest_of[at + 3]]);
        let (signer, signature) = rest.split_at(Name::wire_len(rest).ok()?);
        let head = RrsigHead {
            type_covered: Rtype(u16::from_be_bytes([a, b])),
            algorithm: Algorithm(algorithm),
            labels,
            original_ttl: number(0),
            expiration: number(4),
            inception: number(8),
            key_tag: u16::from_be_bytes([rest_of[12], rest_of[13]]),
            signer: Name::from_wire(signer).ok()?,
        };
        (!signature.is_empty()).then_some(Self { head, signature })
    }
}

impl RrsigHead {
    /// The octets in front of the signature, the signer's name in lower case (RFC 4034 §3.1.8.1).
    #[must_use]
    pub fn octets(&self) -> Vec<u8> {
        let mut octets = Vec::with_capacity(18 + self.signer.as_wire().len());
        octets.extend_from_slice(&self.type_covered.0.to_be_bytes());
        octets.extend_from_slice(&[self.algorithm.0, self.labels]);
        for number in [self.original_ttl, self.expiration, self.inception] {
            octets.extend_from_slice(&number.to_be_bytes());
        }
        octets.extend_from_slice(&self.key_tag.to_be_bytes());
        octets.extend_from_slice(self.signer.to_lowercase().as_wire());
        octets
    }

    /// The record data with this signature.
    #[must_use]
    pub fn rdata(&self, signature: &[u8]) -> Vec<u8> {
        [&self.octets(), signature].concat()
    }

    /// What the Labels field of a signature over records of this owner says.
    ///
    /// Source: RFC 4034 §3.1.3.
    #[must_use]
    pub fn labels_of(owner: &Name) -> u8 {
        let labels = owner.label_count() - usize::from(owner.is_wildcard());
        u8::try_from(labels).expect("a name has at most 127 labels")
    }
}

/// Whether the time `one`, in seconds since 1970 modulo 2^32, comes after `other`. Source: RFC 4034 §3.1.5
/// and RFC 1982 §3.2.
#[must_use]
pub const fn is_after(one: u32, other: UnixTime) -> bool {
    #[expect(clippy::cast_possible_truncation, reason = "times are compared modulo 2^32")]
    let ahead = one.wrapping_sub(other.0 as u32);
    ahead != 0 && ahead < 1 << 31
}

/// The octets that a signature over an RRset is made over; `None` where `head` tells more labels than the
/// owner has.
///
/// An owner with more labels than `head` tells is that of records which a wildcard gave: the wildcard's name
/// stands in place of it. Source: RFC 4034 §3.1.8.1 and RFC 4035 §5.3.2.
#[must_use]
pub fn signed_data<'a>(
    head: &RrsigHead,
    owner: &Name,
    class: Class,
    rdatas: impl IntoIterator<Item = &'a [u8]>,
) -> Option<Vec<u8>> {
    let owner = signed_owner(head, owner)?;
    let mut rdatas: Vec<_> =
        rdatas.into_iter().map(|rdata| canonical_rdata(head.type_covered, rdata)).collect();
    // Source: RFC 4034 §6.3: as left-justified octets, and no record twice.
    rdatas.sort_unstable();
    rdatas.dedup();
    let mut octets = head.octets();
    let record = owner.len() + 10;
    octets.reserve(rdatas.iter().map(|rdata| record + rdata.len()).sum());
    for rdata in rdatas {
        octets.extend_from_slice(&owner);
        octets.extend_from_slice(&head.type_covered.0.to_be_bytes());
        octets.extend_from_slice(&class.0.to_be_bytes());
        octets.extend_from_slice(&head.original_ttl.to_be_bytes());
        octets.extend_from_slice(&u16::try_from(rdata.len()).ok()?.to_be_bytes());
        octets.extend_from_slice(&rdata);
    }
    Some(octets)
}

fn signed_owner(head: &RrsigHead, owner: &Name) -> Option<Vec<u8>> {
    let wire = owner.to_lowercase();
    let labels = usize::from(RrsigHead::labels_of(owner));
    let surplus = labels.checked_sub(head.labels.into())?;
    if surplus == 0 {
        return Some(wire.as_wire().to_vec());
    }
    let mut rest = wire.as_wire();
    for _ in 0..owner.label_count() - usize::from(head.labels) {
        rest = &rest[1 + usize::from(rest[0])..];
    }
    Some([b"\x01*", rest].concat())
}

impl RrsigHead {
    /// The head of a signature that is to be made over records of `owner`, which have this TTL.
    #[must_use]
    pub fn new(
        owner: &Name,
        type_covered: Rtype,
        ttl: Ttl,
        (algorithm, key_tag, signer): (Algorithm, u16, &Name),
        (inception, expiration): (u32, u32),
    ) -> Self {
        let (labels, original_ttl, signer) = (Self::labels_of(owner), ttl.as_secs(), signer.to_lowercase());
        Self { type_covered, algorithm, labels, original_ttl, expiration, inception, key_tag, signer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn head(owner: &str) -> RrsigHead {
        let key = (Algorithm::ED25519, 7, &name("Example."));
        RrsigHead::new(&name(owner), Rtype::MX, Ttl::from_secs(60), key, (1, 2))
    }

    #[test]
    fn record_data_reads_back() {
        let rdata = head("a.example.").rdata(&[1, 2, 3]);
        let rrsig = Rrsig::parse(&rdata).unwrap();
        assert_eq!((&rrsig.head, rrsig.signature), (&head("a.example."), &[1, 2, 3][..]));
        for len in 0..rdata.len() - 2 {
            assert_eq!(Rrsig::parse(&rdata[..len]), None);
        }
    }

    #[test]
    fn records_are_signed_in_order_in_lower_case_and_once() {
        let records: [&[u8]; 3] = [b"\0\x0a\x01B\0", b"\0\x05\x01A\0", b"\0\x0a\x01b\0"];
        let octets = signed_data(&head("A.example."), &name("A.example."), Class::IN, records).unwrap();
        let start = head("a.example.").octets();
        let record = |rdata: &[u8]| [b"\x01a\x07example\0\0\x0f\0\x01\0\0\0\x3c\0\x05", rdata].concat();
        let wanted = [start, record(b"\0\x05\x01a\0"), record(b"\0\x0a\x01b\0")].concat();
        assert_eq!(octets, wanted);
    }

    #[test]
    fn what_a_wildcard_gave_is_signed_as_the_wildcard() {
        let owner = |labels_of: &str, owner: &str| {
            signed_owner(&head(labels_of), &name(owner))
                .map(|wire| Name::from_wire(&wire).unwrap().to_string())
        };
        assert_eq!(owner("*.example.", "c.b.a.example."), Some("*.example.".into()));
        assert_eq!(owner("*.example.", "*.example."), Some("*.example.".into()));
        assert_eq!(owner("*.example.", "*.a.example."), Some("*.example.".into()));
        assert_eq!(owner("a.example.", "A.example."), Some("a.example.".into()));
        assert_eq!(owner("b.a.example.", "a.example."), None);
    }

    #[test]
    fn times_go_round() {
        assert!(is_after(11, UnixTime(10)) && !is_after(10, UnixTime(10)) && !is_after(9, UnixTime(10)));
        assert!(is_after(3, UnixTime(u64::from(u32::MAX))) && is_after(3, UnixTime((1 << 32) - 9)));
    }
}
