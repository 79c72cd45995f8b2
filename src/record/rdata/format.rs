//! The table: of which fields the data of each type consists.

use crate::record::Rtype;

/// One field: its name in the words of the type's RFC, and its format.
#[derive(Clone, Copy)]
pub(super) struct Field(pub(super) &'static str, pub(super) Format);

/// How a field stands in text and on the wire. Those marked *rest* come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// A domain name.
    Name,
    /// Rest: names, none to many.
    Names,
    /// Decimal.
    U8,
    /// Decimal.
    U16,
    /// Decimal.
    U32,
    /// u32 in seconds; units are read too.
    Period,
    /// u32, a point in time as in RRSIG.
    Time,
    /// Four octets.
    Ipv4,
    /// Sixteen octets.
    Ipv6,
    /// Sixteen bits in each of four groups of hexadecimal digits (RFC 6742 §2.1.2).
    Locator,
    /// So many octets in hexadecimal with hyphens (RFC 7043).
    Eui(u8),
    /// A character-string.
    CharString,
    /// Rest: character-strings, one to many.
    CharStrings,
    /// Rest: character-strings, one or none.
    MaybeCharString,
    /// Rest: a string of any length, printed in quotation marks.
    Text {
        /// Whether no octet at all is allowed.
        may_be_empty: bool,
    },
    /// A character-string of letters and digits, printed without quotation marks (RFC 8659 §4.1).
    Tag,
    /// u16, a type's mnemonic.
    Rtype,
    /// u8, number or mnemonic of a DNSSEC algorithm.
    Algorithm,
    /// u16, number or mnemonic of a kind of certificate (RFC 4398 §2.1).
    CertificateType,
    /// Rest: base64.
    Base64 {
        /// The fewest octets.
        least: u8,
    },
    /// Rest: hexadecimal, one octet or more.
    Hex,
    /// Rest: hexadecimal; the octet in front says how many octets it has.
    Digest(DigestKind),
    /// Hexadecimal after an octet of length; `-` for none (RFC 5155 §3.3).
    Salt,
    /// Base32hex after an octet of length (RFC 5155 §3.3).
    NextHash,
    /// Rest: a bitmap of types (RFC 4034 §4.1.2).
    Types {
        /// Whether no type at all is allowed.
        may_be_empty: bool,
    },
    /// Rest: parameters of a service (RFC 9460 §2.2).
    ServiceParameters,
    /// All of LOC (RFC 1876 §2).
    Location,
    /// Rest: all of APL (RFC 3123 §4).
    AddressPrefixes,
    /// Rest: hexadecimal behind `0x` (RFC 1706 §5).
    Nsap,
    /// Rest: protocol and bitmap of ports (RFC 1035 §3.4.2).
    Ports,
    /// What the octet before the last says: nothing, an address or a name (RFC 4025 §2.5).
    Gateway,
    /// Algorithm, identity tag and public key with their lengths in front (RFC 8005 §5).
    HostIdentity,
}

/// Which registry says how long a digest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DigestKind {
    Ds,
    /// As DS, and type 0 with one octet 0 that deletes (RFC 8078 §4).
    Cds,
    Sshfp,
    Zonemd,
}

impl DigestKind {
    /// How many octets a digest of the type has; `None` if the type is not known here.
    pub(super) fn octets(self, digest_type: u8) -> Option<usize> {
        Some(match (self, digest_type) {
            (Self::Cds, 0) => 1,
            (Self::Ds | Self::Cds | Self::Sshfp, 1) => 20,
            (Self::Ds | Self::Cds | Self::Sshfp, 2) | (Self::Ds | Self::Cds, 3) => 32,
            (Self::Ds | Self::Cds, 4) | (Self::Zonemd, 1) => 48,
            (Self::Zonemd, 2) => 64,
            _ => return None,
        })
    }
}

const NAME: &[Field] = &[Field("name", Format::Name)];
const KEY: &[Field] = &[
    Field("flags", Format::U16),
    Field("protocol", Format::U8),
    Field("algorithm", Format::Algorithm),
    Field("public key", Format::Base64 { least: 1 }),
];
const SIGNATURE: &[Field] = &[
    Field("type covered", Format::Rtype),
    Field("algorithm", Format::Algorithm),
    Field("labels", Format::U8),
    Field("original TTL", Format::U32),
    Field("expiration", Format::Time),
    Field("inception", Format::Time),
    Field("key tag", Format::U16),
    Field("signer's name", Format::Name),
    Field("signature", Format::Base64 { least: 1 }),
];
const CERTIFICATE_ASSOCIATION: &[Field] = &[
    Field("certificate usage", Format::U8),
    Field("selector", Format::U8),
    Field("matching type", Format::U8),
    Field("certificate association data", Format::Hex),
];

/// The fields of a type; `None` if its data is opaque: types that are not known, NULL, and those that
/// never stand in a zone.
pub(super) const fn fields(rtype: Rtype) -> Option<&'static [Field]> {
    use Format as F;
    Some(match rtype {
        Rtype::A => &[Field("address", F::Ipv4)],
        Rtype::AAAA => &[Field("address", F::Ipv6)],
        Rtype::NS | Rtype::MD | Rtype::MF | Rtype::CNAME | Rtype::MB | Rtype::MG | Rtype::MR => NAME,
        Rtype::PTR | Rtype::DNAME => NAME,
        Rtype::SOA => &[
            Field("primary server (MNAME)", F::Name),
            Field("mailbox (RNAME)", F::Name),
            Field("serial", F::U32),
            Field("refresh", F::Period),
            Field("retry", F::Period),
            Field("expire", F::Period),
            Field("negative TTL (MINIMUM)", F::Period),
        ],
        Rtype::WKS => &[Field("address", F::Ipv4), Field("services", F::Ports)],
        Rtype::HINFO => &[Field("CPU", F::CharString), Field("operating system", F::CharString)],
        Rtype::MINFO => &[Field("responsible mailbox", F::Name), Field("mailbox for errors", F::Name)],
        Rtype::MX => &[Field("preference", F::U16), Field("exchange", F::Name)],
        Rtype::TXT | Rtype::SPF | Rtype::AVC => &[Field("text", F::CharStrings)],
        Rtype::RP => &[Field("mailbox", F::Name), Field("name of TXT records", F::Name)],
        Rtype::AFSDB => &[Field("subtype", F::U16), Field("host", F::Name)],
        Rtype::X25 => &[Field("PSDN address", F::CharString)],
        Rtype::ISDN => &[Field("ISDN address", F::CharString), Field("subaddress", F::MaybeCharString)],
        Rtype::RT => &[Field("preference", F::U16), Field("intermediate host", F::Name)],
        Rtype::NSAP => &[Field("address", F::Nsap)],
        Rtype::SIG | Rtype::RRSIG => SIGNATURE,
        Rtype::KEY => &[
            Field("flags", F::U16),
            Field("protocol", F::U8),
            Field("algorithm", F::Algorithm),
            // The flags may say that there is no key (RFC 2535 §3.1.2).
            Field("public key", F::Base64 { least: 0 }),
        ],
        Rtype::PX => &[Field("preference", F::U16), Field("MAP822", F::Name), Field("MAPX400", F::Name)],
        Rtype::GPOS => &[
            Field("longitude", F::CharString),
            Field("latitude", F::CharString),
            Field("altitude", F::CharString),
        ],
        Rtype::LOC => &[Field("location", F::Location)],
        Rtype::SRV => &[
            Field("priority", F::U16),
            Field("weight", F::U16),
            Field("port", F::U16),
            Field("target", F::Name),
        ],
        Rtype::NAPTR => &[
            Field("order", F::U16),
            Field("preference", F::U16),
            Field("flags", F::CharString),
            Field("services", F::CharString),
            Field("regexp", F::CharString),
            Field("replacement", F::Name),
        ],
        Rtype::KX => &[Field("preference", F::U16), Field("exchanger", F::Name)],
        Rtype::CERT => &[
            Field("type", F::CertificateType),
            Field("key tag", F::U16),
            Field("algorithm", F::Algorithm),
            Field("certificate", F::Base64 { least: 1 }),
        ],
        Rtype::APL => &[Field("address prefixes", F::AddressPrefixes)],
        Rtype::DS => &[
            Field("key tag", F::U16),
            Field("algorithm", F::Algorithm),
            Field("digest type", F::U8),
            Field("digest", F::Digest(DigestKind::Ds)),
        ],
        Rtype::CDS => &[
            Field("key tag", F::U16),
            Field("algorithm", F::Algorithm),
            Field("digest type", F::U8),
            Field("digest", F::Digest(DigestKind::Cds)),
        ],
        Rtype::SSHFP => &[
            Field("algorithm", F::U8),
            Field("fingerprint type", F::U8),
            Field("fingerprint", F::Digest(DigestKind::Sshfp)),
        ],
        Rtype::IPSECKEY => &[
            Field("precedence", F::U8),
            Field("gateway type", F::U8),
            Field("algorithm", F::U8),
            Field("gateway", F::Gateway),
            Field("public key", F::Base64 { least: 0 }),
        ],
        Rtype::NSEC => &[Field("next name", F::Name), Field("types", F::Types { may_be_empty: false })],
        Rtype::DNSKEY | Rtype::CDNSKEY => KEY,
        Rtype::DHCID => &[Field("digest", F::Base64 { least: 3 })],
        Rtype::NSEC3 => &[
            Field("hash algorithm", F::U8),
            Field("flags", F::U8),
            Field("iterations", F::U16),
            Field("salt", F::Salt),
            Field("next hashed owner name", F::NextHash),
            Field("types", F::Types { may_be_empty: true }),
        ],
        Rtype::NSEC3PARAM => &[
            Field("hash algorithm", F::U8),
            Field("flags", F::U8),
            Field("iterations", F::U16),
            Field("salt", F::Salt),
        ],
        Rtype::TLSA | Rtype::SMIMEA => CERTIFICATE_ASSOCIATION,
        Rtype::HIP => &[Field("host identity", F::HostIdentity), Field("rendezvous server", F::Names)],
        Rtype::OPENPGPKEY => &[Field("public key", F::Base64 { least: 1 })],
        Rtype::CSYNC => &[
            Field("serial", F::U32),
            Field("flags", F::U16),
            Field("types", F::Types { may_be_empty: true }),
        ],
        Rtype::ZONEMD => &[
            Field("serial", F::U32),
            Field("scheme", F::U8),
            Field("hash algorithm", F::U8),
            Field("digest", F::Digest(DigestKind::Zonemd)),
        ],
        Rtype::SVCB | Rtype::HTTPS => &[
            Field("priority", F::U16),
            Field("target", F::Name),
            Field("service parameters", F::ServiceParameters),
        ],
        Rtype::NID => &[Field("preference", F::U16), Field("node identifier", F::Locator)],
        Rtype::L32 => &[Field("preference", F::U16), Field("locator", F::Ipv4)],
        Rtype::L64 => &[Field("preference", F::U16), Field("locator", F::Locator)],
        Rtype::LP => &[Field("preference", F::U16), Field("name of L32 or L64 records", F::Name)],
        Rtype::EUI48 => &[Field("address", F::Eui(6))],
        Rtype::EUI64 => &[Field("address", F::Eui(8))],
        Rtype::URI => &[
            Field("priority", F::U16),
            Field("weight", F::U16),
            Field("target", F::Text { may_be_empty: false }),
        ],
        Rtype::CAA => {
            &[Field("flags", F::U8), Field("tag", F::Tag), Field("value", F::Text { may_be_empty: true })]
        }
        _ => return None,
    })
}

/// Every type that the table knows.
#[cfg(test)]
pub(super) fn known() -> impl Iterator<Item = Rtype> {
    (0..=u16::MAX).map(Rtype).filter(|&rtype| fields(rtype).is_some())
}
