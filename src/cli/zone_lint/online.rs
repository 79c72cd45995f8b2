//! Names that records lead to and that are not in the zone: whether the DNS knows them, asked now.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::targets::{DANGLING, Need, leads as leads_of};
use super::{Odd, told};
use crate::cli::network::{self, Found};
use crate::record::{Name, Rdata, Rtype};
use crate::zone::{Finding, Loaded, Zone};

/// What can be told here.
#[cfg(test)]
pub(super) const CODES: [&str; 3] = ["dangling-target", "dangling-delegation", "not-reached"];

/// No more names are asked for.
const MOST: usize = 1000;

/// What leads to a name.
struct Lead {
    owner: Name,
    rtype: Rtype,
    rdata: Option<Rdata>,
    /// None of a delegation: its servers are to know the zone.
    need: Option<Need>,
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
        .map(|(name, lead)| (name.clone(), lead.need.map_or(&[Rtype::SOA][..], Need::rtypes)))
        .collect();
    let found = network::ask_each(servers, &questions)?;
    let mut odd: Vec<Odd> =
        leads.into_iter().zip(found).filter_map(|((name, lead), found)| judge(&name, lead, found)).collect();
    if left_out > 0 {
        odd.push(Odd {
            code: "not-reached",
            span: None,
            owner: None,
            due_to: None,
            message: format!("{left_out} more names were not asked for"),
            remedy: "check parts of the zone",
        });
    }
    Ok(told(loaded, odd))
}

fn judge(name: &Name, lead: Lead, found: Found) -> Option<Odd> {
    let Lead { owner, rtype, rdata, need } = lead;
    let (code, message, remedy) = match (found, need) {
        (Found::Records, _) => return None,
        // What an alias leads to, for one, need not be a host.
        (Found::NoData, Some(Need::Name)) => return None,
        (Found::NoData | Found::Absent, None) => {
            let message = format!("the servers that {name} is delegated to do not serve it");
            ("dangling-delegation", message, "have them serve it, or remove the delegation")
        }
        (Found::Absent, Some(_)) => {
            (DANGLING, format!("{name} does not exist"), "correct the name, or have it published")
        }
        (Found::NoData, Some(need)) => (
            DANGLING,
            format!("{name} has {}", need.lacks()),
            "correct the name, or have what it lacks published",
        ),
        (Found::Failed(why), _) => (
            "not-reached",
            format!("nothing is known of {name}: {why}"),
            "ask again; look at the servers of that name",
        ),
    };
    Some(Odd { code, span: None, owner: Some((owner, rtype, rdata)), due_to: None, message, remedy })
}

/// Names outside of what the zone answers for, each with the first record that leads to it.
fn leads(zone: &Zone) -> BTreeMap<Name, Lead> {
    let mut leads = BTreeMap::new();
    for (owner, rrset) in zone.rrsets() {
        let rtype = rrset.rtype();
        if rtype == Rtype::NS && owner != *zone.apex() {
            let lead = Lead { owner: owner.clone(), rtype, rdata: None, need: None };
            leads.entry(owner.clone()).or_insert(lead);
        }
        for record in rrset.records() {
            for (name, need) in leads_of(rtype, record.rdata()) {
                let served = name.is_at_or_below(zone.apex());
                if !served {
                    let lead = Lead {
                        owner: owner.clone(),
                        rtype,
                        rdata: Some(record.rdata().into()),
                        need: Some(need),
                    };
                    leads.entry(name).or_insert(lead);
                }
            }
        }
    }
    leads
}
