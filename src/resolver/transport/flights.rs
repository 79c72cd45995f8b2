//! A question that is under way is not asked again meanwhile: whoever else has it waits for the same reply.
//!
//! It is asked in a task of its own: whoever asked first may keep its future and not poll it any more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use super::TransportError;
use super::exchange::{Exchange, Exchanging, Reply, Wish};
use crate::record::{Name, Rtype};
use crate::resolver::upstream::Upstream;

type Question = (Name, Rtype, Wish);
type Landed = Result<Reply, TransportError>;

#[derive(Debug)]
pub(super) struct Flights<E> {
    exchange: Arc<E>,
    under_way: Arc<UnderWay>,
}

/// Flights belong to those who wait for them.
#[derive(Debug, Default)]
struct UnderWay(Mutex<HashMap<Question, Weak<Flight>>>);

/// One question that is asked. Dropped with the last who waits for it, and the question with it.
#[derive(Debug)]
struct Flight {
    question: Question,
    under_way: Arc<UnderWay>,
    landed: watch::Receiver<Option<Landed>>,
    task: AbortHandle,
}

impl UnderWay {
    fn lock(&self) -> MutexGuard<'_, HashMap<Question, Weak<Flight>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// Nobody joins it any more: keeping replies is for caches.
    fn is_over(&self) -> bool {
        self.landed.borrow().is_some() || self.landed.has_changed().is_err()
    }

    /// The reply; `None` where the task ended without, as with its runtime.
    async fn reply(&self) -> Option<Landed> {
        let mut landed = self.landed.clone();
        landed.wait_for(Option::is_some).await.ok()?.clone()
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.task.abort();
        let mut under_way = self.under_way.lock();
        // Another may have begun in its place.
        if under_way.get(&self.question).is_some_and(|other| std::ptr::eq(other.as_ptr(), self)) {
            under_way.remove(&self.question);
        }
    }
}

impl<E: Exchange + 'static> Flights<E> {
    pub(super) fn new(exchange: E) -> Self {
        Self { exchange: Arc::new(exchange), under_way: Arc::default() }
    }

    /// The flight of a question, and whether it begins with this.
    fn join(&self, question: Question) -> (Arc<Flight>, bool) {
        let mut under_way = self.under_way.lock();
        let found = under_way.get(&question).and_then(Weak::upgrade);
        let over = match found {
            Some(flight) if !flight.is_over() => return (flight, false),
            found => found,
        };
        let (land, landed) = watch::channel(None);
        let (exchange, asked) = (Arc::clone(&self.exchange), question.clone());
        let task = tokio::spawn(async move {
            let (name, rtype, wish) = &asked;
            let reply = exchange.exchange(name, *rtype, *wish).await;
            // Who has gone meanwhile need not know.
            let _ = land.send(Some(reply));
        });
        let flight = Arc::new(Flight {
            question: question.clone(),
            under_way: Arc::clone(&self.under_way),
            landed,
            task: task.abort_handle(),
        });
        under_way.insert(question, Arc::downgrade(&flight));
        drop(under_way);
        // It may be the last who has it, and what drops it takes the lock.
        drop(over);
        (flight, true)
    }
}

impl<E: Exchange + 'static> Exchange for Flights<E> {
    fn exchange<'a>(&'a self, name: &'a Name, rtype: Rtype, wish: Wish) -> Exchanging<'a> {
        Box::pin(async move {
            loop {
                let (flight, begun) = self.join((name.clone(), rtype, wish));
                match flight.reply().await {
                    // Who came late has time left.
                    Some(Err(TransportError::Timeout)) if !begun => {}
                    Some(reply) => return reply,
                    None if !begun => {}
                    None => return self.exchange.exchange(name, rtype, wish).await,
                }
            }
        })
    }

    /// Nobody joins these, which are few. They too go on without being polled: they may hold a connection or a place that
    /// others wait for.
    fn elsewhere<'a>(
        &'a self,
        name: &'a Name,
        rtype: Rtype,
        wish: Wish,
        heard: &'a [Upstream],
    ) -> Exchanging<'a> {
        Box::pin(async move {
            let (exchange, asked, not_these) = (Arc::clone(&self.exchange), name.clone(), heard.to_vec());
            let mut task = JoinSet::new();
            task.spawn(async move { exchange.elsewhere(&asked, rtype, wish, &not_these).await });
            match task.join_next().await {
                Some(Ok(reply)) => reply,
                // It ended with its runtime.
                Some(Err(_)) | None => self.exchange.elsewhere(name, rtype, wish, heard).await,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures_util::future::{join_all, poll_immediate};

    use super::*;

    /// Counts questions and replies, and takes a second for each.
    #[derive(Debug, Default)]
    struct Slow(AtomicUsize, AtomicUsize);

    impl Exchange for Slow {
        fn exchange<'a>(&'a self, _: &'a Name, _: Rtype, _: Wish) -> Exchanging<'a> {
            Box::pin(async move {
                self.0.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_secs(1)).await;
                self.1.fetch_add(1, Ordering::Relaxed);
                Ok(Reply { authentic: true, ..Reply::default() })
            })
        }

        fn elsewhere<'a>(
            &'a self,
            name: &'a Name,
            rtype: Rtype,
            wish: Wish,
            _: &'a [Upstream],
        ) -> Exchanging<'a> {
            self.exchange(name, rtype, wish)
        }
    }

    impl Flights<Slow> {
        fn counts(&self) -> (usize, usize) {
            (self.exchange.0.load(Ordering::Relaxed), self.under_way.lock().len())
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
    async fn a_question_goes_on_as_long_as_somebody_waits_for_it() {
        let (flights, name) = (Flights::new(Slow::default()), Name::root());
        let briefly = Duration::from_millis(500);
        let gone = tokio::time::timeout(briefly, flights.exchange(&name, Rtype::TXT, Wish::Records));
        let (gone, waited) = tokio::join!(gone, flights.exchange(&name, Rtype::TXT, Wish::Records));
        assert!(gone.is_err() && waited.is_ok());
        assert_eq!(flights.counts(), (1, 0));
        let alone = flights.exchange(&name, Rtype::TXT, Wish::Records);
        tokio::time::timeout(briefly, alone).await.unwrap_err();
        assert_eq!(flights.counts(), (2, 0));
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(flights.exchange.1.load(Ordering::Relaxed), 1, "the question of nobody came to its end");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_one_that_is_not_polled_any_more() {
        let (flights, name) = (Flights::new(Slow::default()), Name::root());
        let mut kept = flights.exchange(&name, Rtype::TXT, Wish::Records);
        assert!(poll_immediate(&mut kept).await.is_none());
        let other = flights.exchange(&name, Rtype::TXT, Wish::Records);
        tokio::time::timeout(Duration::from_secs(2), other).await.unwrap().unwrap();
        assert_eq!(flights.counts().0, 1);
        // Nor does anybody who comes later hear what was said to it.
        flights.exchange(&name, Rtype::TXT, Wish::Records).await.unwrap();
        assert_eq!(flights.counts().0, 2);
        assert!(kept.await.unwrap().authentic);
        assert_eq!(flights.counts(), (2, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_asked_elsewhere_goes_on_without_being_polled_and_ends_with_who_asks() {
        let (flights, name) = (Flights::new(Slow::default()), Name::root());
        let mut kept = flights.elsewhere(&name, Rtype::TXT, Wish::Proofs, &[]);
        assert!(poll_immediate(&mut kept).await.is_none());
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(flights.exchange.1.load(Ordering::Relaxed), 1);
        assert!(kept.await.unwrap().authentic);
        let mut gone = flights.elsewhere(&name, Rtype::TXT, Wish::Proofs, &[]);
        assert!(poll_immediate(&mut gone).await.is_none());
        tokio::time::sleep(Duration::from_millis(500)).await;
        drop(gone);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!((flights.counts(), flights.exchange.1.load(Ordering::Relaxed)), ((2, 0), 1));
    }

    /// Is silent for the first time, and for a second.
    #[derive(Debug, Default)]
    struct Silent(AtomicUsize);

    impl Exchange for Silent {
        fn exchange<'a>(&'a self, _: &'a Name, _: Rtype, _: Wish) -> Exchanging<'a> {
            Box::pin(async move {
                let before = self.0.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_secs(1)).await;
                if before == 0 { Err(TransportError::Timeout) } else { Ok(Reply::default()) }
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_came_late_asks_again_when_time_is_up() {
        let (flights, name) = (Flights::new(Silent::default()), Name::root());
        let late = || async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            flights.exchange(&name, Rtype::TXT, Wish::Records).await
        };
        let first = flights.exchange(&name, Rtype::TXT, Wish::Records);
        let (first, second, third) = tokio::join!(first, late(), late());
        assert_eq!(first, Err(TransportError::Timeout));
        assert!(second.is_ok() && third.is_ok());
        assert_eq!(flights.exchange.0.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn who_waits_asks_by_itself_when_the_runtime_of_the_first_is_gone() {
        let runtime = || {
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
        };
        let (flights, name) = (Flights::new(Slow::default()), Name::root());
        let first = runtime();
        let mut kept = flights.exchange(&name, Rtype::TXT, Wish::Records);
        assert!(first.block_on(poll_immediate(&mut kept)).is_none());
        drop(first);
        runtime().block_on(flights.exchange(&name, Rtype::TXT, Wish::Records)).unwrap();
        runtime().block_on(kept).unwrap();
    }
}
