//! The proof that something is not there.

use super::{Keys, Run, Stop};
use crate::dnssec::validate::{Absence, Unproven, verify_rrset};
use crate::record::{Name, Rtype, Ttl};
use crate::resolver::transport::{Outcome, Reply, Signed, signers};

impl Run<'_> {
    /// Proves that a name is not there, or has no records of the type: which of both it is, by which zone, and
    /// for how long.
    pub(super) async fn absence(
        &mut self,
        name: &Name,
        rtype: Rtype,
        nx_domain: bool,
        reply: &Reply,
    ) -> Result<(Outcome, Keys, Ttl), Stop> {
        let signers = signers(&reply.authority, &[Rtype::SOA, Rtype::NSEC, Rtype::NSEC3]);
        let zone = self.zone_of(name, rtype, signers).await?;
        let (outcome, mut ttl) = self.proofs(&zone, reply, |proofs, work| {
            if !nx_domain {
                return proofs.no_data(name, rtype, work).map(outcome);
            }
            match proofs.no_name(name, work) {
                Ok(()) => Ok(Outcome::NxDomain),
                // RFC 9824 §5: who understands it gets NXDOMAIN with the proof of NODATA.
                Err(not_proven) => match proofs.no_data(name, rtype, work) {
                    Ok(Absence::Name) => Ok(Outcome::NxDomain),
                    Ok(Absence::Data) | Err(_) => Err::<_, Unproven>(not_proven),
                },
            }
        })?;
        // The SOA says how long the absence may be kept. Source: RFC 2308 §5.
        let soa = reply.soa().map(|(apex, _)| apex.clone());
        if let Some(soa) = soa.and_then(|apex| Signed::at(&reply.authority, &apex, Rtype::SOA)) {
            let verified = verify_rrset(&soa.rrset, &soa.signatures, &zone, self.now, &mut self.work)?;
            ttl = ttl.min(verified.ttl());
        }
        Ok((outcome, zone, ttl))
    }
}

fn outcome(absence: Absence) -> Outcome {
    match absence {
        Absence::Name => Outcome::NxDomain,
        Absence::Data => Outcome::NoData,
    }
}
