//! What a running server attends to: signals, orders, files that change, and what is due.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::control::Order;
use super::orders::Then;
use super::reload::Reloading;

/// How often files of zones are looked at, where that is wanted.
const LOOK: Duration = Duration::from_secs(2);

/// What the system tells a server.
pub(super) struct Signals {
    pub(super) hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(super) fn take() -> std::io::Result<Self> {
        let [hangup, terminate, interrupt] =
            [SignalKind::hangup(), SignalKind::terminate(), SignalKind::interrupt()].map(signal);
        Ok(Self { hangup: hangup?, terminate: terminate?, interrupt: interrupt? })
    }

    /// What comes of `work`; nothing where the server is told to end before.
    pub(super) async fn unless_ended<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let Self { terminate, interrupt, .. } = self;
        unless(terminate, interrupt, work).await
    }

    /// Attends to everything until the server is told to end.
    pub(super) async fn attend(&mut self, orders: &mut mpsc::Receiver<Order>, reloading: &mut Reloading<'_>) {
        let Self { hangup, terminate, interrupt } = self;
        unless(terminate, interrupt, attend(hangup, orders, reloading)).await;
    }
}

async fn unless<T>(
    terminate: &mut Signal,
    interrupt: &mut Signal,
    work: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        () = received(terminate) => None,
        () = received(interrupt) => None,
    }
}

/// Until an order says that the server is to end.
async fn attend(hangup: &mut Signal, orders: &mut mpsc::Receiver<Order>, reloading: &mut Reloading<'_>) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let due = reloading.due_in().map(|time| Instant::now() + time);
        tokio::select! {
            () = received(hangup) => drop(reloading.told(false).await),
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => reloading.due().await,
            _ = looks.tick(), if reloading.config.watch => reloading.look().await,
            Some(Order { request, reply }) = orders.recv() => {
                let (said, then) = reloading.obey(request).await;
                // Whoever asked may have gone.
                let _ = reply.send(said);
                if let Then::End = then {
                    return;
                }
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
