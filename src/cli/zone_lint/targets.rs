//! Names that records lead to: what must be there, and whether the zone itself has it.

use super::Odd;
use crate::record::mimisig::{Body, Mimisig};
use crate::record::{Name, Rtype};
use crate::zone::{LookUp, QueryName, Zone};

/// What is told here.
pub(super) const DANGLING: &str = "dangling-target";

/// What a record wants at the name that it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// That it exists.
    Name,
    /// A or AAAA.
    Address,
    /// SRV.
    Service,
}

impl Need {
    /// What is to be there, in words.
    pub(super) fn lacks(self) -> &'static str {
        match self {
            Self::Name => "no record",
            Self::Address => "no address",
            Self::Service => "no SRV record",
        }
    }

    /// Types of which one must be there.
    pub(super) fn rtypes(self) -> &'static [Rtype] {
        match self {
            Self::Name | Self::Address => &[Rtype::A, Rtype::AAAA],
            Self::Service => &[Rtype::SRV],
        }
    }
}

/// Where a record leads. The root is none: it says that there is no target.
pub(super) fn leads(rtype: Rtype, rdata: &[u8]) -> Vec<(Name, Need)> {
    let (at, need) = match rtype {
        Rtype::CNAME | Rtype::DNAME | Rtype::PTR => (0, Need::Name),
        Rtype::NS => (0, Need::Address),
        Rtype::MX | Rtype::RT | Rtype::AFSDB | Rtype::KX => (2, Need::Address),
        Rtype::SVCB | Rtype::HTTPS | Rtype::LP => (2, Need::Name),
        Rtype::SRV => (6, Need::Address),
        Rtype::NAPTR => return replacement(rdata).into_iter().collect(),
        Rtype::URI => {
            let host = rdata.get(4..).and_then(host_of);
            return host.map(|host| (host, Need::Address)).into_iter().collect();
        }
        Rtype::MIMISIG => {
            let Ok(statement) = Mimisig::parse(rdata) else { return Vec::new() };
            let Body::Mapping(mapping) = statement.body() else { return Vec::new() };
            let hosts = mapping.endpoints.iter().map(|endpoint| endpoint.host());
            let names = hosts.filter_map(|host| Name::parse(host.as_bytes(), Some(&Name::root())).ok());
            return names.map(|name| (name, Need::Address)).collect();
        }
        _ => return Vec::new(),
    };
    let name = rdata.get(at..).and_then(first_name).filter(|name| !name.is_root());
    name.map(|name| (name, need)).into_iter().collect()
}

/// What stands behind the name does not matter.
fn first_name(octets: &[u8]) -> Option<Name> {
    let mut end = 0;
    while let Some(&len) = octets.get(end).filter(|len| **len > 0) {
        end += 1 + usize::from(len);
    }
    Name::from_wire(octets.get(..=end)?).ok()
}

/// Source: RFC 3403 §4.1; for its flags RFC 3404 §4.3.
fn replacement(rdata: &[u8]) -> Option<(Name, Need)> {
    let flags_len = usize::from(*rdata.get(4)?);
    let need = match rdata.get(5..5 + flags_len)? {
        b"s" | b"S" => Need::Service,
        b"a" | b"A" => Need::Address,
        _ => Need::Name,
    };
    let mut at = 4;
    for _ in 0..3 {
        at += 1 + usize::from(*rdata.get(at)?);
    }
    let name = Name::from_wire(rdata.get(at..)?).ok()?;
    (!name.is_root()).then_some((name, need))
}

/// The host of a URI's authority, where that is a name. Source: RFC 3986 §3.2.
fn host_of(uri: &[u8]) -> Option<Name> {
    let (_, rest) = str::from_utf8(uri).ok()?.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    let last = host.trim_end_matches('.').rsplit('.').next()?;
    // An address of version 6 begins with a bracket; one of version 4 ends in a number.
    if !last.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return None;
    }
    Name::parse(host.as_bytes(), Some(&Name::root())).ok()
}

/// Records that lead to a name of the zone that has not what they want. Of NS, MX and SRV the loader tells; the endpoints
/// of statements stand in their NAPTR and URI records too.
pub(super) fn odd(zone: &Zone) -> Vec<Odd> {
    let told = [Rtype::NS, Rtype::MX, Rtype::SRV, Rtype::MIMISIG];
    let mut odd = Vec::new();
    for (owner, rrset) in zone.rrsets().filter(|(_, rrset)| !told.contains(&rrset.rtype())) {
        for record in rrset.records() {
            for (target, need) in leads(rrset.rtype(), record.rdata()) {
                let Some(lack) = lack(zone, &target, need) else { continue };
                odd.push(Odd {
                    code: DANGLING,
                    span: None,
                    owner: Some((owner.clone(), rrset.rtype(), Some(record.rdata().into()))),
                    due_to: None,
                    message: format!(
                        "the {} record leads to {target} in this zone, which {lack}",
                        rrset.rtype()
                    ),
                    remedy: "correct the name, or write what it leads to",
                });
            }
        }
    }
    odd
}

/// What is not there, as far as this zone answers for it.
fn lack(zone: &Zone, target: &Name, need: Need) -> Option<String> {
    if !target.is_at_or_below(zone.apex()) {
        return None;
    }
    let name = QueryName::from(target);
    let mut lacks = true;
    for rtype in need.rtypes() {
        match zone.look_up(&name, *rtype) {
            LookUp::NxDomain { .. } => return Some("does not exist".to_owned()),
            LookUp::NoData(_) => {}
            _ => lacks = false,
        }
    }
    (lacks && need != Need::Name).then(|| format!("has {}", need.lacks()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::rdata;

    #[test]
    fn where_records_lead() {
        for (rtype, data, expected) in [
            (Rtype::CNAME, "a.b.", Some(("a.b.", Need::Name))),
            (Rtype::MX, "10 a.", Some(("a.", Need::Address))),
            (Rtype::MX, "0 .", None),
            (Rtype::HTTPS, "1 a. alpn=h2", Some(("a.", Need::Name))),
            (Rtype::NAPTR, "1 1 \"S\" \"SIP+D2U\" \"\" a.", Some(("a.", Need::Service))),
            (Rtype::NAPTR, "1 1 \"a\" \"SIP+D2U\" \"\" a.", Some(("a.", Need::Address))),
            (Rtype::NAPTR, "1 1 \"u\" \"E2U+sip\" \"!a!b!\" .", None),
            (Rtype::URI, "1 1 \"https://jo@a.b:8443/x?y\"", Some(("a.b.", Need::Address))),
            (Rtype::URI, "1 1 \"https://192.0.2.1/\"", None),
            (Rtype::URI, "1 1 \"https://[2001:db8::1]/\"", None),
            (Rtype::URI, "1 1 \"mailto:jo@a.b\"", None),
            (Rtype::TXT, "a.", None),
        ] {
            let rdata = rdata::from_text(rtype, data).unwrap();
            let expected: Vec<(Name, Need)> =
                expected.into_iter().map(|(name, need)| (name.parse().unwrap(), need)).collect();
            assert_eq!(leads(rtype, &rdata), expected, "{rtype} {data}");
        }
    }
}
