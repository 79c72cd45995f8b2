//! Places for connections, of all transports that have them together.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::config::TcpLimits;
use super::server::peer_prefix;

/// Connections that are open, for the limits on them.
pub(super) struct Connections {
    limits: TcpLimits,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    total: usize,
    by_peer: HashMap<IpAddr, usize>,
}

/// One connection's place among the others; given back on drop.
pub(super) struct Slot {
    connections: Arc<Connections>,
    peer: IpAddr,
}

impl Connections {
    pub(super) fn new(limits: TcpLimits) -> Self {
        Self { limits, open: Mutex::default() }
    }

    /// A place for a connection; `None` where there is none.
    pub(super) fn admit(self: &Arc<Self>, peer: SocketAddr) -> Option<Slot> {
        let peer = peer_prefix(peer);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_peer = open.by_peer.get(&peer).copied().unwrap_or(0);
        if open.total >= self.limits.connections || of_peer >= self.limits.connections_per_peer {
            return None;
        }
        open.total += 1;
        open.by_peer.insert(peer, of_peer + 1);
        Some(Slot { connections: Arc::clone(self), peer })
    }
}

impl Slot {
    /// How long the connection may go without a whole request or reply.
    pub(super) fn idle(&self) -> Duration {
        self.connections.limits.idle
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total -= 1;
        if let Some(count) = open.by_peer.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                open.by_peer.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_back() {
        let limits = TcpLimits { connections: 3, connections_per_peer: 2, ..TcpLimits::default() };
        let connections = Arc::new(Connections::new(limits));
        let peer = |text: &str| text.parse::<SocketAddr>().unwrap();
        let first = connections.admit(peer("192.0.2.1:1")).unwrap();
        let _second = connections.admit(peer("[::ffff:192.0.2.1]:2")).unwrap();
        assert!(connections.admit(peer("192.0.2.1:3")).is_none(), "two from one address");
        let _third = connections.admit(peer("[2001:db8::1]:1")).unwrap();
        assert!(connections.admit(peer("[2001:db8::2]:1")).is_none(), "three in all");
        drop(first);
        assert!(connections.admit(peer("192.0.2.1:4")).is_some());
        assert_eq!(connections.open.lock().unwrap().by_peer.len(), 2);
    }
}
