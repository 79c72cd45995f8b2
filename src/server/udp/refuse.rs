//! For tests: a filter of system calls, such as services and containers run under.
#![expect(unsafe_code, reason = "the filter is handed over as a pointer")]
#![expect(clippy::unwrap_used, reason = "a test")]

/// From now on the system refuses these calls to this thread, with this error.
pub(super) fn refuse(calls: &[libc::c_long], error: libc::c_int) {
    let step = |code: u32, k: u32, jt: u8, jf: u8| libc::sock_filter { code: code as u16, jt, jf, k };
    // The number of the call is what the filter's data begins with.
    let mut steps = vec![step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0)];
    for &call in calls {
        let number = u32::try_from(call).unwrap();
        steps.push(step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, number, 0, 1));
        let errno = libc::SECCOMP_RET_ERRNO | error.cast_unsigned();
        steps.push(step(libc::BPF_RET | libc::BPF_K, errno, 0, 0));
    }
    steps.push(step(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, 0, 0));
    let len = steps.len().try_into().unwrap();
    let program = libc::sock_fprog { len, filter: steps.as_mut_ptr() };
    // SAFETY: the program points at as many steps as it says, which the system copies.
    let failed = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
            || libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) != 0
    };
    assert!(!failed, "{}", std::io::Error::last_os_error());
}
