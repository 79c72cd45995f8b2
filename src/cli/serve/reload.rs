//! Loading again: when somebody says so, and when a zone's time is over.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::afterwards;
use super::behind::behind;
use super::cookies::Secrets;
use super::log::Log;
use super::memory;
use super::notify;
use super::orders::faulty;
use super::shelf::{Outcome, Reason, Shelf};
use super::signing::ask_parents;
use super::state::StateFolder;
use super::status::Status;
use crate::cli::args::Serve;
use crate::cli::config::{Checked, Config, Named};
use crate::cli::control::message::ReloadReport;
use crate::clock::UnixTime;
use crate::record::Name;
use crate::server::Handle;
use crate::zone::Catalog;

/// How often the clock is looked at, which may be set, or go on while the machine sleeps.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(60);

/// What a running server was told and holds, so that it can be told again.
pub(super) struct Reloading<'a> {
    pub(super) args: &'a Serve,
    pub(super) config: Config,
    /// What the server started with: some of it counts until it ends.
    pub(super) started: Config,
    pub(super) state: Option<StateFolder>,
    pub(super) secrets: Option<Secrets>,
    pub(super) shelf: Arc<Mutex<Shelf>>,
    pub(super) handle: Handle,
    pub(super) status: Arc<Status>,
    pub(super) log: Log,
}

impl Reloading<'_> {
    /// How long until something may change with time alone: time that is set and machines that were asleep are noticed soon.
    pub(super) fn due_in(&self) -> Duration {
        let now = UnixTime::now();
        let shelf = lock(&self.shelf);
        let zones = shelf.due().map(|due| Duration::from_secs(due.0.saturating_sub(now.0)));
        let keys = look_at_keys_in(shelf.signing.len());
        let secrets = self.secrets.as_ref().and_then(|secrets| secrets.due_in(now));
        // What fails is tried again, but not at once.
        let first = zones.into_iter().chain(secrets).chain(keys).min().unwrap_or(LOOK_AT_CLOCK);
        first.clamp(Duration::from_secs(1), LOOK_AT_CLOCK)
    }

    /// Reads the configuration again, then what has changed of the zones; the server goes on answering.
    ///
    /// The report quotes zone text where that is wanted `in_full`.
    pub(super) async fn told(&mut self, in_full: bool) -> ReloadReport {
        notify::reloading();
        let configuration = self.reconfigure();
        let renewed = self.renew().await;
        let Outcome { loaded, unchanged, removed, errors, .. } = self.load(Reason::Told).await;
        let report = ReloadReport {
            loaded,
            unchanged,
            removed,
            errors: errors + usize::from(!renewed),
            configuration,
            zones: faulty(&self.status, in_full),
            needs_restart: self.config.needs_restart(&self.started).into_iter().map(str::to_owned).collect(),
        };
        self.status.set_configuration_refused(!report.configuration.is_empty());
        self.status.reloaded(report.is_whole());
        match report.errors {
            0 => tracing::info!(loaded, unchanged, removed, errors = 0, "loaded again"),
            errors => tracing::warn!(loaded, unchanged, removed, errors, "loaded again"),
        }
        notify::ready(self.handle.catalog().len());
        report
    }

    /// Reads what has changed of one zone, whether or not its file was found changed, and nothing else. `None` where
    /// no file holds it, nor did.
    pub(super) async fn told_of(&mut self, zone: Name, in_full: bool) -> Option<ReloadReport> {
        if !lock(&self.shelf).holds(&zone) {
            return None;
        }
        notify::reloading();
        let Outcome { loaded, unchanged, removed, errors, .. } =
            self.load_of(Reason::Told, Some(zone.clone())).await;
        let mut zones = if errors > 0 { faulty(&self.status, in_full) } else { Vec::new() };
        let apex = zone.to_string();
        zones.retain(|one| one.served.as_ref().is_none_or(|served| served.zone == apex));
        let report = ReloadReport { loaded, unchanged, removed, errors, zones, ..ReloadReport::default() };
        self.status.reloaded(report.is_whole());
        tracing::info!(%zone, loaded, unchanged, removed, errors, "loaded one zone again");
        notify::ready(self.handle.catalog().len());
        Some(report)
    }

    /// Loads what has changed, where anything has.
    pub(super) async fn look(&mut self) {
        let (shelf, sources) = (Arc::clone(&self.shelf), self.config.zones.clone());
        let looking = tokio::task::spawn_blocking(move || lock(&shelf).look(&sources));
        // A look that panicked has seen nothing.
        if looking.await.unwrap_or(false) {
            let Outcome { loaded, removed, errors, .. } = self.load(Reason::Seen).await;
            if loaded + removed + errors > 0 {
                self.status.reloaded(errors == 0);
                tracing::info!(loaded, removed, errors, "loaded what has changed");
            }
        }
    }

    /// Does what is due: zones are loaded again, the secrets of cookies change.
    pub(super) async fn due(&mut self) {
        let now = UnixTime::now();
        let asks = lock(&self.shelf).signing.parents_to_ask(now);
        if !asks.is_empty() {
            // What they say is noted with the keys, and found there.
            tokio::task::spawn_blocking(move || ask_parents(asks));
        }
        let is_due = lock(&self.shelf).is_due(now);
        if is_due {
            self.load(Reason::Due).await;
        }
        if let Some(secrets) = &mut self.secrets {
            match secrets.rotate_if_due(self.state.as_ref(), now) {
                Ok(true) => {
                    tracing::info!("another secret makes cookies from now on");
                    self.apply();
                }
                Ok(false) => {}
                Err(error) => tracing::error!("the secret of cookies stays: {error:#}"),
            }
        }
    }

    /// Takes the zones to a thread of their own, and serves what comes back.
    async fn load(&mut self, reason: Reason) -> Outcome {
        self.load_of(reason, None).await
    }

    /// Of all zones, or of one.
    async fn load_of(&mut self, reason: Reason, only: Option<Name>) -> Outcome {
        let shelf = Arc::clone(&self.shelf);
        let sources = self.config.zones.clone();
        let (signing, keys) = (self.config.signing.clone(), self.started.keys.clone());
        let handle = self.handle.clone();
        let work = move || {
            let mut shelf = lock(&shelf);
            if reason == Reason::Told {
                shelf.signing.configure(signing, keys);
            }
            let outcome = match &only {
                Some(zone) => shelf.load_zone(zone, &sources, UnixTime::now()),
                None => shelf.load(&sources, reason, UnixTime::now()),
            };
            let former = handle.replace(shelf.catalog().clone());
            shelf.published(UnixTime::now());
            free(former);
            if outcome.loaded + outcome.removed > 0 {
                memory::give_back();
            }
            (outcome, shelf.status())
        };
        match tokio::task::spawn_blocking(|| behind(work)).await {
            Ok((outcome, files)) => {
                self.status.set_files(files);
                if outcome.loaded > 0 {
                    afterwards::begin(&self.status);
                }
                outcome
            }
            Err(error) => {
                tracing::error!(%error, "loading failed: still serving what was there before");
                Outcome { errors: 1, ..Outcome::default() }
            }
        }
    }

    /// Applies what can change while the server runs, and says what can't. Returns what is wrong with the new
    /// configuration: then nothing of it counts.
    fn reconfigure(&mut self) -> Vec<String> {
        if self.args.config.is_none() {
            return Vec::new();
        }
        let Checked { config, findings } = Config::told(self.args, Named::MayBeGone);
        for finding in &findings {
            tracing::error!("{finding}");
        }
        let Some(config) = config else {
            tracing::error!("the configuration has errors: the settings stay as they were");
            return findings.iter().map(ToString::to_string).collect();
        };
        for key in config.needs_restart(&self.started) {
            tracing::warn!(key, "changed in the configuration: it counts from the next start on");
        }
        if config.log_level != self.config.log_level {
            self.log.set_level(config.log_level);
            self.status.set_log_level(config.log_level);
        }
        self.config = config;
        let opened = Secrets::open_again(
            &mut self.secrets,
            &self.config.cookies,
            self.state.as_ref(),
            UnixTime::now(),
        );
        self.apply();
        let Err(error) = opened else { return Vec::new() };
        tracing::error!("{error:#}: cookies stay as they were");
        vec![format!("{error:#}: cookies stay as they were")]
    }

    /// Reads the certificate again where it has changed, sooner than the server would by itself. False where it
    /// stays as it was since what stands in its files is of no use.
    async fn renew(&self) -> bool {
        let Some(certificates) = self.status.certificates().cloned() else { return true };
        let reading = Arc::clone(&certificates);
        match tokio::task::spawn_blocking(move || reading.reload_if_changed()).await {
            Ok(Ok(true)) => tracing::info!("the certificate has changed and was loaded again"),
            Ok(Err(error)) => {
                tracing::error!(%error, "still showing the certificate that was there before");
            }
            // Nothing has changed; or the server is ending.
            Ok(Ok(false)) | Err(_) => {}
        }
        !certificates.is_outdated()
    }

    /// Answers as the configuration says from the next request on.
    fn apply(&self) {
        let secrets = self.secrets.as_ref().map(|secrets| secrets.get().clone());
        self.handle.set_settings(self.config.settings(secrets));
        self.handle.set_rate_limits(self.config.rates.clone());
    }
}

/// How soon somebody's changes of keys are noticed: looking at some thousand folders takes a moment itself.
fn look_at_keys_in(zones: usize) -> Option<Duration> {
    (zones > 0).then(|| Duration::from_millis(zones as u64).max(Duration::from_secs(1)))
}

/// Frees what is served no more, once nothing is answered from it: here, so that no thread that answers does it, and
/// before what is free is given back.
fn free(former: Arc<Catalog>) {
    // Answers that wait to be sent may hold it for longer: then it is theirs.
    for _ in 0..1000 {
        if Arc::strong_count(&former) == 1 {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A loader that panicked left each zone as it was or as it is.
fn lock(shelf: &Mutex<Shelf>) -> MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}
