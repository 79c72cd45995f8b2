//! What counts as one sender.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// The leading bits of an address; IPv4-mapped addresses are IPv4 addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Prefix(IpNet);

impl Prefix {
    /// The prefix that `address` is in, of `v4` or `v6` bits.
    pub(super) fn of(address: IpAddr, v4: u8, v6: u8) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => Ipv4Net::new(address, v4)
                .map_or_else(|_| IpNet::from(IpAddr::V4(address)), |net| net.trunc().into()),
            IpAddr::V6(address) => Ipv6Net::new(address, v6)
                .map_or_else(|_| IpNet::from(IpAddr::V6(address)), |net| net.trunc().into()),
        })
    }

    pub(super) const fn network(self) -> IpNet {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes() {
        for (address, expected) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:23ff:1::1", "2001:db8:1:2300::/56"),
            ("::1", "::/56"),
        ] {
            let prefix = Prefix::of(address.parse().unwrap(), 24, 56);
            assert_eq!(prefix.network().to_string(), expected);
        }
        assert_eq!(Prefix::of("192.0.2.77".parse().unwrap(), 32, 128).network().to_string(), "192.0.2.77/32");
    }
}
