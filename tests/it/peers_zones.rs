//! The example zones, built as plain text, in NSD, Knot, BIND and PowerDNS, and their source in our own
//! server: all are asked the same, over UDP and where a reply is cut again over TCP.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use mimi_dns::record::{Name, Rtype};
use mimi_dns::zone::{Catalog, SerialPolicy, Zone, write_zone};
use tempfile::TempDir;

use crate::peers::{self, Peer, PeerKind};
use crate::running::Running;
use crate::wire::{self, Message};
use crate::zones::{loaded, signed};

#[test]
fn nsd() {
    compare(PeerKind::Nsd);
}

#[test]
fn knot() {
    compare(PeerKind::Knot);
}

#[test]
fn bind() {
    compare(PeerKind::Bind);
}

#[test]
fn power_dns() {
    compare(PeerKind::PowerDns);
}

/// The example zones in memory, and what is built of them as files.
pub(crate) struct Example {
    pub(crate) zones: Vec<Zone>,
    signed: bool,
    folder: TempDir,
}

impl Example {
    pub(crate) fn build() -> Self {
        Self::of(loaded().into_iter().map(|loaded| loaded.zone.unwrap()).collect(), false)
    }

    /// Each zone signed with its key.
    pub(crate) fn signed() -> Self {
        Self::of(loaded().into_iter().map(|loaded| signed(&loaded.zone.unwrap())).collect(), true)
    }

    fn of(zones: Vec<Zone>, signed: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let example = Self { zones, signed, folder };
        for zone in &example.zones {
            let mut file = File::create(example.file(zone.apex())).unwrap();
            write_zone(zone, SerialPolicy::Keep, &mut file).unwrap();
        }
        example
    }

    pub(crate) fn catalog(&self) -> Catalog {
        self.zones.iter().fold(Catalog::new(), |catalog, zone| catalog.with(zone.clone()))
    }

    pub(crate) fn apexes(&self) -> Vec<String> {
        self.zones.iter().map(|zone| zone.apex().to_string()).collect()
    }

    /// A peer that serves what is built.
    pub(crate) fn serve(&self, kind: PeerKind) -> Option<Peer> {
        let files: Vec<(String, PathBuf)> =
            self.zones.iter().map(|zone| (zone.apex().to_string(), self.file(zone.apex()))).collect();
        let files: Vec<(&str, &Path)> =
            files.iter().map(|(apex, file)| (apex.as_str(), file.as_path())).collect();
        if self.signed {
            let files: Vec<_> = files.into_iter().map(|(apex, file)| (apex, file, None)).collect();
            return Peer::start_all_signed(kind, &files);
        }
        Peer::start(kind, &files)
    }

    fn file(&self, apex: &Name) -> PathBuf {
        self.folder.path().join(format!("{apex}zone"))
    }
}

fn compare(kind: PeerKind) {
    let example = Example::build();
    let Some(peer) = example.serve(kind) else { return };
    let ours = Running::start(example.catalog());
    let mut differences = Vec::new();
    let questions = questions(&example.zones);
    assert!(questions.len() > 1000, "{} questions", questions.len());
    for (name, rtype) in questions {
        let octets = wire::with_opt(wire::query(&name, rtype), 1232, false);
        let [ours, theirs] = [ours.addr(), peer.addr()].map(|addr| essence(&asked(addr, &octets, rtype)));
        let is_same = if rtype == Rtype::ANY { same_any(kind, &ours, &theirs) } else { ours == theirs };
        if !is_same {
            differences.push(format!("{name} {rtype}\n  ours   {ours:?}\n  theirs {theirs:?}"));
        }
    }
    let count = differences.len();
    differences.truncate(5);
    assert!(differences.is_empty(), "{kind:?}: {count} differences\n{}", differences.join("\n"));
}

/// Every name with its types and with types that it lacks, names below and beside every name, and
/// every number of the block in the ENUM tree.
fn questions(zones: &[Zone]) -> BTreeSet<(String, Rtype)> {
    let mut questions = BTreeSet::new();
    for (name, node) in zones.iter().flat_map(Zone::nodes) {
        let here = node.rrsets().map(|rrset| rrset.rtype());
        let lacking = [Rtype::MIMISIG, Rtype::NAPTR, Rtype::A, Rtype::DNSKEY, Rtype::DS, Rtype::ANY];
        questions.extend(here.chain(lacking).map(|rtype| (name.to_string(), rtype)));
        for label in ["0", "none"] {
            let below = name.with_label(label.as_bytes()).unwrap();
            questions.extend([Rtype::NAPTR, Rtype::MIMISIG].map(|rtype| (below.to_string(), rtype)));
        }
    }
    for number in 880..1010 {
        let digits: Vec<String> =
            format!("44207946{number:04}").chars().rev().map(|digit| digit.to_string()).collect();
        let name = format!("{}.e164.example.", digits.join("."));
        questions.extend([Rtype::NAPTR, Rtype::URI].map(|rtype| (name.clone(), rtype)));
    }
    questions
}

/// Asks over UDP, and over TCP where that reply is cut. What a server tells over UDP of ANY is its own
/// choice (RFC 8482), so that is asked over TCP at once.
fn asked(addr: SocketAddr, octets: &[u8], rtype: Rtype) -> Message {
    if rtype != Rtype::ANY {
        let reply = Message::read(&peers::udp(addr, octets));
        if !reply.is_truncated() {
            return reply;
        }
    }
    Message::read(&peers::tcp(addr, octets))
}

/// Whether two replies to ANY agree: NSD and Knot tell one type over TCP too, as RFC 8482 §4.1 allows.
fn same_any(kind: PeerKind, ours: &Essence, theirs: &Essence) -> bool {
    match kind {
        PeerKind::Bind | PeerKind::PowerDns => ours == theirs,
        PeerKind::Nsd | PeerKind::Knot if ours.answer.is_empty() => ours == theirs,
        PeerKind::Nsd | PeerKind::Knot => {
            !theirs.answer.is_empty() && theirs.answer.iter().all(|record| ours.answer.contains(record))
        }
    }
}

/// What must be the same. Servers may add the zone's NS records and addresses of targets or not, so the
/// authority section counts in negative replies only.
#[derive(Debug, PartialEq, Eq)]
struct Essence {
    rcode: u16,
    is_authoritative: bool,
    answer: Vec<String>,
    authority: Vec<String>,
}

fn essence(message: &Message) -> Essence {
    let sorted = |section: &[String]| {
        let mut section = section.to_vec();
        section.sort_unstable();
        section
    };
    Essence {
        rcode: message.rcode(),
        is_authoritative: message.is_authoritative(),
        answer: sorted(&message.answer),
        authority: if message.answer.is_empty() { sorted(&message.authority) } else { Vec::new() },
    }
}
