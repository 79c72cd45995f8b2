//! Two zones side by side.

use std::collections::{BTreeMap, BTreeSet};

use super::statements::{self, Became};
use super::subjects::{Owned, Records, Side, Whose, owners};
use super::{Change, Difference, Pair, RecordChange, Serials, SubjectChange};
use crate::record::mimisig::{Body, Mimisig};
use crate::record::rdata::Presentation;
use crate::zone::{Loaded, is_newer_serial};

/// # Errors
/// Where these are not two states of one zone.
pub(in crate::cli) fn compare(one: &Loaded, other: &Loaded) -> Result<Difference, String> {
    let (Some(before), Some(after)) = (&one.zone, &other.zone) else {
        return Err("a zone that has errors can't be compared".to_owned());
    };
    if before.apex() != after.apex() {
        return Err(format!("these are two zones, {} and {}", before.apex(), after.apex()));
    }
    let owners = owners([one, other]);
    let [old, new] = [before, after].map(|zone| Side::of(zone, &owners));
    let identifiers = subjects(&old.subjects, &new.subjects);
    let mut records = Vec::new();
    for owner in both(&old.records, &new.records) {
        compare_records(&owner.to_string(), old.records.get(owner), new.records.get(owner), &mut records);
    }
    let (from, to) = (before.serial(), after.serial());
    let order = match () {
        () if from == to => "same",
        () if is_newer_serial(to, from) => "newer",
        () => "older",
    };
    let same = from == to && identifiers.is_empty() && records.is_empty();
    Ok(Difference {
        apex: before.apex().to_string(),
        same,
        serial: Serials { from, to, order },
        identifiers,
        records,
    })
}

/// The keys of both, in order.
fn both<'m, K: Ord, V>(one: &'m BTreeMap<K, V>, other: &'m BTreeMap<K, V>) -> BTreeSet<&'m K> {
    one.keys().chain(other.keys()).collect()
}

fn statements_of<'z>(owned: Option<&Owned<'z>>) -> Vec<&'z [u8]> {
    owned.map(|owned| owned.statements.clone()).unwrap_or_default()
}

fn subjects(
    old: &BTreeMap<Whose<'_>, Owned<'_>>,
    new: &BTreeMap<Whose<'_>, Owned<'_>>,
) -> Vec<SubjectChange> {
    let mut changes = Vec::new();
    for whose in both(old, new) {
        let (before, after) = (old.get(whose), new.get(whose));
        let statements = statements::changes(&statements_of(before), &statements_of(after));
        let (identifier, owner) = match whose {
            Whose::Identifier(identifier) => (Some((*identifier).to_owned()), None),
            Whose::Name(name) => (None, Some(name.to_string())),
        };
        let label = identifier.clone().or_else(|| owner.clone()).unwrap_or_default();
        let mut records = Vec::new();
        compare_records(
            &label,
            before.map(|owned| &owned.records),
            after.map(|owned| &owned.records),
            &mut records,
        );
        if before.is_none() || after.is_none() {
            // That they are there is told by the statements.
            records.retain(|record| record.data.is_some());
        }
        let change = match (before, after) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            _ if statements.is_empty() && records.is_empty() => continue,
            _ => Change::Changed,
        };
        let msps = Pair { from: msps(&statements_of(before)), to: msps(&statements_of(after)) };
        changes.push(SubjectChange { change, identifier, owner, msps, statements, records });
    }
    changes
}

/// The providers that have a mapping among these statements.
fn msps(statements: &[&[u8]]) -> Vec<String> {
    let read = statements.iter().filter_map(|rdata| Mimisig::parse(rdata).ok());
    let mut msps: Vec<String> = read
        .filter_map(|statement| match statement.body() {
            Body::Mapping(mapping) => Some(mapping.issuer.to_string()),
            Body::Possession(_) | Body::Wishes(_) => None,
        })
        .collect();
    msps.sort_unstable();
    msps.dedup();
    msps
}

fn compare_records(
    owner: &str,
    old: Option<&Records>,
    new: Option<&Records>,
    changes: &mut Vec<RecordChange>,
) {
    let empty = Records::new();
    let (old, new) = (old.unwrap_or(&empty), new.unwrap_or(&empty));
    for rtype in both(old, new) {
        let (before, after) = (old.get(rtype), new.get(rtype));
        let ttl = Pair { from: before.map(|(ttl, _)| *ttl), to: after.map(|(ttl, _)| *ttl) };
        let change = |change, ttl, data: Option<&[u8]>| RecordChange {
            change,
            owner: owner.to_owned(),
            r#type: rtype.to_string(),
            ttl,
            data: data.map(|data| Presentation::new(*rtype, data).to_string()),
        };
        if before.is_some() && after.is_some() && ttl.from != ttl.to {
            changes.push(change(Change::Changed, Pair { ..ttl }, None));
        }
        let data = |set: Option<&(u32, Vec<Vec<u8>>)>| set.map(|(_, data)| data.clone()).unwrap_or_default();
        let (went, came) = (data(before), data(after));
        for gone in went.iter().filter(|data| !came.contains(data)) {
            changes.push(change(Change::Removed, Pair { from: ttl.from, to: None }, Some(gone)));
        }
        for new in came.iter().filter(|data| !went.contains(data)) {
            changes.push(change(Change::Added, Pair { from: None, to: ttl.to }, Some(new)));
        }
    }
}

impl Became {
    pub(super) const fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Withdrawn => '-',
            Self::Renewed | Self::Changed => '~',
        }
    }
}
