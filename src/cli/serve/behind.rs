//! Work that may take long, behind the threads that answer.

use std::thread;

/// How much lower the priority is: a thread that has something to answer gets more than twice the time of one that loads.
/// By 10 a reload under full load would take half a minute where it takes some seconds of work.
const LOWER_BY: i32 = 4;

/// Does the work at a lower priority, in a thread of its own since a priority can't be raised again; threads that
/// the work begins have it too.
pub(super) fn behind<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            // Where it is refused, the work is done all the same.
            #[cfg(target_os = "linux")]
            if let Err(error) = rustix::process::nice(LOWER_BY) {
                tracing::debug!(%error, "zones are loaded at the same priority as queries are answered");
            }
            work()
        });
        worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    #[test]
    fn only_the_work_and_what_it_begins_has_the_lower_priority() {
        let priority = || getpriority_process(None).unwrap();
        let before = priority();
        let (here, further) = behind(|| (priority(), thread::spawn(priority).join().unwrap()));
        let lower = (before + LOWER_BY).min(19);
        assert_eq!((here, further, priority()), (lower, lower, before));
    }
}
