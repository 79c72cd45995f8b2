//! How many connections the system allows.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// For zones, logs, listeners and those who watch.
const OTHERS: u64 = 64;

/// Allows this process as many open files as it may allow itself, since each connection is one, and
/// says where these are fewer than `connections`.
pub(super) fn raise_limit(connections: usize) {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let allowed = match setrlimit(Resource::Nofile, most) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    // No limit is none.
    if let Some(files) = allowed
        && files < connections as u64 + OTHERS
    {
        tracing::warn!(
            files,
            connections,
            "the system allows fewer open files than connections are allowed: beyond it the longest idle are closed"
        );
    }
}
