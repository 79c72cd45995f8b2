//! Which zones a shelf serves after what.

use super::*;
use crate::record::mimisig::Mimisig;
use crate::record::{Class, Rtype};
use crate::statement::SecretKey;
use crate::zone::{Authority, LoadOptions, load_file};

const START: UnixTime = UnixTime(1_800_000_000);
const HOUR: u64 = 60 * 60;

struct Loading {
    folder: tempfile::TempDir,
    shelf: Shelf,
}

impl Loading {
    /// A plain zone, and one with a draft that is signed for nine days.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let loading = Self { folder, shelf: Shelf::default() };
        loading
            .write("plain.zone", "$ORIGIN plain.example.\n@ 60 SOA ns h 1 1h 1h 1w 60\n@ 60 NS ns.other.\n");
        std::fs::write(
            loading.folder.path().join("key.pem"),
            SecretKey::generate().unwrap().to_pem().as_bytes(),
        )
        .unwrap();
        loading.write("drafts.zone", &source("now-1h +9d", "sign=key.pem"));
        loading
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn sources(&self) -> [ZoneSource; 1] {
        [ZoneSource { path: self.folder.path().to_owned(), apex: None, allow_outside: false }]
    }

    fn load(&mut self, reason: Reason, now: UnixTime) -> [usize; 4] {
        let sources = self.sources();
        let Outcome { loaded, unchanged, removed, errors, .. } = self.shelf.load(&sources, reason, now);
        [loaded, unchanged, removed, errors]
    }

    /// Looks as often as it takes to believe what is seen, and once more; how many errors each look told.
    fn look(&mut self) -> [usize; 3] {
        let sources = self.sources();
        std::array::from_fn(|_| {
            let moved = self.shelf.look(&sources);
            if moved { self.load(Reason::Seen, START)[3] } else { 0 }
        })
    }

    fn faults(&self) -> Vec<Option<Fault>> {
        self.shelf.status().into_iter().map(|file| file.fault).collect()
    }
}

fn source(times: &str, sign: &str) -> String {
    format!(
        "$ORIGIN drafts.example.\n@ 60 SOA ns h 1 1h 1h 1w 60\n@ 60 NS ns.other.\n\
         _mimi 60 TXT \"v=mimi1; epoch=1; hash=sha256; salt=00112233445566778899aabbccddeeff; from=20260101000000\"\n\
         $IDENTIFIER tel:+442079460222\n@ 60 MIMISIG mapping {times} issuer=msp.example. proof=sms,now-1h \
         ( endpoint=\"URI 10 1 \\\"mimi://msp.example/u/1\\\"\" {sign} )\n"
    )
}

#[test]
fn drafts_are_signed_anew_when_it_is_time_and_nothing_else_is_read() {
    let mut loading = Loading::start();
    assert_eq!(loading.load(Reason::Told, START), [2, 0, 0, 0]);
    assert_eq!(loading.shelf.due(), Some(START.plus(6 * HOUR)));
    let signed = loading.shelf.catalog().clone();
    let early = START.plus(6 * HOUR - 1);
    assert_eq!(loading.load(Reason::Told, early), [0, 2, 0, 0]);
    // What changed meanwhile waits until somebody says so.
    loading.write("plain.zone", "broken");
    let due = START.plus(6 * HOUR);
    assert_eq!(loading.load(Reason::Due, due), [1, 1, 0, 0]);
    assert_eq!(loading.shelf.due(), Some(due.plus(6 * HOUR)));
    let same = |apex: &str| {
        let apex: Name = apex.parse().unwrap();
        std::sync::Arc::ptr_eq(signed.zone(&apex).unwrap(), loading.shelf.catalog().zone(&apex).unwrap())
    };
    assert!(same("plain.example.") && !same("drafts.example."));
}

#[test]
fn after_the_clock_was_set_back_drafts_are_signed_anew() {
    let mut loading = Loading::start();
    loading.load(Reason::Told, START);
    assert!(!loading.shelf.is_due(START.minus(2)), "no clock is set so little");
    let earlier = START.minus(30 * 24 * HOUR);
    assert!(loading.shelf.is_due(earlier));
    assert_eq!(loading.load(Reason::Due, earlier), [1, 1, 0, 0]);
    assert_eq!(loading.shelf.due(), Some(earlier.plus(6 * HOUR)));
    assert!(!loading.shelf.is_due(earlier));
    // Whoever says so before it is seen has the same.
    assert_eq!(loading.load(Reason::Told, earlier.minus(HOUR)), [1, 1, 0, 0]);
    // What can't be made then is tried again as ever.
    loading.write("key.pem", "no key");
    let before = earlier.minus(3 * HOUR);
    assert_eq!(loading.load(Reason::Due, before), [0, 1, 0, 1]);
    assert_eq!(loading.shelf.due(), Some(before.plus(10 * 60)));
}

#[test]
fn what_can_not_be_signed_anew_is_served_on_and_tried_again() {
    let mut loading = Loading::start();
    loading.load(Reason::Told, START);
    loading.write("key.pem", "no key");
    let due = START.plus(6 * HOUR);
    assert_eq!(loading.load(Reason::Due, due), [0, 1, 0, 1]);
    assert_eq!(loading.shelf.catalog().len(), 2);
    assert_eq!(loading.shelf.due(), Some(due.plus(10 * 60)));
    assert_eq!(loading.load(Reason::Due, due.plus(HOUR)), [0, 1, 0, 1]);
}

#[test]
fn a_broken_file_that_is_added_has_its_zone_awaited_until_it_loads_or_goes() {
    let mut loading = Loading::start();
    let awaited = |loading: &Loading| {
        let name: Name = "www.new.example.".parse().unwrap();
        let authority = loading.shelf.catalog().find(&(&name).into(), Rtype::A, Class::IN);
        matches!(authority, Some(Authority::Awaited))
    };
    let zone = "$ORIGIN new.example.\n@ 60 SOA ns h 1 1h 1h 1w 60\n@ 60 NS ns.other.\n";
    for text in [zone, ""] {
        loading.write("new.zone", &format!("{zone}www 60 A 192.0.2.256\n"));
        loading.load(Reason::Told, START);
        assert!(awaited(&loading));
        match text {
            "" => std::fs::remove_file(loading.folder.path().join("new.zone")).unwrap(),
            zone => loading.write("new.zone", zone),
        }
        loading.load(Reason::Told, START);
        assert!(!awaited(&loading));
        std::fs::remove_file(loading.folder.path().join("new.zone")).ok();
        loading.load(Reason::Told, START);
    }
}

#[test]
fn a_folder_that_is_gone_for_a_while_is_told_once_and_forgotten_when_it_is_back() {
    let mut loading = Loading::start();
    let broken =
        "$ORIGIN broken.example.\n@ 60 SOA ns h 1 1h 1h 1w 60\n@ 60 NS ns.other.\nx 60 A 192.0.2.256\n";
    loading.write("broken.zone", broken);
    loading.load(Reason::Told, START);
    assert_eq!(loading.look(), [0; 3]);
    assert_eq!(loading.faults(), [Some(Fault::Broken), None, None]);
    let (here, away) = (loading.folder.path().to_owned(), loading.folder.path().with_extension("away"));
    std::fs::rename(&here, &away).unwrap();
    assert_eq!(loading.look(), [0, 1, 0]);
    assert_eq!(loading.faults(), [Some(Fault::Gone); 3]);
    std::fs::rename(&away, &here).unwrap();
    assert_eq!(loading.look(), [0; 3]);
    assert_eq!(loading.faults(), [Some(Fault::Broken), None, None]);
    assert_eq!(loading.shelf.catalog().len(), 2);
}

#[test]
fn a_zone_is_loaded_again_when_a_mapping_in_it_has_expired() {
    let mut loading = Loading::start();
    let options = LoadOptions { now: START, ..LoadOptions::default() };
    let signed = load_file(&loading.folder.path().join("drafts.zone"), false, &options);
    let statement = &signed.identifiers[0].statements[0].1;
    let expires = Mimisig::parse(statement).unwrap().expiration();
    let digits: String = statement.iter().map(|octet| format!("{octet:02x}")).collect();
    let mut lines: Vec<String> = source("", "").lines().take(5).map(str::to_owned).collect();
    lines.push(format!("@ 60 TYPE65400 \\# {} {digits}\n", statement.len()));
    loading.write("drafts.zone", &lines.join("\n"));
    assert_eq!(loading.load(Reason::Told, START), [2, 0, 0, 0]);
    assert_eq!(loading.shelf.due(), Some(expires));
    assert_eq!(loading.load(Reason::Due, expires), [1, 1, 0, 0]);
    assert_eq!(loading.shelf.due(), None, "nothing is left to expire");
}

#[test]
fn a_named_zone_is_served_from_its_own_file_or_not_at_all() {
    let mut loading = Loading::start();
    let text = |serial: u32| format!("@ 60 SOA ns h {serial} 1h 1h 1w 60\n@ 60 NS ns.other.\n");
    std::fs::create_dir(loading.folder.path().join("named")).unwrap();
    loading.write("stray.zone", &format!("$ORIGIN named.example.\n{}", text(1)));
    loading.write("named/own", &text(2));
    let apex: Name = "named.example.".parse().unwrap();
    let serial = |loading: &Loading| loading.shelf.catalog().zone(&apex).map(|zone| zone.serial());
    let [found] = loading.sources();
    assert_eq!(loading.load(Reason::Told, START), [3, 0, 0, 0]);
    assert_eq!(serial(&loading), Some(1), "nobody has named it");
    let path = loading.folder.path().join("named/own");
    let named = ZoneSource { path: path.clone(), apex: Some(apex.clone()), allow_outside: false };
    let sources = [named, found];
    let load = |loading: &mut Loading| loading.shelf.load(&sources, Reason::Told, START).errors;
    assert_eq!(load(&mut loading), 1, "there are two");
    assert_eq!(serial(&loading), Some(2));
    // Gone: it is served as it was, and from nowhere else.
    std::fs::remove_file(&path).unwrap();
    load(&mut loading);
    assert_eq!(serial(&loading), Some(2));
    // Never there.
    loading.shelf = Shelf::default();
    load(&mut loading);
    assert_eq!(serial(&loading), None);
    let name = (&apex).into();
    let authority = loading.shelf.catalog().find(&name, Rtype::A, Class::IN);
    assert!(matches!(authority, Some(Authority::Awaited)));
    loading.write("named/own", &text(3));
    load(&mut loading);
    assert_eq!(serial(&loading), Some(3));
}

#[test]
fn one_zone_is_loaded_without_the_others() {
    let mut loading = Loading::start();
    let top = |apex: &str, serial: u32| {
        format!("$ORIGIN {apex}.\n@ 60 SOA ns h {serial} 1h 1h 1w 60\n@ 60 NS ns.other.\n")
    };
    loading.write("other.zone", &top("other.example", 1));
    assert_eq!(loading.load(Reason::Told, START), [3, 0, 0, 0]);
    let serial = |loading: &Loading, apex: &str| {
        loading.shelf.catalog().zone(&apex.parse().unwrap()).map(|zone| zone.serial())
    };
    loading.write("plain.zone", &top("plain.example", 22));
    loading.write("other.zone", &top("other.example", 22));
    let sources = loading.sources();
    let plain: Name = "PLAIN.example.".parse().unwrap();
    let outcome = loading.shelf.load_zone(&plain, &sources, START);
    assert_eq!((outcome.loaded, outcome.unchanged, outcome.errors), (1, 0, 0));
    assert_eq!((serial(&loading, "plain.example."), serial(&loading, "other.example.")), (Some(22), Some(1)));
    // Broken it stays as it was, and is still known by its name.
    loading.write("plain.zone", "$ORIGIN plain.example.\nbroken\n");
    let outcome = loading.shelf.load_zone(&plain, &sources, START);
    assert_eq!((outcome.loaded, outcome.errors > 0), (0, true));
    assert_eq!(serial(&loading, "plain.example."), Some(22));
    assert!(loading.shelf.holds(&plain) && !loading.shelf.holds(&"none.example.".parse().unwrap()));
    assert_eq!(loading.load(Reason::Told, START)[0], 1, "the other, which has changed too");
    assert_eq!(serial(&loading, "other.example."), Some(22));
}
