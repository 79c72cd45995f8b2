//! Queries that are made before they are needed, in random order, and what the answer to each must be.

use super::config::Signed;
use super::workload::{APEX, MARK, Numbers, Shape, Workload};

/// What a query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Naptr,
    Uri,
    Extension,
    /// A name that is not there.
    Missing,
}

impl Asked {
    pub const ALL: [Self; 4] = [Self::Naptr, Self::Uri, Self::Extension, Self::Missing];

    const fn rtype(self) -> u16 {
        match self {
            Self::Naptr | Self::Missing => 35,
            Self::Uri => 256,
            Self::Extension => 65_400,
        }
    }
}

/// Which queries there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// As the workload has it: 5 % for names that are not there.
    Usual,
    Hits,
    Misses,
}

impl Mix {
    pub fn words(self) -> &'static str {
        match self {
            Self::Usual => "mixed",
            Self::Hits => "hits",
            Self::Misses => "misses",
        }
    }
}

/// Queries of equal length.
pub struct Pool {
    octets: Vec<u8>,
    len: usize,
    asked: Vec<Asked>,
    expected: [(u8, u16); Asked::ALL.len()],
}

const HEADER: [u8; 12] = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1];
const PAYLOAD: u16 = 1232;
const NOERROR: u8 = 0;
const NXDOMAIN: u8 = 3;

impl Pool {
    pub fn new(workload: &Workload, names: u64, count: usize, mix: Mix, signed: Signed) -> Self {
        let is_signed = signed != Signed::No;
        let (mut random, mut octets, mut asked) = (Numbers(names), Vec::new(), Vec::with_capacity(count));
        let opt = [0, 0, 41, 0, 0, 0, 0, if is_signed { 0x80 } else { 0 }, 0, 0, 0];
        for _ in 0..count {
            let kind = choose(workload.shape, mix, random.below(100));
            let number = random.below(names) + if kind == Asked::Missing { names } else { 0 };
            octets.extend(HEADER);
            for label in [workload.label(number).as_str()].into_iter().chain(APEX.split('.')) {
                octets.push(label.len() as u8);
                octets.extend(label.as_bytes());
            }
            octets.extend(kind.rtype().to_be_bytes());
            octets.extend([0, 1]);
            octets.extend(opt);
            let payload = octets.len() - 8;
            octets[payload..payload + 2].copy_from_slice(&PAYLOAD.to_be_bytes());
            asked.push(kind);
        }
        let signatures = u16::from(is_signed);
        let expected = Asked::ALL.map(|kind| match kind {
            Asked::Naptr | Asked::Uri => (NOERROR, 1 + signatures),
            Asked::Extension => (NOERROR, workload.statements() + signatures),
            // RFC 9824 §2: by a proof that is made when it is asked for, each name is there and has nothing.
            Asked::Missing if signed == Signed::Online => (NOERROR, 0),
            Asked::Missing => (NXDOMAIN, 0),
        });
        Self { len: octets.len() / count, octets, asked, expected }
    }

    pub fn count(&self) -> usize {
        self.asked.len()
    }

    pub fn query(&self, at: usize) -> &[u8] {
        &self.octets[at * self.len..][..self.len]
    }

    /// Octets of each query.
    pub fn query_len(&self) -> usize {
        self.len
    }

    pub fn asked(&self, at: usize) -> Asked {
        self.asked[at]
    }

    /// What is wrong with an answer to this query, by its header.
    pub fn fault(&self, at: usize, answer: &[u8]) -> Option<String> {
        let (rcode, count) = self.expected[self.asked[at] as usize];
        let Some(header) = answer.first_chunk::<12>() else { return Some("it has no header".into()) };
        let answers = u16::from_be_bytes([header[6], header[7]]);
        // Authoritative, not truncated, an answer.
        let flags = header[2] & 0x86;
        let good = flags == 0x84 && header[3] & 15 == rcode && answers == count;
        (!good).then(|| {
            format!(
                "asked for {:?}: flags {:02x}, rcode {}, {answers} answers",
                self.asked[at],
                header[2],
                header[3] & 15
            )
        })
    }

    /// What is wrong with it, by all that it says.
    pub fn deep_fault(&self, at: usize, answer: &[u8]) -> Option<String> {
        let question = &self.query(at)[12..self.len - 11];
        let Some((echoed, rest)) = answer[12..].split_at_checked(question.len()) else {
            return Some("it has no question".into());
        };
        if !echoed.eq_ignore_ascii_case(question) {
            return Some("it has another question".into());
        }
        let mark = &question[1..=MARK];
        let found = self.asked[at] == Asked::Missing || rest.windows(MARK).any(|window| window == mark);
        (!found).then(|| "it has the data of another name".into())
    }
}

fn choose(shape: Shape, mix: Mix, number: u64) -> Asked {
    let (naptr, uri, extension) = match shape {
        Shape::Mapping => (80, 10, 5),
        Shape::Protocol => (10, 0, 85),
    };
    // Hits are in the same relation among each other.
    match (mix, number) {
        (Mix::Misses, _) => Asked::Missing,
        (_, number) if number < naptr => Asked::Naptr,
        (_, number) if number < naptr + uri => Asked::Uri,
        (_, number) if number < naptr + uri + extension => Asked::Extension,
        (Mix::Usual, _) => Asked::Missing,
        (Mix::Hits, _) if shape == Shape::Mapping => Asked::Naptr,
        (Mix::Hits, _) => Asked::Extension,
    }
}
