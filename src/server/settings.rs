//! What the operator chooses of how requests are answered.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::access::Access;
use super::cookie::Cookies;
use super::query_log::QueryLogging;

/// What the operator chooses of how requests are answered. A value that never changes: a
/// [`Handle`](super::Handle) puts another in its place.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// Whether answers carry what a client will ask next: addresses of the targets of NS, MX and
    /// SRV records, what terminal NAPTR records lead to. Referrals carry their glue in any case.
    pub additional: bool,
    /// What is sent over UDP at most, and announced as our own.
    pub udp_payload: UdpPayload,
    /// How this server calls itself to those who ask. Source: RFC 5001.
    pub nsid: Option<Nsid>,
    /// DNS cookies; ignored as an unknown option where there are none.
    pub cookies: Option<Cookies>,
    /// Who is answered.
    pub access: Access,
    /// Which queries are logged.
    pub query_log: Option<QueryLogging>,
    /// How long a connection may be idle, for those who ask: the server's own limit.
    pub(super) stream_idle: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            additional: true,
            udp_payload: UdpPayload::default(),
            nsid: None,
            cookies: None,
            access: Access::default(),
            query_log: None,
            stream_idle: Duration::from_secs(10),
        }
    }
}

/// Octets of a UDP reply at most, however much a requestor can take: from 512 to 4096.
///
/// With the default, 1232, no fragment is ever needed. Source: DNS flag day 2020, RFC 9715.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UdpPayload(u16);

impl UdpPayload {
    /// The least, which every requestor takes. Source: RFC 1035 §4.2.1.
    pub const LEAST: Self = Self(512);
    /// The most: no more was ever usual. Source: RFC 6891 §6.2.5.
    pub const MOST: Self = Self(4096);

    /// This many octets; `None` below [`UdpPayload::LEAST`] and above [`UdpPayload::MOST`].
    #[must_use]
    pub const fn new(octets: u16) -> Option<Self> {
        if octets >= Self::LEAST.0 && octets <= Self::MOST.0 { Some(Self(octets)) } else { None }
    }

    /// How many octets.
    #[must_use]
    pub const fn octets(self) -> u16 {
        self.0
    }
}

impl Default for UdpPayload {
    fn default() -> Self {
        Self(1232)
    }
}

/// An identifier of one server among several behind one address: 1 to 128 octets, any.
/// Source: RFC 5001 §2.3.
#[derive(Clone, PartialEq, Eq)]
pub struct Nsid(Box<[u8]>);

/// What is no identifier of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a server's identifier has 1 to {most} octets, this one has {octets}", most = Nsid::MOST)]
pub struct NsidError {
    octets: usize,
}

impl Nsid {
    /// So long that any reply without records fits 512 octets.
    pub const MOST: usize = 128;

    /// An identifier of these octets.
    ///
    /// # Errors
    /// There are none, or more than [`Nsid::MOST`].
    pub fn new(octets: &[u8]) -> Result<Self, NsidError> {
        match octets.len() {
            1..=Self::MOST => Ok(Self(octets.into())),
            octets => Err(NsidError { octets }),
        }
    }

    /// The octets.
    #[must_use]
    pub const fn as_octets(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for Nsid {
    type Err = NsidError;

    /// The text's own octets.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text.as_bytes())
    }
}

impl fmt::Debug for Nsid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nsid({})", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_bounded() {
        let octets = |octets| UdpPayload::new(octets).map(UdpPayload::octets);
        assert_eq!([511, 512, 4096, 4097].map(octets), [None, Some(512), Some(4096), None]);
        assert_eq!(UdpPayload::default().octets(), 1232);
    }

    #[test]
    fn identifiers_are_bounded() {
        assert_eq!("".parse::<Nsid>(), Err(NsidError { octets: 0 }));
        assert_eq!(Nsid::new(&[7; 129]), Err(NsidError { octets: 129 }));
        assert_eq!(Nsid::new(&[7; 128]).unwrap().as_octets(), [7; 128]);
        assert_eq!(
            NsidError { octets: 129 }.to_string(),
            "a server's identifier has 1 to 128 octets, this one has 129"
        );
    }
}
