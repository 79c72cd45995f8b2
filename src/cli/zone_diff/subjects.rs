//! A zone taken apart: identifiers with what they own, and all other records.

use std::collections::{BTreeMap, HashMap};

use crate::record::mimisig::{Body, Mimisig};
use crate::record::{Name, Rtype};
use crate::zone::{Loaded, RrsetRef, Zone, with_serial};

/// Whose records they are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose<'l> {
    Identifier(&'l str),
    /// A name with statements of which nothing says whose it is.
    Name(Name),
}

/// What stands at one name.
#[derive(Default)]
pub(super) struct Owned<'z> {
    /// Data of the MIMISIG records.
    pub(super) statements: Vec<&'z [u8]>,
    /// All RRsets but those that are made of the statements.
    pub(super) records: Records,
}

/// RRsets by type, in presentation form later: time to live and data.
pub(super) type Records = BTreeMap<Rtype, (u32, Vec<Vec<u8>>)>;

#[derive(Default)]
pub(super) struct Side<'l, 'z> {
    pub(super) subjects: BTreeMap<Whose<'l>, Owned<'z>>,
    pub(super) records: BTreeMap<Name, Records>,
}

/// Whose hashed names are, as far as either zone says it.
pub(super) fn owners(zones: [&Loaded; 2]) -> HashMap<&Name, &str> {
    let sources = zones.into_iter().flat_map(|loaded| &loaded.identifiers);
    sources.flat_map(|source| source.owners.iter().map(|owner| (owner, source.identifier.as_str()))).collect()
}

impl<'l, 'z> Side<'l, 'z> {
    pub(super) fn of(zone: &'z Zone, owners: &HashMap<&Name, &'l str>) -> Self {
        let mut side = Self::default();
        let mut rrsets = zone.rrsets().peekable();
        while let Some((owner, first)) = rrsets.next() {
            let mut node = vec![first];
            while let Some((_, rrset)) = rrsets.next_if(|(next, _)| *next == owner) {
                node.push(rrset);
            }
            let has_statements = node.iter().any(|rrset| rrset.rtype() == Rtype::MIMISIG);
            match owners.get(&owner) {
                // Under another epoch the same is said again.
                Some(identifier) => {
                    let whose = Whose::Identifier(identifier);
                    side.subjects.entry(whose).or_insert_with(|| Owned::of(&node));
                }
                None if has_statements => {
                    side.subjects.insert(Whose::Name(owner), Owned::of(&node));
                }
                None => {
                    let records = records(node.into_iter());
                    if !records.is_empty() {
                        side.records.insert(owner, records);
                    }
                }
            }
        }
        side
    }
}

impl<'z> Owned<'z> {
    fn of(node: &[RrsetRef<'z>]) -> Self {
        let statements: Vec<&[u8]> = node
            .iter()
            .filter(|rrset| rrset.rtype() == Rtype::MIMISIG)
            .flat_map(|rrset| rrset.records().map(|record| record.rdata()))
            .collect();
        let mut records = records(node.iter().copied());
        for endpoint in
            statements.iter().filter_map(|rdata| Mimisig::parse(rdata).ok()).flat_map(|statement| {
                match statement.body() {
                    Body::Mapping(mapping) => mapping.endpoints.clone(),
                    Body::Possession(_) | Body::Wishes(_) => Vec::new(),
                }
            })
        {
            if let Some((_, rdatas)) = records.get_mut(&endpoint.rtype()) {
                rdatas.retain(|rdata| rdata != endpoint.rdata());
            }
        }
        // The time to live of the statements is worth telling; they themselves are told in words.
        if let Some((_, rdatas)) = records.get_mut(&Rtype::MIMISIG) {
            rdatas.clear();
        }
        records.retain(|rtype, (_, rdatas)| *rtype == Rtype::MIMISIG || !rdatas.is_empty());
        Self { statements, records }
    }
}

/// What a signer makes is left out, and so is the serial number of the SOA record.
fn records<'z>(node: impl Iterator<Item = RrsetRef<'z>>) -> Records {
    let written = node.filter(|rrset| {
        rrset.count() > 0 && !matches!(rrset.rtype(), Rtype::NSEC | Rtype::NSEC3 | Rtype::ZONEMD)
    });
    written
        .map(|rrset| {
            let data = |rdata: &[u8]| match rrset.rtype() {
                Rtype::SOA => with_serial(rdata, 0),
                _ => rdata.to_vec(),
            };
            let mut rdatas: Vec<_> = rrset.records().map(|record| data(record.rdata())).collect();
            rdatas.sort_unstable();
            (rrset.rtype(), (rrset.ttl().as_secs(), rdatas))
        })
        .collect()
}
