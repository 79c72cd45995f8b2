//! How far a long work is, told at a terminal.

use std::cell::Cell;
use std::io::{self, IsTerminal, Read, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// So often at most.
const EVERY: Duration = Duration::from_millis(200);
/// The clock is looked at once in so many rows.
const ROWS: u64 = 256;

/// Counts the octets that are read.
pub(super) struct Counted<R> {
    inner: R,
    read: Rc<Cell<u64>>,
}

impl<R> Counted<R> {
    pub(super) fn new(inner: R) -> (Self, Rc<Cell<u64>>) {
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
    total: Option<u64>,
    read: Rc<Cell<u64>>,
    shown: Option<Instant>,
    terminal: bool,
}

impl Progress {
    /// Of so many octets, where that is known.
    pub(super) fn new(total: Option<u64>, read: Rc<Cell<u64>>) -> Self {
        Self { total, read, shown: None, terminal: io::stderr().is_terminal() }
    }

    pub(super) fn show(&mut self, rows: u64) {
        if !self.terminal
            || !rows.is_multiple_of(ROWS)
            || self.shown.is_some_and(|last| last.elapsed() < EVERY)
        {
            return;
        }
        self.shown = Some(Instant::now());
        let percent = self.total.filter(|&total| total > 0).map(|total| self.read.get() * 100 / total);
        let percent = percent.map(|percent| format!("{percent:3} % ")).unwrap_or_default();
        // That nobody looks is no fault.
        let _ = write!(io::stderr(), "\r{percent}{rows} rows");
    }

    /// Clears the line.
    pub(super) fn end(&self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
