//! Reading a request: the header, the one question, the OPT record.
//!
//! Work is bounded by the message's length: each octet is looked at once, nothing is followed.

use super::Outcome;
use crate::record::{Class, Rtype};
use crate::zone::QueryName;

pub(super) const HEADER: usize = 12;
/// The least that a requestor's UDP payload size counts for. Source: RFC 6891 §6.2.3.
const LEAST_PAYLOAD: u16 = 512;

/// A request that can be answered from a zone.
pub(super) struct Query<'a> {
    pub(super) name: QueryName<'a>,
    pub(super) rtype: Rtype,
    pub(super) class: Class,
    pub(super) edns: Option<Edns>,
    /// Header and question.
    pub(super) head: &'a [u8],
}

/// What the OPT record says. Source: RFC 6891 §6.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edns {
    /// The requestor's UDP payload size, 512 or more.
    pub(super) payload: u16,
    /// DNSSEC OK. Source: RFC 3225 §3.
    pub(super) dnssec_ok: bool,
}

/// A request that gets no answer from a zone.
pub(super) struct Unanswerable<'a> {
    /// Why.
    pub(super) outcome: Outcome,
    /// The header, and the question where it was read and shall be in the reply; `None` where
    /// there shall be no reply.
    pub(super) head: Option<&'a [u8]>,
    /// Whether the reply has an OPT record.
    pub(super) edns: bool,
}

impl<'a> Query<'a> {
    /// Reads a request.
    ///
    /// # Errors
    /// What is to be done instead of answering it: the sender's fault.
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, Unanswerable<'a>> {
        let silent = |outcome| Unanswerable { outcome, head: None, edns: false };
        let Some(header) = message.first_chunk::<HEADER>() else { return Err(silent(Outcome::DroppedShort)) };
        if header[2] & 0x80 != 0 {
            return Err(silent(Outcome::DroppedResponse));
        }
        let bare = |outcome| Unanswerable { outcome, head: Some(&message[..HEADER]), edns: false };
        if header[2] & 0x78 != 0 {
            return Err(bare(Outcome::UnknownOpcode));
        }
        let count = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
        // RFC 9619 §4: a QUERY has one question.
        if count(4) != 1 {
            return Err(bare(Outcome::NotOneQuestion));
        }
        let name = QueryName::parse(&message[HEADER..]).map_err(|_| bare(Outcome::BadQuestion))?;
        let end = HEADER + name.as_wire().len();
        let Some(&[type_high, type_low, class_high, class_low]) = message[end..].first_chunk() else {
            return Err(bare(Outcome::BadQuestion));
        };
        let rtype = Rtype(u16::from_be_bytes([type_high, type_low]));
        let class = Class(u16::from_be_bytes([class_high, class_low]));
        let (head, rest) = message.split_at(end + 4);
        let records = u32::from(count(6)) + u32::from(count(8));
        let edns = Sections { rest }.opt(rtype, records, u32::from(count(10))).map_err(bare)?;
        let asked = |outcome| Unanswerable { outcome, head: Some(head), edns: edns.is_some() };
        let edns = match edns {
            Some(opt) if opt.version != 0 => return Err(asked(Outcome::BadEdnsVersion)),
            Some(opt) => Some(opt.edns),
            None => None,
        };
        match rtype {
            Rtype::AXFR | Rtype::IXFR => Err(asked(Outcome::TransferRefused)),
            Rtype::MAILA | Rtype::MAILB => Err(asked(Outcome::UnknownQueryType)),
            // RFC 9824 §3.5 for NXNAME; the others stand in additional sections only.
            Rtype::OPT | Rtype::TSIG | Rtype::TKEY | Rtype::NXNAME => Err(asked(Outcome::BadQuestion)),
            _ => Ok(Self { name, rtype, class, edns, head }),
        }
    }
}

#[derive(Clone, Copy)]
struct Opt {
    version: u8,
    edns: Edns,
}

/// What follows the question.
struct Sections<'a> {
    rest: &'a [u8],
}

impl Sections<'_> {
    /// Walks all records to the message's end.
    fn opt(mut self, rtype: Rtype, records: u32, additional: u32) -> Result<Option<Opt>, Outcome> {
        // IXFR has an SOA record in its authority section (RFC 1995 §3); other queries have none.
        if records > u32::from(rtype == Rtype::IXFR) {
            return Err(Outcome::BadRecords);
        }
        for _ in 0..records {
            self.record().ok_or(Outcome::BadRecords)?;
        }
        let mut opt = None;
        for _ in 0..additional {
            let (owner, head, data) = self.record().ok_or(Outcome::BadRecords)?;
            if Rtype(u16::from_be_bytes([head[0], head[1]])) != Rtype::OPT {
                continue;
            }
            if opt.is_some() || owner != [0] || !options_are_whole(data) {
                return Err(Outcome::BadOpt);
            }
            opt = Some(Opt {
                version: head[5],
                edns: Edns {
                    payload: u16::from_be_bytes([head[2], head[3]]).max(LEAST_PAYLOAD),
                    dnssec_ok: head[6] & 0x80 != 0,
                },
            });
        }
        if self.rest.is_empty() { Ok(opt) } else { Err(Outcome::BadRecords) }
    }

    /// Owner as it stands, type to RDLENGTH, and data.
    fn record(&mut self) -> Option<(&[u8], [u8; 10], &[u8])> {
        let (owner, rest) = self.rest.split_at_checked(owner_len(self.rest)?)?;
        let (&head, rest) = rest.split_first_chunk::<10>()?;
        let (data, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([head[8], head[9]])))?;
        self.rest = rest;
        Some((owner, head, data))
    }
}

/// How many octets the name at the front fills; a compression pointer ends it and is not followed.
fn owner_len(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < crate::record::MAX_NAME {
        match usize::from(*octets.get(at)?) {
            0 => return Some(at + 1),
            label @ 1..=63 => at += 1 + label,
            192.. => return Some(at + 2),
            64..=191 => return None,
        }
    }
    None
}

/// Source: RFC 6891 §6.1.2.
fn options_are_whole(mut data: &[u8]) -> bool {
    while !data.is_empty() {
        let Some((&[_, _, high, low], rest)) = data.split_first_chunk() else { return false };
        let Some(rest) = rest.get(usize::from(u16::from_be_bytes([high, low]))..) else { return false };
        data = rest;
    }
    true
}
