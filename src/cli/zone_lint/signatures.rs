//! Of a signed zone: signatures that do not fit, and its digest.

use super::Odd;
use crate::dnssec::sign::{SignatureFaultKind, ZonemdFault, check_signatures, check_zonemd};
use crate::record::{Name, Rtype};
use crate::zone::Zone;

/// What can be told here.
#[cfg(test)]
pub(super) const CODES: [&str; 3] = ["no-zone-key", "bad-signature", "bad-digest"];

/// So many RRsets' signatures are verified, which takes a second.
const VERIFIED: usize = 10_000;

pub(super) fn odd(zone: &Zone) -> Vec<Odd> {
    let mut odd: Vec<Odd> = check_signatures(zone, VERIFIED)
        .into_iter()
        .map(|fault| {
            let message = format!("{}: {}", fault.rtype, fault.kind);
            let (code, remedy) = match fault.kind {
                SignatureFaultKind::NoKey => ("no-zone-key", "sign the zone again with the keys that it has"),
                SignatureFaultKind::Wrong => {
                    ("bad-signature", "sign the zone again: its records were changed since")
                }
            };
            new(fault.owner, fault.rtype, code, message, remedy)
        })
        .collect();
    if let Err(fault) = check_zonemd(zone)
        && fault != ZonemdFault::Absent
    {
        let message = format!("{}: {fault}", Rtype::ZONEMD);
        let remedy = "sign the zone again with --zonemd";
        odd.push(new(zone.apex().clone(), Rtype::ZONEMD, "bad-digest", message, remedy));
    }
    odd
}

fn new(owner: Name, rtype: Rtype, code: &'static str, message: String, remedy: &'static str) -> Odd {
    Odd { code, span: None, owner: Some((owner, rtype, None)), due_to: None, message, remedy }
}
