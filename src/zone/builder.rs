//! From records in any order to a zone, with all that is wrong with them.

use super::canonical::canonical_order;
use super::denial::{self, Chain, Denial, Gathered, Order};
use super::fault::{BuildFault, Kind};
use super::fetch::AHEAD;
use super::finding::{Severity, Span};
use super::groups::Groups;
use super::names::{NameDraft, Names, Written, fill_rrset};
use super::node::RrsetDraft;
use super::odd;
use super::page::PageFull;
use super::pending::{Entry, Marks, Pending, is_at_or_below};
use super::snapshot::{Zone, negative_soa, soa_serial};
use super::targets;
use crate::record::{Class, Name, Record, Rtype, rdata};

/// Takes the records of one zone, in any order, and makes a [`Zone`] of them.
#[derive(Default)]
pub struct ZoneBuilder {
    records: Pending,
    faults: Vec<BuildFault>,
}

/// What came of building.
#[derive(Debug)]
pub struct Built {
    /// The zone's apex, as its SOA record has it, whether or not there is a zone.
    pub apex: Option<Name>,
    /// Where that record was read from.
    pub(super) soa: Span,
    /// Whether there may be signatures among the records.
    pub(super) is_signed: bool,
    /// The zone; none where one of the faults is an error.
    pub zone: Option<Zone>,
    /// Everything that was noticed, in the order of the records as far as one record shows it.
    pub faults: Vec<BuildFault>,
}

impl ZoneBuilder {
    /// No records yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one record, read from `span`. What is wrong with it is told by
    /// [`ZoneBuilder::build`].
    pub fn add(&mut self, record: &Record, span: Span) {
        if self.records.push(record, span).is_err() {
            self.faults.push(Kind::IllFormed(record.rtype).at(span, Some(record.owner.clone())));
        }
    }

    /// Takes records that were read apart, after those that it has.
    pub(super) fn append(&mut self, records: Pending) {
        self.records.append(records);
    }

    /// How many records were taken.
    #[must_use]
    pub fn record_count(&self) -> usize {
        self.records.record_count()
    }

    /// The owner name of the first SOA record: the apex that the zone will have.
    #[must_use]
    pub fn apex(&self) -> Option<Name> {
        Some(self.records.name(self.records.soa()?.0))
    }

    /// Makes the zone.
    #[must_use]
    pub fn build(mut self) -> Built {
        let Some((soa_owner, soa)) = self.records.soa() else {
            self.faults.push(Kind::NoSoa.at(Span::default(), None));
            let (soa, faults) = (Span::default(), self.faults);
            return Built { apex: None, soa, is_signed: false, zone: None, faults };
        };
        let apex = self.records.name(soa_owner);
        self.fault_each_record(&apex, soa);
        let groups = Groups::of(&self.records, &apex);
        let zone = self.assemble(&apex, soa, &groups);
        if let Some(zone) = &zone {
            self.faults.extend(targets::faults(&self.records, zone));
            self.faults.extend(denial::check::faults(zone, soa.span));
        }
        let refused = self.faults.iter().any(|fault| fault.severity == Severity::Error);
        self.faults.sort_by_key(|fault| fault.span);
        let is_signed = self.records.owners.iter().any(|owner| owner.marks.has(Marks::CHAIN));
        let (apex, zone) = (Some(apex), zone.filter(|_| !refused));
        Built { apex, soa: soa.span, is_signed, zone, faults: self.faults }
    }

    /// What a record shows by itself, beside the apex.
    fn fault_each_record(&mut self, apex: &Name, soa: Entry) {
        let mut faults = Vec::new();
        for index in 0..self.records.owners.len() {
            self.records.fetch_wire(index + AHEAD);
            let owner = self.records.owners[index];
            let inside = is_at_or_below(self.records.wire(owner), apex);
            if inside {
                self.records.owners[index].marks = owner.marks.with(Marks::INSIDE);
                let may_be_odd = Marks::UNCHECKED.with(Marks::PLACED);
                if !owner.marks.has(may_be_odd) && soa.class == Class::IN {
                    continue;
                }
            }
            let mut name = None;
            let mut fault = |kind: Kind, span| {
                faults
                    .push(kind.at(span, Some(name.get_or_insert_with(|| self.records.name(owner)).clone())));
            };
            for record in self.records.of_owner(index) {
                if !inside {
                    fault(
                        if record.rtype == Rtype::SOA { Kind::SoaOffApex } else { Kind::OutOfZone },
                        record.span,
                    );
                    continue;
                }
                if record.class != soa.class {
                    fault(Kind::OtherClass(record.class), record.span);
                }
                if record.rtype == Rtype::SOA && usize::from(owner.len) != apex.as_wire().len() {
                    fault(Kind::SoaOffApex, record.span);
                }
                if record.is_sound {
                    continue;
                }
                if record.rtype.is_meta() {
                    fault(Kind::MetaType(record.rtype), record.span);
                }
                if rdata::check(record.rtype, self.records.rdata(record)).is_err() {
                    fault(Kind::IllFormed(record.rtype), record.span);
                }
                if let Some(kind) =
                    odd::fault(self.records.wire(owner), record.rtype, self.records.rdata(record))
                {
                    fault(kind, record.span);
                }
            }
        }
        self.faults.append(&mut faults);
    }

    /// Writes the pages; `None` where a record is too broken for that.
    fn assemble(&mut self, apex: &Name, soa: Entry, groups: &Groups) -> Option<Zone> {
        let names = Names { records: &self.records, groups, at_apex: apex, class: soa.class };
        if self.faults.iter().any(|fault| fault.severity == Severity::Error) {
            // The other faults of names are still wanted, their pages are not.
            let mut draft = NameDraft::default();
            for index in 0..groups.names.len() {
                names.draft(index, &mut draft);
            }
            self.faults.append(&mut draft.faults);
            return None;
        }
        let Written { branches, nsec, mut faults } = names.write();
        self.faults.append(&mut faults);
        let (Ok(branches), Ok(order), Some(chains)) =
            (branches, self.order(groups, nsec), self.chains(apex, soa.class))
        else {
            self.faults.push(Kind::ZoneTooLarge.at(soa.span, None));
            return None;
        };
        let spine = groups.division.spine(branches);
        let mut soa_draft = RrsetDraft::new(Rtype::SOA);
        soa_draft.push_record(soa.class.0, soa.ttl, self.records.rdata(soa));
        let mut zone = Zone {
            apex: apex.clone(),
            apex_labels: apex.label_count(),
            class: soa.class,
            serial: soa_serial(self.records.rdata(soa)),
            negative_soa: soa_draft,
            hash: groups.hash,
            spine,
            names: groups.names.len(),
            discovery: false,
            denial: Denial { order, chains: chains.into(), chain: None, signer: None },
        };
        zone.denial.chain = Denial::choose(&zone.denial.chains, apex, zone.apex_node());
        zone.discovery = zone.finds_discovery();
        zone.negative_soa = negative_soa(zone.soa(), zone.class);
        Some(zone)
    }

    /// The NSEC3 chains; `None` where they are too large.
    fn chains(&mut self, apex: &Name, class: Class) -> Option<Vec<Chain>> {
        let gathered = Gathered::of(&self.records, apex);
        let rrset = |records: &[Entry], mut fault: &mut dyn FnMut(Kind, Span)| {
            let mut draft = RrsetDraft::new(Rtype::NSEC3);
            fill_rrset(&self.records, records, class, &mut draft, &mut fault);
            draft
        };
        let (chains, mut faults) = gathered.write(&self.records, class, rrset);
        self.faults.append(&mut faults);
        chains.ok()
    }

    /// The names that own NSEC, given by their numbers, in order; none where the apex is not among them.
    fn order(&self, groups: &Groups, mut names: Vec<usize>) -> Result<Option<Order>, PageFull> {
        let below = |&index: &usize| groups.below(&self.records, index);
        names.sort_unstable_by(|one, other| canonical_order(below(one), below(other)));
        let names: Vec<_> = names.iter().map(|index| (below(index), groups.names[*index].hash)).collect();
        names.first().is_some_and(|(apex, _)| apex.is_empty()).then(|| Order::of(&names)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Ttl;
    use crate::zone::fixture::{build, record};

    fn codes(lines: &[&str]) -> Vec<&'static str> {
        build(lines).faults.iter().map(|fault| fault.code).collect()
    }

    const TOP: [&str; 2] = ["example. SOA", "example. NS ns.other."];

    fn with(lines: &[&str]) -> Vec<&'static str> {
        codes(&[&TOP, lines].concat())
    }

    #[test]
    fn a_zone_without_faults() {
        let built = build(&["a.b.example. A 1", "example. NS ns.other.", "example. SOA"]);
        assert_eq!(built.faults, []);
        let zone = built.zone.unwrap();
        assert_eq!(zone.apex().to_string(), "example.");
        assert_eq!((zone.serial(), zone.name_count()), (7, 3));
    }

    #[test]
    fn apex() {
        assert_eq!(codes(&["example. NS ns.other."]), ["no-soa"]);
        assert!(build(&["example. SOA"]).zone.is_some(), "as NSD and Knot do");
        assert_eq!(codes(&["example. SOA"]), ["no-apex-ns"]);
        assert_eq!(with(&["example. SOA 8"]), ["second-soa"]);
        assert_eq!(with(&["a.example. SOA"]), ["soa-off-apex"]);
        assert_eq!(with(&["other. SOA"]), ["soa-off-apex"]);
    }

    #[test]
    fn single_records() {
        assert_eq!(with(&["other. A 1"]), ["out-of-zone"]);
        assert_eq!(with(&["example. TYPE255 x"]), ["meta-type"]);
        let mut builder = ZoneBuilder::new();
        for line in TOP {
            builder.add(&record(line), Span::default());
        }
        let mut other = record("a.example. A 1");
        other.class = Class::CH;
        builder.add(&other, Span::default());
        other.class = Class::IN;
        other.rtype = Rtype::MX;
        builder.add(&other, Span::default());
        let built = builder.build();
        let codes: Vec<_> = built.faults.iter().map(|fault| fault.code).collect();
        assert_eq!(codes, ["other-class", "ill-formed-data"]);
        assert!(built.zone.is_none());
    }

    #[test]
    fn contradictions_at_a_name() {
        assert_eq!(with(&["a.example. CNAME x.", "a.example. A 1"]), ["cname-and-other-data"]);
        assert_eq!(with(&["a.example. CNAME x.", "a.example. CNAME y."]), ["several-cnames"]);
        assert_eq!(with(&["a.example. DNAME x.", "a.example. DNAME y."]), ["several-dnames"]);
        assert_eq!(with(&["a.example. DNAME x.", "a.example. NS y."]), ["dname-and-ns"]);
        assert_eq!(with(&["a.example. DNAME x.", "b.a.example. A 1"]), ["below-dname"]);
        let hidden = with(&["a.example. DNAME x.", "a.example. NS y.", "b.a.example. A 1"]);
        assert_eq!(hidden, ["dname-and-ns", "below-dname"]);
        assert_eq!(with(&["a.example. A 1", "a.example. A 1"]), ["duplicate-record"]);
        assert_eq!(with(&["a.example. NS x.", "a.example. NS X."]), ["duplicate-record"]);
    }

    #[test]
    fn the_smallest_ttl_is_used() {
        let mut builder = ZoneBuilder::new();
        for (line, ttl) in [(TOP[0], 300), (TOP[1], 300), ("a.example. A 1", 300), ("a.example. A 2", 60)] {
            builder.add(&Record { ttl: Ttl::from_secs(ttl), ..record(line) }, Span::default());
        }
        let built = builder.build();
        assert_eq!(built.faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), ["ttl-differs"]);
        let zone = built.zone.unwrap();
        let addresses = zone.node(&"a.example.".parse().unwrap()).unwrap().rrset(Rtype::A).unwrap();
        assert!(addresses.records().all(|record| record.ttl().as_secs() == 60));
    }

    #[test]
    fn delegations() {
        assert_eq!(with(&["a.example. NS ns.a.example."]), ["missing-glue"]);
        assert_eq!(with(&["a.example. NS ns.a.example.", "ns.a.example. A 1"]), [""; 0]);
        assert_eq!(with(&["a.example. NS b.example.", "b.example. CNAME x."]), ["ns-target-is-alias"]);
        assert_eq!(with(&["a.example. NS x.", "b.a.example. TXT hi"]), ["occluded"]);
        assert_eq!(with(&["a.example. NS x.", "a.example. TXT hi"]), ["occluded"]);
        assert_eq!(with(&["a.example. NS ns.b.example.", "b.example. NS x."]), [""; 0]);
        assert_eq!(with(&["*.a.example. NS x."]), ["wildcard-ns"]);
        assert_eq!(with(&["*.a.example. DNAME x."]), ["wildcard-dname"]);
    }

    #[test]
    fn sets_that_are_too_large() {
        let many: Vec<String> = (0..101).map(|number| format!("a.example. A {number}")).collect();
        assert_eq!(with(&many.iter().map(String::as_str).collect::<Vec<_>>()), ["many-records"]);
        let text = "x".repeat(250);
        let large: Vec<String> = (0..255).map(|number| format!("a.example. TXT {number}{text}")).collect();
        assert!(with(&large.iter().map(String::as_str).collect::<Vec<_>>()).contains(&"rrset-too-large"));
    }
}
