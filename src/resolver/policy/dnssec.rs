//! What the policy wants proven, and by whom.

use super::fault::PolicyFaultKind;
use crate::dnssec::validate::TrustAnchor;
use crate::resolver::upstream::Upstream;

/// How answers come by their DNSSEC state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Validation {
    /// Chains of signatures are followed here, each from the nearest of these anchors above the name. What is
    /// under none is indeterminate.
    Anchors(Vec<TrustAnchor>),
    /// These servers validate, and their word (AD) is taken, where they were asked on this very road; nobody on it can
    /// change what they say.
    TrustAd(Vec<Upstream>),
    /// Nobody validates: everything is insecure.
    Off,
}

/// What the policy says about DNSSEC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dnssec {
    pub(in crate::resolver) validation: Validation,
    pub(in crate::resolver) served_parameters: bool,
    pub(in crate::resolver) served_keys: bool,
}

impl Default for Dnssec {
    /// Validation from the root's keys, as IANA publishes them; proven parameters and keys are used.
    fn default() -> Self {
        Self {
            validation: Validation::Anchors(vec![TrustAnchor::iana_root()]),
            served_parameters: true,
            served_keys: true,
        }
    }
}

impl Dnssec {
    /// How answers come by their DNSSEC state.
    #[must_use]
    pub fn validation(&self) -> &Validation {
        &self.validation
    }

    /// Whether parameters count that a zone serves, once they are proven; else only pinned ones do.
    #[must_use]
    pub fn uses_served_parameters(&self) -> bool {
        self.served_parameters
    }

    /// Whether keys of APs and MSPs count that stand at `_mimikey` below their domains, once they are proven;
    /// else only pinned ones do. Of a domain with pinned keys they are never asked for.
    #[must_use]
    pub fn uses_served_keys(&self) -> bool {
        self.served_keys && self.validation != Validation::Off
    }

    /// Another way to validate.
    #[must_use]
    pub fn with_validation(mut self, validation: Validation) -> Self {
        self.validation = validation;
        self
    }

    /// Uses pinned parameters only.
    #[must_use]
    pub fn pinned_parameters_only(mut self) -> Self {
        self.served_parameters = false;
        self
    }

    /// Uses pinned keys only.
    #[must_use]
    pub fn pinned_keys_only(mut self) -> Self {
        self.served_keys = false;
        self
    }
}

/// The word that stands for the root's anchor, as IANA publishes it.
const IANA_ROOT: &str = "iana-root";

/// DS and DNSKEY records in presentation form, or the word for the root's.
pub(super) fn anchors(text: &str) -> Result<Vec<TrustAnchor>, PolicyFaultKind> {
    if text == IANA_ROOT {
        return Ok(vec![TrustAnchor::iana_root()]);
    }
    let wrong = |error| PolicyFaultKind::Anchor { text: text.to_owned(), error };
    TrustAnchor::parse(text).map_err(|error| wrong(Some(error))).and_then(|anchors| {
        match anchors.is_empty() {
            true => Err(wrong(None)),
            false => Ok(anchors),
        }
    })
}

/// A server on this host, or one that shows over TLS who it is, since nobody else is to change what comes from it.
pub(super) fn trusted_server(text: &str) -> Result<Upstream, PolicyFaultKind> {
    match text.parse::<Upstream>() {
        Ok(server) if server.is_safe() => Ok(server),
        Ok(server) => Err(PolicyFaultKind::TrustedServer(server.address())),
        Err(error) => Err(PolicyFaultKind::Server(error)),
    }
}
