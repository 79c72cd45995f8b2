//! The same text in BIND, NSD, Knot and PowerDNS.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{load, written};
use crate::peers::installed;

/// Every feature of the reader that BIND has too.
const SOURCE: &str = include_str!("../../data/features.zone");
const INCLUDED: &str = include_str!("../../data/features.inc");
const APEX: &str = "features.example";

/// Runs a program in a folder; its standard output.
fn run(program: &Path, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{} {arguments:?}\n{out}{err}", program.display());
    out.into_owned()
}

/// `source.zone` with what it includes, and what is built of it as `built.zone`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("source.zone"), SOURCE).unwrap();
    fs::write(folder.path().join("features.inc"), INCLUDED).unwrap();
    let built = written(&load(&folder.path().join("source.zone")));
    fs::write(folder.path().join("built.zone"), built).unwrap();
    folder
}

/// What BIND makes of a zone file, without its judgement of what the records mean.
fn bind_dump(compile: &Path, zone: &str, folder: &Path) -> String {
    let lenient = [
        "-i", "none", "-k", "ignore", "-n", "ignore", "-m", "ignore", "-M", "ignore", "-S", "ignore", "-r",
        "ignore",
    ];
    let arguments = [&lenient[..], &["-q", "-s", "full", "-o", "-", APEX, zone]].concat();
    run(compile, &arguments, folder)
}

#[test]
fn bind_reads_the_same_records_from_the_source_and_from_what_is_built() {
    let Some(compile) = installed(&["named-compilezone"]) else { return };
    let folder = folder();
    let of_source = bind_dump(&compile, "source.zone", folder.path());
    let of_built = bind_dump(&compile, "built.zone", folder.path());
    for (one, other) in of_source.lines().zip(of_built.lines()) {
        assert_eq!(one, other);
    }
    assert_eq!(of_source.lines().count(), of_built.lines().count());

    // And what BIND dumps is the same zone here.
    fs::write(folder.path().join("dumped.zone"), of_source).unwrap();
    let built = fs::read_to_string(folder.path().join("built.zone")).unwrap();
    assert_eq!(written(&load(&folder.path().join("dumped.zone"))), built);
}

#[test]
fn nsd_loads_what_is_built() {
    let Some(check) = installed(&["nsd-checkzone"]) else { return };
    let folder = folder();
    run(&check, &[APEX, "built.zone"], folder.path());
}

#[test]
fn knot_loads_what_is_built() {
    let Some(check) = installed(&["kzonecheck", "knotc"]) else { return };
    let folder = folder();
    if check.ends_with("kzonecheck") {
        run(&check, &["-o", APEX, "built.zone"], folder.path());
        return;
    }
    let path = folder.path().display();
    let configuration = format!(
        "server:\n  rundir: {path}\ndatabase:\n  storage: {path}\nzone:\n  - domain: {APEX}\n    storage: {path}\n    file: built.zone\n"
    );
    fs::write(folder.path().join("knot.conf"), configuration).unwrap();
    run(&check, &["-c", "knot.conf", "zone-check", APEX], folder.path());
}

#[test]
fn powerdns_loads_what_is_built() {
    let Some(util) = installed(&["pdnsutil"]) else { return };
    let folder = folder();
    let path = folder.path().display();
    let bind = format!(
        "options {{ directory \"{path}\"; }};\nzone \"{APEX}\" {{ type master; file \"built.zone\"; }};\n"
    );
    fs::write(folder.path().join("named.conf"), bind).unwrap();
    fs::write(folder.path().join("pdns.conf"), format!("launch=bind\nbind-config={path}/named.conf\n"))
        .unwrap();
    let listed = run(&util, &[&format!("--config-dir={path}"), "list-zone", APEX], folder.path());
    assert!(listed.contains("last.features.example\t7\tIN\tA\t192.0.2.77"), "{listed}");
}
