//! What those who watch the server see, whichever state it is in.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;

use super::afterwards::Ends;
use super::shelf::FileStatus;
use crate::cli::config::LogLevel;
use crate::clock::UnixTime;
use crate::record::Name;
use crate::server::{Certificates, Handle};

/// The state of the whole server. All of it may be read at any time.
pub(super) struct Status {
    pub(super) started: UnixTime,
    /// Set once its sockets are open.
    listening: OnceLock<Listening>,
    ending: AtomicBool,
    draining: AtomicBool,
    files: ArcSwap<Vec<FileStatus>>,
    ends: ArcSwap<BTreeMap<Name, Ends>>,
    reloads: [AtomicU64; Reload::ALL.len()],
    configuration_refused: AtomicBool,
    /// What it was told last.
    log_level: ArcSwap<LogLevel>,
}

/// What there is once its sockets are open.
pub(super) struct Listening {
    pub(super) handle: Handle,
    pub(super) certificates: Option<Arc<Certificates>>,
    /// Address and transport.
    pub(super) addresses: Vec<(String, String)>,
}

/// How a reload ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reload {
    /// All is served as it stands in the files.
    Done,
    /// Something stayed as it was before.
    Partial,
}

impl Reload {
    pub(super) const ALL: &'static [Self] = &[Self::Done, Self::Partial];

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partial => "partial",
        }
    }
}

impl Status {
    pub(super) fn new(log_level: LogLevel) -> Self {
        Self {
            started: UnixTime::now(),
            listening: OnceLock::new(),
            ending: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            files: ArcSwap::default(),
            ends: ArcSwap::default(),
            reloads: [const { AtomicU64::new(0) }; Reload::ALL.len()],
            configuration_refused: AtomicBool::new(false),
            log_level: ArcSwap::from_pointee(log_level),
        }
    }

    /// Its sockets are open.
    pub(super) fn listening(&self, listening: Listening) {
        // There is one server in a process, and it listens once.
        let _ = self.listening.set(listening);
    }

    /// It was told to end.
    pub(super) fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// Whether it was told that no clients should be sent to it.
    pub(super) fn set_draining(&self, draining: bool) {
        self.draining.store(draining, Ordering::Relaxed);
    }

    pub(super) fn set_files(&self, files: Vec<FileStatus>) {
        self.files.store(Arc::new(files));
    }

    pub(super) fn set_ends(&self, ends: BTreeMap<Name, Ends>) {
        self.ends.store(Arc::new(ends));
    }

    /// When what zones hold ends, as far as somebody has looked.
    pub(super) fn ends(&self) -> Arc<BTreeMap<Name, Ends>> {
        self.ends.load_full()
    }

    /// Whether the configuration had errors when it was read again.
    pub(super) fn set_configuration_refused(&self, refused: bool) {
        self.configuration_refused.store(refused, Ordering::Relaxed);
    }

    /// It has loaded again: since it was told to, or since a file that it watches has changed.
    pub(super) fn reloaded(&self, whole: bool) {
        let reload = if whole { Reload::Done } else { Reload::Partial };
        self.reloads[reload as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn reloads(&self, how: Reload) -> u64 {
        self.reloads[how as usize].load(Ordering::Relaxed)
    }

    pub(super) fn is_configuration_refused(&self) -> bool {
        self.configuration_refused.load(Ordering::Relaxed)
    }

    pub(super) fn set_log_level(&self, level: LogLevel) {
        self.log_level.store(Arc::new(level));
    }

    /// How much is logged.
    pub(super) fn log_level(&self) -> LogLevel {
        **self.log_level.load()
    }

    pub(super) fn files(&self) -> Arc<Vec<FileStatus>> {
        self.files.load_full()
    }

    pub(super) fn handle(&self) -> Option<&Handle> {
        self.listening.get().map(|listening| &listening.handle)
    }

    /// Where it listens: address and transport.
    pub(super) fn addresses(&self) -> &[(String, String)] {
        self.listening.get().map_or(&[], |listening| &listening.addresses)
    }

    pub(super) fn certificates(&self) -> Option<&Arc<Certificates>> {
        self.listening.get()?.certificates.as_ref()
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}
