//! Other people's checkers of signed zones pass what is signed here.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::{ALGORITHMS, DENIALS, KEYS, Signed, ZONE, run, sign, sign_text};
use crate::peers::installed;

/// dnssec-verify of BIND, ldns-verify-zone, which checks the digest too, and Knot's zone-check.
pub(super) fn check(signed: &Signed) -> Result<(), String> {
    let folder = signed.folder.path();
    if let Some(verify) = installed(&["dnssec-verify"]) {
        // -z: one key may do for both.
        run(&verify, &["-q", "-z", "-o", &signed.apex, "signed"], folder)?;
    }
    if let Some(verify) = installed(&["ldns-verify-zone"]) {
        run(&verify, &["-ZZ", "signed"], folder)?;
    }
    check_with_knot(&signed.apex, folder)
}

fn check_with_knot(apex: &str, folder: &Path) -> Result<(), String> {
    let Some(check) = installed(&["kzonecheck", "knotc"]) else { return Ok(()) };
    if check.ends_with("kzonecheck") {
        return run(&check, &["-d", "on", "-z", "-o", apex, "signed"], folder).map(drop);
    }
    let mut configuration = String::new();
    let path = folder.display();
    writeln!(configuration, "server:\n  rundir: {path}\ndatabase:\n  storage: {path}\nzone:").unwrap();
    writeln!(configuration, "  - domain: \"{apex}\"\n    storage: {path}\n    file: signed").unwrap();
    writeln!(configuration, "    semantic-checks: on\n    zonemd-verify: on").unwrap();
    fs::write(folder.join("knot.conf"), configuration).unwrap();
    let said = run(&check, &["-c", "knot.conf", "zone-check"], folder)?;
    // It ends well whatever it found.
    if said.contains("error") { Err(format!("{said}{path}")) } else { Ok(()) }
}

#[test]
fn every_way_of_signing() {
    let mut checked = 0;
    for denial in DENIALS {
        for algorithm in ALGORITHMS {
            for keys in KEYS {
                let how = [denial, &["--algorithm", algorithm], keys].concat();
                let signed = sign_text(ZONE, &how);
                check(&signed).unwrap_or_else(|said| panic!("{how:?}: {said}"));
                assert_eq!(signed.dnskeys().len(), if keys.is_empty() { 2 } else { 1 });
                assert_eq!(signed.told.matches(" IN DS ").count(), 1, "{}", signed.told);
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 12);
}

#[test]
fn the_example_zones_and_every_feature_of_the_reader() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in ["zones/discover.example.zone", "zones/e164.example.zone", "zones/find.example.zone"] {
        for denial in DENIALS {
            let signed = sign(&root.join(file), denial);
            check(&signed).unwrap_or_else(|said| panic!("{file} {denial:?}: {said}"));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("features.zone");
    // dnssec-verify believes no signature over DNSKEY records that stand off the apex.
    let text = include_str!("../../data/features.zone");
    let at = text.find("\tDNSKEY\t").unwrap();
    let end = at + text[at..].find(")\n").unwrap() + 2;
    fs::write(&source, [&text[..at], &text[end..]].concat()).unwrap();
    fs::write(folder.path().join("features.inc"), include_str!("../../data/features.inc")).unwrap();
    for denial in DENIALS {
        let signed = sign(&source, denial);
        check(&signed).unwrap_or_else(|said| panic!("features {denial:?}: {said}"));
    }
}

/// What the checkers are worth: a zone that was changed after it was signed does not pass.
#[test]
fn a_zone_that_was_changed_does_not_pass() {
    let signed = sign_text(ZONE, &["--nsec3"]);
    let text = fs::read_to_string(signed.file()).unwrap();
    fs::write(signed.file(), text.replace("192.0.2.5", "192.0.2.55")).unwrap();
    if let (Some(dnssec), Some(ldns)) = (installed(&["dnssec-verify"]), installed(&["ldns-verify-zone"])) {
        run(&dnssec, &["-z", "-o", &signed.apex, "signed"], signed.folder.path()).unwrap_err();
        run(&ldns, &["-ZZ", "signed"], signed.folder.path()).unwrap_err();
    }
    let ran = super::ours(&["zone".as_ref(), "check".as_ref(), "signed".as_ref()], signed.folder.path());
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    // Each with its place.
    let at = |code: &str| {
        let line = said.lines().find(|line| line.contains(code)).unwrap_or_else(|| panic!("{code}: {said}"));
        let mut place = line.strip_prefix("signed:").unwrap_or_else(|| panic!("{line}")).split(':');
        place.next().unwrap().parse::<usize>().unwrap()
    };
    let line = |number: usize| text.lines().nth(number - 1).unwrap();
    assert!(line(at("warning[bad-signature]: www.signing.example.: A: ")).contains("192.0.2.5"), "{said}");
    assert!(line(at("warning[bad-digest]: signing.example.: ")).contains("ZONEMD"), "{said}");
}
