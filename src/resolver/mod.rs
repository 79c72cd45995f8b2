//! Find, verify and order the mappings of an identifier.

mod assemble;
mod budget;
mod builder;
mod digit_tree;
mod discovery;
mod enum_tree;
mod epochs;
mod ere;
mod error;
mod judge;
mod order;
mod policy;
mod provider;
mod reason;
mod resolve;
mod rule;
#[cfg(test)]
mod testing;
mod transport;

pub use budget::{Budget, Exhausted, Limits, Resource};
pub use builder::ResolverBuilder;
pub use discovery::{
    AnswerEvidence, ConnectionKey, Discovery, DiscoveryResult, EnumEvidence, EnumQuestionEvidence,
    EnumRuleEvidence, Mapping, MappingBasis, Outlook, ParametersEvidence, ParametersFault, ParametersTrust,
    PossessionClaim, ProviderEvidence, QuestionEvidence, RecordEvidence, RecordRank, StatementEvidence,
    StatementSigner,
};
pub use enum_tree::{
    Conclusion, Considered, EnumMatch, EnumOptions, EnumOutcome, EnumQuestion, Enumservice,
    MAX_NON_TERMINALS, RuleEvidence, ServiceError, Unused, UriError, walk_enum,
};
pub use ere::EreError;
pub use error::{BuildError, ResolveError};
pub use judge::{Ignored, Memory, RecentMemory, Rejected, Subject, Verdict};
pub use policy::{
    EnumTree, Grant, GrantKind, HashFloor, Policy, PolicyBuilder, PolicyFault, PolicyFaultKind, PolicyFaults,
    Provider, Scope, ScopeError,
};
pub use resolve::{Request, Resolver, Resolving};
pub use rule::{ApplyError, MAX_RESULT, Rule, RuleError};
pub use transport::{
    Answer, AskError, Asking, HickoryTransport, HickoryTransportBuilder, MemoryTransport, Outcome, Proof,
    Transport, TransportBuildError, TransportError, Unreachable, ask_within,
};
