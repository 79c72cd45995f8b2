//! The names of a zone that is being built, written to pages by all cores, with what is wrong at each.

use std::collections::HashSet;
use std::num::NonZero;
use std::thread;

use super::fault::{BuildFault, Kind};
use super::finding::Span;
use super::groups::{Groups, Occluder};
use super::node::{Flags, RrsetDraft, sort, write_node};
use super::page::{Page, PageFull, PageWriter};
use super::pending::{Entry, Marks, Pending};
use super::query_name::WILDCARD;
use super::spine::{Branch, Slabs, tag};
use crate::record::{Class, Name, Rtype, Ttl};

/// More records of one type than this at a name earn a warning: BIND's default limit.
const MANY_RECORDS: usize = 100;
/// So few names are not worth another thread.
const FEW: usize = 4096;

/// The records of a zone by name, of which none is too broken to be written.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) records: &'a Pending,
    pub(super) groups: &'a Groups,
    pub(super) at_apex: &'a Name,
    pub(super) class: Class,
}

/// What came of writing.
pub(super) struct Written {
    pub(super) branches: Result<Vec<Branch<Page>>, PageFull>,
    /// The names that own NSEC and are not occluded.
    pub(super) nsec: Vec<usize>,
    pub(super) faults: Vec<BuildFault>,
}

/// One name as it will be written; used for one name after the other, so that none costs an allocation.
#[derive(Default)]
pub(super) struct NameDraft {
    entries: Vec<Entry>,
    rrsets: Vec<RrsetDraft>,
    /// How many of them are of this name.
    count: usize,
    pub(super) faults: Vec<BuildFault>,
}

impl NameDraft {
    fn rrsets(&self) -> &[RrsetDraft] {
        &self.rrsets[..self.count]
    }

    /// The place of another RRset.
    fn another(&mut self, rtype: Rtype) -> &mut RrsetDraft {
        let index = self.count;
        self.count += 1;
        if index == self.rrsets.len() {
            self.rrsets.push(RrsetDraft::new(rtype));
        }
        self.rrsets[index].restart(rtype);
        &mut self.rrsets[index]
    }
}

impl Names<'_> {
    /// Writes all of them, several branches of the spine at once.
    pub(super) fn write(self) -> Written {
        let division = self.groups.division;
        let (pages, of_branch) = (division.pages(), division.pages_of_branch());
        let threads = match thread::available_parallelism() {
            Ok(threads) if self.groups.names.len() > FEW => threads.get().min(pages / of_branch),
            _ => NonZero::<usize>::MIN.get(),
        };
        let share = (pages / of_branch).div_ceil(threads) * of_branch;
        let parts: Vec<Written> = thread::scope(|scope| {
            let parts = (0..pages).step_by(share).map(|first| first..pages.min(first + share));
            let workers: Vec<_> =
                parts.map(|part| scope.spawn(move || self.write_part(part, of_branch))).collect();
            workers
                .into_iter()
                .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        let mut all = Written { branches: Ok(Vec::new()), nsec: Vec::new(), faults: Vec::new() };
        for mut part in parts {
            all.branches = all.branches.and_then(|mut all| {
                all.append(&mut part.branches?);
                Ok(all)
            });
            all.nsec.append(&mut part.nsec);
            all.faults.append(&mut part.faults);
        }
        all
    }

    fn write_part(self, pages: std::ops::Range<usize>, of_branch: usize) -> Written {
        let (mut draft, mut nsec) = (NameDraft::default(), Vec::new());
        let (mut page, mut slabs) = (PageWriter::default(), Slabs::new());
        let mut write = |number| {
            for index in self.groups.of_page(number) {
                self.groups.fetch_after(self.records, index);
                self.draft(index, &mut draft);
                let owns_nsec = |set: &RrsetDraft| set.rtype == Rtype::NSEC && set.count() > 0;
                let group = &self.groups.names[index];
                if draft.rrsets().iter().any(owns_nsec) && !group.flags.has(Flags::OCCLUDED) {
                    nsec.push(index);
                }
                let below = self.groups.below(self.records, index);
                page.push(tag(group.hash), |out| {
                    write_node(below, group.flags, group.children, draft.rrsets(), out);
                });
            }
            slabs.push(of_branch, |out| page.finish(out))
        };
        let written = pages.into_iter().try_for_each(&mut write);
        Written { branches: written.and_then(|()| slabs.finish()), nsec, faults: draft.faults }
    }

    /// One name's records as they will be written, and what is wrong among them.
    pub(super) fn draft(self, index: usize, draft: &mut NameDraft) {
        let Self { records: pending, groups, class, .. } = self;
        let mut entries = std::mem::take(&mut draft.entries);
        let mut faults = std::mem::take(&mut draft.faults);
        let name = || Name::from_wire(groups.wire(pending, index)).expect("owners were names when they came");
        let mut fault = |kind: Kind, span| faults.push(kind.at(span, Some(name())));
        entries.clear();
        entries.extend(groups.records_of(pending, index));
        if !entries.is_sorted_by_key(|record| record.rtype) {
            entries.sort_by_key(|record| record.rtype);
        }
        if self.may_contradict(index) {
            self.fault_among(index, &entries, &mut fault);
        }
        draft.count = 0;
        for set in entries.chunk_by(|one, other| one.rtype == other.rtype) {
            if set[0].rtype != Rtype::RRSIG {
                fill_rrset(pending, set, class, draft.another(set[0].rtype), &mut fault);
            }
        }
        for signature in entries.iter().filter(|record| record.rtype == Rtype::RRSIG) {
            let rdata = pending.rdata(*signature);
            let Some(covered) =
                rdata.first_chunk().map(|&type_covered| Rtype(u16::from_be_bytes(type_covered)))
            else {
                continue;
            };
            let at = draft.rrsets().iter().position(|rrset| rrset.rtype == covered).unwrap_or_else(|| {
                fault(Kind::StraySignature(covered), signature.span);
                draft.another(covered);
                draft.count - 1
            });
            draft.rrsets[at].push_signature(class.0, signature.ttl, rdata);
        }
        for rrset in draft.rrsets().iter().filter(|rrset| rrset.is_too_large()) {
            fault(Kind::RrsetTooLarge(rrset.rtype), entries[0].span);
        }
        let count = draft.count;
        sort(&mut draft.rrsets[..count]);
        (draft.entries, draft.faults) = (entries, faults);
    }

    /// Whether types stand at this name that are no mere leaves, or something above it rules over it.
    fn may_contradict(self, index: usize) -> bool {
        let ruling = Marks::NS.with(Marks::CNAME).with(Marks::DNAME).with(Marks::PLACED);
        self.groups.names[index].occluded_by.is_some() || self.groups.marks(index).has(ruling)
    }

    /// What is wrong between the records of a name, and between them and what stands above.
    fn fault_among(self, index: usize, records: &[Entry], fault: &mut impl FnMut(Kind, Span)) {
        let group = &self.groups.names[index];
        let wire = self.groups.wire(self.records, index);
        let at_apex = wire.len() == self.at_apex.as_wire().len();
        let has = |rtype| records.iter().any(|record| record.rtype == rtype);
        if at_apex && !has(Rtype::NS) {
            let span =
                records.iter().find(|record| record.rtype == Rtype::SOA).map_or(Span::default(), |r| r.span);
            fault(Kind::NoApexNs, span);
        }
        let (cut, alias) = (has(Rtype::NS) && !at_apex, has(Rtype::CNAME));
        let wildcard = wire.starts_with(WILDCARD);
        for (rtype, is_odd, kind) in [
            (Rtype::NS, wildcard && cut, Kind::WildcardNs),
            (Rtype::DNAME, wildcard, Kind::WildcardDname),
            (Rtype::DS, at_apex, Kind::DsAtApex),
            (Rtype::DS, !at_apex && !cut, Kind::DsWithoutNs),
        ] {
            if let Some(record) = records.iter().find(|record| is_odd && record.rtype == rtype) {
                fault(kind, record.span);
            }
        }
        for record in records {
            match record.rtype {
                // Source: RFC 4035 §2.5.
                Rtype::CNAME | Rtype::RRSIG | Rtype::NSEC => {}
                rtype if alias => fault(Kind::CnameAndOther(rtype), record.span),
                Rtype::DNAME if cut => fault(Kind::DnameAndNs, record.span),
                _ => {}
            }
            match group.occluded_by {
                Some(Occluder::Dname) => fault(Kind::BelowDname, record.span),
                Some(Occluder::Cut) if !is_glue(record.rtype) => {
                    fault(Kind::Occluded(record.rtype), record.span);
                }
                None if cut && !is_glue(record.rtype) && !is_of_the_parent(record.rtype) => {
                    fault(Kind::Occluded(record.rtype), record.span);
                }
                Some(Occluder::Cut) | None => {}
            }
        }
    }
}

/// Puts records of one type into `draft`, which has none yet.
pub(super) fn fill_rrset(
    pending: &Pending,
    records: &[Entry],
    class: Class,
    draft: &mut RrsetDraft,
    fault: &mut impl FnMut(Kind, Span),
) {
    let rtype = records[0].rtype;
    if let [record] = records {
        return draft.push_record(class.0, record.ttl, pending.rdata(*record));
    }
    let ttl = records.iter().map(|record| record.ttl).min().unwrap_or(Ttl::ZERO);
    if let Some(record) = records.iter().find(|record| record.ttl != records[0].ttl) {
        fault(Kind::TtlDiffers(rtype), record.span);
    }
    let (mut seen, mut kept) = (HashSet::new(), 0);
    for record in records {
        let rdata = pending.rdata(*record);
        if !seen.insert(comparable(rtype, rdata)) {
            fault(Kind::Duplicate(rtype), record.span);
            continue;
        }
        kept += 1;
        match (rtype, kept) {
            (Rtype::SOA, 2..) => fault(Kind::SecondSoa, record.span),
            (Rtype::CNAME, 2..) => fault(Kind::SeveralCnames, record.span),
            (Rtype::DNAME, 2..) => fault(Kind::SeveralDnames, record.span),
            (_, many) if many == MANY_RECORDS + 1 => fault(Kind::ManyRecords(rtype), record.span),
            _ => {}
        }
        draft.push_record(class.0, ttl, rdata);
    }
}

fn is_glue(rtype: Rtype) -> bool {
    matches!(rtype, Rtype::A | Rtype::AAAA)
}

/// What a delegation's owner name holds on the parent's side; and DNAME, which is an error there.
fn is_of_the_parent(rtype: Rtype) -> bool {
    matches!(rtype, Rtype::NS | Rtype::DS | Rtype::NSEC | Rtype::RRSIG | Rtype::DNAME)
}

/// Record data in the form in which equal data is equal: names are blind to case, for the types
/// whose data ends in one.
fn comparable(rtype: Rtype, rdata: &[u8]) -> Vec<u8> {
    let mut comparable = rdata.to_vec();
    let name = match rtype {
        Rtype::NS | Rtype::CNAME | Rtype::DNAME | Rtype::PTR => Some(0),
        Rtype::MX | Rtype::AFSDB | Rtype::RT | Rtype::KX => Some(2),
        Rtype::SRV => Some(6),
        // Three character strings stand in front of the replacement.
        Rtype::NAPTR => (0..3).try_fold(4, |at, _| rdata.get(at).map(|&len| at + 1 + usize::from(len))),
        _ => None,
    };
    if let Some(name) = name.and_then(|at| comparable.get_mut(at..)) {
        name.make_ascii_lowercase();
    }
    comparable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_data_is_blind_to_the_case_of_names_alone() {
        let naptr = |name: &[u8]| [b"\0\x01\0\x01\x01U\0\0\x01", name, b"\0"].concat();
        assert_eq!(comparable(Rtype::NAPTR, &naptr(b"A")), naptr(b"a"), "not the flag");
        // 65 and 97 are the octets A and a.
        assert_ne!(comparable(Rtype::MX, b"\0A\x01x\0"), comparable(Rtype::MX, b"\0a\x01x\0"));
    }
}
