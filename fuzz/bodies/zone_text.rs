// Any octets as the text of a zone: reading ends, what loads is written, and what is written reads
// back the same. Called by the fuzz target and, with its seeds, by the tests.

use std::path::Path;

use mimi_dns::clock::UnixTime;
use mimi_dns::record::parameters::HashCeiling;
use mimi_dns::zone::{
    LoadOptions, Loaded, MemoryFiles, ReadLimits, SerialPolicy, Severity, Zone, load, write_zone,
};

const NOW: UnixTime = UnixTime(1_800_000_000);

/// Panics where a zone is not what was written, or what was written is not one.
pub(crate) fn zone_text(octets: &[u8]) {
    let hash = HashCeiling { m_kib: 64, t: 1, p: 1 };
    let limits =
        ReadLimits { include_depth: 4, octets: 1 << 18, generated: 500, hash, ..ReadLimits::default() };
    let loaded = read(
        octets,
        LoadOptions { now: NOW, origin: "example".parse().ok(), limits, ..LoadOptions::default() },
    );
    assert!(loaded.findings.len() <= 201, "{} findings", loaded.findings.len());
    for finding in &loaded.findings {
        assert!(!finding.to_string().is_empty() && !finding.for_log().to_string().is_empty());
    }
    let errors = loaded.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    assert_eq!(errors == 0, loaded.zone.is_some(), "a zone, or an error");
    let Some(zone) = loaded.zone else { return };
    let text = written(&zone);
    let again = read(&text, LoadOptions::default());
    let problems: Vec<_> = again.findings.iter().map(ToString::to_string).collect();
    let again = again.zone.unwrap_or_else(|| panic!("{problems:?}"));
    assert_eq!(contents(&zone), contents(&again), "the same records");
    assert!(text == written(&again), "the same text");
}

fn read(octets: &[u8], options: LoadOptions) -> Loaded {
    let files = MemoryFiles::new()
        .with("zones/a.zone", octets)
        .with("zones/b", "included A 192.0.2.9\n$ORIGIN below\n@ TXT \"included\"\n")
        .with("zones/key.pem", *include_bytes!("../../zones/test-keys/amber.example.pem"));
    load(Path::new("zones/a.zone"), &files, &options)
}

fn written(zone: &Zone) -> Vec<u8> {
    let mut text = Vec::new();
    write_zone(zone, SerialPolicy::Keep, &mut text).expect("writing to memory can't fail");
    text
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Content {
    owner: Vec<u8>,
    rtype: u16,
    is_signature: bool,
    ttl: u32,
    data: Vec<u8>,
}

/// Every record, sorted.
fn contents(zone: &Zone) -> Vec<Content> {
    let mut all = Vec::new();
    for (owner, rrset) in zone.rrsets() {
        for (is_signature, records) in [(false, rrset.records()), (true, rrset.signatures())] {
            all.extend(records.map(|record| Content {
                owner: owner.as_wire().to_vec(),
                rtype: rrset.rtype().0,
                is_signature,
                ttl: record.ttl().as_secs(),
                data: record.rdata().to_vec(),
            }));
        }
    }
    all.sort();
    all
}
