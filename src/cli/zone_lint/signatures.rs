//! What `zone check` tells of a signed zone beside what its loader does: signatures that do not fit, and its
//! digest.

use crate::dnssec::sign::{SignatureFaultKind, ZonemdFault, check_signatures, check_zonemd};
use crate::record::{Name, Rtype};
use crate::zone::{Finding, Severity, Zone};

/// So many RRsets' signatures are verified, which takes a second.
const VERIFIED: usize = 10_000;
/// No more than this is told of each kind of fault; the rest is counted.
const MOST: usize = 20;

pub(super) fn findings(zone: &Zone) -> Vec<Finding> {
    let faults = check_signatures(zone, VERIFIED);
    let mut findings = Vec::new();
    for (kind, code, remedy) in KINDS {
        let all: Vec<_> = faults.iter().filter(|fault| fault.kind == kind).collect();
        for fault in all.iter().take(MOST) {
            let message = format!("{}: {}", fault.rtype, fault.kind);
            findings.push(warning(&fault.owner, code, message, remedy));
        }
        if let Some(more) = all.len().checked_sub(MOST).filter(|more| *more > 0) {
            let message = format!("and {more} more RRsets: {kind}");
            findings.push(warning(zone.apex(), "not-listed", message, remedy));
        }
    }
    if let Err(fault) = check_zonemd(zone)
        && fault != ZonemdFault::Absent
    {
        let message = format!("{}: {fault}", Rtype::ZONEMD);
        findings.push(warning(zone.apex(), "bad-digest", message, "sign the zone again with --zonemd"));
    }
    findings
}

const KINDS: [(SignatureFaultKind, &str, &str); 2] = [
    (SignatureFaultKind::NoKey, "no-zone-key", "sign the zone again with the keys that it has"),
    (SignatureFaultKind::Wrong, "bad-signature", "sign the zone again: its records were changed since"),
];

fn warning(owner: &Name, code: &'static str, message: String, remedy: &str) -> Finding {
    Finding {
        at: None,
        owner: Some(owner.clone()),
        severity: Severity::Warning,
        code,
        message,
        remedy: remedy.to_owned(),
    }
}
