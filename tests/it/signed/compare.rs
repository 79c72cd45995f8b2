//! NSD, Knot, BIND and PowerDNS asked the same as we are.

use std::path::Path;

use mimi_dns::record::{Name, Rtype};
use mimi_dns::server::Transport;
use mimi_dns::zone::{Catalog, LoadOptions, Zone, load_file};

use super::rules::{Case, explain};
use super::signer::{Tool, WAYS, Way};
use super::world::{APEX, questions, text};
use crate::differential::asking;
use crate::peers::{Peer, PeerKind};
use crate::served::send;
use crate::wire::{self, Parts, Record};

fn load(way: &Way, file: &Path) -> Zone {
    let loaded = load_file(file, false, &LoadOptions { now: way.now(), ..LoadOptions::default() });
    let findings: Vec<String> = loaded.findings.iter().map(ToString::to_string).collect();
    loaded.zone.unwrap_or_else(|| panic!("{}", findings.join("\n")))
}

#[test]
fn with_nsd() {
    compare(PeerKind::Nsd);
}

#[test]
fn with_knot() {
    compare(PeerKind::Knot);
}

#[test]
fn with_bind() {
    compare(PeerKind::Bind);
}

#[test]
fn with_power_dns() {
    compare(PeerKind::PowerDns);
}

/// Knot and PowerDNS reply from what they have signed as we do from what they hand over.
#[test]
fn with_the_server_that_signs() {
    for way in WAYS {
        let Tool::Server(kind) = way.tool else { continue };
        let Some(signed) = way.sign(APEX, &text()) else { return };
        let signer = signed.signer.as_ref().unwrap();
        tell(kind, differences(kind, &way, load(&way, &signed.file), signer));
    }
}

fn compare(kind: PeerKind) {
    let mut found = Vec::new();
    for way in WAYS {
        let Some(signed) = way.sign(APEX, &text()) else { return };
        let Some(peer) = Peer::start_signed(kind, (APEX, &signed.file), way.nsec3().as_deref()) else {
            return;
        };
        found.extend(differences(kind, &way, load(&way, &signed.file), &peer));
    }
    tell(kind, found);
}

fn tell(kind: PeerKind, mut differences: Vec<String>) {
    let count = differences.len();
    differences.truncate(8);
    assert!(differences.is_empty(), "{kind:?}: {count} differences\n{}", differences.join("\n"));
}

fn differences(kind: PeerKind, way: &Way, zone: Zone, peer: &Peer) -> Vec<String> {
    let mut differences = Vec::new();
    let questions: Vec<_> = questions(&zone).into_iter().collect();
    let catalog = Catalog::new().with(zone);
    for dnssec_ok in [true, false] {
        let octets: Vec<Vec<u8>> = (0_u16..)
            .zip(&questions)
            .map(|(id, (name, rtype))| {
                let mut octets = wire::with_opt(wire::question(name.as_wire(), rtype.0, 1), 4096, dnssec_ok);
                octets[..2].copy_from_slice(&id.to_be_bytes());
                octets
            })
            .collect();
        let theirs = asking::tcp(peer.addr(), &octets);
        for ((question, octets), theirs) in questions.iter().zip(&octets).zip(theirs) {
            let ours = send(&catalog, octets, Transport::Tcp).1;
            let Some(theirs) = theirs else { panic!("no reply to {} {}", question.0, question.1) };
            differences.extend(difference(kind, way, question, dnssec_ok, [&ours, &theirs]));
        }
    }
    differences
}

fn difference(
    kind: PeerKind,
    way: &Way,
    (name, rtype): &(Name, Rtype),
    dnssec_ok: bool,
    [ours, theirs]: [&[u8]; 2],
) -> Option<String> {
    let [ours, theirs] = [ours, theirs].map(|reply| Essence::of(&Parts::read(reply)));
    let case = Case { kind, way, name, rtype: *rtype, ours: &ours, theirs: &theirs };
    (ours != theirs && !explain(&case)).then(|| {
        let dnssec_ok = if dnssec_ok { " do" } else { "" };
        let (label, ours, theirs) = (way.label, ours.show(), theirs.show());
        format!("{label}: {name} {rtype}{dnssec_ok}\n  ours\n{ours}  theirs\n{theirs}")
    })
}

/// What must be the same.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Essence {
    pub(super) rcode: u16,
    /// AA and TC.
    pub(super) flags: u16,
    /// Sorted; of the additional section nothing, which is each server's own choice.
    pub(super) sections: [Vec<Record>; 3],
}

impl Essence {
    fn of(parts: &Parts) -> Self {
        let mut sections = parts.sections.each_ref().map(|section| {
            let mut section: Vec<Record> = section.iter().map(folded).collect();
            section.sort_unstable();
            section
        });
        if !sections[0].is_empty() {
            let is_of_ns = |record: &Record| {
                record.rtype == Rtype::NS
                    || (record.rtype == Rtype::RRSIG && record.rdata.starts_with(&[0, 2]))
            };
            sections[1].retain(|record| !is_of_ns(record));
        }
        sections[2].clear();
        Self { rcode: parts.rcode(), flags: parts.flags & 0x0600, sections }
    }

    pub(super) fn is_referral(&self) -> bool {
        self.flags & 0x0400 == 0 && self.sections[0].is_empty() && self.rcode == 0
    }

    fn show(&self) -> String {
        let mut text = format!("    rcode {} flags {:x}\n", self.rcode, self.flags);
        for (section, word) in self.sections.iter().zip(["answer", "authority", "additional"]) {
            for record in section {
                let record = record.to_string();
                text.push_str(&format!("    {word} {}\n", &record[..record.len().min(150)]));
            }
        }
        text
    }
}

/// With small letters in owners.
fn folded(record: &Record) -> Record {
    let mut folded = record.clone();
    folded.owner.make_ascii_lowercase();
    if matches!(record.rtype, Rtype::NS | Rtype::CNAME | Rtype::DNAME | Rtype::SOA) {
        let end = if record.rtype == Rtype::SOA { folded.rdata.len() - 20 } else { folded.rdata.len() };
        folded.rdata[..end].make_ascii_lowercase();
    }
    folded
}
