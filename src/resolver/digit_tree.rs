//! Asks one ENUM digit tree and judges it by DNSSEC and policy: nobody signs in it.

use super::discovery::{EnumEvidence, Mapping, Outlook};
use super::policy::EnumTree;
use super::provider::LookUp;
use crate::clock::UnixTime;
use crate::identifier::Telephone;

/// What came of it.
#[derive(Debug)]
pub(super) struct TreeAsked {
    pub(super) evidence: EnumEvidence,
    /// Believed.
    pub(super) mappings: Vec<Mapping>,
    /// Until when the answers may be kept.
    pub(super) keep_until: Option<UnixTime>,
}

impl TreeAsked {
    pub(super) fn new(tree: &EnumTree) -> Self {
        Self {
            evidence: EnumEvidence {
                suffix: tree.suffix.clone(),
                outlook: Outlook::Unreachable { reason: "no answer when the deadline passed".into() },
                dnssec: None,
                matches: 0,
                ignored: None,
            },
            mappings: Vec::new(),
            keep_until: None,
        }
    }
}

impl LookUp<'_> {
    /// Walks `tree` and fills `asked`. May be dropped at any time.
    pub(super) async fn ask_tree(&self, _tree: &EnumTree, _number: &Telephone, asked: &mut TreeAsked) {
        asked.evidence.outlook = Outlook::Unreachable { reason: "digit trees are not walked yet".into() };
    }
}
