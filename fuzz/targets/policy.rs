//! Any text as a policy file.
#![no_main]

#[path = "../bodies/policy.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::policy(data));
