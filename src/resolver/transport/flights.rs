//! A question that is under way is not asked again meanwhile: whoever else has it waits for the same reply.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Lock, PoisonError};

use tokio::sync::Mutex;

use super::TransportError;
use super::exchange::{Exchange, Exchanging, Reply, Wish};
use crate::record::{Name, Rtype};

type Question = (Name, Rtype, Wish);
/// Locked by whoever asks; the reply for those who waited.
type Flight = Arc<Mutex<Option<Result<Reply, TransportError>>>>;

#[derive(Debug, Default)]
pub(super) struct Flights<E> {
    exchange: E,
    under_way: Lock<HashMap<Question, Flight>>,
}

impl<E> Flights<E> {
    pub(super) fn new(exchange: E) -> Self {
        Self { exchange, under_way: Lock::default() }
    }

    fn join(&self, question: &Question) -> Flight {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(under_way.entry(question.clone()).or_default())
    }

    /// Nobody joins it any more; says whether somebody waits for it.
    fn land(&self, question: &Question, flight: &Flight) -> bool {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if under_way.get(question).is_some_and(|other| Arc::ptr_eq(other, flight)) {
            under_way.remove(question);
        }
        Arc::strong_count(flight) > 1
    }
}

/// Takes a flight off where whoever asked is dropped before the reply, and nobody waits to ask in its place.
struct Asking<'a, E> {
    flights: &'a Flights<E>,
    question: Question,
    flight: Flight,
}

impl<E> Drop for Asking<'_, E> {
    fn drop(&mut self) {
        let mut under_way = self.flights.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        // Let go under the lock, so that of two that go at the same time the second sees it.
        let flight = std::mem::take(&mut self.flight);
        // One is this, the other the table's.
        if Arc::strong_count(&flight) <= 2
            && under_way.get(&self.question).is_some_and(|other| Arc::ptr_eq(other, &flight))
        {
            under_way.remove(&self.question);
        }
        drop(flight);
    }
}

impl<E: Exchange> Exchange for Flights<E> {
    fn exchange<'a>(&'a self, name: &'a Name, rtype: Rtype, wish: Wish) -> Exchanging<'a> {
        Box::pin(async move {
            let question = (name.clone(), rtype, wish);
            let flight = self.join(&question);
            let asking = Asking { flights: self, question, flight };
            let mut place = asking.flight.lock().await;
            if let Some(reply) = &*place {
                return reply.clone();
            }
            let reply = self.exchange.exchange(name, rtype, wish).await;
            // Who came late has time left.
            let is_out_of_time = matches!(reply, Err(TransportError::Timeout));
            if self.land(&asking.question, &asking.flight) && !is_out_of_time {
                *place = Some(reply.clone());
            }
            reply
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures_util::future::join_all;

    use super::*;

    /// Counts, and takes a second for each question.
    #[derive(Debug, Default)]
    struct Slow(AtomicUsize);

    impl Exchange for Slow {
        fn exchange<'a>(&'a self, _: &'a Name, _: Rtype, _: Wish) -> Exchanging<'a> {
            Box::pin(async move {
                self.0.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok(Reply { authentic: true, ..Reply::default() })
            })
        }
    }

    impl Flights<Slow> {
        fn counts(&self) -> (usize, usize) {
            (self.exchange.0.load(Ordering::Relaxed), self.under_way.lock().unwrap().len())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_many_ask_at_the_same_time_is_asked_once() {
        let (flights, name, other) = (Flights::new(Slow::default()), Name::root(), "a".parse().unwrap());
        let asking = (0..20).map(|_| flights.exchange(&name, Rtype::TXT, Wish::Records));
        let replies = join_all(asking).await;
        assert!(replies.into_iter().all(|reply| reply.is_ok_and(|reply| reply.authentic)));
        assert_eq!(flights.counts(), (1, 0));
        let differ = [
            (&name, Rtype::TXT, Wish::Proofs),
            (&name, Rtype::A, Wish::Proofs),
            (&other, Rtype::A, Wish::Proofs),
        ];
        join_all(differ.map(|(name, rtype, wish)| flights.exchange(name, rtype, wish))).await;
        assert_eq!(flights.counts(), (4, 0));
        // What was asked before is asked again: keeping it is for caches.
        flights.exchange(&name, Rtype::TXT, Wish::Records).await.unwrap();
        assert_eq!(flights.counts(), (5, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_asks_in_the_place_of_one_that_is_gone() {
        let (flights, name) = (Flights::new(Slow::default()), Name::root());
        let briefly = Duration::from_millis(500);
        let gone = tokio::time::timeout(briefly, flights.exchange(&name, Rtype::TXT, Wish::Records));
        let (gone, waited) = tokio::join!(gone, flights.exchange(&name, Rtype::TXT, Wish::Records));
        assert!(gone.is_err() && waited.is_ok());
        assert_eq!(flights.counts(), (2, 0));
        let alone = flights.exchange(&name, Rtype::TXT, Wish::Records);
        tokio::time::timeout(briefly, alone).await.unwrap_err();
        assert_eq!(flights.counts(), (3, 0));
    }
}
