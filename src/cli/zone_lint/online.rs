//! Names that records lead to and that are not in the zone: whether the DNS knows them, asked now.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::{Odd, told};
use crate::cli::network::{self, Found};
use crate::record::mimisig::{Body, Mimisig};
use crate::record::{Name, Rdata, Rtype};
use crate::zone::{Finding, Loaded, Zone};

/// What can be told here.
#[cfg(test)]
pub(super) const CODES: [&str; 3] = ["dangling-target", "dangling-delegation", "not-reached"];

/// No more names are asked for.
const MOST: usize = 1000;
const ADDRESSES: &[Rtype] = &[Rtype::A, Rtype::AAAA];

/// What leads to a name.
struct Lead {
    owner: Name,
    rtype: Rtype,
    rdata: Option<Rdata>,
    delegation: bool,
}

/// Asks these servers, or the system's resolvers.
///
/// # Errors
/// There is nobody to ask.
pub(in crate::cli) fn findings(loaded: &Loaded, servers: &[SocketAddr]) -> anyhow::Result<Vec<Finding>> {
    let Some(zone) = &loaded.zone else { return Ok(Vec::new()) };
    let leads = leads(zone);
    let left_out = leads.len().saturating_sub(MOST);
    let questions: Vec<(Name, &'static [Rtype])> = leads
        .iter()
        .take(MOST)
        .map(|(name, lead)| {
            let rtypes: &'static [Rtype] = if lead.delegation { &[Rtype::SOA] } else { ADDRESSES };
            (name.clone(), rtypes)
        })
        .collect();
    let found = network::ask_each(servers, &questions)?;
    let mut odd: Vec<Odd> =
        leads.into_iter().zip(found).filter_map(|((name, lead), found)| judge(&name, lead, found)).collect();
    if left_out > 0 {
        odd.push(Odd {
            code: "not-reached",
            span: None,
            owner: None,
            message: format!("{left_out} more names were not asked for"),
            remedy: "check parts of the zone",
        });
    }
    Ok(told(loaded, odd))
}

fn judge(name: &Name, lead: Lead, found: Found) -> Option<Odd> {
    let Lead { owner, rtype, rdata, delegation } = lead;
    let (code, message, remedy) = match (found, delegation) {
        (Found::Records, _) => return None,
        // What an alias leads to need not be a host.
        (Found::NoData, false) if rtype == Rtype::CNAME => return None,
        (Found::NoData | Found::Absent, true) => {
            let message = format!("the servers that {name} is delegated to do not serve it");
            ("dangling-delegation", message, "have them serve it, or remove the delegation")
        }
        (Found::Absent, false) => {
            ("dangling-target", format!("{name} does not exist"), "correct the name, or have it published")
        }
        (Found::NoData, false) => (
            "dangling-target",
            format!("{name} has no address"),
            "correct the name, or have an address published",
        ),
        (Found::Failed(why), _) => (
            "not-reached",
            format!("nothing is known of {name}: {why}"),
            "ask again; look at the servers of that name",
        ),
    };
    Some(Odd { code, span: None, owner: Some((owner, rtype, rdata)), message, remedy })
}

/// Names outside of what the zone answers for, each with the first record that leads to it.
fn leads(zone: &Zone) -> BTreeMap<Name, Lead> {
    let mut leads = BTreeMap::new();
    for (owner, rrset) in zone.rrsets() {
        let rtype = rrset.rtype();
        if rtype == Rtype::NS && owner != *zone.apex() {
            let lead = Lead { owner: owner.clone(), rtype, rdata: None, delegation: true };
            leads.entry(owner.clone()).or_insert(lead);
        }
        for record in rrset.records() {
            for name in targets(rtype, record.rdata()) {
                let served = name.is_at_or_below(zone.apex());
                if !served && !name.is_root() {
                    let lead = Lead {
                        owner: owner.clone(),
                        rtype,
                        rdata: Some(record.rdata().into()),
                        delegation: false,
                    };
                    leads.entry(name).or_insert(lead);
                }
            }
        }
    }
    leads
}

fn targets(rtype: Rtype, rdata: &[u8]) -> Vec<Name> {
    let at = match rtype {
        Rtype::NS | Rtype::CNAME => 0,
        Rtype::MX => 2,
        Rtype::SRV => 6,
        Rtype::MIMISIG => {
            let Ok(statement) = Mimisig::parse(rdata) else { return Vec::new() };
            let Body::Mapping(mapping) = statement.body() else { return Vec::new() };
            let hosts = mapping.endpoints.iter().map(|endpoint| endpoint.host());
            return hosts.filter_map(|host| Name::parse(host.as_bytes(), Some(&Name::root())).ok()).collect();
        }
        _ => return Vec::new(),
    };
    rdata.get(at..).and_then(|name| Name::from_wire(name).ok()).into_iter().collect()
}
