use std::os::unix::fs::PermissionsExt;

use super::*;

fn times(now: u64) -> KeyTimes {
    let time = |seconds: u64| Some(UnixTime(now + seconds));
    KeyTimes {
        created: time(0),
        publish: time(1),
        activate: time(2),
        inactive: time(3),
        delete: time(4),
        sync_publish: time(5),
        ..KeyTimes::default()
    }
}

fn generated(owner: &str, algorithm: Algorithm) -> KeyFile {
    KeyFile::generate(&owner.parse().unwrap(), algorithm, 257, times(1_700_000_000), &[]).unwrap()
}

#[test]
fn what_is_written_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    for algorithm in [Algorithm::ED25519, Algorithm::ECDSAP256SHA256] {
        for owner in ["Example.net.", ".", "a\\.b/c.example."] {
            let mut file = generated(owner, algorithm);
            let path = file.create(folder.path()).unwrap();
            let same = KeyFile::read(&path).unwrap();
            assert_eq!((&same.owner, same.flags, same.times), (&file.owner, 257, file.times));
            assert_eq!(same.key.secret(), file.key.secret());
            file.create(folder.path()).unwrap_err();

            file.times.revoke = Some(UnixTime(1_800_000_000));
            file.others.push("MaxTTL: 3600".into());
            file.replace(folder.path()).unwrap();
            let same = KeyFile::read(&path.with_extension("private")).unwrap();
            assert_eq!((same.times, same.others), (file.times, file.others));
            let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&path.with_extension("private")), 0o600);
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 12, "nothing else is left there");
    let found = read_key_folder(folder.path(), &"example.NET".parse().unwrap()).unwrap();
    assert_eq!(found.len(), 2);
}

#[test]
fn names_of_files_are_those_of_bind() {
    let stem = |owner: &str| text::stem(&owner.parse().unwrap(), Algorithm::ED25519, 42);
    assert_eq!(stem("."), "K.+015+00042");
    assert_eq!(stem("a\\.b/c.Example."), "Ka%2Eb%2Fc.example.+015+00042");
    assert_eq!(stem("x\\032_y-z.example."), "Kx%20_y-z.example.+015+00042");
}

#[test]
fn a_key_as_dnssec_keygen_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    let stem = folder.path().join("Kexample.com.+013+09318");
    let both = both(&stem);
    let public = "; This is a key-signing key, keyid 9318, for example.com.\n\
         example.com. 3600 IN DNSKEY 257 3 13 HpY4zrvlqe5Ro8FgdsJPzMfEqsJKFAlrPrnPgeBUfSF9eDKzwBiUm+YG vEkoO/lGI01eLyBnvldxR++33ovvWg==\n";
    let private = "Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\n\
         PrivateKey: WjyIpw0RlFqbE4nZVEoPBNnG/92nN1qpCA4XdXAyoOU=\nCreated: 20261122101020\n\
         SyncDelete: 20270111101020\nDSPublish: 20270111101020\n";
    fs::write(&both[0], public).unwrap();
    fs::write(&both[1], private).unwrap();
    let file = KeyFile::read(&stem).unwrap();
    assert_eq!((file.key_tag(), file.ttl), (9318, Some(Ttl::from_secs(3600))));
    assert_eq!(file.times.sync_delete, Some(UnixTime(1_799_662_220)));
    assert_eq!(file.others, ["DSPublish: 20270111101020"]);
    assert_eq!(file.stem(), "Kexample.com.+013+09318");
}

#[test]
fn faults_are_told_without_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = generated("example.", Algorithm::ED25519).create(folder.path()).unwrap();
    let private = path.with_extension("private");
    let good = fs::read_to_string(&private).unwrap();
    let other = generated("example.", Algorithm::ED25519);
    for (text, fault) in [
        (String::new(), "it is no secret key in the form of BIND (\"Private-key-format: v1.3\")"),
        (
            good.replace("v1.3", "v2.0"),
            "it is no secret key in the form of BIND (\"Private-key-format: v1.3\")",
        ),
        (good.replace("15 (", "13 ("), "its algorithm is not that of the DNSKEY record"),
        (good.replace("Created: 2", "Created: x"), "the time of Created can't be read"),
        (
            text::print_private(&other).to_string(),
            "the secret key is ill formed, or the public key is not its own",
        ),
    ] {
        fs::write(&private, text).unwrap();
        assert_eq!(KeyFile::read(&path).unwrap_err().to_string(), format!("{}: {fault}", private.display()));
    }
    fs::write(&path, "; nothing\n").unwrap();
    assert!(matches!(KeyFile::read(&path).unwrap_err().fault, KeyFileFault::NoDnskey));
}

#[test]
fn a_key_of_one_file_is_told_with_its_times() {
    let folder = tempfile::tempdir().unwrap();
    let owner = "example.net".parse().unwrap();
    let [public, secret] = [0, 1].map(|_| {
        let file = generated("example.net.", Algorithm::ED25519);
        (file.create(folder.path()).unwrap(), file)
    });
    assert!(read_half_keys(folder.path(), &owner).unwrap().is_empty());
    fs::remove_file(public.0.with_extension("private")).unwrap();
    fs::remove_file(&secret.0).unwrap();
    assert!(read_key_folder(folder.path(), &owner).unwrap().is_empty());
    let halves = read_half_keys(folder.path(), &owner).unwrap();
    assert_eq!(halves.len(), 2);
    for half in halves {
        let (path, file) = if half.dnskey.is_some() { &public } else { &secret };
        let [key, private] = both(path);
        let names = if half.dnskey.is_some() { (key, private) } else { (private, key) };
        assert_eq!((half.path.clone(), half.missing.clone()), names);
        assert_eq!((half.key_tag, half.times), (file.key_tag(), file.times));
        assert_eq!(half.dnskey.clone().unwrap_or_else(|| file.key.dnskey(257)), file.key.dnskey(257));
        assert!(half.is_gone(UnixTime(1_700_000_004)) && !half.is_gone(UnixTime(1_700_000_003)));
    }
    fs::write(&public.0, fs::read_to_string(&public.0).unwrap().replace("Delete: 2", "Delete: x")).unwrap();
    read_half_keys(folder.path(), &owner).unwrap_err();
}
