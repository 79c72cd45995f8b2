//! The names of a zone that is being built: empty non-terminals found, each name related to its
//! parent and to what occludes it.

use super::denial::{chain_hash, is_of_chain};
use super::node::Flags;
use super::pending::{Entry, Pending, is_at_or_below};
use super::query_name::{NameHash, QueryName};
use crate::record::{Name, Rtype};

/// What a wildcard begins with.
pub(super) const WILDCARD: &[u8] = b"\x01*";

/// The zone's names, in the order of their hashes.
pub(super) struct Groups {
    pub(super) hash: NameHash,
    pub(super) names: Vec<Group>,
}

pub(super) struct Group {
    pub(super) hash: u64,
    pub(super) at: usize,
    pub(super) len: usize,
    /// Numbers of the owners that are this name; none for an empty non-terminal.
    pub(super) members: Vec<usize>,
    pub(super) flags: Flags,
    pub(super) children: u32,
    pub(super) occluded_by: Option<Occluder>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Occluder {
    Cut,
    Dname,
}

impl Groups {
    /// Two names with one hash, which hardly ever happens, get others: a zone knows names by their hash.
    pub(super) fn of(records: &Pending, apex: &Name) -> Self {
        loop {
            let groups = Self::hashed_by(NameHash::new(), records, apex);
            if groups.names.windows(2).all(|pair| pair[0].hash != pair[1].hash) {
                return groups;
            }
        }
    }

    fn hashed_by(hash: NameHash, records: &Pending, apex: &Name) -> Self {
        let apex_labels = apex.label_count();
        let apex_len = apex.as_wire().len();
        let mut found: Vec<(u64, usize, usize, Option<usize>)> = Vec::with_capacity(records.owners.len());
        let mut last_parent = None;
        for (number, &owner) in records.owners.iter().enumerate() {
            if !is_at_or_below(records.wire(owner), apex) || is_hash_only(records, number, apex_len) {
                continue;
            }
            let Ok(name) = QueryName::parse(records.wire(owner)) else { continue };
            let hashes = hash.path(&name, apex_labels);
            let labels = name.label_count();
            found.push((hashes.of(labels), owner.at, owner.len, Some(number)));
            if labels <= apex_labels + 1 {
                continue;
            }
            // Neighbours mostly share their parent, whose ancestors are known then.
            let parent = hashes.of(labels - 1);
            if last_parent.replace(parent) == Some(parent) {
                continue;
            }
            for above in apex_labels + 1..labels {
                let skip = name.offset_of(above);
                found.push((hashes.of(above), owner.at + skip, owner.len - skip, None));
            }
        }
        let wire = |at: usize, len: usize| &records.octets[at..at + len];
        // Names given in the file first, so that their spelling is kept, then by their order in it.
        found.sort_by_key(|&(hash, _, _, owner)| (hash, owner.is_none(), owner));
        let mut names: Vec<Group> = Vec::with_capacity(found.len());
        for (hash, at, len, owner) in found {
            let same = names.iter().rposition(|group| group.hash != hash).map_or(0, |last| last + 1);
            let known = names[same..]
                .iter_mut()
                .find(|group| wire(group.at, group.len).eq_ignore_ascii_case(wire(at, len)));
            match known {
                Some(group) => group.members.extend(owner),
                None => names.push(Group {
                    hash,
                    at,
                    len,
                    members: owner.into_iter().collect(),
                    flags: Flags::default(),
                    children: 0,
                    occluded_by: None,
                }),
            }
        }
        let mut groups = Self { hash, names };
        groups.flag_own(records, apex_len);
        groups.relate(records, apex_labels, apex_len);
        groups
    }

    /// What a name's own records make of it.
    fn flag_own(&mut self, records: &Pending, apex_len: usize) {
        for group in &mut self.names {
            for record in group.members.iter().flat_map(|&member| records.of_owner(member)) {
                let flag = match record.rtype {
                    Rtype::NS if group.len != apex_len => Flags::CUT,
                    Rtype::DNAME => Flags::DNAME,
                    Rtype::CNAME => Flags::CNAME,
                    _ => continue,
                };
                group.flags = group.flags.with(flag);
            }
        }
    }

    /// What names make of their parents and their descendants.
    fn relate(&mut self, records: &Pending, apex_labels: usize, apex_len: usize) {
        let occluders = Flags::CUT.with(Flags::DNAME);
        let none_occludes = !self.names.iter().any(|group| group.flags.has(occluders));
        for index in 0..self.names.len() {
            let (at, len) = (self.names[index].at, self.names[index].len);
            if len == apex_len {
                continue;
            }
            let wire = &records.octets[at..at + len];
            let Ok(name) = QueryName::parse(wire) else { continue };
            let hashes = self.hash.path(&name, apex_labels);
            let labels = name.label_count();
            if let Some(parent) = self.find(records, hashes.of(labels - 1), name.ancestor(labels - 1)) {
                let parent = &mut self.names[parent];
                parent.children = parent.children.saturating_add(1);
                if wire.starts_with(WILDCARD) {
                    parent.flags = parent.flags.with(Flags::WILDCARD_CHILD);
                }
            }
            if none_occludes {
                continue;
            }
            let above = (apex_labels..labels)
                .filter_map(|above| self.find(records, hashes.of(above), name.ancestor(above)))
                .find(|&above| self.names[above].flags.has(occluders));
            if let Some(above) = above {
                // Beside NS a DNAME is hidden, yet NSD and Knot refuse names below it all the same.
                let cut = !self.names[above].flags.has(Flags::DNAME);
                let group = &mut self.names[index];
                group.occluded_by = Some(if cut { Occluder::Cut } else { Occluder::Dname });
                group.flags = group.flags.with(Flags::OCCLUDED);
            }
        }
    }

    /// The records of a name: all of its owners' but those of NSEC3 chains.
    pub(super) fn records_of<'r>(
        &'r self,
        records: &'r Pending,
        index: usize,
        apex_len: usize,
    ) -> impl Iterator<Item = Entry> + 'r {
        let group = &self.names[index];
        let is_hash = chain_hash(&records.octets[group.at..group.at + group.len - apex_len]).is_some();
        let all = group.members.iter().flat_map(|&member| records.of_owner(member));
        all.filter(move |record| !is_hash || !is_of_chain(record.rtype, records.rdata(*record)))
    }

    fn find(&self, records: &Pending, hash: u64, wire: &[u8]) -> Option<usize> {
        let first = self.names.partition_point(|group| group.hash < hash);
        self.names[first..]
            .iter()
            .take_while(|group| group.hash == hash)
            .position(|group| records.octets[group.at..group.at + group.len].eq_ignore_ascii_case(wire))
            .map(|offset| first + offset)
    }
}

/// Whether an owner holds nothing but records of an NSEC3 chain, so that it is no name of the zone. Source:
/// RFC 5155 §7.2.8.
fn is_hash_only(records: &Pending, number: usize, apex_len: usize) -> bool {
    let wire = records.wire(records.owners[number]);
    wire.get(..wire.len() - apex_len).is_some_and(|below| chain_hash(below).is_some())
        && records.of_owner(number).all(|record| is_of_chain(record.rtype, records.rdata(record)))
}
