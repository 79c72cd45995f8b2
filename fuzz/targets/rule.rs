//! Any octets as a substitution expression and the string that it is applied to.
#![no_main]

#[path = "../bodies/rule.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::rule(data));
