//! Memory that loading used and nobody needs any more.

pub(super) use system::{give_back, keep_little};

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "there is no other way to it")]
mod system {
    /// Octets of one piece that are had from the system, and given back to it, on their own; and octets that are kept
    /// when they come free at the end of what a thread has.
    const LITTLE: libc::c_int = 256 * 1024;

    /// Once, at the start. By itself glibc raises both bounds with each large piece that comes free, up to 32 and 64 MiB,
    /// and what it keeps at the end of a thread's memory [`give_back`] does not reach: each thread that has loaded a zone
    /// would keep that much.
    pub(in crate::cli::serve) fn keep_little() {
        for bound in [libc::M_MMAP_THRESHOLD, libc::M_TRIM_THRESHOLD] {
            // SAFETY: takes no pointer and may be called from any thread at any time (mallopt(3)). Where it is refused, more
            // is kept.
            unsafe { libc::mallopt(bound, LITTLE) };
        }
    }

    /// Gives it back to the system: glibc keeps what is free between what is in use.
    pub(in crate::cli::serve) fn give_back() {
        // SAFETY: takes no pointer and may be called from any thread at any time (malloc_trim(3)).
        unsafe { libc::malloc_trim(0) };
    }
}

/// Other allocators do it by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod system {
    pub(in crate::cli::serve) fn keep_little() {}

    pub(in crate::cli::serve) fn give_back() {}
}
