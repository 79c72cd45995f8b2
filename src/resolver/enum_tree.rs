//! The digit tree: RFC 6116's algorithm, from a number to URIs in order.
//!
//! The walk itself has no I/O: it says which name to ask next and takes the answer;
//! [`walk_enum`] drives it over a [`Transport`].

mod evaluate;
mod outcome;
mod service;
mod uri;
mod walk;

pub use evaluate::Unused;
#[cfg(feature = "cli")]
pub(crate) use evaluate::judge_rule;
pub use outcome::{Conclusion, Considered, EnumMatch, EnumOutcome, EnumQuestion, RuleEvidence};
pub use service::{Enumservice, ServiceError};
pub use uri::UriError;

use super::budget::{Budget, Resource};
use super::transport::Transport;
use crate::identifier::Telephone;
use crate::record::digits::enum_name;
use crate::record::{Name, NameError, Rtype};

/// How long a chain of non-terminal rules may be. Source: RFC 6116 §5.2.1, "more than five".
pub const MAX_NON_TERMINALS: usize = 5;

/// What of the digit tree the client can use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnumOptions {
    /// Enumservices, each `type` or `type:subtype`; none is all.
    pub services: Vec<String>,
    /// Whether types that begin with `P-` count: they belong to a private network, so policy must
    /// say that this tree is that network's. Source: RFC 6117 §4.1.
    pub private_types: bool,
}

/// Walks the digit tree under `suffix` for one number.
///
/// A question that has no answer ends its own branch only; the outcome says so.
///
/// # Errors
/// A suffix so long that the number's owner name does not fit: the policy's fault.
pub async fn walk_enum(
    transport: &dyn Transport,
    budget: &Budget,
    telephone: &Telephone,
    suffix: &Name,
    options: &EnumOptions,
) -> Result<EnumOutcome, NameError> {
    let number = format!("+{}", telephone.digits());
    let mut walk = walk::Walk::new(number, enum_name(telephone, suffix)?, options);
    loop {
        let name = match walk.step(budget) {
            walk::Step::Ask(name) => name,
            walk::Step::More => {
                // Lets a deadline end the walk, and other tasks go on, between rules that are dear.
                tokio::task::yield_now().await;
                continue;
            }
            walk::Step::End => break,
        };
        if let Err(exhausted) = budget.spend(Resource::Queries, 1) {
            walk.stop(exhausted);
            break;
        }
        let answer = transport.ask(&name, Rtype::NAPTR).await;
        let octets = answer.as_ref().map_or(0, |answer| answer.octets());
        walk.answer(name, answer);
        if let Err(exhausted) = budget.spend(Resource::Octets, octets) {
            walk.stop(exhausted);
        }
    }
    Ok(walk.finish())
}
