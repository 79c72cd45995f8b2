//! A ring as text, to be kept in a file.
//!
//! One line for each thing, fields apart by one space, times in seconds since 1970, `-` for what is not known.
//! The last line says `end`: a file that lost its tail is no ring.

use std::fmt::{self, Display, Write as _};
use std::str::{FromStr, SplitWhitespace};

use super::ending::Ending;
use super::history::{History, KeySet, Version};
use super::key::{DsTimes, Key, KeyId, Role};
use super::ring::{KeyRing, Told};
use crate::clock::UnixTime;
use crate::record::dnssec::Algorithm;

const HEAD: &str = "mimi-dns-keys 1";

/// What is wrong with a ring's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RingTextError {
    /// Another program's file, or that of a later version of this one.
    #[error("its first line is not \"{HEAD}\"")]
    Version,
    /// This line, counted from 1, can't be read.
    #[error("line {0} can't be read")]
    Line(usize),
    /// It has no end.
    #[error("its last line is not \"end\"")]
    Cut,
    /// A history that is missing, or keys that are not there.
    #[error("it contradicts itself")]
    Contradiction,
}

/// What may be unknown.
struct Known<T>(Option<T>);

impl<T: Display> Display for Known<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("-"),
        }
    }
}

fn time(time: Option<UnixTime>) -> Known<u64> {
    Known(time.map(|time| time.0))
}

impl KeyRing {
    /// The text that [`KeyRing::parse`] reads.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEAD}\nrevision {}\n", self.revision);
        // Writing to a string never fails.
        let _ = writeln!(text, "serial {}", Known(self.serial));
        if let Some(Told { algorithm, instead_of }) = self.told {
            let _ = writeln!(text, "algorithm {} {}", algorithm.0, Known(instead_of.map(|of| of.0)));
        }
        if let Some(Ending { revision, live }) = self.ending {
            let _ = writeln!(text, "ending {} {}", Known(revision), time(live));
        }
        for Key { id, role, created, published, active, leaving, removed, ds } in &self.keys {
            let [published, active, leaving, removed] =
                [published, active, leaving, removed].map(|at| time(*at));
            let DsTimes { requested, seen, dropped, gone } = *ds;
            let [requested, seen, dropped, gone] = [requested, seen, dropped, gone].map(time);
            let (role, created) = (role.label(), created.0);
            let _ = writeln!(text, "key {id} {role} {created} {published} {active} {leaving} {removed}");
            let _ = writeln!(text, "ds {id} {requested} {seen} {dropped} {gone}");
        }
        for (name, history) in ["dnskeys", "signers", "cds"].into_iter().zip(self.histories()) {
            for Version { keys, revision, live, hold } in history.versions() {
                let _ = write!(text, "{name} {revision} {} {hold}", time(*live));
                for id in keys {
                    let _ = write!(text, " {id}");
                }
                text.push('\n');
            }
        }
        text.push_str("end\n");
        text
    }

    /// Reads what [`KeyRing::to_text`] writes.
    ///
    /// # Errors
    /// [`RingTextError`]: somebody changed the file, or it is that of another program.
    pub fn parse(text: &str) -> Result<Self, RingTextError> {
        let mut lines = text.lines().enumerate();
        if lines.next().is_none_or(|(_, line)| line != HEAD) {
            return Err(RingTextError::Version);
        }
        let (mut ring, mut dnskeys, mut signers, mut cds) = (Self::new(), Vec::new(), Vec::new(), Vec::new());
        let mut ended = false;
        for (at, line) in lines {
            let mut read = || -> Option<()> {
                let mut fields = line.split_whitespace();
                match (ended, fields.next()?) {
                    (true, _) => return None,
                    (_, "end") => ended = true,
                    (_, "revision") => ring.revision = field(&mut fields)?,
                    (_, "serial") => ring.serial = known(&mut fields)?,
                    (_, "algorithm") => {
                        let algorithm = Algorithm(field(&mut fields)?);
                        ring.told = Some(Told { algorithm, instead_of: known(&mut fields)?.map(Algorithm) });
                    }
                    (_, "ending") => {
                        let (revision, live) = (known(&mut fields)?, known(&mut fields)?);
                        ring.ending = Some(Ending { revision, live: live.map(UnixTime) });
                    }
                    (_, "key") => ring.keys.push(key(&mut fields)?),
                    (_, "ds") => {
                        let id: KeyId = field(&mut fields)?;
                        let key = ring.keys.iter_mut().find(|key| key.id == id)?;
                        let mut next = || known(&mut fields).map(|at| at.map(UnixTime));
                        key.ds =
                            DsTimes { requested: next()?, seen: next()?, dropped: next()?, gone: next()? };
                    }
                    (_, "dnskeys") => dnskeys.push(version(&mut fields)?),
                    (_, "signers") => signers.push(version(&mut fields)?),
                    (_, "cds") => cds.push(version(&mut fields)?),
                    _ => return None,
                }
                fields.next().is_none().then_some(())
            };
            read().ok_or(RingTextError::Line(at + 1))?;
        }
        if !ended {
            return Err(RingTextError::Cut);
        }
        ring.dnskeys = History::of_versions(dnskeys).ok_or(RingTextError::Contradiction)?;
        ring.signers = History::of_versions(signers).ok_or(RingTextError::Contradiction)?;
        match History::of_versions(cds) {
            Some(cds) => ring.cds = cds,
            None => ring.suppose_cds(),
        }
        if ring.is_sound() { Ok(ring) } else { Err(RingTextError::Contradiction) }
    }

    /// A file that does not say what CDS asked for: caches may hold what asks for any key that it asked for once and that
    /// is there still. What was seen to be gone meanwhile must be seen again.
    fn suppose_cds(&mut self) {
        let mut before = KeySet::new();
        for key in self.keys.iter_mut().filter(|key| key.ds.may_be_there() && key.removed.is_none()) {
            before.insert(key.id);
            key.ds.gone = None;
        }
        let now = self.asked_now();
        self.cds = History::of(before);
        // CDS and CDNSKEY are data, which the signers sign.
        self.cds.hold(self.signers.versions().iter().map(|version| version.hold).max().unwrap_or(0));
        self.cds.push(now, self.revision);
    }

    /// Whether each key that is used is there, once, and can do what it does.
    fn is_sound(&self) -> bool {
        let mut ids: Vec<KeyId> = self.keys.iter().map(|key| key.id).collect();
        ids.sort_unstable();
        let once = ids.windows(2).all(|pair| pair[0] != pair[1]);
        let used = self.histories().into_iter().flat_map(|history| history.versions());
        once && used.flat_map(|version| &version.keys).all(|id| self.key(*id).is_some())
    }
}

fn field<T: FromStr>(fields: &mut SplitWhitespace<'_>) -> Option<T> {
    fields.next()?.parse().ok()
}

/// What may be unknown; none where it can't be read.
#[expect(clippy::option_option, reason = "unknown is not unreadable")]
fn known<T: FromStr>(fields: &mut SplitWhitespace<'_>) -> Option<Option<T>> {
    match fields.next()? {
        "-" => Some(None),
        text => text.parse().ok().map(Some),
    }
}

fn key(fields: &mut SplitWhitespace<'_>) -> Option<Key> {
    let id = field(fields)?;
    let role = fields.next()?;
    let role = Role::ALL.into_iter().find(|known| known.label() == role)?;
    let mut key = Key::new(id, role, UnixTime(field(fields)?));
    let mut next = || known(fields).map(|at| at.map(UnixTime));
    (key.published, key.active) = (next()?, next()?);
    (key.leaving, key.removed) = (next()?, next()?);
    Some(key)
}

fn version(fields: &mut SplitWhitespace<'_>) -> Option<Version> {
    let (revision, live, hold) = (field(fields)?, known(fields)?.map(UnixTime), field(fields)?);
    let keys: Option<KeySet> = fields.map(|text| text.parse().ok()).collect();
    Some(Version { keys: keys?, revision, live, hold })
}
