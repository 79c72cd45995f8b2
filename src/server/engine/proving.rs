//! What proves to those who set DO that something is not there. Source: RFC 4035 §3.1.3, RFC 5155 §7.2.

use super::{Answering, MOST_ALIASES, Step};
use crate::record::MAX_NAME;
use crate::server::compress::shared_labels;
use crate::server::outcome::Outcome;
use crate::server::reply::{Full, Place, Reply, Section};
use crate::server::request::HEADER;
use crate::zone::{Absence, Match, Proof, ProofOwner, QueryName, Zone};

/// Wildcards in one reply at most: of each alias, and of where they lead.
const MOST_EXPANDED: usize = MOST_ALIASES + 1;
/// Proofs in one reply at most: one for each wildcard, three for an absence.
const MOST_WRITTEN: usize = MOST_EXPANDED + 3;

/// What is to be proven of a reply, and what is written already.
#[derive(Default)]
pub(super) struct Proving<'a> {
    /// None where there are none, as nearly always.
    expanded: Option<[Option<Expanded<'a>>; MOST_EXPANDED]>,
    /// Record data does not move while it is served, so its address tells which record it is.
    written: [usize; MOST_WRITTEN],
    written_count: usize,
}

/// A name for which a wildcard stands in the answer.
#[derive(Clone, Copy)]
struct Expanded<'a> {
    zone: &'a Zone,
    place: Place,
    encloser_labels: usize,
}

impl<'a> Answering<'a, '_, '_, '_> {
    /// Data of `found` is in the answer: where a wildcard stands for the name, that it may is proven.
    pub(super) fn note(&mut self, zone: &'a Zone, place: Place, found: &Match<'_>) {
        let (Some(encloser_labels), Some(proving)) = (found.wildcard, &mut self.proving) else { return };
        if !zone.proves_absence() {
            return;
        }
        if let Some(free) = proving.expanded.get_or_insert_default().iter_mut().find(|place| place.is_none())
        {
            *free = Some(Expanded { zone, place, encloser_labels });
        }
    }

    /// Writes the proofs that answers so far need: first in the authority section.
    pub(super) fn prove_expanded(&mut self) -> Result<(), Full> {
        let Some(expanded) = self.proving.as_mut().and_then(|proving| proving.expanded.take()) else {
            return Ok(());
        };
        for expanded in expanded.into_iter().flatten() {
            let Expanded { zone, place, encloser_labels } = expanded;
            let mut wire = [0; MAX_NAME];
            let name = self.reply.name_at(place).ok_or(Full)?;
            let len = name.len();
            wire[..len].copy_from_slice(name);
            let name = QueryName::parse(&wire[..len]).map_err(|_| Full)?;
            self.prove(zone, &name, place, &Absence::Expanded { encloser_labels })?;
        }
        Ok(())
    }

    /// Writes what proves an absence in a zone, where the sender wants it and the zone can.
    pub(super) fn prove(
        &mut self,
        zone: &Zone,
        name: &QueryName<'_>,
        place: Place,
        absence: &Absence<'_>,
    ) -> Result<(), Full> {
        let Some(proving) = &mut self.proving else { return Ok(()) };
        if zone.signs_online() {
            let Some(made) = zone.online_proof(absence, name, self.now) else { return Ok(()) };
            return push(self.reply, zone, Section::Authority, &made.as_proof(), name, place, true);
        }
        // The first name's proof was sought with it.
        let foreseen = if place == Place(HEADER) { self.approach.foreseen() } else { None };
        for proof in zone.proofs(absence, name, foreseen).iter() {
            let identity = proof.rrset.octets().as_ptr().addr();
            if proving.written[..proving.written_count].contains(&identity) {
                continue;
            }
            push(self.reply, zone, Section::Authority, &proof, name, place, true)?;
            if let Some(free) = proving.written.get_mut(proving.written_count) {
                *free = identity;
                proving.written_count += 1;
            }
        }
        Ok(())
    }

    /// Whether an absent name is told by a record alone: not to those who don't want the record, nor to those who
    /// say that they take both. Source: RFC 9824 §3.1, §4 and §5.1.
    pub(super) fn is_compact(&self, zone: &Zone) -> bool {
        zone.signs_online() && self.signed && !self.query.edns.is_some_and(|edns| edns.compact_ok)
    }

    /// Asked for NSEC, the record that would prove an absence is the answer: by itself it says that the name has
    /// one. Source: RFC 9824 §3.2.
    pub(super) fn asked_for_proof(
        &mut self,
        zone: &Zone,
        name: &QueryName<'_>,
        place: Place,
        absence: &Absence<'_>,
    ) -> Result<Step, Full> {
        let Some(made) = zone.online_proof(absence, name, self.now) else {
            return self.negative(zone, name, place, absence);
        };
        push(self.reply, zone, Section::Answer, &made.as_proof(), name, place, self.signed)?;
        Ok(Step::Done(Outcome::Answered))
    }
}

/// Writes a proof, its owner as labels in front of the longest end that it shares with `name`, which
/// stands at `place`. A hash shares no more than the apex.
fn push(
    reply: &mut Reply<'_, '_>,
    zone: &Zone,
    section: Section,
    proof: &Proof<'_>,
    name: &QueryName<'_>,
    place: Place,
    signed: bool,
) -> Result<(), Full> {
    if let ProofOwner::Hash(_) = proof.owner {
        let apex = place.ancestor(name, zone.apex().label_count());
        return proof.owner.with_labels(|label| reply.push_below(section, label, apex, &proof.rrset, signed));
    }
    let mut wire = [0; MAX_NAME];
    let apex = zone.apex().as_wire();
    let len = proof.owner.with_labels(|labels| {
        let len = labels.len() + apex.len();
        wire.get_mut(..labels.len())?.copy_from_slice(labels);
        wire.get_mut(labels.len()..len)?.copy_from_slice(apex);
        Some(len)
    });
    let owner = QueryName::parse(&wire[..len.ok_or(Full)?]).map_err(|_| Full)?;
    let shared = shared_labels(&owner, name);
    let front = &owner.as_wire()[..owner.offset_of(shared)];
    reply.push_below(section, front, place.ancestor(name, shared), &proof.rrset, signed)
}
