//! From records in any order to a zone, with all that is wrong with them.

use std::collections::HashSet;

use super::canonical::canonical_order;
use super::denial::{self, Chain, Denial, Gathered, Order};
use super::fault::{BuildFault, Kind};
use super::finding::{Severity, Span};
use super::groups::{Groups, Occluder, WILDCARD};
use super::node::{Flags, NodeDraft, RrsetDraft};
use super::odd;
use super::pending::{Entry, Owner, Pending, is_at_or_below};
use super::snapshot::{Zone, negative_soa, soa_serial};
use super::spine::SpineWriter;
use super::targets;
use crate::record::{Class, Name, Record, Rtype, Ttl, rdata};

/// More records of one type than this at a name earn a warning: BIND's default limit.
const MANY_RECORDS: usize = 100;

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
        match u16::try_from(record.rdata.len()) {
            Ok(_) => self.records.push(record, span),
            Err(_) => self.faults.push(Kind::IllFormed(record.rtype).at(span, Some(record.owner.clone()))),
        }
    }

    /// How many records were taken.
    #[must_use]
    pub fn record_count(&self) -> usize {
        self.records.entries.len()
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
            return Built { apex: None, soa: Span::default(), zone: None, faults: self.faults };
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
        Built { apex: Some(apex), soa: soa.span, zone: zone.filter(|_| !refused), faults: self.faults }
    }

    /// What a record shows by itself, beside the apex.
    fn fault_each_record(&mut self, apex: &Name, soa: Entry) {
        let mut faults = Vec::new();
        for index in 0..self.records.owners.len() {
            let owner = self.records.owners[index];
            let mut name = None;
            let mut fault = |kind: Kind, span| {
                faults
                    .push(kind.at(span, Some(name.get_or_insert_with(|| self.records.name(owner)).clone())));
            };
            let inside = is_at_or_below(self.records.wire(owner), apex);
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
                if record.rtype.is_meta() {
                    fault(Kind::MetaType(record.rtype), record.span);
                }
                if rdata::check(record.rtype, self.records.rdata(record)).is_err() {
                    fault(Kind::IllFormed(record.rtype), record.span);
                }
                if record.rtype == Rtype::SOA && owner.len != apex.as_wire().len() {
                    fault(Kind::SoaOffApex, record.span);
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
        if self.faults.iter().any(|fault| fault.severity == Severity::Error) {
            // The other faults of names are still wanted, their pages are not.
            for index in 0..groups.names.len() {
                self.draft(groups, index, apex, soa.class);
            }
            return None;
        }
        let (mut writer, mut nsec) = (SpineWriter::new(groups.names.len()), Vec::new());
        for index in 0..groups.names.len() {
            let draft = self.draft(groups, index, apex, soa.class);
            let owns_nsec = |set: &RrsetDraft| set.rtype == Rtype::NSEC && set.count() > 0;
            if draft.rrsets().iter().any(owns_nsec) && !draft.flags.has(Flags::OCCLUDED) {
                nsec.push(index);
            }
            if writer.push_node(groups.names[index].hash, draft).is_err() {
                self.faults.push(Kind::ZoneTooLarge.at(soa.span, None));
                return None;
            }
        }
        let (Ok(spine), Some(chains)) = (writer.finish(), self.chains(apex, soa.class)) else {
            self.faults.push(Kind::ZoneTooLarge.at(soa.span, None));
            return None;
        };
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
            denial: Denial {
                order: self.order(groups, nsec, apex),
                chains: chains.into(),
                chain: None,
                signer: None,
            },
        };
        zone.denial.chain = Denial::choose(&zone.denial.chains, apex, zone.apex_node());
        zone.discovery = zone.finds_discovery();
        zone.negative_soa = negative_soa(zone.soa(), zone.class);
        Some(zone)
    }

    /// The NSEC3 chains; `None` where they are too large.
    fn chains(&mut self, apex: &Name, class: Class) -> Option<Vec<Chain>> {
        let gathered = Gathered::of(&self.records, apex);
        let rrset =
            |records: &[Entry], mut fault: &mut dyn FnMut(Kind, Span)| self.rrset(records, class, &mut fault);
        let (chains, mut faults) = gathered.write(&self.records, class, rrset);
        self.faults.append(&mut faults);
        chains.ok()
    }

    /// The names that own NSEC, given by their numbers, in order; none where the apex is not among them.
    fn order(&self, groups: &Groups, mut names: Vec<usize>, apex: &Name) -> Option<Order> {
        let below = |&index: &usize| {
            let group = &groups.names[index];
            &self.records.octets[group.at..group.at + group.len - apex.as_wire().len()]
        };
        names.sort_unstable_by(|one, other| canonical_order(below(one), below(other)));
        let names: Vec<_> = names.iter().map(|index| (below(index), groups.names[*index].hash)).collect();
        names.first().is_some_and(|(apex, _)| apex.is_empty()).then(|| Order::of(&names))
    }

    /// One name's records as they will be written, and what is wrong among them.
    fn draft(&mut self, groups: &Groups, index: usize, apex: &Name, class: Class) -> NodeDraft {
        let group = &groups.names[index];
        let at_apex = group.len == apex.as_wire().len();
        let mut faults = Vec::new();
        let owner = Owner { at: group.at, len: group.len, first: 0 };
        let mut fault = |kind: Kind, span| faults.push(kind.at(span, Some(self.records.name(owner))));
        let mut records: Vec<Entry> = groups.records_of(&self.records, index, apex.as_wire().len()).collect();
        records.sort_by_key(|record| record.rtype);

        let has = |rtype| records.iter().any(|record| record.rtype == rtype);
        if at_apex && !has(Rtype::NS) {
            let span =
                records.iter().find(|record| record.rtype == Rtype::SOA).map_or(Span::default(), |r| r.span);
            fault(Kind::NoApexNs, span);
        }
        let (cut, alias) = (has(Rtype::NS) && !at_apex, has(Rtype::CNAME));
        let wildcard = self.records.octets[group.at..].starts_with(WILDCARD);
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
        for record in &records {
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
        let mut rrsets = Vec::new();
        for set in records.chunk_by(|one, other| one.rtype == other.rtype) {
            if set[0].rtype != Rtype::RRSIG {
                rrsets.push(self.rrset(set, class, &mut fault));
            }
        }
        for signature in records.iter().filter(|record| record.rtype == Rtype::RRSIG) {
            let rdata = self.records.rdata(*signature);
            let Some(covered) =
                rdata.first_chunk().map(|&type_covered| Rtype(u16::from_be_bytes(type_covered)))
            else {
                continue;
            };
            let at =
                rrsets.iter().position(|rrset: &RrsetDraft| rrset.rtype == covered).unwrap_or_else(|| {
                    fault(Kind::StraySignature(covered), signature.span);
                    rrsets.push(RrsetDraft::new(covered));
                    rrsets.len() - 1
                });
            rrsets[at].push_signature(class.0, signature.ttl, rdata);
        }
        for rrset in rrsets.iter().filter(|rrset| rrset.is_too_large()) {
            fault(Kind::RrsetTooLarge(rrset.rtype), records[0].span);
        }
        let below = &self.records.octets[group.at..group.at + group.len - apex.as_wire().len()];
        let draft = NodeDraft::new(below, group.flags, group.children, rrsets);
        self.faults.append(&mut faults);
        draft
    }

    fn rrset(&self, records: &[Entry], class: Class, fault: &mut impl FnMut(Kind, Span)) -> RrsetDraft {
        let rtype = records[0].rtype;
        let ttl = records.iter().map(|record| record.ttl).min().unwrap_or(Ttl::ZERO);
        if let Some(record) = records.iter().find(|record| record.ttl != records[0].ttl) {
            fault(Kind::TtlDiffers(rtype), record.span);
        }
        let mut draft = RrsetDraft::new(rtype);
        let (mut seen, mut kept) = (HashSet::new(), 0);
        for record in records {
            let rdata = self.records.rdata(*record);
            if records.len() > 1 && !seen.insert(comparable(rtype, rdata)) {
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
        draft
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
        let naptr = |name: &[u8]| [b"\0\x01\0\x01\x01U\0\0\x01", name, b"\0"].concat();
        assert_eq!(comparable(Rtype::NAPTR, &naptr(b"A")), naptr(b"a"), "not the flag");
        // 65 and 97 are the octets A and a.
        assert_ne!(comparable(Rtype::MX, b"\0A\x01x\0"), comparable(Rtype::MX, b"\0a\x01x\0"));
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
