//! Random worlds signed: by ourselves, and some by other people's tools.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use mimi_dns::clock::UnixTime;
use mimi_dns::dnssec::SigningKey;
use mimi_dns::dnssec::sign::{Denial, SigningOptions, ZoneKey, ZoneKeys, sign_zone};
use mimi_dns::record::dnssec::Algorithm;
use mimi_dns::zone::{LoadOptions, MemoryFiles, SerialPolicy, Zone, load, write_zone};

use crate::peers;

/// How the zones of a world are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signing {
    pub(super) tool: Tool,
    pub(super) denial: Denial,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    Ours,
    Bind,
    Ldns,
}

const DENIALS: [Denial; 3] =
    [Denial::Nsec, Denial::Nsec3 { opt_out: false }, Denial::Nsec3 { opt_out: true }];

impl Signing {
    /// Of the world with this number: most are signed by us, which is cheap.
    pub(super) fn of(number: usize) -> Self {
        let tool = match number % 20 {
            7 => Tool::Bind,
            13 => Tool::Ldns,
            _ => Tool::Ours,
        };
        Self { tool, denial: DENIALS[(number + number / 20) % 3] }
    }

    /// Whether delegations that are not signed are left out of the chain.
    pub(super) fn opts_out(self) -> bool {
        self.denial == Denial::Nsec3 { opt_out: true }
    }

    pub(super) fn is_nsec(self) -> bool {
        self.denial == Denial::Nsec
    }

    /// The text of a zone, signed; as it was where it can't be, which is then left to those who load it.
    ///
    /// What a tool does not take is signed by us.
    pub(super) fn sign(self, apex: &str, text: &str) -> String {
        let by_tool = match self.tool {
            Tool::Ours => None,
            Tool::Bind | Tool::Ldns => self.sign_with_tool(apex, text),
        };
        by_tool.or_else(|| self.sign_ourselves(text)).unwrap_or_else(|| text.to_owned())
    }

    fn sign_ourselves(self, text: &str) -> Option<String> {
        static KEYS: OnceLock<ZoneKeys> = OnceLock::new();
        let keys = KEYS.get_or_init(|| {
            let key = SigningKey::generate(Algorithm::ED25519).unwrap();
            ZoneKeys { keys: vec![ZoneKey::csk(key.into())], ..ZoneKeys::default() }
        });
        let plain = loaded(text)?;
        let options = SigningOptions {
            denial: self.denial,
            threads: NonZeroUsize::new(1),
            ..SigningOptions::default()
        };
        let (signed, _) = sign_zone(&plain, keys, &options, None, UnixTime::now()).ok()?;
        Some(written(&signed))
    }

    fn sign_with_tool(self, apex: &str, text: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let run = |program: &PathBuf, arguments: &[&str]| {
            let mut command = Command::new(program);
            let output =
                command.args(arguments).current_dir(folder.path()).stdin(Stdio::null()).output().unwrap();
            output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let keygen = peers::installed(&["dnssec-keygen"])?;
        let make = |more: &[&str]| run(&keygen, &[&["-a", "ECDSAP256SHA256"], more, &[apex]].concat());
        let (ksk, zsk) = (make(&["-f", "KSK"])?, make(&[])?);
        let public = |key: &str| fs::read_to_string(folder.path().join(format!("{key}.key"))).unwrap();
        fs::write(folder.path().join("plain"), format!("{text}{}{}", public(&ksk), public(&zsk))).unwrap();
        let nsec3 = !self.is_nsec();
        if self.tool == Tool::Bind {
            let sign = peers::installed(&["dnssec-signzone"])?;
            let mut arguments = vec!["-P", "-o", apex, "-f", "signed", "-k", &ksk];
            arguments.extend(["-3", "-"].iter().filter(|_| nsec3));
            arguments.extend(self.opts_out().then_some("-A"));
            arguments.extend(["plain", &zsk]);
            run(&sign, &arguments)?;
        } else {
            let sign = peers::installed(&["ldns-signzone"])?;
            let mut arguments = vec!["-o", apex, "-f", "signed"];
            arguments.extend(["-n", "-t", "0"].iter().filter(|_| nsec3));
            arguments.extend(self.opts_out().then_some("-p"));
            arguments.extend(["plain", &ksk, &zsk]);
            run(&sign, &arguments)?;
        }
        // As we write it: not everybody reads what tools make of odd names.
        let signed = loaded(&fs::read_to_string(folder.path().join("signed")).ok()?)?;
        Some(written(&signed))
    }
}

fn loaded(text: &str) -> Option<Zone> {
    let files = MemoryFiles::new().with("zone", text);
    load(Path::new("zone"), &files, &LoadOptions::default()).zone
}

fn written(zone: &Zone) -> String {
    let mut written = Vec::new();
    write_zone(zone, SerialPolicy::Keep, &mut written).unwrap();
    String::from_utf8(written).unwrap()
}
