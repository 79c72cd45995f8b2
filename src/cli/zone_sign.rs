//! `zone sign`.

mod keys;

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anyhow::Context;

use super::args::{Digest, ZoneSign};
use super::exit::Exit;
use super::output::apart;
use super::zone::{loaded, write_file};
use super::{serials, zone_keys};
use crate::clock::UnixTime;
use crate::dnssec::sign::{Denial, Signed, SigningOptions, ZoneKey, ZonemdHash, sign_zone_telling};
use crate::record::dnssec::Dnskey;
use crate::record::{Name, Rtype, calendar};
use crate::zone::{LoadOptions, Loaded, SerialPolicy, Zone, load_file, write_zone};

pub(super) fn sign(args: &ZoneSign, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let now = UnixTime::now();
    let loaded = loaded(&args.source, &args.load, now);
    let is_own = is_signed(&loaded);
    let Loaded { zone: Some(zone), files: mut read, .. } = loaded else { return Ok(Exit::Failed) };
    if is_own {
        read.clear();
    }
    apart(&args.output, &read).with_context(|| format!("{} can't be written", args.output.display()))?;
    let to_file = args.output != Path::new("-");
    let former = if to_file && !args.fresh { former(args, now, zone.apex()) } else { None };
    let stood = match &former {
        Some(former) => Some(former.serial()),
        None => serials::of_file(&args.output, zone.apex()).filter(|_| to_file),
    };
    let serial = serials::next(args.serial, zone.serial(), stood, args.allow_older_serial, now)?;
    let keys = keys::keys(args, &zone, now)?;
    read.extend(keys::files(&args.keys));
    let mut progress = Progress::new();
    let signed =
        sign_zone_telling(&zone, &keys, &signing(args, serial), former.as_ref(), now, &mut |done, of| {
            progress.tell(done, of);
        });
    progress.end();
    let (zone, told) = signed.with_context(|| format!("{} can't be signed", args.source.display()))?;
    if !to_file {
        write_zone(&zone, SerialPolicy::Keep, out)?;
        return Ok(Exit::Done);
    }
    let is_same = write_file(&zone, SerialPolicy::Keep, &args.output, &read)?;
    if stood == Some(serial) && !is_same {
        serials::warn_of_same(&args.output, serial);
    }
    writeln!(out, "{}: {}", args.output.display(), words(&zone, &told))?;
    let leads = |key: &&ZoneKey| {
        // A revoked key leads to nothing. Source: RFC 5011 §2.1.
        key.published
            && key.flags & (Dnskey::SECURE_ENTRY_POINT | Dnskey::REVOKE) == Dnskey::SECURE_ENTRY_POINT
    };
    for key in keys.keys.iter().filter(leads) {
        writeln!(out, "{}", zone_keys::ds(zone.apex(), &key.dnskey()))?;
    }
    Ok(Exit::Done)
}

/// Whether it is no more than what stands in a signed zone, so that it may be signed again in its own place: no text of a
/// source gets lost.
fn is_signed(loaded: &Loaded) -> bool {
    let apex = loaded.zone.as_ref().and_then(|zone| zone.node(zone.apex()));
    let has_signatures =
        apex.is_some_and(|apex| apex.rrset(Rtype::SOA).is_some_and(|soa| soa.signature_count() > 0));
    has_signatures && loaded.identifiers.is_empty() && loaded.files.len() == 1
}

fn words(zone: &Zone, told: &Signed) -> String {
    let until = calendar::print_words(told.earliest_expiration);
    let Signed { made, reused, serial, .. } = told;
    let apex = zone.apex();
    format!("{apex} serial {serial}, {made} signatures made, {reused} kept; the first expires {until} UTC")
}

/// What was signed before, where the output is that.
fn former(args: &ZoneSign, now: UnixTime, apex: &Name) -> Option<Zone> {
    if !args.output.is_file() {
        return None;
    }
    let options = LoadOptions { now, ..LoadOptions::default() };
    load_file(&args.output, false, &options).zone.filter(|zone| zone.apex() == apex)
}

fn signing(args: &ZoneSign, serial: u32) -> SigningOptions {
    let validity = u64::from(args.expire);
    SigningOptions {
        denial: if args.nsec3 { Denial::Nsec3 { opt_out: args.opt_out } } else { Denial::Nsec },
        validity,
        jitter: args.jitter.into(),
        refresh: validity / 4,
        serial: SerialPolicy::Exactly(serial),
        zonemd: args.zonemd.map(|digest| match digest {
            Digest::Sha384 => ZonemdHash::Sha384,
            Digest::Sha512 => ZonemdHash::Sha512,
        }),
        ..SigningOptions::default()
    }
}

/// Per cent at a terminal, for zones that take a while.
struct Progress {
    is_shown: bool,
    last: usize,
}

impl Progress {
    const MANY: usize = 20_000;

    fn new() -> Self {
        Self { is_shown: io::stderr().is_terminal(), last: 0 }
    }

    fn tell(&mut self, done: usize, of: usize) {
        let percent = done * 100 / of.max(1);
        if self.is_shown && of > Self::MANY && percent != self.last {
            self.last = percent;
            // That nobody sees it is no fault.
            let _ = write!(io::stderr(), "\rsigning: {percent} %");
        }
    }

    fn end(&self) {
        if self.last > 0 {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
