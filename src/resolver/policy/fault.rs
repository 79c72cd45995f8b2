//! What is wrong with a policy.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;

use super::ScopeError;
use crate::dnssec::validate::AnchorError;
use crate::record::parameters::ParametersError;
use crate::record::{Name, NameError};
use crate::resolver::upstream::UpstreamError;
use crate::statement::KeyTextError;

/// Everything that is wrong with a policy, in the order of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFaults(Vec<PolicyFault>);

/// One thing that is wrong with a policy: its author's fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFault {
    /// The line of the file, from 1; none where the policy was built in a program.
    pub line: Option<usize>,
    /// What.
    pub kind: PolicyFaultKind,
}

/// What is wrong at one place of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyFaultKind {
    /// Not TOML, a key that is not known, a value of the wrong type, or a key that is missing.
    #[error("{0}")]
    Form(String),
    /// Another version of the file's form.
    #[error("version {0} of the policy file is not known; this program reads `version = 1`")]
    Version(i64),
    /// No version at all.
    #[error("the policy file must say `version = 1`")]
    NoVersion,
    /// Not a domain name.
    #[error("`{text}` is not a domain name: {error}")]
    Domain {
        /// As written.
        text: String,
        /// Why not.
        error: NameError,
    },
    /// Not a scope.
    #[error("`{text}` is not a scope: {error}")]
    Scope {
        /// As written.
        text: String,
        /// Why not.
        error: ScopeError,
    },
    /// Not the parameters of an epoch.
    #[error("`{text}` is not a zone's parameters: {error}")]
    Parameters {
        /// As written.
        text: String,
        /// Why not.
        error: ParametersError,
    },
    /// Not a key.
    #[error("`{text}` is not a key: {error}")]
    Key {
        /// As written.
        text: String,
        /// Why not.
        error: KeyTextError,
    },
    /// Not a key id.
    #[error("`{0}` is not a key id: it has 16 hexadecimal digits")]
    KeyId(String),
    /// Not a trust anchor.
    #[error("`{text}` is not a trust anchor: {}", anchor(error.as_ref()))]
    Anchor {
        /// As written.
        text: String,
        /// Why not; none where there is nothing in it.
        error: Option<AnchorError>,
    },
    /// Not a server.
    #[error("{0}")]
    Server(#[source] UpstreamError),
    /// A server elsewhere whose AD bit is to be believed.
    #[error(
        "on the way from {0} anybody can set the AD bit; only a resolver on this host, or one that is asked over TLS, is \
         believed without proofs"
    )]
    TrustedServer(SocketAddr),
    /// A key of `[dnssec]` that the way to validate has no use for, or one that it needs.
    #[error("{0}")]
    Dnssec(&'static str),
    /// A scope that is empty.
    #[error("the scope of {0} is empty, so it would never be used; `+` is every telephone number")]
    NoScope(Name),
    /// An apex or suffix under which no owner name fits.
    #[error("{0} is so long that the owner names below it would exceed 255 octets")]
    TooLong(Name),
    /// Two entries for one apex or suffix.
    #[error("{0} is there twice; put both scopes into one entry")]
    Twice(Name),
    /// A deadline of zero, or above [`Policy::MAX_DEADLINE`](super::Policy::MAX_DEADLINE).
    #[error("a deadline is more than 0 and at most 600,000 ms")]
    Deadline,
}

fn anchor(error: Option<&AnchorError>) -> String {
    error.map_or_else(|| "there is no record in it".to_owned(), ToString::to_string)
}

impl PolicyFault {
    pub(super) fn new(kind: PolicyFaultKind) -> Self {
        Self { line: None, kind }
    }
}

impl PolicyFaults {
    pub(super) fn new(faults: Vec<PolicyFault>) -> Self {
        Self(faults)
    }

    /// The faults, at least one.
    #[must_use]
    pub fn as_slice(&self) -> &[PolicyFault] {
        &self.0
    }
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

impl fmt::Display for PolicyFaults {
    /// One line for each fault.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl Error for PolicyFaults {}
