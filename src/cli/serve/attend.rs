//! What a running server attends to: signals, orders, files that change, and what is due.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::orders::Order;
use super::reload::Reloading;

/// How often files of zones are looked at, where that is wanted.
const LOOK: Duration = Duration::from_secs(2);

/// What the system tells a server, and that it is to end, whoever says so.
pub(super) struct Signals {
    pub(super) hangup: Signal,
    end: End,
}

struct End {
    terminate: Signal,
    interrupt: Signal,
    /// Over the control socket.
    stop: Arc<Notify>,
}

impl Signals {
    pub(super) fn take(stop: Arc<Notify>) -> std::io::Result<Self> {
        let [hangup, terminate, interrupt] =
            [SignalKind::hangup(), SignalKind::terminate(), SignalKind::interrupt()].map(signal);
        Ok(Self { hangup: hangup?, end: End { terminate: terminate?, interrupt: interrupt?, stop } })
    }

    /// What comes of `work`; nothing where the server is told to end before.
    pub(super) async fn unless_ended<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        self.end.comes_before(work).await
    }

    /// Attends to everything until the server is told to end.
    pub(super) async fn attend(&mut self, orders: &mut mpsc::Receiver<Order>, reloading: &mut Reloading<'_>) {
        let Self { hangup, end } = self;
        end.comes_before(attend(hangup, orders, reloading)).await;
    }
}

impl End {
    async fn comes_before<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let Self { terminate, interrupt, stop } = self;
        tokio::select! {
            done = work => Some(done),
            () = received(terminate) => None,
            () = received(interrupt) => None,
            () = stop.notified() => None,
        }
    }
}

/// For ever.
async fn attend(hangup: &mut Signal, orders: &mut mpsc::Receiver<Order>, reloading: &mut Reloading<'_>) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let due = Instant::now() + reloading.due_in();
        tokio::select! {
            () = received(hangup) => drop(reloading.told(false).await),
            () = sleep_until(due) => reloading.due().await,
            _ = looks.tick(), if reloading.config.watch => reloading.look().await,
            Some(Order { zone, in_full, reply }) = orders.recv() => {
                let report = match zone {
                    Some(zone) => reloading.told_of(zone, in_full).await,
                    None => Some(reloading.told(in_full).await),
                };
                // Whoever asked may have gone.
                let _ = reply.send(report);
            }
        }
    }
}

/// A signal, or never where the system sends no more of them.
async fn received(signal: &mut Signal) {
    if signal.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}
