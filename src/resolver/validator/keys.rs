//! The keys of the zone that a name is in.

use std::sync::Arc;

use super::cache::Standing;
use super::{Keys, Run, Stop, Unknown, names_below};
use crate::dnssec::validate::{DsAbsence, Fault, InsecureReason, Proofs, Unproven};
use crate::dnssec::validate::{authenticate_keys, usable_ds, verify_rrset};
use crate::record::{Name, Rdata, Rtype, Ttl};
use crate::resolver::transport::{Reply, Signed, TransportError, Unreachable, signers};

impl Run<'_> {
    /// The keys of the lowest zone on the way from the nearest anchor down to `name`.
    pub(super) async fn zone(&mut self, name: &Name) -> Result<Keys, Stop> {
        let validator = self.validator;
        let (top, ds) = validator.anchor(name).ok_or(Stop::Unknown(Unknown::NoAnchor))?;
        let mut zone = match self.standing(top) {
            Some(standing) => standing,
            None => {
                let had_room = self.is_roomy();
                let found = self.anchored(top, ds).await;
                self.keep(top, found, had_room)
            }
        }
        .and_then(|standing| match standing {
            Standing::Zone(keys) => Ok(keys),
            Standing::Unsigned(reason) => Err(Stop::Insecure(reason)),
            Standing::NoCut | Standing::Nothing => Err(Fault::KeysMissing.into()),
        })?;
        for at in names_below(top, name) {
            let standing = match self.standing(&at) {
                Some(standing) => standing,
                None => {
                    let had_room = self.is_roomy();
                    let found = self.cut(&at, &zone).await;
                    self.keep(&at, found, had_room)
                }
            };
            match standing? {
                Standing::Zone(keys) => zone = keys,
                Standing::NoCut => {}
                Standing::Nothing => break,
                Standing::Unsigned(reason) => return Err(Stop::Insecure(reason)),
            }
        }
        Ok(zone)
    }

    /// What was found earlier.
    fn standing(&mut self, name: &Name) -> Option<Result<Standing, Stop>> {
        if let Some((_, stop)) = self.failed.iter().find(|(failed, _)| failed == name) {
            return Some(Err(*stop));
        }
        let kept = self.validator.zones.look_up(name)?;
        self.leaned |= kept.is_ok();
        self.known_to_fail |= kept.is_err();
        Some(kept)
    }

    /// Keeps what was found: what is proven as long as it holds, the rest for a moment.
    fn keep(
        &mut self,
        name: &Name,
        found: Result<(Standing, Ttl), Stop>,
        had_room: bool,
    ) -> Result<Standing, Stop> {
        match found {
            Ok((standing, ttl)) => {
                self.validator.zones.keep(name, Ok(standing.clone()), ttl);
                Ok(standing)
            }
            Err(stop) => {
                // Where this run has no more to spend nothing was found out about the name.
                if Self::is_of_one_server(stop) {
                    self.culprit = self.heard.last().cloned();
                }
                match self.is_spent(stop, had_room) {
                    true => {}
                    false if Self::is_of_one_server(stop) => self.failed.push((name.clone(), stop)),
                    false => self.validator.zones.keep_failure(name, stop),
                }
                Err(stop)
            }
        }
    }

    /// The zone of a trust anchor.
    async fn anchored(&mut self, zone: &Name, ds: &[Rdata]) -> Result<(Standing, Ttl), Stop> {
        match self.keys(zone, ds).await {
            Ok((Err(fault), reply)) if !reply.dnssec_ok && gives_no_signatures(fault) => {
                // Nobody on the way need be a liar: the server knows nothing of DNSSEC. Source: RFC 4035 §4.3.
                Err(Stop::Unknown(Unknown::NoSignatures))
            }
            Ok((keys, _)) => Ok(keys.map(|keys| (Standing::Zone(Arc::clone(&keys)), keys.ttl()))?),
            Err(Stop::Insecure(reason)) => Ok((Standing::Unsigned(reason), Ttl::from_secs(3600))),
            Err(other) => Err(other),
        }
    }

    /// Asks for the keys of a zone and proves them by what points to them.
    async fn keys(&mut self, zone: &Name, ds: &[Rdata]) -> Result<(Result<Keys, Fault>, Reply), Stop> {
        // Where no key could be used none is asked for.
        usable_ds(ds)?;
        let reply = self.exchange(zone, Rtype::DNSKEY).await?;
        let Some(found) = Signed::at(&reply.answers, zone, Rtype::DNSKEY) else {
            return Ok((Err(Fault::KeysMissing), reply));
        };
        let keys = authenticate_keys(zone, &found.rrset, &found.signatures, ds, self.now, &mut self.work);
        match keys {
            Ok(keys) => Ok((Ok(Arc::new(keys)), reply)),
            Err(Unproven::Bogus(fault)) => Ok((Err(fault), reply)),
            Err(Unproven::Insecure(reason)) => Err(Stop::Insecure(reason)),
        }
    }

    /// Whether a zone begins at a name, asked in the zone above it.
    async fn cut(&mut self, at: &Name, above: &Keys) -> Result<(Standing, Ttl), Stop> {
        let reply = self.delegation(at).await?;
        if let Some(ds) = Signed::at(&reply.answers, at, Rtype::DS) {
            let verified = verify_rrset(&ds.rrset, &ds.signatures, above, self.now, &mut self.work)?;
            return match self.keys(at, &ds.rrset.rdatas).await {
                Ok((keys, _)) => {
                    let keys = keys?;
                    let ttl = keys.ttl().min(verified.ttl());
                    Ok((Standing::Zone(keys), ttl))
                }
                Err(Stop::Insecure(reason)) => Ok((Standing::Unsigned(reason), verified.ttl())),
                Err(other) => Err(other),
            };
        }
        if let Some(ttl) = self.is_alias(at, above, &reply)? {
            return Ok((Standing::NoCut, ttl));
        }
        self.no_cut(at, above, &reply)
    }

    /// What the zone above says of a delegation. A server that has the zone below only denies it, rightly, in that zone's
    /// own name: then others are asked, each once. Source: RFC 4035 §3.1.4.1 and §4.2, RFC 6840 §4.1.
    async fn delegation(&mut self, at: &Name) -> Result<Reply, Stop> {
        const NOBODY: TransportError = TransportError::Unreachable(Unreachable::NoServer);
        let mut heard = Vec::new();
        loop {
            match self.exchange_beside(at, Rtype::DS, &heard).await {
                Ok(reply) if is_of_below(at, &reply) => {
                    heard.push(reply.from.ok_or(Stop::Unknown(Unknown::ChildOnly))?);
                }
                Err(Stop::Unknown(Unknown::Unreached(NOBODY))) if !heard.is_empty() => {
                    return Err(Stop::Unknown(Unknown::ChildOnly));
                }
                said => return said,
            }
        }
    }

    /// Whether an alias stands at a name, or above it: then no zone begins there.
    fn is_alias(&mut self, at: &Name, above: &Keys, reply: &Reply) -> Result<Option<Ttl>, Stop> {
        let dname = reply.answers.iter().find(|record| {
            record.rtype == Rtype::DNAME && record.owner != *at && at.is_at_or_below(&record.owner)
        });
        let alias = match dname {
            Some(dname) => Signed::at(&reply.answers, &dname.owner, Rtype::DNAME),
            None => Signed::at(&reply.answers, at, Rtype::CNAME),
        };
        let Some(alias) = alias else { return Ok(None) };
        let verified = verify_rrset(&alias.rrset, &alias.signatures, above, self.now, &mut self.work)?;
        if let Some(labels) = verified.expanded_from() {
            self.proofs(above, reply, |proofs, work| proofs.expansion(at, labels, work))?;
        }
        Ok(Some(verified.ttl()))
    }

    fn no_cut(&mut self, at: &Name, above: &Keys, reply: &Reply) -> Result<(Standing, Ttl), Stop> {
        let (absence, ttl) = self.proofs(above, reply, |proofs, work| match proofs.no_ds(at, work) {
            Ok(absence) => Ok(Ok(absence)),
            // An insecure delegation, or names that are hashed too often: proven enough to be kept.
            Err(Unproven::Insecure(reason)) => Ok(Err(reason)),
            Err(bogus) => Err(bogus),
        })?;
        let standing = match absence {
            Ok(DsAbsence::Delegation) => Standing::Unsigned(InsecureReason::NoDs),
            Ok(DsAbsence::OptOut) => Standing::Unsigned(InsecureReason::OptOut),
            Ok(DsAbsence::NotACut) if reply.nx_domain => Standing::Nothing,
            Ok(DsAbsence::NotACut) => Standing::NoCut,
            Err(reason) => Standing::Unsigned(reason),
        };
        Ok((standing, ttl))
    }

    /// Works with the proofs of absence that a zone has signed, and tells how long they hold.
    pub(super) fn proofs<T>(
        &mut self,
        zone: &Keys,
        reply: &Reply,
        look: impl FnOnce(&Proofs<'_>, &mut crate::dnssec::validate::Work) -> Result<T, Unproven>,
    ) -> Result<(T, Ttl), Stop> {
        let signed = Signed::all(&reply.authority, &[Rtype::NSEC, Rtype::NSEC3]);
        let records = signed.iter().map(|signed| (&signed.rrset, &signed.signatures[..]));
        let proofs = Proofs::verify(records, zone, self.now, &mut self.work);
        let found = look(&proofs, &mut self.work)?;
        Ok((found, proofs.lifetime().map_or(Ttl::ZERO, |(ttl, _)| ttl)))
    }
}

/// Whether the zone that begins at a name denies that it does.
fn is_of_below(at: &Name, reply: &Reply) -> bool {
    let is_its = |apex: &Name| apex == at;
    !reply.answers.iter().any(|record| record.rtype == Rtype::DS && record.owner == *at)
        && (reply.soa().is_some_and(|(apex, _)| is_its(apex))
            || signers(&reply.authority, &[Rtype::SOA, Rtype::NSEC, Rtype::NSEC3]).iter().any(is_its))
}

fn gives_no_signatures(fault: Fault) -> bool {
    matches!(fault, Fault::KeysMissing | Fault::SignatureMissing)
}
