//! The records of a message, one after the other. Of a request's, which are walked to its end, the OPT
//! and the TSIG record are kept.
//!
//! Work is bounded by the message's length: each octet is looked at once, no pointer is followed.

use super::Outcome;
use super::edns::Edns;
use super::request::HEADER;
use super::tsig::Tsig;
use crate::record::{MAX_NAME, Rtype};

/// What the records of a request say.
#[derive(Clone, Copy, Default)]
pub(super) struct Found<'a> {
    pub(super) opt: Option<Edns<'a>>,
    pub(super) tsig: Option<Tsig<'a>>,
}

/// Why the records can't be read.
#[derive(Clone, Copy)]
pub(super) struct Unreadable<'a> {
    pub(super) outcome: Outcome,
    /// What the sender says of EDNS; where the OPT record itself is wrong, the least that it can say:
    /// the reply has one, so that nobody takes the server for one without EDNS. Source: RFC 6891 §7.
    pub(super) edns: Option<Edns<'a>>,
}

/// Reads the records from `at` to the end of `message`: `others` in the answer and authority
/// sections, then `additional`.
///
/// Records that a query has no use for are passed over wherever they stand, as Knot and BIND do.
///
/// # Errors
/// Records that can't be read, counts that are not true, octets that are left over; an OPT or TSIG
/// record that is wrong, in the wrong place or there twice: the sender's fault.
pub(super) fn read(
    message: &[u8],
    at: usize,
    others: u32,
    additional: u32,
) -> Result<Found<'_>, Unreadable<'_>> {
    let (mut walk, mut found) = (Walk { message, at }, Found::default());
    let unreadable = |outcome, edns| Unreadable { outcome, edns };
    let records = |opt| unreadable(Outcome::BadRecords, opt);
    for _ in 0..others {
        let record = walk.record().ok_or_else(|| records(found.opt))?;
        if matches!(record.rtype, Rtype::OPT | Rtype::TSIG) {
            return Err(records(found.opt));
        }
    }
    for _ in 0..additional {
        let record = walk.record().filter(|_| found.tsig.is_none()).ok_or_else(|| records(found.opt))?;
        match record.rtype {
            Rtype::OPT => {
                let opt = record.opt().filter(|_| found.opt.is_none());
                let edns = Some(found.opt.unwrap_or(Edns::LEAST));
                found.opt = Some(opt.ok_or(unreadable(Outcome::BadOpt, edns))?);
            }
            // Whatever follows it is an error. Source: RFC 8945 §5.2.
            Rtype::TSIG => {
                let tsig = Tsig::read(message, record.start, record.fixed, record.data);
                found.tsig = Some(tsig.ok_or_else(|| records(found.opt))?);
            }
            _ => {}
        }
    }
    if walk.at == message.len() { Ok(found) } else { Err(records(found.opt)) }
}

/// A place in a message that goes on record by record.
pub(super) struct Walk<'a> {
    message: &'a [u8],
    at: usize,
}

/// A record as it is written.
pub(super) struct Record<'a> {
    /// Where its owner stands.
    start: usize,
    /// The owner, a pointer at its end not followed.
    owner: &'a [u8],
    pub(super) rtype: Rtype,
    /// Class and TTL.
    fixed: [u8; 6],
    pub(super) data: &'a [u8],
}

impl<'a> Walk<'a> {
    /// Behind the question of a message that has one at most; `None` where that is cut short.
    #[cfg(feature = "encrypted")]
    pub(super) fn behind_question(message: &'a [u8]) -> Option<Self> {
        let mut walk = Self { message, at: HEADER };
        if message.get(4..6)? != [0, 0] {
            walk.at += walk.owner_len()? + 4;
        }
        Some(walk)
    }

    /// The next record; `None` where it can't be read.
    pub(super) fn record(&mut self) -> Option<Record<'a>> {
        let start = self.at;
        let owner_len = self.owner_len()?;
        let (owner, rest) = self.message[start..].split_at_checked(owner_len)?;
        let (&[rtype_high, rtype_low, fixed @ .., high, low], rest) = rest.split_first_chunk::<10>()?;
        let data = rest.get(..usize::from(u16::from_be_bytes([high, low])))?;
        self.at = start + owner_len + 10 + data.len();
        Some(Record { start, owner, rtype: Rtype(u16::from_be_bytes([rtype_high, rtype_low])), fixed, data })
    }

    /// How many octets the name at the front fills. A pointer ends it and must lead back, behind the
    /// header, so that no chain of them can be a loop. Source: RFC 1035 §4.1.4.
    fn owner_len(&self) -> Option<usize> {
        let octets = self.message.get(self.at..)?;
        let mut len = 0;
        while len < MAX_NAME {
            match *octets.get(len)? {
                0 => return Some(len + 1),
                label @ 1..=63 => len += 1 + usize::from(label),
                high @ 192.. => {
                    let to = usize::from(u16::from_be_bytes([high & 0x3f, *octets.get(len + 1)?]));
                    return (HEADER..self.at).contains(&to).then_some(len + 2);
                }
                64..=191 => return None,
            }
        }
        None
    }
}

impl<'a> Record<'a> {
    /// Seconds to live.
    #[cfg(feature = "encrypted")]
    pub(super) fn ttl(&self) -> u32 {
        let [_, _, ttl @ ..] = self.fixed;
        u32::from_be_bytes(ttl)
    }

    /// `None` where it is no OPT record as it must be. Source: RFC 6891 §6.1.2.
    fn opt(&self) -> Option<Edns<'a>> {
        Edns::parse(self.fixed, self.data).filter(|_| self.owner == [0])
    }
}
