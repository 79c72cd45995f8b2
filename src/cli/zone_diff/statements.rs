//! The statements of one identifier, before and after.

use serde::Serialize;

use super::Pair;
use crate::cli::lookup::printable;
use crate::record::mimisig::{Basis, Body, Kind, Mimisig};

/// What became of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Became {
    Added,
    Withdrawn,
    /// It says the same, and a signature and times are new.
    Renewed,
    Changed,
}

/// A statement that is not in both zones.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct StatementChange {
    pub(super) change: Became,
    /// `possession`, `mapping` or `wishes`; nothing for what is not understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<&'static str>,
    /// Whose statement it is: the issuer's domain, or the hash of the holder's key.
    pub(super) of: String,
    /// Until when it counts, in seconds since 1970.
    pub(super) until: Pair<Option<u64>>,
    /// The inception went back: resolvers that saw the newer statement take this one for a rollback.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) older: bool,
    /// What it says no more, and what it says now.
    pub(super) went: Vec<String>,
    pub(super) came: Vec<String>,
}

struct Read<'z> {
    rdata: &'z [u8],
    statement: Option<Mimisig>,
}

impl<'z> Read<'z> {
    fn of(rdata: &'z [u8]) -> Self {
        Self { rdata, statement: Mimisig::parse(rdata).ok() }
    }

    /// One of these replaces another where both are the same.
    fn key(&self) -> (Option<Kind>, String) {
        let Some(statement) = &self.statement else {
            return (None, data_encoding::HEXLOWER.encode(self.rdata));
        };
        let of = match statement.body() {
            Body::Wishes(wishes) => wishes.holder.to_string(),
            Body::Possession(possession) => possession.issuer.to_string(),
            Body::Mapping(mapping) => mapping.issuer.to_string(),
        };
        (Some(statement.kind()), of)
    }

    fn until(&self) -> Option<u64> {
        self.statement.as_ref().map(|statement| statement.expiration().0)
    }

    /// What it says, a line for each, times left out.
    fn says(&self) -> Vec<String> {
        match self.statement.as_ref().map(Mimisig::body) {
            None => Vec::new(),
            Some(Body::Possession(possession)) => {
                let holder = match &possession.holder_key {
                    Some(key) => format!("holder key {key}"),
                    None => "no holder".to_owned(),
                };
                vec![holder, format!("proof {}", possession.proof.method)]
            }
            Some(Body::Mapping(mapping)) => {
                let basis = match &mapping.basis {
                    Basis::Holder { holder, .. } => format!("holder {holder}"),
                    Basis::Legacy(proof) => format!("proof {}", proof.method),
                };
                let endpoints = mapping.endpoints.iter().map(|endpoint| printable(&endpoint.to_string()));
                endpoints.chain([basis]).collect()
            }
            Some(Body::Wishes(wishes)) if wishes.at.is_empty() => vec!["opted out".to_owned()],
            Some(Body::Wishes(wishes)) => wishes.at.iter().map(|at| format!("at {at}")).collect(),
        }
    }
}

/// Those that the others have not, with their keys.
fn only<'z>(these: &[&'z [u8]], others: &[&[u8]]) -> Vec<((Option<Kind>, String), Read<'z>)> {
    let only = these.iter().filter(|rdata| !others.contains(rdata));
    let mut read: Vec<_> = only.map(|rdata| Read::of(rdata)).map(|read| (read.key(), read)).collect();
    read.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| a.rdata.cmp(b.rdata)));
    read
}

/// What changed from the statements of one zone to those of another.
pub(super) fn changes(before: &[&[u8]], after: &[&[u8]]) -> Vec<StatementChange> {
    let (before, mut after) = (only(before, after), only(after, before));
    let mut changes = Vec::new();
    for (key, old) in before {
        let new = after.iter().position(|(other, _)| *other == key).map(|at| after.remove(at).1);
        changes.push(change(&key, Some(&old), new.as_ref()));
    }
    changes.extend(after.iter().map(|(key, new)| change(key, None, Some(new))));
    changes.sort_by(|one, other| (one.kind, &one.of).cmp(&(other.kind, &other.of)));
    changes
}

fn change(key: &(Option<Kind>, String), old: Option<&Read<'_>>, new: Option<&Read<'_>>) -> StatementChange {
    let says = |read: Option<&Read<'_>>| read.map(Read::says).unwrap_or_default();
    let (mut went, mut came) = (says(old), says(new));
    if old.is_some() && new.is_some() {
        let both: Vec<String> = went.iter().filter(|line| came.contains(line)).cloned().collect();
        went.retain(|line| !both.contains(line));
        came.retain(|line| !both.contains(line));
    }
    let inception = |read: Option<&Read<'_>>| Some(read?.statement.as_ref()?.inception());
    let (began, begins) = (inception(old), inception(new));
    StatementChange {
        change: match (old, new) {
            (None, _) => Became::Added,
            (_, None) => Became::Withdrawn,
            _ if went.is_empty() && came.is_empty() => Became::Renewed,
            _ => Became::Changed,
        },
        kind: key.0.map(Kind::mnemonic),
        of: key.1.clone(),
        until: Pair { from: old.and_then(Read::until), to: new.and_then(Read::until) },
        older: began.zip(begins).is_some_and(|(began, begins)| begins < began),
        went,
        came,
    }
}
