//! Zone text: read, written, and as other servers see it.

mod examples;
mod hostile;
mod peers;
mod refused;

use std::path::Path;

use mimi_dns::clock::UnixTime;
use mimi_dns::zone::{LoadOptions, Loaded, SerialPolicy, Severity, Zone, load_file, write_zone};

/// When the tests' zones are loaded: 2026-11-22T00:00:00Z.
const NOW: UnixTime = UnixTime(1_795_305_600);

fn options() -> LoadOptions {
    LoadOptions { now: NOW, ..LoadOptions::default() }
}

/// Loads a zone that must have no errors.
fn load(path: &Path) -> Zone {
    let loaded = load_file(path, false, &options());
    assert_eq!(errors(&loaded), Vec::<String>::new());
    loaded.zone.expect("a zone without errors")
}

fn errors(loaded: &Loaded) -> Vec<String> {
    let errors = loaded.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(ToString::to_string).collect()
}

fn written(zone: &Zone) -> String {
    let mut text = Vec::new();
    write_zone(zone, SerialPolicy::Keep, &mut text).expect("memory takes all");
    String::from_utf8(text).expect("zone files are ASCII")
}
