//! Zones in files, made where they are not there yet.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::config::Signed;
use super::workload::Workload;

/// The folder in which zones are made.
pub struct ZoneFiles<'a> {
    pub folder: &'a Path,
    /// `mimi-dns`, which signs.
    pub program: &'a Path,
}

impl ZoneFiles<'_> {
    /// A zone of this workload with so many names and this serial.
    pub fn make(&self, workload: &Workload, names: u64, signed: Signed, serial: u32) -> PathBuf {
        let shape = workload.shape.word();
        let stem = format!("{shape}-{names}-{serial}");
        let plain = self.folder.join(format!("{stem}.zone"));
        if !plain.exists() {
            let part = plain.with_extension("part");
            let mut out = BufWriter::with_capacity(1 << 20, File::create(&part).unwrap());
            workload.write_zone(names, serial, &mut out).unwrap();
            out.flush().unwrap();
            fs::rename(part, &plain).unwrap();
        }
        let flag = match signed {
            Signed::No | Signed::Online => return plain,
            Signed::Nsec => "--nsec",
            Signed::Nsec3 => "--nsec3",
        };
        let file = self.folder.join(format!("{stem}{flag}.zone"));
        if !file.exists() {
            eprintln!("signing {}", file.display());
            let part = file.with_extension("part");
            let _ = fs::remove_file(&part);
            let mut command = Command::new(self.program);
            command
                .args(["zone", "sign", "--create-keys", "--csk", flag, "--keys"])
                .arg(self.folder.join("keys"));
            let output = command.arg("--output").arg(&part).arg(&plain).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            fs::rename(part, &file).unwrap();
        }
        file
    }
}
