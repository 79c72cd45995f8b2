//! Files as memory.
#![expect(unsafe_code, reason = "what is mapped is a file that others could change")]

use std::fs::File;
use std::io;

use bytes::Bytes;
use memmap2::{Advice, Mmap};

/// What is shorter is read: the system allows a process some 65,000 mappings.
const LEAST: u64 = 1 << 20;

/// The octets of a file that nobody writes to.
pub(super) fn octets_of(mut file: File) -> io::Result<Bytes> {
    if file.metadata()?.len() < LEAST {
        let mut octets = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(&mut file, LEAST), &mut octets)?;
        return Ok(octets.into());
    }
    // SAFETY: a mapping's octets must not change while references to them live. The file stands in a folder that is the
    // server's alone, where images are written beside their place, closed, and renamed: the file that is mapped is
    // never written to again, and lives on without a name until it is unmapped. `Bytes` unmaps it with its last clone.
    // Who writes to it all the same has the rights of this very process; who cuts it ends the process (SIGBUS).
    let map = unsafe { Mmap::map(&file)? };
    read_all(&map)?;
    Ok(Bytes::from_owner(map))
}

/// Has all of it in memory. What a disk can't give is an error now, and not the end of the process when it is looked at
/// (SIGBUS).
#[cfg(target_os = "linux")]
fn read_all(map: &Mmap) -> io::Result<()> {
    match map.advise(Advice::PopulateRead) {
        Err(error) if error.raw_os_error() == Some(libc::EFAULT) => Err(error),
        // Systems before Linux 5.14 do not know it. A refusal costs time only.
        Err(_) => map.advise(Advice::WillNeed).or(Ok(())),
        Ok(()) => Ok(()),
    }
}

/// Elsewhere it is read as it is looked at.
#[cfg(not(target_os = "linux"))]
fn read_all(map: &Mmap) -> io::Result<()> {
    // A refusal costs time only.
    let _ = map.advise(Advice::WillNeed);
    Ok(())
}
