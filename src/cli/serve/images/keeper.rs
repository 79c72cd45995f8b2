//! Who writes images, one after the other, at the lowest priority.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::super::shelved::folder;
use super::super::state::StateFolder;
use super::notes::{Build, Notes, Settings};
use super::{Kept, absolute, name_of};
use crate::cli::config::ZoneSource;
use crate::clock::UnixTime;

/// How many times as long as an image took the next one waits: zones that change all the time keep no disk busy.
const PAUSE: u32 = 9;

/// A thread of its own, which ends with the server, and what it has to do.
pub(super) struct Keeper(Arc<Waiting>);

#[derive(Default)]
struct Waiting {
    jobs: Mutex<Jobs>,
    come: Condvar,
}

#[derive(Default)]
struct Jobs {
    /// The latest of each file, and how it was read.
    latest: BTreeMap<PathBuf, (ZoneSource, Kept)>,
    /// Whose image was written last: the next one's is, so that none waits for ever.
    last: PathBuf,
    ended: bool,
}

impl Keeper {
    pub(super) fn begin(folder: Arc<StateFolder>, build: Build) -> Self {
        let waiting = Arc::new(Waiting::default());
        let jobs = Arc::clone(&waiting);
        // Where there is no thread there are no images.
        let begun = thread::Builder::new().name("images".to_owned()).spawn(move || {
            // Where it is refused, the work is done all the same.
            #[cfg(target_os = "linux")]
            let _ = rustix::process::nice(LOWEST);
            while let Some((file, (source, kept))) = jobs.next() {
                let started = Instant::now();
                write(&folder, &build, &file, &source, kept);
                jobs.pause(started.elapsed() * PAUSE);
            }
        });
        if let Err(error) = begun {
            tracing::error!("no images are kept: {error}");
        }
        Self(waiting)
    }

    pub(super) fn keep(&self, file: &Path, source: &ZoneSource, kept: Kept) {
        lock(&self.0.jobs).latest.insert(file.to_owned(), (source.clone(), kept));
        self.0.come.notify_one();
    }
}

/// What waits is written all the same, if the process goes on so long.
impl Drop for Keeper {
    fn drop(&mut self) {
        lock(&self.0.jobs).ended = true;
        self.0.come.notify_one();
    }
}

/// As far as priorities go.
#[cfg(target_os = "linux")]
const LOWEST: i32 = 19;

impl Waiting {
    /// None at the end.
    fn next(&self) -> Option<(PathBuf, (ZoneSource, Kept))> {
        let idle = |jobs: &mut Jobs| !jobs.ended && jobs.latest.is_empty();
        let jobs = self.come.wait_while(lock(&self.jobs), idle);
        let mut jobs = jobs.unwrap_or_else(PoisonError::into_inner);
        let after = (Bound::Excluded(&jobs.last), Bound::Unbounded);
        let next = jobs.latest.range::<PathBuf, _>(after).next().or_else(|| jobs.latest.first_key_value());
        let next = next.map(|(file, _)| file.clone())?;
        jobs.last.clone_from(&next);
        jobs.latest.remove_entry(&next)
    }

    fn pause(&self, time: Duration) {
        drop(self.come.wait_timeout_while(lock(&self.jobs), time, |jobs| !jobs.ended));
    }
}

fn write(folder: &StateFolder, build: &Build, file: &Path, source: &ZoneSource, kept: Kept) {
    let started = Instant::now();
    let zone = kept.zone.apex().clone();
    match write_image(folder, build, file, source, kept) {
        Ok(Some(octets)) => {
            let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(%zone, octets, millis, "its image is written");
        }
        // It has changed again, and is loaded again, or will be.
        Ok(None) => tracing::debug!(%zone, "no image is written: its text is another one by now"),
        Err(error) => tracing::error!(%zone, "its image could not be written: {error}"),
    }
}

/// How many octets; none where the text is not what was loaded.
fn write_image(
    images: &StateFolder,
    build: &Build,
    file: &Path,
    source: &ZoneSource,
    kept: Kept,
) -> io::Result<Option<u64>> {
    let Kept { zone, mut seen, due, loaded_at, example, warnings, signing } = kept;
    // A file that was young when it was read is read once more, now that nobody waits: the next start need not.
    if !folder(file, source.allow_outside).is_ok_and(|files| seen.are_unchanged(&files)) {
        return Ok(None);
    }
    // Loading warns of signatures that end: from then on the text is to be loaded.
    // Those that are made here are made again in time.
    let times = || zone.signature_times(UnixTime::now()).map(|times| times.worrying());
    let warns = if signing.is_none() { times() } else { None };
    let notes = Notes {
        build: build.clone(),
        file: absolute(file),
        settings: Settings::of(source),
        seen,
        due: due.into_iter().chain(warns).min().map(|due| due.0),
        loaded_at: loaded_at.0,
        example: example.map(|example| example.as_str().to_owned()),
        warnings,
        signing,
    };
    let notes = serde_json::to_vec(&notes)?;
    images.write_with(&name_of(file), |out| zone.write_image(&notes, out)).map(Some)
}

/// What a panic left is as good as before.
fn lock<T>(jobs: &Mutex<T>) -> MutexGuard<'_, T> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner)
}
