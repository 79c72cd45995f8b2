//! What one NAPTR record means for one number.

use super::service::{self, Enumservice, ServiceError};
use super::uri::{self, UriError};
use super::{EnumOptions, MAX_NON_TERMINALS};
use crate::record::{Name, Naptr};
use crate::resolver::rule::{ApplyError, Rule, RuleError};

/// Why a rule was not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unused {
    /// The octets are no NAPTR record.
    #[error("the record's data is malformed")]
    Malformed,
    /// A flag that the digit tree does not know, or several. Source: RFC 6116 §3.4.
    #[error("the flags are neither `u` nor empty")]
    UnknownFlag,
    /// No Enumservice.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// Each of its types begins with `P-`.
    #[error("its services are for a private network")]
    Private,
    /// The client can't use any of its services.
    #[error("none of its services is asked for")]
    Unwanted,
    /// Source: RFC 3403 §4.1.
    #[error("it has both a regexp and a replacement")]
    RegexpAndReplacement,
    /// Nothing says where it leads.
    #[error("it has neither a regexp nor a replacement")]
    NoRegexpNorReplacement,
    /// A terminal rule leads to a URI, which a replacement can't hold.
    #[error("it is terminal and has a replacement in place of a regexp")]
    TerminalReplacement,
    /// The regexp is malformed.
    #[error("regexp: {0}")]
    Regexp(#[from] RuleError),
    /// The regexp gives no result.
    #[error("regexp: {0}")]
    NoResult(#[from] ApplyError),
    /// The result of a terminal rule is no URI.
    #[error("its result is no URI: {0}")]
    Uri(#[from] UriError),
    /// The result of a non-terminal rule is no name.
    #[error("its result is no domain name")]
    Name,
    /// The chain of non-terminal rules is too long. Source: RFC 6116 §5.2.1.
    #[error("it continues a chain of more than {MAX_NON_TERMINALS} non-terminal rules")]
    TooDeep,
    /// It leads to a name that was asked before.
    #[error("it leads to a name that was asked before")]
    Repeated,
    /// A rule of smaller order has led to a URI. Source: RFC 3403 §4.1.
    #[error("a rule of smaller order was used")]
    LargerOrder,
}

impl Unused {
    /// Whether its publisher must mend it; if not, it is a sound rule for others or for a different
    /// number.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        match self {
            Self::UnknownFlag
            | Self::Private
            | Self::Unwanted
            | Self::LargerOrder
            | Self::NoResult(ApplyError::NoMatch)
            | Self::Service(ServiceError::NotEnum) => false,
            Self::Malformed
            | Self::Service(_)
            | Self::RegexpAndReplacement
            | Self::NoRegexpNorReplacement
            | Self::TerminalReplacement
            | Self::Regexp(_)
            | Self::NoResult(_)
            | Self::Uri(_)
            | Self::Name
            | Self::TooDeep
            | Self::Repeated => true,
        }
    }
}

/// The types of Enumservices of a rule that leads a number somewhere, to judge it before it is published; none of
/// a rule that is not terminal.
///
/// # Errors
/// Why a client that can use all services, private ones apart, would not use it.
#[cfg(feature = "cli")]
pub(crate) fn judge_rule(rdata: &[u8], number: &str) -> Result<Vec<String>, Unused> {
    let naptr = Naptr::from_wire(rdata).map_err(|_| Unused::Malformed)?;
    match evaluate(&naptr, number, &EnumOptions::default())? {
        Lead::Terminal(_, services) => Ok(services.into_iter().map(|service| service.kind).collect()),
        Lead::NonTerminal(_) => Ok(Vec::new()),
    }
}

/// Where a rule leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lead {
    /// The URI, and what it is for: never empty.
    Terminal(String, Vec<Enumservice>),
    /// The name to ask next.
    NonTerminal(Name),
}

/// Applies a rule to the application's unique string, `+` and digits.
pub(super) fn evaluate(naptr: &Naptr, number: &str, options: &EnumOptions) -> Result<Lead, Unused> {
    match naptr.flags.as_bytes() {
        b"u" | b"U" => terminal(naptr, number, options),
        b"" => non_terminal(naptr, number).map(Lead::NonTerminal),
        _ => Err(Unused::UnknownFlag),
    }
}

fn terminal(naptr: &Naptr, number: &str, options: &EnumOptions) -> Result<Lead, Unused> {
    let named = service::parse(naptr.services.as_bytes())?;
    let public: Vec<_> =
        named.into_iter().filter(|service| options.private_types || !service.is_private()).collect();
    if public.is_empty() {
        return Err(Unused::Private);
    }
    let wanted = |service: &Enumservice| {
        options.services.is_empty() || options.services.iter().any(|wanted| service.is_named_by(wanted))
    };
    let services: Vec<_> = public.into_iter().filter(wanted).collect();
    if services.is_empty() {
        return Err(Unused::Unwanted);
    }
    match (naptr.regexp.as_bytes(), naptr.replacement.is_root()) {
        (b"", true) => Err(Unused::NoRegexpNorReplacement),
        (b"", false) => Err(Unused::TerminalReplacement),
        (_, false) => Err(Unused::RegexpAndReplacement),
        (regexp, true) => {
            let result = Rule::parse(regexp)?.apply(number.as_bytes())?;
            Ok(Lead::Terminal(uri::check(result)?, services))
        }
    }
}

/// The services of a non-terminal rule are not looked at: what the next name holds decides.
/// Source: RFC 6116 §3.4.3.
fn non_terminal(naptr: &Naptr, number: &str) -> Result<Name, Unused> {
    match (naptr.regexp.as_bytes(), naptr.replacement.is_root()) {
        (b"", true) => Err(Unused::NoRegexpNorReplacement),
        (b"", false) => Ok(naptr.replacement.clone()),
        (_, false) => Err(Unused::RegexpAndReplacement),
        (regexp, true) => {
            let result = Rule::parse(regexp)?.apply(number.as_bytes())?;
            let name = Name::parse(&result, Some(&Name::root())).map_err(|_| Unused::Name)?;
            if name.is_root() { Err(Unused::Name) } else { Ok(name) }
        }
    }
}
