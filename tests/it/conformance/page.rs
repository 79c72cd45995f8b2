//! `docs/conformance.md`: each of its sections is what a test prints.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

const PAGE: &str = "docs/conformance.md";
/// Set to 1, sections are written instead of compared.
const WRITE: &str = "MIMI_DNS_WRITE_DOCS";

/// The page may be written by several tests, one after the other.
static WRITING: Mutex<()> = Mutex::new(());

/// Compares what stands on the page between `<!-- begin NAME -->` and `<!-- end NAME -->` with
/// `markdown`; with `MIMI_DNS_WRITE_DOCS=1` it is put there instead.
///
/// What is printed must not depend on the machine or the run: no times, counts of what was random, or
/// paths. A test that can't ask all of the peers it tells of calls `peers::leave_out` instead.
pub(crate) fn section(name: &str, markdown: &str) {
    let _one = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = fs::read_to_string(&path).unwrap();
    let (before, there, after) = divide(&page, name).unwrap_or_else(|| panic!("{PAGE}: no section {name}"));
    let wanted = format!("\n\n{}\n\n", markdown.trim());
    if there == wanted {
        return;
    }
    if std::env::var_os(WRITE).is_some_and(|value| value == "1") {
        fs::write(&path, [before, &wanted, after].concat()).unwrap();
        return;
    }
    panic!("{PAGE}, section {name}: {}\n{WRITE}=1 writes it anew", difference(there, &wanted));
}

/// The page up to the end of the opening marker, the section, and the rest.
fn divide<'a>(page: &'a str, name: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let (opening, closing) = (format!("<!-- begin {name} -->"), format!("<!-- end {name} -->"));
    let start = page.find(&opening)? + opening.len();
    let end = start + page[start..].find(&closing)?;
    Some((&page[..start], &page[start..end], &page[end..]))
}

/// The first line that differs.
fn difference(there: &str, wanted: &str) -> String {
    let (mut there, mut wanted) = (there.trim().lines(), wanted.trim().lines());
    loop {
        match (there.next(), wanted.next()) {
            (None, None) => return "blank lines".to_owned(),
            (one, other) if one == other => {}
            (one, other) => {
                return format!("\n  there    {}\n  printed  {}", one.unwrap_or("–"), other.unwrap_or("–"));
            }
        }
    }
}

#[test]
fn a_section_stands_between_its_markers() {
    let page = "a\n<!-- begin x -->\n\none\n\n<!-- end x -->\n<!-- begin y --><!-- end y -->\n";
    let (before, there, after) = divide(page, "x").unwrap();
    assert_eq!(there, "\n\none\n\n");
    assert!(before.ends_with("<!-- begin x -->") && after.starts_with("<!-- end x -->\n<!-- begin y"));
    assert_eq!(divide(page, "z"), None);
    assert_eq!(difference(there, "\n\ntwo\n\n"), "\n  there    one\n  printed  two");
}
