//! `zone` and what is done with zones: `zone check`, `zone build`.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::args::{Load, Serial, Zone, ZoneBuild, ZoneCheck};
use super::exit::Exit;
use super::output::Replacement;
use super::serials::{self, Compared};
use super::stock::{self, Stocked};
use super::{bulk, json, network, verifying, zone_diff, zone_edit, zone_format, zone_lint, zone_sign};
use crate::clock::UnixTime;
use crate::zone::{Finding, Loaded, SerialPolicy, Zone as LoadedZone, load_file, write_zone};

pub(super) fn run(command: &Zone, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match command {
        Zone::Check(args) => check(args, out),
        Zone::Diff(args) => zone_diff::run(args, out),
        Zone::Import(args) => bulk::import(args, out),
        Zone::Export(args) => bulk::export(args, out),
        Zone::Add(args) => zone_edit::add(args, out),
        Zone::Remove(args) => zone_edit::remove(args, out),
        Zone::Move(args) => zone_edit::move_to(args, out),
        Zone::Format(args) => zone_format::run(args, out),
        Zone::Build(args) => build(args, out),
        Zone::Sign(args) => zone_sign::sign(args, out),
    }
}

fn check(args: &ZoneCheck, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let now = UnixTime::now();
    let policy = args.policy.as_deref().map(network::policy).transpose()?;
    let (stock, mut findings) = stock::load(&args.paths, &args.load, now);
    let policy = policy.map(|policy| policy.with_served_keys(verifying::served_keys(&stock)));
    findings.extend(stock::twice(&stock));
    for Stocked { loaded, .. } in &stock {
        findings.extend(loaded.findings.iter().cloned());
        findings.extend(verifying::findings(loaded, policy.as_ref(), now));
        findings.extend(zone_lint::findings(loaded, now));
        if args.online {
            findings.extend(zone_lint::online(loaded, &args.server)?);
        }
    }
    let (errors, warnings) = stock::count(&findings);
    if args.json {
        let zones: Vec<_> = stock.iter().filter_map(as_json).collect();
        let findings = json::findings(&findings);
        let told = serde_json::json!({
            "zones": zones, "findings": findings, "files": stock.len(), "errors": errors, "warnings": warnings,
        });
        json::print(&told, out)?;
    } else {
        print_check(&findings, &stock, out)?;
        writeln!(out, "{} files: {errors} errors, {warnings} warnings", stock.len())?;
    }
    Ok(if errors > 0 || (args.strict && warnings > 0) { Exit::Failed } else { Exit::Done })
}

fn as_json(stocked: &Stocked) -> Option<serde_json::Value> {
    let Stocked { file, loaded } = stocked;
    let zone = loaded.zone.as_ref()?;
    Some(serde_json::json!({
        "file": file,
        "apex": zone.apex().to_string(),
        "serial": zone.serial(),
        "names": zone.name_count(),
        "identifiers": loaded.identifiers.len(),
        "statements": statements(loaded),
    }))
}

fn statements(loaded: &Loaded) -> usize {
    loaded.identifiers.iter().map(|source| source.statements.len()).sum()
}

fn print_check(findings: &[Finding], stock: &[Stocked], out: &mut dyn Write) -> std::io::Result<()> {
    for finding in findings {
        writeln!(out, "{finding}")?;
    }
    for Stocked { file, loaded } in stock {
        if let Some(zone) = &loaded.zone {
            writeln!(
                out,
                "{}: {} serial {}, {} names, {} identifiers, {} statements",
                file.display(),
                zone.apex(),
                zone.serial(),
                zone.name_count(),
                loaded.identifiers.len(),
                statements(loaded),
            )?;
        }
    }
    Ok(())
}

impl Serial {
    pub(super) fn policy(self, now: UnixTime) -> SerialPolicy {
        match self {
            Self::Keep => SerialPolicy::Keep,
            Self::Increment => SerialPolicy::Increment,
            Self::Unixtime => SerialPolicy::UnixTime(now),
        }
    }
}

/// A source that is to be written in another form; where it has errors they are told.
pub(super) fn loaded(path: &Path, load: &Load, now: UnixTime) -> Loaded {
    let loaded = load_file(path, load.allow_outside, &load.options(now));
    for finding in &loaded.findings {
        complain!("{finding}");
    }
    if loaded.zone.is_none() {
        complain!("mimi-dns: {} has errors: nothing was written", path.display());
    }
    loaded
}

/// Writes a zone to a file, piece by piece; the file is there as a whole or not at all. It is none of those that were
/// read. Tells whether that is what stood there before.
pub(super) fn write_file(
    zone: &LoadedZone,
    serial: SerialPolicy,
    path: &Path,
    read: &[PathBuf],
) -> anyhow::Result<bool> {
    let cannot = || format!("{} can't be written", path.display());
    let file = Replacement::begin(path, read).with_context(cannot)?;
    // Asked before it is opened: a pipe would wait for its other end.
    let before = path.is_file().then(|| std::fs::File::open(path).ok()).flatten();
    let mut file = Compared::new(file, before);
    write_zone(zone, serial, &mut file).with_context(cannot)?;
    let (file, is_same) = file.finish();
    file.finish().with_context(cannot)?;
    Ok(is_same)
}

fn build(args: &ZoneBuild, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let now = UnixTime::now();
    let Loaded { zone: Some(zone), files, .. } = loaded(&args.source, &args.load, now) else {
        return Ok(Exit::Failed);
    };
    if args.output == Path::new("-") {
        write_zone(&zone, args.serial.policy(now), out)?;
        return Ok(Exit::Done);
    }
    let stood = serials::of_file(&args.output, zone.apex());
    let serial = serials::next(args.serial, zone.serial(), stood, args.allow_older_serial, now)?;
    let is_same = write_file(&zone, SerialPolicy::Exactly(serial), &args.output, &files)?;
    if stood == Some(serial) && !is_same {
        serials::warn_of_same(&args.output, serial);
    }
    writeln!(out, "{}: {} with {} names", args.output.display(), zone.apex(), zone.name_count())?;
    Ok(Exit::Done)
}
