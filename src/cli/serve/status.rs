//! What those who watch the server see, whichever state it is in.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;

use super::shelf::{FileStatus, Outcome};
use crate::clock::UnixTime;
use crate::server::{Certificates, Handle};

/// The state of the whole server. All of it may be read at any time.
pub(super) struct Status {
    pub(super) started: UnixTime,
    /// Set once its sockets are open.
    listening: OnceLock<(Handle, Option<Arc<Certificates>>)>,
    draining: AtomicBool,
    files: ArcSwap<Vec<FileStatus>>,
    reloads: [AtomicU64; Reload::ALL.len()],
    configuration_refused: AtomicBool,
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
    pub(super) fn new() -> Self {
        Self {
            started: UnixTime::now(),
            listening: OnceLock::new(),
            draining: AtomicBool::new(false),
            files: ArcSwap::default(),
            reloads: [const { AtomicU64::new(0) }; Reload::ALL.len()],
            configuration_refused: AtomicBool::new(false),
        }
    }

    /// Its sockets are open.
    pub(super) fn listening(&self, handle: Handle, certificates: Option<Arc<Certificates>>) {
        // There is one server in a process, and it listens once.
        let _ = self.listening.set((handle, certificates));
    }

    /// It takes nothing new.
    pub(super) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    pub(super) fn set_files(&self, files: Vec<FileStatus>) {
        self.files.store(Arc::new(files));
    }

    pub(super) fn reloaded(&self, outcome: Outcome, configuration_refused: bool) {
        self.configuration_refused.store(configuration_refused, Ordering::Relaxed);
        let reload = if outcome.errors > 0 || configuration_refused { Reload::Partial } else { Reload::Done };
        self.reloads[reload as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn reloads(&self, how: Reload) -> u64 {
        self.reloads[how as usize].load(Ordering::Relaxed)
    }

    pub(super) fn is_configuration_refused(&self) -> bool {
        self.configuration_refused.load(Ordering::Relaxed)
    }

    pub(super) fn files(&self) -> Arc<Vec<FileStatus>> {
        self.files.load_full()
    }

    pub(super) fn handle(&self) -> Option<&Handle> {
        self.listening.get().map(|(handle, _)| handle)
    }

    pub(super) fn certificates(&self) -> Option<&Arc<Certificates>> {
        self.listening.get()?.1.as_ref()
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}
