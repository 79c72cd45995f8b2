//! What a reply must be, octet by octet; and in few words, for the page.

use super::build::{ANCOUNT, ARCOUNT, HEADER, NSCOUNT, QDCOUNT};

const OPT: u16 = 41;
const TSIG: u16 = 250;

/// What the RFC wants to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Silence,
    Reply(Reply),
}

/// A reply that says no more than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) rcode: u16,
    /// The question is repeated.
    pub(crate) question: bool,
    /// With the A record of `www.example.`, and AA unless any class was asked for.
    pub(crate) answer: bool,
    /// With an OPT record.
    pub(crate) opt: bool,
    /// With a TSIG record that says BADKEY.
    pub(crate) tsig: bool,
}

pub(crate) const FORMERR: u16 = 1;
pub(crate) const NOTIMP: u16 = 4;
pub(crate) const REFUSED: u16 = 5;
pub(crate) const NOTAUTH: u16 = 9;
pub(crate) const BADVERS: u16 = 16;

const HEADER_ALONE: Reply = Reply { rcode: 0, question: false, answer: false, opt: false, tsig: false };

/// The header alone.
pub(crate) const fn bare(rcode: u16) -> Wanted {
    Wanted::Reply(Reply { rcode, ..HEADER_ALONE })
}

/// Header and OPT record.
pub(crate) const fn bare_opt(rcode: u16) -> Wanted {
    Wanted::Reply(Reply { rcode, opt: true, ..HEADER_ALONE })
}

/// Header and question.
pub(crate) const fn asked(rcode: u16) -> Wanted {
    Wanted::Reply(Reply { rcode, question: true, ..HEADER_ALONE })
}

/// Header, question and OPT record.
pub(crate) const fn asked_opt(rcode: u16) -> Wanted {
    Wanted::Reply(Reply { rcode, question: true, opt: true, ..HEADER_ALONE })
}

/// Header, question and TSIG record.
pub(crate) const fn asked_tsig(rcode: u16) -> Wanted {
    Wanted::Reply(Reply { rcode, question: true, tsig: true, ..HEADER_ALONE })
}

/// As if nothing were wrong.
pub(crate) const ANSWER: Wanted = Wanted::Reply(Reply { question: true, answer: true, ..HEADER_ALONE });
/// As if nothing were wrong, to one who sent an OPT record.
pub(crate) const ANSWER_OPT: Wanted =
    Wanted::Reply(Reply { question: true, answer: true, opt: true, ..HEADER_ALONE });

/// The reply's whole octets; `None` for silence.
pub(crate) fn octets(wanted: Wanted, request: &[u8]) -> Option<Vec<u8>> {
    let Wanted::Reply(reply) = wanted else { return None };
    let [low, high] = reply.rcode.to_le_bytes();
    let extended = (high << 4) | (low >> 4);
    let authoritative = if reply.answer && !asks_for_any_class(request) { 0x04 } else { 0 };
    // QR, the opcode and RD; CD is cleared.
    let flags = [0x80 | authoritative | request[2] & 0x79, low & 0x0f];
    let counts = [reply.question, reply.answer, false, reply.opt || reply.tsig].map(u8::from);
    let mut octets = [&request[..2], &flags].concat();
    octets.extend(counts.iter().flat_map(|&count| [0, count]));
    if reply.question {
        octets.extend_from_slice(&request[HEADER..after_question(request).unwrap()]);
    }
    if reply.answer {
        octets.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 1]);
    }
    if reply.opt {
        let dnssec_ok = if asks_for_dnssec(request) { 0x80 } else { 0 };
        octets.extend([0, 0, 41, 4, 208, extended, 0, dnssec_ok, 0, 0, 0]);
    }
    if reply.tsig {
        octets.extend(BADKEY);
    }
    Some(octets)
}

/// To [`tsig`](super::build::tsig): its key, algorithm, time and id, no MAC, error 17.
const BADKEY: &[u8] = b"\x03key\0\0\xfa\0\xff\0\0\0\0\0\x1d\x0bhmac-sha256\0\
    \0\0\x6b\x49\xd2\0\x01\x2c\0\0\x12\x34\0\x11\0\0";

/// Nobody has authority for all classes. Source: RFC 1035 §6.2.
fn asks_for_any_class(request: &[u8]) -> bool {
    after_question(request).is_some_and(|end| request[end - 2..end] == [0, 255])
}

/// The DO bit of an OPT record that follows the question.
fn asks_for_dnssec(request: &[u8]) -> bool {
    let opt = after_question(request).and_then(|end| request.get(end..end + 11));
    opt.is_some_and(|opt| opt[..3] == [0, 0, 41] && opt[7] & 0x80 != 0)
}

fn after_question(octets: &[u8]) -> Option<usize> {
    let mut at = HEADER;
    loop {
        match usize::from(*octets.get(at)?) {
            0 => return Some(at + 5),
            label @ 1..=63 => at += 1 + label,
            192.. => return Some(at + 6),
            _ => return None,
        }
    }
}

/// RCODE, and a letter for each part that follows the header: `q` question, `a` answer, `n` authority
/// without answer, `o` OPT, `t` TSIG; `?` where the reply itself can't be read.
pub(crate) fn words(reply: Option<&[u8]>) -> String {
    let Some(octets) = reply else { return "–".to_owned() };
    if octets.len() < HEADER {
        return "less than a header".to_owned();
    }
    let records = records(octets);
    let (known, records) = (records.is_some(), records.unwrap_or_default());
    let extended = records.iter().find(|record| record.rtype == OPT).map_or(0, |opt| opt.ttl.into());
    let has = |at: usize| octets[at..at + 2] != [0, 0];
    let has_type = |rtype| records.iter().any(|record| record.rtype == rtype);
    let parts = [
        ('q', has(QDCOUNT)),
        ('a', has(ANCOUNT)),
        ('n', has(NSCOUNT) && !has(ANCOUNT)),
        ('o', has_type(OPT)),
        ('t', has_type(TSIG)),
        ('?', !known),
    ];
    let letters: String = parts.iter().filter(|(_, there)| *there).map(|(letter, _)| letter).collect();
    let rcode = rcode(extended << 4 | u16::from(octets[3] & 0x0f));
    if letters.is_empty() { rcode } else { format!("{rcode} {letters}") }
}

pub(crate) fn rcode(rcode: u16) -> String {
    let name = match rcode {
        0 => "NOERROR",
        1 => "FORMERR",
        2 => "SERVFAIL",
        3 => "NXDOMAIN",
        4 => "NOTIMP",
        5 => "REFUSED",
        9 => "NOTAUTH",
        16 => "BADVERS",
        23 => "BADCOOKIE",
        other => return format!("RCODE {other}"),
    };
    name.to_owned()
}

/// Code and data of each EDNS option.
pub(crate) fn options(octets: &[u8]) -> Vec<(u16, Vec<u8>)> {
    let mut options = Vec::new();
    let opt = records(octets).unwrap_or_default().into_iter().find(|record| record.rtype == OPT);
    let mut data = opt.map_or(&[][..], |opt| opt.data);
    while let Some((&[code_high, code_low, high, low], rest)) = data.split_first_chunk() {
        let (option, rest) = rest.split_at(u16::from_be_bytes([high, low]).into());
        options.push((u16::from_be_bytes([code_high, code_low]), option.to_vec()));
        data = rest;
    }
    options
}

struct Record<'a> {
    rtype: u16,
    /// The first octet of the TTL, in an OPT record the extended RCODE.
    ttl: u8,
    data: &'a [u8],
}

/// All records; `None` where the message can't be read.
fn records(octets: &[u8]) -> Option<Vec<Record<'_>>> {
    let number = |at: usize| Some(u16::from_be_bytes([*octets.get(at)?, *octets.get(at + 1)?]));
    let after_name = |mut at: usize| loop {
        match usize::from(*octets.get(at)?) {
            0 => return Some(at + 1),
            label @ 1..=63 => at += 1 + label,
            192.. => return Some(at + 2),
            _ => return None,
        }
    };
    let (mut at, mut found) = (HEADER, Vec::new());
    for _ in 0..number(QDCOUNT)? {
        at = after_name(at)? + 4;
    }
    for count in [ANCOUNT, NSCOUNT, ARCOUNT] {
        for _ in 0..number(count)? {
            at = after_name(at)?;
            let end = at + 10 + usize::from(number(at + 8)?);
            found.push(Record {
                rtype: number(at)?,
                ttl: *octets.get(at + 4)?,
                data: octets.get(at + 10..end)?,
            });
            at = end;
        }
    }
    (at == octets.len()).then_some(found)
}
