//! The engine and its peers asked, and what they reply compared with what is expected.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use mimi_dns::server::Transport;
use mimi_dns::zone::{Catalog, LoadOptions, Loaded, MemoryFiles, load};
use tempfile::TempDir;

use super::case::{Case, Expected, ZoneText};
use crate::peers::{self, Peer, PeerKind};
use crate::served::{NOW, send};
use crate::wire::Message;

const RCODES: [(u16, &str); 8] = [
    (0, "NOERROR"),
    (1, "FORMERR"),
    (2, "SERVFAIL"),
    (3, "NXDOMAIN"),
    (4, "NOTIMP"),
    (5, "REFUSED"),
    (6, "YXDOMAIN"),
    (16, "BADVERS"),
];

/// The zones as our server loads them from files.
pub(super) fn catalog(zones: &[ZoneText]) -> Catalog {
    let sound = |zone: &ZoneText| {
        let loaded = loaded(zone);
        let findings: Vec<String> = loaded.findings.iter().map(ToString::to_string).collect();
        loaded.zone.unwrap_or_else(|| panic!("{}\n{}", zone.apex, findings.join("\n")))
    };
    zones.iter().map(sound).collect()
}

/// A zone as our server loads it from a file.
pub(super) fn loaded(zone: &ZoneText) -> Loaded {
    let path = Path::new("a.zone");
    let files = MemoryFiles::new().with(path, zone.text.as_bytes());
    load(path, &files, &LoadOptions { now: NOW, ..LoadOptions::default() })
}

/// Starts a peer with the zones that it loads; `None` where it is not installed.
pub(super) fn serve(kind: PeerKind, zones: &[ZoneText]) -> Option<(Peer, TempDir)> {
    let (files, folder) =
        written(&zones.iter().filter(|zone| !zone.refused_by.contains(&kind)).collect::<Vec<_>>());
    Some((Peer::start(kind, &as_paths(&files))?, folder))
}

/// Starts a peer with zones that it may refuse, but for the one called `sound`.
pub(super) fn serve_checking(kind: PeerKind, zones: &[ZoneText], sound: &str) -> Option<(Peer, TempDir)> {
    let (files, folder) = written(&zones.iter().collect::<Vec<_>>());
    Some((Peer::start_checking(kind, &as_paths(&files), sound)?, folder))
}

fn as_paths(files: &[(String, PathBuf)]) -> Vec<(&str, &Path)> {
    files.iter().map(|(apex, file)| (apex.as_str(), file.as_path())).collect()
}

fn written(zones: &[&ZoneText]) -> (Vec<(String, PathBuf)>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let write = |(zone, number): (&&ZoneText, u32)| {
        let file = folder.path().join(format!("{number}.zone"));
        fs::write(&file, &zone.text).unwrap();
        (zone.apex.clone(), file)
    };
    (zones.iter().zip(0..).map(write).collect(), folder)
}

/// What the engine must do better; nothing where all is as expected.
pub(super) fn fault_of_ours(catalog: &Catalog, case: &Case) -> Option<String> {
    case.question.transports().iter().find_map(|&transport| {
        let (_, reply) = send(catalog, &case.question.octets, transport);
        let reply = told(&Message::read(&reply));
        (reply != case.reply).then(|| format!("{transport:?}\n{}", show(&reply)))
    })
}

/// What the peer replies, where it is not what is expected.
pub(super) fn difference(peer: SocketAddr, case: &Case) -> Option<String> {
    case.question.transports().iter().find_map(|&transport| {
        let reply = match transport {
            Transport::Udp => peers::udp(peer, &case.question.octets),
            _ => peers::tcp(peer, &case.question.octets),
        };
        let reply = told(&Message::read(&reply));
        (!agrees(&reply, &case.reply)).then(|| format!("{transport:?}\n{}", show(&reply)))
    })
}

fn told(message: &Message) -> Expected {
    let code = message.rcode();
    let rcode = RCODES.iter().find(|(number, _)| *number == code).map_or("?", |(_, name)| name);
    let aa = if message.is_authoritative() { " aa" } else { "" };
    let tc = if message.is_truncated() { " tc" } else { "" };
    Expected {
        status: format!("{rcode}{aa}{tc}"),
        answer: message.answer.clone(),
        authority: message.authority.clone(),
        additional: message.additional.clone(),
    }
}

fn show(reply: &Expected) -> String {
    let mut text = format!("  reply {}\n", reply.status);
    let sections =
        [("answer", &reply.answer), ("authority", &reply.authority), ("additional", &reply.additional)];
    for (word, records) in sections {
        for record in records {
            text.push_str(&format!("  {word} {record}\n"));
        }
    }
    text
}

/// Whether a peer replies the same, but for the order of records, the case of names, and what servers
/// may add as they like: the zone's NS records below an answer, and further additional data.
fn agrees(theirs: &Expected, expected: &Expected) -> bool {
    let is_referral = !expected.authority.is_empty();
    let wants_authority = is_referral || theirs.authority.iter().any(|record| !record.contains(" NS "));
    let their_additional = sorted(&theirs.additional);
    let is_additional = if is_referral {
        their_additional == sorted(&expected.additional)
    } else {
        sorted(&expected.additional).iter().all(|record| their_additional.contains(record))
    };
    theirs.status == expected.status
        && sorted(&theirs.answer) == sorted(&expected.answer)
        && (!wants_authority || sorted(&theirs.authority) == sorted(&expected.authority))
        && is_additional
}

fn sorted(section: &[String]) -> Vec<String> {
    let mut section: Vec<String> = section.iter().map(|record| record.to_ascii_lowercase()).collect();
    section.sort();
    section
}
