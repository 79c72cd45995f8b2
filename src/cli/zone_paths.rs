//! Paths under which zone files are: a file, a folder, or a pattern of either.

use std::io;
use std::path::{Component, Path, PathBuf};

use crate::zone::find_zone_files;

/// The zone files of a path, sorted: those of [`find_zone_files`], or, where there is nothing by this name and it has a `*`
/// or `?`, those of each path that it stands for.
///
/// # Errors
/// There is nothing at `path`, or it can't be read; of a pattern, the folder before its first `*` or `?`.
pub(super) fn zone_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound && is_pattern(path) => {
            let mut found = Vec::new();
            for meant in expanded(path)? {
                // A link that leads nowhere keeps nobody else's zone from being served: who loads it tells.
                found.extend(find_zone_files(&meant).unwrap_or_else(|_| vec![meant]));
            }
            Ok(found)
        }
        _ => find_zone_files(path),
    }
}

fn is_pattern(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().iter().any(|octet| matches!(octet, b'*' | b'?'))
}

/// The paths that a pattern stands for.
fn expanded(pattern: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = vec![PathBuf::new()];
    let mut fixed = true;
    for component in pattern.components() {
        let name = Path::new(component.as_os_str());
        if !matches!(component, Component::Normal(_)) || !is_pattern(name) {
            found.iter_mut().for_each(|path| path.push(name));
            if !fixed {
                found.retain(|path| path.exists());
            }
            continue;
        }
        let mut matching = Vec::new();
        for folder in &found {
            let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            // What a pattern has found may be no folder.
            if !fixed && !here.is_dir() {
                continue;
            }
            for entry in here.read_dir()? {
                let entry = entry?.file_name();
                if matches(name.as_os_str().as_encoded_bytes(), entry.as_encoded_bytes()) {
                    matching.push(folder.join(entry));
                }
            }
        }
        matching.sort();
        (found, fixed) = (matching, false);
    }
    Ok(found)
}

/// Whether `*` for any octets and `?` for one make the name of the pattern; a dot that begins the name stands for itself.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    if name.starts_with(b".") && !pattern.starts_with(b".") {
        return false;
    }
    let (mut at, mut here) = (0, 0);
    // The last `*`, and what it stands for so far: more of that is all that is ever tried again.
    let mut star: Option<(usize, usize)> = None;
    while here < name.len() {
        match (pattern.get(at), star) {
            (Some(b'*'), _) => {
                star = Some((at, here));
                at += 1;
            }
            (Some(&octet), _) if octet == b'?' || octet == name[here] => (at, here) = (at + 1, here + 1),
            (_, Some((after, until))) => {
                star = Some((after, until + 1));
                (at, here) = (after + 1, until + 1);
            }
            (_, None) => return false,
        }
    }
    pattern[at..].iter().all(|&octet| octet == b'*')
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, name, is) in [
            ("*.zone", "a.zone", true),
            ("*.zone", ".zone", false),
            ("*.zone", ".a.zone", false),
            (".*", ".a.zone", true),
            ("*.zone", "a.zone.bak", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b*c", "xxaxxbxxbxxc", true),
            ("*a*b*c", "xxaxxcxxb", false),
            ("**", "", true),
            ("?", "", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), is, "{pattern} {name}");
        }
        // Each `*` tries again from where it stands only: this ends.
        assert!(!matches("*a".repeat(2000).as_bytes(), "a".repeat(1999).as_bytes()));
    }

    #[test]
    fn a_pattern_stands_for_files_and_folders() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["a/b.zone", "a/c.txt", "b/d.zone", "c/sub/e.zone", "x*.zone"] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = |pattern: &str| {
            let found = zone_files(&folder.path().join(pattern)).unwrap();
            let names =
                found.iter().map(|path| path.strip_prefix(folder.path()).unwrap().display().to_string());
            names.collect::<Vec<_>>()
        };
        assert_eq!(found("?/*.zone"), ["a/b.zone", "b/d.zone"]);
        assert_eq!(found("a/*"), ["a/b.zone", "a/c.txt"]);
        assert_eq!(found("[a-b]*"), [""; 0], "brackets are letters");
        assert_eq!(found("*"), ["a/b.zone", "b/d.zone", "x*.zone"], "of folders as by their names");
        assert_eq!(found("*/sub/*.zone"), ["c/sub/e.zone"]);
        assert_eq!(found("x*.zone"), ["x*.zone"], "what is there by this name");
        assert!(zone_files(&folder.path().join("none/*.zone")).is_err());
        assert!(zone_files(&folder.path().join("none")).is_err());
    }
}
