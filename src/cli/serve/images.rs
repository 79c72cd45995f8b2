//! Images of the zones that are served: written behind the threads that answer, and used at the next start in the
//! place of the text, as long as that is the same. The text stays the truth: whatever makes an image doubtful has it
//! loaded instead, and the image written anew.

mod keeper;
mod notes;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::seen::FilesSeen;
use super::signing::KeptSigning;
use super::state::{StateError, StateFolder};
use crate::cli::config::ZoneSource;
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::zone::{Files, Image, ImageError, Zone};
use keeper::Keeper;
use notes::{Build, Notes, Settings};

const SUFFIX: &str = ".image";
/// Octets of a zone file's name that its image is called by, so that people find it.
const LONGEST_NAME: usize = 80;
/// Digits of the sum of its path, so that no two are called the same.
const DIGITS: usize = 16;

/// The folder of images.
pub(super) struct Images {
    folder: Arc<StateFolder>,
    build: Build,
    keeper: Keeper,
}

/// A zone, and what is noted with it.
pub(super) struct Kept {
    pub(super) zone: Zone,
    /// What it was read from.
    pub(super) seen: FilesSeen,
    /// When it must be loaded from text although no file changes.
    pub(super) due: Option<UnixTime>,
    /// When it was loaded.
    pub(super) loaded_at: UnixTime,
    /// A telephone number of it, to try things with.
    pub(super) example: Option<Identifier>,
    /// How many warnings were told of its text.
    pub(super) warnings: usize,
    /// Where it is signed here: how.
    pub(super) signing: Option<KeptSigning>,
}

/// What an image is good for.
pub(super) enum Found {
    /// It stands for the text.
    Current(Box<Kept>),
    /// The text is another one by now. Signatures of what has not changed are as good as new ones.
    Signatures(Box<Zone>),
    Nothing,
}

/// Why a zone is loaded from its text.
#[derive(Debug, thiserror::Error)]
enum Unused {
    #[error("there is no image of it yet")]
    None,
    #[error("its image is not used: {0}")]
    Image(#[from] ImageError),
    #[error("its image is another program's")]
    Build,
    #[error("its image was made with other settings")]
    Settings,
    #[error("a file that it is made of has changed")]
    Changed,
    #[error("it is to be loaded again by now")]
    Due,
}

impl Images {
    /// Takes the folder, made where it is not there, and begins to keep images in it.
    ///
    /// # Errors
    /// Another server has it, others may write to it, or the system refuses it.
    pub(super) fn open(path: &Path) -> Result<Self, StateError> {
        let folder = Arc::new(StateFolder::open(path)?);
        let unusable = |source| StateError::Unusable { path: path.to_owned(), source };
        if !folder.is_own().map_err(unusable)? {
            return Err(StateError::Foreign(path.to_owned()));
        }
        folder.remove_parts(SUFFIX).map_err(unusable)?;
        let build = Build::own();
        let keeper = Keeper::begin(Arc::clone(&folder), build.clone());
        Ok(Self { folder, build, keeper })
    }

    /// What stands in the image of a zone file, where that is what its text says, signed or not; else why not is told.
    pub(super) fn find(&self, file: &Path, files: &impl Files, source: &ZoneSource, now: UnixTime) -> Found {
        let found = self.look(file, files, source, now);
        let is_stale = matches!(found, Err(Unused::Changed | Unused::Due));
        let shown = file.display();
        match found {
            Ok(kept) => return Found::Current(Box::new(kept)),
            Err(error @ Unused::Image(ImageError::Damaged(_))) => {
                tracing::error!(file = %shown, "loading from text: {error}");
            }
            Err(error) => tracing::info!(file = %shown, "loading from text: {error}"),
        }
        let signed = if is_stale { self.signed(file) } else { None };
        signed.map_or(Found::Nothing, |zone| Found::Signatures(Box::new(zone)))
    }

    /// The zone of an image of this program, where it is signed here.
    fn signed(&self, file: &Path) -> Option<Zone> {
        let image = Image::open(&self.folder.path(&name_of(file))).ok()?;
        let notes: Notes = serde_json::from_slice(image.notes()).ok()?;
        notes.signing.and_then(|_| image.zone().ok())
    }

    fn look(
        &self,
        file: &Path,
        files: &impl Files,
        source: &ZoneSource,
        now: UnixTime,
    ) -> Result<Kept, Unused> {
        let image = match Image::open(&self.folder.path(&name_of(file))) {
            Err(ImageError::Unreadable(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Unused::None);
            }
            image => image?,
        };
        let Notes { build, file: noted, settings, mut seen, due, loaded_at, example, warnings, signing } =
            serde_json::from_slice(image.notes()).map_err(|_| Unused::Build)?;
        if build != self.build || !build.is_known() {
            return Err(Unused::Build);
        }
        if noted != absolute(file) || settings != Settings::of(source) {
            return Err(Unused::Settings);
        }
        let due = due.map(UnixTime);
        // By a clock that was ahead what counts from then on was made too early.
        if due.is_some_and(|due| due <= now || loaded_at > now.0) {
            return Err(Unused::Due);
        }
        if !seen.are_unchanged(files) {
            return Err(Unused::Changed);
        }
        let example = example.and_then(|example| Identifier::parse(&example).ok());
        Ok(Kept {
            zone: image.zone()?,
            seen,
            due,
            loaded_at: UnixTime(loaded_at),
            example,
            warnings,
            signing,
        })
    }

    /// Has an image written of what was loaded from a file. Nobody waits for it.
    pub(super) fn keep(&self, file: &Path, source: &ZoneSource, kept: Kept) {
        self.keeper.keep(file, source, kept);
    }

    /// Removes the images of all other files.
    pub(super) fn retain<'f>(&self, files: impl Iterator<Item = &'f PathBuf>) {
        let wanted: BTreeSet<String> = files.map(|file| name_of(file)).collect();
        let result = self.folder.remove(|name| is_name(name) && !wanted.contains(name));
        if let Err(error) = result {
            tracing::warn!("images that nobody needs could not be removed: {error}");
        }
    }
}

/// What the image of a zone file is called.
fn name_of(file: &Path) -> String {
    let path = absolute(file);
    let name = path.file_name().map_or(&[][..], |name| name.as_encoded_bytes());
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet);
    let shown: String = name
        .iter()
        .take(LONGEST_NAME)
        .map(|&octet| if is_plain(octet) { char::from(octet) } else { '_' })
        .collect();
    let sum = data_encoding::HEXLOWER.encode(&Sha256::digest(path.as_os_str().as_encoded_bytes()));
    format!("{shown}-{}{SUFFIX}", &sum[..DIGITS])
}

/// Whether a file is called as an image is: nothing else in the folder is ours.
fn is_name(name: &str) -> bool {
    let sum = name.strip_suffix(SUFFIX).and_then(|front| front.rsplit_once('-')).map(|(_, sum)| sum);
    let is_digit = |octet: u8| octet.is_ascii_digit() || (b'a'..=b'f').contains(&octet);
    sum.is_some_and(|sum| sum.len() == DIGITS && sum.bytes().all(is_digit))
}

/// The file, wherever the server is started next time.
fn absolute(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}

#[cfg(test)]
mod signed_tests;

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::shelf::{Reason, Shelf};
    use super::super::shelved::Origin;
    use super::*;

    pub(super) const NOW: UnixTime = UnixTime(1_800_000_000);
    const TEXT: &str = "$ORIGIN example.\n@ 60 SOA ns h 1 1h 1h 1w 60\n@ 60 NS ns.other.\n$INCLUDE more\n";

    /// A zone of two files, and a folder of images.
    pub(super) struct World(pub(super) tempfile::TempDir);

    impl World {
        pub(super) fn new() -> Self {
            let world = Self(tempfile::tempdir().unwrap());
            std::fs::create_dir(world.0.path().join("zones")).unwrap();
            world.write("a.zone", TEXT);
            world.write("more", "www 60 A 192.0.2.1\n");
            world
        }

        pub(super) fn write(&self, name: &str, text: &str) {
            std::fs::write(self.0.path().join("zones").join(name), text).unwrap();
        }

        pub(super) fn sources(&self, allow_outside: bool) -> [ZoneSource; 1] {
            [ZoneSource { path: self.0.path().join("zones"), apex: None, allow_outside }]
        }

        /// As at a start: where the zone came from.
        fn start(&self, allow_outside: bool, now: UnixTime) -> (Shelf, Option<Origin>) {
            let mut shelf = Shelf::default();
            // The one before gives the folder up as soon as it has written.
            let open = || Images::open(&self.0.path().join("images")).ok();
            shelf.images = Some(soon("the folder", open));
            shelf.load(&self.sources(allow_outside), Reason::Told, now);
            let origin = shelf.status()[0].zone.as_ref().map(|zone| zone.origin);
            (shelf, origin)
        }

        /// The image, once there is one that is not `former`.
        pub(super) fn image(&self, former: &[u8]) -> (PathBuf, Vec<u8>) {
            let path = self.0.path().join("images").join(name_of(&self.0.path().join("zones/a.zone")));
            let octets = soon("an image", || std::fs::read(&path).ok().filter(|octets| octets != former));
            (path, octets)
        }
    }

    pub(super) fn soon<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = find() {
                return found;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{what} does not come");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_start_takes_the_image_until_something_changes() {
        let world = World::new();
        let (shelf, origin) = world.start(false, NOW);
        assert_eq!(origin, Some(Origin::Text));
        let (path, first) = world.image(&[]);
        let apex = "example.".parse().unwrap();
        let text = shelf.catalog().zone(&apex).unwrap().rrsets().count();
        drop(shelf);
        let (shelf, origin) = world.start(false, NOW);
        assert_eq!(origin, Some(Origin::Image));
        assert_eq!(shelf.catalog().zone(&apex).unwrap().rrsets().count(), text);
        drop(shelf);
        // What may be read is part of what was read.
        assert_eq!(world.start(true, NOW).1, Some(Origin::Text));
        let (_, outside) = world.image(&first);
        assert_eq!(world.start(true, NOW).1, Some(Origin::Image));
        // One octet, anywhere.
        let mut damaged = outside.clone();
        damaged[20] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        assert_eq!(world.start(true, NOW).1, Some(Origin::Text));
        let (_, mended) = world.image(&damaged);
        assert_eq!(world.start(true, NOW).1, Some(Origin::Image));
        world.write("more", "www 60 A 192.0.2.2\n");
        assert_eq!(world.start(true, NOW).1, Some(Origin::Text));
        world.image(&mended);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(world.start(true, NOW).1, Some(Origin::Text));
    }

    #[test]
    fn an_image_goes_with_its_file_and_is_no_other_programs() {
        let world = World::new();
        let (mut shelf, _) = world.start(false, NOW);
        let (path, _) = world.image(&[]);
        world.write("b.zone", &TEXT.replace("example.", "other."));
        std::fs::remove_file(world.0.path().join("zones/a.zone")).unwrap();
        shelf.load(&world.sources(false), Reason::Told, NOW);
        assert!(!path.exists());
        drop(shelf);
        world.write("a.zone", TEXT);
        std::fs::remove_file(world.0.path().join("zones/b.zone")).unwrap();
        drop(world.start(false, NOW));
        world.image(&[]);
        let image = Image::open(&path).unwrap();
        let mut notes: serde_json::Value = serde_json::from_slice(image.notes()).unwrap();
        for (key, origin) in [("unknown", Origin::Image), ("version", Origin::Text)] {
            notes["build"][key] = "0.0.0".into();
            let mut octets = Vec::new();
            image.zone().unwrap().write_image(notes.to_string().as_bytes(), &mut octets).unwrap();
            std::fs::write(&path, octets).unwrap();
            assert_eq!(world.start(false, NOW).1, Some(origin), "{key}");
        }
    }

    #[test]
    fn a_reload_of_changed_text_is_from_text_and_writes_another_image() {
        let world = World::new();
        drop(world.start(false, NOW));
        let (_, first) = world.image(&[]);
        let (mut shelf, origin) = world.start(false, NOW);
        assert_eq!(origin, Some(Origin::Image));
        let sources = world.sources(false);
        assert_eq!(shelf.load(&sources, Reason::Told, NOW).unchanged, 1);
        world.write("more", "www 60 A 192.0.2.3\n");
        assert_eq!(shelf.load(&sources, Reason::Told, NOW).loaded, 1);
        assert_eq!(shelf.status()[0].zone.as_ref().unwrap().origin, Origin::Text);
        world.image(&first);
    }

    #[test]
    fn images_are_called_by_their_files() {
        let names = ["/a/b.zone", "/a/c/b.zone", "/a/ü b.zone"].map(|path| name_of(Path::new(path)));
        assert!(names[0].starts_with("b.zone-") && names[0].ends_with(".image"));
        assert_ne!(names[0], names[1]);
        assert!(names[2].starts_with("___b.zone-"), "{}", names[2]);
        assert_eq!(name_of(Path::new("/a/b.zone")), names[0]);
    }
}
