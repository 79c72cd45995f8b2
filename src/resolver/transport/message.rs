//! Questions into octets, replies out of octets. Source: RFC 1035 §4, RFC 6891 §6.

use super::exchange::{Reply, Wish};
use super::{TransportError, Unreachable};
use crate::record::{Class, MAX_LABEL, MAX_NAME, Name, Rdata, Record, Rtype, Ttl};

/// The largest answer over UDP: what passes everywhere without fragments. Source: RFC 9715 §3.
const UDP_PAYLOAD: u16 = 1232;
const HEADER: usize = 12;
/// The most pointers in a name: one in front of each label. More only cost time, in each of thousands of records.
const MOST_POINTERS: usize = MAX_NAME / 2;
/// EDNS option with an extended error. Source: RFC 8914 §2.
const EXTENDED_ERROR: u16 = 15;
/// EDNS option with nothing. Source: RFC 7830 §3.
const PADDING: u16 = 12;
/// Source: RFC 8467 §4.1.
#[cfg(feature = "resolver-tls")]
const PADDED: usize = 128;

/// A question as it is sent: its ID and the case of its letters are random, so that whoever does not
/// see it has to guess both.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    octets: Vec<u8>,
    /// Where the question section ends.
    end: usize,
    /// The name as it was given.
    name: Name,
}

/// Why octets are not taken as the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// They answer another question, or are no message: the reply may still come.
    Foreign,
    /// The question came back in other letters: by an old server, or by a liar.
    OtherCase,
    /// The reply is cut, so it is to be asked for over a stream.
    Truncated,
    /// The server does not know EDNS. Source: RFC 6891 §7.
    NoEdns,
    /// The reply, or what the server says in place of one.
    Failed(TransportError),
}

impl From<NotTaken> for TransportError {
    /// What it comes to where nothing else is tried.
    fn from(not_taken: NotTaken) -> Self {
        match not_taken {
            NotTaken::Failed(error) => error,
            NotTaken::Foreign | NotTaken::OtherCase | NotTaken::Truncated | NotTaken::NoEdns => {
                Self::Malformed
            }
        }
    }
}

impl Asked {
    /// A question of class IN.
    ///
    /// # Errors
    /// The system has no random octets.
    pub(super) fn new(name: &Name, rtype: Rtype, wish: Wish, edns: bool) -> Result<Self, TransportError> {
        Self::make(name, rtype, wish, edns, None)
    }

    /// The same, with EDNS, filled up to a multiple of 128 octets: who sees its length learns less of its name.
    /// Source: RFC 7830, RFC 8467 §4.1.
    ///
    /// # Errors
    /// The system has no random octets.
    #[cfg(feature = "resolver-tls")]
    pub(super) fn padded(name: &Name, rtype: Rtype, wish: Wish) -> Result<Self, TransportError> {
        Self::make(name, rtype, wish, true, Some(PADDED))
    }

    fn make(
        name: &Name,
        rtype: Rtype,
        wish: Wish,
        edns: bool,
        block: Option<usize>,
    ) -> Result<Self, TransportError> {
        let mut random = [0; 2 + MAX_NAME.div_ceil(8)];
        getrandom::fill(&mut random).map_err(|_| TransportError::Unreachable(Unreachable::Socket))?;
        let ([high, low], cases) = (random[..2].try_into().unwrap_or_default(), &random[2..]);
        // Recursion is desired. Source: RFC 1035 §4.1.1, RFC 4035 §3.2.
        let flags: u16 = 0x0100
            | match wish {
                Wish::Records => 0,
                Wish::Validated => 0x0020,
                Wish::Proofs => 0x0010,
            };
        let mut octets = vec![high, low];
        octets.extend(flags.to_be_bytes());
        octets.extend([0, 1, 0, 0, 0, 0, 0, edns.into()]);
        octets.extend(name.as_wire().iter().enumerate().map(|(at, octet)| {
            let flip = cases[at / 8] >> (at % 8) & 1 == 1 && octet.is_ascii_alphabetic();
            if flip { octet ^ 0x20 } else { *octet }
        }));
        octets.extend(rtype.0.to_be_bytes());
        octets.extend(Class::IN.0.to_be_bytes());
        let end = octets.len();
        if edns {
            let dnssec_ok = if wish == Wish::Proofs { 0x80 } else { 0 };
            let [payload_high, payload_low] = UDP_PAYLOAD.to_be_bytes();
            octets.extend([0, 0, 41, payload_high, payload_low, 0, 0, dnssec_ok, 0]);
            match block {
                Some(block) => pad(&mut octets, block),
                None => octets.extend([0, 0]),
            }
        }
        Ok(Self { octets, end, name: name.clone() })
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Reads what came back. Over a stream the letters' case does not matter and nothing is cut.
    pub(super) fn take(&self, message: &[u8], stream: bool) -> Result<Reply, NotTaken> {
        let header: &[u8; HEADER] = message.first_chunk().ok_or(NotTaken::Foreign)?;
        if header[..2] != self.octets[..2] || header[2] & 0xf8 != 0x80 {
            return Err(NotTaken::Foreign);
        }
        let count = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
        let rcode = u16::from(header[3] & 0x0f);
        let failed = |error| Err(NotTaken::Failed(error));
        let start = match count(4) {
            // Who can't read a message repeats none of it.
            0 if matches!(rcode, 1 | 4) => HEADER,
            1 => self.question(message, stream)?,
            _ => return Err(NotTaken::Foreign),
        };
        if header[2] & 0x02 != 0 {
            return if stream { failed(TransportError::Malformed) } else { Err(NotTaken::Truncated) };
        }
        // Names that point into the question shall not show its random letters.
        let mut message = message.to_vec();
        if start > HEADER {
            message[HEADER..start - 4].copy_from_slice(self.name.as_wire());
        }
        let Some(sections) = Sections::read(&message, start, [count(6), count(8), count(10)]) else {
            return failed(TransportError::Malformed);
        };
        let asked_with_edns = self.octets.len() > self.end;
        if asked_with_edns && matches!(rcode, 1 | 4) && sections.opt.is_none() {
            return Err(NotTaken::NoEdns);
        }
        let opt = sections.opt.unwrap_or_default();
        let reply = Reply {
            nx_domain: rcode == 3,
            authentic: header[3] & 0x20 != 0,
            dnssec_ok: opt.dnssec_ok,
            from: None,
            answers: sections.answers,
            authority: sections.authority,
        };
        let extended_error = opt.extended_error;
        match rcode | u16::from(opt.extended_rcode) << 4 {
            0 | 3 => Ok(reply),
            2 => failed(TransportError::ServFail { extended_error }),
            5 => failed(TransportError::Refused { extended_error }),
            other => failed(TransportError::Rcode(other)),
        }
    }

    /// Where the question ends that is a copy of ours.
    fn question(&self, message: &[u8], stream: bool) -> Result<usize, NotTaken> {
        let (ours, theirs) = (&self.octets[HEADER..self.end], message.get(HEADER..self.end));
        let theirs = theirs.ok_or(NotTaken::Foreign)?;
        // Lengths of labels are no letters; type and class are compared as they are.
        let fixed = ours.len() - 4;
        if !theirs[..fixed].eq_ignore_ascii_case(&ours[..fixed]) || theirs[fixed..] != ours[fixed..] {
            return Err(NotTaken::Foreign);
        }
        if !stream && theirs != ours {
            return Err(NotTaken::OtherCase);
        }
        Ok(self.end)
    }
}

/// Ends a message with the length of OPT's data and the one option of it.
#[expect(clippy::cast_possible_truncation, reason = "a block is far shorter than 65,536 octets")]
fn pad(octets: &mut Vec<u8>, block: usize) {
    let padding = (octets.len() + 6).next_multiple_of(block) - (octets.len() + 6);
    for number in [padding as u16 + 4, PADDING, padding as u16] {
        octets.extend(number.to_be_bytes());
    }
    octets.resize(octets.len() + padding, 0);
}

/// What stands behind the question.
struct Sections {
    answers: Vec<Record>,
    authority: Vec<Record>,
    opt: Option<Opt>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Opt {
    extended_rcode: u8,
    dnssec_ok: bool,
    extended_error: Option<u16>,
}

impl Sections {
    fn read(message: &[u8], start: usize, counts: [u16; 3]) -> Option<Self> {
        let mut at = start;
        let mut read = |count: u16, opt: &mut Option<Opt>| -> Option<Vec<Record>> {
            let mut records = Vec::new();
            for _ in 0..count {
                match record(message, &mut at)? {
                    Read::Record(record) => records.push(record),
                    Read::Opt(found) => *opt = opt.or(Some(found)),
                }
            }
            Some(records)
        };
        let mut opt = None;
        let [answers, authority, additional] = counts;
        let (answers, authority) = (read(answers, &mut opt)?, read(authority, &mut opt)?);
        read(additional, &mut opt)?;
        Some(Self { answers, authority, opt })
    }
}

enum Read {
    Record(Record),
    Opt(Opt),
}

/// The record at `at`, which moves behind it.
fn record(message: &[u8], at: &mut usize) -> Option<Read> {
    let owner = name(message, at)?;
    let fixed: &[u8; 10] = message.get(*at..)?.first_chunk()?;
    let [t0, t1, c0, c1, l0, l1, l2, l3, d0, d1] = *fixed;
    let (start, length) = (*at + 10, usize::from(u16::from_be_bytes([d0, d1])));
    let end = start + length;
    let data = message.get(start..end)?;
    *at = end;
    let rtype = Rtype(u16::from_be_bytes([t0, t1]));
    if rtype == Rtype::OPT {
        let dnssec_ok = l2 & 0x80 != 0;
        return Some(Read::Opt(Opt { extended_rcode: l0, dnssec_ok, extended_error: extended_error(data) }));
    }
    Some(Read::Record(Record {
        owner,
        class: Class(u16::from_be_bytes([c0, c1])),
        ttl: Ttl::from_secs(u32::from_be_bytes([l0, l1, l2, l3])),
        rtype,
        rdata: rdata(message, rtype, start, end).unwrap_or_else(|| data.into()),
    }))
}

/// INFO-CODE of the first extended error among EDNS options.
fn extended_error(mut options: &[u8]) -> Option<u16> {
    loop {
        let (&[code0, code1, len0, len1], rest) = options.split_first_chunk()?;
        let (option, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([len0, len1])))?;
        if u16::from_be_bytes([code0, code1]) == EXTENDED_ERROR {
            return option.first_chunk().map(|code| u16::from_be_bytes(*code));
        }
        options = rest;
    }
}

/// A name that may be compressed: each pointer leads further to the front, so it ends.
fn name(message: &[u8], at: &mut usize) -> Option<Name> {
    let mut wire = Vec::with_capacity(64);
    let (mut here, mut border, mut after) = (*at, *at, None);
    let mut pointers = 0;
    loop {
        let length = usize::from(*message.get(here)?);
        match length {
            0 => break,
            1..=MAX_LABEL => {
                let end = here + 1 + length;
                wire.extend_from_slice(message.get(here..end)?);
                if wire.len() >= MAX_NAME {
                    return None;
                }
                here = end;
            }
            0xc0.. => {
                let low = *message.get(here + 1)?;
                let target = (length & 0x3f) << 8 | usize::from(low);
                pointers += 1;
                if target >= border || pointers > MOST_POINTERS {
                    return None;
                }
                after.get_or_insert(here + 2);
                (here, border) = (target, target);
            }
            _ => return None,
        }
    }
    wire.push(0);
    *at = after.unwrap_or(here + 1);
    Name::from_wire(&wire).ok()
}

/// What stands in record data in front of and between names.
enum Part {
    Octets(usize),
    Strings(usize),
    Name,
}

/// The data with its names uncompressed; `None` where nothing is to be done, or where it breaks the
/// type's form: then it stays what it is, and whoever wants it finds the fault.
/// Source: RFC 3597 §4: in these types, and in no other, receivers expect compression.
fn rdata(message: &[u8], rtype: Rtype, start: usize, end: usize) -> Option<Rdata> {
    use Part::{Name as Named, Octets, Strings};
    let parts: &[Part] = match rtype {
        Rtype::NS
        | Rtype::MD
        | Rtype::MF
        | Rtype::CNAME
        | Rtype::MB
        | Rtype::MG
        | Rtype::MR
        | Rtype::PTR
        | Rtype::DNAME
        | Rtype::NXT => &[Named],
        Rtype::SOA | Rtype::MINFO | Rtype::RP => &[Named, Named],
        Rtype::MX | Rtype::AFSDB | Rtype::RT | Rtype::KX => &[Octets(2), Named],
        Rtype::PX => &[Octets(2), Named, Named],
        Rtype::SRV => &[Octets(6), Named],
        Rtype::NAPTR => &[Octets(4), Strings(3), Named],
        Rtype::SIG | Rtype::RRSIG => &[Octets(18), Named],
        _ => return None,
    };
    let mut at = start;
    let mut data = Vec::with_capacity(end - start + 32);
    for part in parts {
        let from = at;
        match part {
            Octets(count) => at += count,
            Strings(count) => {
                for _ in 0..*count {
                    at += 1 + usize::from(*message.get(at)?);
                }
            }
            Named => {
                data.extend_from_slice(name(message, &mut at)?.as_wire());
                continue;
            }
        }
        data.extend_from_slice(message.get(from..at)?);
    }
    data.extend_from_slice(message.get(at..end)?);
    (data.len() <= usize::from(u16::MAX)).then(|| data.into())
}

#[cfg(test)]
mod tests;
