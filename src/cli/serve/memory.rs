//! Memory that loading used and nobody needs any more.

/// Gives it back to the system: glibc keeps what is free between what is in use.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "there is no other way to it")]
pub(super) fn give_back() {
    // SAFETY: takes no pointer and may be called from any thread at any time (malloc_trim(3)).
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators do it by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn give_back() {}
