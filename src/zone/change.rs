//! A changed zone: derived from its predecessor by copying only what is different.

use std::collections::BTreeMap;

use super::builder::ZoneBuilder;
use super::denial::{Changes, Denial, chain_hash};
use super::fault::{BuildFault, Kind};
use super::finding::{Severity, Span};
use super::node::{Flags, NodeDraft, RrsetDraft};
use super::page::{Page, PageFull};
use super::query_name::{QueryName, WILDCARD};
use super::snapshot::{Zone, negative_soa, occludes, soa_serial};
use super::spine::{leaf, tag};
use crate::record::dnssec::Nsec3Hash;
use crate::record::{Name, Rdata, Record, Rrset, Rtype, rdata};

/// One change of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// This RRset, in the place of the one of its name and type, where there is one.
    Put {
        /// One record or more, of the zone's class.
        rrset: Rrset,
        /// Data of the RRSIG records that cover it, with its TTL; those there were are dropped.
        signatures: Vec<Rdata>,
    },
    /// No RRset of this name and type, nor signatures that cover it.
    Remove {
        /// The name.
        owner: Name,
        /// The type.
        rtype: Rtype,
    },
}

/// Pages that differ from the predecessor's, as nodes, by their number in the spine.
struct Draft<'z> {
    zone: &'z Zone,
    pages: BTreeMap<usize, Vec<(u16, NodeDraft)>>,
    names: usize,
    denial: Changes,
    /// Two names have the same hash: the zone must get others.
    collided: bool,
}

impl Zone {
    /// The zone after all of `changes`, in order, each of which must leave a sound zone; this one
    /// stays as it is.
    ///
    /// What a change costs is the page of its name, the page of the name's parent where the name
    /// comes or goes, and a spine of about twice the square root of the number of pages; NSEC3 records
    /// have pages and a spine of their own, and so has the order of the names that own NSEC. Changes of
    /// delegations and of DNAME, which decide over all names below, of what proves absences as a whole, and
    /// growth to four times the size cost a build of the zone.
    ///
    /// # Errors
    /// Every fault of the changed zone that is an error, where there is one: whose changes they
    /// are. Warnings are not told.
    pub fn derive(&self, changes: &[Change]) -> Result<Self, Vec<BuildFault>> {
        if changes.iter().any(|change| self.is_structural(change)) {
            return self.rebuild(changes);
        }
        let mut draft = Draft {
            zone: self,
            pages: BTreeMap::new(),
            names: self.names,
            denial: Changes::default(),
            collided: false,
        };
        let faults: Vec<_> = changes.iter().filter_map(|change| draft.apply(change).err()).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        if draft.collided {
            return self.rebuild(changes);
        }
        let mut zone = draft.finish()?;
        zone.discovery |= changes.iter().any(|change| zone.finds_discovery_at(change.subject().0));
        let outgrown = zone.spine.is_outgrown_by(zone.names) || zone.denial.is_outgrown();
        if outgrown { zone.rebuild(&[]) } else { Ok(zone) }
    }

    /// Whether more than the name itself and the existence of its ancestors is concerned.
    fn is_structural(&self, change: &Change) -> bool {
        let (owner, rtype) = change.subject();
        let at_apex = *owner == self.apex;
        let put = match change {
            Change::Put { rrset, .. } => Some(&rrset.rdatas[..]),
            Change::Remove { .. } => None,
        };
        match rtype {
            Rtype::DNAME | Rtype::RRSIG => true,
            Rtype::NS => !at_apex,
            // What proves absences begins or ends with these.
            Rtype::NSEC3PARAM if at_apex => true,
            Rtype::NSEC if at_apex => put.is_none() || self.denial.order.is_none(),
            Rtype::NSEC3 if self.hash_of_owner(owner).is_some() => {
                put.is_some_and(|rdatas| self.denial.chain_of(rdatas).is_none())
            }
            // They stand at a delegation, and change nothing below it.
            Rtype::DS | Rtype::NSEC => self.is_occluded(&QueryName::from(owner)),
            _ => !at_apex && self.is_below_cut(owner),
        }
    }

    /// The hash that an owner is in an NSEC3 chain of this zone.
    fn hash_of_owner(&self, owner: &Name) -> Option<Nsec3Hash> {
        let below = owner.as_wire().len().checked_sub(self.apex.as_wire().len())?;
        chain_hash(&owner.as_wire()[..below]).filter(|_| owner.is_at_or_below(&self.apex))
    }

    fn is_below_cut(&self, owner: &Name) -> bool {
        let name = QueryName::from(owner);
        self.is_occluded(&name) || self.node(owner).is_some_and(|node| occludes(node.flags()))
    }

    fn rebuild(&self, changes: &[Change]) -> Result<Self, Vec<BuildFault>> {
        let mut sets: BTreeMap<(Name, Rtype), Vec<Record>> = BTreeMap::new();
        for (owner, rrset) in self.rrsets() {
            let record = |rtype, record: super::node::RecordRef<'_>| Record {
                owner: owner.clone(),
                class: self.class,
                ttl: record.ttl(),
                rtype,
                rdata: record.rdata().into(),
            };
            let records = rrset.records().map(|found| record(rrset.rtype(), found));
            let signatures = rrset.signatures().map(|found| record(Rtype::RRSIG, found));
            sets.insert((owner.clone(), rrset.rtype()), records.chain(signatures).collect());
        }
        for change in changes {
            let (owner, rtype) = change.subject();
            let records = match change {
                Change::Put { rrset, signatures } => records_of(rrset, signatures),
                Change::Remove { .. } => Vec::new(),
            };
            sets.insert((owner.clone(), rtype), records);
        }
        let mut builder = ZoneBuilder::new();
        for record in sets.values().flatten() {
            builder.add(record, Span::default());
        }
        let built = builder.build();
        let zone = built.zone.map(|zone| zone.with_online_signer(self.denial.signer.clone()));
        zone.ok_or_else(|| {
            built.faults.into_iter().filter(|fault| fault.severity == Severity::Error).collect()
        })
    }
}

impl Change {
    fn subject(&self) -> (&Name, Rtype) {
        match self {
            Self::Put { rrset, .. } => (&rrset.owner, rrset.rtype),
            Self::Remove { owner, rtype } => (owner, *rtype),
        }
    }
}

fn records_of(rrset: &Rrset, signatures: &[Rdata]) -> Vec<Record> {
    let record = |rtype, rdata: &Rdata| Record {
        owner: rrset.owner.clone(),
        class: rrset.class,
        ttl: rrset.ttl,
        rtype,
        rdata: rdata.clone(),
    };
    let records = rrset.rdatas.iter().map(|rdata| record(rrset.rtype, rdata));
    records.chain(signatures.iter().map(|rdata| record(Rtype::RRSIG, rdata))).collect()
}

impl Draft<'_> {
    fn apply(&mut self, change: &Change) -> Result<(), BuildFault> {
        let (owner, rtype) = change.subject();
        let fault = |kind: Kind| kind.at(Span::default(), Some(owner.clone()));
        if !owner.is_at_or_below(&self.zone.apex) {
            return Err(fault(Kind::OutOfZone));
        }
        let set = match change {
            Change::Put { rrset, signatures } => Some(self.rrset(rrset, signatures).map_err(fault)?),
            Change::Remove { .. } => None,
        };
        let at_apex = *owner == self.zone.apex;
        match (rtype, &set) {
            (Rtype::SOA, Some(_)) if !at_apex => return Err(fault(Kind::SoaOffApex)),
            (Rtype::SOA, None) if at_apex => return Err(fault(Kind::NoSoa)),
            _ => {}
        }
        if let (Rtype::NSEC3, Some(hash)) = (rtype, self.zone.hash_of_owner(owner)) {
            self.change_chain(change, &hash, set.as_ref());
            return Ok(());
        }
        let name = QueryName::from(owner);
        let labels = name.label_count();
        if rtype == Rtype::NSEC {
            self.denial.touch(name.between(labels, self.zone.apex_labels), self.hash(&name, labels));
        }
        if set.is_some() {
            self.make_node(&name, labels);
        }
        let Some(node) = self.node_mut(&name, labels) else { return Ok(()) };
        let mut sets: Vec<_> = node.rrsets().iter().filter(|set| set.rtype != rtype).cloned().collect();
        sets.extend(set);
        let alias = sets.iter().any(|set| set.rtype == Rtype::CNAME);
        let other = sets.iter().find(|set| !matches!(set.rtype, Rtype::CNAME | Rtype::NSEC));
        if let (true, Some(other)) = (alias, other) {
            return Err(fault(Kind::CnameAndOther(other.rtype)));
        }
        node.flags = node.flags.without(Flags::CNAME);
        if alias {
            node.flags = node.flags.with(Flags::CNAME);
        }
        node.set_rrsets(sets);
        self.drop_empty(&name, labels);
        Ok(())
    }

    /// What stands at a hash is none of the names' affair.
    fn change_chain(&mut self, change: &Change, hash: &Nsec3Hash, set: Option<&RrsetDraft>) {
        let denial = &self.zone.denial;
        let put = match change {
            Change::Put { rrset, .. } => denial.chain_of(&rrset.rdatas).zip(set),
            Change::Remove { .. } => None,
        };
        self.denial.put(denial, hash, put);
    }

    fn rrset(&self, rrset: &Rrset, signatures: &[Rdata]) -> Result<RrsetDraft, Kind> {
        let Rrset { rtype, class, ttl, .. } = *rrset;
        if class != self.zone.class {
            return Err(Kind::OtherClass(class));
        }
        if rtype.is_meta() {
            return Err(Kind::MetaType(rtype));
        }
        let is_good = |rtype, data: &Rdata| rdata::check(rtype, data).is_ok();
        let good = rrset.rdatas.iter().all(|data| is_good(rtype, data))
            && signatures.iter().all(|data| is_good(Rtype::RRSIG, data));
        match (rtype, rrset.rdatas.len()) {
            (_, 0) => return Err(Kind::IllFormed(rtype)),
            _ if !good => return Err(Kind::IllFormed(rtype)),
            (Rtype::SOA, 2..) => return Err(Kind::SecondSoa),
            (Rtype::CNAME, 2..) => return Err(Kind::SeveralCnames),
            _ => {}
        }
        let mut draft = RrsetDraft::new(rtype);
        for data in &rrset.rdatas {
            draft.push_record(class.0, ttl, data);
        }
        for data in signatures {
            draft.push_signature(class.0, ttl, data);
        }
        if draft.is_too_large() { Err(Kind::RrsetTooLarge(rtype)) } else { Ok(draft) }
    }

    /// Makes the node, and the empty non-terminals above it, where they are not there.
    fn make_node(&mut self, name: &QueryName<'_>, labels: usize) {
        if labels == self.zone.apex_labels || self.node_mut(name, labels).is_some() {
            return;
        }
        self.make_node(name, labels - 1);
        let below = name.between(labels, self.zone.apex_labels);
        let hash = self.hash(name, labels);
        let node = NodeDraft::new(below, Flags::default(), 0, Vec::new());
        let name_hash = self.zone.hash;
        let same_hash = |(other, node): &(u16, NodeDraft)| {
            *other == tag(hash) && name_hash.of_below(node.below()) == hash
        };
        self.collided |= self.page_mut(hash).iter().any(same_hash);
        self.page_mut(hash).push((tag(hash), node));
        self.names += 1;
        if let Some(parent) = self.node_mut(name, labels - 1) {
            parent.children = parent.children.saturating_add(1);
            if below.starts_with(WILDCARD) {
                parent.flags = parent.flags.with(Flags::WILDCARD_CHILD);
            }
        }
    }

    /// Removes the node, and the empty non-terminals above it, where nothing is left of them.
    fn drop_empty(&mut self, name: &QueryName<'_>, labels: usize) {
        if labels == self.zone.apex_labels {
            return;
        }
        let is_empty = |node: &mut NodeDraft| node.rrsets().is_empty() && node.children == 0;
        if !self.node_mut(name, labels).is_some_and(is_empty) {
            return;
        }
        let below = name.between(labels, self.zone.apex_labels);
        let hash = self.hash(name, labels);
        self.page_mut(hash).retain(|(_, node)| !node.below().eq_ignore_ascii_case(below));
        self.names -= 1;
        if let Some(parent) = self.node_mut(name, labels - 1) {
            parent.children = parent.children.saturating_sub(1);
            if below.starts_with(WILDCARD) {
                parent.flags = parent.flags.without(Flags::WILDCARD_CHILD);
            }
        }
        self.drop_empty(name, labels - 1);
    }

    fn hash(&self, name: &QueryName<'_>, labels: usize) -> u64 {
        self.zone.hash.path(name, self.zone.apex_labels).of(labels)
    }

    /// The page of a hash, taken over from the predecessor when it is first touched.
    fn page_mut(&mut self, hash: u64) -> &mut Vec<(u16, NodeDraft)> {
        let spine = &self.zone.spine;
        let number = spine.page_number(hash);
        self.pages.entry(number).or_insert_with(|| {
            spine.page(number).nodes().map(|(tag, node)| (tag, NodeDraft::copy(node))).collect()
        })
    }

    fn node_mut(&mut self, name: &QueryName<'_>, labels: usize) -> Option<&mut NodeDraft> {
        let below = name.between(labels, self.zone.apex_labels);
        let hash = self.hash(name, labels);
        let nodes = self.page_mut(hash).iter_mut();
        nodes.map(|(_, node)| node).find(|node| node.below().eq_ignore_ascii_case(below))
    }

    fn finish(self) -> Result<Zone, Vec<BuildFault>> {
        let too_large = |_: PageFull| vec![Kind::ZoneTooLarge.at(Span::default(), None)];
        let pages = self.pages.into_iter().map(|(number, nodes)| Ok((number, leaf::<Page>(&nodes)?)));
        let pages = pages.collect::<Result<Vec<_>, _>>().map_err(too_large)?;
        let spine = self.zone.spine.with_pages(pages);
        let denial = self.denial.finish(self.zone, &spine).map_err(too_large)?;
        let mut zone = Zone { spine, names: self.names, denial, ..self.zone.clone() };
        zone.denial.chain = Denial::choose(&zone.denial.chains, &zone.apex, zone.apex_node());
        let soa = zone.soa();
        let serial = soa.records().next().map_or(zone.serial, |record| soa_serial(record.rdata()));
        zone.negative_soa = negative_soa(zone.soa(), zone.class);
        zone.serial = serial;
        Ok(zone)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::{Class, Ttl};
    use crate::zone::fixture::{record, zone};

    fn put(lines: &[&str]) -> Change {
        let records: Vec<Record> = lines.iter().map(|line| record(line)).collect();
        let Record { owner, class, ttl, rtype, .. } = records[0].clone();
        let rdatas = records.into_iter().map(|record| record.rdata).collect();
        Change::Put { rrset: Rrset { owner, class, rtype, ttl, rdatas }, signatures: Vec::new() }
    }

    fn remove(owner: &str, rtype: Rtype) -> Change {
        Change::Remove { owner: owner.parse().unwrap(), rtype }
    }

    /// Everything that a zone holds, with what it knows of each name.
    fn dump(zone: &Zone) -> Vec<String> {
        let node = |(name, node): (Name, super::super::Node<'_>)| {
            let sets: Vec<String> =
                node.entries().map(|set| format!("{} {:?}", set.rtype(), set.signed_octets())).collect();
            format!("{name} {:?} {} {sets:?}", node.flags(), node.children())
        };
        zone.nodes().into_iter().map(node).collect()
    }

    fn shared_pages(one: &Zone, other: &Zone) -> (usize, usize) {
        let pairs: Vec<_> = one.spine.pages().zip(other.spine.pages()).collect();
        (pairs.iter().filter(|(one, other)| one.is_shared_with(other)).count(), pairs.len())
    }

    fn many_names() -> Zone {
        let lines: Vec<String> = (0..4000).map(|number| format!("n{number}.example. TXT {number}")).collect();
        zone("example.", &lines.iter().map(String::as_str).collect::<Vec<_>>())
    }

    #[test]
    fn a_change_at_a_name_copies_one_page() {
        let before = many_names();
        let after = before.derive(&[put(&["n7.example. TXT changed"])]).unwrap();
        let (shared, all) = shared_pages(&before, &after);
        assert!(all > 100, "{all} pages");
        assert_eq!(shared, all - 1);
        // The predecessor stays as it was.
        assert_ne!(dump(&before), dump(&after));
        assert_eq!(dump(&before), dump(&many_names()));
    }

    #[test]
    fn a_new_name_copies_its_page_and_its_parents() {
        let before = many_names();
        let after = before.derive(&[put(&["new.example. TXT x"])]).unwrap();
        let (shared, all) = shared_pages(&before, &after);
        assert!((all - 2..all).contains(&shared), "{shared} of {all}");
        assert_eq!(after.name_count(), before.name_count() + 1);
        let back = after.derive(&[remove("new.example.", Rtype::TXT)]).unwrap();
        assert_eq!(dump(&back), dump(&before));
    }

    #[test]
    fn the_serial_follows_the_soa() {
        let after = zone("example.", &[]).derive(&[put(&["example. SOA 8"])]).unwrap();
        assert_eq!(after.serial(), 8);
        assert_eq!(soa_serial(after.negative_soa().records().next().unwrap().rdata()), 8);
    }

    #[test]
    fn faults_leave_the_zone_as_it_is() {
        let before = zone("example.", &["a.example. CNAME b.example."]);
        let codes = |change: Change| -> Vec<_> {
            before.derive(&[change]).unwrap_err().into_iter().map(|fault| fault.code).collect()
        };
        assert_eq!(codes(put(&["a.example. A 1"])), ["cname-and-other-data"]);
        assert_eq!(codes(put(&["a.other. A 1"])), ["out-of-zone"]);
        assert_eq!(codes(put(&["a.example. CNAME x.", "a.example. CNAME y."])), ["several-cnames"]);
        assert_eq!(codes(remove("example.", Rtype::SOA)), ["no-soa"]);
    }

    #[test]
    fn growth_makes_more_pages() {
        let mut grown = zone("example.", &[]);
        for number in 0..2000 {
            grown = grown.derive(&[put(&[&format!("n{number}.example. TXT {number}")])]).unwrap();
        }
        assert!(grown.spine.pages().count() >= 32);
        assert_eq!(grown.name_count(), 2001);
        let largest = grown.spine.pages().map(|page| page.nodes().count()).max();
        assert!(largest < Some(150), "{largest:?}");
    }

    /// Names and types that meet each other often, delegations and DNAME among them.
    fn change() -> impl Strategy<Value = Change> {
        let owner = prop::sample::select(vec!["a", "b.a", "c.b.a", "*.a", "x.*.a", "d", "e.d", "*", "f.g.h"]);
        let rtype = prop::sample::select(vec![Rtype::A, Rtype::TXT, Rtype::CNAME, Rtype::NS, Rtype::DNAME]);
        (owner, rtype, any::<bool>()).prop_map(|(owner, rtype, keep)| {
            let owner: Name = format!("{owner}.example.").parse().unwrap();
            if !keep {
                return Change::Remove { owner, rtype };
            }
            let rdata: Rdata = match rtype {
                Rtype::A => [192, 0, 2, 1].into(),
                Rtype::TXT => b"\x02hi".as_slice().into(),
                _ => b"\x05other\0".as_slice().into(),
            };
            let ttl = Ttl::from_secs(300);
            let rrset = Rrset { owner, class: Class::IN, rtype, ttl, rdatas: vec![rdata] };
            Change::Put { rrset, signatures: Vec::new() }
        })
    }

    proptest! {
        #[test]
        fn a_derived_zone_is_the_zone_that_is_built_anew(
            changes in prop::collection::vec(prop::collection::vec(change(), 1..4), 1..12)
        ) {
            let mut derived = zone("example.", &[]);
            for changes in changes {
                let anew = derived.rebuild(&changes);
                let next = derived.derive(&changes);
                // One by one, a fault may come and go between two changes of a list.
                if let (Ok(anew), Ok(next)) = (anew, next) {
                    prop_assert_eq!(dump(&anew), dump(&next));
                    prop_assert_eq!(anew.name_count(), next.name_count());
                    derived = next;
                }
            }
        }
    }
}
