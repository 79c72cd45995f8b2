//! The sections of a reply as RRsets, with their signatures.

use std::collections::HashSet;

use crate::record::dnssec::Rrsig;
use crate::record::{Class, Name, Rdata, Record, Rrset, Rtype};

/// A proof of absence has at most four RRsets, and as many for each alias from a wildcard.
const MOST: usize = 32;

/// An RRset and the record data of its RRSIG records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::resolver) struct Signed {
    pub(in crate::resolver) rrset: Rrset,
    pub(in crate::resolver) signatures: Vec<Rdata>,
}

impl Signed {
    /// The records of one name and type with their signatures.
    pub(in crate::resolver) fn at(section: &[Record], name: &Name, rtype: Rtype) -> Option<Self> {
        let rrset = rrset_at(section, name, rtype)?;
        Some(Self { signatures: signatures(section, name, rtype), rrset })
    }

    /// The RRsets of these types in a section; of too many the first ones.
    pub(in crate::resolver) fn all(section: &[Record], rtypes: &[Rtype]) -> Vec<Self> {
        let mut seen = HashSet::new();
        section
            .iter()
            .filter(|record| rtypes.contains(&record.rtype) && seen.insert((&record.owner, record.rtype)))
            .take(MOST)
            .filter_map(|record| Self::at(section, &record.owner, record.rtype))
            .collect()
    }
}

/// The record data of RRSIG records of one name that cover a type.
pub(in crate::resolver) fn signatures(section: &[Record], name: &Name, rtype: Rtype) -> Vec<Rdata> {
    let covered = |record: &&Record| {
        record.rtype == Rtype::RRSIG
            && record.class == Class::IN
            && record.rdata.first_chunk() == Some(&rtype.0.to_be_bytes())
            && record.owner == *name
    };
    section.iter().filter(covered).map(|record| record.rdata.clone()).collect()
}

/// In whose name the signatures of these types in a section are made.
pub(in crate::resolver) fn signers(section: &[Record], rtypes: &[Rtype]) -> Vec<Name> {
    let rrsigs = section.iter().filter(|record| record.rtype == Rtype::RRSIG);
    rrsigs
        .filter_map(|record| Rrsig::parse(&record.rdata))
        .filter(|rrsig| rtypes.contains(&rrsig.head.type_covered))
        .map(|rrsig| rrsig.head.signer)
        .collect()
}

/// The records of one name and type; the smallest of their times to live holds for all.
pub(in crate::resolver) fn rrset_at(answers: &[Record], name: &Name, rtype: Rtype) -> Option<Rrset> {
    let mut found: Option<Rrset> = None;
    // A message holds thousands of records, so one is not compared with each before it.
    let mut seen = HashSet::new();
    let fits = |record: &&Record| record.rtype == rtype && record.class == Class::IN && record.owner == *name;
    for record in answers.iter().filter(fits) {
        let rrset = found.get_or_insert_with(|| Rrset {
            owner: record.owner.clone(),
            class: Class::IN,
            rtype,
            ttl: record.ttl,
            rdatas: Vec::new(),
        });
        rrset.ttl = rrset.ttl.min(record.ttl);
        if seen.insert(&record.rdata) {
            rrset.rdatas.push(record.rdata.clone());
        }
    }
    found
}
