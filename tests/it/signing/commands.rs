//! `zone sign` and `key generate --zone` as their users see them.

use std::fs;
use std::path::Path;
use std::process::Output;

use super::{ZONE, ours, run};
use crate::peers::installed;

fn with(words: &str, folder: &Path) -> Output {
    ours(&words.split(' ').map(AsRef::as_ref).collect::<Vec<_>>(), folder)
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("plain"), ZONE).unwrap();
    folder
}

#[test]
fn without_keys_nothing_is_written() {
    let folder = folder();
    fs::create_dir(folder.path().join("keys")).unwrap();
    for keys in ["keys", "missing"] {
        let ran = with(&format!("zone sign plain -o signed --keys {keys}"), folder.path());
        assert_eq!(ran.status.code(), Some(1));
        let reason = format!("{keys} holds no key of signing.example.: --create-keys makes some");
        assert!(told(&ran).contains(&reason), "{}", told(&ran));
    }
    fs::write(folder.path().join("plain"), "a A x\n").unwrap();
    let ran = with("zone sign plain -o signed --keys keys --create-keys", folder.path());
    assert_eq!(ran.status.code(), Some(1));
    assert!(told(&ran).contains("nothing was written"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "plain and keys");
    assert_eq!(fs::read_dir(folder.path().join("keys")).unwrap().count(), 0);
}

#[test]
fn what_has_not_changed_is_not_signed_again() {
    let folder = folder();
    let sign = |more: &str| {
        let ran = with(&format!("zone sign plain -o signed --keys keys --create-keys{more}"), folder.path());
        assert!(ran.status.success(), "{}", told(&ran));
        told(&ran)
    };
    let first = sign("");
    assert!(first.contains(", 0 kept"), "{first}");
    let text = fs::read_to_string(folder.path().join("signed")).unwrap();
    assert!(sign("").contains(" 0 signatures made"));
    assert_eq!(fs::read_to_string(folder.path().join("signed")).unwrap(), text);
    assert!(sign(" --serial increment").contains("serial 8, 1 signatures made"));
    assert!(sign(" --serial increment").contains("serial 9, 1 signatures made"), "after that of the output");
    assert!(sign(" --fresh --serial increment").contains("serial 10, "), "after that of the output");
    assert!(sign(" --fresh --allow-older-serial").contains(", 0 kept"));
    assert_eq!(fs::read_dir(folder.path().join("keys")).unwrap().count(), 4, "two keys, made once");
}

#[test]
fn standard_output_takes_the_zone_alone() {
    let folder = folder();
    let ran = with("zone sign plain -o - --keys keys --create-keys --csk", folder.path());
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(text.lines().all(|line| line.contains("\tIN\t")), "{text}");
    assert!(text.contains("\tNSEC\t"));
}

#[test]
fn zone_check_verifies_what_is_signed() {
    let folder = folder();
    let ran = with("zone sign plain -o signed --keys keys --create-keys", folder.path());
    assert!(ran.status.success());
    let checked = with("zone check signed", folder.path());
    let said = told(&checked);
    assert!(checked.status.success(), "{said}");
    assert!(!said.contains("bad-") && !said.contains("no-zone-key"), "{said}");
}

#[test]
fn a_key_for_a_zone_prints_its_ds_record() {
    let folder = folder();
    for (role, is_pointed_to) in [("csk", true), ("ksk", true), ("zsk", false)] {
        let ran = with(
            &format!("key generate --zone signing.example --keys . --algorithm 13 --role {role}"),
            folder.path(),
        );
        assert!(ran.status.success(), "{}", told(&ran));
        let said = told(&ran);
        assert!(said.contains("Ksigning.example.+013+"), "{said}");
        assert_eq!(said.contains("signing.example. IN DS "), is_pointed_to, "{said}");
    }
    let sign = "zone sign plain -o signed --keys . --expire";
    for words in [
        &format!("{sign} 0"),
        &format!("{sign} 3600w"),
        "key generate",
        "key generate --zone a.example",
        "key generate x --zone a.example --keys .",
    ] {
        assert_eq!(with(words, folder.path()).status.code(), Some(2), "{words}");
    }
}

#[test]
fn keys_of_other_signers_stay_or_are_told() {
    let folder = folder();
    fs::create_dir(folder.path().join("others")).unwrap();
    let ran = with("key generate --zone signing.example --keys others --role ksk", folder.path());
    assert!(ran.status.success(), "{}", told(&ran));
    let mut others = fs::read_dir(folder.path().join("others")).unwrap().map(|entry| entry.unwrap().path());
    let other = others.find(|path| path.extension().is_some_and(|end| end == "key")).unwrap();
    let record = fs::read_to_string(other).unwrap();
    let record = record.lines().find(|line| !line.starts_with(';')).unwrap().to_owned();
    let data = record.split_once("DNSKEY").unwrap().1.to_owned();
    let plain = format!("{ZONE}{record}\nsigning.example. 60 IN CDNSKEY {data}\n");
    fs::write(folder.path().join("plain"), plain).unwrap();
    let ran = with("zone sign plain -o signed --keys keys --create-keys", folder.path());
    assert_eq!(ran.status.code(), Some(1), "{}", told(&ran));
    assert!(told(&ran).contains("plain has DNSKEY records of keys that are not in keys ("), "{}", told(&ran));
    assert!(!folder.path().join("signed").exists());
    let ran = with("zone sign plain -o signed --keys keys --keep-dnskeys", folder.path());
    assert!(ran.status.success(), "{}", told(&ran));
    assert_eq!(told(&ran).matches(" IN DS ").count(), 1, "our own: {}", told(&ran));
    let signed = fs::read_to_string(folder.path().join("signed")).unwrap();
    let count = |rtype: &str| signed.lines().filter(|line| line.contains(&format!("\t{rtype}\t"))).count();
    assert_eq!([count("DNSKEY"), count("CDNSKEY"), count("CDS")], [3, 1, 1], "{signed}");
}

#[test]
fn a_revoked_key_is_none_for_the_parent() {
    let folder = folder();
    let ran = with("zone sign plain -o signed --keys keys --create-keys", folder.path());
    assert!(ran.status.success(), "{}", told(&ran));
    let Some(keygen) = installed(&["dnssec-keygen"]) else { return };
    let words = "-q -K keys -a ED25519 -f KSK -R now signing.example";
    run(&keygen, &words.split(' ').collect::<Vec<_>>(), folder.path()).unwrap();
    let ran = with("zone sign plain -o signed --keys keys", folder.path());
    assert!(ran.status.success(), "{}", told(&ran));
    assert_eq!(told(&ran).matches(" IN DS ").count(), 1, "{}", told(&ran));
    let signed = fs::read_to_string(folder.path().join("signed")).unwrap();
    assert!(signed.contains("\tDNSKEY\t385 "), "{signed}");
}

/// The `.key` file of the key with these flags.
fn key_with(flags: &str, keys: &Path) -> std::path::PathBuf {
    let mut files = fs::read_dir(keys).unwrap().map(|entry| entry.unwrap().path());
    let is_it = |path: &std::path::PathBuf| {
        path.extension().is_some_and(|end| end == "key")
            && fs::read_to_string(path).unwrap().contains(&format!("DNSKEY {flags} "))
    };
    files.find(is_it).unwrap()
}

#[test]
fn a_key_that_lost_a_file_is_an_error() {
    let folder = folder();
    let sign = "zone sign plain -o signed --keys keys";
    assert!(with(&format!("{sign} --create-keys"), folder.path()).status.success());
    let keys = folder.path().join("keys");
    let signed = || fs::read(folder.path().join("signed")).unwrap();
    let before = signed();
    for (flags, ending) in [("257", "private"), ("256", "private"), ("256", "key")] {
        let key = key_with(flags, &keys);
        let (gone, away) = (key.with_extension(ending), folder.path().join("away"));
        fs::rename(&gone, &away).unwrap();
        for more in ["", " --create-keys", " --csk", " --keep-dnskeys"] {
            let ran = with(&format!("{sign} --serial increment{more}"), folder.path());
            assert_eq!(ran.status.code(), Some(1), "{flags} {ending}{more}: {}", told(&ran));
            let expected = format!("is there without keys/{}: ", gone.file_name().unwrap().display());
            assert!(told(&ran).contains(&expected), "{}", told(&ran));
        }
        assert_eq!((signed(), fs::read_dir(&keys).unwrap().count()), (before.clone(), 3));
        fs::rename(&away, &gone).unwrap();
    }
    // Both are gone, and none are made in their places.
    for flags in ["257", "256"] {
        fs::remove_file(key_with(flags, &keys).with_extension("private")).unwrap();
    }
    assert_eq!(with(&format!("{sign} --create-keys"), folder.path()).status.code(), Some(1));
    assert_eq!(fs::read_dir(&keys).unwrap().count(), 2);
    // Those that are out of the zone, by their times, need no secrets; and those of another signer.
    let zsk = key_with("256", &keys);
    let public = fs::read_to_string(&zsk).unwrap();
    fs::write(&zsk, format!("; Delete: 20200101000000 (long ago)\n{public}")).unwrap();
    let record = fs::read_to_string(key_with("257", &keys)).unwrap();
    let record = record.lines().find(|line| !line.starts_with(';')).unwrap();
    fs::write(folder.path().join("plain"), format!("{ZONE}{record}\n")).unwrap();
    let ran = with(&format!("{sign} --create-keys --keep-dnskeys"), folder.path());
    assert!(ran.status.success(), "{}", told(&ran));
    assert!(String::from_utf8(signed()).unwrap().contains(record.split_once("DNSKEY ").unwrap().1));
}

#[test]
fn a_key_does_the_others_work_only_where_that_is_asked_for() {
    let folder = folder();
    let sign = "zone sign plain -o signed --keys keys";
    assert!(with(&format!("{sign} --create-keys"), folder.path()).status.success());
    let keys = folder.path().join("keys");
    for (flags, whose) in [("256", "zone"), ("257", "keys")] {
        let secret = key_with(flags, &keys).with_extension("private");
        let text = fs::read_to_string(&secret).unwrap();
        fs::write(&secret, format!("{text}Inactive: 20200101000000\n")).unwrap();
        let ran = with(sign, folder.path());
        assert_eq!(ran.status.code(), Some(1), "{}", told(&ran));
        assert!(
            told(&ran).contains(&format!("no key that is for the {whose} of signing.example. signs now"))
        );
        assert!(with(&format!("{sign} --csk"), folder.path()).status.success());
        fs::write(&secret, text).unwrap();
    }
}

#[test]
fn a_serial_goes_back_only_where_that_is_meant() {
    let folder = folder();
    let sign = |more: &str| {
        let ran = with(&format!("zone sign plain -o signed --keys keys --create-keys{more}"), folder.path());
        (ran.status.code(), told(&ran))
    };
    assert_eq!(sign(" --serial unixtime").0, Some(0));
    let before = fs::read(folder.path().join("signed")).unwrap();
    for more in ["", " --fresh"] {
        let (code, told) = sign(more);
        assert!(code == Some(1) && told.contains(" back to 7: "), "{told}");
        assert_eq!(fs::read(folder.path().join("signed")).unwrap(), before);
    }
    let (code, told) = sign(" --allow-older-serial");
    assert!(
        code == Some(0) && told.contains("signing.example. serial 7,") && !told.contains("warning"),
        "{told}"
    );
    let (_, told) = sign("");
    assert!(told.contains(" 0 signatures made") && !told.contains("warning"), "{told}");
    fs::write(folder.path().join("plain"), format!("{ZONE}more.signing.example. 60 TXT x\n")).unwrap();
    let (code, told) = sign("");
    assert!(code == Some(0) && told.contains("signatures under the same serial 7: "), "{told}");
}
