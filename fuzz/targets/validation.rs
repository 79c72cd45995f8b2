//! Any octets as keys, DS records, signatures and denials of a hostile zone.
#![no_main]

#[path = "../bodies/validation.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::validation(data));
