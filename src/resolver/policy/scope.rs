//! Which identifiers a grant, a provider or a digit tree is about.

use std::fmt;
use std::str::FromStr;

use crate::identifier::Identifier;

/// Digits of a number that `Debug` prints: fewer than any number has.
const SHOWN: usize = 6;

/// A set of identifiers, as a policy names it.
///
/// Text form: `+44` for the telephone numbers that begin so (`+` alone is every number),
/// `@example.org` for the email addresses of exactly that domain, `mimi://names.example` for the
/// MIMI identifiers of exactly that host. Domains and hosts are lower-case A-labels.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Covered);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Covered {
    Digits(Box<str>),
    EmailDomain(Box<str>),
    MimiHost(Box<str>),
}

/// What is wrong with the text of a [`Scope`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// None of the three forms.
    #[error("a scope is `+` and digits, `@` and an email domain, or `mimi://` and a host")]
    Form,
    /// A number prefix that no number has.
    #[error("a number prefix is `+` and at most 15 digits, the first not 0")]
    Prefix,
    /// A domain or host that is not in canonical form.
    #[error("a domain or host is labels of a-z, 0-9 and hyphen joined by dots (`xn--` for others)")]
    Host,
}

impl Scope {
    /// The set around one identifier: its whole number, the domain of its address, its host.
    #[must_use]
    pub fn of(identifier: &Identifier) -> Self {
        Self(match identifier {
            Identifier::Telephone(number) => Covered::Digits(number.digits().into()),
            Identifier::Email(email) => Covered::EmailDomain(email.domain().into()),
            Identifier::Mimi(name) => Covered::MimiHost(name.host().into()),
        })
    }

    /// Whether `identifier` is in this set: numbers by prefix, domains and hosts exactly.
    #[must_use]
    pub fn covers(&self, identifier: &Identifier) -> bool {
        match (&self.0, identifier) {
            (Covered::Digits(prefix), Identifier::Telephone(number)) => {
                number.digits().starts_with(&**prefix)
            }
            (Covered::EmailDomain(domain), Identifier::Email(email)) => email.domain() == &**domain,
            (Covered::MimiHost(host), Identifier::Mimi(name)) => name.host() == &**host,
            _ => false,
        }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        if let Some(digits) = text.strip_prefix('+') {
            let fits = digits.len() <= 15
                && !digits.starts_with('0')
                && digits.bytes().all(|octet| octet.is_ascii_digit());
            return if fits { Ok(Self(Covered::Digits(digits.into()))) } else { Err(ScopeError::Prefix) };
        }
        let (host, make): (_, fn(Box<str>) -> Covered) = match text.strip_prefix('@') {
            Some(domain) => (domain, Covered::EmailDomain),
            None => (text.strip_prefix("mimi://").ok_or(ScopeError::Form)?, Covered::MimiHost),
        };
        if is_host(host) { Ok(Self(make(host.into()))) } else { Err(ScopeError::Host) }
    }
}

fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|octet| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    text.len() <= 253 && text.split('.').all(label)
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Covered::Digits(prefix) => write!(f, "+{prefix}"),
            Covered::EmailDomain(domain) => write!(f, "@{domain}"),
            Covered::MimiHost(host) => write!(f, "mimi://{host}"),
        }
    }
}

impl fmt::Debug for Scope {
    /// A whole number, as in the scope around one identifier, is an identifier: only its first
    /// digits are printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Covered::Digits(digits) if digits.len() > SHOWN => write!(f, "Scope(+{}…)", &digits[..SHOWN]),
            _ => write!(f, "Scope({self})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(scope: &str, identifier: &str) -> bool {
        let scope: Scope = scope.parse().unwrap();
        assert_eq!(scope.to_string().parse::<Scope>().unwrap(), scope);
        scope.covers(&Identifier::parse(identifier).unwrap())
    }

    #[test]
    fn numbers_match_by_prefix_domains_and_hosts_exactly() {
        assert!(covers("+44", "tel:+442079460148"));
        assert!(covers("+", "tel:+442079460148"));
        assert!(!covers("+45", "tel:+442079460148"));
        assert!(covers("@example.org", "mailto:jo@example.org"));
        assert!(!covers("@example.org", "mailto:jo@mail.example.org"));
        assert!(!covers("@ample.org", "mailto:jo@example.org"));
        assert!(covers("mimi://names.example", "mimi://names.example/u/jo"));
        assert!(!covers("mimi://example", "mimi://names.example/u/jo"));
        assert!(!covers("@names.example", "mimi://names.example/u/jo"));
    }

    #[test]
    fn text_that_could_never_match_is_refused() {
        let cases = [
            ("44", ScopeError::Form),
            ("", ScopeError::Form),
            ("tel:+44", ScopeError::Form),
            ("+0", ScopeError::Prefix),
            ("+44 20", ScopeError::Prefix),
            ("+1234567890123456", ScopeError::Prefix),
            ("@", ScopeError::Host),
            ("@Example.org", ScopeError::Host),
            ("@example.org.", ScopeError::Host),
            ("mimi://names.example/u", ScopeError::Host),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<Scope>(), Err(error), "{text}");
        }
    }
}
