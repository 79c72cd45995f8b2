//! Zones signed by `zone sign`: checked by other people's tools, and validated through our server.

mod commands;
mod keys;
mod random;
mod validated;
mod verified;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// How a zone is signed: words of the command line.
const DENIALS: [&[&str]; 3] = [&["--nsec"], &["--nsec3"], &["--nsec3", "--opt-out"]];
const ALGORITHMS: [&str; 2] = ["ED25519", "ECDSAP256SHA256"];
const KEYS: [&[&str]; 2] = [&[], &["--csk"]];

/// A folder with a signed zone and its keys.
struct Signed {
    folder: TempDir,
    apex: String,
    /// What the command said.
    told: String,
}

impl Signed {
    fn file(&self) -> PathBuf {
        self.folder.path().join("signed")
    }

    /// The data of the DNSKEY records.
    fn dnskeys(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.file()).unwrap();
        let records = text.lines().filter(|line| line.starts_with(&format!("{}\t", self.apex)));
        let data = records.filter_map(|line| Some(line.split_once("\tDNSKEY\t")?.1.to_owned()));
        data.collect()
    }
}

/// Runs `mimi-dns`.
fn ours(arguments: &[&OsStr], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mimi-dns"));
    command.args(arguments).current_dir(folder).env_remove("MIMI_DNS_POLICY").stdin(Stdio::null());
    command.output().unwrap()
}

/// Signs a zone's file with new keys.
fn sign(source: &Path, how: &[&str]) -> Signed {
    let folder = tempfile::tempdir().unwrap();
    let fixed = ["-o", "signed", "--keys", "keys", "--create-keys", "--zonemd"];
    let front = ["zone".as_ref(), "sign".as_ref(), source.as_os_str()];
    let rest = fixed.iter().chain(how).map(|word| OsStr::new(*word));
    let output = ours(&front.into_iter().chain(rest).collect::<Vec<_>>(), folder.path());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{} {how:?}\n{said}", source.display());
    let told = String::from_utf8(output.stdout).unwrap();
    let text = std::fs::read_to_string(folder.path().join("signed")).unwrap();
    let apex = text.split('\t').next().unwrap().to_owned();
    Signed { folder, apex, told }
}

/// Signs the text of a zone with new keys.
fn sign_text(text: &str, how: &[&str]) -> Signed {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    std::fs::write(&source, text).unwrap();
    sign(&source, how)
}

/// Runs other people's tool; all that it said where it failed.
fn run(program: &Path, arguments: &[&str], folder: &Path) -> Result<String, String> {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    if output.status.success() {
        Ok(text)
    } else {
        Err(format!("{} {arguments:?}\n{text}", program.display()))
    }
}

/// Delegations with and without DS records, glue, wildcards, aliases, empty non-terminals, names in capitals.
const ZONE: &str = "$ORIGIN signing.example.
$TTL 300
@ SOA ns Host.Example. 7 7200 900 1209600 60
@ NS ns
@ MX 10 Mail
@ TXT \"apex\"
ns A 192.0.2.1
ns AAAA 2001:db8::1
Mail A 192.0.2.2
a.b.ent TXT \"deep\"
\\000.low TXT \"first below\"
\\255.low TXT \"last below\"
*.wild A 192.0.2.4
there.wild TXT \"beside the wildcard\"
sub.*.entwild TXT \"the wildcard is an empty non-terminal\"
ALIAS CNAME www
alias2 CNAME Alias
www A 192.0.2.5
_sip._tcp SRV 0 0 5060 Mail
number NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:info@example.com!\" .
rp RP Mail.Example. Text.Example.
dn DNAME Other.Example.
secure NS ns.secure
secure DS 1 13 2 e2d3c916f6deeac73294e8268fb5885044a833fc5459588f4a9184cfc41a5766
ns.secure A 192.0.2.6
insecure NS ns.insecure
ns.insecure A 192.0.2.7
cut.only.open NS ns.elsewhere.
cut.both NS ns.elsewhere.
data.both TXT \"x\"
new TYPE65280 \\# 3 010203
statement TYPE65400 \\# 4 01020304
";
