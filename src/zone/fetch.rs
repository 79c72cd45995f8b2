//! Asking memory for what will be read soon.
#![cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "the instruction takes a pointer"))]

/// What memory hands over at a time.
const LINE: usize = 64;
/// No more is asked for at a time, or it drives out what others wait for. What is longer is read from its front to its
/// end, which memory foresees.
const MOST_LINES: usize = 8;
/// Who goes through many things asks for what comes so many later.
pub(super) const AHEAD: usize = 16;

/// Has the octets brought to where the core reads fast, as many as are of use, and does not wait for them. Changes
/// nothing else, whatever they are.
pub(super) fn fetch<T>(values: &[T]) {
    let start = values.as_ptr().cast::<u8>();
    let before = start.addr() % LINE;
    let lines = (before + size_of_val(values)).div_ceil(LINE).min(MOST_LINES);
    for line in 0..lines {
        fetch_line(start.wrapping_add(LINE * line));
    }
}

#[cfg(target_arch = "x86_64")]
fn fetch_line(at: *const u8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: a hint that never faults, whatever the address; every x86_64 has it (SSE).
    unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
}

/// Elsewhere it is read when it is needed.
#[cfg(not(target_arch = "x86_64"))]
fn fetch_line(_at: *const u8) {}
