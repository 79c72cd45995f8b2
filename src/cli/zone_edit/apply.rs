//! Changed lines: shown, or written when the zone that they make differs as it should and in nothing else.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

use super::wanted::serial;
use super::{Source, Whose, hunks};
use crate::cli::exit::Exit;
use crate::cli::output::Replacement;
use crate::cli::zone_diff;
use crate::record::Rtype;
use crate::zone::{FileText, Files, Folder, Severity, Zone, load};

/// Octets of a file, and what stands in their place.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) file: u32,
    pub(super) lines: Range<usize>,
    pub(super) text: String,
}

impl Change {
    pub(super) fn remove(file: u32, lines: Range<usize>) -> Self {
        Self { file, lines, text: String::new() }
    }
}

/// The files as they will be, over those that are.
struct Changed<'f> {
    below: &'f dyn Files,
    texts: BTreeMap<PathBuf, Vec<u8>>,
}

impl Files for Changed<'_> {
    fn read(&self, path: &Path, most: u64) -> io::Result<FileText> {
        let below = self.below.read(path, most)?;
        let octets = self.texts.get(&below.path).cloned().unwrap_or(below.octets);
        Ok(FileText { path: below.path, octets })
    }
}

pub(super) fn apply(
    source: &Source<'_>,
    whose: &Whose,
    mut changes: Vec<Change>,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let Source { at, loaded, now, .. } = source;
    let zone = source.zone()?;
    let adds = changes.iter().any(|change| !change.text.is_empty());
    if let Some((file, lines)) = serial(loaded) {
        let next = at.serial.policy(*now).next(zone.serial());
        changes.push(Change { file, lines, text: next.to_string() });
    }
    let folder = Folder::around(&at.file)?;
    let folder = if at.load.allow_outside { folder.allowing_outside() } else { folder };
    let paths = loaded.sources.paths().map(Path::canonicalize).collect::<io::Result<Vec<_>>>()?;
    let (mut texts, mut written) = (BTreeMap::new(), Vec::new());
    for (number, resolved) in paths.iter().enumerate() {
        let file = u32::try_from(number).unwrap_or(u32::MAX);
        let here: Vec<Change> = changes.iter().filter(|change| change.file == file).cloned().collect();
        if here.is_empty() {
            continue;
        }
        let path = loaded.sources.path(file).unwrap_or(resolved);
        ensure!(
            paths.iter().filter(|other| *other == resolved).count() == 1,
            "{} is included more than once: change it by hand",
            path.display()
        );
        let old = loaded.sources.text(file).unwrap_or_default();
        let new = changed(old, here);
        texts.insert(resolved.clone(), new.clone());
        written.push((path.to_owned(), old.to_vec(), new));
    }
    let after = load(&at.file, &Changed { below: &folder, texts }, &at.load.options(*now));
    let told = |code: &str, message: &str| {
        loaded.findings.iter().any(|before| before.code == code && before.message == message)
    };
    for finding in after.findings.iter().filter(|finding| !told(finding.code, &finding.message)) {
        complain!("{finding}");
    }
    if after.zone.is_none() || after.findings.iter().any(|finding| finding.severity == Severity::Error) {
        bail!("this would break the zone: nothing was changed");
    }
    let has_servers =
        |zone: &Zone| zone.node(zone.apex()).is_some_and(|apex| apex.rrset(Rtype::NS).is_some());
    if has_servers(zone) && !after.zone.as_ref().is_some_and(has_servers) {
        bail!(
            "this would take the zone's last NS record: nothing was changed; name other records with --type"
        );
    }
    let label = match whose {
        Whose::Identifier(identifier) => identifier.as_str().to_owned(),
        Whose::Owner(owner) => owner.to_string(),
    };
    let difference = zone_diff::compare(loaded, &after).map_err(anyhow::Error::msg)?;
    if difference.is_empty() {
        let why =
            if adds { "the zone has that record already" } else { "the zone has that record elsewhere too" };
        bail!("{why}, so {label} would stay as it is: nothing was changed");
    }
    let others = difference.others_than(&label);
    if !others.is_empty() {
        bail!(
            "this would change {} too: nothing was changed; edit the file by hand",
            others.into_iter().collect::<Vec<_>>().join(", ")
        );
    }
    if at.dry_run {
        for (path, old, new) in &written {
            hunks::print(path, old, new, out)?;
        }
        return Ok(Exit::Done);
    }
    for (path, old, _) in &written {
        let is_as_read = std::fs::read(path).is_ok_and(|now| now == *old);
        ensure!(is_as_read, "{} has changed meanwhile: nothing was changed", path.display());
    }
    put_in_place(&written)?;
    if at.json {
        crate::cli::json::print(&difference, out)?;
    } else {
        zone_diff::people(&difference, out)?;
    }
    Ok(Exit::Done)
}

/// Writes all files beside their places before the first takes its own: a full disk changes nothing.
fn put_in_place(written: &[(PathBuf, Vec<u8>, Vec<u8>)]) -> anyhow::Result<()> {
    let cannot = |path: &Path| format!("{} can't be written", path.display());
    let mut replacements = Vec::new();
    for (path, _, new) in written {
        // These were read to be replaced.
        let mut replacement = Replacement::begin(path, &[]).with_context(|| cannot(path))?;
        replacement.write_all(new).and_then(|()| replacement.flush()).with_context(|| cannot(path))?;
        replacements.push((path, replacement));
    }
    for (path, replacement) in replacements {
        replacement.finish().with_context(|| cannot(path))?;
    }
    Ok(())
}

/// The text with the changes in it. Where a whole paragraph goes, one of the blank lines around it goes too.
fn changed(old: &[u8], mut changes: Vec<Change>) -> Vec<u8> {
    changes.sort_by_key(|change| (change.lines.start, change.lines.end));
    let mut joined: Vec<Change> = Vec::new();
    for change in changes {
        match joined.last_mut() {
            Some(last)
                if last.lines.end == change.lines.start && last.text.is_empty() && change.text.is_empty() =>
            {
                last.lines.end = change.lines.end;
            }
            _ => joined.push(change),
        }
    }
    let crlf = old.iter().position(|&octet| octet == b'\n').is_some_and(|at| old[..at].ends_with(b"\r"));
    let (mut new, mut at): (Vec<u8>, usize) = (Vec::with_capacity(old.len()), 0);
    for Change { lines, text, .. } in joined {
        new.extend_from_slice(&old[at..lines.start]);
        at = lines.end;
        let rest = &old[at..];
        let blank = if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
        let after_blank = new.is_empty() || new.ends_with(b"\n\n") || new.ends_with(b"\n\r\n");
        if text.is_empty() && after_blank {
            at += blank;
        }
        if lines.is_empty() && !new.is_empty() && !new.ends_with(b"\n") {
            new.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
        }
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        new.extend_from_slice(text.as_bytes());
    }
    new.extend_from_slice(&old[at..]);
    // What stood last is gone, and what was put between it and the rest.
    if at == old.len() && !old.ends_with(b"\n\n") && new.ends_with(b"\n\n") {
        new.pop();
    }
    new
}
