//! Makes the test vectors: `cargo run --example make_vectors` writes `tests/data/*.json` anew.
//!
//! Keys and times are fixed, so the same program makes the same files.

mod vectors;

use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for (file, text) in vectors::files() {
        std::fs::write(folder.join(file), text)?;
        println!("wrote tests/data/{file}");
    }
    Ok(())
}
