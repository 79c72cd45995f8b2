//! Find, verify and order the mappings of an identifier.
//!
//! A [`Policy`] says whom to ask and whom to believe, a [`Transport`] how to ask; a [`Resolver`] made of
//! both turns an identifier into a [`Discovery`]: where it is reached, best first, or which kind of
//! none, and on what evidence.
//!
//! ```no_run
//! use mimi_dns::identifier::Identifier;
//! use mimi_dns::resolver::{DiscoveryResult, DnsTransport, Policy, Resolver};
//!
//! # async fn look_up() -> Result<(), Box<dyn std::error::Error>> {
//! let policy = Policy::from_toml(&std::fs::read_to_string("policy.toml")?)?;
//! let transport = DnsTransport::builder().system()?.build()?;
//! let resolver = Resolver::builder().policy(policy).transport(transport).build()?;
//!
//! let identifier = Identifier::typed("+44 20 7946 0148").parse()?;
//! let discovery = resolver.resolve(&identifier).service("x-mimi").await?;
//! match &discovery.result {
//!     DiscoveryResult::Mapped(mappings) => println!("send to {}", mappings[0].uri),
//!     DiscoveryResult::NoMapping => println!("it is certain that nobody reaches it"),
//!     DiscoveryResult::OptedOut => println!("its holder does not want to be reached"),
//!     DiscoveryResult::Unreachable => println!("try again later"),
//!     DiscoveryResult::NotBelieved => println!("what came back is not to be believed"),
//! }
//! # Ok(())
//! # }
//! ```

mod assemble;
mod budget;
mod builder;
mod digit_tree;
mod discovery;
mod domain_keys;
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
mod upstream;
mod validator;

pub use budget::{Budget, Exhausted, Limits, Resource};
pub use builder::ResolverBuilder;
pub use discovery::{
    AnswerEvidence, ConnectionKey, Discovery, DiscoveryResult, EnumEvidence, EnumQuestionEvidence,
    EnumRuleEvidence, KeysEvidence, Mapping, MappingBasis, MustAct, Outlook, ParametersEvidence,
    ParametersFault, ParametersTrust, PossessionClaim, ProviderEvidence, QuestionEvidence, RecordEvidence,
    RecordRank, StatementEvidence, StatementSigner,
};
#[cfg(feature = "cli")]
pub(crate) use enum_tree::judge_rule;
pub use enum_tree::{
    Conclusion, Considered, EnumMatch, EnumOptions, EnumOutcome, EnumQuestion, Enumservice,
    MAX_NON_TERMINALS, RuleEvidence, ServiceError, Unused, UriError, walk_enum,
};
pub use ere::EreError;
pub use error::{BuildError, ResolveError};
pub use judge::{Ignored, Memory, RecentMemory, Rejected, Subject, Verdict};
pub use policy::{
    Dnssec, EnumTree, Grant, GrantKind, HashFloor, Policy, PolicyBuilder, PolicyFault, PolicyFaultKind,
    PolicyFaults, Provider, Scope, ScopeError, Validation,
};
pub use resolve::{Request, Resolver, Resolving, ResolvingAll};
pub use rule::{ApplyError, MAX_RESULT, Rule, RuleError};
pub use transport::{
    Answer, AskError, Asking, Clock, DnsTransport, DnsTransportBuilder, MemoryTransport, Outcome, Proof,
    RrsetState, Transport, TransportBuildError, TransportError, Unreachable, Why, ask_within,
};
pub use upstream::{Authorities, TlsUpstream, Upstream, UpstreamError};
