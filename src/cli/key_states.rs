//! `key list`, `key roll`, `key unsign`, `key ds`, `key ds-seen` and `key ds-gone`: the keys of zones that `serve` signs.
//!
//! They work on the keys' folder; a server that runs notices within seconds.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};

use super::args::{KeyRoll, KeysAt, KeysOf};
use super::config::{Config, Named, SigningPolicy};
use super::exit::Exit;
use super::words;
use super::zone_keys::print_ds;
use crate::clock::UnixTime;
use crate::dnssec::lifecycle::{Key, KeyId, NewKey, Role, Waiting};
use crate::dnssec::{KeyStore, OpenKeys};
use crate::record::Name;

/// Where keys are, and on which terms they come and go where that is known.
struct Place {
    keys: PathBuf,
    policies: Vec<SigningPolicy>,
}

impl Place {
    fn of(at: &KeysAt) -> anyhow::Result<Self> {
        if let Some(keys) = &at.keys {
            return Ok(Self { keys: keys.clone(), policies: Vec::new() });
        }
        let file = at.config.as_deref().context("neither a configuration nor a folder of keys")?;
        let checked = Config::load(file, Named::MayBeGone);
        for finding in &checked.findings {
            complain!("{finding}");
        }
        let config = checked.config.with_context(|| format!("{} has errors", file.display()))?;
        let keys = config.keys.with_context(|| format!("{} names no folder for keys", file.display()))?;
        Ok(Self { keys, policies: config.signing })
    }

    fn policy(&self, zone: &Name) -> Option<&SigningPolicy> {
        SigningPolicy::of(&self.policies, zone, false)
    }
}

fn open(of: &KeysOf) -> anyhow::Result<OpenKeys> {
    let place = Place::of(&of.at)?;
    let store = KeyStore::new(&place.keys, &of.zone);
    ensure!(store.exists(), "{} has no keys in {}", of.zone, store.folder().display());
    Ok(store.open()?)
}

/// Runs `key list`.
pub(super) fn list(at: &KeysAt, zone: Option<&Name>, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let place = Place::of(at)?;
    let stores = match zone {
        Some(zone) => vec![KeyStore::new(&place.keys, zone)],
        None => {
            KeyStore::all(&place.keys).with_context(|| format!("{} can't be read", place.keys.display()))?
        }
    };
    let now = UnixTime::now();
    for store in stores.iter().filter(|store| store.exists()) {
        let keys = store.open()?;
        let zone = keys.apex();
        for key in keys.ring.keys() {
            let state = keys.ring.state(key, now);
            let policy = place.policy(zone).map(|policy| &policy.keys);
            let waiting = policy.and_then(|policy| keys.ring.waiting(key, policy, now));
            let Key { id: KeyId { algorithm, tag }, role, .. } = key;
            write!(out, "{zone} {tag} {algorithm} {} {}", role.label(), state.label())?;
            writeln!(out, "{}", waiting.map(|waiting| format!(", {}", told(waiting))).unwrap_or_default())?;
        }
    }
    Ok(Exit::Done)
}

fn told(waiting: Waiting) -> String {
    match waiting {
        Waiting::Publication => "until the server has it published".to_owned(),
        Waiting::Caches(until) => format!("until caches forget what was before, {}", words::time(until)),
        Waiting::DsAtParent => "until the parent has its DS record".to_owned(),
        Waiting::DsGone => "until the parent has no DS record of it any more".to_owned(),
    }
}

/// Runs `key roll`.
pub(super) fn roll(args: &KeyRoll, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (mut keys, now) = (open(&args.of)?, UnixTime::now());
    if let Some(algorithm) = args.algorithm {
        keys.ring.set_algorithm(algorithm);
        keys.save(now)?;
        writeln!(out, "{} rolls to {algorithm}", keys.apex())?;
        return Ok(Exit::Done);
    }
    let role = match (args.ksk, args.zsk) {
        (true, _) => Role::Ksk,
        (_, true) => Role::Zsk,
        (false, false) => Role::Csk,
    };
    ensure!(
        !keys.ring.is_ending(),
        "{} goes insecure: `mimi-dns key unsign --cancel` takes that back",
        keys.apex()
    );
    let current = keys.ring.keys().iter().rfind(|key| key.role == role && key.leaving.is_none());
    let Some(current) = current else { bail!("{} has no {}", keys.apex(), role.label().to_uppercase()) };
    ensure!(
        !keys.ring.is_rolling(role),
        "a former one goes still: `mimi-dns key list` says what that waits for"
    );
    let (before, algorithm) = (current.id.tag, current.id.algorithm);
    let id = keys.make(NewKey { role, algorithm }, now)?;
    keys.save(now)?;
    writeln!(out, "{} rolls from {} {before} to {}", keys.apex(), role.label().to_uppercase(), id.tag)?;
    Ok(Exit::Done)
}

/// Runs `key unsign`.
pub(super) fn unsign(of: &KeysOf, cancel: bool, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (mut keys, now) = (open(of)?, UnixTime::now());
    let news = if cancel { keys.ring.go_on() } else { keys.ring.end() };
    if news {
        keys.save(now)?;
    }
    let zone = keys.apex();
    match (cancel, news) {
        (false, _) => writeln!(
            out,
            "{zone} goes insecure: CDS and CDNSKEY ask its parent to delete the DS records; when none is in any cache, the \
             signatures go"
        )?,
        (true, true) => writeln!(out, "{zone} is to be signed")?,
        (true, false) => writeln!(out, "{zone} was not going insecure")?,
    }
    Ok(Exit::Done)
}

/// Runs `key ds`.
pub(super) fn ds(of: &KeysOf, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let keys = open(of)?;
    let wanted = keys.ring.plan().cds;
    if keys.ring.is_ending() {
        complain!("mimi-dns: {} goes insecure: its parent is to have no DS records of it", keys.apex());
        return Ok(Exit::Failed);
    }
    if wanted.is_empty() {
        complain!("mimi-dns: {} is not for its parent yet: caches may hold it as it was before", keys.apex());
        return Ok(Exit::Failed);
    }
    for file in wanted.into_iter().filter_map(|id| keys.file(id)) {
        print_ds(file, out)?;
    }
    Ok(Exit::Done)
}

/// Runs `key ds-seen` and `key ds-gone`.
pub(super) fn ds_is(there: bool, of: &KeysOf, tag: u16, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let mut keys = open(of)?;
    // A second that has begun is not over.
    let now = UnixTime::now().plus(1);
    let id = keys.ring.keys().iter().find(|key| key.id.tag == tag).map(|key| key.id);
    let id = id.with_context(|| format!("{} has no key {tag}", keys.apex()))?;
    let news = if there { keys.ring.ds_seen(id, now) } else { keys.ring.ds_gone(id, now) };
    if news.with_context(|| format!("key {tag} of {}", keys.apex()))? {
        keys.save(now)?;
    }
    let words = if there { "the parent has" } else { "the parent does not have" };
    writeln!(out, "noted: {words} the DS record of {} {tag}", keys.apex())?;
    Ok(Exit::Done)
}
