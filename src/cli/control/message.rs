//! What passes over the control socket: one request, a line of JSON, and one reply, another.

use serde::{Deserialize, Serialize};

/// Longer lines are no request.
pub(in crate::cli) const LONGEST_REQUEST: u64 = 4096;

/// What a running server is asked or told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::cli) enum Request {
    /// How it is.
    Status {},
    /// What it serves: one zone, or all.
    Zones {
        /// An apex.
        zone: Option<String>,
        /// Quote zone text in findings: for terminals alone, it may be somebody's telephone number.
        #[serde(default)]
        in_full: bool,
    },
    /// Read the configuration again, then what has changed of the zones.
    Reload {
        /// An apex: then only what has changed of this zone, and no configuration.
        #[serde(default)]
        zone: Option<String>,
        /// As for [`Request::Zones`].
        #[serde(default)]
        in_full: bool,
    },
    /// Whoever is limited begins anew.
    ForgetLimits {},
    /// Write so much to the log, until the next reload with another level in the configuration.
    LogLevel {
        /// As `log.level` in the configuration.
        level: String,
    },
    /// Say that no clients should be sent here any more, and go on answering.
    Drain {},
    /// The opposite.
    Resume {},
    /// End, as on SIGTERM.
    Stop {},
}

/// What it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub(in crate::cli) enum Reply {
    /// To [`Request::Status`].
    Status(StatusReport),
    /// To [`Request::Zones`].
    Zones {
        /// In the order of their files.
        zones: Vec<ZoneReport>,
    },
    /// To [`Request::Reload`].
    Reloaded(ReloadReport),
    /// It is done.
    Done {
        /// What.
        message: String,
    },
    /// It is not.
    Refused {
        /// Why.
        message: String,
    },
}

/// How the server is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::cli) struct StatusReport {
    pub(in crate::cli) version: String,
    pub(in crate::cli) pid: u32,
    /// Seconds since 1970.
    pub(in crate::cli) started: u64,
    /// Whether clients may be sent here.
    pub(in crate::cli) ready: bool,
    /// What `/ready` says.
    pub(in crate::cli) notes: Vec<String>,
    /// Address and transport.
    pub(in crate::cli) listening: Vec<(String, String)>,
    pub(in crate::cli) files: usize,
    pub(in crate::cli) zones: usize,
    pub(in crate::cli) names: usize,
    pub(in crate::cli) connections: usize,
    /// Since the start.
    pub(in crate::cli) requests: u64,
    /// Reloads since the start after which all was served as it stands in the files.
    pub(in crate::cli) reloads_done: u64,
    /// And those after which something stayed as it was before.
    pub(in crate::cli) reloads_partial: u64,
    pub(in crate::cli) log_level: String,
}

/// One zone file and the zone that is served from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::cli) struct ZoneReport {
    pub(in crate::cli) file: String,
    /// Why what is served is not what stands in the file.
    pub(in crate::cli) fault: Option<String>,
    /// The errors that were found in it then.
    pub(in crate::cli) errors: Vec<String>,
    /// None where none is.
    pub(in crate::cli) served: Option<ServedReport>,
}

/// A zone that is served.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::cli) struct ServedReport {
    pub(in crate::cli) zone: String,
    pub(in crate::cli) serial: u32,
    pub(in crate::cli) names: usize,
    /// Seconds since 1970.
    pub(in crate::cli) loaded: u64,
    pub(in crate::cli) took_ms: u64,
    /// Whether what is served was loaded from `text` or from an `image` of it.
    pub(in crate::cli) from: String,
    /// When it is loaded again although no file changes, in seconds since 1970.
    pub(in crate::cli) due: Option<u64>,
    /// When the last of its signatures is good, in seconds since 1970.
    pub(in crate::cli) signatures_begin: Option<u64>,
    /// When the first of its signatures ends, in seconds since 1970.
    pub(in crate::cli) signatures_end: Option<u64>,
    /// When the first of its statements ends, in seconds since 1970.
    pub(in crate::cli) statements_end: Option<u64>,
    /// Where it is signed here.
    pub(in crate::cli) signed: Option<SignedReport>,
}

/// The signatures of a zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::cli) struct SignedReport {
    /// When the first one ends, in seconds since 1970.
    pub(in crate::cli) expires: Option<u64>,
    /// Why it could not be signed last time.
    pub(in crate::cli) fault: Option<String>,
}

/// What came of a reload.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::cli) struct ReloadReport {
    /// Zones that were put in their place.
    pub(in crate::cli) loaded: usize,
    /// Files that were left alone.
    pub(in crate::cli) unchanged: usize,
    /// Zones that are no longer served.
    pub(in crate::cli) removed: usize,
    /// Faults that keep something as it was before.
    pub(in crate::cli) errors: usize,
    /// Those of the configuration, in words: then its settings stay as they were.
    pub(in crate::cli) configuration: Vec<String>,
    /// Files whose zones are not served as they stand there.
    pub(in crate::cli) zones: Vec<ZoneReport>,
    /// Keys of the configuration that have changed and count only from the next start on.
    pub(in crate::cli) needs_restart: Vec<String>,
}

impl ReloadReport {
    /// Whether all is served as it stands in the files.
    pub(in crate::cli) fn is_whole(&self) -> bool {
        self.errors == 0 && self.configuration.is_empty()
    }
}
