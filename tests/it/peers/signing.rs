//! Knot and PowerDNS, which sign the zones that they serve.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Peer, PeerKind, config, installed};

/// What a server is told of how to sign.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signs<'a> {
    /// By mnemonic.
    pub(crate) algorithm: &'a str,
    /// NSEC3PARAM's data; NSEC where there is none.
    pub(crate) nsec3: Option<&'a str>,
}

impl Peer {
    /// Starts a server which signs this zone, a file that is not signed, with keys that it makes.
    pub(crate) fn start_signing(kind: PeerKind, (apex, file): (&str, &Path), signs: Signs) -> Option<Self> {
        let zones = [(apex, file.to_owned())];
        let tool = if kind == PeerKind::PowerDns { Some(installed(&["pdnsutil"])?) } else { None };
        Self::launch(kind.program(), &[apex], |folder, port| {
            let arguments = config::write(kind, folder, port, &zones, true);
            match &tool {
                Some(tool) => power_dns(tool, folder, apex, signs),
                None => knot(folder, signs),
            }
            arguments
        })
    }

    /// The zone as the server has it, a record a line.
    pub(crate) fn transferred(&self, apex: &str) -> Option<String> {
        let dig = installed(&["dig"])?;
        let (ip, port) = (self.addr.ip().to_string(), self.addr.port().to_string());
        let output = Command::new(dig)
            .args(["+noall", "+answer", "+onesoa", "+time=10", &format!("@{ip}"), "-p", &port, apex, "AXFR"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.contains("SOA"), "{text}\n{}", self.log());
        Some(text)
    }
}

fn knot(folder: &Path, signs: Signs) {
    let (algorithm, mut denial) = (signs.algorithm.to_ascii_lowercase(), String::new());
    if let Some(nsec3) = signs.nsec3 {
        let words: Vec<&str> = nsec3.split(' ').collect();
        let [_, flags, iterations, "-"] = words[..] else { panic!("Knot makes its salt itself: {nsec3}") };
        let opt_out = if flags == "1" { "on" } else { "off" };
        denial = format!(
            "    nsec3: on\n    nsec3-opt-out: {opt_out}\n    nsec3-iterations: {iterations}\n    nsec3-salt-length: 0\n"
        );
    }
    let sections = format!(
        "acl:
  - id: all
    address: 127.0.0.1
    action: transfer
policy:
  - id: signs
    algorithm: {algorithm}
    rrsig-lifetime: 3650d
    rrsig-refresh: 30d
    cds-cdnskey-publish: none
{denial}template:
  - id: default
    acl: all
    dnssec-signing: on
    dnssec-policy: signs
"
    );
    config::replace(&folder.join("knot.conf"), "template:\n  - id: default\n", &sections);
}

fn power_dns(tool: &Path, folder: &Path, apex: &str, signs: Signs) {
    let base = folder.join("dnssec.db").display().to_string();
    let algorithm = match signs.algorithm {
        "ECDSAP256SHA256" => "ecdsa256",
        "ECDSAP384SHA384" => "ecdsa384",
        "ED25519" => "ed25519",
        other => panic!("{other}"),
    };
    let file = folder.join("pdns.conf");
    let written = fs::read_to_string(&file).unwrap();
    let keys = format!("default-ksk-algorithm={algorithm}\ndefault-zsk-algorithm={algorithm}\n");
    fs::write(&file, format!("{written}bind-dnssec-db={base}\n{keys}")).unwrap();
    let tell = |arguments: &[&str]| config::tell_power_dns(tool, folder, arguments);
    tell(&["create-bind-db", &base]);
    tell(&["secure-zone", apex]);
    if let Some(params) = signs.nsec3 {
        tell(&["set-nsec3", apex, params]);
    }
    tell(&["rectify-zone", apex]);
}
