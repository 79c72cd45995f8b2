//! What is wrong with a set of records that should be a zone.
//!
//! What is an error and what a warning follows the majority of NSD 4.6, Knot 3.2 and BIND 9.18.

use super::finding::{Severity, Span};
use crate::record::{Name, Rtype};

/// Something wrong with the records of a zone, and the record that shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct BuildFault {
    /// Where the record was read from.
    pub span: Span,
    /// The record's owner name.
    pub owner: Option<Name>,
    /// Whether the zone can be served nevertheless.
    pub severity: Severity,
    /// What kind of fault, in words joined by `-`; stable, for scripts.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub remedy: String,
}

impl std::fmt::Debug for BuildFault {
    /// Without names: owners in a source may say whose they are.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BuildFault({}[{}] at {:?})", self.severity, self.code, self.span)
    }
}

/// The kinds of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    NoSoa,
    SecondSoa,
    SoaOffApex,
    NoApexNs,
    OutOfZone,
    OtherClass(crate::record::Class),
    MetaType(Rtype),
    IllFormed(Rtype),
    CnameAndOther(Rtype),
    SeveralCnames,
    SeveralDnames,
    DnameAndNs,
    BelowDname,
    TtlDiffers(Rtype),
    Duplicate(Rtype),
    RrsetTooLarge(Rtype),
    ZoneTooLarge,
    ManyRecords(Rtype),
    MissingGlue,
    ServerIsAlias,
    TargetIsAlias(Rtype),
    TargetWithoutAddress(Rtype),
    TargetIsAddress(Rtype),
    AliasLoop,
    Occluded(Rtype),
    WildcardNs,
    WildcardDname,
    DsAtApex,
    DsWithoutNs,
    StraySignature(Rtype),
    NoHostName(Rtype),
    NaptrRegexp,
    ManyChains,
    /// These count names.
    NsecMissing(usize),
    NsecBroken(usize),
    NsecTypes(usize),
    Nsec3Missing(usize),
    Nsec3Broken(usize),
    Unsigned(usize),
    /// These count signatures, or seconds.
    SignaturesExpired(usize, Rtype),
    SignaturesExpire(i64, Rtype),
    SignaturesEarly(usize),
    NoDenial,
    Nsec3NotAnnounced,
    Nsec3Chains(usize),
    Nsec3Hash(u8),
    Nsec3Iterations(u16),
}

impl Kind {
    pub(super) fn at(self, span: Span, owner: Option<Name>) -> BuildFault {
        let (severity, code, message, remedy) = self.words();
        BuildFault { span, owner, severity, code, message, remedy: remedy.to_owned() }
    }

    fn words(self) -> (Severity, &'static str, String, &'static str) {
        use Severity::{Error, Warning};
        match self {
            Self::NoSoa => (
                Error,
                "no-soa",
                "the zone has no SOA record".to_owned(),
                "write one SOA record at the top of the zone",
            ),
            Self::SecondSoa => {
                (Error, "second-soa", "the zone has a second SOA record".to_owned(), "keep one of them")
            }
            Self::SoaOffApex => (
                Error,
                "soa-off-apex",
                "an SOA record stands at another name than the first".to_owned(),
                "keep one, or make it a zone of its own in its own file",
            ),
            // NSD and Knot serve it, BIND does not.
            Self::NoApexNs => (
                Warning,
                "no-apex-ns",
                "the zone's apex has no NS record".to_owned(),
                "write an NS record for each server of the zone",
            ),
            Self::OutOfZone => (
                Warning,
                "out-of-zone",
                "the name is not in this zone; its record is left out".to_owned(),
                "check $ORIGIN, and that a name meant to be relative has no final dot",
            ),
            Self::OtherClass(class) => (
                Error,
                "other-class",
                format!("the record's class is {class}, the SOA record's is another"),
                "a zone has one class",
            ),
            Self::MetaType(rtype) => (
                Error,
                "meta-type",
                format!("{rtype} stands in questions and messages only"),
                "remove the record",
            ),
            Self::IllFormed(rtype) => (
                Error,
                "ill-formed-data",
                format!("the data is none of an {rtype} record"),
                "compare its fields with the type's definition",
            ),
            Self::CnameAndOther(rtype) => (
                Error,
                "cname-and-other-data",
                format!("the name has a CNAME record and {rtype} too (RFC 1034 §3.6.2)"),
                "keep the CNAME or the other records",
            ),
            Self::SeveralCnames => (
                Error,
                "several-cnames",
                "the name has several CNAME records (RFC 2181 §10.1)".to_owned(),
                "keep one of them",
            ),
            Self::SeveralDnames => (
                Error,
                "several-dnames",
                "the name has several DNAME records (RFC 6672 §2.4)".to_owned(),
                "keep one of them",
            ),
            // NSD and BIND serve it, Knot does not.
            Self::DnameAndNs => (
                Warning,
                "dname-and-ns",
                "the name is delegated, which hides its DNAME record (RFC 6672 §2.3)".to_owned(),
                "keep the NS records or the DNAME",
            ),
            Self::BelowDname => (
                Error,
                "below-dname",
                "the name stands below a DNAME record (RFC 6672 §2.4)".to_owned(),
                "remove the name or the DNAME",
            ),
            Self::TtlDiffers(rtype) => (
                Warning,
                "ttl-differs",
                format!("{rtype} records of one name differ in TTL (RFC 2181 §5.2); the smallest is used"),
                "give them one TTL",
            ),
            Self::Duplicate(rtype) => (
                Warning,
                "duplicate-record",
                format!("the {rtype} record is there already; it is used once"),
                "remove one of them",
            ),
            Self::RrsetTooLarge(rtype) => (
                Error,
                "rrset-too-large",
                format!("the {rtype} records and their signatures don't fit one message"),
                "publish fewer or smaller records at this name",
            ),
            Self::ZoneTooLarge => {
                (Error, "zone-too-large", "the zone is too large to be held".to_owned(), "split the zone")
            }
            Self::ManyRecords(rtype) => (
                Warning,
                "many-records",
                format!("more than 100 {rtype} records: BIND refuses them unless told otherwise"),
                "publish fewer, or raise max-records-per-type where BIND serves the zone",
            ),
            Self::MissingGlue => (
                Warning,
                "missing-glue",
                "the server's name is in this zone and has no address here".to_owned(),
                "write A or AAAA records for the server's name",
            ),
            Self::ServerIsAlias => (
                Warning,
                "ns-target-is-alias",
                "the server's name is an alias (RFC 2181 §10.3)".to_owned(),
                "name the server that the alias leads to",
            ),
            Self::TargetIsAlias(rtype) => (
                Warning,
                "target-is-alias",
                format!("the host of the {rtype} record is an alias (RFC 2181 §10.3, RFC 2782)"),
                "name the host that the alias leads to",
            ),
            Self::TargetWithoutAddress(rtype) => (
                Warning,
                "target-without-address",
                format!("the host of the {rtype} record is in this zone and has no address here"),
                "write A or AAAA records for the host's name",
            ),
            Self::TargetIsAddress(rtype) => (
                Warning,
                "target-is-address",
                format!("the host of the {rtype} record looks like an address: it is read as a name"),
                "write the name of a host that has this address",
            ),
            Self::AliasLoop => (
                Warning,
                "alias-loop",
                "the aliases lead back to where they began (RFC 1034 §3.6.2)".to_owned(),
                "let one of them end at a name with data",
            ),
            Self::Occluded(rtype) => (
                Warning,
                "occluded",
                format!("{rtype} at or below a delegation is never answered from this zone"),
                "move the record to the zone that is delegated",
            ),
            Self::WildcardNs => (
                Warning,
                "wildcard-ns",
                "NS at a wildcard has no defined meaning (RFC 4592 §4.2): for the names that it covers it is \
                 data here, in NSD and in PowerDNS, a delegation in Knot; BIND refuses the zone"
                    .to_owned(),
                "delegate each name by itself",
            ),
            Self::WildcardDname => (
                Warning,
                "wildcard-dname",
                "DNAME at a wildcard redirects no name that the wildcard covers (RFC 4592 §4.4)".to_owned(),
                "write a CNAME record, or a DNAME record above the wildcard",
            ),
            // NSD and Knot serve it, BIND does not.
            Self::DsAtApex => (
                Warning,
                "ds-at-apex",
                "a DS record at the zone's apex proves nothing: the parent's do (RFC 4035 §2.4)".to_owned(),
                "publish it in the parent zone",
            ),
            Self::DsWithoutNs => (
                Warning,
                "ds-without-ns",
                "a DS record at a name that is not delegated proves nothing (RFC 4035 §2.4)".to_owned(),
                "write the NS records of the delegation, or remove the DS record",
            ),
            Self::StraySignature(rtype) => (
                Warning,
                "stray-signature",
                format!("an RRSIG record covers {rtype}, which the name does not have"),
                "sign the zone again",
            ),
            Self::NoHostName(rtype) => (
                Warning,
                "no-host-name",
                format!(
                    "{rtype} is about hosts, and this is no host's name (RFC 1123 §2.1): BIND refuses the zone"
                ),
                "use letters, digits and hyphens only, or set check-names where BIND serves the zone",
            ),
            Self::NaptrRegexp => (
                Warning,
                "naptr-regexp",
                "the regexp lacks a delimiter, has other flags than `i`, or refers to a group that it does not \
                 have (RFC 3402 §3.2): clients ignore the record, BIND refuses the zone"
                    .to_owned(),
                "write it as `!regexp!replacement!`",
            ),
            Self::NsecMissing(count) => (
                Warning,
                "nsec-missing",
                format!("{} no NSEC record (RFC 4035 §2.3), the first of them here: validators fail", have(count)),
                "sign the zone again",
            ),
            Self::NsecBroken(count) => (
                Warning,
                "nsec-broken",
                format!(
                    "{} an NSEC record that does not lead to the next name (RFC 4034 §4.1.1), the first of them \
                     here: validators take names for absent that are there, or fail",
                    have(count)
                ),
                "sign the zone again",
            ),
            Self::NsecTypes(count) => (
                Warning,
                "nsec-types",
                format!(
                    "{} other types than NSEC or NSEC3 says (RFC 4034 §4.1.2), the first of them here: validators \
                     take records for absent that are there, or fail",
                    have(count)
                ),
                "sign the zone again",
            ),
            Self::Nsec3Missing(count) => (
                Warning,
                "nsec3-missing",
                format!("{} no NSEC3 record (RFC 5155 §7.1), the first of them here: validators fail", have(count)),
                "sign the zone again",
            ),
            Self::Nsec3Broken(count) => (
                Warning,
                "nsec3-broken",
                format!(
                    "{} an NSEC3 record that does not lead to the next hash (RFC 5155 §3.1.7), the first of them \
                     here: validators fail",
                    have(count)
                ),
                "sign the zone again",
            ),
            Self::Unsigned(count) => (
                Warning,
                "unsigned-records",
                format!("{} records without signature (RFC 4035 §2.2), the first of them here", have(count)),
                "sign the zone again",
            ),
            Self::SignaturesExpired(count, rtype) => (
                Warning,
                "signature-expired",
                format!("{count} of the zone's RRSIG records have expired, first that of {rtype} here: validators fail"),
                "sign the zone again",
            ),
            Self::SignaturesExpire(seconds, rtype) => (
                Warning,
                "signature-expires",
                format!("the RRSIG record of {rtype} expires in {seconds} seconds, first of the zone's"),
                "sign the zone again",
            ),
            Self::SignaturesEarly(count) => (
                Warning,
                "signature-early",
                format!("{count} of the zone's RRSIG records are not good yet"),
                "compare the clocks of the machines that sign and that serve",
            ),
            // Source: RFC 4035 §3.1.3.
            Self::NoDenial => (
                Warning,
                "no-denial",
                "the zone has keys, and nothing that proves what it does not have: no NSEC record at its apex, no \
                 complete NSEC3 chain; validators fail where it has nothing to answer"
                    .to_owned(),
                "sign the zone with NSEC or NSEC3",
            ),
            Self::Nsec3NotAnnounced => (
                Warning,
                "nsec3-not-announced",
                "the zone has NSEC3 records that no NSEC3PARAM record at its apex says are complete (RFC 5155 §4); \
                 they are not used"
                    .to_owned(),
                "sign the zone again, or leave them out",
            ),
            Self::Nsec3Chains(count) => (
                Warning,
                "nsec3-chains",
                format!("the zone has {count} NSEC3 chains; the longest that NSEC3PARAM announces is used"),
                "leave one, unless the zone changes from one to another now",
            ),
            Self::Nsec3Hash(algorithm) => (
                Warning,
                "nsec3-hash",
                format!("NSEC3 with the hash algorithm {algorithm} is not used: there is 1, SHA-1 (RFC 5155 §11)"),
                "sign the zone with algorithm 1",
            ),
            Self::Nsec3Iterations(iterations) => (
                Warning,
                "nsec3-iterations",
                format!(
                    "NSEC3 with {iterations} iterations: validators take the zone for insecure (RFC 9276 §3.2), \
                     and every absence costs that many hashes"
                ),
                "sign the zone with 0 iterations",
            ),
            Self::ManyChains => (
                Error,
                "many-nsec3-chains",
                "NSEC3 records of more than 8 sets of parameters".to_owned(),
                "sign the zone again, with one",
            ),
        }
    }
}

/// A number of names, as a subject.
fn have(count: usize) -> String {
    match count {
        1 => "1 name has".to_owned(),
        many => format!("{many} names have"),
    }
}
