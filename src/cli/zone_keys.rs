//! A zone's keys on disk, as commands make and print them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::clock::UnixTime;
use crate::dnssec::{KeyFile, KeyTimes, read_half_keys, read_key_folder};
use crate::record::dnssec::{Algorithm, DigestType, Dnskey, Ds};
use crate::record::rdata::Presentation;
use crate::record::{Name, Rtype};

/// Makes a key for each of these flags, published and active from now on.
pub(super) fn make(
    folder: &Path,
    zone: &Name,
    algorithm: Algorithm,
    flags: &[u16],
    now: UnixTime,
) -> anyhow::Result<Vec<(PathBuf, KeyFile)>> {
    let others = read_key_folder(folder, zone)?;
    let mut taken: Vec<u16> = others.iter().map(KeyFile::key_tag).collect();
    taken.extend(read_half_keys(folder, zone)?.iter().map(|half| half.key_tag));
    let times =
        KeyTimes { created: Some(now), publish: Some(now), activate: Some(now), ..KeyTimes::default() };
    let mut made = Vec::new();
    for &flags in flags {
        let key = KeyFile::generate(zone, algorithm, flags, times, &taken)?;
        taken.push(key.key_tag());
        let path = key.create(folder).context("the key can't be written")?;
        made.push((path, key));
    }
    Ok(made)
}

/// The DS record for the parent zone, where the key is one that a parent points to.
pub(super) fn print_ds(key: &KeyFile, out: &mut dyn Write) -> io::Result<()> {
    if key.is_secure_entry_point() {
        writeln!(out, "{}", ds(&key.owner, &key.key.dnskey(key.flags)))?;
    }
    Ok(())
}

/// A DS record by SHA-256, one line of a zone file without TTL.
pub(super) fn ds(owner: &Name, dnskey: &[u8]) -> String {
    let ds = Dnskey::parse(dnskey).and_then(|key| Ds::rdata_of(owner, &key, DigestType::SHA256));
    format!("{owner} IN DS {}", Presentation::new(Rtype::DS, &ds.unwrap_or_default()))
}
