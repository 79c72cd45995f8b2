//! NSEC records made when they are asked for: they tell of the name that was asked and of nothing else, so
//! that the zone can't be walked. Source: RFC 9824; RFC 4470 for names that a wildcard stands for.

use std::fmt;
use std::sync::Arc;

use super::super::look_up::Match;
use super::super::node::{Flags, Node, RrsetDraft, RrsetRef};
use super::super::query_name::QueryName;
use super::super::snapshot::Zone;
use super::proof::{Absence, Proof, ProofOwner};
use crate::clock::UnixTime;
use crate::record::dnssec::Nsec;
use crate::record::{MAX_LABEL, MAX_NAME, Name, Rdata, Rrset, Rtype};

/// Signs what proves absences, when it is asked for.
pub trait OnlineSigner: Send + Sync + fmt::Debug {
    /// Data of the RRSIG records that cover this RRset at `now`.
    fn sign(&self, rrset: &Rrset, now: UnixTime) -> Vec<Rdata>;
}

/// An NSEC record set that was made for one question.
pub struct OnlineProof {
    /// Labels of the owner below the apex.
    below: Vec<u8>,
    draft: RrsetDraft,
}

impl OnlineProof {
    /// The record set, as one of the zone's own.
    #[must_use]
    pub fn as_proof(&self) -> Proof<'_> {
        Proof { owner: ProofOwner::Name(&self.below), rrset: RrsetRef::from_draft(&self.draft) }
    }
}

impl Zone {
    /// The zone with absences proven by `signer` when they are asked for, whatever chain there is; or by the
    /// chain alone. Its other records must have been signed with keys of the same algorithms.
    #[must_use]
    pub fn with_online_signer(mut self, signer: Option<Arc<dyn OnlineSigner>>) -> Self {
        self.denial.signer = signer;
        self
    }

    /// Whether absences are proven when they are asked for.
    #[must_use]
    pub fn signs_online(&self) -> bool {
        self.denial.signer.is_some()
    }

    /// What proves `absence` for `name` at `now`, where absences are proven when they are asked for: one record
    /// that names nothing but what was asked.
    #[must_use]
    pub fn online_proof(
        &self,
        absence: &Absence<'_>,
        name: &QueryName<'_>,
        now: UnixTime,
    ) -> Option<OnlineProof> {
        let signer = self.denial.signer.as_ref()?;
        let at = |labels: usize| lower(name.ancestor(labels));
        let all = name.label_count();
        let (owner, next, types) = match *absence {
            Absence::Name { .. } => {
                let owner = at(all)?;
                (
                    owner.clone(),
                    right_after(&owner, &self.apex)?,
                    vec![Rtype::RRSIG, Rtype::NSEC, Rtype::NXNAME],
                )
            }
            Absence::Type(Match { node, .. }) => {
                let owner = at(all)?;
                (owner.clone(), right_after(&owner, &self.apex)?, types_of(node))
            }
            Absence::Ds { node, owner_labels } => {
                let owner = at(owner_labels)?;
                (owner.clone(), right_after(&owner, &self.apex)?, types_of(node))
            }
            // The name next below the wildcard's parent is denied, with all below it: another owner or next
            // name below it would prove that it is there.
            Absence::Expanded { encloser_labels } => {
                let closer = at(encloser_labels + 1)?;
                let owner = in_front(&closer)?;
                // The name in front of `\000` is the parent itself: of one that exists all types are told, or
                // the record would deny them, and anybody could get it.
                let types = self.node(&owner).map_or_else(|| vec![Rtype::RRSIG, Rtype::NSEC], types_of);
                (owner, behind_all(&closer, &self.apex)?, types)
            }
        };
        let ttl = self.negative_soa().ttl();
        let rdata: Rdata = Nsec::rdata_of(&next, types).into();
        let rrset = Rrset { owner, class: self.class, ttl, rtype: Rtype::NSEC, rdatas: vec![rdata] };
        let mut draft = RrsetDraft::new(Rtype::NSEC);
        rrset.rdatas.iter().for_each(|rdata| draft.push_record(self.class.0, ttl, rdata));
        for signature in signer.sign(&rrset, now) {
            draft.push_signature(self.class.0, ttl, &signature);
        }
        let below = rrset.owner.as_wire().len() - self.apex.as_wire().len();
        Some(OnlineProof { below: rrset.owner.as_wire()[..below].to_vec(), draft })
    }
}

/// The types that an NSEC record tells of a name; at a delegation those that are the parent's.
fn types_of(node: Node<'_>) -> Vec<Rtype> {
    let is_cut = node.flags().has(Flags::CUT);
    let is_own = |rtype: &Rtype| match *rtype {
        Rtype::NSEC => false,
        Rtype::NS | Rtype::DS => true,
        _ => !is_cut,
    };
    let own = node.rrsets().map(|rrset| rrset.rtype()).filter(is_own);
    own.chain([Rtype::RRSIG, Rtype::NSEC]).collect()
}

fn lower(wire: &[u8]) -> Option<Name> {
    Some(Name::from_wire(wire).ok()?.to_lowercase())
}

/// The first name that can stand after this one: its child `\000`. Source: RFC 4471 §3.1.2.
fn right_after(name: &Name, apex: &Name) -> Option<Name> {
    match name.with_label(b"\0") {
        Ok(child) => Some(child),
        Err(_) => behind_all(name, apex),
    }
}

/// The first name of the zone that can stand after this one and all below it; the apex after the last of all
/// (RFC 4034 §4.1.1).
fn behind_all(name: &Name, apex: &Name) -> Option<Name> {
    if name == apex {
        return Some(apex.clone());
    }
    // Nothing beside the last of all siblings stands in front of what comes after its parent.
    behind(name).or_else(|| behind_all(&split(name)?.1, apex))
}

/// The first name beside this one that can stand after it and all below it.
fn behind(name: &Name) -> Option<Name> {
    let (label, parent) = split(name)?;
    let mut next = label.to_vec();
    if next.len() < MAX_LABEL && name.as_wire().len() < MAX_NAME {
        next.push(0);
        return parent.with_label(&next).ok();
    }
    // After what ends in largest octets comes what is one greater in front of them. Of nothing else it is the last.
    while next.last() == Some(&0xff) {
        next.pop();
    }
    let last = next.last_mut()?;
    // Capital letters count as small ones.
    *last = if *last == b'@' { b'[' } else { *last + 1 };
    parent.with_label(&next).ok()
}

/// The last name that can stand in front of this one, nearly: that what stands below a label of largest octets
/// is empty is taken for granted, as in RFC 4470 §4.
fn in_front(name: &Name) -> Option<Name> {
    let (label, parent) = split(name)?;
    let (&last, front) = label.split_last()?;
    let room = |parent: &Name, used: usize| {
        let left = MAX_NAME.checked_sub(parent.as_wire().len() + 1 + used)?;
        Some(left.min(MAX_LABEL - used))
    };
    let largest = |mut label: Vec<u8>, parent: &Name| {
        let room = room(parent, label.len())?;
        label.resize(label.len() + room, 0xff);
        parent.with_label(&label).ok()
    };
    match (last, front) {
        // Only the parent itself stands in front of its first child.
        (0, []) => Some(parent),
        (0, shorter) => largest(Vec::new(), &parent.with_label(shorter).ok()?),
        (b'[', _) => largest([front, b"@"].concat(), &parent),
        (other, _) => largest([front, &[other - 1]].concat(), &parent),
    }
}

fn split(name: &Name) -> Option<(&[u8], Name)> {
    let label = name.labels().next()?;
    Some((label, Name::from_wire(&name.as_wire()[1 + label.len()..]).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::fixture::zone;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[derive(Debug)]
    struct Nobody;

    impl OnlineSigner for Nobody {
        fn sign(&self, _: &Rrset, _: UnixTime) -> Vec<Rdata> {
            Vec::new()
        }
    }

    #[test]
    fn no_proof_denies_what_its_owner_has() {
        let lines = ["*.example. TXT x", "a.b.example. TXT x", "*.b.example. TXT x"];
        let zone = zone("example.", &lines).with_online_signer(Some(Arc::new(Nobody)));
        for (asked, owner, types) in [
            ("\\000.example.", "example.", &[Rtype::NS, Rtype::SOA, Rtype::RRSIG, Rtype::NSEC][..]),
            ("\\000.b.example.", "b.example.", &[Rtype::RRSIG, Rtype::NSEC]),
            ("x.\\000.b.example.", "b.example.", &[Rtype::RRSIG, Rtype::NSEC]),
        ] {
            let (asked, owner) = (name(asked), name(owner));
            let query = QueryName::from(&asked);
            let absence = Absence::Expanded { encloser_labels: owner.label_count() };
            let made = zone.online_proof(&absence, &query, UnixTime(0)).unwrap();
            let proof = made.as_proof();
            proof.owner.with_labels(|below| {
                assert_eq!(Name::from_wire(&[below, zone.apex().as_wire()].concat()), Ok(owner));
            });
            let rdata = proof.rrset.records().next().unwrap().rdata().to_vec();
            let told: Vec<Rtype> = Nsec::parse(&rdata).unwrap().types.iter().collect();
            assert_eq!(told, types, "{asked}");
        }
    }

    #[test]
    fn neighbours() {
        for text in
            ["b.example.", "a.b.example.", "\\000.example.", "a\\000.example.", "[.example.", "@.example."]
        {
            let name = name(text);
            let (front, after, behind) = (in_front(&name), right_after(&name, &Name::root()), behind(&name));
            let (front, after, behind) = (front.unwrap(), after.unwrap(), behind.unwrap());
            assert!(front < name && name < after && after < behind, "{front} {name} {after} {behind}");
            let deep = name.with_label(&[0xff; 63]).unwrap();
            assert!(name < deep && deep < behind);
        }
        assert_eq!(behind(&name("b.example.")), Some(name("b\\000.example.")));
        let before = in_front(&name("b.example.")).unwrap();
        assert!(name("azzz.example.") < before && name("a.a.example.") < before);
    }

    #[test]
    fn the_longest_names_have_neighbours() {
        let label = "a".repeat(63);
        let long = name(&format!("{label}.{label}.{label}.{}.", "b".repeat(61)));
        assert_eq!(long.as_wire().len(), 255);
        assert!(in_front(&long).unwrap() < long);
        assert!(right_after(&long, &Name::root()).unwrap() > long);
        let last = Name::from_wire(&[&[1, 0xff][..], &long.as_wire()[2 + 62..]].concat()).unwrap();
        assert!(behind(&last).is_some());
    }

    #[test]
    fn after_the_last_name_of_a_parent_comes_what_is_behind_the_parent() {
        let (apex, parent) = (name("example."), name("w.example."));
        let last = |parent: &Name| parent.with_label(&[0xff; 63]).unwrap();
        assert_eq!(behind_all(&last(&parent), &apex), behind(&parent));
        assert_eq!(behind_all(&last(&apex), &apex), Some(apex.clone()));
        assert_eq!(behind_all(&last(&last(&apex)), &apex), Some(apex));
    }

    #[test]
    fn only_largest_octets_make_a_label_the_last() {
        let ends_large = |front: &[u8], len: usize, parent: &Name| {
            let label = [front, &vec![0xff; len - front.len()]].concat();
            parent.with_label(&label).unwrap()
        };
        let parent = name("w.example.");
        for (front, next) in [(&b"x"[..], &b"y"[..]), (b"x@", b"x["), (b"xy", b"xz")] {
            let asked = ends_large(front, 63, &parent);
            let behind = behind_all(&asked, &name("example.")).unwrap();
            assert_eq!(behind, parent.with_label(next).unwrap());
            assert!(asked < behind && asked.with_label(&[0xff; 63]).is_ok_and(|below| below < behind));
        }
        // The longest name, which has no children: nothing of what stands behind it is denied.
        let apex = name("example.");
        let mut long = apex.clone();
        for len in [63, 63, 63, 53] {
            long = ends_large(b"!", len, &long);
        }
        assert_eq!(long.as_wire().len(), MAX_NAME);
        let next = right_after(&long, &apex).unwrap();
        assert!(long < next && next < name("www.example."), "{next}");
    }
}
