//! Loading: which files are read, and what becomes of the zone in each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::images::Images;
use super::super::log;
use super::super::shelved::{Fault, Origin, Read, Served, Shelved, timed};
use super::super::signing::{KeptSigning, Signing, Verdict};
use super::{Outcome, Reason};
use crate::cli::stock::{count, zone_twice};
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::record::Name;
use crate::zone::{Catalog, Finding, Zone};

/// One load of a shelf's files, one after the other.
pub(super) struct Loading<'s> {
    pub(super) catalog: &'s mut Catalog,
    pub(super) example: &'s mut Option<Identifier>,
    pub(super) signing: &'s mut Signing,
    pub(super) images: Option<&'s Images>,
    /// The zones that are to be found in one file and in no other.
    pub(super) named: BTreeMap<Name, PathBuf>,
    /// Which file each zone is served from.
    pub(super) owners: BTreeMap<Name, PathBuf>,
    pub(super) reason: Reason,
    pub(super) now: UnixTime,
    pub(super) outcome: Outcome,
}

impl Loading<'_> {
    /// Reads a file where that is wanted, and serves what it holds.
    pub(super) fn file(&mut self, file: &Path, shelved: &mut Shelved) {
        if self.stays(file, shelved) {
            let never_there = shelved.fault == Some(Fault::Gone) && shelved.serves.is_none();
            self.outcome.unchanged += usize::from(!never_there);
            return;
        }
        let (mut read, took) = timed(|| shelved.read(file, self.images, self.signing, self.now));
        self.outcome.errors += tell(&read.findings);
        *self.example = self.example.take().or_else(|| read.example.clone());
        let wanted = shelved.source.apex.clone();
        shelved.awaited = wanted.or(read.apex.take()).filter(|_| read.zone.is_none());
        let Some(zone) = read.zone.take() else {
            return shelved.fail(file, shelved.unreadable(), self.now);
        };
        let named = self.named.get(zone.apex()).filter(|_| shelved.source.apex.is_none());
        let owner = named.or_else(|| self.owners.get(zone.apex()).filter(|owner| *owner != file));
        if let Some(owner) = owner {
            self.outcome.errors += tell(&[zone_twice(zone.apex(), owner, file)]);
            return shelved.fail(file, Fault::Twice, self.now);
        }
        self.serve(file, shelved, zone, read, took);
    }

    fn stays(&self, file: &Path, shelved: &mut Shelved) -> bool {
        match self.reason {
            Reason::Told => {
                let starts =
                    shelved.serves.as_ref().is_some_and(|serves| self.signing.starts_with(&serves.zone));
                shelved.fault == Some(Fault::Gone) || shelved.is_current(file, self.now) && !starts
            }
            Reason::Seen => {
                !shelved.moved
                    || shelved.is_gone(file)
                    || shelved.fault.is_none() && !shelved.has_changed(file)
            }
            Reason::Due => !shelved.is_due(self.now),
        }
    }

    /// Puts the zone that was read into the catalog, signed where it is to be.
    fn serve(&mut self, file: &Path, shelved: &mut Shelved, zone: Zone, read: Read, took: Duration) {
        let before = self.catalog.zone(zone.apex()).cloned();
        let former = before.as_deref().or(read.signatures.as_deref());
        let sign = || self.signing.sign_source(&zone, former, self.now);
        let (verdict, signed_in) =
            if read.is_signed { (Verdict::NotOurs, Duration::ZERO) } else { timed(sign) };
        let is_signed = matches!(verdict, Verdict::Signed(_));
        let zone = match verdict {
            Verdict::Signed(signed) => *signed,
            Verdict::NotOurs => zone,
            Verdict::AsBefore => return,
            Verdict::Failed => {
                self.outcome.errors += 1;
                shelved.awaited = Some(zone.apex().clone()).filter(|_| shelved.serves.is_none());
                return shelved.fail(file, Fault::Unsigned, self.now);
            }
        };
        if self.reason != Reason::Due {
            shelved.warn_of_serial(file, &zone, read.drafts);
        }
        if let Some(apex) = shelved.apex() {
            self.owners.remove(apex);
        }
        self.owners.insert(zone.apex().clone(), file.to_owned());
        *self.catalog = self.catalog.with(zone.clone());
        let (took, before) = (took + signed_in, before.map(|zone| zone.serial()));
        let (apex, loaded_at) = (zone.apex().clone(), self.now);
        let Read { due, origin, example, warnings, .. } = read;
        shelved.put(file, Served { zone, loaded_at, took, due, origin, example, warnings }, before);
        let signing = self.signing.to_keep(&apex);
        // Of what is not signed an image stands for the text.
        if (is_signed && signing.is_some()) || (!self.signing.signs(&apex) && origin == Origin::Text) {
            keep(self.images, file, shelved, signing);
        }
        self.outcome.loaded += 1;
    }
}

/// Has an image written of what is served from a file.
pub(super) fn keep(images: Option<&Images>, file: &Path, shelved: &Shelved, signing: Option<KeptSigning>) {
    if let (Some(images), Some(kept)) = (images, shelved.to_keep(signing)) {
        images.keep(file, &shelved.source, kept);
    }
}

/// Tells every finding; how many errors.
fn tell(findings: &[Finding]) -> usize {
    findings.iter().for_each(log::finding);
    count(findings).0
}
