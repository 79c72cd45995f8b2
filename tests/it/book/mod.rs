//! The operators' book in `docs/book`.

mod links;
mod run;

use std::fs;
use std::path::{Path, PathBuf};

/// Where the chapters are.
fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/book/src")
}

/// The chapters that the summary lists, in its order: file name and text.
fn chapters() -> Vec<(String, String)> {
    let summary = fs::read_to_string(source().join("SUMMARY.md")).unwrap();
    let links = summary.lines().filter_map(|line| line.split_once("](")?.1.strip_suffix(')'));
    links.map(|name| (name.to_owned(), fs::read_to_string(source().join(name)).expect(name))).collect()
}
