//! The proof of one answer: each alias, and what stands at the end.

use super::{Keys, Run, Stop};
use crate::dnssec::validate::{Foreseen, Unproven, Verified, verify_rrset};
use crate::record::{Name, Rrset, Rtype, Ttl};
use crate::resolver::transport::{Answer, Followed, Outcome, Proof, Reply, RrsetState, Signed, signers};

/// A link that is proven: by which zone, and for how long.
pub(super) type Link = Result<(Keys, Ttl), Stop>;

impl Run<'_> {
    /// Says of each part of an answer what DNSSEC says of it, and of the whole the weakest.
    pub(super) async fn prove(&mut self, followed: &Followed, name: &Name, rtype: Rtype) -> Answer {
        let Followed { answer, replies, places } = followed;
        let mut answer = answer.clone();
        let mut states: Vec<RrsetState> = Vec::new();
        let mut last = name.clone();
        for (index, alias) in followed.answer.aliases.iter().enumerate() {
            if alias.rtype == Rtype::CNAME {
                last = target(alias).unwrap_or(last);
            }
            let before = &followed.answer.aliases[..index];
            let anchor = |name| self.validator.anchor(name).map(|(anchor, _)| anchor);
            let proven = before
                .iter()
                .zip(&states)
                // What stands above a name's anchor says nothing of it.
                .find(|(dname, _)| gives(dname, alias) && anchor(&dname.owner) == anchor(&alias.owner));
            let state = match proven {
                // The alias is not signed itself: it follows from the one above. Source: RFC 6672 §5.3.1.
                Some((_, above)) => {
                    RrsetState { owner: alias.owner.clone(), rtype: alias.rtype, ..above.clone() }
                }
                None => {
                    let reply = &replies[places[index].min(replies.len() - 1)];
                    let link = self.rrset(&alias.owner, alias.rtype, reply).await;
                    state(&alias.owner, alias.rtype, &link, &mut answer.ttl)
                }
            };
            states.push(state);
        }
        if let Some(reply) = replies.last() {
            let link = match &answer.outcome {
                Outcome::Records(rrset) => self.rrset(&rrset.owner, rtype, reply).await,
                Outcome::NoData | Outcome::NxDomain => {
                    let nx_domain = answer.outcome == Outcome::NxDomain;
                    self.absence(&last, rtype, nx_domain, reply).await.map(|(outcome, keys, ttl)| {
                        answer.outcome = outcome;
                        (keys, ttl)
                    })
                }
            };
            states.push(state(&last, rtype, &link, &mut answer.ttl));
        }
        answer.proof = states.iter().map(|state| state.dnssec).fold(Proof::Secure, Proof::weaker);
        answer.states = states;
        answer
    }

    /// The zone that a name is in: where signatures say who made them, and where nobody has signed down to the
    /// name itself. DS records are the parent's; an anchor is not passed by, whoever signs above it.
    /// Source: RFC 4035 §5.3.1, RFC 4034 §5.
    pub(super) async fn zone_of(
        &mut self,
        name: &Name,
        rtype: Rtype,
        signers: Vec<Name>,
    ) -> Result<Keys, Stop> {
        let lowest = match rtype {
            Rtype::DS => name.parent().unwrap_or_else(Name::root),
            _ => name.clone(),
        };
        let anchor = self.validator.anchor(&lowest).map(|(anchor, _)| anchor);
        let possible = |signer: &Name| {
            lowest.is_at_or_below(signer) && anchor.is_some_and(|anchor| signer.is_at_or_below(anchor))
        };
        let signer = signers.into_iter().filter(possible).max_by_key(Name::label_count);
        self.zone(&signer.unwrap_or(lowest)).await
    }

    /// Proves the RRset of a reply's answer section.
    async fn rrset(&mut self, owner: &Name, rtype: Rtype, reply: &Reply) -> Link {
        let Some(signed) = Signed::at(&reply.answers, owner, rtype) else {
            return Err(crate::dnssec::validate::Fault::SignatureMissing.into());
        };
        let of_owner: Vec<_> =
            reply.answers.iter().filter(|record| record.owner == *owner).cloned().collect();
        let zone = self.zone_of(owner, rtype, signers(&of_owner, &[rtype])).await?;
        if let Some(foreseen) = Foreseen::new(&signed.rrset, &signed.signatures, &zone, self.now)
            && let Some(held) = self.validator.together.hold(foreseen).await
        {
            self.work.remember(held);
        }
        let verified: Verified =
            verify_rrset(&signed.rrset, &signed.signatures, &zone, self.now, &mut self.work)?;
        let mut ttl = verified.ttl();
        if let Some(labels) = verified.expanded_from() {
            let shown = self.proofs(&zone, reply, |proofs, work| -> Result<(), Unproven> {
                proofs.expansion(owner, labels, work)
            });
            ttl = ttl.min(shown?.1);
        }
        Ok((zone, ttl))
    }
}

/// Whether a DNAME record gives this CNAME record. Source: RFC 6672 §2.2.
fn gives(dname: &Rrset, cname: &Rrset) -> bool {
    if dname.rtype != Rtype::DNAME || cname.rtype != Rtype::CNAME || dname.owner == cname.owner {
        return false;
    }
    let (Some(new), true) = (target(dname), cname.owner.is_at_or_below(&dname.owner)) else { return false };
    let front: Vec<_> =
        cname.owner.labels().take(cname.owner.label_count() - dname.owner.label_count()).collect();
    let grafted = front.iter().rev().try_fold(new, |name, label| name.with_label(label));
    grafted.ok().is_some_and(|name| target(cname) == Some(name))
}

fn target(alias: &Rrset) -> Option<Name> {
    let [rdata] = &alias.rdatas[..] else { return None };
    Name::from_wire(rdata).ok()
}

/// Notes a link, and that nothing is kept longer than it holds.
fn state(owner: &Name, rtype: Rtype, link: &Link, ttl: &mut Ttl) -> RrsetState {
    let (dnssec, zone, why, longest) = match link {
        Ok((keys, longest)) => (Proof::Secure, Some(keys.zone().clone()), None, *longest),
        Err(stop) => (stop.proof(), None, Some(stop.why()), Ttl::MAX),
    };
    *ttl = longest.min(*ttl);
    RrsetState { owner: owner.clone(), rtype, dnssec, zone, why }
}
