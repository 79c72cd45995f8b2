//! One zone file of a server: what is served from it, and when it is loaded again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::images::{Found, Images, Kept};
use super::seen::{FilesSeen, Noting, Stamp};
use super::signing::{KeptSigning, Signing};
use crate::cli::config::ZoneSource;
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::record::mimisig::{Body, Mimisig};
use crate::record::{Name, Rtype};
use crate::zone::{Finding, Folder, LoadOptions, Loaded, RememberedNames, Severity, Zone, load, load_file};

/// How often drafts in sources are signed anew, far more often than a mapping's ten days run out; and how soon
/// after a load what has expired in it is dropped.
const SIGN_ANEW: u64 = 6 * 60 * 60;

/// When a zone that had to be loaded again, and could not be, is tried again.
const RETRY: u64 = 10 * 60;

/// One file.
pub(super) struct Shelved {
    /// The path that was named and that it was found under, and how it is read.
    pub(super) source: ZoneSource,
    /// What is served from it.
    pub(super) serves: Option<Served>,
    /// Why that is not what stands in the file.
    pub(super) fault: Option<Fault>,
    /// What was wrong before it was gone: that is so again once it is back.
    fault_before: Option<Fault>,
    /// The apex of the zone that should be served from it, and is not.
    pub(super) awaited: Option<Name>,
    /// The errors that were found in it when it was read last.
    pub(super) errors: Vec<Finding>,
    /// Whether its files are others than those that were read, and nobody writes to them any more.
    pub(super) moved: bool,
    /// How they were at the last look, where they had moved.
    restless: Option<Vec<Option<Stamp>>>,
    /// Owner names that were dear to make.
    names: RememberedNames,
    seen: Option<FilesSeen>,
    /// When it is read again since what it holds could not be signed.
    again: Option<UnixTime>,
}

/// A zone that is served.
pub(super) struct Served {
    pub(super) zone: Zone,
    pub(super) loaded_at: UnixTime,
    pub(super) took: Duration,
    /// When it must be loaded again although no file changes.
    pub(super) due: Option<UnixTime>,
    pub(super) origin: Origin,
    /// A telephone number of it, to try things with.
    pub(super) example: Option<Identifier>,
    /// How many warnings were told of its text.
    pub(super) warnings: usize,
}

/// What a file holds.
pub(super) struct Read {
    /// The zone's apex, whether or not there is a zone.
    pub(super) apex: Option<Name>,
    pub(super) zone: Option<Zone>,
    pub(super) findings: Vec<Finding>,
    /// As in [`Served`].
    pub(super) due: Option<UnixTime>,
    /// How many statements were signed when it was read.
    pub(super) drafts: usize,
    /// A telephone number of it, to try things with.
    pub(super) example: Option<Identifier>,
    /// How many warnings there are of its text.
    pub(super) warnings: usize,
    pub(super) origin: Origin,
    /// Whether the zone is signed here already.
    pub(super) is_signed: bool,
    /// The zone as it was signed before the server was started.
    pub(super) signatures: Option<Box<Zone>>,
}

/// Where a zone that is served came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The text in its files.
    Text,
    /// The image of that.
    Image,
}

impl Origin {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
        }
    }
}

/// Why a zone that should be served is not, or is what it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Its text has errors.
    Broken,
    /// Its file, or the folder that it stood in, is gone or can't be read.
    Gone,
    /// Another file holds a zone of the same apex.
    Twice,
    /// Its zone can't be signed.
    Unsigned,
}

impl Fault {
    /// What the file does, in a few words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Broken => "has errors",
            Self::Gone => "is gone or can't be read",
            Self::Twice => "holds a zone that another file holds too",
            Self::Unsigned => "holds a zone that could not be signed",
        }
    }
}

impl Shelved {
    pub(super) fn new(source: ZoneSource) -> Self {
        Self {
            source,
            serves: None,
            fault: None,
            fault_before: None,
            awaited: None,
            errors: Vec::new(),
            moved: true,
            restless: None,
            names: RememberedNames::default(),
            seen: None,
            again: None,
        }
    }

    /// It is found here now; where it is to be read otherwise, it is.
    pub(super) fn found(&mut self, source: &ZoneSource) {
        if (&self.source.apex, self.source.allow_outside) != (&source.apex, source.allow_outside) {
            self.seen = None;
        }
        self.source.clone_from(source);
    }

    /// Serves no zone that is to be found in another file and nowhere else.
    pub(super) fn give_up(&mut self, named: &BTreeMap<Name, PathBuf>) {
        if self.source.apex.is_none() && self.apex().is_some_and(|apex| named.contains_key(apex)) {
            self.serves = None;
            // It is looked at again where it is told that there are two.
            self.fault = Some(Fault::Twice);
        }
    }

    /// The zone that is served from it.
    pub(super) fn apex(&self) -> Option<&Name> {
        self.serves.as_ref().map(|served| served.zone.apex())
    }

    /// Whether what stands in its files is what is served, and not out of date.
    pub(super) fn is_current(&mut self, file: &Path, now: UnixTime) -> bool {
        if self.fault.is_some() || self.is_due(now) {
            return false;
        }
        !self.has_changed(file)
    }

    /// Looks whether its files have moved, and have stayed so since the last look.
    pub(super) fn look(&mut self) {
        let now = self.seen.as_ref().and_then(FilesSeen::moved);
        self.moved = self.seen.is_none() || (now.is_some() && now == self.restless);
        self.restless = now;
    }

    /// Whether what stands in its files is not what was read.
    pub(super) fn has_changed(&mut self, file: &Path) -> bool {
        let Some(seen) = &mut self.seen else { return true };
        !folder(file, self.source.allow_outside).is_ok_and(|files| seen.are_unchanged(&files))
    }

    /// Whether its time is over, whatever its files hold.
    pub(super) fn is_due(&self, now: UnixTime) -> bool {
        self.due().is_some_and(|due| due <= now)
    }

    /// When its time is over.
    pub(super) fn due(&self) -> Option<UnixTime> {
        let served = self.serves.as_ref().and_then(|served| served.due);
        served.into_iter().chain(self.again).min()
    }

    /// What is served of it was made by a clock that was ahead: where the time counts, it is due.
    pub(super) fn doubt_time(&mut self, now: UnixTime) {
        self.again = self.again.and(Some(now));
        if let Some(served) = &mut self.serves {
            served.due = served.due.and(Some(now));
        }
    }

    /// Reads its files, or at the start an image of them. What is served stays, until [`Shelved::put`].
    pub(super) fn read(
        &mut self,
        file: &Path,
        images: Option<&Images>,
        signing: &mut Signing,
        now: UnixTime,
    ) -> Read {
        let found = match (images, &self.seen, folder(file, self.source.allow_outside)) {
            (Some(images), None, Ok(files)) => images.find(file, &files, &self.source, now),
            _ => Found::Nothing,
        };
        let signatures = match found {
            Found::Current(kept) => match self.read_image(file, *kept, signing, now) {
                Ok(read) => return read,
                Err(signatures) => Some(signatures),
            },
            Found::Signatures(zone) => Some(zone),
            Found::Nothing => None,
        };
        let loaded = self.read_text(file, now);
        let (due, example) = (due(&loaded, now), telephone(&loaded));
        let Loaded { apex, zone, findings, drafts, .. } = loaded;
        let warnings = findings.iter().filter(|finding| finding.severity == Severity::Warning).count();
        let origin = Origin::Text;
        Read { apex, zone, findings, due, drafts, example, warnings, origin, is_signed: false, signatures }
    }

    /// What an image holds; its zone where that is to be signed otherwise.
    fn read_image(
        &mut self,
        file: &Path,
        kept: Kept,
        signing: &mut Signing,
        now: UnixTime,
    ) -> Result<Read, Box<Zone>> {
        let Kept { zone, seen, due, example, warnings, signing: signed, .. } = kept;
        let (zone, is_signed) = match signed.map(|signed| signing.take_up(&zone, &signed, now)) {
            None => (zone, false),
            Some(Some(taken)) => (taken, true),
            Some(None) => {
                let file = file.display();
                tracing::info!(%file, "loading from text: its zone is to be signed otherwise than in its image");
                return Err(Box::new(zone));
            }
        };
        if warnings > 0 {
            tracing::warn!(zone = %zone.apex(), warnings, "its text has warnings: `mimi-dns zone check` tells them");
        }
        self.seen = Some(seen);
        let (apex, zone, origin) = (Some(zone.apex().clone()), Some(zone), Origin::Image);
        let (findings, signatures) = (Vec::new(), None);
        Ok(Read { apex, zone, findings, due, drafts: 0, example, warnings, origin, is_signed, signatures })
    }

    /// What is to be written in an image of the zone that is served.
    pub(super) fn to_keep(&self, signing: Option<KeptSigning>) -> Option<Kept> {
        let served = self.serves.as_ref()?;
        Some(Kept {
            zone: served.zone.clone(),
            seen: self.seen.clone()?,
            due: served.due,
            loaded_at: served.loaded_at,
            example: served.example.clone(),
            warnings: served.warnings,
            signing,
        })
    }

    fn read_text(&mut self, file: &Path, now: UnixTime) -> Loaded {
        let ZoneSource { apex, allow_outside, .. } = self.source.clone();
        let names = self.names.clone();
        let origin = apex.clone();
        let options = LoadOptions { now, origin, apex, names, passes_text: true, ..LoadOptions::default() };
        let Ok(files) = folder(file, allow_outside) else {
            // Nothing is known of what will stand there: it is read as soon as it does.
            self.seen = None;
            // Which tells why not.
            return load_file(file, allow_outside, &options);
        };
        let files = Noting::new(files);
        let loaded = load(file, &files, &options);
        self.seen = Some(files.into_seen());
        let errors = loaded.findings.iter().filter(|finding| finding.severity == Severity::Error);
        self.errors = errors.cloned().collect();
        loaded
    }

    /// Serves this zone from now on, where one with the serial `before` was served.
    pub(super) fn put(&mut self, file: &Path, served: Served, before: Option<u32>) {
        let (zone, file) = (&served.zone, file.display());
        let (apex, serial, names) = (zone.apex(), zone.serial(), zone.name_count());
        let millis = u64::try_from(served.took.as_millis()).unwrap_or(u64::MAX);
        let from = served.origin.word();
        tracing::info!(zone = %apex, serial, %file, names, millis, from, "loaded");
        if let Some(before) = before.filter(|&before| went_back(before, serial)) {
            tracing::warn!(zone = %apex, serial, before, %file, "the serial went back: secondaries keep what they have");
        }
        (self.fault, self.fault_before, self.again) = (None, None, None);
        self.serves = Some(served);
    }

    /// Tells where other records are about to be served under the serial of those before; those apart that are signed
    /// whenever their `drafts` are read.
    pub(super) fn warn_of_serial(&self, file: &Path, zone: &Zone, drafts: usize) {
        let Some(Served { zone: before, .. }) = &self.serves else { return };
        let same_serial = before.apex() == zone.apex() && before.serial() == zone.serial();
        let but = if drafts > 0 { Some(Rtype::MIMISIG) } else { None };
        if same_serial && !before.has_same_records(zone, but) {
            tracing::warn!(
                zone = %zone.apex(), serial = zone.serial(), file = %file.display(),
                "other records under the same serial: secondaries keep what they have"
            );
        }
    }

    /// Whether it holds this zone, or should.
    pub(super) fn is_of(&self, zone: &Name) -> bool {
        let named = [self.apex(), self.awaited.as_ref(), self.source.apex.as_ref()];
        named.into_iter().flatten().any(|apex| apex == zone)
    }

    /// Its file was found: what else was wrong with it is so still.
    pub(super) fn is_there(&mut self) {
        if self.fault == Some(Fault::Gone) {
            self.fault = self.fault_before.take();
        }
    }

    /// Whether it was gone, and is. A folder that can't be read is none of its files.
    pub(super) fn is_gone(&self, file: &Path) -> bool {
        self.fault == Some(Fault::Gone) && (file.is_dir() || !file.exists())
    }

    /// Why there is no zone in what was read last.
    pub(super) fn unreadable(&self) -> Fault {
        if self.seen.is_none() { Fault::Gone } else { Fault::Broken }
    }

    /// Goes on with what was served before, if anything.
    pub(super) fn fail(&mut self, file: &Path, fault: Fault, now: UnixTime) {
        if fault == Fault::Gone && self.fault != Some(Fault::Gone) {
            self.fault_before = self.fault;
        }
        self.fault = Some(fault);
        self.again = (fault == Fault::Unsigned).then(|| now.plus(RETRY));
        if let Some(served) = &mut self.serves
            && served.due.is_some_and(|due| due <= now)
        {
            served.due = Some(now.plus(RETRY));
        }
        let (file, fault) = (file.display(), fault.words());
        match &self.serves {
            Some(Served { zone, .. }) => tracing::error!(
                zone = %zone.apex(), serial = zone.serial(), %file,
                "the file {fault}: still serving what was there before"
            ),
            None => tracing::error!(%file, "the file {fault}: not served"),
        }
    }
}

/// When a zone must be loaded again although no file changes: drafts are signed anew long before they
/// expire; endpoints of a statement that expires are no longer projected.
fn due(loaded: &Loaded, now: UnixTime) -> Option<UnixTime> {
    let soonest = now.plus(SIGN_ANEW);
    if loaded.drafts > 0 {
        return Some(soonest);
    }
    let statements = loaded.identifiers.iter().flat_map(|source| &source.statements);
    let mappings = statements
        .filter_map(|(_, rdata)| Mimisig::parse(rdata).ok())
        .filter(|statement| matches!(statement.body(), Body::Mapping(_)));
    let expirations = mappings.map(|statement| statement.expiration()).filter(|&expiration| expiration > now);
    expirations.min().map(|expiration| expiration.max(soonest))
}

/// Source: RFC 1982 §3.2.
fn went_back(before: u32, serial: u32) -> bool {
    (1..1 << 31).contains(&before.wrapping_sub(serial))
}

/// What a zone's text may be read from.
pub(super) fn folder(file: &Path, allow_outside: bool) -> std::io::Result<Folder> {
    let folder = Folder::around(file)?;
    Ok(if allow_outside { folder.allowing_outside() } else { folder })
}

fn telephone(loaded: &Loaded) -> Option<Identifier> {
    let mut identifiers = loaded.identifiers.iter().map(|source| &source.identifier);
    identifiers.find(|identifier| matches!(identifier, Identifier::Telephone(_))).cloned()
}

/// The time that something takes.
pub(super) fn timed<T>(does: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    (does(), started.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_go_back_and_round() {
        assert!(went_back(2, 1));
        assert!(!went_back(1, 1) && !went_back(1, 2));
        assert!(!went_back(u32::MAX, 0), "round to zero is forward");
        assert!(went_back(0, u32::MAX));
    }
}
