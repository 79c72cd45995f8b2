//! Which keys sign a zone, and that none of them is missing.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

use crate::cli::args::ZoneSign;
use crate::cli::zone_keys;
use crate::clock::UnixTime;
use crate::dnssec::sign::{OtherKey, ZoneKey, ZoneKeys, foreign_keys};
use crate::dnssec::{HalfKey, KeyFile, read_half_keys, read_key_folder};
use crate::record::Name;
use crate::record::dnssec::Dnskey;
use crate::zone::Zone;

/// The keys that the folder has for the zone now; made where there are none and that is asked for.
pub(super) fn keys(args: &ZoneSign, zone: &Zone, now: UnixTime) -> anyhow::Result<ZoneKeys> {
    const KSK: u16 = Dnskey::ZONE | Dnskey::SECURE_ENTRY_POINT;
    let apex = zone.apex();
    if args.create_keys {
        std::fs::create_dir_all(&args.keys)
            .with_context(|| format!("{} can't be made", args.keys.display()))?;
    }
    let (mut files, halves) = match args.keys.exists() {
        true => (read_key_folder(&args.keys, apex)?, read_half_keys(&args.keys, apex)?),
        false => (Vec::new(), Vec::new()),
    };
    nothing_is_missing(args, zone, &halves, now)?;
    if files.is_empty() && args.create_keys {
        let flags: &[u16] = if args.csk { &[KSK] } else { &[KSK, Dnskey::ZONE] };
        let made = zone_keys::make(&args.keys, apex, args.algorithm, flags, now)?;
        files = made.into_iter().map(|(_, key)| key).collect();
    }
    let folder = args.keys.display();
    ensure!(!files.is_empty(), "{folder} holds no key of {apex}: --create-keys makes some");
    let mut keys = ZoneKeys::by_times(&files, now);
    ensure!(!keys.keys.is_empty(), "{folder} holds no key of {apex} whose times say that it is used now");
    if !args.csk {
        none_stands_in(&keys, &files, apex)?;
    }
    let foreign = foreign_keys(zone, files.iter().map(|file| &*file.key));
    if !args.keep_dnskeys {
        let tags: Vec<_> = foreign.iter().map(|other| other.key_tag().to_string()).collect();
        ensure!(
            foreign.is_empty(),
            "{} has DNSKEY records of keys that are not in {folder} ({}): take them out where they are not used any more; \
             --keep-dnskeys keeps those of other signers of the zone (RFC 8901)",
            args.source.display(),
            tags.join(", "),
        );
    }
    keys.others = foreign;
    Ok(keys)
}

/// The files of keys in a folder.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
    let is_key =
        |path: &PathBuf| path.extension().is_some_and(|ending| ending == "key" || ending == "private");
    entries.filter(is_key).collect()
}

/// A key that lost one of its files would leave the zone at once, and caches and the parent's DS record still count
/// on it.
fn nothing_is_missing(args: &ZoneSign, zone: &Zone, halves: &[HalfKey], now: UnixTime) -> anyhow::Result<()> {
    let foreign = foreign_keys(zone, []);
    // Behind the flags, which change in a key's life.
    let same = |half: &HalfKey, other: &OtherKey| {
        half.dnskey.as_ref().is_some_and(|dnskey| dnskey.get(2..) == other.dnskey.get(2..))
    };
    let stays = |half: &HalfKey| args.keep_dnskeys && foreign.iter().any(|other| same(half, other));
    let Some(half) = halves.iter().find(|half| !half.is_gone(now) && !stays(half)) else { return Ok(()) };
    bail!(
        "{} is there without {}: signed without it, the zone would lose the key {}; bring it back, or, where the key is \
         not used any more, take both away once no cache and no DS record needs it{}",
        half.path.display(),
        half.missing.display(),
        half.key_tag,
        match half.dnskey.is_some() && !args.keep_dnskeys {
            true =>
                "; of a key of another signer its DNSKEY record belongs in the source, with --keep-dnskeys",
            false => "",
        },
    )
}

/// Where an algorithm has keys for keys and keys for the zone, neither do the others' work without a word: more often
/// than not a successor was forgotten. As `dnssec-signzone -S` without `-z`.
fn none_stands_in(keys: &ZoneKeys, files: &[KeyFile], apex: &Name) -> anyhow::Result<()> {
    let is_entry = |flags: u16| flags & Dnskey::SECURE_ENTRY_POINT != 0;
    let does_both = |key: &&ZoneKey| key.signs_keys && key.signs_zone;
    for key in keys.keys.iter().filter(does_both) {
        let others = files.iter().filter(|file| {
            file.key.algorithm() == key.key.algorithm() && is_entry(file.flags) != is_entry(key.flags)
        });
        let others: Vec<_> = others.map(|file| file.key_tag().to_string()).collect();
        if others.is_empty() {
            continue;
        }
        let (whose, work) = match is_entry(key.flags) {
            true => ("zone", "all records"),
            false => ("keys", "the DNSKEY records"),
        };
        bail!(
            "no key that is for the {whose} of {apex} signs now, by the times of its files ({}): the key {} would have to \
             sign {work}; make a successor (`mimi-dns key generate --zone`) or change the times; --csk lets one key sign everything",
            others.join(", "),
            key.key_tag(),
        );
    }
    Ok(())
}
