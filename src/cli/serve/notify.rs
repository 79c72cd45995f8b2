//! What systemd is told, where it started the server: sd_notify(3). Elsewhere nothing is.

use std::sync::Arc;

use sd_notify::{NotifyState, notify, watchdog_enabled};

use super::health::health;
use super::status::Status;

/// It answers.
pub(super) fn ready(zones: usize) {
    tell(&[NotifyState::Ready, NotifyState::Status(&serving(zones))]);
}

/// It loads again; [`ready`] says when that is over.
pub(super) fn reloading() {
    let Ok(now) = NotifyState::monotonic_usec_now() else { return };
    tell(&[NotifyState::Reloading, now, NotifyState::Status("loading again")]);
}

/// It ends.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("ending")]);
}

/// Says all the time that the engine answers, as often as is wanted and as long as it does.
pub(super) fn keep_watchdog(status: Arc<Status>) {
    let Some(within) = watchdog_enabled() else { return };
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(within / 2);
        loop {
            ticks.tick().await;
            if health(&status).0 {
                tell(&[NotifyState::Watchdog]);
            }
        }
    });
}

fn serving(zones: usize) -> String {
    format!("serving {zones} zones")
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = notify(state) {
        tracing::debug!(%error, "systemd was not told");
    }
}
