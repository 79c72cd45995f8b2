use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::dnssec::lifecycle::Scheme;
use crate::record::dnssec::Algorithm;

const START: UnixTime = UnixTime(1_800_000_000);

fn policy() -> KeyPolicy {
    KeyPolicy {
        algorithm: Algorithm::ED25519,
        scheme: Scheme::Split,
        dnskey_ttl: 60,
        zone_ttl: 60,
        propagation: 0,
        parent_ttl: 60,
        parent_propagation: 0,
        ksk_lifetime: None,
        zsk_lifetime: None,
    }
}

fn store(folder: &Path) -> KeyStore {
    KeyStore::new(folder, &"Example.NET.".parse().unwrap())
}

/// What a server does with its keys.
fn look(keys: &mut OpenKeys, now: UnixTime) -> Result<(), KeyStoreError> {
    keys.adopt(&policy(), now)?;
    for new in keys.ring.wanted(&policy(), now) {
        keys.make(new, now)?;
    }
    keys.ring.advance(&policy(), now);
    keys.save(now)?;
    let revision = keys.ring.plan().revision;
    keys.ring.published(revision, now);
    keys.save(now)
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn what_is_saved_is_there_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder.path().join("keys"));
    assert!(!store.exists() && store.stamp().is_none());
    let mut keys = store.open().unwrap();
    look(&mut keys, START).unwrap();
    let ring = keys.ring.clone();
    drop(keys);
    assert!(store.exists());
    let again = store.open().unwrap();
    assert_eq!((&again.ring, again.files.len()), (&ring, 2));
    assert_eq!(again.file(ring.keys()[0].id).unwrap().times.publish, Some(START));
    assert_eq!(store.folder(), folder.path().join("keys/example.net"));
    assert_eq!(mode(store.folder()), 0o700);
    for entry in store.folder().read_dir().unwrap() {
        let path = entry.unwrap().path();
        let public = path.extension().is_some_and(|ending| ending == "key");
        assert_eq!(mode(&path), if public { 0o644 } else { 0o600 }, "{}", path.display());
    }
}

#[test]
fn a_stop_after_any_write_leaves_a_state_with_all_its_keys() {
    for steps in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let mut now = START;
        look(&mut store.open().unwrap(), now).unwrap();
        // A ZSK roll, up to the purge of the former key's files; each look is stopped once, then goes on.
        let mut stopped = false;
        let zsk = NewKey { role: Role::Zsk, algorithm: Algorithm::ED25519 };
        let mut keys = store.open().unwrap();
        keys.writes.left = Some(steps);
        for pass in [0, 60, 60, 60, 31 * 86_400] {
            now = now.plus(pass);
            let before =
                KeyRing::parse(&std::fs::read_to_string(store.folder().join(STATE)).unwrap()).unwrap();
            let rolled = if pass == 0 { keys.make(zsk, now).map(drop) } else { Ok(()) };
            if rolled.and_then(|()| look(&mut keys, now)).is_err() {
                assert!(!stopped, "it stops once");
                stopped = true;
                let after = keys.ring.clone();
                drop(keys);
                keys = store.open().unwrap();
                let there = &keys.ring;
                assert!(*there == before || there.revision() <= after.revision(), "{}", there.to_text());
                if pass == 0 && keys.ring.keys().len() < 3 {
                    // Whoever asked for the roll was told that it failed.
                    keys.make(zsk, now).unwrap();
                }
                look(&mut keys, now).unwrap();
            }
        }
        let left: Vec<Role> = keys.ring.keys().iter().map(|key| key.role).collect();
        assert_eq!(left, [Role::Ksk, Role::Zsk], "{}", keys.ring.to_text());
        drop(keys);
        store.open().unwrap();
        if !stopped {
            assert!(steps > 20, "{steps}");
            return;
        }
    }
}

/// Takes away what makes keys whole that no state names: as where it stops between a key's two files.
fn halve_unknown_keys(store: &KeyStore, ring: &KeyRing) {
    for file in read_key_folder(store.folder(), &store.apex).unwrap() {
        if ring.keys().iter().all(|key| key.id != id_of(&file)) {
            std::fs::remove_file(store.folder().join(file.stem() + ".key")).unwrap();
        }
    }
}

/// Looks at keys for the first time, stops after so many writes, and looks again long after. Whether it stopped.
fn stop_in_first_look(steps: usize, is_halved: bool) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let mut keys = store.open().unwrap();
    keys.writes.left = Some(steps);
    let stopped = look(&mut keys, START).is_err();
    drop(keys);
    let said = match std::fs::read_to_string(store.folder().join(STATE)) {
        Ok(text) => KeyRing::parse(&text).unwrap(),
        Err(_) => KeyRing::new(),
    };
    if is_halved {
        halve_unknown_keys(&store, &said);
    }
    let later = START.plus(1_000_000);
    let mut keys = store.open().unwrap();
    look(&mut keys, later).unwrap();
    let ring = &keys.ring;
    let roles: Vec<Role> = ring.keys().iter().map(|key| key.role).collect();
    assert_eq!(roles, [Role::Ksk, Role::Zsk], "after {steps}: {}", ring.to_text());
    let mut was_published = false;
    for key in ring.keys() {
        let before = said.keys().iter().find(|said| said.id == key.id).and_then(|said| said.published);
        was_published |= before.is_some();
        assert_eq!(key.published, Some(before.unwrap_or(later)), "after {steps}: {}", ring.to_text());
        assert_eq!(key.leaving, None);
    }
    assert!(was_published || ring.plan().cds.is_empty(), "after {steps}: {}", ring.to_text());
    stopped
}

#[test]
fn a_stop_in_the_first_look_makes_no_key_older_than_its_publication() {
    for is_halved in [false, true] {
        let steps = (0..).find(|&steps| !stop_in_first_look(steps, is_halved)).unwrap();
        assert!(steps > 15, "{steps}");
    }
}

#[test]
fn a_stop_after_keys_of_others_were_taken_in_keeps_them() {
    for steps in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        drop(store.open().unwrap());
        let times = KeyTimes { created: Some(START), publish: Some(START), ..KeyTimes::default() };
        let theirs = KeyFile::generate(&store.apex, Algorithm::ED25519, 257, times, &[]).unwrap();
        theirs.create(store.folder()).unwrap();
        let mut keys = store.open().unwrap();
        keys.writes.left = Some(steps);
        let now = START.plus(1000);
        let stopped = look(&mut keys, now).is_err();
        drop(keys);
        let mut keys = store.open().unwrap();
        look(&mut keys, now).unwrap();
        let key = keys.ring.keys().iter().find(|key| key.id == id_of(&theirs)).unwrap();
        assert_eq!(key.published, Some(START), "{steps}");
        // Alone it was all: had one of ours counted as theirs, it would be the other half.
        assert_eq!(key.role, Role::Csk, "{steps}");
        if !stopped {
            return;
        }
    }
}

#[test]
fn keys_of_others_are_taken_in_by_their_times() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let apex: Name = "example.net.".parse().unwrap();
    drop(store.open().unwrap());
    let times = KeyTimes {
        created: Some(START),
        publish: Some(START),
        activate: Some(START.plus(100)),
        ..KeyTimes::default()
    };
    for flags in [256, 257] {
        let file = KeyFile::generate(&apex, Algorithm::ED25519, flags, times, &[]).unwrap();
        file.create(store.folder()).unwrap();
    }
    assert!(store.exists());
    let mut keys = store.open().unwrap();
    let now = START.plus(1000);
    assert_eq!(keys.adopt(&policy(), now).unwrap(), 2);
    assert_eq!(keys.ring.wanted(&policy(), now), []);
    look(&mut keys, now).unwrap();
    assert_eq!((keys.ring.plan().dnskeys.len(), keys.ring.plan().signers.len()), (2, 1));
    assert_eq!(keys.ring.plan().cds.len(), 1, "the parent may point to it: that is not forgotten");
    assert_eq!(keys.adopt(&policy(), now).unwrap(), 0, "once");
}

#[test]
fn what_can_not_be_used_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let mut keys = store.open().unwrap();
    look(&mut keys, START).unwrap();
    let (id, state) = (keys.ring.keys()[0].id, store.folder().join(STATE));
    drop(keys);
    let text = std::fs::read_to_string(&state).unwrap();
    std::fs::write(&state, &text[..text.len() / 2]).unwrap();
    assert!(matches!(store.open(), Err(KeyStoreError::State { .. })));
    std::fs::write(&state, text).unwrap();
    let private = store.folder().join(KeyFile::stem_of(&store.apex, id.algorithm, id.tag) + ".private");
    std::fs::remove_file(private).unwrap();
    assert!(matches!(store.open(), Err(KeyStoreError::Key(_))));
    std::fs::set_permissions(store.folder(), PermissionsExt::from_mode(0o770)).unwrap();
    assert!(matches!(store.open(), Err(KeyStoreError::Open(_))));
}

#[test]
fn folders_of_zones() {
    for (apex, name) in [(".", "@"), ("A-b._tcp.example.", "a-b._tcp.example"), ("a\\.b/.c.", "a%2Eb%2F.c")] {
        let apex: Name = apex.parse().unwrap();
        assert_eq!(folder_name(&apex), name);
        assert_eq!(apex_of(name), Some(apex));
    }
    for name in ["", "A", "a.", "a%2", "a%zz", "a%61", "%é"] {
        assert_eq!(apex_of(name), None, "{name}");
    }
}

#[test]
fn keys_without_their_secrets_are_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    drop(store.open().unwrap());
    let times = KeyTimes { created: Some(START), publish: Some(START), ..KeyTimes::default() };
    let file = KeyFile::generate(&store.apex, Algorithm::ED25519, 257, times, &[]).unwrap();
    let path = file.create(store.folder()).unwrap();
    let secret = path.with_extension("private");
    std::fs::rename(&secret, folder.path().join("away")).unwrap();
    assert!(store.exists(), "no other keys are made");
    let told = store.open().unwrap().adopt(&policy(), START).unwrap_err().to_string();
    assert!(told.starts_with(&secret.display().to_string()) && told.contains("is missing"), "{told}");
    // What is left of a key that was never whole is in nobody's way.
    std::fs::rename(folder.path().join("away"), &secret).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(store.open().unwrap().adopt(&policy(), START).unwrap(), 0);
}
