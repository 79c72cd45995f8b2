//! Whom to ask, and on which road.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use crate::record::Name;

/// Source: RFC 1035 §4.2.
const PORT: u16 = 53;
/// Source: RFC 7858 §3.1.
const TLS_PORT: u16 = 853;
const TLS: &str = "tls://";

/// A server to ask, and the road to it.
///
/// Text: `192.0.2.1`, `192.0.2.1:53` or `[2001:db8::1]:53`; over TLS `tls://192.0.2.1#dns.example` or
/// `tls://192.0.2.1:853#dns.example`, with the name that the server's certificate must show.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Upstream {
    /// Over UDP and TCP, which anybody on the way can read and change.
    Plain(SocketAddr),
    /// Over TLS, and no other way.
    Tls(TlsUpstream),
}

/// A server that is asked over TLS alone, and only where its certificate shows that it is the one: the strict profile.
///
/// Source: RFC 7858, RFC 8310 §5.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TlsUpstream {
    address: SocketAddr,
    name: String,
    authorities: Authorities,
}

/// Whose certificates are believed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Authorities {
    /// Those of the system: `/etc/ssl/certs/ca-certificates.crt`, or where other systems have them.
    #[default]
    System,
    /// Those of this file, PEM, and no others.
    File(PathBuf),
}

impl TlsUpstream {
    /// The server at this address whose certificate shows this name, a domain name or an address; by the system's
    /// authorities.
    ///
    /// # Errors
    /// [`UpstreamError`]: the name is neither.
    pub fn new(address: SocketAddr, name: &str) -> Result<Self, UpstreamError> {
        let is_host = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_');
        let is_name = || name.bytes().all(is_host) && name.parse::<Name>().is_ok() && name != ".";
        if name.is_empty() || !(name.parse::<IpAddr>().is_ok() || is_name()) {
            return Err(UpstreamError::Name(name.to_owned()));
        }
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        Ok(Self { address, name, authorities: Authorities::System })
    }

    /// Believes these authorities.
    #[must_use]
    pub fn by(mut self, authorities: Authorities) -> Self {
        self.authorities = authorities;
        self
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its certificate must show: a domain name in small letters, without its final dot, or an address.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whose certificates are believed.
    #[must_use]
    pub fn authorities(&self) -> &Authorities {
        &self.authorities
    }
}

impl Upstream {
    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Plain(address) => *address,
            Self::Tls(tls) => tls.address,
        }
    }

    /// The same, believing these authorities where it is asked over TLS.
    #[must_use]
    pub fn by(self, authorities: &Authorities) -> Self {
        match self {
            Self::Plain(_) => self,
            Self::Tls(tls) => Self::Tls(tls.by(authorities.clone())),
        }
    }

    /// Whether what comes from it is what it sent: it is on this host, or shows who it is.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        match self {
            Self::Plain(address) => address.ip().is_loopback(),
            Self::Tls(_) => true,
        }
    }
}

/// Why text names no server. The command line's, or the policy's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamError {
    /// No address.
    #[error("`{}` is not the address of a server: `192.0.2.1:53`, or `tls://192.0.2.1:853#dns.example`", .0.escape_debug())]
    Address(String),
    /// TLS without a name.
    #[error("`{}` lacks the name that its certificate must show: `tls://192.0.2.1:853#dns.example`", .0.escape_debug())]
    NoName(String),
    /// Neither a domain name nor an address.
    #[error("`{}` is not a name that a certificate can show", .0.escape_debug())]
    Name(String),
}

impl FromStr for Upstream {
    type Err = UpstreamError;

    fn from_str(text: &str) -> Result<Self, UpstreamError> {
        let wrong = || UpstreamError::Address(text.to_owned());
        let Some(rest) = text.strip_prefix(TLS) else {
            return address(text, PORT).map(Self::Plain).ok_or_else(wrong);
        };
        let (place, name) = rest.split_once('#').ok_or_else(|| UpstreamError::NoName(text.to_owned()))?;
        let address = address(place, TLS_PORT).ok_or_else(wrong)?;
        TlsUpstream::new(address, name).map(Self::Tls)
    }
}

fn address(text: &str, port: u16) -> Option<SocketAddr> {
    let bare = text.parse().map(|ip: IpAddr| SocketAddr::new(ip, port));
    bare.or_else(|_| text.parse()).or_else(|_| format!("{text}:{port}").parse()).ok()
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(address) => address.fmt(f),
            Self::Tls(TlsUpstream { address, name, .. }) => write!(f, "{TLS}{address}#{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text() {
        for (text, shown) in [
            ("192.0.2.1", "192.0.2.1:53"),
            ("2001:db8::1", "[2001:db8::1]:53"),
            ("[2001:db8::1]", "[2001:db8::1]:53"),
            ("192.0.2.1:5353", "192.0.2.1:5353"),
            ("tls://192.0.2.1#Dns.Example.", "tls://192.0.2.1:853#dns.example"),
            ("tls://[2001:db8::1]:8853#192.0.2.1", "tls://[2001:db8::1]:8853#192.0.2.1"),
        ] {
            assert_eq!(text.parse::<Upstream>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_names_no_server() {
        for text in ["", "dns.example", "tls://dns.example#dns.example", "https://192.0.2.1", "192.0.2.1:x"] {
            assert_eq!(text.parse::<Upstream>(), Err(UpstreamError::Address(text.to_owned())));
        }
        assert_eq!(
            "tls://192.0.2.1".parse::<Upstream>(),
            Err(UpstreamError::NoName("tls://192.0.2.1".into()))
        );
        for name in ["", ".", "a b", "é.example", "a..b"] {
            let text = format!("tls://192.0.2.1#{name}");
            assert_eq!(text.parse::<Upstream>(), Err(UpstreamError::Name(name.to_owned())));
        }
    }
}
