//! How requests come.

/// How a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// One datagram each way.
    Udp,
    /// Length octets in front, any message up to 65,535 octets. Source: RFC 7766.
    Tcp,
    /// As TCP, within TLS. Source: RFC 7858.
    Tls,
    /// One HTTP exchange for each message. Source: RFC 8484.
    Https,
    /// One QUIC stream for each message, framed as over TCP. Source: RFC 9250.
    Quic,
}

impl Transport {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Udp, Self::Tcp, Self::Tls, Self::Https, Self::Quic];

    /// One word; stable, for metrics.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Https => "https",
            Self::Quic => "quic",
        }
    }

    /// Whether a reply must fit one datagram, and the peer's address may be forged.
    #[must_use]
    pub fn is_datagram(self) -> bool {
        self == Self::Udp
    }

    /// Whether nobody on the way can read it.
    #[must_use]
    pub fn is_encrypted(self) -> bool {
        matches!(self, Self::Tls | Self::Https | Self::Quic)
    }
}
