//! The `mimi-dns` command, as its users see it: output, errors, exit codes.

mod config;
mod control;
mod encrypted;
mod images;
mod keys_and_statements;
mod look_ups;
mod memory;
mod named_zones;
pub(crate) mod operating;
mod query_log;
mod serve;
mod serve_signing;
mod starting;
mod zone_diff;
mod zone_edit;
mod zone_format;
mod zone_tables;
mod zones;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// What a finished command left.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |octets| String::from_utf8(octets).unwrap();
        Self { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mimi-dns"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env_remove("MIMI_DNS_POLICY").env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Ran {
    command(arguments).output().unwrap().into()
}

fn run_with_input(arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It may write before it has read everything.
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).unwrap());
        child.wait_with_output().unwrap().into()
    })
}

/// A `mimi-dns serve` on a port of its own, killed when dropped.
struct Serving {
    child: Child,
    address: String,
    banner: Vec<String>,
    /// What it reads, where that is there for it alone.
    folder: Option<TempDir>,
}

impl Serving {
    fn start(paths: &[&Path]) -> Self {
        Self::start_with(&[], paths)
    }

    /// Serves the example, signed: a copy of it, since the states of its keys are kept beside them.
    fn example() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let copied = Command::new("cp").arg("-r").arg(zones_folder()).arg(folder.path()).status().unwrap();
        assert!(copied.success());
        let config = folder.path().join("zones/mimi-dns.toml");
        let mut serving = Self::start_with(&["--config"], &[&config]);
        serving.folder = Some(folder);
        serving
    }

    fn start_with(arguments: &[&str], paths: &[&Path]) -> Self {
        let mut command = command(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(arguments);
        let mut child = command.args(paths).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut banner = vec![lines.next().expect("it serves")];
        let address = banner[0].split(" at ").nth(1).unwrap().split(',').next().unwrap().to_owned();
        // It ends with the last command to try; the rest of the pipe stays open.
        let last = if banner_names_identifiers(paths) { "mimi-dns lookup" } else { " SOA" };
        for line in lines {
            let end = line.contains(last);
            banner.push(line);
            if end {
                break;
            }
        }
        Self { child, address, banner, folder: None }
    }

    fn signal(&self, name: &str) {
        let done = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether what is served has identifiers, so that the banner proposes to look one up.
fn banner_names_identifiers(paths: &[&Path]) -> bool {
    paths.iter().any(|path| {
        path.ends_with("zones")
            || path.ends_with("zones/mimi-dns.toml")
            || path.ends_with("discover.example.zone")
    })
}

fn zones_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("zones")
}
