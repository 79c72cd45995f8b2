//! Reading a request: the header, the one question, what the records behind it say.

use super::Outcome;
use super::edns::Edns;
use super::sections::{self, Unreadable};
use super::tsig::Tsig;
use crate::record::{Class, Rtype};
use crate::zone::QueryName;

pub(super) const HEADER: usize = 12;

/// A request that can be answered from a zone.
pub(super) struct Query<'a> {
    pub(super) name: QueryName<'a>,
    pub(super) rtype: Rtype,
    pub(super) class: Class,
    pub(super) edns: Option<Edns<'a>>,
    /// Header and question.
    pub(super) head: &'a [u8],
}

/// A request that gets no answer from a zone.
pub(super) struct Unanswerable<'a> {
    /// Why.
    pub(super) outcome: Outcome,
    /// The header, and the question where it was read and shall be in the reply; `None` where
    /// there shall be no reply.
    pub(super) head: Option<&'a [u8]>,
    /// What the OPT record says; where there is none, nor is there in the reply.
    pub(super) edns: Option<Edns<'a>>,
    /// What the request is signed with, where that is the reason.
    pub(super) tsig: Option<Tsig<'a>>,
}

impl<'a> Query<'a> {
    /// Reads a request.
    ///
    /// # Errors
    /// What is to be done instead of answering it: the sender's fault.
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, Unanswerable<'a>> {
        let silent = |outcome| Unanswerable { outcome, head: None, edns: None, tsig: None };
        let Some(header) = message.first_chunk::<HEADER>() else { return Err(silent(Outcome::DroppedShort)) };
        if header[2] & 0x80 != 0 {
            return Err(silent(Outcome::DroppedResponse));
        }
        let bare = |outcome| Unanswerable { outcome, head: Some(&message[..HEADER]), edns: None, tsig: None };
        // What follows the header of an unknown opcode is not known either. Source: RFC 8906 §8.1.4.
        if header[2] & 0x78 != 0 {
            return Err(bare(Outcome::UnknownOpcode));
        }
        let count = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
        let records =
            |at| sections::read(message, at, u32::from(count(6)) + u32::from(count(8)), u32::from(count(10)));
        // A QUERY has one question (RFC 9619 §4); or none, where it asks for a cookie (RFC 7873 §5.4).
        match count(4) {
            0 => {
                let edns = records(HEADER).map_or_else(|error| error.edns, |found| found.opt);
                return Err(Unanswerable { edns, ..bare(Outcome::NotOneQuestion) });
            }
            1 => {}
            _ => return Err(bare(Outcome::NotOneQuestion)),
        }
        let name = QueryName::parse(&message[HEADER..]).map_err(|_| bare(Outcome::BadQuestion))?;
        let end = HEADER + name.as_wire().len();
        let Some(&[type_high, type_low, class_high, class_low]) = message[end..].first_chunk() else {
            return Err(bare(Outcome::BadQuestion));
        };
        let rtype = Rtype(u16::from_be_bytes([type_high, type_low]));
        let class = Class(u16::from_be_bytes([class_high, class_low]));
        let head = &message[..end + 4];
        let declined = |outcome, edns, tsig| Unanswerable { outcome, head: Some(head), edns, tsig };
        let found = records(end + 4).map_err(|Unreadable { outcome, edns }| declined(outcome, edns, None))?;
        let edns = found.opt;
        let asked = |outcome| declined(outcome, edns, None);
        if found.opt.is_some_and(|opt| opt.version != 0) {
            return Err(asked(Outcome::BadEdnsVersion));
        }
        if found.tsig.is_some() {
            return Err(declined(Outcome::UnknownKey, edns, found.tsig));
        }
        match rtype {
            Rtype::AXFR | Rtype::IXFR => Err(asked(Outcome::TransferRefused)),
            // RFC 9824 §3.5 for NXNAME; the others stand in additional sections only.
            Rtype::OPT | Rtype::TSIG | Rtype::TKEY | Rtype::NXNAME => Err(asked(Outcome::BadQuestion)),
            _ => Ok(Self { name, rtype, class, edns, head }),
        }
    }

    /// Whether signatures and proofs of absence belong in the reply.
    pub(super) fn wants_signatures(&self) -> bool {
        self.edns.is_some_and(|edns| edns.dnssec_ok)
    }
}
