//! Zones signed by other people's tools and servers and by `zone sign`, with signatures that are good for years; but
//! PowerDNS', which are good for weeks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mimi_dns::clock::UnixTime;
use tempfile::TempDir;

use crate::peers::{self, Peer, PeerKind, Signs};
use crate::served::NOW;

/// How a zone is signed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) label: &'static str,
    pub(super) tool: Tool,
    /// By mnemonic.
    pub(super) algorithm: &'static str,
    pub(super) denial: Denial,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    Bind,
    Ldns,
    Ours,
    /// A server that signs what it serves.
    Server(PeerKind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denial {
    Nsec,
    Nsec3 { iterations: u16, salt: &'static str, opt_out: bool },
}

const BARE: Denial = Denial::Nsec3 { iterations: 0, salt: "-", opt_out: false };
const SALTED: Denial = Denial::Nsec3 { iterations: 3, salt: "aabbccdd", opt_out: false };
const OPT_OUT: Denial = Denial::Nsec3 { iterations: 0, salt: "-", opt_out: true };

const KNOT: Tool = Tool::Server(PeerKind::Knot);
const POWER_DNS: Tool = Tool::Server(PeerKind::PowerDns);

/// All ways in which zones are signed here.
pub(super) const WAYS: [Way; 15] = [
    Way { label: "nsec", tool: Tool::Bind, algorithm: "ECDSAP256SHA256", denial: Denial::Nsec },
    Way { label: "nsec3", tool: Tool::Bind, algorithm: "ED25519", denial: BARE },
    Way { label: "salted", tool: Tool::Bind, algorithm: "RSASHA256", denial: SALTED },
    Way { label: "opt-out", tool: Tool::Bind, algorithm: "ECDSAP256SHA256", denial: OPT_OUT },
    Way { label: "ldns-nsec", tool: Tool::Ldns, algorithm: "ECDSAP384SHA384", denial: Denial::Nsec },
    Way { label: "our-nsec", tool: Tool::Ours, algorithm: "ED25519", denial: Denial::Nsec },
    Way { label: "our-nsec3", tool: Tool::Ours, algorithm: "ECDSAP256SHA256", denial: BARE },
    Way { label: "our-opt-out", tool: Tool::Ours, algorithm: "ED25519", denial: OPT_OUT },
    Way { label: "ldns-opt-out", tool: Tool::Ldns, algorithm: "ECDSAP256SHA256", denial: OPT_OUT },
    Way { label: "knot-nsec", tool: KNOT, algorithm: "ECDSAP256SHA256", denial: Denial::Nsec },
    Way { label: "knot-nsec3", tool: KNOT, algorithm: "ED25519", denial: BARE },
    Way { label: "knot-opt-out", tool: KNOT, algorithm: "RSASHA256", denial: OPT_OUT },
    Way { label: "power-nsec", tool: POWER_DNS, algorithm: "ECDSAP256SHA256", denial: Denial::Nsec },
    Way { label: "power-nsec3", tool: POWER_DNS, algorithm: "ED25519", denial: SALTED },
    Way { label: "power-opt-out", tool: POWER_DNS, algorithm: "ECDSAP384SHA384", denial: OPT_OUT },
];

const FROM: &str = "20250101000000";
const UNTIL: &str = "20360101000000";

/// A signed zone.
pub(super) struct Signed {
    pub(super) file: PathBuf,
    /// The DNSKEY records of its keys, as text.
    pub(super) keys: String,
    /// The server that signed it.
    pub(super) signer: Option<Peer>,
    _folder: TempDir,
}

impl Way {
    /// Data of NSEC3PARAM.
    pub(super) fn nsec3(&self) -> Option<String> {
        match self.denial {
            Denial::Nsec => None,
            Denial::Nsec3 { iterations, salt, opt_out } => {
                Some(format!("1 {} {iterations} {salt}", u8::from(opt_out)))
            }
        }
    }

    /// A time at which its signatures are good.
    pub(super) fn now(&self) -> UnixTime {
        if self.tool == POWER_DNS { UnixTime::now() } else { NOW }
    }

    /// Signs the text of a zone; `None` where the tool is not installed.
    pub(super) fn sign(&self, apex: &str, text: &str) -> Option<Signed> {
        if let Tool::Server(kind) = self.tool {
            return self.sign_with_server(kind, apex, text);
        }
        let keygen = peers::installed(&["dnssec-keygen"])?;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("signed");
        let key = |more: &[&str]| {
            let made =
                run(Command::new(&keygen).args(["-a", self.algorithm]).args(more).arg(apex), folder.path());
            made.trim().to_owned()
        };
        let pairs = [key(&["-f", "KSK"]), key(&[])];
        let public = pairs.each_ref().map(|key| fs::read_to_string(folder.path().join(format!("{key}.key"))));
        let public: String = public.into_iter().map(Result::unwrap).collect();
        let lines = public.lines().filter(|line| !line.starts_with(';'));
        let keys: String = lines.map(|line| format!("{line}\n")).collect();
        fs::write(folder.path().join("plain"), format!("{text}{keys}")).unwrap();
        let signed = match self.tool {
            Tool::Bind => self.sign_with_bind(apex, &pairs, folder.path()),
            Tool::Ldns => self.sign_with_ldns(apex, &pairs, folder.path()),
            Tool::Ours | Tool::Server(_) => {
                self.sign_ourselves(folder.path());
                Some(())
            }
        };
        signed.map(|()| Signed { file, keys, signer: None, _folder: folder })
    }

    fn sign_with_server(&self, kind: PeerKind, apex: &str, text: &str) -> Option<Signed> {
        let folder = tempfile::tempdir().unwrap();
        let [plain, file] = ["plain", "signed"].map(|name| folder.path().join(name));
        fs::write(&plain, text).unwrap();
        let nsec3 = self.nsec3();
        let signs = Signs { algorithm: self.algorithm, nsec3: nsec3.as_deref() };
        let signer = Peer::start_signing(kind, (apex, &plain), signs)?;
        let signed = signer.transferred(apex)?;
        fs::write(&file, &signed).unwrap();
        let is_key = |line: &&str| line.split_ascii_whitespace().nth(3) == Some("DNSKEY");
        let plain = |line: &str| line.split_ascii_whitespace().collect::<Vec<_>>().join(" ") + "\n";
        let keys = signed.lines().filter(is_key).map(plain).collect();
        Some(Signed { file, keys, signer: Some(signer), _folder: folder })
    }

    fn sign_with_bind(&self, apex: &str, keys: &[String; 2], folder: &Path) -> Option<()> {
        let mut command = Command::new(peers::installed(&["dnssec-signzone"])?);
        command.args(["-P", "-s", FROM, "-e", UNTIL, "-o", apex, "-f", "signed", "-k", &keys[0]]);
        if let Denial::Nsec3 { iterations, salt, opt_out } = self.denial {
            command.args(["-3", salt, "-H", &iterations.to_string()]);
            command.args(opt_out.then_some("-A"));
        }
        run(command.args(["plain", &keys[1]]), folder);
        Some(())
    }

    fn sign_ourselves(&self, folder: &Path) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mimi-dns"));
        command.args(["zone", "sign", "plain", "-o", "signed", "--keys", ".", "--expire", "500w"]);
        if let Denial::Nsec3 { opt_out, .. } = self.denial {
            command.arg("--nsec3").args(opt_out.then_some("--opt-out"));
        }
        run(&mut command, folder);
    }

    fn sign_with_ldns(&self, apex: &str, keys: &[String; 2], folder: &Path) -> Option<()> {
        let mut command = Command::new(peers::installed(&["ldns-signzone"])?);
        command.args(["-i", FROM, "-e", UNTIL, "-o", apex, "-f", "signed"]);
        if let Denial::Nsec3 { iterations, salt, opt_out } = self.denial {
            command.args(["-n", "-t", &iterations.to_string()]);
            command.args((salt != "-").then_some(["-s", salt]).into_iter().flatten());
            command.args(opt_out.then_some("-p"));
        }
        run(command.arg("plain").args(keys), folder);
        Some(())
    }
}

fn run(command: &mut Command, folder: &Path) -> String {
    let output = command.current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}\n{said}");
    String::from_utf8(output.stdout).unwrap()
}
