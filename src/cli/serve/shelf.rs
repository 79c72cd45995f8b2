//! All zone files of a server: which there are, which are loaded again, and the catalog of their zones.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use super::images::Images;
use super::listed::{Listed, files_of};
use super::log;
use super::shelved::{Fault, Origin, Served, Shelved, timed};
use super::signing::{Signing, SigningStatus, Verdict};
use crate::cli::config::ZoneSource;
use crate::cli::stock::{count, zone_twice};
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::record::Name;
use crate::zone::{Catalog, Finding};

/// Every zone file that is served, or should be.
#[derive(Default)]
pub(super) struct Shelf {
    files: BTreeMap<PathBuf, Shelved>,
    catalog: Catalog,
    example: Option<Identifier>,
    listed: Listed,
    pub(super) signing: Signing,
    /// Where images of zones are kept, if they are.
    pub(super) images: Option<Images>,
}

/// Which zones are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// All files that the paths stand for now, since somebody said so.
    Told,
    /// Only those that [`Shelf::look`] found changed.
    Seen,
    /// Only those whose time is over, as [`Shelf::due`] says.
    Due,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Outcome {
    /// Zones that were put in their place.
    pub(super) loaded: usize,
    /// Files that were left alone.
    pub(super) unchanged: usize,
    /// Zones that are no longer served.
    pub(super) removed: usize,
    /// Faults that keep a zone from being served, or from being replaced.
    pub(super) errors: usize,
    /// Paths among them under which nothing is to be had.
    pub(super) unfound: usize,
}

/// What those who watch the server see of one file.
#[derive(Debug, Clone)]
pub(super) struct FileStatus {
    pub(super) file: PathBuf,
    pub(super) fault: Option<Fault>,
    /// Of its text, when it was read last.
    pub(super) errors: Vec<Finding>,
    pub(super) zone: Option<ZoneStatus>,
}

/// And of the zone that is served from it.
#[derive(Debug, Clone)]
pub(super) struct ZoneStatus {
    pub(super) apex: Name,
    pub(super) serial: u32,
    pub(super) names: usize,
    pub(super) loaded_at: UnixTime,
    pub(super) took: Duration,
    pub(super) origin: Origin,
    /// When it is loaded again although no file changes.
    pub(super) due: Option<UnixTime>,
    /// Where it is signed here.
    pub(super) signing: Option<SigningStatus>,
}

impl Shelf {
    /// Loads what is new, what has changed and what was broken, and tells what is wrong. What can't be loaded
    /// stays as it was; a zone whose file was taken out of a folder is no longer served.
    pub(super) fn load(&mut self, sources: &[ZoneSource], reason: Reason, now: UnixTime) -> Outcome {
        let mut outcome = Outcome::default();
        let before = self.apexes();
        if reason == Reason::Told || (reason == Reason::Seen && self.listed.moved) {
            self.find(sources, now, &mut outcome);
        }
        let mut owners = self.apexes();
        for (file, shelved) in &mut self.files {
            let stays = match reason {
                Reason::Told => {
                    let starts =
                        shelved.serves.as_ref().is_some_and(|serves| self.signing.starts_with(&serves.zone));
                    shelved.fault == Some(Fault::Gone) || shelved.is_current(file, now) && !starts
                }
                Reason::Seen => {
                    !shelved.moved
                        || shelved.is_gone(file)
                        || shelved.fault.is_none() && !shelved.has_changed(file)
                }
                Reason::Due => !shelved.is_due(now),
            };
            if stays {
                let never_there = shelved.fault == Some(Fault::Gone) && shelved.serves.is_none();
                outcome.unchanged += usize::from(!never_there);
                continue;
            }
            let images = self.images.as_ref();
            let (mut read, took) = timed(|| shelved.read(file, images, now));
            outcome.errors += tell(&read.findings);
            self.example = self.example.take().or_else(|| read.example.clone());
            let wanted = shelved.source.apex.clone();
            shelved.awaited = wanted.or(read.apex.take()).filter(|_| read.zone.is_none());
            let Some(zone) = read.zone.take() else {
                shelved.fail(file, shelved.unreadable(), now);
                continue;
            };
            match owners.get(zone.apex()).filter(|owner| *owner != file) {
                Some(owner) => {
                    outcome.errors += tell(&[zone_twice(zone.apex(), owner, file)]);
                    shelved.fail(file, Fault::Twice, now);
                }
                None => {
                    let before = self.catalog.zone(zone.apex()).cloned();
                    let (verdict, signed_in) =
                        timed(|| self.signing.sign_source(&zone, before.as_deref(), now));
                    let zone = match verdict {
                        Verdict::Signed(signed) => *signed,
                        Verdict::NotOurs => {
                            if let (Some(images), Origin::Text) = (images, read.origin)
                                && let Some(kept) = shelved.to_keep(&read, zone.clone())
                            {
                                images.keep(file, &shelved.source, kept);
                            }
                            zone
                        }
                        Verdict::AsBefore => continue,
                        Verdict::Failed => {
                            outcome.errors += 1;
                            shelved.awaited = Some(zone.apex().clone()).filter(|_| shelved.serves.is_none());
                            shelved.fail(file, Fault::Unsigned, now);
                            continue;
                        }
                    };
                    let (took, before) = (took + signed_in, before.map(|zone| zone.serial()));
                    if reason != Reason::Due {
                        shelved.warn_of_serial(file, &zone, read.drafts);
                    }
                    if let Some(apex) = shelved.apex() {
                        owners.remove(apex);
                    }
                    owners.insert(zone.apex().clone(), file.clone());
                    self.catalog = self.catalog.with(zone.clone());
                    let (due, origin) = (read.due, read.origin);
                    shelved.put(file, Served { zone, loaded_at: now, took, due, origin }, before);
                    outcome.loaded += 1;
                }
            }
        }
        for apex in before.keys().filter(|apex| !owners.contains_key(*apex)) {
            tracing::info!(zone = %apex, "no longer served: no file holds it");
            self.catalog = self.catalog.without(apex);
            outcome.removed += 1;
        }
        self.signing.retain(|apex| owners.contains_key(apex));
        outcome.errors += self.sign_again(now);
        let awaited = self.awaited(&owners);
        if reason == Reason::Told {
            let held = |apex: &Name| owners.contains_key(apex) || awaited.contains(apex);
            for apex in self.signing.named().filter(|apex| !held(apex)) {
                tracing::warn!(zone = %apex, "a [[signing]] policy names this zone, and no file that can be read holds it");
            }
        }
        self.catalog = self.catalog.awaiting(awaited);
        if let (Some(images), Reason::Told, 0) = (&self.images, reason, outcome.unfound) {
            images.retain(self.files.keys());
        }
        outcome
    }

    /// Looks for files that have come, gone or changed, and whether nobody is still at it: true where a
    /// [`load`](Self::load) has something to do.
    pub(super) fn look(&mut self, sources: &[ZoneSource]) -> bool {
        self.listed.look(sources);
        self.files.values_mut().for_each(Shelved::look);
        self.listed.moved || self.files.values().any(|shelved| shelved.moved)
    }

    /// Signs what is due, and what keys have changed of; how many zones could not be.
    fn sign_again(&mut self, now: UnixTime) -> usize {
        let mut failed = 0;
        for apex in self.signing.due_zones(now) {
            let Some(zone) = self.catalog.zone(&apex).cloned() else { continue };
            match self.signing.sign_again(&zone, now) {
                Verdict::Signed(zone) => {
                    let mut files = self.files.values_mut();
                    if let Some(served) = files
                        .find_map(|file| file.serves.as_mut().filter(|serves| *serves.zone.apex() == apex))
                    {
                        served.zone = (*zone).clone();
                    }
                    self.catalog = self.catalog.with(*zone);
                }
                Verdict::Failed => failed += 1,
                Verdict::NotOurs | Verdict::AsBefore => {}
            }
        }
        failed
    }

    /// The catalog is what is served.
    pub(super) fn published(&mut self, now: UnixTime) {
        self.signing.published(now);
    }

    /// What is served. Zones that stayed as they were are the same in the next one.
    pub(super) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// When the first zone must be loaded again although no file changes.
    pub(super) fn due(&self) -> Option<UnixTime> {
        self.files.values().filter_map(Shelved::due).chain(self.signing.due()).min()
    }

    /// A telephone number that a source names, to try things with.
    pub(super) fn example(&self) -> Option<&Identifier> {
        self.example.as_ref()
    }

    /// Every file, in their order.
    pub(super) fn status(&self) -> Vec<FileStatus> {
        let status = |(file, shelved): (&PathBuf, &Shelved)| FileStatus {
            file: file.clone(),
            fault: shelved.fault,
            errors: shelved.errors.clone(),
            zone: shelved.serves.as_ref().map(|served| ZoneStatus {
                apex: served.zone.apex().clone(),
                serial: served.zone.serial(),
                names: served.zone.name_count(),
                loaded_at: served.loaded_at,
                took: served.took,
                origin: served.origin,
                due: served.due,
                signing: self.signing.status(served.zone.apex()),
            }),
        };
        self.files.iter().map(status).collect()
    }

    /// Zones that nobody may be told do not exist: their files are there, and broken.
    fn awaited(&self, owners: &BTreeMap<Name, PathBuf>) -> Vec<Name> {
        let awaited = self.files.values().filter_map(|shelved| shelved.awaited.as_ref());
        awaited.filter(|apex| !owners.contains_key(*apex)).cloned().collect()
    }

    /// Which file each zone is served from.
    fn apexes(&self) -> BTreeMap<Name, PathBuf> {
        self.files
            .iter()
            .filter_map(|(file, shelved)| Some((shelved.apex()?.clone(), file.clone())))
            .collect()
    }

    /// Shelves the files that the paths stand for now, and no others. What was found under a path that
    /// can't be read any more stays.
    fn find(&mut self, sources: &[ZoneSource], now: UnixTime, outcome: &mut Outcome) {
        self.listed = Listed::of(sources);
        let (mut known, mut wanted) = (BTreeSet::new(), BTreeMap::new());
        for source in sources {
            let held = |(file, shelved): (&PathBuf, &Shelved)| {
                shelved.source.path == source.path && *file != source.path
            };
            let held_any = self.files.iter().any(held);
            match files_of(source, held_any) {
                Ok(files) => {
                    for file in files {
                        if let Some(back) = self.files.get_mut(&file) {
                            back.is_there();
                        }
                        // What zones are named stands first, and each of these is wanted.
                        let is_first = known.insert(file.canonicalize().unwrap_or_else(|_| file.clone()));
                        if is_first || source.apex.is_some() {
                            wanted.insert(file, source);
                        }
                    }
                }
                Err(error) => {
                    outcome.errors += 1;
                    outcome.unfound += 1;
                    tracing::error!(path = %source.path.display(), "no zone is to be had there: {error}");
                    if !held_any {
                        // Stands for what should be served from there.
                        let new = || Shelved::new(source.clone());
                        self.files.entry(source.path.clone()).or_insert_with(new);
                    }
                    let files = self.files.iter_mut();
                    for (file, shelved) in files.filter(|(_, shelved)| shelved.source.path == source.path) {
                        shelved.fail(file, Fault::Gone, now);
                        wanted.insert(file.clone(), source);
                    }
                }
            }
        }
        self.files.retain(|file, _| wanted.contains_key(file));
        for (file, source) in wanted {
            self.files.entry(file).or_insert_with(|| Shelved::new(source.clone())).found(source);
        }
    }
}

/// Tells every finding; how many errors.
fn tell(findings: &[Finding]) -> usize {
    findings.iter().for_each(log::finding);
    count(findings).0
}

#[cfg(test)]
mod tests {
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
            loading.write(
                "plain.zone",
                "$ORIGIN plain.example.\n@ 60 SOA ns h 1 1h 1h 1w 60\n@ 60 NS ns.other.\n",
            );
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
}
