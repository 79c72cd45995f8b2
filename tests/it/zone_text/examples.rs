//! Every file in `zones/`.

use std::fs;
use std::path::Path;

use mimi_dns::zone::find_zone_files;

use super::{load, written};

#[test]
fn every_example_loads_and_what_is_built_of_it_reads_back_to_the_same_text() {
    let folder = tempfile::tempdir().unwrap();
    let files = find_zone_files(Path::new("zones")).unwrap();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let text = written(&load(&file));
        assert!(!text.contains('$') || !text.contains("$IDENTIFIER"), "{}", file.display());
        let built = folder.path().join(file.file_name().unwrap());
        fs::write(&built, &text).unwrap();
        assert_eq!(written(&load(&built)), text, "{}", file.display());
    }
}
