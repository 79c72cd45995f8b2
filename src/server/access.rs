//! Who is answered at all.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

/// A set of networks. An address is sought among them in time O(log n).
///
/// IPv4-mapped networks (within `::ffff:0:0/96`) are IPv4 networks; so are addresses.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Networks {
    /// First and last address of each, ascending and apart.
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

/// Who is answered. The rest is refused, in the same way over every transport.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Access {
    /// These are refused.
    pub refused: Networks,
    /// Where there are any, all but these are refused.
    pub only: Option<Networks>,
}

impl Networks {
    /// Whether one of them has the address.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(v4) => has(&self.v4, v4.to_bits()),
            IpAddr::V6(v6) => has(&self.v6, v6.to_bits()),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }
}

impl FromIterator<IpNet> for Networks {
    fn from_iter<I: IntoIterator<Item = IpNet>>(networks: I) -> Self {
        const MAPPED: u8 = 96;
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for network in networks {
            let (first, last) = (network.network(), network.broadcast());
            match (first, last, network.prefix_len()) {
                (IpAddr::V4(first), IpAddr::V4(last), _) => v4.push((first.to_bits(), last.to_bits())),
                (IpAddr::V6(first), IpAddr::V6(last), length) => {
                    match (first.to_ipv4_mapped(), last.to_ipv4_mapped()) {
                        (Some(first), Some(last)) if length >= MAPPED => {
                            v4.push((first.to_bits(), last.to_bits()));
                        }
                        _ => v6.push((first.to_bits(), last.to_bits())),
                    }
                }
                _ => unreachable!("a network's addresses are of one family"),
            }
        }
        Self { v4: joined(v4), v6: joined(v6) }
    }
}

impl fmt::Debug for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Networks({} ranges)", self.v4.len() + self.v6.len())
    }
}

impl Access {
    /// Whether this address is answered.
    #[must_use]
    pub fn admits(&self, address: IpAddr) -> bool {
        !self.refused.contain(address) && self.only.as_ref().is_none_or(|only| only.contain(address))
    }
}

fn has<T: Ord + Copy>(ranges: &[(T, T)], address: T) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= address);
    after.checked_sub(1).is_some_and(|at| address <= ranges[at].1)
}

/// Ranges that overlap made one, so that the last that begins before an address tells.
fn joined<T: Ord + Copy>(mut ranges: Vec<(T, T)>) -> Vec<(T, T)> {
    ranges.sort_unstable();
    ranges.dedup_by(|next, before| {
        let within = next.0 <= before.1;
        if within {
            before.1 = before.1.max(next.1);
        }
        within
    });
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(text: &str) -> Networks {
        text.split_whitespace().map(|network| network.parse::<IpNet>().unwrap()).collect()
    }

    fn contain(networks: &Networks, address: &str) -> bool {
        networks.contain(address.parse().unwrap())
    }

    #[test]
    fn networks_within_networks_and_borders() {
        let set = networks("192.0.2.0/24 192.0.2.128/25 10.0.0.0/8 10.1.0.0/16 203.0.113.7/32 2001:db8::/32");
        for inside in [
            "192.0.2.0",
            "192.0.2.255",
            "10.255.255.255",
            "10.1.2.3",
            "10.0.0.0",
            "203.0.113.7",
            "2001:db8:ffff::1",
        ] {
            assert!(contain(&set, inside), "{inside}");
        }
        for outside in [
            "192.0.1.255",
            "192.0.3.0",
            "9.255.255.255",
            "11.0.0.0",
            "203.0.113.8",
            "2001:db7::",
            "2001:db9::",
            "::",
        ] {
            assert!(!contain(&set, outside), "{outside}");
        }
        assert_eq!(format!("{set:?}"), "Networks(4 ranges)");
    }

    #[test]
    fn mapped_addresses_are_ipv4() {
        let set = networks("::ffff:192.0.2.0/120 198.51.100.1/32");
        assert!(contain(&set, "192.0.2.9") && contain(&set, "::ffff:192.0.2.9"));
        assert!(contain(&set, "::ffff:198.51.100.1"));
        // All of IPv6 is not all of IPv4.
        let v6 = networks("::/0");
        assert!(
            contain(&v6, "2001:db8::1") && !contain(&v6, "192.0.2.1") && !contain(&v6, "::ffff:192.0.2.1")
        );
    }

    #[test]
    fn host_bits_and_whole_families() {
        assert!(contain(&networks("192.0.2.77/24"), "192.0.2.1"));
        let all = networks("0.0.0.0/0 ::/0");
        assert!(contain(&all, "255.255.255.255") && contain(&all, "ffff::"));
    }

    #[test]
    fn refused_wins_over_only() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let everybody = Access::default();
        assert!(everybody.admits(address("192.0.2.1")));
        let access = Access { refused: networks("192.0.2.0/25"), only: Some(networks("192.0.2.0/24")) };
        assert!(access.admits(address("192.0.2.200")));
        assert!(!access.admits(address("192.0.2.1")));
        assert!(!access.admits(address("192.0.3.1")));
        let nobody = Access { only: Some(Networks::default()), ..Access::default() };
        assert!(!nobody.admits(address("::1")));
    }
}
