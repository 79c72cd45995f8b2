//! Zones as plain master files that any server loads.

use std::fmt::Write as _;
use std::io;
use std::thread;

use data_encoding::HEXUPPER;

use super::node::RrsetRef;
use super::snapshot::Zone;
use crate::clock::UnixTime;
use crate::record::rdata::Presentation;
use crate::record::{Name, Rtype, Ttl};

/// RRsets that one core writes at a time.
const SHARE: usize = 4096;
/// So few are not worth another thread.
const FEW: usize = 512;

/// What becomes of the SOA record's serial number when a zone is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SerialPolicy {
    /// As it is.
    #[default]
    Keep,
    /// One more (RFC 1982 §3.1), 1 after the largest.
    Increment,
    /// Seconds since 1970; one more where that would not be newer.
    UnixTime(UnixTime),
    /// This one, whatever there was.
    Exactly(u32),
}

impl SerialPolicy {
    /// The serial number that follows `serial`.
    #[must_use]
    pub fn next(self, serial: u32) -> u32 {
        // 0 is passed over: some software takes it for none.
        let increment = || serial.wrapping_add(1).max(1);
        match self {
            Self::Keep => serial,
            Self::Exactly(serial) => serial,
            Self::Increment => increment(),
            Self::UnixTime(now) => {
                let [.., a, b, c, d] = now.0.to_be_bytes();
                let now = u32::from_be_bytes([a, b, c, d]);
                if is_newer(now, serial) { now } else { increment() }
            }
        }
    }
}

/// Source: RFC 1982 §3.2.
pub(crate) fn is_newer(one: u32, other: u32) -> bool {
    let ahead = one.wrapping_sub(other);
    ahead != 0 && ahead < 1 << 31
}

/// Writes a zone as RFC 1035 text: a line for each record, names absolute, the SOA record first, then
/// in the canonical order of owner names (RFC 4034 §6.1), by type, and by octets of the data.
///
/// MIMISIG, and types whose own form some server does not know, stand in the generic form of RFC 3597 §5. The
/// same zone gives the same octets. Returns the serial number that was written.
///
/// # Errors
/// Those of `out`.
pub fn write_zone(zone: &Zone, serial: SerialPolicy, out: &mut dyn io::Write) -> io::Result<u32> {
    let serial = serial.next(zone.serial());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut rrsets = zone.rrsets();
    loop {
        let some: Vec<_> = rrsets.by_ref().take(threads * SHARE).collect();
        match some.len() {
            0 => return Ok(serial),
            len if len <= FEW => out.write_all(lines(zone, serial, &some).as_bytes())?,
            len => thread::scope(|scope| {
                let parts = some.chunks(len.div_ceil(threads));
                let workers: Vec<_> =
                    parts.map(|part| scope.spawn(move || lines(zone, serial, part))).collect();
                workers.into_iter().try_for_each(|worker| {
                    let lines = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                    out.write_all(lines.as_bytes())
                })
            })?,
        }
    }
}

/// The lines of some RRsets.
fn lines(zone: &Zone, serial: u32, rrsets: &[(Name, RrsetRef<'_>)]) -> String {
    let mut text = String::new();
    for (owner, rrset) in rrsets {
        let mut records: Vec<(Rtype, Ttl, &[u8])> =
            rrset.records().map(|record| (rrset.rtype(), record.ttl(), record.rdata())).collect();
        records.sort_unstable_by_key(|&(.., rdata)| rdata);
        let mut signatures: Vec<_> =
            rrset.signatures().map(|record| (Rtype::RRSIG, record.ttl(), record.rdata())).collect();
        signatures.sort_unstable_by_key(|&(.., rdata)| rdata);
        for (rtype, ttl, rdata) in records.into_iter().chain(signatures) {
            if rtype == Rtype::SOA {
                push_line(&mut text, owner, ttl, zone, rtype, &with_serial(rdata, serial));
            } else {
                push_line(&mut text, owner, ttl, zone, rtype, rdata);
            }
        }
    }
    text
}

fn push_line(line: &mut String, owner: &Name, ttl: Ttl, zone: &Zone, rtype: Rtype, rdata: &[u8]) {
    let class = zone.class();
    let written = if rtype.is_known_everywhere() {
        let data = Presentation::new(rtype, rdata);
        writeln!(line, "{owner}\t{ttl}\t{class}\t{rtype}\t{data}")
    } else {
        let (Rtype(number), len, space) = (rtype, rdata.len(), if rdata.is_empty() { "" } else { " " });
        write!(line, "{owner}\t{ttl}\t{class}\tTYPE{number}\t\\# {len}{space}")
            .map(|()| HEXUPPER.encode_append(rdata, line))
            .and_then(|()| writeln!(line))
    };
    written.expect("writing to a String can't fail");
}

/// SERIAL stands before the last four of the SOA record's five numbers. Source: RFC 1035 §3.3.13.
pub(crate) fn with_serial(rdata: &[u8], serial: u32) -> Vec<u8> {
    let mut rdata = rdata.to_vec();
    if let Some(place) = rdata.len().checked_sub(20).and_then(|at| rdata.get_mut(at..at + 4)) {
        place.copy_from_slice(&serial.to_be_bytes());
    }
    rdata
}

#[cfg(test)]
mod tests;
