//! Places for connections, of all transports that have them together.
//!
//! Where all are taken, a newcomer gets the place of the connection that is idle for longest among
//! those of the peer that holds most. So a crowd of idle connections keeps nobody out, and a peer
//! that opens many takes them from itself. Source: RFC 7766 §6.2.3 and §10.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::config::ConnectionLimits;
use super::server::peer_prefix;

/// Connections that are open, for the limits on them.
pub(super) struct Connections {
    limits: ConnectionLimits,
    start: Instant,
    open: Mutex<Open>,
}

/// One connection's place among the others; given back on drop.
pub(super) struct Slot {
    connections: Arc<Connections>,
    peer: IpAddr,
    seat: Arc<Seat>,
}

struct Seat {
    id: u64,
    /// When the client last did what it is here for, in milliseconds. Not under the lock: it
    /// changes with every request.
    stirred: AtomicU64,
    /// The value of `stirred` under which the seat is filed in [`Peer::seats`].
    filed: AtomicU64,
    taken: Notify,
}

#[derive(Default)]
struct Open {
    total: usize,
    /// Connections that have lost their place since the start.
    replaced: u64,
    seats_ever: u64,
    peers: HashMap<IpAddr, Peer>,
    /// Who loses a place first: holds most, then has the one that is idle for longest. Times are
    /// those under which seats are filed, and looked at again before a place is taken.
    order: BTreeSet<Standing>,
}

type Standing = (Reverse<usize>, u64, IpAddr);

#[derive(Default)]
struct Peer {
    /// By the time at which they were filed, and number.
    seats: BTreeMap<(u64, u64), Arc<Seat>>,
}

impl Connections {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        Self { limits, start: Instant::now(), open: Mutex::default() }
    }

    /// A place for a connection, another's where none is free; `None` where the limits allow none.
    pub(super) fn admit(self: &Arc<Self>, peer: SocketAddr) -> Option<Slot> {
        let peer = peer_prefix(peer);
        let mut open = self.lock();
        if self.limits.connections == 0 || self.limits.connections_per_peer == 0 {
            return None;
        }
        if open.held_by(peer) >= self.limits.connections_per_peer {
            open.take_from(peer);
        } else if open.total >= self.limits.connections {
            open.take_from_most();
        }
        Some(self.seat(&mut open, peer))
    }

    /// A place that is free; `None` where there is none. For peers whose address may be forged:
    /// they take nothing from anybody.
    #[cfg(feature = "encrypted")]
    pub(super) fn admit_if_free(self: &Arc<Self>, peer: SocketAddr) -> Option<Slot> {
        let peer = peer_prefix(peer);
        let mut open = self.lock();
        let is_free =
            open.total < self.limits.connections && open.held_by(peer) < self.limits.connections_per_peer;
        is_free.then(|| self.seat(&mut open, peer))
    }

    /// How many are open.
    pub(super) fn len(&self) -> usize {
        self.lock().total
    }

    /// How many were closed since the start for a newcomer.
    pub(super) fn replaced(&self) -> u64 {
        self.lock().replaced
    }

    /// Closes the connection that a newcomer would replace: for when the system has no more of them.
    pub(super) fn make_room(&self) {
        self.lock().take_from_most();
    }

    /// How long a connection may go without a whole request or reply.
    pub(super) fn idle(&self) -> Duration {
        self.limits.idle
    }

    fn seat(self: &Arc<Self>, open: &mut Open, peer: IpAddr) -> Slot {
        let now = self.now();
        let seat = Arc::new(Seat {
            id: open.seats_ever,
            stirred: AtomicU64::new(now),
            filed: AtomicU64::new(now),
            taken: Notify::new(),
        });
        open.seats_ever += 1;
        open.change(peer, |of_peer| of_peer.seats.insert((now, seat.id), Arc::clone(&seat)));
        Slot { connections: Arc::clone(self), peer, seat }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// How long the connection may go without a whole request or reply.
    pub(super) fn idle(&self) -> Duration {
        self.connections.idle()
    }

    /// The client has asked a whole request, or taken a whole reply.
    pub(super) fn stir(&self) {
        self.seat.stirred.store(self.connections.now(), Ordering::Relaxed);
    }

    /// Waits until the connection has not stirred for as long as it may be idle.
    #[cfg(feature = "encrypted")]
    pub(super) async fn expired(&self) {
        loop {
            let since = self.connections.now().saturating_sub(self.seat.stirred.load(Ordering::Relaxed));
            match self.idle().checked_sub(Duration::from_millis(since)) {
                None | Some(Duration::ZERO) => return,
                Some(left) => tokio::time::sleep(left).await,
            }
        }
    }

    /// Waits until another connection takes this one's place: it has to close at once.
    pub(super) async fn taken(&self) {
        self.seat.taken.notified().await;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        let key = (self.seat.filed.load(Ordering::Relaxed), self.seat.id);
        // Nothing where the place was taken.
        open.change(self.peer, |of_peer| of_peer.seats.remove(&key));
    }
}

impl Open {
    fn held_by(&self, peer: IpAddr) -> usize {
        self.peers.get(&peer).map_or(0, |of_peer| of_peer.seats.len())
    }

    /// The only way to touch a peer's seats: keeps total and order true.
    fn change<T>(&mut self, peer: IpAddr, change: impl FnOnce(&mut Peer) -> T) -> T {
        let of_peer = self.peers.entry(peer).or_default();
        if let Some(standing) = of_peer.standing(peer) {
            self.order.remove(&standing);
        }
        self.total -= of_peer.seats.len();
        let value = change(of_peer);
        self.total += of_peer.seats.len();
        match of_peer.standing(peer) {
            Some(standing) => {
                self.order.insert(standing);
            }
            None => {
                self.peers.remove(&peer);
            }
        }
        value
    }

    fn take_from(&mut self, peer: IpAddr) {
        self.change(peer, |of_peer| {
            of_peer.update();
            if let Some((_, seat)) = of_peer.seats.pop_first() {
                seat.taken.notify_one();
            }
        });
        self.replaced += 1;
    }

    fn take_from_most(&mut self) {
        // Each turn but the last files a seat that has stirred since, so requests pay for turns. The
        // bound is for those that stir while this runs.
        for _ in 0..=self.order.len() {
            let Some(&first) = self.order.first() else { return };
            self.change(first.2, Peer::update);
            if self.order.first() == Some(&first) {
                break;
            }
        }
        if let Some(&(_, _, peer)) = self.order.first() {
            self.take_from(peer);
        }
    }
}

impl Peer {
    fn standing(&self, peer: IpAddr) -> Option<Standing> {
        let (&(filed, _), _) = self.seats.first_key_value()?;
        Some((Reverse(self.seats.len()), filed, peer))
    }

    /// Files seats that have stirred anew, until the first has not.
    fn update(&mut self) {
        for _ in 0..self.seats.len() {
            let Some(first) = self.seats.first_entry() else { return };
            let stirred = first.get().stirred.load(Ordering::Relaxed);
            if stirred <= first.key().0 {
                return;
            }
            let seat = first.remove();
            seat.filed.store(stirred, Ordering::Relaxed);
            self.seats.insert((stirred, seat.id), seat);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(total: usize, per_peer: usize) -> Arc<Connections> {
        let limits = ConnectionLimits {
            connections: total,
            connections_per_peer: per_peer,
            ..ConnectionLimits::default()
        };
        Arc::new(Connections::new(limits))
    }

    fn peer(text: &str) -> SocketAddr {
        SocketAddr::new(text.parse().unwrap(), 1)
    }

    /// As if it had happened at this time.
    fn stir_at(slot: &Slot, millis: u64) {
        slot.seat.stirred.store(millis, Ordering::Relaxed);
    }

    fn is_taken(slot: &Slot) -> bool {
        use std::future::Future;
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        std::pin::pin!(slot.taken()).poll(&mut context).is_ready()
    }

    #[test]
    fn places_are_given_back() {
        let connections = connections(3, 2);
        let first = connections.admit(peer("192.0.2.1")).unwrap();
        let second = connections.admit(peer("::ffff:192.0.2.1")).unwrap();
        let third = connections.admit(peer("2001:db8::1")).unwrap();
        assert_eq!(connections.lock().total, 3);
        assert_eq!(connections.lock().peers.len(), 2);
        drop((first, second, third));
        let open = connections.lock();
        assert_eq!((open.total, open.peers.len(), open.order.len()), (0, 0, 0));
    }

    #[test]
    fn a_peer_at_its_limit_takes_its_own_longest_idle_place() {
        let connections = connections(10, 2);
        let (first, second) = (
            connections.admit(peer("2001:db8::1")).unwrap(),
            connections.admit(peer("2001:db8::2")).unwrap(),
        );
        let other = connections.admit(peer("2001:db8:0:1::1")).unwrap();
        stir_at(&first, 9);
        stir_at(&second, 8);
        stir_at(&other, 7);
        let _third = connections.admit(peer("2001:db8::3")).unwrap();
        assert_eq!([&first, &second, &other].map(is_taken), [false, true, false]);
        assert_eq!((connections.len(), connections.replaced()), (3, 1));
        drop(second);
        assert_eq!(connections.lock().total, 3, "given back once");
    }

    #[test]
    fn where_all_are_taken_the_peer_with_most_loses_its_longest_idle() {
        let connections = connections(4, 4);
        let many = [(); 3].map(|()| connections.admit(peer("192.0.2.1")).unwrap());
        let one = connections.admit(peer("192.0.2.2")).unwrap();
        for (slot, time) in many.iter().zip([30, 10, 20]) {
            stir_at(slot, time);
        }
        stir_at(&one, 1);
        let _newcomer = connections.admit(peer("192.0.2.3")).unwrap();
        assert_eq!(many.each_ref().map(is_taken), [false, true, false]);
        assert!(!is_taken(&one));
    }

    #[test]
    fn among_equals_the_longest_idle_loses() {
        let connections = connections(200, 4);
        let mut slots: Vec<_> = (0..200_u8)
            .map(|host| connections.admit(SocketAddr::from(([192, 0, 2, host], 1))).unwrap())
            .collect();
        for (slot, time) in slots.iter().zip(1_000..) {
            stir_at(slot, time);
        }
        stir_at(&slots[7], 500);
        let newcomers: Vec<_> = (0..6_u8)
            .map(|host| connections.admit(SocketAddr::from(([198, 51, 100, host], 1))).unwrap())
            .collect();
        assert!(is_taken(&slots.remove(7)));
        assert_eq!(
            newcomers.iter().filter(|slot| is_taken(slot)).count(),
            5,
            "the others have stirred later"
        );
        assert_eq!(connections.lock().total, 200);
    }

    #[test]
    fn a_forged_address_takes_nothing() {
        let connections = connections(2, 1);
        let slot = connections.admit_if_free(peer("192.0.2.1")).unwrap();
        assert!(connections.admit_if_free(peer("192.0.2.1")).is_none());
        let _other = connections.admit_if_free(peer("192.0.2.2")).unwrap();
        assert!(connections.admit_if_free(peer("192.0.2.3")).is_none());
        assert!(!is_taken(&slot));
    }

    #[test]
    fn no_places_at_all() {
        assert!(connections(0, 1).admit(peer("192.0.2.1")).is_none());
        assert!(connections(1, 0).admit(peer("192.0.2.1")).is_none());
        connections(1, 1).make_room();
    }
}
