//! Long texts, read piece by piece into memory that is used again: memory that was never used costs more than reading does.
//!
//! A window ends where a line seems to begin an entry, and what is read of it ends in front of the first entry that is not
//! right, which may be one that goes on after the window. That entry begins the next window, which is larger as long as
//! nothing else can be read of it. So a text with a fault is in memory from there to its end, and the outcome is the same as
//! if all of it had been.

use std::io::{self, Read};

use super::super::finding::{Severity, Span};
use super::{Anchor, BuildFault, Reader, Scope, Sink};

/// How long texts are read.
#[derive(Debug, Clone, Copy)]
pub(in crate::zone) struct Windows {
    /// Octets of a window where no entry is longer. Texts of fewer are read whole.
    pub(super) octets: usize,
    /// Octets of a text after which spans count anew, so that they fit 32 bits.
    pub(super) part: usize,
}

impl Default for Windows {
    /// Of what most processors keep near.
    fn default() -> Self {
        Self { octets: 8 << 20, part: 1 << 31 }
    }
}

/// A file that was opened, which is all in the sources or read as a long one.
pub(super) struct Opened<'f> {
    pub(super) file: u32,
    pub(super) window: Option<Window<'f>>,
}

/// A part of a long text.
pub(super) struct Window<'f> {
    rest: io::Take<Box<dyn Read + 'f>>,
    memory: Vec<u8>,
    /// Octets that were read.
    filled: usize,
    /// There is nothing after them.
    is_last: bool,
}

impl<'f> Window<'f> {
    pub(super) fn new(rest: io::Take<Box<dyn Read + 'f>>) -> Self {
        Self { rest, memory: Vec::new(), filled: 0, is_last: false }
    }

    /// Reads on, up to so many octets in all.
    fn fill(&mut self, octets: usize) -> io::Result<()> {
        if self.memory.len() < octets {
            self.memory.resize(octets, 0);
        }
        while self.filled < octets && !self.is_last {
            match self.rest.read(&mut self.memory[self.filled..octets]) {
                Ok(0) => self.is_last = true,
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What can be read of it: up to the last line that seems to begin with an owner name.
    fn text(&self) -> &[u8] {
        let text = &self.memory[..self.filled];
        if self.is_last {
            return text;
        }
        let is_border = |pair: &[u8]| pair[0] == b'\n' && pair[1].is_ascii_alphanumeric();
        &text[..text.windows(2).rposition(is_border).map_or(0, |at| at + 1)]
    }

    /// Lets go of the first octets.
    fn pass(&mut self, octets: usize) {
        self.memory.copy_within(octets..self.filled, 0);
        self.filled -= octets;
    }
}

impl<S: Sink> Reader<'_, S> {
    pub(super) fn long_text(&mut self, mut file: u32, mut window: Window<'_>, mut scope: Scope) {
        let windows = self.windows.unwrap_or_default();
        // Where the window begins in its part of the file, and where what was not read yet begins in it.
        let (mut base, mut from) = (0, 0);
        loop {
            let before = window.filled;
            if let Err(error) = window.fill(windows.octets.max(2 * before)) {
                return self.cut_short(file, base + before, &error);
            }
            let end =
                self.entries(window.text(), from, &mut scope, Anchor::File { file, base }, window.is_last);
            if window.is_last {
                return;
            }
            if end > from {
                // One octet of what was read stays, so that only the front of the file is taken for it.
                window.pass(end - 1);
                base += end - 1;
                from = 1;
            }
            if base >= windows.part {
                match self.sources.add_rest(file, base) {
                    Ok(rest) => (file, base) = (rest, 0),
                    Err(error) => return self.cut_short(file, base, &io::Error::other(error)),
                }
            }
        }
    }

    fn cut_short(&mut self, file: u32, offset: usize, error: &io::Error) {
        self.findings.push(BuildFault {
            span: Span { file, offset: u32::try_from(offset).unwrap_or(u32::MAX) },
            owner: None,
            severity: Severity::Error,
            code: "unreadable-file",
            message: format!("from here on the file can't be read: {error}"),
            remedy: "a zone is a regular file of text".to_owned(),
        });
    }
}
