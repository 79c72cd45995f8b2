//! The SERVICES field of a terminal NAPTR record in the digit tree.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest type or subtype. Source: RFC 6116 §3.4.3.
const MAX_WORD: usize = 32;

/// What a URI of the digit tree is for: a type, and how it is reached by subtypes.
///
/// Words of letters, digits and hyphens, 1 to 32 each, in lower case here: they are blind to case.
/// `Display` prints `type:subtype:…`. Source: RFC 6116 §3.4.3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Enumservice {
    /// `sip`, `x-mimi`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Mostly none or one.
    pub subtypes: Vec<String>,
}

impl Enumservice {
    /// Whether it is meant for one private network only. Source: RFC 6117 §4.1.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.kind.starts_with("p-")
    }

    /// Whether `wanted`, `type` or `type:subtype…`, names this one; a type alone names all its
    /// subtypes.
    #[must_use]
    pub fn is_named_by(&self, wanted: &str) -> bool {
        let own = std::iter::once(&self.kind).chain(&self.subtypes);
        let wanted: Vec<_> = wanted.split(':').collect();
        wanted.len() <= 1 + self.subtypes.len()
            && wanted.iter().zip(own).all(|(wanted, own)| wanted.eq_ignore_ascii_case(own))
    }
}

impl fmt::Display for Enumservice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.kind.clone();
        for subtype in &self.subtypes {
            text.push(':');
            text.push_str(subtype);
        }
        f.pad(&text)
    }
}

/// Why a field names no Enumservice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ServiceError {
    /// The record belongs to another application of NAPTR.
    #[error("the services do not begin with `E2U+`")]
    NotEnum,
    /// The order of RFC 2916, obsolete since 2004.
    #[error("`type+E2U` is obsolete: `E2U` comes first")]
    Obsolete,
    /// Not `E2U+type[:subtype]…[+type…]`.
    #[error("a type or subtype is not 1 to 32 letters, digits and hyphens")]
    Malformed,
}

/// The Enumservices of a field, `E2U+type[:subtype]…[+type…]`, from left to right.
pub(super) fn parse(field: &[u8]) -> Result<Vec<Enumservice>, ServiceError> {
    let mut specs = field.split(|&octet| octet == b'+');
    if !specs.next().is_some_and(|first| first.eq_ignore_ascii_case(b"E2U")) {
        let obsolete = specs.next_back().is_some_and(|last| last.eq_ignore_ascii_case(b"E2U"));
        return Err(if obsolete { ServiceError::Obsolete } else { ServiceError::NotEnum });
    }
    let services = specs.map(service).collect::<Option<Vec<_>>>().ok_or(ServiceError::Malformed)?;
    if services.is_empty() { Err(ServiceError::NotEnum) } else { Ok(services) }
}

fn service(spec: &[u8]) -> Option<Enumservice> {
    let mut words = spec.split(|&octet| octet == b':').map(word);
    let kind = words.next()??;
    Some(Enumservice { kind, subtypes: words.collect::<Option<_>>()? })
}

fn word(octets: &[u8]) -> Option<String> {
    let plain = octets.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-');
    if !plain || octets.is_empty() || octets.len() > MAX_WORD {
        return None;
    }
    Some(octets.iter().map(|octet| char::from(octet.to_ascii_lowercase())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(field: &str) -> Result<Vec<String>, ServiceError> {
        parse(field.as_bytes()).map(|services| services.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn services_are_read_from_left_to_right_and_blind_to_case() {
        let cases: [(&str, &[&str]); 5] = [
            ("E2U+sip", &["sip"]),
            ("e2u+SIP", &["sip"]),
            ("E2U+voicemsg:tel+X-mimi:Https", &["voicemsg:tel", "x-mimi:https"]),
            ("E2U+email:mailto", &["email:mailto"]),
            ("E2U+a:b:c", &["a:b:c"]),
        ];
        for (field, expected) in cases {
            assert_eq!(printed(field).as_deref(), Ok(&expected.map_to_owned()[..]), "{field}");
        }
    }

    trait MapToOwned {
        fn map_to_owned(&self) -> Vec<String>;
    }

    impl MapToOwned for &[&str] {
        fn map_to_owned(&self) -> Vec<String> {
            self.iter().map(|&text| text.to_owned()).collect()
        }
    }

    #[test]
    fn other_fields_are_refused_with_the_reason() {
        let long = format!("E2U+{}", "a".repeat(33));
        let cases = [
            ("", ServiceError::NotEnum),
            ("E2U", ServiceError::NotEnum),
            ("SIP+D2U", ServiceError::NotEnum),
            ("x-mimi:https", ServiceError::NotEnum),
            ("sip+E2U", ServiceError::Obsolete),
            ("E2U+", ServiceError::Malformed),
            ("E2U+sip+", ServiceError::Malformed),
            ("E2U+sip:", ServiceError::Malformed),
            ("E2U+s_p", ServiceError::Malformed),
            (&long, ServiceError::Malformed),
        ];
        for (field, error) in cases {
            assert_eq!(printed(field), Err(error), "{field}");
        }
    }

    #[test]
    fn a_type_names_its_subtypes() {
        let service = &parse(b"E2U+x-mimi:https").expect("valid")[0];
        assert!(service.is_named_by("X-MIMI") && service.is_named_by("x-mimi:https"));
        assert!(!service.is_named_by("x-mimi:sip") && !service.is_named_by("x-mimi:https:more"));
        assert!(!service.is_named_by("sip") && !service.is_named_by(""));
    }

    #[test]
    fn private_types_are_known_by_their_prefix() {
        assert!(parse(b"E2U+P-pager").expect("valid")[0].is_private());
        assert!(!parse(b"E2U+pstn").expect("valid")[0].is_private());
    }
}
