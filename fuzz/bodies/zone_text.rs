// Any octets as zone text: read or refused, and what is read is written and read back to the same.
// Called by the fuzz target and, with random text, by the tests.

use std::path::Path;

use mimi_dns::clock::UnixTime;
use mimi_dns::record::parameters::HashCeiling;
use mimi_dns::zone::{
    LoadOptions, Loaded, MemoryFiles, ReadLimits, SerialPolicy, Severity, Zone, load, write_zone,
};

fn load_text(text: &[u8]) -> Loaded {
    let files = MemoryFiles::new().with("zone", text).with("b", "x 5 A 192.0.2.1\n");
    let hash = HashCeiling { m_kib: 64, t: 1, p: 1 };
    let limits = ReadLimits { octets: 1 << 20, generated: 10_000, hash, ..ReadLimits::default() };
    let options = LoadOptions { now: UnixTime(1_800_000_000), limits, ..LoadOptions::default() };
    load(Path::new("zone"), &files, &options)
}

/// Panics where zone text does not become what it must.
pub fn zone_text(octets: &[u8]) {
    let loaded = load_text(octets);
    let errors = |loaded: &Loaded| {
        let errors = loaded.findings.iter().filter(|finding| finding.severity == Severity::Error);
        errors.map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(loaded.findings.len() <= 201, "{} findings", loaded.findings.len());
    assert_eq!(loaded.zone.is_none(), !errors(&loaded).is_empty());
    let Some(zone) = loaded.zone else { return };
    let written = |zone: &Zone| {
        let mut text = Vec::new();
        write_zone(zone, SerialPolicy::Keep, &mut text).expect("memory takes all");
        text
    };
    let text = written(&zone);
    // Generated records can be more text than is read back.
    if text.len() > 1 << 20 {
        return;
    }
    let again = load_text(&text);
    assert_eq!(errors(&again), Vec::<String>::new());
    assert!(again.zone.is_some_and(|again| written(&again) == text), "another zone");
}
