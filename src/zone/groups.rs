//! The names of a zone that is being built: empty non-terminals found, each name related to its
//! parent and to what occludes it.

use super::denial::{chain_hash, is_of_chain};
use super::fetch::AHEAD;
use super::node::Flags;
use super::pending::{Entry, Marks, Owner, Pending};
use super::query_name::{NameHash, QueryName, WILDCARD};
use super::spine::Division;
use crate::record::Name;

/// The zone's names, in the order of their hashes.
pub(super) struct Groups {
    pub(super) hash: NameHash,
    pub(super) names: Vec<Group>,
    pub(super) division: Division,
    found: Vec<Found>,
    /// For each page of the zone, the first of its names; and the number of names.
    starts: Vec<u32>,
    apex_len: usize,
}

pub(super) struct Group {
    pub(super) hash: u64,
    /// Which of what was found is this name: first what was given.
    first: u32,
    count: u32,
    pub(super) children: u32,
    pub(super) flags: Flags,
    pub(super) occluded_by: Option<Occluder>,
}

/// An owner or an ancestor of one.
#[derive(Clone, Copy)]
struct Found {
    hash: u64,
    owner: u32,
    /// Those of the owner.
    marks: Marks,
    /// Octets of the owner in front of this name: 0 for the owner itself.
    skip: u8,
    /// Stands right below the apex.
    is_top: bool,
}

impl Found {
    /// An ancestor of an owner, which nobody may have given.
    fn is_above(&self) -> bool {
        self.skip > 0
    }
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
            if let Some(groups) = Self::hashed_by(NameHash::new(), records, apex) {
                return groups;
            }
        }
    }

    /// `None` where two names have the same hash.
    fn hashed_by(hash: NameHash, records: &Pending, apex: &Name) -> Option<Self> {
        let (apex_labels, apex_len) = (apex.label_count(), apex.as_wire().len());
        let mut found = find(hash, records, apex_labels, apex_len);
        // Names given in the file first, so that their spelling is kept, then by their order in it.
        found.sort_unstable_by_key(|found| (found.hash, found.is_above(), found.owner, found.skip));
        let mut names: Vec<Group> = Vec::with_capacity(found.len());
        for (first, found_here) in (0..).zip(&found) {
            match names.last_mut().filter(|group| group.hash == found_here.hash) {
                Some(group) => {
                    let one = &found[group.first as usize];
                    if !wire(records, one).eq_ignore_ascii_case(wire(records, found_here)) {
                        return None;
                    }
                    group.count += 1;
                }
                None => names.push(Group {
                    hash: found_here.hash,
                    first,
                    count: 1,
                    children: 0,
                    flags: Flags::default(),
                    occluded_by: None,
                }),
            }
        }
        let division = Division::of(names.len());
        let mut starts = Vec::with_capacity(division.pages() + 1);
        let mut next = 0;
        for page in 0..division.pages() {
            starts.push(next);
            while names.get(next as usize).is_some_and(|group| division.page_number(group.hash) == page) {
                next += 1;
            }
        }
        starts.push(next);
        let mut groups = Self { hash, names, division, found, starts, apex_len };
        groups.flag_own(records);
        groups.relate(records, apex_labels);
        Some(groups)
    }

    /// The name in wire form, as it was spelled first.
    pub(super) fn wire<'r>(&self, records: &'r Pending, index: usize) -> &'r [u8] {
        wire(records, &self.found[self.names[index].first as usize])
    }

    /// The labels in front of the apex.
    pub(super) fn below<'r>(&self, records: &'r Pending, index: usize) -> &'r [u8] {
        let wire = self.wire(records, index);
        &wire[..wire.len() - self.apex_len]
    }

    /// The numbers of a page's names.
    pub(super) fn of_page(&self, page: usize) -> std::ops::Range<usize> {
        self.starts[page] as usize..self.starts[page + 1] as usize
    }

    /// What is known of all records of a name.
    pub(super) fn marks(&self, index: usize) -> Marks {
        self.members(index).fold(Marks::default(), |marks, owner| marks.with(owner.marks))
    }

    /// Asks memory for the records of the name that comes soon, and for where those of later ones stand.
    pub(super) fn fetch_after(&self, records: &Pending, index: usize) {
        let owner = |index: usize| Some(self.found[self.names.get(index)?.first as usize].owner as usize);
        if let Some(owner) = owner(index + AHEAD) {
            records.fetch(owner);
        }
        if let Some(owner) = owner(index + 2 * AHEAD) {
            records.fetch_owner(owner);
        }
    }

    /// The owners that are this name; none for an empty non-terminal.
    fn members(&self, index: usize) -> impl Iterator<Item = &Found> {
        let group = &self.names[index];
        let found = &self.found[group.first as usize..][..group.count as usize];
        found.iter().take_while(|found| !found.is_above())
    }

    /// What a name's own records make of it.
    fn flag_own(&mut self, records: &Pending) {
        for index in 0..self.names.len() {
            let (marks, mut flags) = (self.marks(index), Flags::default());
            for (mark, flag) in
                [(Marks::NS, Flags::CUT), (Marks::DNAME, Flags::DNAME), (Marks::CNAME, Flags::CNAME)]
            {
                if marks.has(mark) && (flag != Flags::CUT || !self.below(records, index).is_empty()) {
                    flags = flags.with(flag);
                }
            }
            self.names[index].flags = flags;
        }
    }

    /// What names make of their parents and their descendants.
    fn relate(&mut self, records: &Pending, apex_labels: usize) {
        let occluders = Flags::CUT.with(Flags::DNAME);
        let none_occludes = !self.names.iter().any(|group| group.flags.has(occluders));
        let apex = self.find(records, self.hash.start(), b"");
        let mut apex_children = 0_u32;
        for index in 0..self.names.len() {
            let first = self.found[self.names[index].first as usize];
            if first.is_top && none_occludes && !is_wildcard(records, first) {
                apex_children = apex_children.saturating_add(1);
                continue;
            }
            let wire = wire(records, &first);
            if wire.len() == self.apex_len {
                continue;
            }
            let Ok(name) = QueryName::parse(wire) else { continue };
            let hashes = self.hash.path(&name, apex_labels);
            let labels = name.label_count();
            let above = |labels| name.between(labels, apex_labels);
            if let Some(parent) = self.find(records, hashes.of(labels - 1), above(labels - 1)) {
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
                .filter_map(|labels| self.find(records, hashes.of(labels), above(labels)))
                .find(|&above| self.names[above].flags.has(occluders));
            if let Some(above) = above {
                // Beside NS a DNAME is hidden, yet NSD and Knot refuse names below it all the same.
                let cut = !self.names[above].flags.has(Flags::DNAME);
                let group = &mut self.names[index];
                group.occluded_by = Some(if cut { Occluder::Cut } else { Occluder::Dname });
                group.flags = group.flags.with(Flags::OCCLUDED);
            }
        }
        if let Some(apex) = apex {
            self.names[apex].children = self.names[apex].children.saturating_add(apex_children);
        }
    }

    /// The records of a name: all of its owners' but those of NSEC3 chains.
    pub(super) fn records_of<'r>(
        &'r self,
        records: &'r Pending,
        index: usize,
    ) -> impl Iterator<Item = Entry> + 'r {
        let may_chain = self.marks(index).has(Marks::CHAIN);
        let is_hash = may_chain && chain_hash(self.below(records, index)).is_some();
        let all = self.members(index).flat_map(|member| records.of_owner(member.owner as usize));
        all.filter(move |record| !is_hash || !is_of_chain(record.rtype, records.rdata(*record)))
    }

    fn find(&self, records: &Pending, hash: u64, below: &[u8]) -> Option<usize> {
        let mut page = self.of_page(self.division.page_number(hash));
        page.find(|&index| {
            self.names[index].hash == hash && self.below(records, index).eq_ignore_ascii_case(below)
        })
    }
}

/// Every owner in the zone and its ancestors below the apex.
fn find(hash: NameHash, records: &Pending, apex_labels: usize, apex_len: usize) -> Vec<Found> {
    let mut found = Vec::with_capacity(records.owners.len());
    let mut last_parent = None;
    for (number, owner) in (0..).zip(&records.owners) {
        records.fetch_wire(number as usize + AHEAD);
        if !owner.marks.has(Marks::INSIDE) || is_hash_only(records, number as usize, owner, apex_len) {
            continue;
        }
        let wire = records.wire(*owner);
        let below = &wire[..wire.len() - apex_len];
        let top = below.first().is_some_and(|&len| usize::from(len) + 1 == below.len());
        if top || below.is_empty() {
            let hash = if top { hash.child(hash.start(), below) } else { hash.start() };
            found.push(Found { hash, owner: number, marks: owner.marks, skip: 0, is_top: top });
            continue;
        }
        let Ok(name) = QueryName::parse(wire) else { continue };
        let hashes = hash.path(&name, apex_labels);
        let labels = name.label_count();
        let (marks, hash) = (owner.marks, hashes.of(labels));
        found.push(Found { hash, owner: number, marks, skip: 0, is_top: false });
        // Neighbours mostly share their parent, whose ancestors are known then.
        let parent = hashes.of(labels - 1);
        if last_parent.replace(parent) == Some(parent) {
            continue;
        }
        for above in apex_labels + 1..labels {
            let skip = u8::try_from(name.offset_of(above)).expect("a name is at most 255 octets");
            let (hash, is_top) = (hashes.of(above), above == apex_labels + 1);
            found.push(Found { hash, owner: number, marks, skip, is_top });
        }
    }
    found
}

fn wire<'r>(records: &'r Pending, found: &Found) -> &'r [u8] {
    &records.wire(records.owners[found.owner as usize])[usize::from(found.skip)..]
}

/// Whether the name begins with `*`. Most need not be looked at for that.
fn is_wildcard(records: &Pending, found: Found) -> bool {
    match found.is_above() {
        true => wire(records, &found).starts_with(WILDCARD),
        false => found.marks.has(Marks::WILDCARD),
    }
}

/// Whether an owner holds nothing but records of an NSEC3 chain, so that it is no name of the zone. Source:
/// RFC 5155 §7.2.8.
fn is_hash_only(records: &Pending, number: usize, owner: &Owner, apex_len: usize) -> bool {
    if !owner.marks.has(Marks::CHAIN) {
        return false;
    }
    let wire = records.wire(*owner);
    wire.get(..wire.len() - apex_len).is_some_and(|below| chain_hash(below).is_some())
        && records.of_owner(number).all(|record| is_of_chain(record.rtype, records.rdata(record)))
}
