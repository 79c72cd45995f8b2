//! Serial numbers of zones that are written over their former state: secondaries take what is newer, and nothing else.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use anyhow::ensure;

use super::args::Serial;
use crate::clock::UnixTime;
use crate::record::Name;
use crate::record::scan::Scanner;
use crate::zone::is_newer_serial;

/// The serial number of the zone that stands in a file that was built or signed here, whose first line is its SOA record.
pub(super) fn of_file(path: &Path, apex: &Name) -> Option<u32> {
    /// An SOA record with two names of the longest, all their octets escaped.
    const LONGEST: u64 = 4096;
    if !path.is_file() {
        return None;
    }
    let mut text = Vec::new();
    File::open(path).ok()?.take(LONGEST).read_to_end(&mut text).ok()?;
    let line = &text[..=text.iter().position(|&octet| octet == b'\n')?];
    let mut tokens = Vec::new();
    Scanner::new(line).next_entry(&mut tokens)?.ok()?;
    let [owner, _ttl, _class, rtype, _server, _mail, serial, ..] = &*tokens else { return None };
    let is_it = rtype.is_word("SOA") && Name::parse(owner.raw, None).is_ok_and(|owner| owner == *apex);
    str::from_utf8(serial.raw).ok().filter(|_| is_it)?.parse().ok()
}

/// The serial number of what is written where `stood` did; what follows goes on from the newer of source and output.
///
/// # Errors
/// It would be older than `stood` (RFC 1982 §3.2), and `allow_older` does not say that this is meant.
pub(super) fn next(
    serial: Serial,
    source: u32,
    stood: Option<u32>,
    allow_older: bool,
    now: UnixTime,
) -> anyhow::Result<u32> {
    let policy = serial.policy(now);
    let Some(stood) = stood else { return Ok(policy.next(source)) };
    let goes_on = !matches!(serial, Serial::Keep) && is_newer_serial(stood, source);
    let next = policy.next(if goes_on { stood } else { source });
    ensure!(
        allow_older || next == stood || is_newer_serial(next, stood),
        "the serial would go from {stood} back to {next}: no secondary would take the zone until it is past {stood} again; \
         `--serial increment` and `--serial unixtime` go on from the output's, --allow-older-serial goes back",
    );
    Ok(next)
}

/// Tells that a zone changes under the serial that it has.
pub(super) fn warn_of_same(path: &Path, serial: u32) {
    complain!(
        "mimi-dns: warning: {}: other records or signatures under the same serial {serial}: secondaries take no notice; \
         --serial increment makes it newer",
        path.display()
    );
}

/// Passes text on, and finds out whether it is what a file holds.
pub(super) struct Compared<W> {
    out: W,
    /// As long as nothing else was found.
    before: Option<BufReader<File>>,
}

impl<W: Write> Compared<W> {
    pub(super) fn new(out: W, before: Option<File>) -> Self {
        Self { out, before: before.map(BufReader::new) }
    }

    /// What it was passed on to, and whether it is all that the file holds.
    pub(super) fn finish(self) -> (W, bool) {
        let is_same = self.before.is_some_and(|mut rest| rest.read(&mut [0]).is_ok_and(|more| more == 0));
        (self.out, is_same)
    }
}

impl<W: Write> Write for Compared<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let count = self.out.write(octets)?;
        if let Some(before) = &mut self.before {
            let mut there = vec![0; count];
            if before.read_exact(&mut there).is_err() || there != octets[..count] {
                self.before = None;
            }
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_800_000_000);

    #[test]
    fn what_follows_is_newer_or_the_same() {
        let next = |serial, source, stood, older| super::next(serial, source, stood, older, NOW).ok();
        assert_eq!(next(Serial::Keep, 7, None, false), Some(7));
        assert_eq!(next(Serial::Keep, 7, Some(7), false), Some(7));
        assert_eq!(next(Serial::Keep, 7, Some(8), false), None);
        assert_eq!(next(Serial::Keep, 7, Some(8), true), Some(7));
        assert_eq!(next(Serial::Keep, 7, Some(u32::MAX), false), Some(7), "RFC 1982");
        assert_eq!(next(Serial::Keep, 0, Some(1 << 31), false), None, "neither is newer");
        assert_eq!(next(Serial::Increment, 7, Some(9), false), Some(10));
        assert_eq!(next(Serial::Increment, 9, Some(7), false), Some(10));
        assert_eq!(next(Serial::Unixtime, 7, Some(9), false), Some(1_800_000_000));
        assert_eq!(next(Serial::Unixtime, 7, Some(1_800_000_000), false), Some(1_800_000_001));
    }

    #[test]
    fn the_serial_of_a_built_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("built");
        let of = |text: &str| {
            std::fs::write(&path, text).unwrap();
            of_file(&path, &"a.example".parse().unwrap())
        };
        assert_eq!(
            of("A.example.\t60\tIN\tSOA\tns.a.example. h\\032x.a.example. 7 3600 60 60 60\nrest"),
            Some(7)
        );
        assert_eq!(of("b.example.\t60\tIN\tSOA\tns.a.example. h.a.example. 7 3600 60 60 60\n"), None);
        assert_eq!(of("a.example.\t60\tIN\tSOA\tns.a.example. h.a.example. 7"), None, "no whole line");
        assert_eq!(of("a.example.\t60\tIN\tTXT\tx x 7\n"), None);
        assert_eq!(of_file(folder.path(), &Name::root()), None);
    }
}
