//! All zone files of a server: which there are, which are loaded again, and the catalog of their zones.

mod loading;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use self::loading::Loading;
use super::afterwards::Ends;
use super::images::Images;
use super::listed::{Listed, files_of};
use super::shelved::{Fault, Origin, Shelved};
use super::signing::{Signing, SigningStatus, Verdict};
use crate::cli::config::ZoneSource;
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
    /// When zones were loaded last, by the clock that was then.
    loaded_at: UnixTime,
}

/// A clock that is behind the last load by more seconds was set back.
const CLOCK_STEP: u64 = 5;

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

impl ZoneStatus {
    /// When the first signature ends: as who signs here knows, or as somebody has found.
    pub(super) fn signatures_end(&self, ends: Option<&Ends>) -> Option<UnixTime> {
        let here = self.signing.as_ref().and_then(|signing| signing.expires);
        here.or_else(|| Some(ends?.signatures.as_ref()?.earliest_expiration))
    }

    /// When the last signature is good.
    pub(super) fn signatures_begin(&self, ends: Option<&Ends>) -> Option<UnixTime> {
        let here = self.signing.as_ref().map(|signing| signing.begins);
        here.unwrap_or_else(|| Some(ends?.signatures.as_ref()?.latest_inception))
    }
}

impl Shelf {
    /// Loads what is new, what has changed and what was broken, and tells what is wrong. What can't be loaded
    /// stays as it was; a zone whose file was taken out of a folder is no longer served.
    pub(super) fn load(&mut self, sources: &[ZoneSource], reason: Reason, now: UnixTime) -> Outcome {
        self.load_of(None, sources, reason, now)
    }

    /// The same for the files of one zone, as if told; which files there are is looked at another time.
    pub(super) fn load_zone(&mut self, zone: &Name, sources: &[ZoneSource], now: UnixTime) -> Outcome {
        self.load_of(Some(zone), sources, Reason::Told, now)
    }

    /// Whether some file holds this zone, or should.
    pub(super) fn holds(&self, zone: &Name) -> bool {
        self.files.values().any(|shelved| shelved.is_of(zone))
    }

    fn load_of(
        &mut self,
        only: Option<&Name>,
        sources: &[ZoneSource],
        reason: Reason,
        now: UnixTime,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        if self.went_back(now) {
            tracing::warn!("the clock was set back: what depends on the time is made anew");
            self.files.values_mut().for_each(|shelved| shelved.doubt_time(now));
        }
        self.loaded_at = now;
        let before = self.apexes();
        let all = only.is_none();
        if all && (reason == Reason::Told || (reason == Reason::Seen && self.listed.moved)) {
            self.find(sources, now, &mut outcome);
        }
        let named = named(sources);
        self.files.values_mut().for_each(|shelved| shelved.give_up(&named));
        let owners = self.apexes();
        let Self { files, catalog, example, signing, images, .. } = self;
        let images = images.as_ref();
        let mut loading = Loading { catalog, example, signing, images, named, owners, reason, now, outcome };
        for (file, shelved) in
            files.iter_mut().filter(|(_, shelved)| only.is_none_or(|zone| shelved.is_of(zone)))
        {
            loading.file(file, shelved);
        }
        let Loading { owners, mut outcome, .. } = loading;
        for apex in before.keys().filter(|apex| !owners.contains_key(*apex)) {
            tracing::info!(zone = %apex, "no longer served: no file holds it");
            self.catalog = self.catalog.without(apex);
            outcome.removed += 1;
        }
        self.signing.retain(|apex| owners.contains_key(apex));
        outcome.errors += self.sign_again(now);
        let awaited = self.awaited(&owners);
        if all && reason == Reason::Told {
            self.warn_of_policies(|apex| owners.contains_key(apex) || awaited.contains(apex));
        }
        self.catalog = self.catalog.awaiting(awaited);
        if let (Some(images), Reason::Told, 0, true) = (&self.images, reason, outcome.unfound, all) {
            images.retain(self.files.keys());
        }
        outcome
    }

    fn warn_of_policies(&self, is_held: impl Fn(&Name) -> bool) {
        for apex in self.signing.named().filter(|apex| !is_held(apex)) {
            tracing::warn!(zone = %apex, "a [[signing]] policy names this zone, and no file that can be read holds it");
        }
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
                    let mut files = self.files.iter_mut();
                    if let Some((file, shelved)) = files.find(|(_, file)| file.apex() == Some(&apex))
                        && let Some(served) = &mut shelved.serves
                    {
                        served.zone = (*zone).clone();
                        if let Some(signing) = self.signing.to_keep(&apex) {
                            loading::keep(self.images.as_ref(), file, shelved, Some(signing));
                        }
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

    /// Whether something is due: by the time, or since the clock was set back.
    pub(super) fn is_due(&self, now: UnixTime) -> bool {
        self.due().is_some_and(|due| due <= now) || self.signing.is_due(now) || self.went_back(now)
    }

    fn went_back(&self, now: UnixTime) -> bool {
        now.plus(CLOCK_STEP) < self.loaded_at
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
            // Of a file that is gone nothing else is known.
            errors: if shelved.fault == Some(Fault::Gone) { Vec::new() } else { shelved.errors.clone() },
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

/// The zones that are to be found in one file and in no other.
fn named(sources: &[ZoneSource]) -> BTreeMap<Name, PathBuf> {
    sources.iter().filter_map(|source| Some((source.apex.clone()?, source.path.clone()))).collect()
}

#[cfg(test)]
mod tests;
