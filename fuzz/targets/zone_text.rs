//! Any octets as the text of a zone.
#![no_main]

#[path = "../bodies/zone_text.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::zone_text(data));
