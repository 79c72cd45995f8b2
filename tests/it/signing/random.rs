//! Random zones, odd ones among them: signed or refused, never a panic; what is signed passes.

use mimi_dns::clock::UnixTime;
use mimi_dns::dnssec::SigningKey;
use mimi_dns::dnssec::sign::{
    Denial, SigningOptions, ZoneKey, ZoneKeys, ZonemdHash, check_signatures, check_zonemd, sign_zone,
};
use mimi_dns::record::dnssec::Algorithm;
use mimi_dns::zone::{LoadOptions, MemoryFiles, SerialPolicy, Severity, Zone, load, write_zone};

use super::{Signed, verified};
use crate::differential::random_zones;

fn loaded(text: &str) -> Option<Zone> {
    let files = MemoryFiles::new().with("a.zone", text);
    load("a.zone".as_ref(), &files, &LoadOptions::default()).zone
}

fn keys() -> ZoneKeys {
    let key = SigningKey::generate(Algorithm::ED25519).unwrap().into();
    ZoneKeys { keys: vec![ZoneKey::csk(key)], ..ZoneKeys::default() }
}

fn options(number: usize) -> SigningOptions {
    let denial =
        [Denial::Nsec, Denial::Nsec3 { opt_out: false }, Denial::Nsec3 { opt_out: true }][number % 3];
    SigningOptions { denial, zonemd: Some(ZonemdHash::Sha384), ..SigningOptions::default() }
}

#[test]
fn they_are_signed_completely() {
    let (now, keys) = (UnixTime::now(), keys());
    let mut signed = 0;
    for (number, text) in random_zones(7, 60).iter().enumerate() {
        let Some(zone) = loaded(text) else { continue };
        let options = options(number);
        let Ok((zone, told)) = sign_zone(&zone, &keys, &options, None, now) else { continue };
        let faults = check_signatures(&zone, usize::MAX);
        assert!(faults.is_empty(), "{number}: {faults:?}\n{text}");
        check_zonemd(&zone).unwrap_or_else(|fault| panic!("{number}: {fault}\n{text}"));

        // As a file it is the same zone, of which nothing need be signed again.
        let mut file = Vec::new();
        write_zone(&zone, SerialPolicy::Keep, &mut file).unwrap();
        let again = loaded(str::from_utf8(&file).unwrap()).unwrap_or_else(|| panic!("{number}\n{text}"));
        check_zonemd(&again).unwrap_or_else(|fault| panic!("{number}: {fault}\n{text}"));
        let (_, told_again) = sign_zone(&again, &keys, &options, Some(&again), now.plus(1)).unwrap();
        assert_eq!((told_again.made, told_again.reused), (0, told.made), "{number}\n{text}");
        signed += 1;
    }
    assert!(signed > 30, "{signed}");
}

/// What BIND and ldns refuse to load at all, signed or not, is left out.
#[test]
fn others_find_nothing_wrong_with_them() {
    let (mut checked, mut failures, keys) = (0, Vec::new(), keys());
    for (number, text) in random_zones(8, 60).iter().enumerate() {
        let Some(zone) = loaded(text).filter(|_| !has_doubtful(text)) else { continue };
        if sign_zone(&zone, &keys, &options(number), None, UnixTime::now()).is_err() {
            continue;
        }
        let how = super::DENIALS[number % 3];
        let signed: Signed = super::sign_text(text, how);
        if let Err(said) = verified::check(&signed) {
            failures.push(format!("{number} {how:?}: {said}\n{text}"));
        }
        checked += 1;
    }
    assert!(failures.is_empty(), "{} of {checked}\n{}", failures.len(), failures.join("\n"));
    assert!(checked > 10, "{checked}");
}

fn has_doubtful(text: &str) -> bool {
    // ldns 1.8 takes a target whose first label is `\@` for the origin.
    if text.contains(r"\064") {
        return true;
    }
    let files = MemoryFiles::new().with("a.zone", text);
    let loaded = load("a.zone".as_ref(), &files, &LoadOptions::default());
    loaded.findings.iter().any(|finding| {
        finding.severity == Severity::Warning
            && !matches!(
                finding.code,
                "missing-glue" | "target-without-address" | "occluded" | "no-host-name" | "target-is-alias"
            )
    })
}
