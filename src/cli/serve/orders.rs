//! What a running server does when it is asked or told something over its control socket.

use super::health::readiness;
use super::reload::Reloading;
use super::shelf::FileStatus;
use super::status::{Reload, Status};
use crate::cli::config::LogLevel;
use crate::cli::control::message::{
    ReloadReport, Reply, Request, ServedReport, SignedReport, StatusReport, ZoneReport,
};
use crate::record::Name;

/// What comes after an order.
pub(super) enum Then {
    GoOn,
    End,
}

impl Reloading<'_> {
    /// Carries it out.
    pub(super) async fn obey(&mut self, request: Request) -> (Reply, Then) {
        let done = |message: &str| Reply::Done { message: message.to_owned() };
        let reply = match request {
            Request::Status {} => Reply::Status(self.status_report()),
            Request::Zones { zone, in_full } => zones(&self.status, zone.as_deref(), in_full),
            Request::Reload { in_full } => Reply::Reloaded(self.told(in_full).await),
            Request::ForgetLimits {} => {
                self.handle.forget_limits();
                tracing::info!("told to forget who is limited");
                done("nobody is limited by what was seen so far")
            }
            Request::LogLevel { level } => match LogLevel::from_word(&level) {
                Some(level) => {
                    self.log.set_level(level);
                    self.log_level = level;
                    // Not `level`, which in JSON is the line's own.
                    tracing::info!(now = level.word(), "told to log so much");
                    done("it counts until the configuration's changes")
                }
                None => Reply::Refused { message: format!("no level: {}", LogLevel::WORDS.join(", ")) },
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
            Request::Stop {} => return (done("ending"), Then::End),
        };
        (reply, Then::GoOn)
    }

    fn status_report(&self) -> StatusReport {
        let (ready, notes) = readiness(&self.status);
        let files = self.status.files();
        let served = || files.iter().filter_map(|file| file.zone.as_ref());
        StatusReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started: self.status.started.0,
            ready,
            notes,
            listening: self.status.addresses().to_vec(),
            files: files.len(),
            zones: served().count(),
            names: served().map(|zone| zone.names).sum(),
            connections: self.handle.connections(),
            requests: self.handle.counts().total(),
            reloads_done: self.status.reloads(Reload::Done),
            reloads_partial: self.status.reloads(Reload::Partial),
            log_level: self.log_level.word().to_owned(),
        }
    }
}

fn zones(status: &Status, zone: Option<&str>, in_full: bool) -> Reply {
    let apex = match zone.map(str::parse::<Name>).transpose() {
        Ok(apex) => apex,
        Err(error) => return Reply::Refused { message: format!("no name of a zone: {error}") },
    };
    let wanted = |file: &&FileStatus| match (&apex, &file.zone) {
        (None, _) => true,
        (Some(apex), Some(zone)) => zone.apex == *apex,
        (Some(_), None) => false,
    };
    let zones: Vec<_> = status.files().iter().filter(wanted).map(|file| report(file, in_full)).collect();
    match (apex, zones.is_empty()) {
        (Some(apex), true) => Reply::Refused { message: format!("{apex} is not served") },
        _ => Reply::Zones { zones },
    }
}

fn report(file: &FileStatus, in_full: bool) -> ZoneReport {
    let served = file.zone.as_ref().map(|zone| ServedReport {
        zone: zone.apex.to_string(),
        serial: zone.serial,
        names: zone.names,
        loaded: zone.loaded_at.0,
        took_ms: u64::try_from(zone.took.as_millis()).unwrap_or(u64::MAX),
        due: zone.due.map(|due| due.0),
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
    status.files().iter().filter(is_faulty).map(|file| report(file, in_full)).collect()
}

impl ReloadReport {
    /// Whether all is served as it stands in the files.
    pub(super) fn is_whole(&self) -> bool {
        self.errors == 0 && self.configuration.is_empty()
    }
}
