//! All that the providers delivered, the same octets once.

use std::collections::{BTreeMap, BTreeSet};

use super::verdict::{Ignored, Rejected, Verdict};
use crate::record::Rdata;
use crate::record::mimisig::{Fault, Mimisig};

/// One record's data, and which provider it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::resolver) struct Delivered<'a> {
    /// The provider, by its place among those that were asked.
    pub(in crate::resolver) provider: usize,
    pub(in crate::resolver) rdata: &'a [u8],
}

/// One statement, and who delivered it.
#[derive(Debug)]
pub(in crate::resolver) struct Pooled {
    pub(in crate::resolver) rdata: Rdata,
    /// At least one.
    pub(in crate::resolver) providers: BTreeSet<usize>,
    pub(in crate::resolver) statement: Result<Mimisig, Fault>,
}

/// Pools the statements in the order of their octets.
pub(super) fn pool<'a>(delivered: impl IntoIterator<Item = Delivered<'a>>) -> Vec<Pooled> {
    let mut providers: BTreeMap<&[u8], BTreeSet<usize>> = BTreeMap::new();
    for Delivered { provider, rdata } in delivered {
        providers.entry(rdata).or_default().insert(provider);
    }
    providers
        .into_iter()
        .map(|(rdata, providers)| Pooled { rdata: rdata.into(), providers, statement: Mimisig::parse(rdata) })
        .collect()
}

impl Pooled {
    /// The verdict where the octets are no statement.
    pub(super) fn fault(&self) -> Option<Verdict> {
        Some(match self.statement.as_ref().err()? {
            Fault::Ignored(_) => Verdict::Ignored(Ignored::NotUnderstood),
            Fault::Rejected(_) => Verdict::Rejected(Rejected::Malformed),
        })
    }
}
