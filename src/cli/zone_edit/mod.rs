//! `zone add`, `zone remove` and `zone move`: a source changed as its author wrote it.

mod apply;
mod hunks;
mod wanted;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;

use anyhow::{Context, bail, ensure};
use rustix::fs::{FlockOperation, flock};

use self::apply::{Change, apply};
use self::wanted::{Found, find, is_mapping_of};
use super::args::{EditAt, NewEndpoint, ZoneAdd, ZoneMove, ZoneRemove};
use super::bulk;
use super::exit::{Exit, UsageError};
use super::input::folder_of;
use crate::clock::UnixTime;
use crate::identifier::Identifier;
use crate::record::mimisig::{Body, Mimisig, Wishes};
use crate::record::{Name, Rtype, calendar};
use crate::zone::{Kept, Loaded, What, Zone, load_file, quote};

/// Whose records are changed.
enum Whose {
    Identifier(Identifier),
    Owner(Name),
}

/// The source as it is.
struct Source<'a> {
    at: &'a EditAt,
    loaded: Loaded,
    now: UnixTime,
    /// Of the folder: other edits there wait until this one is done.
    _lock: Option<File>,
}

impl<'a> Source<'a> {
    fn read(at: &'a EditAt) -> anyhow::Result<Self> {
        let now = UnixTime::now();
        let folder = folder_of(&at.file);
        // Where there is no such folder the loader tells so.
        let lock = File::open(folder).ok();
        if let Some(lock) = &lock {
            flock(lock, FlockOperation::LockExclusive)?;
        }
        let loaded = load_file(&at.file, at.load.allow_outside, &at.load.options(now));
        if loaded.zone.is_none() {
            loaded.findings.iter().for_each(|finding| complain!("{finding}"));
            bail!("{} has errors: mend them first", at.file.display());
        }
        Ok(Self { at, loaded, now, _lock: lock })
    }

    fn zone(&self) -> anyhow::Result<&Zone> {
        self.loaded.zone.as_ref().context("the zone has errors")
    }

    /// What of a record stays when another takes its place.
    fn kept(&self, found: &Found) -> Kept {
        let text = self.loaded.sources.text(found.file).unwrap_or_default();
        Kept::of(text.get(found.lines.clone()).unwrap_or_default())
    }
}

/// Names are those of the zone, as in its text.
fn whose(
    identifier: Option<&str>,
    owner: Option<&str>,
    region: Option<&str>,
    zone: &Zone,
) -> anyhow::Result<Whose> {
    let owner = match (identifier, owner) {
        (Some(text), None) => return Ok(Whose::Identifier(super::identifier(text, region)?)),
        (None, Some(owner)) => owner,
        _ => return Err(UsageError("name an identifier, or a name with --owner".to_owned()).into()),
    };
    let apex = zone.apex();
    let owner = Name::parse(owner.as_bytes(), Some(apex))
        .map_err(|error| UsageError(format!("{}: {error}", quote(owner.as_bytes()))))?;
    ensure!(owner.is_at_or_below(apex), "{owner} is no name of the zone {apex}: nothing was changed");
    Ok(Whose::Owner(owner))
}

pub(super) fn add(args: &ZoneAdd, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let source = Source::read(&args.at)?;
    let whose =
        whose(args.identifier.as_deref(), args.owner.as_deref(), args.region.as_deref(), source.zone()?)?;
    let mut columns = args.endpoint.columns();
    columns.extend([("msp", args.msp.as_ref().map(ToString::to_string)), ("data", args.data.clone())]);
    let Some((section, record)) = written(&source, &whose, columns)? else { return Ok(Exit::Failed) };
    let found = find(&source.loaded, &whose);
    if let Some(msp) = &args.msp {
        let counts = found.iter().any(|found| is_mapping_of(found, Some(msp)) && !found.is_over(source.now));
        // Another one would count in its place, or from the same time neither (protocol, section 7.4).
        ensure!(
            !counts,
            "{msp} maps it already, and one statement holds all endpoints at a provider: nothing was changed. Give all of \
             them with --uri to `zone move --from {msp} --to {msp}`, which puts another statement in its place"
        );
    }
    let change = match beside(&found, args.msp.as_ref()) {
        Some(last) => Change { file: last.file, lines: last.lines.end..last.lines.end, text: record },
        None => {
            let end = source.loaded.sources.text(0).map_or(0, <[u8]>::len);
            let gap = if section.is_empty() { "" } else { "\n" };
            Change { file: 0, lines: end..end, text: format!("{gap}{section}{record}") }
        }
    };
    apply(&source, &whose, vec![change], out)
}

/// Below which line a record stands best: beside its provider's, else in the zone's own file, else in one that it
/// includes.
fn beside<'f>(found: &'f [Found], msp: Option<&Name>) -> Option<&'f Found> {
    let kin = || found.iter().filter(|found| found.is_kin());
    let same = msp.and_then(|msp| kin().rfind(|found| found.issuer() == Some(msp)));
    same.or_else(|| kin().rfind(|found| found.file == 0)).or_else(|| kin().next_back())
}

pub(super) fn remove(args: &ZoneRemove, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let source = Source::read(&args.at)?;
    let whose =
        whose(args.identifier.as_deref(), args.owner.as_deref(), args.region.as_deref(), source.zone()?)?;
    let found = find(&source.loaded, &whose);
    let is_apex = matches!(&whose, Whose::Owner(owner) if owner == source.zone()?.apex());
    ensure!(
        !(is_apex && args.r#type == Some(Rtype::SOA)),
        "a zone is none without its SOA record: nothing was changed"
    );
    let going: Vec<&Found> = match (&args.msp, args.r#type) {
        (Some(msp), _) => mappings_of(&found, Some(msp)),
        (None, Some(rtype)) => found.iter().filter(|found| found.rtype() == Some(rtype)).collect(),
        (None, None) => found.iter().filter(|found| found.rtype().is_some()).collect(),
    };
    ensure!(!going.is_empty(), "{} has no such record: nothing was changed", args.at.file.display());
    let changes = without(&found, &going);
    apply(&source, &whose, changes, out)
}

pub(super) fn move_to(args: &ZoneMove, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let source = Source::read(&args.at)?;
    let whose = whose(Some(&args.identifier), None, args.region.as_deref(), source.zone()?)?;
    let found = find(&source.loaded, &whose);
    let going = mappings_of(&found, args.from.as_ref());
    let file = args.at.file.display();
    ensure!(!going.is_empty(), "{file} has no mapping of it that could be moved; `zone add` adds one");
    let parties: BTreeSet<&Name> = going.iter().filter_map(|found| found.issuer()).collect();
    ensure!(parties.len() == 1, "several providers map it: say with --from which one it leaves");
    let mut columns = args.endpoint.columns();
    columns.push(("msp", Some(args.to.to_string())));
    if !columns
        .iter()
        .any(|(column, text)| matches!(*column, "proof" | "holder" | "consent") && text.is_some())
    {
        columns.extend(basis(&source.loaded, &whose, &args.to)?);
    }
    let kept = going.first().map(|found| source.kept(found)).unwrap_or_default();
    if args.endpoint.ttl.is_none() {
        columns.push(("ttl", kept.ttl.clone()));
    }
    let Some((_, record)) = written(&source, &whose, columns)? else { return Ok(Exit::Failed) };
    let record = kept.around(&record);
    // The new statement stands where the former one stood.
    let changes = going.iter().enumerate().map(|(number, found)| {
        let text = if number == 0 { record.clone() } else { String::new() };
        Change { file: found.file, lines: found.lines.clone(), text }
    });
    apply(&source, &whose, changes.collect(), out)
}

/// What a mapping can rest on where wishes are published: the newest that list its provider.
fn basis(loaded: &Loaded, whose: &Whose, msp: &Name) -> anyhow::Result<[(&'static str, Option<String>); 2]> {
    let Whose::Identifier(identifier) = whose else { bail!("a mapping belongs to an identifier") };
    let source = loaded.identifiers.iter().find(|source| source.identifier == *identifier);
    let statements = source.into_iter().flat_map(|source| &source.statements);
    let read = statements.filter_map(|(_, rdata)| Mimisig::parse(rdata).ok());
    let wishes: Vec<(UnixTime, Wishes)> = read
        .filter_map(|statement| match statement.body() {
            Body::Wishes(wishes) => Some((statement.inception(), wishes.clone())),
            Body::Possession(_) | Body::Mapping(_) => None,
        })
        .collect();
    ensure!(
        !wishes.is_empty(),
        "no wishes of a holder are in the zone: say what the mapping rests on with --proof, or --holder and --consent"
    );
    let newest = wishes
        .iter()
        .filter(|(_, wishes)| wishes.at.iter().any(|at| at.msp == *msp))
        .max_by_key(|(inception, _)| *inception);
    let Some((inception, wishes)) = newest else {
        bail!(
            "the wishes of the holder do not list {msp}, so resolvers would not believe its mapping: let the holder sign \
             wishes that do, and publish them first"
        )
    };
    Ok([("holder", Some(wishes.holder.to_string())), ("consent", calendar::print(*inception))])
}

/// The mapping statements of a provider, or all, and the records beside them that they hold.
fn mappings_of<'f>(found: &'f [Found], msp: Option<&Name>) -> Vec<&'f Found> {
    let mappings: Vec<&Found> = found.iter().filter(|found| is_mapping_of(found, msp)).collect();
    let endpoints: Vec<_> = mappings.iter().flat_map(|found| found.endpoints()).collect();
    let beside = found.iter().filter(|found| match &found.what {
        What::Record { rtype, rdata: Some(rdata), .. } => {
            endpoints.iter().any(|endpoint| endpoint.rtype() == *rtype && *endpoint.rdata() == **rdata)
        }
        _ => false,
    });
    mappings.into_iter().chain(beside).collect()
}

/// Takes these lines out, and the `$IDENTIFIER` lines under which nothing is left.
fn without(found: &[Found], going: &[&Found]) -> Vec<Change> {
    let gone = |one: &Found| going.iter().any(|found| std::ptr::eq(*found, one));
    let mut changes: Vec<Change> =
        going.iter().map(|found| Change::remove(found.file, found.lines.clone())).collect();
    for (at, line) in found.iter().enumerate().filter(|(_, line)| line.what == What::Section) {
        let under = found[at + 1..].iter();
        let mut under = under
            .take_while(|other| other.file == line.file && other.what != What::Section)
            .filter(|other| other.is_kin())
            .peekable();
        // One under which nothing stood is none of our business.
        if under.peek().is_some() && under.all(gone) {
            changes.push(Change::remove(line.file, line.lines.clone()));
        }
    }
    changes
}

/// The `$IDENTIFIER` line, or nothing, and the record; nothing where it is not one, which was told.
fn written(
    source: &Source<'_>,
    whose: &Whose,
    columns: Vec<(&'static str, Option<String>)>,
) -> anyhow::Result<Option<(String, String)>> {
    let subject = match whose {
        Whose::Identifier(identifier) => ("identifier", identifier.as_str().to_owned()),
        Whose::Owner(owner) => ("owner", owner.to_string()),
    };
    let said = columns.into_iter().filter_map(|(column, text)| Some((column, text?)));
    let columns: Vec<(&'static str, String)> = std::iter::once(subject).chain(said).collect();
    let folder = folder_of(&source.at.file);
    let text = match bulk::record_text(&columns, folder, source.at.load.allow_outside, source.now)? {
        Ok(text) => text,
        Err(findings) => {
            findings.iter().for_each(|finding| complain!("{finding}"));
            complain!("mimi-dns: nothing was changed");
            return Ok(None);
        }
    };
    let split = if text.starts_with('$') { text.find('\n').map_or(0, |at| at + 1) } else { 0 };
    let (section, record) = text.split_at(split);
    Ok(Some((section.to_owned(), record.to_owned())))
}

impl NewEndpoint {
    /// As columns of a table.
    fn columns(&self) -> Vec<(&'static str, Option<String>)> {
        let uris = self.uri.iter().map(|uri| ("uri", Some(uri.clone())));
        let others = [
            ("ttl", &self.ttl),
            ("service", &self.service),
            ("preference", &self.preference),
            ("weight", &self.weight),
            ("proof", &self.proof),
            ("holder", &self.holder),
            ("consent", &self.consent),
            ("from", &self.inception),
            ("until", &self.expiration),
            ("sign", &self.sign),
        ];
        let others = others.into_iter().map(|(column, text)| (column, text.clone()));
        let rtype = ("type", self.r#type.map(|rtype| rtype.to_string()));
        others.chain([rtype]).chain(uris).collect()
    }
}
