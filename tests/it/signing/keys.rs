//! Key files, to and from the tools of BIND and Knot.

use std::fs;
use std::path::Path;

use mimi_dns::clock::UnixTime;
use mimi_dns::dnssec::{KeyFile, KeyTimes, read_key_folder};
use mimi_dns::record::Name;
use mimi_dns::record::dnssec::Algorithm;

use super::{ALGORITHMS, ZONE, ours, run};
use crate::peers::installed;

const APEX: &str = "signing.example";

fn apex() -> Name {
    APEX.parse().unwrap()
}

fn keygen(folder: &Path, arguments: &[&str]) -> Option<KeyFile> {
    let keygen = installed(&["dnssec-keygen"])?;
    let said = run(&keygen, &[arguments, &["-q", APEX]].concat(), folder).unwrap();
    let stem = said.lines().find(|line| line.starts_with('K')).unwrap();
    let file = KeyFile::read(&folder.join(stem)).unwrap();
    assert_eq!(file.stem(), stem);
    Some(file)
}

#[test]
fn keys_of_dnssec_keygen_are_read_and_written_alike() {
    let folder = tempfile::tempdir().unwrap();
    for algorithm in ALGORITHMS {
        for more in [
            &[][..],
            &["-f", "KSK", "-P", "20300101000000", "-A", "20300102000000", "-L", "7200"],
            &["-f", "KSK", "-I", "20310101000000", "-D", "20320101000000", "-P", "sync", "20300101000000"],
        ] {
            let Some(file) = keygen(folder.path(), &[&["-a", algorithm], more].concat()) else { return };
            let again = tempfile::tempdir().unwrap();
            file.create(again.path()).unwrap();
            let private =
                |folder: &Path| fs::read_to_string(folder.join(format!("{}.private", file.stem()))).unwrap();
            assert_eq!(private(again.path()), private(folder.path()));
            let public = |folder: &Path| {
                let text = fs::read_to_string(folder.join(format!("{}.key", file.stem()))).unwrap();
                // dnssec-keygen puts a space into long keys.
                text.replace(" IN DNSKEY", " IN\tDNSKEY").split(' ').collect::<String>()
            };
            assert_eq!(public(again.path()), public(folder.path()));
        }
    }
    assert_eq!(read_key_folder(folder.path(), &apex()).unwrap().len(), 6);
}

#[test]
fn dnssec_settime_and_signzone_take_our_keys() {
    let (Some(settime), Some(signzone)) = (installed(&["dnssec-settime"]), installed(&["dnssec-signzone"]))
    else {
        return;
    };
    for (algorithm, flags) in [(Algorithm::ED25519, 257), (Algorithm::ECDSAP256SHA256, 256)] {
        let folder = tempfile::tempdir().unwrap();
        let now = UnixTime(1_795_305_600);
        let times =
            KeyTimes { created: Some(now), publish: Some(now), activate: Some(now), ..KeyTimes::default() };
        let file = KeyFile::generate(&apex(), algorithm, flags, times, &[]).unwrap();
        file.create(folder.path()).unwrap();
        let stem = file.stem();
        let said = run(&settime, &["-p", "all", &stem], folder.path()).unwrap();
        assert!(said.contains("Created: Sun Nov 22 00:00:00 2026"), "{said}");
        run(&settime, &["-I", "20300101000000", "-D", "20310101000000", &stem], folder.path()).unwrap();
        let changed = KeyFile::read(&folder.path().join(&stem)).unwrap();
        assert_eq!(changed.times.inactive, Some(UnixTime(1_893_456_000)));
        assert_eq!((changed.times.created, changed.key_tag()), (times.created, file.key_tag()));

        fs::write(folder.path().join("plain"), ZONE).unwrap();
        let key = fs::read_to_string(folder.path().join(format!("{stem}.key"))).unwrap();
        fs::write(folder.path().join("plain"), format!("{ZONE}{key}")).unwrap();
        run(&signzone, &["-z", "-o", APEX, "-f", "signed", "plain", &stem], folder.path()).unwrap();
    }
}

#[test]
fn keymgr_imports_our_keys() {
    let Some(keymgr) = installed(&["keymgr"]) else { return };
    for algorithm in [Algorithm::ED25519, Algorithm::ECDSAP256SHA256] {
        let folder = tempfile::tempdir().unwrap();
        let now = Some(UnixTime(1_700_000_000));
        let times = KeyTimes { created: now, publish: now, activate: now, ..KeyTimes::default() };
        let file = KeyFile::generate(&apex(), algorithm, 257, times, &[]).unwrap();
        file.create(folder.path()).unwrap();
        let arguments = ["-D", "kasp", APEX, "import-bind", &format!("{}.private", file.stem())];
        run(&keymgr, &arguments, folder.path()).unwrap();
        let listed = run(&keymgr, &["-D", "kasp", APEX, "list"], folder.path()).unwrap();
        assert!(listed.contains(&format!(" {} ", file.key_tag())), "{listed}");
    }
}

#[test]
fn a_zone_is_signed_with_keys_of_dnssec_keygen_as_their_times_say() {
    let folder = tempfile::tempdir().unwrap();
    for more in [
        &["-f", "KSK"][..],
        &[],
        &["-P", "now", "-A", "20370101000000"],
        &["-P", "20370101000000", "-A", "20370101000000"],
    ] {
        if keygen(folder.path(), &[&["-a", "ED25519"], more].concat()).is_none() {
            return;
        }
    }
    fs::write(folder.path().join("plain"), ZONE).unwrap();
    let words = ["zone", "sign", "plain", "-o", "signed", "--keys", "."].map(AsRef::as_ref);
    let ran = ours(&words, folder.path());
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = fs::read_to_string(folder.path().join("signed")).unwrap();
    assert_eq!(text.matches("\tDNSKEY\t25").count(), 3, "one is not published yet");
    if let Some(verify) = installed(&["dnssec-verify"]) {
        run(&verify, &["-q", "-o", APEX, "signed"], folder.path()).unwrap();
    }
}
