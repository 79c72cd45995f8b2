//! Any octets as a statement, in wire form and in presentation form.
#![no_main]

#[path = "../bodies/mimisig.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::mimisig(data));
