//! What a running server does when it is asked or told something over its control socket.
//!
//! All but loading again is done where it is asked: what is asked is answered from what is shared, and waits neither
//! for the first load nor for a reload.

use std::sync::Arc;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc, oneshot};

use super::health::readiness;
use super::log::Log;
use super::shelf::FileStatus;
use super::status::{Reload, Status};
use crate::cli::config::LogLevel;
use crate::cli::control::message::{
    ReloadReport, Reply, Request, ServedReport, SignedReport, StatusReport, ZoneReport,
};
use crate::record::{Name, NameError};
use crate::server::Handle;

/// Reloads that wait: fewer than connections, so that whoever asks how the server is finds a place.
const WAITING: usize = 8;

/// A wish that everything be loaded again, or one zone, and where the report goes: none where no file holds that zone.
pub(super) struct Order {
    pub(super) zone: Option<Name>,
    pub(super) in_full: bool,
    pub(super) reply: oneshot::Sender<Option<ReloadReport>>,
}

/// What is shared by those who serve the control socket.
pub(super) struct Desk {
    status: Arc<Status>,
    log: Log,
    orders: mpsc::Sender<Order>,
    /// Told when the server is to end.
    stop: Arc<Notify>,
}

impl Desk {
    /// And where its orders come, and its wish that the server end.
    pub(super) fn new(status: Arc<Status>, log: Log) -> (Self, mpsc::Receiver<Order>, Arc<Notify>) {
        let (orders, receiver) = mpsc::channel(WAITING);
        let stop = Arc::new(Notify::new());
        (Self { status, log, orders, stop: Arc::clone(&stop) }, receiver, stop)
    }

    /// Answers, or carries it out. A wish that the server end is only acknowledged: see [`Desk::end`].
    pub(super) async fn obey(&self, request: Request) -> Reply {
        let done = |message: &str| Reply::Done { message: message.to_owned() };
        match request {
            Request::Status {} => Reply::Status(status_report(&self.status)),
            Request::Zones { zone, in_full } => zones(&self.status, zone.as_deref(), in_full),
            Request::Stop {} => done("ending"),
            _ if self.status.is_ending() => ending(),
            Request::Reload { zone, in_full } => match zone.as_deref().map(str::parse).transpose() {
                Ok(zone) => self.reload(zone, in_full).await,
                Err(error) => no_name(error),
            },
            Request::ForgetLimits {} => {
                if let Some(handle) = self.status.handle() {
                    handle.forget_limits();
                }
                tracing::info!("told to forget who is limited");
                done("nobody is limited by what was seen so far")
            }
            Request::LogLevel { level } => match LogLevel::from_word(&level) {
                Some(level) => {
                    self.log.set_level(level);
                    self.status.set_log_level(level);
                    // Not `level`, which in JSON is the line's own.
                    tracing::info!(now = level.word(), "told to log so much");
                    done("logged like this until the server ends, or a reload finds another `log.level`")
                }
                None => Reply::Refused {
                    message: format!("`{level}` is no level; there are {}", LogLevel::WORDS.join(", ")),
                },
            },
            Request::Drain {} => {
                self.status.set_draining(true);
                tracing::info!("told to drain: /ready says no");
                done("draining: /ready says no, and everything is answered")
            }
            Request::Resume {} => {
                self.status.set_draining(false);
                tracing::info!("told to resume");
                done("resumed")
            }
        }
    }

    /// Has the server end: after its reply was sent, which an ending server may not come to.
    pub(super) fn end(&self) {
        self.stop.notify_one();
    }

    /// Waits for the reload before it, and for the first load.
    async fn reload(&self, zone: Option<Name>, in_full: bool) -> Reply {
        let (reply, replied) = oneshot::channel();
        match self.orders.try_send(Order { zone: zone.clone(), in_full, reply }) {
            Ok(()) => match (replied.await, zone) {
                (Ok(Some(report)), _) => Reply::Reloaded(report),
                (Ok(None), Some(apex)) => not_served(&apex),
                _ => ending(),
            },
            Err(TrySendError::Closed(_)) => ending(),
            Err(TrySendError::Full(_)) => {
                Reply::Refused { message: format!("{WAITING} reloads wait already") }
            }
        }
    }
}

fn no_name(error: NameError) -> Reply {
    Reply::Refused { message: format!("no name of a zone: {error}") }
}

fn not_served(apex: &Name) -> Reply {
    Reply::Refused { message: format!("{apex} is not served") }
}

fn ending() -> Reply {
    Reply::Refused { message: "the server is ending".to_owned() }
}

fn status_report(status: &Status) -> StatusReport {
    let (ready, notes) = readiness(status);
    let files = status.files();
    let served = || files.iter().filter_map(|file| file.zone.as_ref());
    StatusReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        started: status.started.0,
        ready,
        notes,
        listening: status.addresses().to_vec(),
        files: files.len(),
        zones: served().count(),
        names: served().map(|zone| zone.names).sum(),
        connections: status.handle().map_or(0, Handle::connections),
        requests: status.handle().map_or(0, |handle| handle.counts().total()),
        reloads_done: status.reloads(Reload::Done),
        reloads_partial: status.reloads(Reload::Partial),
        log_level: status.log_level().word().to_owned(),
    }
}

fn zones(status: &Status, zone: Option<&str>, in_full: bool) -> Reply {
    let apex = match zone.map(str::parse::<Name>).transpose() {
        Ok(apex) => apex,
        Err(error) => return no_name(error),
    };
    let wanted = |file: &&FileStatus| match (&apex, &file.zone) {
        (None, _) => true,
        (Some(apex), Some(zone)) => zone.apex == *apex,
        (Some(_), None) => false,
    };
    let zones: Vec<_> =
        status.files().iter().filter(wanted).map(|file| report(file, status, in_full)).collect();
    match (apex, zones.is_empty()) {
        (Some(apex), true) => not_served(&apex),
        _ => Reply::Zones { zones },
    }
}

fn report(file: &FileStatus, status: &Status, in_full: bool) -> ZoneReport {
    let ends = file.zone.as_ref().and_then(|zone| status.ends().get(&zone.apex).cloned());
    let served = file.zone.as_ref().map(|zone| ServedReport {
        zone: zone.apex.to_string(),
        serial: zone.serial,
        names: zone.names,
        loaded: zone.loaded_at.0,
        took_ms: u64::try_from(zone.took.as_millis()).unwrap_or(u64::MAX),
        from: zone.origin.word().to_owned(),
        due: zone.due.map(|due| due.0),
        signatures_begin: zone.signatures_begin(ends.as_ref()).map(|begin| begin.0),
        signatures_end: zone.signatures_end(ends.as_ref()).map(|end| end.0),
        statements_end: ends.as_ref().and_then(|ends| Some(ends.statements?.0)),
        signed: zone.signing.as_ref().map(|signing| SignedReport {
            expires: signing.expires.map(|end| end.0),
            fault: signing.fault.clone(),
        }),
    });
    ZoneReport {
        file: file.file.display().to_string(),
        fault: file.fault.map(|fault| fault.words().to_owned()),
        errors: file
            .errors
            .iter()
            .map(|error| if in_full { error.to_string() } else { error.for_log().to_string() })
            .collect(),
        served,
    }
}

/// Files whose zones are not served as they stand there.
pub(super) fn faulty(status: &Status, in_full: bool) -> Vec<ZoneReport> {
    let is_faulty = |file: &&FileStatus| {
        let unsigned = file.zone.as_ref().and_then(|zone| zone.signing.as_ref()?.fault.as_ref());
        file.fault.is_some() || unsigned.is_some()
    };
    status.files().iter().filter(is_faulty).map(|file| report(file, status, in_full)).collect()
}
