//! What the operator chooses of limits on rates.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::server::access::Networks;

/// Limits on the rates of replies to one prefix. Numbers out of their bounds count as the bound that
/// is nearest.
///
/// Replies over UDP are limited by kind, since a request's address may be forged and the reply go to a
/// victim. Connections and valid DNS cookies prove an address: their replies are limited by
/// [`EnumerationLimits`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimits {
    /// Replies a second with data, an alias, or TC; at most 1,000,000, and 0 for no limit, like all
    /// rates here.
    pub answers: u32,
    /// Replies a second that a name has no such type.
    pub no_data: u32,
    /// Replies a second that a name does not exist.
    pub nxdomain: u32,
    /// Referrals a second.
    pub referrals: u32,
    /// Replies a second that refuse a request or find fault with it.
    pub errors: u32,
    /// How many seconds' worth of replies may come at once, after a pause: 1 to 60.
    pub window: u32,
    /// Every how many limited replies one is sent, empty and with TC, so that an honest client asks
    /// again over TCP: 1 for all, which costs a victim no more octets than the request had and an honest
    /// client no time-out; 0 for none, at most 15.
    pub slip: u8,
    /// Addresses with this many leading bits in common are one prefix: 8 to 32 of IPv4,
    pub ipv4_prefix: u8,
    /// and 16 to 128 of IPv6.
    pub ipv6_prefix: u8,
    /// Whom nothing here limits.
    pub exempt: Networks,
    /// Buckets in each of two tables, of 8 octets each, taken once: 1024 to 2^26, and rounded up to a
    /// power of two. When a table is full those who came nearest to a limit are remembered.
    pub buckets: usize,
    /// Limits on who walks through numbers.
    pub enumeration: EnumerationLimits,
}

/// Limits on asking for names that are not there, in zones that tell who is registered
/// ([`Zone::is_discovery`](crate::zone::Zone::is_discovery)), over every transport.
///
/// Each such name fills a bucket of the sender's prefix. It drains at `rate`, and by names that were
/// found. Once it is full the prefix is slowed to `rate` replies a second from such zones, whatever it
/// asks for there, until the bucket is half empty. What forgeable requests show counts against
/// forgeable requests only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnumerationLimits {
    /// Names a second that are not there, which anybody may ask for without end; and what a prefix is
    /// slowed to beyond. 1 to 1,000,000; 0 for no limit.
    pub rate: u32,
    /// How many names that are not there fill the bucket: at least 1, and no more than `rate` drains
    /// in a day.
    pub burst: u32,
    /// Up to which share of names that are not there, in percent, a prefix is never slowed, however
    /// much it asks: 0 to 99. With 0 nothing that is found counts in its favour.
    pub harmless_share: u8,
    /// How long a reply is held back over a connection: at most 30 seconds. What would come later is
    /// refused.
    pub longest_delay: Duration,
}

impl Default for RateLimits {
    fn default() -> Self {
        let loopback = [
            IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8)),
            IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)),
        ];
        Self {
            answers: 200,
            no_data: 200,
            nxdomain: 200,
            referrals: 200,
            errors: 50,
            window: 5,
            slip: 1,
            ipv4_prefix: 24,
            ipv6_prefix: 56,
            exempt: loopback.into_iter().collect(),
            buckets: 1 << 18,
            enumeration: EnumerationLimits::default(),
        }
    }
}

impl Default for EnumerationLimits {
    fn default() -> Self {
        Self { rate: 20, burst: 10_000, harmless_share: 50, longest_delay: Duration::from_secs(2) }
    }
}
