//! Endpoints of a mapping: one NAPTR or URI record each, in the only form that a statement may hold.

use std::fmt;
use std::ops::Range;

use super::body::is_plain;
use crate::record::{Name, Rtype};

/// The order of every NAPTR record in the hashed tree: a smaller one would hide others' records.
const ORDER: u16 = 100;
/// Application service of the hashed tree.
const SERVICE: &[u8] = b"x-mimi:";
/// In front of the URI in a NAPTR's regexp; the delimiter closes it.
const REGEXP: &[u8] = b"!.*!";
/// The longest protocol in a service field. Source: RFC 3958 §6.5.
const MAX_PROTOCOL: usize = 32;

/// One NAPTR or URI record that a mapping holds, signed.
///
/// A NAPTR has order 100, flag `U`, service `x-mimi:<protocol>`, regexp `!.*!<uri>!` and the root as
/// replacement. The URI has a host: after `//`, or after the only `@` in sip, sips and xmpp.
/// `Display` is the type's mnemonic, a space and the record data in presentation form.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Type and record data, as the parameter carries them.
    value: Box<[u8]>,
    uri: Range<usize>,
    protocol: Range<usize>,
    host: Range<usize>,
    rank: EndpointRank,
}

/// How an endpoint ranks among those of its mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointRank {
    /// A NAPTR record.
    Naptr {
        /// Lower first.
        preference: u16,
    },
    /// A URI record.
    Uri {
        /// Lower first.
        priority: u16,
        /// Larger first among equal priorities.
        weight: u16,
    },
}

/// Why a record can't be an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointFault {
    /// Neither NAPTR nor URI.
    #[error("type {0} is neither NAPTR nor URI")]
    Type(u16),
    /// Record data that is cut or has octets left over.
    #[error("the record data is malformed")]
    Malformed,
    /// An order other than 100.
    #[error("the order is {0} instead of 100")]
    Order(u16),
    /// Flags other than `U`.
    #[error("the flags are not \"U\"")]
    Flags,
    /// A service other than `x-mimi:` with one protocol in lower case.
    #[error("the service is not \"x-mimi:\" and one protocol")]
    Service,
    /// A regexp of another form, with other delimiters or with a flag.
    #[error("the regexp is not \"!.*!<uri>!\"")]
    Regexp,
    /// A replacement other than the root.
    #[error("the replacement is not the root")]
    Replacement,
    /// Not a URI.
    #[error("the target is not a URI")]
    Uri,
    /// A URI in which no host stands where one must.
    #[error("the URI has no host, or has userinfo in front of it")]
    NoHost,
    /// A host with upper case, percent, a dot at its end or an address instead of a name.
    #[error("the URI's host is not a name in lower case")]
    Host,
    /// A host that is not the issuer's domain nor below it.
    #[error("the URI's host is outside of the issuer's domain")]
    OutsideIssuer,
}

impl Endpoint {
    /// A NAPTR record.
    ///
    /// # Errors
    /// What is wrong with protocol or URI: the caller's fault.
    pub fn naptr(preference: u16, protocol: &str, uri: &str) -> Result<Self, EndpointFault> {
        let mut rdata = ORDER.to_be_bytes().to_vec();
        rdata.extend_from_slice(&preference.to_be_bytes());
        let service = [SERVICE, protocol.as_bytes()].concat();
        let regexp = [REGEXP, uri.as_bytes(), b"!"].concat();
        for (field, fault) in [
            (&b"U"[..], EndpointFault::Flags),
            (&service, EndpointFault::Service),
            (&regexp, EndpointFault::Uri),
        ] {
            rdata.push(u8::try_from(field.len()).map_err(|_| fault)?);
            rdata.extend_from_slice(field);
        }
        rdata.push(0);
        Self::parse(Rtype::NAPTR, &rdata)
    }

    /// A URI record.
    ///
    /// # Errors
    /// What is wrong with the URI: the caller's fault.
    pub fn uri_record(priority: u16, weight: u16, uri: &str) -> Result<Self, EndpointFault> {
        Self::parse(Rtype::URI, &[&priority.to_be_bytes(), &weight.to_be_bytes(), uri.as_bytes()].concat())
    }

    /// Reads record data of a NAPTR or URI record. Whose host it is, is not looked at.
    ///
    /// # Errors
    /// Why it can't be an endpoint: its publisher's fault.
    pub fn parse(rtype: Rtype, rdata: &[u8]) -> Result<Self, EndpointFault> {
        Self::parse_value(&[&rtype.0.to_be_bytes(), rdata].concat())
    }

    /// Reads the value of an `endpoint` parameter in a mapping of `issuer`.
    pub(super) fn parse_for(value: &[u8], issuer: &Name) -> Result<Self, EndpointFault> {
        let endpoint = Self::parse_value(value)?;
        let host = Name::parse(&value[endpoint.host.clone()], Some(&Name::root()));
        match host {
            Ok(host) if host.is_at_or_below(issuer) => Ok(endpoint),
            Ok(_) => Err(EndpointFault::OutsideIssuer),
            Err(_) => Err(EndpointFault::Host),
        }
    }

    fn parse_value(value: &[u8]) -> Result<Self, EndpointFault> {
        let [t0, t1, a0, a1, b0, b1, ..] = *value else { return Err(EndpointFault::Malformed) };
        let (rtype, first, second) =
            (Rtype(u16::from_be_bytes([t0, t1])), u16::from_be_bytes([a0, a1]), u16::from_be_bytes([b0, b1]));
        let (rank, uri, protocol) = match rtype {
            Rtype::NAPTR => {
                let (uri, protocol) = naptr_fields(value, first)?;
                (EndpointRank::Naptr { preference: second }, uri, Some(protocol))
            }
            Rtype::URI => (EndpointRank::Uri { priority: first, weight: second }, 6..value.len(), None),
            Rtype(other) => return Err(EndpointFault::Type(other)),
        };
        let (scheme, host) = uri_parts(&value[uri.clone()])?;
        let shift = |range: Range<usize>| uri.start + range.start..uri.start + range.end;
        let protocol = protocol.unwrap_or_else(|| shift(scheme));
        Ok(Self { host: shift(host), value: value.into(), uri, protocol, rank })
    }

    /// NAPTR or URI.
    #[must_use]
    pub fn rtype(&self) -> Rtype {
        match self.rank {
            EndpointRank::Naptr { .. } => Rtype::NAPTR,
            EndpointRank::Uri { .. } => Rtype::URI,
        }
    }

    /// Record data in wire form: what the record beside the statement holds.
    #[must_use]
    pub fn rdata(&self) -> &[u8] {
        &self.value[2..]
    }

    /// Preference, or priority and weight.
    #[must_use]
    pub const fn rank(&self) -> EndpointRank {
        self.rank
    }

    /// Where to reach the identifier. ASCII.
    #[must_use]
    pub fn uri(&self) -> &str {
        self.text(&self.uri)
    }

    /// What a sender must speak: the protocol of a NAPTR's service field; a URI record names none,
    /// so the scheme of its URI stands for it.
    #[must_use]
    pub fn protocol(&self) -> &str {
        self.text(&self.protocol)
    }

    /// The URI's host: the issuer's domain or a name below it.
    #[must_use]
    pub fn host(&self) -> &str {
        self.text(&self.host)
    }

    /// Type and record data.
    pub(super) fn value(&self) -> &[u8] {
        &self.value
    }

    fn text(&self, range: &Range<usize>) -> &str {
        std::str::from_utf8(&self.value[range.clone()]).expect("an endpoint's URI and protocol are ASCII")
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("rank", &self.rank)
            .field("protocol", &self.protocol())
            .field("uri", &self.uri())
            .finish()
    }
}

/// Where URI and protocol stand in a NAPTR of the one form that is allowed.
fn naptr_fields(value: &[u8], order: u16) -> Result<(Range<usize>, Range<usize>), EndpointFault> {
    let (flags, services, regexp) = {
        let mut at = 6;
        let mut character_string = || {
            let len = usize::from(*value.get(at).ok_or(EndpointFault::Malformed)?);
            let range = at + 1..at + 1 + len;
            at = range.end;
            value.get(range.clone()).map(|_| range).ok_or(EndpointFault::Malformed)
        };
        (character_string()?, character_string()?, character_string()?)
    };
    let replacement = &value[regexp.end..];
    if Name::wire_len(replacement) != Ok(replacement.len()) {
        return Err(EndpointFault::Malformed);
    }
    if order != ORDER {
        return Err(EndpointFault::Order(order));
    }
    if value[flags] != *b"U" {
        return Err(EndpointFault::Flags);
    }
    match value[services.clone()].strip_prefix(SERVICE) {
        Some(protocol) if is_token(protocol) && protocol.len() <= MAX_PROTOCOL => {}
        _ => return Err(EndpointFault::Service),
    }
    match value[regexp.clone()].strip_prefix(REGEXP).and_then(|rest| rest.strip_suffix(b"!")) {
        Some(uri) if !uri.contains(&b'!') => {}
        _ => return Err(EndpointFault::Regexp),
    }
    if replacement != [0] {
        return Err(EndpointFault::Replacement);
    }
    Ok((regexp.start + REGEXP.len()..regexp.end - 1, services.start + SERVICE.len()..services.end))
}

/// A letter, then letters, digits, `+`, `-` and `.`: a scheme (RFC 3986 §3.1) or protocol
/// (RFC 3958 §6.5), in lower case, so that it has one form.
fn is_token(octets: &[u8]) -> bool {
    octets.first().is_some_and(u8::is_ascii_lowercase)
        && octets.iter().all(|octet| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.'))
}

/// Where scheme and host stand.
fn uri_parts(uri: &[u8]) -> Result<(Range<usize>, Range<usize>), EndpointFault> {
    let colon = uri.iter().position(|octet| *octet == b':').ok_or(EndpointFault::Uri)?;
    let (scheme, rest) = (&uri[..colon], &uri[colon + 1..]);
    if !is_token(scheme) || !has_uri_characters(rest) {
        return Err(EndpointFault::Uri);
    }
    let host = match scheme {
        b"sip" | b"sips" | b"xmpp" => host_after_at(rest),
        _ => host_after_slashes(rest),
    };
    let host = host.filter(|host| !host.is_empty()).ok_or(EndpointFault::NoHost)?;
    let (start, end) = (colon + 1 + host.start, colon + 1 + host.end);
    let end = start + port_cut(&uri[start..end])?;
    if is_host_name(&uri[start..end]) { Ok((0..colon, start..end)) } else { Err(EndpointFault::Host) }
}

/// `//host` up to a path, query or fragment; userinfo would hide the host from a human reader.
fn host_after_slashes(rest: &[u8]) -> Option<Range<usize>> {
    let authority = rest.strip_prefix(b"//")?;
    let ends = |octet: &u8| matches!(octet, b'/' | b'?' | b'#');
    let len = authority.iter().position(ends).unwrap_or(authority.len());
    (!authority[..len].contains(&b'@')).then_some(2..2 + len)
}

/// `user@host` up to parameters, resource, headers or fragment. A reader who looks for `//`, a path
/// or a query first must not find another host: none of them may stand in front of the only `@`.
fn host_after_at(rest: &[u8]) -> Option<Range<usize>> {
    let at = rest.iter().position(|octet| matches!(octet, b'@' | b'/' | b'?' | b'#'))?;
    if at == 0 || rest[at] != b'@' || rest[at + 1..].contains(&b'@') {
        return None;
    }
    let ends = |octet: &u8| matches!(octet, b'/' | b'?' | b'#' | b';');
    let len = rest[at + 1..].iter().position(ends).unwrap_or(rest.len() - at - 1);
    Some(at + 1..at + 1 + len)
}

/// How long the host is in front of a port of 1 to 65535, if there is one.
fn port_cut(host: &[u8]) -> Result<usize, EndpointFault> {
    let Some(colon) = host.iter().position(|octet| *octet == b':') else { return Ok(host.len()) };
    let digits = std::str::from_utf8(&host[colon + 1..]).unwrap_or_default();
    let plain = digits.starts_with(|digit| matches!(digit, '1'..='9'));
    if plain && digits.parse::<u16>().is_ok() { Ok(colon) } else { Err(EndpointFault::Host) }
}

/// Labels of a-z, 0-9 and hyphen, the last one no number, which readers take for an IPv4 address.
fn is_host_name(host: &[u8]) -> bool {
    let mut labels = host.split(|octet| *octet == b'.');
    let last = labels.clone().next_back().unwrap_or_default();
    let number = last.iter().all(u8::is_ascii_digit)
        || last.strip_prefix(b"0x").is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
    !number && labels.all(|label| !label.is_empty() && label.len() <= 63 && label.iter().all(is_plain))
}

/// Only characters that RFC 3986 §2 knows, at least one, and `%` only before two hex digits.
fn has_uri_characters(rest: &[u8]) -> bool {
    let mut octets = rest.iter();
    while let Some(octet) = octets.next() {
        let good = match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => true,
            b'%' => {
                octets.next().is_some_and(u8::is_ascii_hexdigit)
                    && octets.next().is_some_and(u8::is_ascii_hexdigit)
            }
            octet => b"-._~:/?#[]@!$&'()*+,;=".contains(octet),
        };
        if !good {
            return false;
        }
    }
    !rest.is_empty()
}
