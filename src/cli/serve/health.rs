//! Whether the server answers, and whether clients should be sent to it.

use std::net::{IpAddr, Ipv4Addr};

use super::status::Status;
use crate::clock::UnixTime;
use crate::record::{Class, Name, Rtype};
use crate::server::{Outcome, Request, Settings, Transport, answer};

/// Whether the engine answers a question about one of the zones. True while zones are still being loaded:
/// a restart would not help.
pub(super) fn health(status: &Status) -> (bool, Vec<String>) {
    let Some(handle) = status.handle() else { return (true, vec!["starting".to_owned()]) };
    let catalog = handle.catalog();
    let zone = catalog.zones().next();
    let (apex, class, expected) = match zone {
        Some(zone) => (zone.apex().clone(), zone.class(), Outcome::Answered),
        None => (Name::root(), Class::IN, Outcome::NotServed),
    };
    let octets = query(&apex, class);
    let request = Request {
        octets: &octets,
        transport: Transport::Tcp,
        peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
        now: UnixTime::now(),
    };
    let answered = answer(&catalog, &Settings::default(), &request, &mut Vec::new()).outcome;
    match answered == expected {
        true => (true, vec!["answering".to_owned()]),
        false => (false, vec![format!("the engine does not answer: {}", answered.label())]),
    }
}

/// Whether clients may be sent here, and why not; also what should be known though they may.
///
/// A zone that could not be loaded again is served as it was before: that is told, but whoever takes a server
/// away for it may take all of them away for one broken file.
pub(super) fn readiness(status: &Status) -> (bool, Vec<String>) {
    let mut lines = Vec::new();
    let files = status.files();
    if status.is_ending() {
        lines.push("ending".to_owned());
    } else if status.is_draining() {
        lines.push("draining: told to have no clients sent here".to_owned());
    } else if status.handle().is_none() {
        lines.push("starting: zones are being loaded".to_owned());
    } else if files.iter().all(|file| file.zone.is_none()) {
        lines.push("no zone is served".to_owned());
    }
    for file in files.iter().filter(|file| file.zone.is_none()) {
        if let Some(fault) = file.fault {
            lines.push(format!("not served: {} {}", file.file.display(), fault.words()));
        }
    }
    let ready = lines.is_empty();
    if ready {
        lines.push("ready".to_owned());
    }
    for file in files.iter() {
        if let (Some(zone), Some(fault)) = (&file.zone, file.fault) {
            let (apex, serial, file) = (&zone.apex, zone.serial, file.file.display());
            lines.push(format!("as before: {apex} serial {serial}, since {file} {}", fault.words()));
        }
    }
    let now = UnixTime::now();
    for zone in files.iter().filter_map(|file| file.zone.as_ref()) {
        let Some(signing) = &zone.signing else {
            lines.extend(signatures_end(&zone.apex, status, now));
            continue;
        };
        if let Some(fault) = &signing.fault {
            lines.push(format!(
                "as before: {} serial {}, since it could not be signed: {fault}",
                zone.apex, zone.serial
            ));
        }
        if signing.ds_lost {
            lines.push(format!("the parent of {} has lost its DS record", zone.apex));
        }
        if signing.begins.is_some_and(|begins| begins > now) {
            lines.push(format!("signatures of {} are not valid yet: the clock was set back", zone.apex));
        }
        if let (Some(expires), true) = (signing.expires, signing.worrying.is_some_and(|at| at <= now)) {
            let hours = expires.0.saturating_sub(now.0) / 3600;
            lines.push(format!("signatures of {} end in {hours} hours", zone.apex));
        }
    }
    if status.is_configuration_refused() {
        lines.push("as before: the settings, since the configuration or a file of it has errors".to_owned());
    }
    if let Some(certificates) = status.certificates().filter(|certificates| certificates.is_outdated()) {
        let chain = certificates.chain_file().display();
        lines.push(format!("as before: the certificate, since {chain} or its key can't be used"));
    }
    (ready, lines)
}

/// What is to be known of signatures that others have made.
fn signatures_end(apex: &Name, status: &Status, now: UnixTime) -> Option<String> {
    let ends = status.ends();
    let times = ends.get(apex)?.signatures.as_ref()?;
    if times.latest_inception > now {
        let hours = (times.latest_inception.0 - now.0).div_ceil(3600);
        return Some(format!(
            "signatures of {apex} are not valid yet, for {hours} hours: validating resolvers refuse them"
        ));
    }
    if times.worrying() > now {
        return None;
    }
    let end = times.earliest_expiration;
    Some(match end.0.checked_sub(now.0) {
        Some(left) => format!("signatures of {apex} end in {} hours: sign it again", left / 3600),
        None => format!("signatures of {apex} have ended: validating resolvers refuse them"),
    })
}

/// A question for the SOA record. Source: RFC 1035 §4.1.
fn query(apex: &Name, class: Class) -> Vec<u8> {
    let mut octets = vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    octets.extend_from_slice(apex.as_wire());
    octets.extend_from_slice(&Rtype::SOA.0.to_be_bytes());
    octets.extend_from_slice(&class.0.to_be_bytes());
    octets
}
