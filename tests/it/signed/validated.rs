//! What validators make of our answers: Unbound and delv, from the zone's own keys on.

use std::path::Path;
use std::process::Command;

use mimi_dns::record::{Name, Rtype};
use mimi_dns::server::Transport;
use mimi_dns::zone::{Catalog, LoadOptions, Zone, load_file};

use super::signer::{Denial, WAYS};
use super::world::{APEX, questions, text};
use crate::differential::asking;
use crate::peers::{self, Peer};
use crate::running::Running;
use crate::served::send;
use crate::wire::{self, Parts};

const AD: u16 = 0x0020;
const RD: u8 = 1;

#[test]
fn unbound_believes_every_answer() {
    for way in WAYS {
        let Some(signed) = way.sign(APEX, &text()) else { return };
        let loaded =
            load_file(&signed.file, false, &LoadOptions { now: way.now(), ..LoadOptions::default() });
        let opt_out = matches!(way.denial, Denial::Nsec3 { opt_out: true, .. });
        if validate(loaded.zone.unwrap(), &signed.keys, opt_out, way.label).is_none() {
            return;
        }
    }
}

/// Asks about everything that can be asked without other zones.
pub(super) fn validate(zone: Zone, keys: &str, opt_out: bool, label: &str) -> Option<()> {
    let catalog = Catalog::new().with(zone.clone());
    let ours = Running::start(catalog.clone());
    let unbound = Peer::start_validating(ours.addr(), APEX, keys)?;
    // Other zones, what opt-out leaves out but for delegations, what resolvers don't ask or ask elsewhere.
    let away = ["away", "cut", "open", "secure", "outside", "a.bigwild"];
    let is_asked = |(name, rtype): &(Name, Rtype)| {
        let text = name.to_string();
        let is_elsewhere = away.iter().any(|away| text.contains(away));
        let is_odd = match *rtype {
            Rtype::NSEC => true,
            Rtype::DS => name == zone.apex(),
            Rtype::CNAME => text.contains(".dn") || text.contains(".wnone"),
            _ => false,
        };
        !is_elsewhere && !is_odd
    };
    let questions: Vec<_> = questions(&zone).into_iter().filter(is_asked).collect();
    let octets: Vec<Vec<u8>> = (0_u16..)
        .zip(&questions)
        .map(|(id, (name, rtype))| {
            let mut octets = wire::with_opt(wire::question(name.as_wire(), rtype.0, 1), 1232, true);
            octets[..2].copy_from_slice(&id.to_be_bytes());
            octets[2] |= RD;
            octets
        })
        .collect();
    let mut faults = Vec::new();
    for ((question, octets), reply) in questions.iter().zip(&octets).zip(asking::tcp(unbound.addr(), &octets))
    {
        let ours = Parts::read(&send(&catalog, octets, Transport::Tcp).1);
        let theirs = Parts::read(&reply.unwrap());
        let is_secure = theirs.flags & AD != 0 || opt_out;
        if theirs.rcode() != ours.rcode() || !is_secure {
            let secure = if theirs.flags & AD != 0 { "secure" } else { "not secure" };
            faults.push(format!("{} {}: {} {secure}", question.0, question.1, theirs.rcode()));
        }
    }
    let count = faults.len();
    faults.truncate(12);
    assert!(
        faults.is_empty(),
        "{label}: {count} of {}\n{}\n{}",
        questions.len(),
        faults.join("\n"),
        unbound.log()
    );
    Some(())
}

/// What delv says of an answer, in its first line.
pub(super) fn delv(
    server: std::net::SocketAddr,
    folder: &Path,
    keys: &str,
    name: &str,
    rtype: &str,
) -> Option<String> {
    let program = peers::installed(&["delv"])?;
    let anchors: String = keys
        .lines()
        .filter(|line| line.contains(" 257 "))
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let at = words.iter().position(|word| *word == "257").unwrap();
            let key = words[at + 3..].concat();
            format!(
                "trust-anchors {{ {APEX} static-key 257 {} {} \"{key}\"; }};\n",
                words[at + 1],
                words[at + 2]
            )
        })
        .collect();
    let file = folder.join("anchors");
    std::fs::write(&file, anchors).unwrap();
    let (ip, port) = (server.ip().to_string(), server.port().to_string());
    let output = Command::new(program)
        .args([&format!("@{ip}"), "-p", &port, "-a", file.to_str().unwrap()])
        .args([&format!("+root={APEX}"), name, rtype])
        .output()
        .unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Some(
        said.lines()
            .filter(|line| line.starts_with("; ") || line.starts_with(";; "))
            .collect::<Vec<_>>()
            .join(" "),
    )
}

#[test]
fn delv_believes_every_kind_of_answer() {
    let ways = ["nsec", "nsec3", "knot-nsec3", "power-nsec"];
    for way in WAYS.into_iter().filter(|way| ways.contains(&way.label)) {
        let Some(signed) = way.sign(APEX, &text()) else { return };
        let loaded =
            load_file(&signed.file, false, &LoadOptions { now: way.now(), ..LoadOptions::default() });
        let ours = Running::start(Catalog::new().with(loaded.zone.unwrap()));
        for (name, rtype, expected) in KINDS {
            let name = format!("{name}{APEX}");
            let folder = tempfile::tempdir().unwrap();
            let Some(said) = delv(ours.addr(), folder.path(), &signed.keys, &name, rtype) else { return };
            assert!(said.contains(expected), "{}: {name} {rtype}: {said}", way.label);
        }
    }
}

/// A question of each kind, and what delv says of the answer.
pub(super) const KINDS: [(&str, &str, &str); 11] = [
    ("www.", "A", "; fully validated"),
    ("x.wild.", "A", "; fully validated"),
    ("a.b.c.wild.", "TXT", "; fully validated"),
    ("alias.", "A", "; fully validated"),
    ("x.dn.", "A", "; fully validated"),
    ("secure.", "DS", "; fully validated"),
    ("nothing.", "A", "ncache nxdomain"),
    ("www.", "MX", "ncache nxrrset"),
    ("ent.", "A", "ncache nxrrset"),
    ("x.wild.", "MX", "ncache nxrrset"),
    ("insecure.", "DS", "ncache nxrrset"),
];
