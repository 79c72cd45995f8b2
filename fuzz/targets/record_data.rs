//! Any octets as the data of a record of any type.
#![no_main]

#[path = "../bodies/record_data.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::record_data(data));
