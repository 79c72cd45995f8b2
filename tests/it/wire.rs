//! Queries as octets and replies as text, without the crate's own message code, so that a fault in
//! one is not repaired by the same fault in the other.

use mimi_dns::record::rdata::Presentation;
use mimi_dns::record::{Name, Rtype};

/// A query with one question: id 0x1234, no flags.
pub(crate) fn query(name: &str, rtype: Rtype) -> Vec<u8> {
    let name: Name = name.parse().unwrap();
    question(name.as_wire(), rtype.0, 1)
}

/// As [`query`], with the name in wire form and the class.
pub(crate) fn question(name: &[u8], rtype: u16, class: u16) -> Vec<u8> {
    let head = [0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    [&head, name, &rtype.to_be_bytes(), &class.to_be_bytes()].concat()
}

/// Puts a record after all others, counted in the section whose count stands at `count_at`.
pub(crate) fn with_record(mut message: Vec<u8>, count_at: usize, record: &[u8]) -> Vec<u8> {
    message[count_at + 1] += 1;
    message.extend_from_slice(record);
    message
}

/// Where the count of additional records stands.
pub(crate) const ARCOUNT: usize = 10;

/// Adds an OPT record.
pub(crate) fn with_opt(message: Vec<u8>, payload: u16, dnssec_ok: bool) -> Vec<u8> {
    let [high, low] = payload.to_be_bytes();
    let flags = if dnssec_ok { 0x80 } else { 0 };
    with_record(message, ARCOUNT, &[0, 0, 41, high, low, 0, 0, flags, 0, 0, 0])
}

/// Adds an OPT record for 1232 octets with these options.
pub(crate) fn with_options(message: Vec<u8>, options: &[(u16, &[u8])]) -> Vec<u8> {
    let len = |data: &[u8]| u16::try_from(data.len()).unwrap().to_be_bytes();
    let options: Vec<u8> =
        options.iter().flat_map(|(code, data)| [&code.to_be_bytes(), &len(data), *data].concat()).collect();
    let record = [&[0, 0, 41, 4, 208, 0, 0, 0, 0], len(&options).as_slice(), &options].concat();
    with_record(message, ARCOUNT, &record)
}

/// A message, read.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) flags: u16,
    pub(crate) question: Vec<u8>,
    /// Each record as `owner ttl type data`.
    pub(crate) answer: Vec<String>,
    pub(crate) authority: Vec<String>,
    pub(crate) additional: Vec<String>,
    pub(crate) opt: Option<Opt>,
    /// Its options: code and data.
    pub(crate) options: Vec<(u16, Vec<u8>)>,
}

/// A record as it stands, names in it whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Record {
    pub(crate) owner: Vec<u8>,
    pub(crate) rtype: Rtype,
    pub(crate) class: u16,
    pub(crate) ttl: u32,
    pub(crate) rdata: Vec<u8>,
}

impl std::fmt::Display for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let owner = Name::from_wire(&self.owner).unwrap();
        write!(f, "{owner} {} {} {}", self.ttl, self.rtype, Presentation::new(self.rtype, &self.rdata))
    }
}

/// A message, read, its records not yet text.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) flags: u16,
    pub(crate) question: Vec<u8>,
    /// Answer, authority, additional without OPT.
    pub(crate) sections: [Vec<Record>; 3],
    pub(crate) opt: Option<Opt>,
    /// Its options: code and data.
    pub(crate) options: Vec<(u16, Vec<u8>)>,
}

impl Parts {
    pub(crate) fn read(octets: &[u8]) -> Self {
        let count = |at: usize| u16::from_be_bytes([octets[at], octets[at + 1]]);
        let mut reader = Reader { octets, at: 12, opt: None, options: Vec::new() };
        let mut question = Vec::new();
        for _ in 0..count(4) {
            question.extend(reader.name());
            question.extend_from_slice(&octets[reader.at..reader.at + 4]);
            reader.at += 4;
        }
        let sections = [6, 8, 10].map(|at| (0..count(at)).filter_map(|_| reader.record()).collect());
        assert_eq!(reader.at, octets.len(), "octets are left over");
        let Reader { opt, options, .. } = reader;
        Self { flags: count(2), question, sections, opt, options }
    }

    pub(crate) fn rcode(&self) -> u16 {
        let extended = self.opt.map_or(0, |opt| u16::from(opt.extended_rcode));
        extended << 4 | self.flags & 0xf
    }
}

/// An OPT record, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opt {
    pub(crate) payload: u16,
    pub(crate) extended_rcode: u8,
    pub(crate) version: u8,
    pub(crate) dnssec_ok: bool,
}

impl Message {
    pub(crate) fn read(octets: &[u8]) -> Self {
        let Parts { flags, question, sections, opt, options } = Parts::read(octets);
        let [answer, authority, additional] =
            sections.map(|records| records.iter().map(Record::to_string).collect());
        Self { flags, question, answer, authority, additional, opt, options }
    }

    pub(crate) fn rcode(&self) -> u16 {
        let extended = self.opt.map_or(0, |opt| u16::from(opt.extended_rcode));
        extended << 4 | self.flags & 0xf
    }

    /// Data of the reply's one option of this code.
    pub(crate) fn option(&self, code: u16) -> Option<&[u8]> {
        let mut found = self.options.iter().filter(|(other, _)| *other == code);
        let option = found.next();
        assert!(found.next().is_none(), "option {code} is there twice");
        option.map(|(_, data)| data.as_slice())
    }

    pub(crate) fn is_authoritative(&self) -> bool {
        self.flags & 0x0400 != 0
    }

    pub(crate) fn is_truncated(&self) -> bool {
        self.flags & 0x0200 != 0
    }
}

struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
    opt: Option<Opt>,
    options: Vec<(u16, Vec<u8>)>,
}

impl Reader<'_> {
    fn u16(&mut self) -> u16 {
        self.at += 2;
        u16::from_be_bytes([self.octets[self.at - 2], self.octets[self.at - 1]])
    }

    /// A name, compressed or not, in wire form.
    fn name(&mut self) -> Vec<u8> {
        let (mut wire, mut at, mut end) = (Vec::new(), self.at, None);
        loop {
            let len = usize::from(self.octets[at]);
            if len >= 0xc0 {
                end.get_or_insert(at + 2);
                let target = (len & 0x3f) << 8 | usize::from(self.octets[at + 1]);
                assert!(target < at, "pointers point back");
                at = target;
                continue;
            }
            wire.extend_from_slice(&self.octets[at..=at + len]);
            at += 1 + len;
            if len == 0 {
                self.at = end.unwrap_or(at);
                return wire;
            }
        }
    }

    fn record(&mut self) -> Option<Record> {
        let owner = self.name();
        let (rtype, class) = (Rtype(self.u16()), self.u16());
        let ttl = u32::from(self.u16()) << 16 | u32::from(self.u16());
        let end = usize::from(self.u16()) + self.at;
        if rtype == Rtype::OPT {
            assert!(self.opt.is_none() && owner == [0]);
            let [extended_rcode, version, flags, _] = ttl.to_be_bytes();
            self.opt = Some(Opt { payload: class, extended_rcode, version, dnssec_ok: flags & 0x80 != 0 });
            while self.at < end {
                let (code, len) = (self.u16(), usize::from(self.u16()));
                self.options.push((code, self.octets[self.at..self.at + len].to_vec()));
                self.at += len;
            }
            assert_eq!(self.at, end, "options fill the record");
            return None;
        }
        let rdata = self.rdata(rtype, end);
        assert_eq!(self.at, end);
        Some(Record { owner, rtype, class, ttl, rdata })
    }

    /// Names in the types of RFC 1035 may be compressed (RFC 3597 §4).
    fn rdata(&mut self, rtype: Rtype, end: usize) -> Vec<u8> {
        let (fixed, names) = match rtype {
            Rtype::NS | Rtype::CNAME | Rtype::PTR | Rtype::DNAME => (0, 1),
            Rtype::MX => (2, 1),
            Rtype::SRV => (6, 1),
            Rtype::SOA => (0, 2),
            _ => (0, 0),
        };
        let mut rdata = self.octets[self.at..self.at + fixed].to_vec();
        self.at += fixed;
        for _ in 0..names {
            rdata.extend(self.name());
        }
        rdata.extend_from_slice(&self.octets[self.at..end]);
        self.at = end;
        rdata
    }
}
