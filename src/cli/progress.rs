//! How far a long work is, told at a terminal.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Context;

/// So often at most.
const EVERY: Duration = Duration::from_millis(200);
/// The clock is looked at once in so many.
const SELDOM: u64 = 256;

/// Counts the octets that are read.
struct Counted<R> {
    inner: R,
    read: Rc<Cell<u64>>,
}

impl<R> Counted<R> {
    fn new(inner: R) -> (Self, Rc<Cell<u64>>) {
        let read = Rc::new(Cell::new(0));
        (Self { inner, read: Rc::clone(&read) }, read)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.read.set(self.read.get() + count as u64);
        Ok(count)
    }
}

pub(super) struct Progress {
    what: &'static str,
    total: Option<u64>,
    read: Rc<Cell<u64>>,
    shown: Option<Instant>,
    terminal: bool,
}

impl Progress {
    /// Of so many octets, where that is known; in what is counted.
    fn new(what: &'static str, total: Option<u64>, read: Rc<Cell<u64>>) -> Self {
        Self { what, total, read, shown: None, terminal: io::stderr().is_terminal() }
    }

    /// After each of many: the clock is seldom looked at.
    pub(super) fn show(&mut self, count: u64) {
        if count.is_multiple_of(SELDOM) {
            self.show_now(count);
        }
    }

    /// Now, where the last time is a while ago.
    pub(super) fn show_now(&mut self, count: u64) {
        if !self.terminal || self.shown.is_some_and(|last| last.elapsed() < EVERY) {
            return;
        }
        self.shown = Some(Instant::now());
        let percent = self.total.filter(|&total| total > 0).map(|total| self.read.get() * 100 / total);
        let percent = percent.map(|percent| format!("{percent:3} % ")).unwrap_or_default();
        // That nobody looks is no fault.
        let _ = write!(io::stderr(), "\r{percent}{count} {}", self.what);
    }

    /// Clears the line.
    pub(super) fn end(&self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// A file, or standard input for `-`, and how far it is read; `what` is what is counted in it.
pub(super) fn open(path: &Path, what: &'static str) -> anyhow::Result<(Box<dyn Read>, Progress)> {
    if path == Path::new("-") {
        let (input, read) = Counted::new(io::stdin());
        return Ok((Box::new(input), Progress::new(what, None, read)));
    }
    let file = File::open(path).with_context(|| format!("{} can't be read", path.display()))?;
    let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
    let (input, read) = Counted::new(file);
    Ok((Box::new(input), Progress::new(what, size, read)))
}
