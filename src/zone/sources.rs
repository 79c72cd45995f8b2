//! The texts that a zone was read from, and where in them something stands.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::Files;
use super::finding::{Location, Span};

/// The files that a zone was read from, kept so that a [`Span`] can be turned into a
/// [`Location`] when something is wrong, and only then.
#[derive(Default)]
pub struct Sources {
    files: Vec<Text>,
}

/// A file's text, or a part of it.
struct Text {
    path: PathBuf,
    /// None where it was not kept.
    text: Option<Arc<Vec<u8>>>,
    /// Octets of the file in front of it.
    start: usize,
}

/// Too many files, or one that is too large, for a [`Span`] to point into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a file of zone text holds at most 4 GiB less one octet")]
pub struct SourceTooLarge;

impl Sources {
    /// No files yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a file's text and returns the number that [`Span::file`] carries.
    ///
    /// # Errors
    /// [`SourceTooLarge`]: offsets in it would not fit 32 bits.
    pub fn add(&mut self, path: PathBuf, text: impl Into<Vec<u8>>) -> Result<u32, SourceTooLarge> {
        // No copy of what may be half a gigabyte.
        let text = Arc::new(text.into());
        u32::try_from(text.len()).map_err(|_| SourceTooLarge)?;
        self.push(Text { path, text: Some(text), start: 0 })
    }

    /// Takes a file whose text is not kept, from its beginning.
    pub(super) fn add_passed(&mut self, path: PathBuf) -> Result<u32, SourceTooLarge> {
        self.push(Text { path, text: None, start: 0 })
    }

    /// Another number for what stands so many octets after what `file` counts from.
    pub(super) fn add_rest(&mut self, file: u32, octets: usize) -> Result<u32, SourceTooLarge> {
        let Text { path, start, .. } = self.entry(file).ok_or(SourceTooLarge)?;
        let (path, start) = (path.clone(), start + octets);
        self.push(Text { path, text: None, start })
    }

    fn push(&mut self, text: Text) -> Result<u32, SourceTooLarge> {
        let number = u32::try_from(self.files.len()).map_err(|_| SourceTooLarge)?;
        self.files.push(text);
        Ok(number)
    }

    /// The text of one file, where it was kept.
    #[must_use]
    pub fn text(&self, file: u32) -> Option<&[u8]> {
        Some(self.entry(file)?.text.as_ref()?)
    }

    /// The text of one file, to be read while others are added.
    pub(super) fn shared(&self, file: u32) -> Option<Arc<Vec<u8>>> {
        self.entry(file)?.text.clone()
    }

    /// The names of all files, in the order in which they were added.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|text| &*text.path)
    }

    /// The name of one file.
    #[must_use]
    pub fn path(&self, file: u32) -> Option<&Path> {
        Some(&self.entry(file)?.path)
    }

    /// Where `span` stands, by counting lines up to it: cost in proportion to its offset.
    /// `None` for a span into other sources, or into a text that was not kept.
    #[must_use]
    pub fn locate(&self, span: Span) -> Option<Location> {
        let Text { path, text, .. } = self.entry(span.file)?;
        let before = text.as_ref()?.get(..usize::try_from(span.offset).ok()?)?;
        let line_start = before.iter().rposition(|&octet| octet == b'\n').map_or(0, |at| at + 1);
        let lines = before.iter().filter(|&&octet| octet == b'\n').count();
        Some(place(path, lines, &before[line_start..]))
    }

    /// Where spans into texts that were not kept stand: these are read once more, as they are now.
    pub(super) fn look_again(
        &self,
        spans: impl Iterator<Item = Span>,
        files: &dyn Files,
    ) -> BTreeMap<Span, Location> {
        let mut wanted: BTreeMap<&Path, BTreeSet<(u64, Span)>> = BTreeMap::new();
        for span in spans {
            if let Some(Text { path, text: None, start }) = self.entry(span.file) {
                wanted.entry(path).or_default().insert((*start as u64 + u64::from(span.offset), span));
            }
        }
        let mut found = BTreeMap::new();
        for (path, spans) in wanted {
            // What can't be read any more has no place.
            if let Ok(file) = files.open(path, u64::MAX) {
                let _ = look_for(path, BufReader::with_capacity(1 << 20, file.octets), spans, &mut found);
            }
        }
        found
    }

    fn entry(&self, file: u32) -> Option<&Text> {
        self.files.get(usize::try_from(file).ok()?)
    }
}

/// Looks for offsets of a text, which come in their order.
fn look_for(
    path: &Path,
    mut text: impl BufRead,
    spans: BTreeSet<(u64, Span)>,
    found: &mut BTreeMap<Span, Location>,
) -> io::Result<()> {
    let (mut line, mut start, mut lines) = (Vec::new(), 0, 0);
    let mut spans = spans.into_iter().peekable();
    while spans.peek().is_some() {
        line.clear();
        let count = text.read_until(b'\n', &mut line)?;
        let is_closed = line.ends_with(b"\n");
        let is_on_it = |&(offset, _): &(u64, Span)| match usize::try_from(offset - start) {
            Ok(at) => at < count || (at == count && !is_closed),
            Err(_) => false,
        };
        while let Some((offset, span)) = spans.next_if(is_on_it) {
            // It is on the line.
            let before = usize::try_from(offset - start).unwrap_or(count);
            found.insert(span, place(path, lines, &line[..before]));
        }
        if count == 0 {
            break;
        }
        (start, lines) = (start + count as u64, lines + 1);
    }
    Ok(())
}

/// After so many lines, and so much of the next.
fn place(path: &Path, lines: usize, line: &[u8]) -> Location {
    let line = if lines == 0 { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
    let characters = str::from_utf8(line).map_or(line.len(), |line| line.chars().count());
    let from_one = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    Location { file: path.to_owned(), line: from_one(lines), column: from_one(characters) }
}

/// What some editors put in front of UTF-8 text.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::files::MemoryFiles;

    fn sources(text: &[u8]) -> Sources {
        let mut sources = Sources::new();
        sources.add("a.zone".into(), text.to_vec()).unwrap();
        sources
    }

    fn place(text: &[u8], offset: u32) -> (u32, u32) {
        let at = sources(text).locate(Span { file: 0, offset }).unwrap();
        (at.line, at.column)
    }

    #[test]
    fn places_are_counted_from_one_in_characters() {
        assert_eq!(place(b"", 0), (1, 1));
        assert_eq!(place(b"ab\ncd\n", 4), (2, 2));
        assert_eq!(place(b"ab\ncd\n", 6), (3, 1));
        assert_eq!(place("é x".as_bytes(), 3), (1, 3));
        assert_eq!(place(b"\xff\xff x", 3), (1, 4));
        assert_eq!(place(b"\xef\xbb\xbfa b", 5), (1, 3));
    }

    #[test]
    fn a_span_beyond_the_text_has_no_place() {
        assert_eq!(sources(b"ab").locate(Span { file: 0, offset: 3 }), None);
        assert_eq!(sources(b"ab").locate(Span { file: 1, offset: 0 }), None);
    }

    #[test]
    fn places_in_a_text_that_was_not_kept_are_those_of_one_that_was() {
        for text in ["", "ab\ncd\n", "\u{feff}é x\n\n é", "a\n"] {
            let kept = sources(text.as_bytes());
            let files = MemoryFiles::new().with("a.zone", text);
            let mut passed = Sources::new();
            let file = passed.add_passed("a.zone".into()).unwrap();
            let spans = (0..=u32::try_from(text.len()).unwrap() + 1).map(|offset| Span { file, offset });
            let found = passed.look_again(spans.clone(), &files);
            for span in spans {
                assert_eq!(found.get(&span).cloned(), kept.locate(span), "{span:?} of {text:?}");
            }
        }
    }

    #[test]
    fn a_part_of_a_text_counts_from_its_beginning() {
        let files = MemoryFiles::new().with("a.zone", "ab\ncd\nef\n");
        let mut passed = Sources::new();
        let file = passed.add_passed("a.zone".into()).unwrap();
        let second = passed.add_rest(file, 3).unwrap();
        let span = Span { file: passed.add_rest(second, 3).unwrap(), offset: 1 };
        let found = passed.look_again([span].into_iter(), &files);
        assert_eq!(found[&span], Location { file: "a.zone".into(), line: 3, column: 2 });
    }
}
