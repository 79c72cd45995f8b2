//! Where the log goes, how it looks, and how much is written.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry, fmt};

use crate::cli::config::{LogFormat, LogLevel};
use crate::zone::{Finding, Severity};

/// The log of this process: its level may change while it runs.
#[derive(Clone)]
pub(super) struct Log(reload::Handle<EnvFilter, Registry>);

/// Whether lines have fields that are read one by one.
static HAS_FIELDS: AtomicBool = AtomicBool::new(false);

/// Logs a finding as an event of its own. Elsewhere than at a terminal nothing of it is quoted: it would be what the
/// zone's author wrote.
pub(super) fn finding(finding: &Finding) {
    if io::stderr().is_terminal() {
        complain!("{finding}");
        return;
    }
    let told = finding.for_log();
    let at = finding.at.as_ref().filter(|_| HAS_FIELDS.load(Ordering::Relaxed));
    let code = HAS_FIELDS.load(Ordering::Relaxed).then_some(finding.code);
    let (file, line) = (at.map(|at| at.file.display().to_string()), at.map(|at| at.line));
    let (column, reason) = (at.map(|at| at.column), code.and_then(|_| finding.system_reason()));
    match finding.severity {
        Severity::Error => tracing::error!(code, file, line, column, reason, "{told}"),
        Severity::Warning => tracing::warn!(code, file, line, column, reason, "{told}"),
    }
}

impl Log {
    /// Writes to standard error from now on.
    pub(super) fn start(level: LogLevel, format: LogFormat) -> Self {
        HAS_FIELDS.store(format == LogFormat::Json, Ordering::Relaxed);
        let (filter, handle) = reload::Layer::new(filter(level));
        // Whoever read the log may be gone: the server goes on, and panics over no line of it.
        let lines = fmt::layer().with_writer(io::stderr).log_internal_errors(false);
        let lines = match format {
            LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
            LogFormat::Json => lines.json().flatten_event(true).with_ansi(false).boxed(),
        };
        // A second subscriber in one process is a test's own: it stays.
        let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
        Self(handle)
    }

    /// Writes this much from now on.
    pub(super) fn set_level(&self, level: LogLevel) {
        // It fails only where another subscriber is in use.
        let _ = self.0.reload(filter(level));
    }
}

/// `RUST_LOG` where it is set, for those who look for something once.
fn filter(level: LogLevel) -> EnvFilter {
    let level = match level {
        LogLevel::Error => tracing::Level::ERROR,
        LogLevel::Warn => tracing::Level::WARN,
        LogLevel::Info => tracing::Level::INFO,
        LogLevel::Debug => tracing::Level::DEBUG,
    };
    EnvFilter::builder().with_default_directive(level.into()).from_env_lossy()
}
