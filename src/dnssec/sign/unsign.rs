//! A zone without what signing has put into it.

use super::SignError;
use super::plan::{Kind, plan};
use super::run::errors;
use crate::record::{Record, Rtype};
use crate::zone::{SerialPolicy, Span, Zone, ZoneBuilder};

/// The zone without records of DNSSEC: those that [`sign_zone`](super::sign_zone) leaves out, DS records at delegations
/// stay.
///
/// # Errors
/// [`SignError::Faults`]: the zone's fault.
pub fn unsign_zone(zone: &Zone, serial: SerialPolicy) -> Result<Zone, SignError> {
    let serial = serial.next(zone.serial());
    let mut builder = ZoneBuilder::new();
    for name in plan(zone) {
        for rrset in name.rrsets() {
            let is_soa = name.kind == Kind::Apex && rrset.rtype() == Rtype::SOA;
            for record in rrset.records() {
                let rdata = if is_soa {
                    crate::zone::with_serial(record.rdata(), serial).into()
                } else {
                    record.rdata().into()
                };
                let (owner, class) = (name.owner.clone(), zone.class());
                let record = Record { owner, class, ttl: rrset.ttl(), rtype: rrset.rtype(), rdata };
                builder.add(&record, Span::default());
            }
        }
    }
    let built = builder.build();
    built.zone.ok_or_else(|| SignError::Faults(errors(built.faults)))
}
