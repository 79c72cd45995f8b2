//! How a command ends: the exit codes, one for each thing that a script may want to tell apart.

use std::io;
use std::process::ExitCode;

/// The exit codes, as the help of the command lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Exit {
    /// Found, or done.
    Done = 0,
    /// Something failed: a file, a zone with faults, a signature that does not verify. Two zones differ, as diff
    /// has it.
    Failed = 1,
    /// The command line can't be understood, an identifier on it too. As clap's own. Two zones can't be compared,
    /// as diff has it.
    Usage = 2,
    /// Nobody reaches that identifier.
    NoMapping = 3,
    /// The holder does not want to be found.
    OptedOut = 4,
    /// There are answers, or absences, that policy does not believe.
    NotBelieved = 5,
    /// A provider could not be reached.
    Unreachable = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What the user typed can't be used: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UsageError(pub(super) String);

/// Prints an error and turns it into an exit code. Who reads only the first lines of the output
/// closes the pipe: that is no failure.
pub(super) fn report(error: &anyhow::Error) -> Exit {
    let closed = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(closed) {
        return Exit::Done;
    }
    complain!("mimi-dns: {error:#}");
    if error.is::<UsageError>() { Exit::Usage } else { Exit::Failed }
}
